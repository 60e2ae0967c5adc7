//! The nodes of a world, on one store: started when they are asked for, restarted, told to change keys and roles.

use axum::Router;
use coatroom::{
    Accounts,
    keyring::{Activation, KeyState, SigningAlgorithm},
};

use super::{ActError, Node, World};
use crate::{
    action::{Place, Rank},
    house,
    setting::Setting,
};

impl World {
    /// The node at that place, which starts when it is first asked for.
    pub(super) async fn node(&mut self, place: Place) -> Result<Router, ActError> {
        let node = match (place, self.others.get(&place)) {
            (Place::NodeA, _) => return Ok(self.node_a.router.clone()),
            (_, Some(node)) => return Ok(node.router.clone()),
            (Place::NodeB, None) => self.start(self.setting).await?,
            (Place::ServiceB, None) => {
                let accounts = self.node_a.accounts.clone();
                let router = house::service(accounts.auth().clone(), self.clock.clone());
                Node { accounts, router }
            }
        };
        let router = node.router.clone();
        self.others.insert(place, node);
        Ok(router)
    }

    pub(super) async fn start(&self, setting: Setting) -> Result<Node, ActError> {
        let config = setting.config(self.secret.clone())?;
        let accounts =
            Accounts::with_clock(config, self.ledger.clone(), self.clock.clone()).await?;
        Ok(Node { router: house::node(accounts.clone(), setting.refresh_on), accounts })
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
        keys.rotate(SigningAlgorithm::EdDsa, when, self.now()).await?;
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
        self.node_a.accounts.set_role(self.account, role.into()).await?;
        Ok(())
    }

    /// Waits until the background tasks of every node are done.
    pub(super) async fn drain(&self) {
        for node in self.nodes() {
            node.accounts.drain().await;
        }
        self.ledger.drain().await;
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
