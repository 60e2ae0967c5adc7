//! The way to A and back: an attempt begins here, and its token arrives here.

use std::sync::Arc;

use app::{error::ApiError, handoff::HANDOFF};
use axum::{
    extract::{RawQuery, State as Shared},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use coatroom::{
    AuthSession, Means, Persistence,
    auth::BeginError,
    handshake::{HandshakeError, HandshakeRefusal, State},
};

use super::{FRONT, Site, VouchedFor, states};
use crate::{
    handoff::{one, see_other},
    same_origin::LeavesFor,
    security_headers::NO_REFERRER,
};

/// `POST /continue`: begins an attempt, and sends the browser to A. A post, so that no link of another site begins one.
pub(super) async fn begin(Shared(site): Shared<Arc<Site>>) -> Response {
    let state = State::random();
    let (issuer, name, nonce) = (&site.arrival.issuer, &site.arrival.name, state.nonce());
    let mut answer = see_other(&format!("{issuer}{HANDOFF}?to={name}&nonce={nonce}"));
    states::set(&mut answer, &state);
    leaving(&site, answer)
}

/// `GET /arrive?token=…`: exchanges the token for a session of this service.
pub(super) async fn arrive(
    Shared(site): Shared<Arc<Site>>,
    session: AuthSession,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let token = one(query.unwrap_or_default().as_bytes(), "token").unwrap_or_default();
    let states = states::of(&headers);
    let mut answer = exchanged(&site, &session, &token, &states).await;
    // The address holds the token: no page that follows is to be told of it.
    let policy = HeaderValue::from_static(NO_REFERRER);
    answer.headers_mut().insert(header::REFERRER_POLICY, policy);
    answer
}

async fn exchanged(site: &Site, session: &AuthSession, token: &str, states: &[State]) -> Response {
    let receiver = &site.receiver;
    let handshake = match receiver.receive(token, states, receiver.now()).await {
        Ok(handshake) => handshake,
        Err(HandshakeError::Refused(refusal)) => return refused(site, refusal),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a handshake failed");
            return site.failed(ApiError::Unavailable);
        }
    };
    let Some(subject) = VouchedFor::subject(&handshake.sub) else {
        return refused(site, HandshakeRefusal::Claims);
    };
    match session.begin(&subject, Means::FEDERATED, Persistence::Browser).await {
        Ok(begun) => {
            tracing::info!(sid = %begun.principal.session, jti = handshake.jti, "a handshake was exchanged");
            let mut answer = see_other(FRONT);
            states::delete(&mut answer, &handshake.nonce);
            answer
        }
        // The token is used up: no second session can come of it, and the user begins again.
        Err(BeginError::Issue(error)) => site.failed(error.into()),
        Err(error) => {
            tracing::error!(%error, "a handshake began no session");
            site.failed(ApiError::Internal)
        }
    }
}

fn refused(site: &Site, refusal: HandshakeRefusal) -> Response {
    tracing::info!(reason = %refusal, "a handshake was refused");
    let text = match refusal {
        HandshakeRefusal::NoState | HandshakeRefusal::State => {
            "This browser has not asked for it, or did so too long ago. If a link led you here, it may have been meant to \
             sign you in to an account of another person. If you wanted to sign in, begin again from the front page."
        }
        HandshakeRefusal::Replayed => {
            "It was used before, and it works once. If you came back or reloaded, you may be signed in already: see the \
             front page."
        }
        HandshakeRefusal::Expired => {
            "It came too late: it works for a minute. Begin again from the front page."
        }
        _ => "It was not issued for this service. Begin again from the front page.",
    };
    let page = site.service().notice("You were not signed in", text);
    (StatusCode::FORBIDDEN, Html(page)).into_response()
}

/// Lets an answer lead to A.
pub(super) fn leaving(site: &Site, mut answer: Response) -> Response {
    answer.extensions_mut().insert(LeavesFor(site.arrival.issuer.clone()));
    answer
}
