use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::SessionClient, error::ApiError, model::Admitted};

/// `POST /api/call_protected`: answers a signed-in client, from the access token alone.
#[server(endpoint = "call_protected", client = SessionClient)]
pub async fn call_protected(#[server(flatten)] rest: NoOtherFields) -> Result<Admitted, ApiError> {
    use crate::backend;

    let NoOtherFields {} = rest;
    let session = backend::auth_session()?;
    let user = session.current_user()?;
    Ok(Admitted {
        sub: user.subject.to_string(),
        role: user.authority.role.to_string(),
        sid: user.session.to_string(),
    })
}
