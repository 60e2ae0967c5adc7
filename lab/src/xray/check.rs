//! The checks that an access token goes through, in their order, each with what it is against.

/// A check. Declared, and so ordered, as they are made: by [`AccessToken::parse`](coatroom::AccessToken::parse), then
/// by the verifier, then by what the node remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Its length.
    Length,
    /// Three parts of base64url.
    Form,
    /// The members of its header.
    Header,
    /// `typ`.
    Type,
    /// `kid`.
    Key,
    /// `alg`, against the key's.
    Algorithm,
    /// The signature.
    Signature,
    /// The claims it has, and their types.
    Claims,
    /// `iss`.
    Issuer,
    /// `aud`.
    Audience,
    /// `iat`, and the time from there to `exp`.
    Times,
    /// `exp`.
    Expiry,
    /// The revocation of its session.
    Denylist,
    /// `av`.
    AuthorityVersion,
}

impl Check {
    /// All of them, in their order.
    pub const ALL: [Self; 14] = [
        Self::Length,
        Self::Form,
        Self::Header,
        Self::Type,
        Self::Key,
        Self::Algorithm,
        Self::Signature,
        Self::Claims,
        Self::Issuer,
        Self::Audience,
        Self::Times,
        Self::Expiry,
        Self::Denylist,
        Self::AuthorityVersion,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Form => "form",
            Self::Header => "header",
            Self::Type => "type",
            Self::Key => "key",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Times => "times",
            Self::Expiry => "expiry",
            Self::Denylist => "denylist",
            Self::AuthorityVersion => "authority version",
        }
    }

    /// The content of the check, and what it is against, in one line.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Length => {
                "At most 4096 bytes, counted before anything is split or decoded: \
                 whoever sends megabytes gets no work for them (CVE-2025-30204, golang-jwt)."
            }
            Self::Form => {
                "Three parts of base64url, none empty, none padded (RFC 7515 §2 and §7.1): \
                 a token without a signature, or an encrypted one, is not even looked into."
            }
            Self::Header => {
                "A JSON object with `alg`, `typ` and `kid`, and no name twice; others are ignored \
                 (RFC 7515 §4), but for a key that comes with the token, and a `crit` that nobody heeds."
            }
            Self::Type => {
                "`typ` is `at+jwt` (RFC 9068 §2.1, whose shape this is, but for `client_id`; RFC 8725 \
                 §3.11): another kind of token by the same key does not pass as an access token."
            }
            Self::Key => {
                "`kid` is the name of one of the server's keys, and is compared, no more \
                 (RFC 8725 §3.10): it opens no file, no query and no address."
            }
            Self::Algorithm => {
                "`alg` is what the key is for (RFC 8725 §3.1): the token has no choice, \
                 so neither `none` nor an HMAC under the public key works."
            }
            Self::Signature => {
                "Made with that key over header and claims (RFC 7515 §5.2, RFC 8725 §3.3): \
                 nobody else wrote them, and nobody has changed a letter since."
            }
            Self::Claims => {
                "A JSON object with all claims of an access token, each of its type, and no name twice; \
                 others are ignored (RFC 9068 §2.2, RFC 7519 §4): two readers cannot understand two things."
            }
            Self::Issuer => {
                "`iss` is this server, letter by letter (RFC 7519 §4.1.1, RFC 8725 §3.8): \
                 what the same key signed in another's name is not ours."
            }
            Self::Audience => {
                "`aud` is this application (RFC 7519 §4.1.3, RFC 8725 §3.9): \
                 a token that was issued for a neighbour cannot be used here."
            }
            Self::Times => {
                "`iat` is not in the future, but for the skew of clocks, and `exp` no later than a lifetime after it \
                 (RFC 7519 §4.1.4 and §4.1.6): even a slip of the issuer lives no year."
            }
            Self::Expiry => {
                "It is before `exp`, without leeway (RFC 7519 §4.1.4): \
                 what was stolen is worth something for minutes."
            }
            Self::Denylist => {
                "Its session was not revoked, as far as this node has heard \
                 (RFC 7009 §3 leaves the way open): signing out ends stolen tokens, too."
            }
            Self::AuthorityVersion => {
                "`av` is the latest version of what the account may do (a claim of our own, beside the role: \
                 RFC 9068 §2.2.3.1): who was an admin a moment ago has to refresh."
            }
        }
    }
}
