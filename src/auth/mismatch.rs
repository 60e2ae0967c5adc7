//! Tokens that a key of ours signed and this node refuses all the same: a clock or a setting is wrong on some node.
//!
//! An attacker cannot forge one, so the operator has to hear of it. A browser may bring it with each of its requests,
//! so each kind is logged once a minute, with no more of the token than a few characters of names.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::Inner;
use crate::access_token::{AccessToken, TokenError};

/// The time after a line in which no other of its kind is logged.
const PAUSE: Duration = Duration::from_secs(60);
/// The most characters of a name that are logged.
const SAID: usize = 120;

/// The pause of each kind.
#[derive(Debug, Default)]
pub(super) struct TokenMismatches {
    clock: Seldom,
    lifetime: Seldom,
    issuer: Seldom,
    audience: Seldom,
}

impl Inner {
    /// Logs a mismatch that an operator can mend.
    pub(super) fn report(&self, token: &AccessToken, error: TokenError) {
        if !matches!(error, TokenError::Times | TokenError::Issuer | TokenError::Audience) {
            return;
        }
        // These three are checked after the signature: a key of ours signed the claims that are read here.
        let Some(claims) = token.unverified() else { return };
        let (now, elapsed, config) = (self.clock.now(), self.clock.elapsed(), &self.config);
        let ahead = claims.issued_at().since(now);
        match error {
            TokenError::Times if ahead > config.clock_skew => {
                if self.mismatches.clock.is_due(elapsed) {
                    tracing::warn!(
                        ahead_ms = millis(ahead),
                        clock_skew_ms = millis(config.clock_skew),
                        "an access token is dated in the future: this server's clock is behind, or the one that \
                         issued it was ahead; set the clocks"
                    );
                }
            }
            TokenError::Times => {
                if self.mismatches.lifetime.is_due(elapsed) {
                    tracing::warn!(
                        lifetime_s = claims.exp.saturating_sub(claims.iat),
                        access_ttl_s = config.signed_ttl().as_secs(),
                        "an access token was issued for longer than this server issues them: do all servers have the \
                         same lifetime of access tokens?"
                    );
                }
            }
            TokenError::Issuer => {
                if self.mismatches.issuer.is_due(elapsed) {
                    tracing::warn!(
                        expected = %said(&config.issuer),
                        got = %said(&claims.iss),
                        "an access token names another issuer: do all servers have the same origin?"
                    );
                }
            }
            _ => {
                if self.mismatches.audience.is_due(elapsed) {
                    tracing::warn!(
                        expected = %said(&config.audience),
                        got = %said(&claims.aud),
                        "an access token names another audience: do all servers have the same one?"
                    );
                }
            }
        }
    }
}

/// A limit to one line a minute.
#[derive(Debug, Default)]
struct Seldom {
    /// The time of the next line at the earliest, in milliseconds of [`Clock::elapsed`](crate::Clock::elapsed).
    next: AtomicU64,
}

impl Seldom {
    fn is_due(&self, elapsed: Duration) -> bool {
        let now = millis(elapsed);
        let after = |next| (now >= next).then(|| now.saturating_add(millis(PAUSE)));
        self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after).is_ok()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns a name as a line of the log may hold it: cut, and with unprintable characters escaped.
fn said(name: &str) -> String {
    name.chars().take(SAID).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_once_a_minute() {
        let seldom = Seldom::default();
        let due = |seconds| seldom.is_due(Duration::from_secs(seconds));
        assert_eq!([5, 5, 64, 65, 66, 125].map(due), [true, false, false, true, false, true]);
    }

    #[test]
    fn a_name_is_said_on_one_line_and_cut() {
        assert_eq!(said("https://a.example\n\u{202e}x"), "https://a.example\\n\\u{202e}x");
        assert_eq!(said(&"x".repeat(10_000)).len(), SAID);
    }
}
