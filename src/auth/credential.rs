//! The credential of a session: all that a client is given of it, in the form that the scheme has.

use super::{Inner, TokenPair};
use crate::{
    access_token::TokenInfo,
    clock::Timestamp,
    config::Scheme,
    issuer::SignError,
    principal::Principal,
    refresh_token::RefreshToken,
    session::{Session, SessionId},
    session_token::SessionToken,
};

/// The credential of a session that has just begun.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// Signed tokens: both, or under [`Scheme::Token`] the access token alone.
    Signed(Box<TokenPair>),
    /// An opaque token, with the session that it opens.
    Opaque(SessionToken, Box<Session>),
}

impl Credential {
    /// Returns the session. Under [`Scheme::Token`] no store has it.
    pub const fn session(&self) -> &Session {
        match self {
            Self::Signed(tokens) => &tokens.session,
            Self::Opaque(_, session) => session,
        }
    }

    /// Returns the owner of the session, as the credential proves it.
    pub fn principal(&self) -> Principal {
        match self {
            Self::Signed(tokens) => tokens.info.claims.principal(),
            Self::Opaque(_, session) => session.principal(),
        }
    }

    /// Returns the contents of its access token, if it has one.
    pub const fn info(&self) -> Option<&TokenInfo> {
        match self {
            Self::Signed(tokens) => Some(&tokens.info),
            Self::Opaque(..) => None,
        }
    }

    /// Returns the signed tokens, if those are what it is.
    pub fn into_signed(self) -> Option<TokenPair> {
        match self {
            Self::Signed(tokens) => Some(*tokens),
            Self::Opaque(..) => None,
        }
    }

    /// Returns the session's id.
    pub const fn sid(&self) -> SessionId {
        self.session().id
    }
}

impl Inner {
    /// Returns the credential of a session of the current generation.
    pub(super) fn credential(
        &self,
        session: Session,
        now: Timestamp,
    ) -> Result<Credential, SignError> {
        if self.config.scheme != Scheme::Opaque {
            return self.signed(session, now).map(|tokens| Credential::Signed(tokens.into()));
        }
        // The pepper is the one that the session began with, just now.
        let token = SessionToken::of(&session, &self.peppers.current);
        Ok(Credential::Opaque(token, Box::new(session)))
    }

    /// Returns the tokens of a session's current generation: both, or the access token if it is all there is.
    pub(super) fn signed(&self, session: Session, now: Timestamp) -> Result<TokenPair, SignError> {
        let is_denied = |token| self.denylist.denies(token);
        let (access, info) = self.tokens.issue(&session, now, is_denied)?;
        // A session keeps the pepper it began with; without it no token of the session was recognized.
        let pepper = self.peppers.find(&session.pepper_kid);
        let rotates = matches!(self.config.scheme, Scheme::Hybrid(_));
        let refresh = pepper.filter(|_| rotates);
        let refresh = refresh.map(|pepper| RefreshToken::current(&session, pepper));
        Ok(TokenPair { access, refresh, info, session })
    }
}
