use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError, model::SessionView};

/// `POST /api/sign_out`: ends the session and deletes its cookies, also if it was over already.
#[server(endpoint = "sign_out", client = Caller)]
pub async fn sign_out(#[server(flatten)] rest: NoOtherFields) -> Result<SessionView, ApiError> {
    use crate::backend;

    let NoOtherFields {} = rest;
    backend::auth_session()?.sign_out().await?;
    Ok(SessionView::SignedOut { ended: None })
}
