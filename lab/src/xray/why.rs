//! The reason why a check refused a token, in words.
//!
//! The check itself is known by then; this only finds the place to point at, and says no more than that the check
//! failed if it finds none.

use coatroom::{
    access_token::MAX_ACCESS_TOKEN_LEN, auth::Auth, claims::Claims, clock::Timestamp,
    verifier::REFUSED_MEMBERS,
};

use super::{
    check::Check,
    other,
    part::{Content, Member, Part, PartKind},
};

/// The members that a header must have (RFC 9068 §2.1), and the claims.
const HEADER: [&str; 3] = ["alg", "typ", "kid"];
const CLAIMS: [&str; 11] =
    ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "auth_time", "gen", "role", "av"];

/// Number of characters of a foreign text that a reason quotes.
const QUOTED: usize = 48;

/// Returns the reason why a token was refused that was never believed.
pub(super) fn refused(check: Check, parts: &[Part], auth: &Auth) -> String {
    let part = |kind| parts.iter().find(|part| part.kind == kind);
    let says = |kind, name: &str| part(kind).and_then(|part| said(part.members(), name));
    let header = |name| quoted(says(PartKind::Header, name).unwrap_or_default());
    let claim = |name| quoted(says(PartKind::Claims, name).unwrap_or_default());
    if check != Check::Length
        && let Some(other) = other::than_a_jwt(parts)
    {
        return other;
    }
    match check {
        Check::Length => format!("it has more than {MAX_ACCESS_TOKEN_LEN} bytes"),
        Check::Form => form(parts),
        Check::Header => part(PartKind::Header).map_or_else(String::new, |part| {
            content(part, &HEADER, REFUSED_MEMBERS, "one of `alg`, `typ` and `kid` is no text")
        }),
        Check::Type => format!("`typ` is {} and not \"at+jwt\"", header("typ")),
        Check::Key => format!("no key of this server is called {}", header("kid")),
        Check::Algorithm => {
            let kid = says(PartKind::Header, "kid").unwrap_or_default();
            format!("`alg` is {}; that key is for {}", header("alg"), made_for(&auth.jwks(), kid))
        }
        Check::Signature => match part(PartKind::Signature) {
            Some(part) if part.is_misspelt() => misspelt(part),
            _ => "that key did not sign this header and these claims".into(),
        },
        Check::Claims => part(PartKind::Claims).map_or_else(String::new, |part| {
            content(part, &CLAIMS, &[], "a claim is not of its type")
        }),
        Check::Issuer => {
            format!("`iss` is {} and not {}", claim("iss"), quoted(&auth.config().issuer))
        }
        Check::Audience => {
            format!("`aud` is {} and not {}", claim("aud"), quoted(&auth.config().audience))
        }
        Check::Times => format!(
            "`iat` is {} and `exp` {}; tokens live for {} s, and it is {} here",
            claim("iat"),
            claim("exp"),
            auth.config().access_ttl.as_secs(),
            auth.now().seconds()
        ),
        // Those are no reasons not to believe a token.
        Check::Expiry | Check::Denylist | Check::AuthorityVersion => String::new(),
    }
}

/// Returns the reason why a token of ours is past its time.
pub(super) fn expired(claims: &Claims, now: Timestamp) -> String {
    format!("it expired {} s ago", now.since(claims.expires_at()).as_secs())
}

/// Returns the reason why a token of ours is out of date.
pub(super) fn outdated(claims: &Claims) -> String {
    format!(
        "what its account may do was changed since version {}: \"{}\" may be wrong",
        claims.authority_version,
        claims.role.as_str()
    )
}

fn form(parts: &[Part]) -> String {
    let flaw = parts.iter().find(|part| part.text.is_empty() || !in_alphabet(&part.text));
    match (parts.len(), flaw) {
        (0, _) => "it is empty".into(),
        (3, Some(part)) if part.text.is_empty() => format!("the {}: empty", part.kind.name()),
        (3, Some(part)) => misspelt(part),
        (5, None) => "it has five parts: the form of an encrypted token, which is not taken".into(),
        (1, _) => "it has no dots, where a token has two".into(),
        (2, _) => "it has one dot, where a token has two".into(),
        _ => "it has more than two dots".into(),
    }
}

/// Says why a part is no JSON object with these members, and without those that are refused.
fn content(part: &Part, expected: &[&str], refused: &[(&str, &str)], otherwise: &str) -> String {
    if part.is_misspelt() {
        return misspelt(part);
    }
    let members = match &part.content {
        Content::Json { members, .. } => members,
        Content::Text(_) | Content::Bytes(_) | Content::Unreadable(_) => return misspelt(part),
    };
    let count = |name: &str| members.iter().filter(|member| member.name == name).count();
    let dangerous = refused.iter().find(|(name, _)| count(name) > 0);
    let doubled = members.iter().find(|member| count(&member.name) > 1);
    let missing = expected.iter().find(|name| count(name) == 0);
    match (dangerous, doubled, missing) {
        (Some((name, why)), ..) => format!("it holds `{name}`: {why}"),
        (None, Some(member), _) => format!("it holds {} twice", quoted(&member.name)),
        (None, None, Some(name)) => format!("it lacks `{name}`"),
        (None, None, None) => otherwise.to_owned(),
    }
}

fn misspelt(part: &Part) -> String {
    let flaw = match (&part.content, part.flaw) {
        (_, Some(flaw)) => flaw,
        (Content::Unreadable(why), None) => why,
        (Content::Json { .. } | Content::Text(_) | Content::Bytes(_), None) => "not base64url",
    };
    format!("the {}: {flaw}", part.kind.name())
}

fn in_alphabet(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Returns the algorithm that a key is for, as its public half says; a key of HMAC has none, and is for HS256.
fn made_for(jwks: &str, kid: &str) -> String {
    let set: serde_json::Value = serde_json::from_str(jwks).unwrap_or_default();
    let keys = set["keys"].as_array().map_or(&[][..], Vec::as_slice);
    let key = keys.iter().find(|key| key["kid"] == kid);
    key.and_then(|key| key["alg"].as_str()).unwrap_or("HS256").to_owned()
}

/// The first of that name.
fn said<'a>(members: &'a [Member], name: &str) -> Option<&'a str> {
    members.iter().find(|member| member.name == name).map(|member| member.value.as_str())
}

/// Quotes a foreign text within ours: cut, and with what does not print written out.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
