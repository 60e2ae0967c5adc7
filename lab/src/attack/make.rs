//! The making of attacks: from what an attacker has to the values of `Cookie`.

use coatroom::{
    access_token::AccessToken,
    web::{CookieKind, CookiePolicy},
};

use super::{Loot, Taken};
use crate::forge::{Forgery, forge};

/// The bytes of an oversized token, more than the lengths of all tokens together.
const OVERSIZE: usize = 8 * 1024;

/// Writes cookies as a browser does.
fn header<'a>(cookies: impl IntoIterator<Item = &'a Taken>) -> String {
    let pairs = cookies.into_iter().map(|each| format!("{}={}", each.name, each.value));
    pairs.collect::<Vec<_>>().join("; ")
}

/// Makes another value of each, and sends each alone and, if there are several, all together.
fn changed(cookies: &[Taken], change: impl Fn(&str) -> String) -> Vec<String> {
    let change = |each: &Taken| Taken { name: each.name.clone(), value: change(&each.value) };
    alone_and_together(&cookies.iter().map(change).collect::<Vec<_>>())
}

fn alone_and_together(cookies: &[Taken]) -> Vec<String> {
    let mut headers: Vec<_> = cookies.iter().map(|each| header([each])).collect();
    if cookies.len() > 1 {
        headers.push(header(cookies));
    }
    headers
}

/// Changes the last character, which is of the signature or the code.
fn with_another_end(value: &str) -> String {
    let mut text = value.to_owned();
    let last = text.pop();
    text.push(if last == Some('A') { 'B' } else { 'A' });
    text
}

/// Changes a character in the middle of the last part, all of whose bits count.
fn with_another_letter(value: &str) -> String {
    let from = value.rfind('.').map_or(0, |dot| dot + 1);
    let at = from + (value.len() - from) / 2;
    let other = if value.as_bytes().get(at) == Some(&b'A') { "B" } else { "A" };
    let mut text = value.to_owned();
    text.replace_range(at..=at, other);
    text
}

pub(super) fn wrong(loot: &Loot) -> Vec<String> {
    let mut headers = changed(&loot.good, with_another_end);
    headers.extend(changed(&loot.good, with_another_letter));
    headers
}

pub(super) fn truncated(loot: &Loot) -> Vec<String> {
    let cut = |value: &str, length: usize| value.chars().take(length).collect::<String>();
    let mut headers = changed(&loot.good, |value| cut(value, value.len().saturating_sub(1)));
    headers.extend(changed(&loot.good, |value| cut(value, value.len() / 2)));
    headers
}

pub(super) fn doubled(loot: &Loot) -> Vec<String> {
    let mut headers = changed(&loot.good, |value| format!("{value}{value}"));
    headers.extend(changed(&loot.good, |value| format!("{value}.{value}")));
    headers
}

pub(super) fn oversized(loot: &Loot) -> Vec<String> {
    let letters = "A".repeat(OVERSIZE);
    let mut headers = changed(&loot.good, |value| format!("{value}{letters}"));
    headers.extend(changed(&loot.good, |_| letters.clone()));
    headers
}

pub(super) fn empty(loot: &Loot) -> Vec<String> {
    changed(&loot.good, |_| String::new())
}

/// Puts the signature or the code of the attacker's own token below the victim's, under the victim's name.
pub(super) fn spliced(loot: &Loot) -> Vec<String> {
    let spliced: Vec<_> = loot
        .good
        .iter()
        .filter_map(|good| {
            let own = loot.own.iter().find(|own| own.kind() == good.kind())?;
            let ((head, _), (_, tail)) =
                (good.value.rsplit_once('.')?, own.value.rsplit_once('.')?);
            Some(Taken { name: good.name.clone(), value: format!("{head}.{tail}") })
        })
        .collect();
    alone_and_together(&spliced)
}

pub(super) fn forged(loot: &Loot) -> Vec<String> {
    let signed = loot.good.iter().filter(|each| each.kind() == Some(CookieKind::Access));
    let forged = |taken: &Taken| {
        let token = AccessToken::parse(&taken.value).ok()?;
        let forged = Forgery::ALL.map(|how| forge(&token, &loot.jwks, how));
        Some(forged.map(|value| header([&Taken { name: taken.name.clone(), value }])))
    };
    signed.filter_map(forged).flatten().collect()
}

/// Sends the foreign cookies by their own names, and their values by the names of the victim's.
pub(super) fn foreign(loot: &Loot) -> Vec<String> {
    let mut headers = alone_and_together(&loot.foreign);
    let renamed: Vec<_> = loot
        .good
        .iter()
        .filter_map(|good| {
            let other = loot.foreign.iter().find(|other| other.kind() == good.kind())?;
            Some(Taken { name: good.name.clone(), value: other.value.clone() })
        })
        .collect();
    headers.extend(alone_and_together(&renamed));
    headers
}

pub(super) fn another_type(loot: &Loot) -> Vec<String> {
    loot.good.iter().flat_map(|good| under_other_names(good, CookieKind::ALL)).collect()
}

pub(super) fn another_scheme(loot: &Loot) -> Vec<String> {
    let kinds: Vec<_> = loot.good.iter().filter_map(Taken::kind).collect();
    let renamed = loot.others.iter().flat_map(|other| {
        let own = kinds.contains(&other.kind().unwrap_or(CookieKind::Session));
        let as_it_is = own.then(|| header([other]));
        under_other_names(other, kinds.clone()).into_iter().chain(as_it_is)
    });
    renamed.collect()
}

/// Sends a token in the cookies of other kinds, by names that end in the tag of its own session.
fn under_other_names(taken: &Taken, kinds: impl IntoIterator<Item = CookieKind>) -> Vec<String> {
    let others = kinds.into_iter().filter(|kind| Some(*kind) != taken.kind());
    let named = |kind| {
        let name = renamed(&taken.name, kind)?;
        Some(header([&Taken { name, value: taken.value.clone() }]))
    };
    others.filter_map(named).collect()
}

/// Returns the name that the cookie of another kind has for the same session.
fn renamed(name: &str, kind: CookieKind) -> Option<String> {
    let policy = CookiePolicy::default();
    let of_kind = |other: &str| format!("-{other}-");
    let word = |kind: CookieKind| match kind {
        CookieKind::Access => of_kind("access"),
        CookieKind::Refresh => of_kind("refresh"),
        CookieKind::Session => of_kind("session"),
    };
    let name = name.replacen(&word(policy.cookie_kind(name)?), &word(kind), 1);
    (policy.cookie_kind(&name) == Some(kind)).then_some(name)
}

pub(super) fn expired(loot: &Loot) -> Vec<String> {
    alone_and_together(&loot.old)
}

/// Sends all of the copy. A part of it is worth no more than the whole.
pub(super) fn signed_out(loot: &Loot) -> Vec<String> {
    vec![header(&loot.signed_out)]
}

pub(super) fn planted_before(loot: &Loot) -> Vec<String> {
    planted(loot).map(|bad| header(bad.iter().chain(&loot.good))).collect()
}

pub(super) fn planted_after(loot: &Loot) -> Vec<String> {
    planted(loot).map(|bad| header(loot.good.iter().chain(&bad))).collect()
}

/// Returns sets of bad cookies, each by the names of the good ones: changed, of another server, the attacker's own, and
/// none at all.
fn planted(loot: &Loot) -> impl Iterator<Item = Vec<Taken>> {
    let bad = |value: &dyn Fn(&Taken) -> Option<String>| -> Vec<Taken> {
        let named = |good: &Taken| Some(Taken { name: good.name.clone(), value: value(good)? });
        loot.good.iter().filter_map(named).collect()
    };
    let of = |cookies: &[Taken], good: &Taken| {
        let same = cookies.iter().find(|each| each.kind() == good.kind());
        same.map(|each| each.value.clone())
    };
    [
        bad(&|good| Some(with_another_letter(&good.value))),
        bad(&|good| of(&loot.foreign, good)),
        bad(&|good| of(&loot.own, good)),
        bad(&|_| Some(String::new())),
    ]
    .into_iter()
    .filter(|cookies| !cookies.is_empty())
}
