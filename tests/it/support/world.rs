//! An engine with a clock that the test moves itself: for the library's tests and, by this path, for those of the lab.

use std::{sync::Arc, time::Duration};

pub(crate) use coatroom::store::conformance::Place;
use coatroom::{
    Access, Accounts, Auth, AuthConfig, Credentials, ServerSecret, Session, SessionId,
    SignInContext, Timestamp, UserId,
    accounts::SignInError,
    auth::{Credential, Refreshed, TokenPair},
    clock::TestClock,
    password::PasswordHash,
    refresh_token::RefreshToken,
    session::{Client, Decision, Persistence},
    store::{Event, Trigger, memory::MemoryStore},
};

/// G of the rule.
pub(crate) const G: Duration = Duration::from_secs(30);
/// D of the rule.
pub(crate) const D: Duration = Duration::from_mins(1);
/// The life of an access token.
pub(crate) const ACCESS: Duration = Duration::from_mins(15);
pub(crate) const HOUR: Duration = Duration::from_hours(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);
/// The clock's finest step.
pub(crate) const TICK: Duration = Duration::from_millis(1);
/// The instant at which every test begins: a whole second, so that no lifetime is rounded.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "a quiet harbour at dawn";

/// The last instant before a time is over.
pub(crate) fn just_under(time: Duration) -> Duration {
    time.saturating_sub(TICK)
}

/// The longest that anything behind a request may take; only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn memory() -> Place {
    Place::full(Arc::new(MemoryStore::new()))
}

/// A secret that differs from test servers of another number.
pub(crate) fn secret(number: u8) -> ServerSecret {
    ServerSecret::new((number..number + 32).collect::<Vec<u8>>()).expect("long enough")
}

/// The defaults of the library, with a password hash that costs next to nothing.
pub(crate) fn config() -> AuthConfig {
    let mut config = AuthConfig::new("https://coatroom.example", secret(0));
    config.hashing.memory_kib = 8;
    config.hashing.iterations = 1;
    config.realm = r#"The "shop""#.into();
    config
}

pub(crate) fn credentials(email: &str, password: &str) -> Credentials {
    Credentials::new(email, password)
}

pub(crate) fn context(replaces: Option<SessionId>) -> SignInContext {
    let mut context = SignInContext::new(Persistence::Remembered);
    context.replaces.extend(replaces);
    context
}

/// The tokens of a session that has just begun, under a scheme that signs some.
pub(crate) fn signed(begun: Credential) -> TokenPair {
    begun.into_signed().expect("signed tokens")
}

/// The account that a session belongs to.
pub(crate) fn account_of(tokens: &TokenPair) -> UserId {
    UserId::parse(tokens.session.subject.as_str()).expect("an account's session")
}

pub(crate) fn refresh_token(tokens: &TokenPair) -> RefreshToken {
    tokens.refresh.clone().expect("an answer with a refresh token")
}

pub(crate) fn tokens(refreshed: Refreshed) -> TokenPair {
    let decision = refreshed.decision;
    refreshed.tokens.unwrap_or_else(|| panic!("tokens, but it was {decision:?}"))
}

/// Lets other tasks run until `done` returns something.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, done: impl Fn() -> F) -> T {
    let wait = async {
        loop {
            if let Some(value) = done().await {
                return value;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what} never came"))
}

/// An engine on a store, and the clock it looks at.
pub(crate) struct World {
    pub(crate) accounts: Accounts,
    pub(crate) auth: Auth,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) place: Place,
}

impl World {
    pub(crate) async fn on(place: Place) -> Self {
        Self::with(config(), place).await
    }

    pub(crate) async fn with(config: AuthConfig, place: Place) -> Self {
        let clock = Arc::new(TestClock::new(START));
        Self::of(config, place, clock).await
    }

    async fn of(config: AuthConfig, place: Place, clock: Arc<TestClock>) -> Self {
        let made = Accounts::with_clock(config, place.accounts(), clock.clone()).await;
        let accounts = made.expect("an engine");
        Self { auth: accounts.auth().clone(), accounts, clock, place }
    }

    pub(crate) async fn in_memory() -> Self {
        Self::on(memory()).await
    }

    /// A server with another secret, whose database has the account and the row of a session all the same.
    pub(crate) async fn of_another_secret(&self, held: &TokenPair) -> Self {
        let place = memory();
        let id = account_of(held);
        let user = self.accounts.user(id).await.expect("answers").expect("known");
        let hash = PasswordHash::from_phc("none");
        place.accounts().add_user(&user, &hash).await.expect("added");
        let began = &self.events(held).await[0];
        place.store.add_session(&self.session(held).await, began).await.expect("added");
        let mut config = config();
        config.secret = secret(100);
        Self::of(config, place, Arc::clone(&self.clock)).await
    }

    /// The engine of a server that starts anew on the same store.
    pub(crate) async fn restarted(&self) -> Auth {
        let made = Accounts::with_clock(config(), self.place.accounts(), self.clock.clone()).await;
        made.expect("an engine").auth().clone()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) async fn sign_up(&self) -> TokenPair {
        self.sign_up_as(Persistence::Remembered).await
    }

    pub(crate) async fn sign_up_as(&self, persistence: Persistence) -> TokenPair {
        let context = SignInContext::new(persistence);
        let begun = self.accounts.sign_up(credentials(EMAIL, PASSWORD), context).await;
        signed(begun.expect("signed up"))
    }

    pub(crate) async fn sign_in(
        &self,
        replaces: Option<SessionId>,
    ) -> Result<TokenPair, SignInError> {
        self.accounts.sign_in(credentials(EMAIL, PASSWORD), context(replaces)).await.map(signed)
    }

    /// Presents the refresh token of an earlier answer to the engine.
    pub(crate) async fn refresh(&self, held: &TokenPair) -> Refreshed {
        let presented = Some(refresh_token(held));
        self.auth
            .refresh(presented, Trigger::Call, Client::default())
            .await
            .expect("the store answers")
    }

    pub(crate) async fn decided(&self, held: &TokenPair) -> Decision {
        self.refresh(held).await.decision
    }

    pub(crate) async fn session(&self, held: &TokenPair) -> Session {
        let session = self.auth.session(held.session.id).await.expect("the store answers");
        session.expect("the session is there")
    }

    pub(crate) async fn events(&self, held: &TokenPair) -> Vec<Event> {
        self.auth.events(held.session.id, 1_000).await.expect("the store answers")
    }

    pub(crate) async fn sign_out(&self, held: &TokenPair) {
        let id = held.session.id;
        self.auth.sign_out(id, Client::default()).await.expect("the store answers");
    }

    pub(crate) async fn access(&self, held: &TokenPair) -> Access {
        self.auth.authenticate(&held.access).await.expect("the store answers")
    }

    /// Uses the access token until the proof of delivery is noted: one that a busy store could not note in time is
    /// noted by the next request.
    pub(crate) async fn deliver(&self, held: &TokenPair) {
        until("the acknowledgement", || async {
            let _one_of_many = self.auth.authenticate(&held.access).await;
            self.auth.session(held.session.id).await.ok().flatten()?.acknowledged_at
        })
        .await;
    }

    /// Waits until the current generation of a session is acknowledged; returns when it was.
    pub(crate) async fn acknowledged(&self, id: SessionId) -> Timestamp {
        until("the acknowledgement", || async {
            self.auth.session(id).await.ok().flatten()?.acknowledged_at
        })
        .await
    }

    /// Delivers the tokens, and exchanges them as soon as may be.
    pub(crate) async fn rotate(&self, held: &TokenPair) -> TokenPair {
        self.deliver(held).await;
        self.advance(D);
        let refreshed = self.refresh(held).await;
        assert_eq!(refreshed.decision, Decision::Rotate);
        tokens(refreshed)
    }
}
