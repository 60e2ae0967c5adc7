//! Tokens that are made in a world beside those of its sign-ins: forged, rightly signed and wrong, or in another form.
//!
//! The token that was made last lies on the plate: the X-ray shows that one.

use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use coatroom::{clock::TestClock, config::AuthConfig};
use serde_json::json;

use super::{ActError, World};
use crate::{
    action::{Ask, Carrier, Flaw, Party, Place, Request},
    forge::{Forgery, forge},
    format::{Claims, Format, Holder, Keys},
    house,
    jar::Jar,
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
