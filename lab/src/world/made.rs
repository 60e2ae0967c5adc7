//! Tokens that are made in a world beside those of its sign-ins: forged, rightly signed and wrong, or in another form.
//!
//! The token that was made last lies on the plate: the X-ray shows that one.

use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom::{
    clock::TestClock,
    config::AuthConfig,
    store::{KeyStore as _, SessionStore as _},
    web::{CookieKind, CookiePolicy},
};
use serde_json::json;

use super::{ActError, Node, TRIP_SIZE, World};
use crate::{
    action::{Action, Algorithm, Ask, Carrier, Flaw, Party, Place, Rank, Request},
    forge::{Forgery, forge},
    format::{Claims, Format, Holder, Keys},
    house::{self, slip},
    jar::Jar,
    ledger::Ledger,
    setting::Setting,
};

/// The time by which a clock that is wrong is ahead.
const AHEAD: std::time::Duration = std::time::Duration::from_hours(1);
/// The service that a token is for if it is for another.
const OTHER_AUDIENCE: &str = "the-bakery";
/// The house of another name.
const OTHER_ISSUER: &str = "https://bakery.example";
/// The cookie of a sealed note.
const NOTE: &str = "note";

impl World {
    /// Has the attacker change the owner's access token, and hold that.
    pub(super) fn forge(&mut self, how: Forgery) {
        let Some(token) = self.access_token(Party::Tab1) else { return };
        let forged = forge(&token, &self.auth().jwks(), how);
        self.thief = Some(self.owner.with_access(&forged));
        self.plate = Some(forged);
    }

    /// Has the attacker hold a token that the house's own key signed, and that is not for this door: from another node
    /// that shares the store and with it the keys.
    pub(super) async fn mint(&mut self, flaw: Flaw) -> Result<(), ActError> {
        let mut setting = self.setting;
        let ahead = if flaw == Flaw::Future { AHEAD } else { std::time::Duration::ZERO };
        if flaw == Flaw::Type {
            setting.carrier = Carrier::Token;
        }
        let mut config: AuthConfig = setting.config(self.secret.clone())?;
        match flaw {
            Flaw::Audience => OTHER_AUDIENCE.clone_into(&mut config.audience),
            Flaw::Issuer => OTHER_ISSUER.clone_into(&mut config.issuer),
            Flaw::Type | Flaw::Future => {}
        }
        let ledger = Arc::clone(&self.node_a.ledger);
        let clock = Arc::new(TestClock::alone(self.now() + ahead));
        let accounts = coatroom::Accounts::with_clock(config, ledger, clock).await?;
        let node = house::node(accounts.clone(), setting.refresh_on);
        let request = Request { from: Party::Thief, ask: Ask::SignIn, at: Place::NodeA };
        let mut jar = Jar::default();
        self.ask_past(node, request, &mut jar).await?;
        accounts.drain().await;
        self.plate = jar.access(self.now()).map(|token| token.reveal().to_owned());
        self.thief = Some(jar);
        Ok(())
    }

    /// Has service B make a token that says admin, with what it was given to check tokens with, and hold that: the
    /// house's secret under an algorithm that has one, and a public key otherwise.
    pub(super) async fn mint_at_b(&mut self) -> Result<(), ActError> {
        if self.setting.algorithm != Algorithm::Hs256 {
            self.forge(Forgery::HmacWithPublicKey);
            return Ok(());
        }
        let ledger = Arc::new(Ledger::new(self.policy));
        let keys = self.node_a.ledger.memory().keys().await?;
        ledger.memory().replace_keys(&[], &keys).await?;
        // Accounts of its own, among which it may have an admin, beside the keys of the house.
        let setting = Setting { role: Rank::Admin, ..self.setting };
        let own = Node::with_account(ledger, setting, &self.secret, &self.clock).await?;
        let request = Request { from: Party::Thief, ask: Ask::SignIn, at: Place::NodeA };
        let mut jar = Jar::default();
        self.ask_past(own.router, request, &mut jar).await?;
        own.accounts.drain().await;
        self.plate = jar.access(self.now()).map(|token| token.reveal().to_owned());
        self.thief = Some(jar);
        Ok(())
    }

    /// Has the attacker read a copy of the database, and hold a cookie made of what stands in the owner's row. Returns
    /// in words what stands there.
    pub(super) async fn copy_rows(&mut self) -> Result<String, ActError> {
        if let Some(id) = self.node_a.ids.signed_in() {
            self.thief = Some(Jar::of(slip::SID, &id));
            return Ok("the row is found by the very id that a browser brings".to_owned());
        }
        let row = match self.owner.session() {
            Some(id) => self.node_a.ledger.memory().session(id).await?,
            None => None,
        };
        let Some(row) = row else {
            self.thief = Some(Jar::default());
            return Ok("no row tells of the owner".to_owned());
        };
        // All that a token is derived from is there, but for the key: the attacker puts the nonce in its place.
        let nonce = URL_SAFE_NO_PAD.encode(row.nonce.as_bytes());
        let (kind, token) = if self.setting.carrier == Carrier::Opaque {
            (CookieKind::Session, format!("os1.{}.{nonce}", row.id))
        } else {
            let generation = URL_SAFE_NO_PAD.encode(row.generation.to_be_bytes());
            (CookieKind::Refresh, format!("rt1.{}.{generation}.{nonce}", row.id))
        };
        self.thief = Some(Jar::of(&CookiePolicy::default().cookie_name(kind, row.id), &token));
        self.plate = Some(token);
        Ok("the row has no token, and not the key that makes one of it".to_owned())
    }

    /// Has the house put the owner's claims and a note of that many letters into a token of that form, and set it as a
    /// cookie. Returns in words how long it is, whether the browser keeps it, and what its bearer reads.
    pub(super) async fn seal(&mut self, format: Format, letters: u16) -> Result<String, ActError> {
        let engine = |error: &dyn std::fmt::Display| ActError::Engine(error.to_string());
        let account = self.account().await;
        let mut claims = Claims::new();
        claims.insert("iss".into(), json!(self.auth().config().issuer));
        claims.insert("sub".into(), json!(account.map(|account| account.id.to_string())));
        claims.insert("role".into(), json!(self.setting.role.word()));
        claims.insert("exp".into(), json!((self.now() + AHEAD).millis() / 1_000));
        claims.insert(
            "note".into(),
            json!("salary ".repeat(letters.div_ceil(7).into())[..letters.into()]),
        );
        let made = tokio::task::spawn_blocking(move || {
            let keys = keys()?;
            keys.make(format, &claims).map_err(|error| error.to_string())
        });
        let token = made.await.map_err(|error| engine(&error))?.map_err(|error| engine(&error))?;
        let kept =
            if self.owner.bake(NOTE, &token) { "kept" } else { "the browser refuses the cookie" };
        let reads = match format.is_read_by() {
            Holder::OfToken => "its bearer reads all",
            _ => "its bearer reads nothing",
        };
        let said = format!("{} bytes · {kept} · {reads}", token.len());
        self.plate = Some(token);
        Ok(said)
    }
}

/// Returns the bytes that a deed counts for, so that a world has a bounded number of those that cost more than an entry:
/// a thousand requests, a node with a sign-in and its session, or a token that is made.
pub(super) const fn weight(action: Action) -> usize {
    match action {
        Action::Guess => 6 * TRIP_SIZE,
        Action::Mint(_) | Action::MintAtB => TRIP_SIZE,
        Action::HandOver(_) | Action::Forge(_) | Action::Seal(..) => TRIP_SIZE / 8,
        _ => 0,
    }
}

/// The keys of all sealed notes, which protect nothing: they are made once, since one of them takes long.
fn keys() -> Result<Arc<Keys>, String> {
    static KEYS: LazyLock<RwLock<Option<Arc<Keys>>>> = LazyLock::new(RwLock::default);
    if let Some(keys) = &*KEYS.read().unwrap_or_else(PoisonError::into_inner) {
        return Ok(Arc::clone(keys));
    }
    let mut kept = KEYS.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(keys) = &*kept {
        return Ok(Arc::clone(keys));
    }
    let made = Arc::new(Keys::generate().map_err(|error| error.to_string())?);
    *kept = Some(Arc::clone(&made));
    Ok(made)
}
