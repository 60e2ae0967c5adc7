//! The refresh token: `rt1.<sid>.<generation>.<mac>`, each part base64url.
//!
//! It is derived, not drawn: the same session and generation give the same token, so that every answer to a
//! replay carries the same cookie. It is never stored, not even hashed. A leaked database forges nothing
//! without the server's pepper, and a leaked pepper nothing without the session's row. It is no JWT, so it can
//! never pass for an access token.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    secret::Pepper,
    session::{Session, SessionId, SessionNonce},
};

/// The length of every refresh token, in bytes.
pub const REFRESH_TOKEN_LEN: usize = 82;

/// A refresh token.
///
/// # Security
/// A client that holds one holds the session. [`Debug`] does not print it, and [`reveal`](Self::reveal), which a cookie
/// needs, is the only way to its text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RefreshToken {
    sid: SessionId,
    generation: u64,
    mac: [u8; 32],
}

impl RefreshToken {
    /// The token of a session's current generation.
    pub(crate) fn current(session: &Session, pepper: &Pepper) -> Self {
        Self::derive(session.id, session.generation, &session.nonce, pepper)
    }

    fn derive(sid: SessionId, generation: u64, nonce: &SessionNonce, pepper: &Pepper) -> Self {
        let mac = pepper.mac(&[
            b"refresh/v1",
            sid.as_bytes(),
            &generation.to_be_bytes(),
            nonce.as_bytes(),
        ]);
        Self { sid, generation, mac }
    }

    /// Reads a token. Says nothing of whether this server derived it.
    pub fn parse(text: &str) -> Option<Self> {
        // The length first: nothing long is split or decoded.
        if text.len() != REFRESH_TOKEN_LEN {
            return None;
        }
        let mut parts = text.strip_prefix("rt1.")?.split('.');
        let sid = SessionId::parse(parts.next()?)?;
        let generation = u64::from_be_bytes(decode(parts.next()?)?);
        let mac = decode(parts.next()?)?;
        parts.next().is_none().then_some(Self { sid, generation, mac })
    }

    /// The session it names.
    pub const fn sid(&self) -> SessionId {
        self.sid
    }

    /// The generation it names.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns whether this server derived it for that session, compared in constant time.
    pub(crate) fn is_derived_for(&self, session: &Session, pepper: &Pepper) -> bool {
        let expected = Self::derive(session.id, self.generation, &session.nonce, pepper);
        self.sid == session.id
            && session.pepper_kid == pepper.kid
            && verify_slices_are_equal(&self.mac, &expected.mac).is_ok()
    }

    /// The token's text, for a cookie and for nothing else.
    pub fn reveal(&self) -> String {
        format!(
            "rt1.{}.{}.{}",
            self.sid,
            URL_SAFE_NO_PAD.encode(self.generation.to_be_bytes()),
            URL_SAFE_NO_PAD.encode(self.mac)
        )
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, generation {})", self.sid, self.generation)
    }
}

fn decode<const N: usize>(part: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(part).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{secret::ServerSecret, session::tests::session};

    fn pepper(first: u8) -> Pepper {
        ServerSecret::new((first..first + 32).collect::<Vec<u8>>()).expect("long enough").pepper()
    }

    fn with_pepper(pepper: &Pepper) -> Session {
        Session { pepper_kid: pepper.kid.clone(), ..session() }
    }

    #[test]
    fn a_token_reads_back_and_is_recognized() {
        let pepper = pepper(0);
        let session = with_pepper(&pepper);
        let token = RefreshToken::current(&session, &pepper);
        let text = token.reveal();
        assert_eq!(text.len(), REFRESH_TOKEN_LEN);
        let read = RefreshToken::parse(&text).expect("it was written here");
        assert_eq!((read.sid(), read.generation()), (session.id, 7));
        assert!(read.is_derived_for(&session, &pepper));
        assert_eq!(RefreshToken::current(&session, &pepper).reveal(), text, "derived, not drawn");
    }

    #[test]
    fn no_changed_character_is_recognized() {
        let pepper = pepper(0);
        let session = with_pepper(&pepper);
        let text = RefreshToken::current(&session, &pepper).reveal();
        for position in 0..text.len() {
            for other in ['A', 'B', '.', '=', '~'] {
                let mut changed = text.clone();
                changed.replace_range(position..=position, &other.to_string());
                if changed != text {
                    let recognized = RefreshToken::parse(&changed)
                        .is_some_and(|token| token.is_derived_for(&session, &pepper));
                    assert!(!recognized, "{changed}");
                }
            }
        }
    }

    #[test]
    fn another_servers_token_is_not_recognized() {
        let (ours, theirs) = (pepper(0), pepper(1));
        let session = with_pepper(&ours);
        assert!(!RefreshToken::current(&session, &theirs).is_derived_for(&session, &ours));
        let moved = Session { nonce: SessionNonce([9; 32]), ..session.clone() };
        assert!(!RefreshToken::current(&session, &ours).is_derived_for(&moved, &ours));
    }

    #[test]
    fn a_text_that_is_no_refresh_token_is_not_parsed() {
        let text = RefreshToken::current(&session(), &pepper(0)).reveal();
        let long = text.repeat(100_000);
        for bad in [
            "",
            "rt1",
            "rt1...",
            &text[1..],
            &text.replace("rt1", "rt2"),
            &long,
            &"é".repeat(41),
            &".".repeat(82),
        ] {
            assert!(RefreshToken::parse(bad).is_none());
        }
    }

    #[test]
    fn a_token_prints_what_it_names_and_not_its_secret() {
        let session = session();
        let token = RefreshToken::current(&session, &pepper(0));
        assert_eq!(format!("{token:?}"), format!("RefreshToken({}, generation 7)", session.id));
        assert_eq!(format!("{:?}", session.nonce), "SessionNonce(…)");
    }
}
