//! A server under attack: real engines behind the layers of an application, and an attacker with some loot.

use std::time::Duration;

use axum::Router;
use coatroom::{
    config::{Scheme, Verification},
    keyring::SigningAlgorithm,
    principal::Subject,
};

use super::{Attack, Expected, Loot, Taken};
use crate::{
    action::Ask,
    architecture::{
        Kind, Node, NotCompared, Sessions, Site, on_the_clock,
        visitor::{Visitor, send},
    },
    house,
};

/// The address of the attacker's own account.
const ATTACKER: &str = "eve@house.example";
/// Longer than any session lives.
const LONG: Duration = Duration::from_secs(31 * 24 * 3600);
/// The schemes, of which a server has one: they differ in the tokens that clients hold.
const SCHEMES: [Scheme; 3] =
    [Scheme::Hybrid(Verification::Denylist), Scheme::Opaque, Scheme::Token(Verification::Denylist)];

/// The server, its owner of an account, and the loot.
#[derive(Debug)]
pub struct Siege {
    kind: Kind,
    site: Site,
    owner: Visitor,
    /// The owner's account and the attacker's, as the subjects of their sessions.
    subjects: [Subject; 2],
    loot: Loot,
}

/// The outcome of an attack: what each of its requests was answered, and whether the owner noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The statuses of the answers, one for each request.
    pub statuses: Vec<u16>,
    /// True if the owner was let in after each of them.
    pub owner_is_in: bool,
    /// True if a row or an event of the owner's or the attacker's sessions changed.
    pub changed: bool,
}

impl Tried {
    /// Returns true if there was nothing to make the attack of.
    pub fn is_empty(&self) -> bool {
        self.statuses.is_empty()
    }

    /// Returns true if each request was refused as that of a client that is not signed in.
    pub fn is_refused(&self) -> bool {
        self.statuses.iter().all(|status| *status == 401)
    }

    /// Returns true if it came out as expected, and did no harm.
    pub fn is(&self, expected: Expected) -> bool {
        let answered = match expected {
            Expected::Refused => self.is_refused(),
            Expected::GoodUntilExpiry | Expected::OwnerLetIn => {
                self.statuses.iter().all(|status| *status == 200)
            }
        };
        answered && self.owner_is_in && !self.changed
    }
}

impl Siege {
    /// Opens a server of that scheme, signs its owner in, and lets an attacker collect.
    ///
    /// # Errors
    /// [`NotCompared`].
    pub async fn begin(scheme: Scheme, algorithm: SigningAlgorithm) -> Result<Self, NotCompared> {
        on_the_clock(Self::open(scheme, algorithm)).await
    }

    async fn open(scheme: Scheme, algorithm: SigningAlgorithm) -> Result<Self, NotCompared> {
        let kind = Kind { scheme, algorithm, sessions: Sessions::Shared };
        let mut site = Site::open(kind).await?;
        let subjects = [site.owner(), site.a.add_user(ATTACKER).await?.into()];
        let old = used(&site.a, house::EMAIL).await?.taken();
        site.advance(LONG).await;
        let others = others(&site, kind).await?;
        let mut signed_out = used(&site.a, house::EMAIL).await?;
        let copy = signed_out.taken();
        signed_out.ask(&site.a.router, Ask::SignOut).await?;
        let own = used(&site.a, ATTACKER).await?.taken();
        let owner = used(&site.a, house::EMAIL).await?;
        let loot = Loot {
            good: owner.taken(),
            own,
            foreign: foreign(scheme).await?,
            others,
            old,
            signed_out: copy,
            jwks: site.auth().jwks(),
        };
        site.poll().await;
        Ok(Self { kind, site, owner, subjects, loot })
    }

    /// Lets time pass. The nodes hear of all that happened.
    pub async fn wait(&mut self, time: Duration) {
        on_the_clock(self.site.advance(time)).await;
    }

    /// Makes an attack on both nodes, each request of it alone.
    ///
    /// # Errors
    /// [`NotCompared`] if a request cannot be built, or the store does not answer.
    pub async fn try_out(&self, attack: &Attack) -> Result<Tried, NotCompared> {
        on_the_clock(self.tried(attack)).await
    }

    /// Returns true if both nodes let the owner in.
    ///
    /// # Errors
    /// [`NotCompared`] if a request cannot be built.
    pub async fn lets_owner_in(&self) -> Result<bool, NotCompared> {
        let [a, b] = [&self.site.a.router, &self.site.b.router];
        Ok(self.lets_in(a, &self.owner).await? && self.lets_in(b, &self.owner).await?)
    }

    async fn tried(&self, attack: &Attack) -> Result<Tried, NotCompared> {
        let before = self.picture().await?;
        let mut tried = Tried { statuses: Vec::new(), owner_is_in: true, changed: false };
        for header in attack.headers(&self.loot) {
            for router in [&self.site.a.router, &self.site.b.router] {
                let reply = send(router, Ask::Call, ATTACKER, Some(&header)).await?;
                tried.statuses.push(reply.status);
                let mut owner = self.owner.clone();
                if attack.expected(self.kind.scheme) == Expected::OwnerLetIn {
                    // The cookies are in the owner's own jar, and so is what the answer does to it.
                    owner.receive(&reply);
                }
                tried.owner_is_in &= self.lets_in(router, &owner).await?;
            }
        }
        self.site.drain().await;
        tried.changed = self.picture().await? != before;
        Ok(tried)
    }

    async fn lets_in(&self, router: &Router, owner: &Visitor) -> Result<bool, NotCompared> {
        Ok(owner.show(router, Ask::Call).await?.status == 200)
    }

    async fn picture(&self) -> Result<String, NotCompared> {
        let mut picture = String::new();
        for subject in &self.subjects {
            picture += &self.site.a.store.picture(subject).await?;
        }
        Ok(picture)
    }
}

/// Signs a user in, and uses the cookies once: the first use is a proof of delivery, which is written down.
/// Loot that is good nowhere would be refused for no reason that counts.
///
/// # Errors
/// [`NotCompared::Unexpected`] if the node does not let the user in.
async fn used(node: &Node, email: &str) -> Result<Visitor, NotCompared> {
    let mut user = Visitor::sign_in(&node.router, email).await?;
    let status = user.ask(&node.router, Ask::Call).await?.status;
    node.accounts.drain().await;
    if status == 200 { Ok(user) } else { Err(NotCompared::Unexpected("a first call", status)) }
}

/// Signs the owner in at servers of the other schemes, which share everything else with this one.
async fn others(site: &Site, kind: Kind) -> Result<Vec<Taken>, NotCompared> {
    let is_same =
        |scheme: &Scheme| std::mem::discriminant(scheme) == std::mem::discriminant(&kind.scheme);
    let mut taken = Vec::new();
    for scheme in SCHEMES.into_iter().filter(|scheme| !is_same(scheme)) {
        let node = site.another(Kind { scheme, ..kind }).await?;
        taken.extend(used(&node, house::EMAIL).await?.taken());
    }
    Ok(taken)
}

/// Signs the same person in at another server. The algorithm of its keys does not matter: none is known here.
async fn foreign(scheme: Scheme) -> Result<Vec<Taken>, NotCompared> {
    let kind = Kind { scheme, algorithm: SigningAlgorithm::EdDsa, sessions: Sessions::Shared };
    let mut site = Site::open(kind).await?;
    site.advance(LONG).await;
    Ok(used(&site.a, house::EMAIL).await?.taken())
}
