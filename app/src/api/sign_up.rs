use leptos::prelude::*;

use super::NoOtherFields;
use crate::{client::Caller, error::ApiError, model::SessionView};

/// `POST /api/sign_up`: makes an account and signs it in.
#[server(endpoint = "sign_up", client = Caller)]
pub async fn sign_up(
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
    let new = backend::sign_up(&session, &accounts, credentials, persistence).await?;
    Ok(backend::begun(&session, &new, &email))
}
