//! The kind of a text that is no JWT: tokens of other kinds, told by how they look.
//!
//! Display is its only purpose: the verifier refuses them all alike.

use super::part::{Content, Part, PartKind};

/// The fewest characters of a text that is called an opaque token.
const OPAQUE: usize = 16;

/// Returns what the text is instead of a JWT, if it looks like anything.
pub(super) fn than_a_jwt(parts: &[Part]) -> Option<String> {
    let kind = |index: usize| parts.get(index).map(|part| part.kind);
    match (kind(0)?, kind(1)) {
        (PartKind::Version, _) => Some(paseto(&parts[0].text, &parts[1].text)),
        (PartKind::Prefix, _) if parts.len() == 3 => Some(
            "it is a session token of this kind of server: it says nothing, and the server looks its session up at \
             each request"
                .into(),
        ),
        (PartKind::Prefix, _) => Some(
            "it is a refresh token of this kind of server: it says nothing to anybody else, and is a key as long as \
             its session lives"
                .into(),
        ),
        (PartKind::Header, Some(PartKind::EncryptedKey)) => {
            let encrypted = parts[0].members().iter().any(|member| member.name == "enc");
            encrypted.then(|| {
                "it is a JWE: what it says is encrypted, for whoever has the key; this server takes signed tokens"
                    .into()
            })
        }
        (PartKind::Header, None) if is_opaque(&parts[0]) => Some(
            "it has no dots and says nothing by itself: an opaque token, perhaps, which only the server that made it \
             can look up"
                .into(),
        ),
        _ => None,
    }
}

fn paseto(version: &str, purpose: &str) -> String {
    let what = match purpose {
        "local" => "what it says is encrypted",
        _ => "signed and readable",
    };
    format!(
        "it is a PASETO, {version}.{purpose}: {what}, and no JWT, which is what this server takes"
    )
}

fn is_opaque(part: &Part) -> bool {
    let letters = part.text.chars().all(|letter| letter.is_ascii_graphic());
    part.text.len() >= OPAQUE && letters && !matches!(part.content, Content::Json { .. })
}
