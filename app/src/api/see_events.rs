use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError};

/// `POST /api/see_events`: notes that the signed-in owner has seen what happened to the account.
#[server(endpoint = "see_events", client = Caller)]
pub async fn see_events(#[server(flatten)] rest: NoOtherFields) -> Result<(), ApiError> {
    use crate::backend;

    let NoOtherFields {} = rest;
    let session = backend::auth_session()?;
    if let Some(account) = backend::account_of(&session.current_user()?.subject) {
        backend::accounts()?.mark_account_events_seen(account).await?;
    }
    Ok(())
}
