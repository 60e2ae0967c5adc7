//! The states of a browser's attempts, in its cookies.
//!
//! Each attempt has a cookie of its own, whose name ends with the first characters of the nonce: two tabs do not take
//! each other's. The prefix keeps other hosts and scripts from planting one, which would be login CSRF.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use coatroom::handshake::{Nonce, State};

/// The name up to the tag.
const PREFIX: &str = "__Host-Http-coatroom-state-";
/// The characters of the nonce in a name: enough to tell apart the few attempts of one browser.
const TAG: usize = 8;
/// The time that an attempt may take, with a password on the way.
const LIFE: u32 = 300;
/// The most states that are looked at: a bound on the cost of a jar. The newest are sent last (RFC 6265 §5.4).
const MOST: usize = 8;

/// Returns the states that a request carries.
pub(super) fn of(headers: &HeaderMap) -> Vec<State> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let states = pairs.filter_map(|(name, value)| {
        let tag = name.trim().strip_prefix(PREFIX)?;
        // The tag is its own, or it is no cookie that was set here.
        State::parse(value.trim()).filter(|state| tag == tag_of(&state.nonce()))
    });
    let mut states: Vec<_> = states.collect();
    states.drain(..states.len().saturating_sub(MOST));
    states
}

/// Keeps the state of a new attempt in the browser.
pub(super) fn set(answer: &mut Response, state: &State) {
    add(answer, &state.nonce(), &state.reveal(), LIFE);
}

/// Deletes the state of an attempt that succeeded.
pub(super) fn delete(answer: &mut Response, nonce: &Nonce) {
    add(answer, nonce, "", 0);
}

fn add(answer: &mut Response, nonce: &Nonce, value: &str, life: u32) {
    let tag = tag_of(nonce);
    // `Lax` and not `Strict`: the token arrives by a redirect from another site.
    let cookie =
        format!("{PREFIX}{tag}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={life}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn tag_of(nonce: &Nonce) -> String {
    nonce.to_string().chars().take(TAG).collect()
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    fn cookie(state: &State) -> String {
        format!("{PREFIX}{}={}", tag_of(&state.nonce()), state.reveal())
    }

    fn found(line: &str) -> Vec<Nonce> {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::try_from(line).expect("text"));
        of(&headers).iter().map(State::nonce).collect()
    }

    #[test]
    fn the_newest_states_of_a_jar_are_found_and_nothing_else() {
        let states: Vec<_> = (0..10).map(|_| State::random()).collect();
        let jar: Vec<_> = states.iter().map(cookie).collect();
        let nonces: Vec<_> = states.iter().map(State::nonce).collect();
        assert_eq!(found(&jar[..2].join("; ")), nonces[..2]);
        assert_eq!(found(&jar.join("; ")), nonces[2..]);
        let other = State::random();
        for bad in [
            format!("{PREFIX}AAAAAAAA={}", other.reveal()),
            cookie(&other).to_ascii_lowercase(),
            cookie(&other).replacen("__Host-Http-", "__Secure-", 1),
            format!("{PREFIX}={}", other.reveal()),
            format!("{PREFIX}AAAAAAAA="),
        ] {
            assert!(found(&bad).is_empty(), "{bad}");
        }
    }

    #[test]
    fn a_state_is_set_as_browsers_ask_of_its_prefix() {
        let (mut answer, state) = (().into_response(), State::random());
        set(&mut answer, &state);
        delete(&mut answer, &state.nonce());
        let set: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(set.len(), 2);
        for line in set {
            let line = line.to_str().expect("text");
            for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                assert!(line.contains(part), "{line}");
            }
            assert!(!line.contains("Domain"), "{line}");
        }
    }
}
