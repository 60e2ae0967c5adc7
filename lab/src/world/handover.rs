//! The way of a browser from the house to service B: a token for one use, bound to the browser that asked for it.
//!
//! Service B has a store of its own and the public handshake keys. It is another host, whose cookies the jar of the
//! house does not show.

use std::sync::Arc;

use coatroom::{
    handshake::{HandshakeError, HandshakeForm, HandshakeIssuer, HandshakeReceiver, State},
    store::memory::MemoryStore,
    verifier::RemoteConfig,
};

use super::{ActError, World};
use crate::{
    action::{HandOver, Party},
    setting::ORIGIN,
};

/// The name of service B.
const SERVICE_B: &str = "https://service-b.example";
/// Another service, which the house knows as well.
const BAKERY: &str = "https://bakery.example";

/// The things that a hand-over takes.
#[derive(Debug)]
pub(super) struct Handing {
    issuer: HandshakeIssuer,
    service_b: HandshakeReceiver,
    /// The state cookie of the owner's browser at service B.
    state: Option<State>,
    /// The token that the browser is to bring.
    token: Option<String>,
}

impl World {
    /// Does a step of a hand-over. Returns in words what came of it.
    pub(super) async fn hand_over(&mut self, step: HandOver) -> Result<String, ActError> {
        let mut handing = match self.handing.take() {
            Some(handing) => handing,
            None => self.begin_handing()?,
        };
        let said = self.step_of(&mut handing, step).await;
        self.handing = Some(handing);
        said
    }

    fn begin_handing(&self) -> Result<Handing, ActError> {
        let engine = |error: &dyn std::fmt::Display| ActError::Engine(error.to_string());
        let issuer =
            HandshakeIssuer::new(ORIGIN, &self.secret, &[]).map_err(|error| engine(&error))?;
        let jwks = issuer.jwks();
        let fetch = move || std::future::ready(Ok(jwks.clone()));
        let once = Arc::new(MemoryStore::new());
        let config = RemoteConfig::new(ORIGIN, SERVICE_B);
        let service_b = HandshakeReceiver::with_jwks(config, fetch, once);
        let service_b = service_b.map_err(|error| engine(&error))?;
        Ok(Handing { issuer, service_b, state: None, token: None })
    }

    async fn step_of(&mut self, handing: &mut Handing, step: HandOver) -> Result<String, ActError> {
        let issue_for = |handing: &Handing, state: &State, audience: &str, world: &Self| {
            let (subject, now) = (world.node_a.account.into(), world.now());
            let (form, nonce) = (HandshakeForm::Jwt, state.nonce());
            let issued = handing.issuer.issue(form, audience, &subject, &nonce, now);
            let issued = issued.map_err(|error| ActError::Engine(error.to_string()))?;
            Ok::<_, ActError>(issued.reveal().to_owned())
        };
        Ok(match step {
            HandOver::Begin => {
                handing.state = Some(State::random());
                "service B sets a state cookie".to_owned()
            }
            HandOver::Issue | HandOver::IssueElsewhere => {
                let held = self.standing(Party::Tab1).await?;
                let is_in = matches!(held, Some(coatroom::auth::Access::Valid(_)));
                let state = handing.state.clone().filter(|_| is_in);
                let Some(state) = state else {
                    return Ok("the house issues nothing".to_owned());
                };
                let elsewhere = step == HandOver::IssueElsewhere;
                let audience = if elsewhere { BAKERY } else { SERVICE_B };
                let token = issue_for(handing, &state, audience, self)?;
                self.plate = Some(token.clone());
                handing.token = Some(token);
                format!("the house issues a token for {audience}")
            }
            HandOver::Plant => {
                // The attacker's own attempt, begun in the attacker's browser.
                let token = issue_for(handing, &State::random(), SERVICE_B, self)?;
                self.plate = Some(token.clone());
                handing.token = Some(token);
                "a link brings the attacker's token".to_owned()
            }
            HandOver::Bring => {
                let Some(token) = &handing.token else {
                    return Ok("there is no token to bring".to_owned());
                };
                let states: Vec<State> = handing.state.iter().cloned().collect();
                match handing.service_b.receive(token, &states, self.now()).await {
                    Ok(_) => "service B lets the browser in".to_owned(),
                    Err(HandshakeError::Refused(refusal)) => format!("refused: {refusal}"),
                    Err(error) => return Err(ActError::Engine(error.to_string())),
                }
            }
        })
    }
}
