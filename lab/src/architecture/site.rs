//! The servers of one architecture: two nodes on counting stores, one clock, one account.

use std::{sync::Arc, time::Duration};

use axum::Router;
use coatroom::{
    Role, ServerSecret,
    accounts::{Accounts, Credentials},
    auth::Auth,
    clock::{Clock as _, TestClock, Timestamp},
    config::{AuthConfig, Guessing},
    principal::Subject,
    user::UserId,
};

use super::{
    Kind, NotCompared, Sessions, service,
    store::{Calls, Counted},
    visitor::Visitor,
};
use crate::{
    action::{Passing, Rank},
    house,
    setting::ORIGIN,
    world::START,
};

/// The servers.
#[derive(Debug)]
pub(crate) struct Site {
    kind: Kind,
    secret: ServerSecret,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) a: Node,
    pub(crate) b: Node,
    account: UserId,
    /// The time on the clock since the nodes last polled.
    unpolled: Duration,
}

/// A node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) accounts: Accounts,
    pub(crate) router: Router,
    pub(crate) store: Arc<Counted>,
}

impl Site {
    /// Opens both nodes, with one account.
    pub(crate) async fn open(kind: Kind) -> Result<Self, NotCompared> {
        let secret = ServerSecret::new(ServerSecret::generate());
        let secret = secret.map_err(|error| NotCompared::Engine(error.to_string()))?;
        let clock = Arc::new(TestClock::alone(START));
        let store = Arc::new(Counted::default());
        let a = Node::start(kind, &secret, &clock, Arc::clone(&store)).await?;
        let elsewhere = match kind.sessions {
            Sessions::Shared => store,
            Sessions::OfEachNode => Arc::default(),
        };
        let b = Node::start(kind, &secret, &clock, elsewhere).await?;
        let account = a.add_user(house::EMAIL).await?;
        Ok(Self { kind, secret, clock, a, b, account, unpolled: Duration::ZERO })
    }

    /// Starts a further node on the same store as the first, under another scheme or the same.
    pub(crate) async fn another(&self, kind: Kind) -> Result<Node, NotCompared> {
        Node::start(kind, &self.secret, &self.clock, Arc::clone(&self.a.store)).await
    }

    /// Starts a further node with the same secret, on a store of its own that is empty.
    pub(crate) async fn alone(&self) -> Result<Node, NotCompared> {
        Node::start(self.kind, &self.secret, &self.clock, Arc::default()).await
    }

    /// Returns the router of another service, which has the public keys of this one and nothing else.
    pub(crate) fn service(&self) -> Option<Router> {
        service::router(self.auth(), self.clock.clone())
    }

    /// Restarts the first node. A store that was in its memory is gone.
    pub(crate) async fn restart(&mut self) -> Result<(), NotCompared> {
        self.a = match self.kind.sessions {
            Sessions::Shared => self.another(self.kind).await?,
            Sessions::OfEachNode => self.alone().await?,
        };
        Ok(())
    }

    /// Moves the clock forward, and lets the nodes poll once the interval is over.
    pub(crate) async fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.unpolled += by;
        if self.unpolled >= self.auth().config().feed.poll {
            self.poll().await;
        }
    }

    /// Lets both nodes poll.
    pub(crate) async fn poll(&mut self) {
        self.unpolled = Duration::ZERO;
        for node in [&self.a, &self.b] {
            // If the store does not answer, the node finds out how old its news is.
            let _unheard = node.accounts.auth().poll_changes().await;
        }
    }

    /// Waits until the background tasks of both nodes are done.
    pub(crate) async fn drain(&self) {
        for node in [&self.a, &self.b] {
            node.accounts.drain().await;
        }
    }

    /// Returns the calls of the first node's requests since this was last called.
    pub(crate) async fn calls(&self) -> Calls {
        self.drain().await;
        self.a.store.take()
    }

    /// Signs the owner in at the first node.
    pub(crate) async fn sign_in(&self) -> Result<Visitor, NotCompared> {
        let visitor = Visitor::sign_in(&self.a.router, house::EMAIL).await?;
        self.drain().await;
        Ok(visitor)
    }

    /// Gives the account another role, at the first node.
    pub(crate) async fn set_role(&self, role: Rank) -> Result<(), NotCompared> {
        self.a.accounts.set_role(self.account, role.into()).await?;
        Ok(())
    }

    /// The settings of the nodes.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// The engine of the first node.
    pub(crate) fn auth(&self) -> &Auth {
        self.a.accounts.auth()
    }

    /// The account, as the subject of its sessions.
    pub(crate) fn owner(&self) -> Subject {
        self.account.into()
    }

    /// The time on the clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Node {
    async fn start(
        kind: Kind,
        secret: &ServerSecret,
        clock: &Arc<TestClock>,
        store: Arc<Counted>,
    ) -> Result<Self, NotCompared> {
        let config = config(kind, secret.clone());
        let accounts = Accounts::with_clock(config, store.clone(), clock.clone()).await?;
        let router = house::node(accounts.clone(), Passing::EveryRequest);
        Ok(Self { accounts, router, store })
    }

    /// Adds an account.
    pub(crate) async fn add_user(&self, email: &str) -> Result<UserId, NotCompared> {
        let who = Credentials::new(email, house::PASSWORD);
        let added = self.accounts.add_user(&who, Role::USER).await;
        added.map(|user| user.id).map_err(|error| NotCompared::Engine(error.to_string()))
    }
}

/// The defaults of the library, which the nodes have.
pub(super) fn defaults() -> Result<AuthConfig, NotCompared> {
    let secret = ServerSecret::new(ServerSecret::generate());
    let secret = secret.map_err(|error| NotCompared::Engine(error.to_string()))?;
    Ok(AuthConfig::new(ORIGIN, secret))
}

/// The defaults, with another scheme and another algorithm.
fn config(kind: Kind, secret: ServerSecret) -> AuthConfig {
    let mut config = AuthConfig::new(ORIGIN, secret);
    config.scheme = kind.scheme;
    config.algorithm = kind.algorithm;
    // The password of such an account protects nothing.
    (config.hashing.memory_kib, config.hashing.iterations) = (8, 1);
    config.guessing = Guessing::OFF;
    config
}
