//! The nodes of a world, on one store: started when they are asked for, restarted, told to change keys and roles.

use std::sync::Arc;

use axum::Router;
use coatroom::{
    Accounts, ServerSecret,
    accounts::Credentials,
    auth::EndedBy,
    keyring::{Activation, KeyState},
    user::UserId,
};

use super::{ActError, Node, World, clock::WorldClock};
use crate::{
    action::{Party, Place, Rank, Reach, Sessions},
    house,
    ledger::Ledger,
    policy::Policy,
    setting::Setting,
};

impl World {
    /// The node at that place, which starts when it is first asked for.
    pub(super) async fn node(&mut self, place: Place) -> Result<(Router, Arc<Ledger>), ActError> {
        let node = match (place, self.others.get(&place)) {
            (Place::NodeA | Place::PlainHttp, _) => return Ok(self.node_a.reached()),
            (_, Some(node)) => return Ok(node.reached()),
            (Place::NodeB, None) => self.start(self.setting).await?,
            (Place::ServiceB | Place::BareB, None) => {
                let Node { accounts, ledger, account, .. } = &self.node_a;
                let (accounts, ledger, account) = (accounts.clone(), Arc::clone(ledger), *account);
                let router = house::service(accounts.auth().clone(), self.clock.clone());
                Node { accounts, router, ledger, account, ids: Arc::default() }
            }
        };
        let reached = node.reached();
        self.others.insert(place, node);
        Ok(reached)
    }

    /// Starts a node: on the store that all have, or on an empty one of its own.
    pub(super) async fn start(&self, setting: Setting) -> Result<Node, ActError> {
        let Self { secret, clock, node_a, policy, .. } = self;
        match setting.sessions {
            Sessions::Shared => {
                let (ledger, account) = (Arc::clone(&node_a.ledger), node_a.account);
                ledger.set_latency(setting.latency());
                let accounts = open(&ledger, setting, secret, clock).await?;
                Ok(Node::new(accounts, ledger, account, setting))
            }
            Sessions::OfEachNode => {
                let node = Node::first(*policy, setting, secret, clock).await?;
                node.ledger.set_down(node_a.ledger.is_down());
                Ok(node)
            }
        }
    }

    pub(super) async fn restart(&mut self, setting: Setting) -> Result<(), ActError> {
        self.node_a = self.start(setting).await?;
        self.others.clear();
        self.setting = setting;
        Ok(())
    }

    pub(super) async fn rotate_key(&self) -> Result<(), ActError> {
        let keys = self.auth().keys();
        let when = Activation::AfterCachePeriod;
        keys.rotate(self.setting.algorithm.into(), when, self.now()).await?;
        Ok(())
    }

    pub(super) async fn retire_key(&self) -> Result<(), ActError> {
        let (keys, now) = (self.auth().keys(), self.now());
        let records = keys.records().await?;
        if let Some(oldest) = records.iter().find(|key| key.state(now) != KeyState::Retired) {
            keys.retire(&oldest.kid, now).await?;
        }
        Ok(())
    }

    pub(super) async fn set_role(&self, role: Rank) -> Result<(), ActError> {
        for Node { accounts, account, .. } in self.nodes() {
            accounts.set_role(*account, role.into()).await?;
        }
        Ok(())
    }

    /// Takes back the signed token in the owner's jar, or its session; nothing if there is none.
    pub(super) async fn deny(&self, reach: Reach) -> Result<(), ActError> {
        let Some(token) = self.access_token(Party::Tab1) else { return Ok(()) };
        let access = self.auth().examine(&token).await?;
        let Some(claims) = access.info().map(|info| &info.claims) else { return Ok(()) };
        match reach {
            Reach::Token => {
                if let Some(token) = claims.token_id() {
                    self.auth().deny_token(token).await?;
                }
            }
            Reach::Session => self.auth().end(claims.sid, EndedBy::Administrator).await?,
        }
        Ok(())
    }

    /// Waits until the background tasks of every node are done.
    pub(super) async fn drain(&self) {
        for node in self.nodes() {
            node.accounts.drain().await;
        }
        for node in self.nodes() {
            node.ledger.drain().await;
        }
    }

    /// Lets every node ask the store for news, as it would have done all along in the time that has just passed: while
    /// the store answers, no node of a world is out of date.
    pub(super) async fn heard(&self) {
        for node in self.nodes() {
            // If the store does not answer, the node finds out how old its news is.
            let _unheard = node.accounts.auth().poll_changes().await;
        }
    }
}

impl Node {
    /// Starts a node on an empty store, with the account in it.
    pub(super) async fn first(
        policy: Policy,
        setting: Setting,
        secret: &ServerSecret,
        clock: &Arc<WorldClock>,
    ) -> Result<Self, ActError> {
        Self::with_account(Arc::new(Ledger::new(policy)), setting, secret, clock).await
    }

    /// Starts a node on a store that has no account yet, with the account in it.
    pub(super) async fn with_account(
        ledger: Arc<Ledger>,
        setting: Setting,
        secret: &ServerSecret,
        clock: &Arc<WorldClock>,
    ) -> Result<Self, ActError> {
        let accounts = open(&ledger, setting, secret, clock).await?;
        let who = Credentials::new(house::EMAIL, house::PASSWORD);
        let account = accounts.add_user(&who, setting.role.into()).await;
        let account = account.map_err(|error| ActError::Engine(error.to_string()))?.id;
        ledger.set_latency(setting.latency());
        // The account was there before the first request, which did not write it.
        drop(ledger.take());
        Ok(Self::new(accounts, ledger, account, setting))
    }

    fn new(accounts: Accounts, ledger: Arc<Ledger>, account: UserId, setting: Setting) -> Self {
        let router = house::node(accounts.clone(), setting.refresh_on);
        let ids = Arc::default();
        let router = house::slip::around(router, setting.slip, &ids);
        Self { accounts, router, ledger, account, ids }
    }

    /// Returns the ways in: for requests, and to what the store is asked for them.
    pub(super) fn reached(&self) -> (Router, Arc<Ledger>) {
        (self.router.clone(), Arc::clone(&self.ledger))
    }
}

async fn open(
    ledger: &Arc<Ledger>,
    setting: Setting,
    secret: &ServerSecret,
    clock: &Arc<WorldClock>,
) -> Result<Accounts, ActError> {
    let config = setting.config(secret.clone())?;
    Ok(Accounts::with_clock(config, ledger.clone(), clock.clone()).await?)
}
