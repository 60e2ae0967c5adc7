use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError, model::Cleared};

/// `POST /api/clear`: deletes the cookies of this very request if they are dead.
#[server(endpoint = "clear", client = Caller)]
pub async fn clear(#[server(flatten)] rest: NoOtherFields) -> Result<Cleared, ApiError> {
    use crate::backend;

    let NoOtherFields {} = rest;
    Ok(Cleared { cleared: backend::auth_session()?.clear_if_dead().await? })
}
