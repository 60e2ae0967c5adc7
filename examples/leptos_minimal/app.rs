//! The application: the person who is signed in, and two forms. The server's part stands inside server functions.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, StaticSegment};

/// Returns the address of the person who is signed in, if one is.
#[server]
async fn whoami() -> Result<Option<String>, ServerFnError> {
    use coatroom::{Accounts, AuthSession, UserId, web::AuthRejection};

    let session: AuthSession = leptos_axum::extract().await?;
    let subject = match session.current_user() {
        Ok(user) => user.subject.as_str(),
        Err(AuthRejection::Missing | AuthRejection::InvalidToken) => return Ok(None),
        // A store that does not answer signs no person out.
        Err(rejection) => return Err(rejection.into()),
    };
    let Some(id) = UserId::parse(subject) else { return Ok(None) };
    let user = expect_context::<Accounts>().user(id).await;
    let user = user.map_err(|_| AuthRejection::Unavailable)?;
    Ok(user.map(|user| user.email.to_string()))
}

/// Signs a person in; `session.sign_up` is called alike.
#[server(endpoint = "sign_in")]
async fn sign_in(email: String, password: String) -> Result<(), ServerFnError> {
    use coatroom::{
        Accounts, AuthSession, Credentials, Persistence, accounts::SignInError, web::AuthRejection,
    };

    let session: AuthSession = leptos_axum::extract().await?;
    let (accounts, who) = (expect_context::<Accounts>(), Credentials::new(email, password));
    match session.sign_in(&accounts, who, Persistence::Browser).await {
        Ok(_) => leptos_axum::redirect("/"),
        Err(error @ SignInError::InvalidCredentials) => return Err(error.into()),
        // Any other fault is the server's, and nothing for a stranger to read.
        Err(_) => return Err(AuthRejection::Unavailable.into()),
    }
    Ok(())
}

#[server(endpoint = "sign_out")]
async fn sign_out() -> Result<(), ServerFnError> {
    let session: coatroom::AuthSession = leptos_axum::extract().await?;
    session.sign_out().await.map_err(|_| coatroom::web::AuthRejection::Unavailable)?;
    leptos_axum::redirect("/");
    Ok(())
}

/// Waits for its data before the first byte, so that no person looks signed out for a moment.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <FlatRoutes fallback=|| "There is nothing here.">
                <Route path=StaticSegment("") view=Home ssr=SsrMode::Async />
            </FlatRoutes>
        </Router>
    }
}

#[component]
fn Home() -> impl IntoView {
    let (enter, leave) = (ServerAction::<SignIn>::new(), ServerAction::<SignOut>::new());
    let email = Resource::new(move || (enter.version().get(), leave.version().get()), |_| whoami());
    let alert = |error: ServerFnError| match error {
        ServerFnError::ServerError(words) => view! { <p role="alert">{words}</p> },
        other => view! { <p role="alert">{other.to_string()}</p> },
    };
    let page = move || {
        Suspend::new(async move {
            match email.await {
                Ok(Some(email)) => view! {
                    <p>"You are signed in as " {email} "."</p>
                    <ActionForm action=leave><button>"Sign out"</button></ActionForm>
                }
                .into_any(),
                Ok(None) => view! {
                    {move || enter.value().get().and_then(Result::err).map(alert)}
                    <ActionForm action=enter>
                        <label>"Email " <input name="email" autocomplete="username" /></label>
                        <label>
                            "Password "
                            <input type="password" name="password" autocomplete="current-password" />
                        </label>
                        <button>"Sign in"</button>
                    </ActionForm>
                }
                .into_any(),
                Err(error) => alert(error).into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}
