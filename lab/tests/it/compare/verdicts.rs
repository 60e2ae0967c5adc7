//! Verdicts written by hand, from what each system says of itself, and not from this code.
//!
//! The document behind a policy's column is named by [`Policy::system`](coatroom_lab::policy::Policy::system). In
//! short, and in the order of the columns:
//!
//! - strict: RFC 9700 §4.14.2. A second use revokes the active token; the server cannot tell which client was first.
//! - re-rotate: supertokens-core #1301. The predecessor, within the window from the rotation, gets a fresh child; the
//!   child displaced by it is dead from that moment; all else is reuse and revokes.
//! - access: django-oauth-toolkit #702, as it was. Within the window the answer is the new access token and the old
//!   refresh token.
//! - branch: Ory's guide to graceful rotation. Each use within the window gets a new pair, all in one chain; a use
//!   after the window ends the chain.
//! - cache: django-oauth-toolkit since #702, with reuse protection. Within the window the answer is the pair that the
//!   first use got.
//! - until used: MSC2918. The existing token stays valid until the new access or refresh token is used; then 401, and
//!   the device stays signed in for a client that has another. Synapse and Airlock keep the newest successor alone.
//! - one behind: Supabase. The parent of the active token always gets the active one.
//! - coatroom: the ten rows.

use coatroom_lab::{
    compare::{Compared, Noticed, Standing},
    policy::Policy,
};

use super::{compared, world};

/// A course of events, and what comes of it under each policy in the order of [`Policy::ALL`].
struct Case {
    name: &'static str,
    lines: String,
    verdicts: [&'static str; 8],
}

/// The same verdict under every policy.
const fn all(verdict: &'static str) -> [&'static str; 8] {
    [verdict; 8]
}

fn case(name: &'static str, lines: &str, verdicts: [&'static str; 8]) -> Case {
    Case { name, lines: lines.to_owned(), verdicts }
}

/// Honest browsers: they stay in, or their session is ended, or they alone are refused.
#[rustfmt::skip]
fn honest() -> Vec<Case> {
    let lost = (2..52)
        .map(|number| format!("tab1 sends refresh, deliver {number}, lose {number}, wait 2s, "))
        .collect::<Vec<_>>()
        .concat();
    vec![
        //    strict   re-rotate access   branch  cache    until    one beh. coatroom
        case("five at once, answered in order, and the next refresh",
            "tab1 call, wait 61s, tab1 sends refresh, tab2 sends refresh, tab3 sends refresh, \
             tab4 sends refresh, tab1 sends reload, deliver 2, deliver 3, deliver 4, deliver 5, \
             deliver 6, deliver 2, deliver 3, deliver 4, deliver 5, deliver 6, tab1 call, wait 61s, \
             tab2 use",
            ["ended", "in",     "in",    "in",    "in",    "in",      "in", "in"]),
        case("five at once, the first answer arriving last, and the next refresh",
            "tab1 call, wait 61s, tab1 sends refresh, tab2 sends refresh, tab3 sends refresh, \
             tab4 sends refresh, tab1 sends reload, deliver 2, deliver 3, deliver 4, deliver 5, \
             deliver 6, deliver 6, deliver 5, deliver 4, deliver 3, deliver 2, tab1 call, wait 61s, \
             tab2 use",
            ["ended", "ended",  "in",    "in",    "in",    "refused", "in", "in"]),
        case("two at once, the first answer used before the second request arrives",
            "tab1 call, wait 61s, tab1 sends refresh, tab2 sends refresh, deliver 2, deliver 2, \
             tab1 call, deliver 3, deliver 3, wait 61s, tab2 use",
            ["ended", "in",     "in",    "in",    "in",    "in",      "in", "in"]),
        case("a displaced answer arrives last, after the newer one was used",
            "tab1 call, wait 61s, tab1 sends refresh, tab2 sends refresh, deliver 2, deliver 3, \
             deliver 3, tab2 call, wait 3s, deliver 2, wait 1m, tab1 use",
            ["ended", "ended",  "in",    "in",    "in",    "refused", "in", "in"]),
        case("a lost answer, asked for again a second later, and the next refresh",
            "tab1 call, wait 61s, tab1 sends refresh, deliver 2, lose 2, wait 1s, tab1 use, \
             wait 61s, tab1 use",
            ["ended", "in",     "ended", "in",    "in",    "in",      "in", "in"]),
        case("a lost answer, asked for again an hour later",
            "tab1 call, wait 61s, tab1 sends refresh, deliver 2, lose 2, wait 1h, tab1 use",
            ["ended", "ended",  "ended", "ended", "ended", "in",      "in", "in"]),
        case("fifty lost answers, two seconds apart",
            &format!("tab1 call, wait 61s, {lost}tab1 use"),
            ["ended", "ended",  "ended", "ended", "ended", "in",      "in", "in"]),
        case("a late answer after a new sign-in: its cookies have other names",
            "tab1 call, wait 61s, tab1 sends refresh, deliver 2, tab2 sign-out, tab2 sign-in, \
             wait 4s, deliver 2, tab1 use, wait 61s, tab1 use",
            all("in")),
    ]
}

/// Thieves with a copy of the jar: whether owner and thief are still in.
#[rustfmt::skip]
fn stolen() -> Vec<Case> {
    let steps = ", wait 61s, tab1 use, thief use".repeat(3);
    vec![
        //    strict   re-rotate access   branch     cache      until        one behind  coatroom
        case("the owner first, the thief a minute later",
            "tab1 call, wait 10s, steal, wait 51s, tab1 use, wait 1m, thief use, tab1 use",
            ["ended", "ended",  "ended", "ended",   "ended",   "thief out", "both in", "ended"]),
        case("the thief first, the owner a minute later",
            "tab1 call, wait 10s, steal, wait 51s, thief use, wait 1m, tab1 use, thief use",
            ["ended", "ended",  "ended", "ended",   "ended",   "owner out", "both in", "ended"]),
        case("the thief right after the owner, three times",
            &format!("tab1 call, steal{steps}"),
            ["ended", "ended",  "ended", "both in", "both in", "thief out", "both in", "told"]),
        case("the thief first, showing nothing before the owner has asked",
            "tab1 call, steal, wait 61s, thief refresh, wait 1s, tab1 use, wait 61s, thief refresh, \
             tab1 use",
            ["ended", "ended",  "ended", "both in", "both in", "thief out", "both in", "both in"]),
        case("the thief alone, the owner never there again",
            "tab1 call, steal, wait 61s, thief use, wait 61s, thief use, wait 1m",
            all("owner out")),
        case("the owner signs out",
            "tab1 call, steal, wait 61s, tab2 sign-out, thief refresh",
            all("nobody in")),
    ]
}

fn of_honest(compared: &Compared) -> &'static str {
    match (compared.owner.accident, compared.theft, compared.owner.standing) {
        (None, Noticed::NoneHappened, Standing::SignedIn) => "in",
        (Some(_), Noticed::Falsely { .. }, Standing::SignedOut(_)) => "ended",
        (Some(_), Noticed::NoneHappened, Standing::SignedOut(_)) => "refused",
        _ => "something else",
    }
}

fn of_stolen(compared: &Compared) -> &'static str {
    let is_in = |standing| standing == Standing::SignedIn;
    let (owner, thief) = (is_in(compared.owner.standing), compared.thief.is_some_and(is_in));
    match (compared.theft, owner, thief) {
        (Noticed::Ended { .. }, false, false) => "ended",
        (Noticed::Reported { .. }, true, true) => "told",
        (Noticed::Never, true, true) => "both in",
        (Noticed::Never, true, false) => "thief out",
        (Noticed::Never, false, true) => "owner out",
        (Noticed::Never, false, false) => "nobody in",
        _ => "something else",
    }
}

async fn differences(cases: Vec<Case>, of: fn(&Compared) -> &'static str) -> Vec<String> {
    let mut wrong = Vec::new();
    for Case { name, lines, verdicts } in cases {
        let compared = compared(&world(&lines).await).await;
        assert_eq!(compared.len(), Policy::ALL.len());
        for (compared, expected) in compared.iter().zip(verdicts) {
            let found = of(compared);
            if found != expected {
                let policy = compared.policy.name();
                wrong.push(format!("{name}, {policy}: {found}, and not {expected}"));
            }
        }
    }
    wrong
}

#[tokio::test]
async fn honest_browsers_fare_as_each_system_says() {
    let wrong = differences(honest(), of_honest).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn thefts_end_as_each_system_says() {
    let wrong = differences(stolen(), of_stolen).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
