use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError, model::Admitted};

/// `POST /api/call_protected`: answers a signed-in client, from the access token alone, or from the one that a refresh in
/// passing brought.
#[server(endpoint = "call_protected", client = Caller)]
pub async fn call_protected(#[server(flatten)] rest: NoOtherFields) -> Result<Admitted, ApiError> {
    use crate::{backend, decided::let_in};

    let NoOtherFields {} = rest;
    let session = backend::auth_session()?;
    let user = session.current_user()?;
    let (sub, role) = (user.subject.to_string(), user.authority.role.to_string());
    let row = session.refreshed().map(|refreshed| refreshed.decision.row());
    let told = let_in(&format!(" as {role} {sub}"), row);
    Ok(Admitted { sub, role, sid: user.session.to_string(), row, told })
}
