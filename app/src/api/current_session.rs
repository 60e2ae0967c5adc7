use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError, model::SessionView};

/// `POST /api/current_session`: returns the session of the request, and its state.
#[server(endpoint = "current_session", client = Caller)]
pub async fn current_session(
    #[server(flatten)] rest: NoOtherFields,
) -> Result<SessionView, ApiError> {
    use crate::backend::{self, Extent};

    let NoOtherFields {} = rest;
    backend::view(&backend::auth_session()?, &backend::accounts()?, Extent::Whole).await
}
