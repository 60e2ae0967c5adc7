use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::SessionClient, error::ApiError, model::SessionView};

/// `POST /api/current_session`: returns the session of the request, and its state. 401 if a refresh is due first.
#[server(endpoint = "current_session", client = SessionClient)]
pub async fn current_session(
    #[server(flatten)] rest: NoOtherFields,
) -> Result<SessionView, ApiError> {
    use crate::backend;

    let NoOtherFields {} = rest;
    backend::view(&backend::auth_session()?, &backend::accounts()?).await
}
