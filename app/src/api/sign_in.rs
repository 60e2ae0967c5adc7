use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError, model::SessionView};

/// `POST /api/sign_in`: checks a password and begins a session.
#[server(endpoint = "sign_in", client = Caller)]
pub async fn sign_in(
    email: String,
    password: String,
    /// The checkbox, which is in the form only if the person asked to stay signed in.
    #[server(default)]
    stay: Option<String>,
    #[server(flatten)] rest: NoOtherFields,
) -> Result<SessionView, ApiError> {
    use crate::backend;

    let NoOtherFields {} = rest;
    let persistence = backend::persistence(stay.as_deref())?;
    let (session, accounts) = (backend::auth_session()?, backend::accounts()?);
    let credentials = backend::credentials(email.clone(), password);
    let new = session.sign_in(&accounts, credentials, persistence).await?;
    Ok(backend::begun(&session, &new, &email))
}
