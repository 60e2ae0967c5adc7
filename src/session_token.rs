//! The opaque session token: `os1.<sid>.<mac>`, each part base64url.
//!
//! It says nothing to its holder: the session's row says it all, and is read at each request. Like a refresh token it is
//! derived from the row and the server's pepper and never stored, so that a stolen database opens no session.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    secret::Pepper,
    session::{Session, SessionId},
};

/// The length of every session token, in bytes.
pub const SESSION_TOKEN_LEN: usize = 70;

/// An opaque session token.
///
/// # Security
/// A client that holds one holds the session. [`Debug`] does not print it, and [`reveal`](Self::reveal), which a cookie
/// needs, is the only way to its text.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken {
    sid: SessionId,
    mac: [u8; 32],
}

impl SessionToken {
    /// The token of a session.
    pub(crate) fn of(session: &Session, pepper: &Pepper) -> Self {
        let mac = pepper.mac(&[b"session/v1", session.id.as_bytes(), session.nonce.as_bytes()]);
        Self { sid: session.id, mac }
    }

    /// Reads a token. Says nothing of whether this server derived it.
    pub fn parse(text: &str) -> Option<Self> {
        // The length first: nothing long is split or decoded.
        if text.len() != SESSION_TOKEN_LEN {
            return None;
        }
        let (sid, mac) = text.strip_prefix("os1.")?.split_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?.try_into().ok()?;
        Some(Self { sid: SessionId::parse(sid)?, mac })
    }

    /// The session it names.
    pub const fn sid(&self) -> SessionId {
        self.sid
    }

    /// Returns whether this server derived it for that session, compared in constant time.
    pub(crate) fn is_derived_for(&self, session: &Session, pepper: &Pepper) -> bool {
        let expected = Self::of(session, pepper);
        self.sid == session.id
            && session.pepper_kid == pepper.kid
            && verify_slices_are_equal(&self.mac, &expected.mac).is_ok()
    }

    /// The token's text, for a cookie and for nothing else.
    pub fn reveal(&self) -> String {
        format!("os1.{}.{}", self.sid, URL_SAFE_NO_PAD.encode(self.mac))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionToken({})", self.sid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        refresh_token::RefreshToken,
        secret::ServerSecret,
        session::{SessionNonce, tests::session},
    };

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
        let text = SessionToken::of(&session, &pepper).reveal();
        assert_eq!(text.len(), SESSION_TOKEN_LEN);
        let read = SessionToken::parse(&text).expect("it was written here");
        assert!(read.is_derived_for(&session, &pepper));
        assert_eq!(format!("{read:?}"), format!("SessionToken({})", session.id));
    }

    #[test]
    fn no_changed_character_is_recognized() {
        let pepper = pepper(0);
        let session = with_pepper(&pepper);
        let text = SessionToken::of(&session, &pepper).reveal();
        for position in 0..text.len() {
            for other in ['A', 'B', '.', '=', '~'] {
                let mut changed = text.clone();
                changed.replace_range(position..=position, &other.to_string());
                if changed != text {
                    let recognized = SessionToken::parse(&changed)
                        .is_some_and(|token| token.is_derived_for(&session, &pepper));
                    assert!(!recognized, "{changed}");
                }
            }
        }
    }

    #[test]
    fn a_token_of_another_server_or_row_is_not_recognized() {
        let (ours, theirs) = (pepper(0), pepper(1));
        let session = with_pepper(&ours);
        assert!(!SessionToken::of(&session, &theirs).is_derived_for(&session, &ours));
        let moved = Session { nonce: SessionNonce([9; 32]), ..session.clone() };
        assert!(!SessionToken::of(&session, &ours).is_derived_for(&moved, &ours));
    }

    #[test]
    fn no_part_of_a_refresh_token_is_a_session_token() {
        let pepper = pepper(0);
        let session = with_pepper(&pepper);
        let refresh = RefreshToken::current(&session, &pepper).reveal();
        let mac = refresh.rsplit('.').next().expect("a mac");
        let made = format!("os1.{}.{mac}", session.id);
        let read = SessionToken::parse(&made).expect("of the right form");
        assert!(!read.is_derived_for(&session, &pepper));
        assert!(SessionToken::parse(&refresh).is_none());
        assert!(RefreshToken::parse(&SessionToken::of(&session, &pepper).reveal()).is_none());
    }
}
