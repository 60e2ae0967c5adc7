//! Public types, held against what their users expect of them without reading: they can be shared, and printed.

use std::fmt::Debug;

use coatroom::{
    AccessToken, Auth, AuthConfig, AuthLayer, AuthSession, Claims, Credentials, CurrentUser,
    Identity, Keys, RemoteVerifier, ServerSecret, Session, SignInContext, TokenInfo, User,
    Verifier, WeakSecret,
    access_token::{TokenError, Verified},
    accounts::{SignInError, SignUpError},
    auth::{Access, DecisionCounts, IssueError, Refreshed, SignError, StartError, TokenPair},
    clock::{SystemClock, TestClock},
    config::ConfigError,
    handshake::{
        Handshake, HandshakeError, HandshakeIssuer, HandshakeReceiver, HandshakeRefusal,
        HandshakeToken, Nonce, SharedSecret, State,
    },
    keyring::{KeyRecord, Keyring, KeyringError, NewKey, PlanError},
    keys::KeysError,
    password::{HashError, Password, PasswordError, PasswordHash},
    refresh_token::RefreshToken,
    session::{Decision, Timing},
    store::{Change, Event, Rotation, StoreError, memory::MemoryStore, sqlite::SqliteStore},
    verifier::{JwksError, RefusedKey, RemoteConfig, RemoteError},
    web::{AuthRejection, CookiePolicy, CrossOrigin, InvalidCookieDomain, SameOriginUpgrade},
};

use crate::support::{
    EMAIL, PASSWORD, World, account_of, config, context, credentials, refresh_token,
};

macro_rules! can_be_shared_and_printed {
    ($($public:ty),+ $(,)?) => { $(is_shared_and_printed::<$public>();)+ };
}

fn is_shared_and_printed<T: Debug + Send + Sync + 'static>() {}

#[test]
fn public_types_can_be_shared_between_tasks_and_printed() {
    can_be_shared_and_printed!(
        (Auth, AuthConfig, Credentials, SignInContext, ServerSecret, WeakSecret, ConfigError),
        (AuthLayer, AuthSession, CurrentUser, Identity, AuthRejection, CookiePolicy),
        (AccessToken, TokenInfo, Claims, Verified, RefreshToken, TokenPair, Refreshed, Access),
        (Session, User, Decision, Timing, Event, Rotation, Change, PasswordHash, Password),
        (Verifier, RefusedKey, Keys, Keyring, KeyRecord, NewKey, SystemClock, TestClock),
        (MemoryStore, SqliteStore, coatroom::store::postgres::PostgresStore),
        (StoreError, StartError, IssueError, SignInError, SignUpError, SignError, TokenError),
        (CrossOrigin, InvalidCookieDomain, SameOriginUpgrade, DecisionCounts),
        (RemoteVerifier, RemoteConfig, RemoteError),
        (HandshakeIssuer, HandshakeReceiver, HandshakeToken, Handshake, State, Nonce, SharedSecret),
        (HandshakeError, HandshakeRefusal),
        (KeysError, KeyringError, PlanError, JwksError, HashError, PasswordError),
    );
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let world = World::in_memory().await;
    let tokens = world.sign_up().await;
    let refresh = refresh_token(&tokens);
    let email =
        world.accounts.user(account_of(&tokens)).await.expect("answers").expect("Ada").email;
    let (_, hash) =
        world.place.accounts().user_by_email(&email).await.expect("answers").expect("an account");
    let access = tokens.access.reveal();
    let secrets = [
        PASSWORD.to_owned(),
        access.rsplit_once('.').expect("a signature").1.to_owned(),
        refresh.reveal().rsplit_once('.').expect("a mac").1.to_owned(),
        hash.as_str().rsplit_once('$').expect("a hash").1.to_owned(),
        format!("{:?}", tokens.session.nonce.as_bytes()),
        // The first bytes of the test's secret.
        "0, 1, 2, 3".to_owned(),
    ];
    let printed: [&dyn Debug; 9] = [
        &credentials(EMAIL, PASSWORD),
        &Password::present(PASSWORD).expect("short enough"),
        &context(None),
        &config(),
        &tokens,
        &refresh,
        &hash,
        &world.auth,
        &world.place.store,
    ];
    for text in printed.map(|each| format!("{each:?}")) {
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
    }
}
