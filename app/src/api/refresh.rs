use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError, model::Refreshed};

/// `POST /api/refresh`: exchanges the refresh token by the rule; under a scheme without
/// one, answers with the times of the session as it is. Reads no more than the rule needs: a page asks for the whole
/// session next, by which it also proves that the tokens arrived. Never deletes a cookie.
#[server(endpoint = "refresh", client = Caller)]
pub async fn refresh(#[server(flatten)] rest: NoOtherFields) -> Result<Refreshed, ApiError> {
    use crate::{
        backend::{self, Extent},
        decided::decided,
    };

    let NoOtherFields {} = rest;
    let session = backend::auth_session()?;
    if !session.rotates() {
        // No token is exchanged: the request itself was let in, or not.
        let view = backend::view(&session, &backend::accounts()?, Extent::Brief).await?;
        let brief = view.brief().ok_or(ApiError::InvalidToken)?;
        return Ok(Refreshed {
            row: 0,
            told: String::new(),
            generation: 0,
            server_now: brief.server_now,
            issued_at: brief.issued_at,
            expires_at: brief.expires_at,
        });
    }
    let refreshed = session.refresh().await?;
    let Some(info) = refreshed.info else {
        return Err(backend::refusal(refreshed.decision));
    };
    let row = refreshed.decision.row();
    Ok(Refreshed {
        row,
        told: decided(row),
        generation: info.claims.generation,
        server_now: session.auth().now().millis(),
        issued_at: info.claims.issued_at().millis(),
        expires_at: info.claims.expires_at().millis(),
    })
}
