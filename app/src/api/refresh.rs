use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError, model::Refreshed};

/// `POST /api/refresh`: exchanges the refresh token by the rule; under a scheme without
/// one, returns the session as it is. Never deletes a cookie.
#[server(endpoint = "refresh", client = Caller)]
pub async fn refresh(#[server(flatten)] rest: NoOtherFields) -> Result<Refreshed, ApiError> {
    use crate::{
        backend::{self, Extent},
        decided::decided,
        model::SessionView,
    };

    let NoOtherFields {} = rest;
    let session = backend::auth_session()?;
    if !session.rotates() {
        // No token is exchanged: the request itself was let in, or not.
        return match backend::view(&session, &backend::accounts()?, Extent::Whole).await? {
            SessionView::SignedOut { .. } => Err(ApiError::InvalidToken),
            view => Ok(Refreshed { row: 0, told: String::new(), session: view }),
        };
    }
    let refreshed = session.refresh().await?;
    let Some(info) = refreshed.info else {
        return Err(backend::refusal(refreshed.decision));
    };
    let view =
        backend::view_of(&session, &backend::accounts()?, &info.claims.principal(), Some(&info))
            .await?;
    let row = refreshed.decision.row();
    Ok(Refreshed { row, told: decided(row), session: view })
}
