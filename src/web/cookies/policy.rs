//! The names and attributes of the cookies, and which names are an application's own.

use std::sync::Arc;

use crate::{config::Scheme, session::SessionId};

/// Scripts and other hosts plant no cookie of this prefix (the layered-cookies draft; older browsers enforce what
/// `__Host-` asks, RFC 6265bis §4.1.3.2).
const HOST_PREFIX: &str = "__Host-Http-";
/// With a `Domain`, `__Host-` is impossible. `__Http-`, which keeps scripts from planting, asks nothing of a browser that
/// does not know it; this one is enforced by all (RFC 6265bis §4.1.3.1).
const DOMAIN_PREFIX: &str = "__Secure-";
const DEFAULT_NAME: &str = "coatroom";
const MAX_NAME: usize = 32;
/// The names without an application and a tag, as releases before tags had them. The default policy alone reads them,
/// and replaces them at the next rotation, so that an upgrade signs no user out.
const UNTAGGED: [(&str, CookieKind); 2] =
    [("__Host-Http-access", CookieKind::Access), ("__Host-Http-refresh", CookieKind::Refresh)];
/// The number of characters of a tag.
const TAG_LEN: usize = 8;

/// The names and attributes of the cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookiePolicy {
    /// The requests from other sites with which a browser sends the cookies.
    pub same_site: SameSite,
    /// Shared: a layer is cloned for each request, and with it its policy.
    names: Arc<Names>,
}

#[derive(Debug, PartialEq, Eq)]
struct Names {
    application: String,
    domain: Option<String>,
    /// The names up to the tag.
    access: String,
    refresh: String,
    session: String,
}

/// The `SameSite` attribute. `None` is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameSite {
    /// Sent when a user follows a link from another site, who would otherwise arrive signed out.
    #[default]
    Lax,
    /// Never sent from another site: a user who follows a link from one arrives signed out.
    Strict,
}

/// The token that a cookie carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
    /// The opaque session token.
    Session,
}

impl CookieKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Access, Self::Refresh, Self::Session];

    /// Returns those that a scheme sets.
    pub const fn of(scheme: Scheme) -> &'static [Self] {
        match scheme {
            Scheme::Hybrid(_) => &[Self::Access, Self::Refresh],
            Scheme::Opaque => &[Self::Session],
            Scheme::Token(_) => &[Self::Access],
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Session => "session",
        }
    }
}

/// A name that cannot be part of a cookie's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a cookie name must be 1 to 32 characters of a token (RFC 6265) in lower case, and no part between hyphens may be \
     `access`, `refresh` or `session`"
)]
pub struct InvalidCookieName;

/// A domain that no browser would keep the cookies of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a cookie's domain must be a name such as example.com: two or more lower-case labels with dots between, and no \
     address"
)]
pub struct InvalidCookieDomain;

impl CookiePolicy {
    /// Returns the default policy with cookies named after an application: one name for all its nodes, and another
    /// one for each application behind the same host name.
    ///
    /// ```
    /// # fn main() -> Result<(), coatroom::web::InvalidCookieName> {
    /// use coatroom::web::CookiePolicy;
    ///
    /// let policy = CookiePolicy::for_application("my-shop")?;
    /// # let session = coatroom::SessionId::from_bytes([0; 16]);
    /// let name = policy.cookie_name(coatroom::web::CookieKind::Access, session);
    /// assert_eq!(name, "__Host-Http-my-shop-access-AAAAAAAA");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`InvalidCookieName`] unless the name is 1 to 32 characters of a token (RFC 6265 §4.1.1), none of them in upper case,
    /// and no part between hyphens is `access`, `refresh` or `session`: no application's names may begin like those of another.
    pub fn for_application(name: &str) -> Result<Self, InvalidCookieName> {
        let kinds = CookieKind::ALL.map(CookieKind::as_str);
        if !(1..=MAX_NAME).contains(&name.len())
            || !name.bytes().all(is_token)
            || name.split('-').any(|part| kinds.contains(&part))
        {
            return Err(InvalidCookieName);
        }
        Ok(Self::named(name, None))
    }

    /// Returns the same policy for all hosts at and below a domain, such as `example.com`: a user who signs in at one of
    /// them is signed in at each that has the same secret and store. The cookies' prefix is `__Secure-` then.
    ///
    /// The names differ from those of a policy without a domain, so that a change from one to the other signs every user
    /// out. Applications of one domain need names of their own, also if one of them serves a host below the others.
    ///
    /// # Errors
    /// [`InvalidCookieDomain`] unless it is a name of the DNS in lower case, of two labels or more, without a dot at
    /// either end. A browser also refuses one that is a public suffix, such as `co.uk`, and one that the host is not
    /// below; that is not checked here.
    ///
    /// # Security
    /// Without a domain, the prefix `__Host-Http-` promises that this host set the cookies, and that it alone receives
    /// them. A domain gives all of that up:
    /// - Each host below the domain receives both tokens with every request, and can act as the user. One that is taken
    ///   over, or was forgotten and is claimed by an attacker, ends as a theft of every session that visits it.
    /// - Each such host can plant, replace and delete the cookies, also by a script, which `__Secure-` does not forbid: it
    ///   can sign a user out, or in to an account of the attacker's. Another base name does not help against that.
    /// - `SameSite` does not tell these hosts apart, because they are one site. The same-origin check has to.
    ///
    /// Choose it only if every host below the domain is trusted as much as the one that signs users in.
    pub fn for_domain(self, domain: &str) -> Result<Self, InvalidCookieDomain> {
        if !is_domain(domain) {
            return Err(InvalidCookieDomain);
        }
        let named = Self::named(&self.names.application, Some(domain));
        Ok(Self { same_site: self.same_site, ..named })
    }

    fn named(application: &str, domain: Option<&str>) -> Self {
        let prefix = prefix(domain);
        let name = |kind: CookieKind| format!("{prefix}{application}-{}-", kind.as_str());
        let [access, refresh, session] = CookieKind::ALL.map(name);
        let (application, domain) = (application.to_owned(), domain.map(str::to_owned));
        let names = Arc::new(Names { application, domain, access, refresh, session });
        Self { same_site: SameSite::default(), names }
    }

    /// Returns the domain at and below which browsers send the cookies; `None` if they send them to this host alone.
    pub fn domain(&self) -> Option<&str> {
        self.names.domain.as_deref()
    }

    /// Returns the name of a session's cookie.
    pub fn cookie_name(&self, kind: CookieKind, session: SessionId) -> String {
        format!("{}{}", self.start(kind), Tag::of(session).text())
    }

    /// Returns the token that a cookie of that name carries, if it is one of these cookies.
    pub fn cookie_kind(&self, name: &str) -> Option<CookieKind> {
        match self.read(name.as_bytes()) {
            Named::Ours(kind, _) => Some(kind),
            Named::Planted | Named::Other => None,
        }
    }

    fn start(&self, kind: CookieKind) -> &str {
        match kind {
            CookieKind::Access => &self.names.access,
            CookieKind::Refresh => &self.names.refresh,
            CookieKind::Session => &self.names.session,
        }
    }

    /// Returns the names without a tag that this policy reads.
    pub(super) fn untagged(&self) -> &'static [(&'static str, CookieKind)] {
        let default = self.names.domain.is_none() && self.names.application == DEFAULT_NAME;
        if default { &UNTAGGED } else { &[] }
    }

    pub(super) fn read(&self, name: &[u8]) -> Named {
        for (untagged, kind) in self.untagged() {
            if name == untagged.as_bytes() {
                return Named::Ours(*kind, None);
            }
            if name.eq_ignore_ascii_case(untagged.as_bytes()) {
                return Named::Planted;
            }
        }
        for kind in CookieKind::ALL {
            let start = self.start(kind).as_bytes();
            if let Some((found, tag)) = name.split_at_checked(start.len())
                && found.eq_ignore_ascii_case(start)
            {
                return match Tag::read(tag) {
                    Some(tag) if found == start => Named::Ours(kind, Some(tag)),
                    _ => Named::Planted,
                };
            }
        }
        Named::Other
    }
}

/// A cookie's name, read.
pub(super) enum Named {
    Ours(CookieKind, Option<Tag>),
    /// It looks like ours and is not, as one in another case: a browser without the prefix rule lets an attacker plant
    /// it.
    Planted,
    Other,
}

impl Default for CookiePolicy {
    /// Returns the policy of this host alone, with `SameSite=Lax` and cookies named after `coatroom`.
    fn default() -> Self {
        Self::named(DEFAULT_NAME, None)
    }
}

const fn prefix(domain: Option<&str>) -> &'static str {
    match domain {
        Some(_) => DOMAIN_PREFIX,
        None => HOST_PREFIX,
    }
}

/// Returns true for a character of a token (RFC 9110 §5.6.2, which RFC 6265 §4.1.1 asks of a cookie's name), but for those
/// in upper case: a name in another case is taken as planted.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_lowercase()
        || byte.is_ascii_digit()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// Returns true for a name of two labels or more (RFC 1123 §2.1) in the spelling that browsers compare.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // The last label of an address is a number, and none of a name is (RFC 3696 §2).
    let last = name.rsplit_once('.').map(|(_, last)| last);
    let named = last.is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()));
    named && name.len() <= 253 && name.split('.').all(is_label)
}

/// The part of a cookie's name that tells the cookies of two sessions apart: the first characters of the session's id,
/// 48 random bits. The id is no secret; every access token shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct Tag([u8; TAG_LEN]);

impl Tag {
    pub(in crate::web) fn of(session: SessionId) -> Self {
        let text = session.to_string();
        let mut tag = [0; TAG_LEN];
        tag.copy_from_slice(&text.as_bytes()[..TAG_LEN]);
        Self(tag)
    }

    fn read(text: &[u8]) -> Option<Self> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        text.try_into().ok().filter(|text: &[u8; TAG_LEN]| text.iter().all(plain)).map(Self)
    }

    /// Returns its text. Ids are written in base64url, so it is ASCII.
    fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}
