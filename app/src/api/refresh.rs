use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError, model::Refreshed};

/// `POST /api/refresh`: exchanges the refresh token by the rule. Never deletes a cookie.
#[server(endpoint = "refresh", client = Caller)]
pub async fn refresh(#[server(flatten)] rest: NoOtherFields) -> Result<Refreshed, ApiError> {
    use crate::{backend, decided::decided};

    let NoOtherFields {} = rest;
    let session = backend::auth_session()?;
    let refreshed = session.refresh().await?;
    let Some(info) = refreshed.info else {
        return Err(backend::refusal(refreshed.decision));
    };
    let view = backend::view_of(&session, &backend::accounts()?, &info).await?;
    let row = refreshed.decision.row();
    Ok(Refreshed { row, told: decided(row), session: view })
}
