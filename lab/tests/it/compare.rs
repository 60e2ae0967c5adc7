//! One trace under all policies: what is said of Coatroom's is what came of the world, and what is said of the others
//! is what each is known for.

mod random;
mod verdicts;

use std::collections::BTreeSet;

use coatroom::{
    Access, Session, Timestamp,
    session::{EndReason, Revocation},
    store::{Event, EventKind},
};
use coatroom_lab::{
    action::{Action, Party},
    compare::{self, Cause, Compared, Standing},
    policy::Policy,
    setting::Setting,
    trace::Trace,
    world::{EntryKind, World},
};
/// The world that comes of these actions, which the comparison agrees with.
async fn world(lines: &str) -> World {
    let of = |lines: &str| {
        let actions: Vec<Action> =
            lines.split(", ").map(|line| line.parse().expect("an action")).collect();
        Trace::new(Setting::DEFAULT, actions).expect("in bounds")
    };
    let played = async || World::play(&of(lines)).await.unwrap_or_else(|error| panic!("{error}"));
    agrees(played().await, Party::Tab1).await;
    agrees(played().await, Party::Thief).await;
    played().await
}

async fn act(world: &mut World, line: &str) {
    let action: Action = line.parse().expect("an action");
    world.act(action).await.unwrap_or_else(|error| panic!("{line}: {error}"));
}

async fn under(world: &World, policy: Policy) -> Compared {
    compare::under(world, policy).await.expect("every step is done again")
}

async fn compared(world: &World) -> Vec<Compared> {
    compare::compare(world).await.expect("every step is done again")
}

/// Asserts what a table says of each policy, in its order.
async fn says(world: &World, expected: [(&str, &str); 8]) {
    let said: Vec<_> = compared(world)
        .await
        .iter()
        .map(|each| (each.policy, each.owner_words(), each.theft_words()))
        .collect();
    let rows = Policy::ALL.into_iter().zip(expected);
    let rows: Vec<_> =
        rows.map(|(policy, (owner, theft))| (policy, owner.into(), theft.into())).collect();
    assert_eq!(said, rows);
}

/// Returns the end of a session by its row, unless it expired before: the time, and whether owner or thief asked for
/// it.
fn end_of(session: &Session) -> Option<(Timestamp, Cause)> {
    let Revocation { at, reason } = session.revoked?;
    let cause = if reason == EndReason::Reuse { Cause::Rule } else { Cause::Request };
    (at < session.idle_expires_at.min(session.absolute_expires_at)).then_some((at, cause))
}

fn reported_at(events: &[Event]) -> Option<Timestamp> {
    events.iter().rfind(|event| event.kind == EventKind::LockStep).map(|event| event.at)
}

/// Asserts that the comparison says of Coatroom's rule what came of the world; what it says of the last jar is found by
/// asking. Returns what was seen, so that a test knows whether anything was.
async fn agrees(mut world: World, of: Party) -> BTreeSet<String> {
    let ours = under(&world, Policy::Coatroom).await;
    let mut sessions = world.sessions().await;
    sessions.reverse();
    let ends: Vec<_> = ours
        .sessions
        .iter()
        .map(|lived| {
            // A row does not say which party asked.
            let asked = |cause| if cause == Cause::Rule { cause } else { Cause::Request };
            let end = lived.end.map(|end| (end.at.at, asked(end.cause)));
            (lived.began_at, lived.rotated_at, end, lived.reported)
        })
        .collect();
    let real: Vec<_> = sessions
        .iter()
        .map(|(session, events)| {
            (session.created_at, session.rotated_at, end_of(session), reported_at(events))
        })
        .collect();
    assert_eq!(ends, real, "{}", world.trace().to_json());

    let said = if of == Party::Thief { ours.thief } else { Some(ours.owner.standing) };
    let Some(said) = said else { return BTreeSet::new() };
    act(&mut world, "database up").await;
    let good = match world.standing(of).await.expect("the store answers") {
        Some(Access::Valid(info)) => Some(info.claims.expires_at()),
        _ => None,
    };
    if let Some(expires_at) = good {
        let left = expires_at.since(world.now()).as_millis();
        let wait = Action::Wait(u32::try_from(left).expect("short"));
        world.act(wait).await.expect("time passes");
    }
    let ended = async |world: &World| {
        let sessions = world.sessions().await;
        sessions.iter().filter(|(session, _)| session.revoked.is_some()).count()
    };
    let before = ended(&world).await;
    act(&mut world, if of == Party::Thief { "thief refresh" } else { "tab1 refresh" }).await;
    let answer = world.messages().last().and_then(|message| message.answer.as_ref());
    let status = answer.expect("an answer").status;
    let found = match (status, ended(&world).await - before) {
        (200 | 429, 0) => "signed in",
        (401, 1) => "spent",
        (401, 0) if good.is_some() => "spent",
        (401, 0) => "signed out",
        other => panic!("{other:?}"),
    };
    let expected = match said {
        Standing::SignedIn => "signed in",
        Standing::Spent => "spent",
        Standing::SignedOut(_) => "signed out",
    };
    assert_eq!(found, expected, "{said:?} after {}", world.trace().to_json());
    let seen = real.iter().flat_map(|(.., end, reported)| {
        let end = end.map(|(_, cause)| format!("{cause:?}"));
        end.into_iter().chain(reported.map(|_| "reported".to_owned()))
    });
    seen.chain([format!("{} {said:?}", if of == Party::Thief { "thief" } else { "owner" })])
        .collect()
}

const SIGNED_IN: (&str, &str) = ("signed in", "none happened");

#[tokio::test]
async fn five_tabs_at_once_sign_out_under_three_of_eight_policies() {
    let world = world(
        "tab1 call, wait 61s, tab1 sends refresh, tab2 sends refresh, tab3 sends refresh, \
         tab4 sends refresh, tab1 sends reload, deliver 2, deliver 3, deliver 4, deliver 5, \
         deliver 6, deliver 6, deliver 5, deliver 4, deliver 3, deliver 2, tab1 call, wait 61s, \
         tab2 use",
    )
    .await;
    says(
        &world,
        [
            ("signed out after 1 min 1 s", "at once, falsely"),
            ("signed out after 2 min 2 s", "after 1 min 1 s, falsely"),
            SIGNED_IN,
            SIGNED_IN,
            SIGNED_IN,
            ("signed out after 2 min 2 s", "none happened"),
            SIGNED_IN,
            SIGNED_IN,
        ],
    )
    .await;
    // The owner is signed out by the second of the five, or by the refresh within the last `use`.
    for (policy, message) in [(Policy::Strict, 3), (Policy::Rerotate, 9), (Policy::UntilUsed, 9)] {
        let accident = under(&world, policy).await.owner.accident.expect("an accident");
        assert_eq!(accident.message, Some(message));
        let entry = world.timeline()[accident.entry];
        assert_eq!((entry.kind, entry.at), (EntryKind::Served(message), accident.at));
    }
}

#[tokio::test]
async fn a_lost_answer_is_theft_to_five_policies_an_hour_later() {
    let world =
        world("tab1 call, wait 61s, tab1 sends refresh, deliver 2, lose 2, wait 1h, tab1 refresh")
            .await;
    let out = ("signed out after 1 h 1 min 1 s", "after 1 h, falsely");
    says(&world, [out, out, out, out, out, SIGNED_IN, SIGNED_IN, SIGNED_IN]).await;
}

#[tokio::test]
async fn a_displaced_answer_that_arrives_last_breaks_the_jar() {
    let lines = "tab1 call, wait 61s, tab1 sends refresh, tab2 sends refresh, deliver 2, \
                 deliver 3, deliver 3, wait 3s, deliver 2";
    let before = world(lines).await;
    let fate = under(&before, Policy::Rerotate).await.owner;
    assert_eq!((fate.accident, fate.standing), (None, Standing::Spent), "nobody knows it yet");
    assert_eq!(under(&before, Policy::Rerotate).await.owner_words(), "out at the next refresh");
    says(
        &world(&format!("{lines}, wait 1m, tab1 use")).await,
        [
            ("signed out after 1 min 1 s", "at once, falsely"),
            ("signed out after 2 min 4 s", "after 1 min 3 s, falsely"),
            SIGNED_IN,
            SIGNED_IN,
            SIGNED_IN,
            ("signed out after 2 min 4 s", "none happened"),
            SIGNED_IN,
            SIGNED_IN,
        ],
    )
    .await;
}

#[tokio::test]
async fn a_thief_apart_is_noticed_by_six_policies_in_either_order() {
    let out = ("signed out with the thief", "after 1 min 51 s");
    let never = ("signed in", "never: the thief is in");
    let orders = [
        (
            "thief use, wait 1m, tab1 use",
            ("signed out alone: the session goes on", "never: the thief is in"),
        ),
        ("tab1 use, wait 1m, thief use", ("signed in", "never: the thief is out")),
    ];
    for (order, refused) in orders {
        let world = world(&format!("tab1 call, wait 10s, steal, wait 51s, {order}")).await;
        says(&world, [out, out, out, out, out, refused, never, out]).await;
        for each in compared(&world).await {
            assert_eq!(each.owner.accident, None, "{:?}", each.policy);
        }
    }
}

#[tokio::test]
async fn of_two_thefts_the_one_under_way_is_told() {
    let noticed = "tab1 call, wait 10s, steal, wait 51s, tab1 use, wait 1m, thief use";
    let again = "tab1 sign-in, tab1 call, steal, wait 61s, thief call";
    let before = world(noticed).await;
    let under_way = world(&format!("{noticed}, {again}")).await;
    let ended = world(&format!("{noticed}, {again}, thief use, wait 1m, tab1 use")).await;
    for (world, says) in [
        (before, "after 1 min 51 s"),
        (under_way, "the last of 2: never: the thief is in"),
        (ended, "the last of 2: after 2 min 1 s"),
    ] {
        assert_eq!(under(&world, Policy::Coatroom).await.theft_words(), says);
    }
}

#[tokio::test]
async fn a_sign_out_by_the_thief_is_told_apart_from_the_owners() {
    for (by, says) in [("tab2", "signed out on request"), ("thief", "signed out by the thief")] {
        for ask in ["sign-out", "sign-out-everywhere"] {
            let world = world(&format!("tab1 call, steal, wait 10s, {by} {ask}, tab1 call")).await;
            for each in compared(&world).await {
                assert_eq!(each.owner_words(), says, "{by} {ask} {:?}", each.policy);
            }
        }
    }
}

#[tokio::test]
async fn a_denied_session_is_the_operators_end_and_a_token_none() {
    let lines = "tab1 call, steal, wait 61s, tab1 use, deny session, thief refresh, tab1 refresh";
    for each in compared(&world(lines).await).await {
        assert_eq!(each.owner_words(), "signed out by an operator", "{:?}", each.policy);
        assert_eq!(each.theft_words(), "never: the thief is out", "{:?}", each.policy);
    }
    let again = format!("{lines}, tab1 sign-in, tab2 call");
    for each in compared(&world(&again).await).await {
        assert_eq!(each.owner_words(), "signed in", "{:?}", each.policy);
    }
    let lines = "tab1 call, deny token, tab1 call, tab1 refresh, tab1 call";
    for each in compared(&world(lines).await).await {
        assert_eq!(each.owner_words(), "signed in", "{:?}", each.policy);
    }
}

#[tokio::test]
async fn a_sign_out_after_the_end_changes_no_cause_of_it() {
    let world =
        world("tab1 call, steal, wait 10s, thief sign-out, tab1 sign-out, thief call").await;
    for each in compared(&world).await {
        assert_eq!(each.owner_words(), "signed out by the thief", "{:?}", each.policy);
        let thief = Some(Standing::SignedOut(Cause::RequestOfThief));
        assert_eq!(each.thief, thief, "{:?}", each.policy);
    }
}

#[tokio::test]
async fn a_sign_out_with_a_refused_token_ends_no_session() {
    let lines = "tab1 call, steal, wait 61s, thief use, wait 61s, tab1 sign-out";
    let world = world(lines).await;
    for each in compared(&world).await {
        let goes_on = each.policy == Policy::UntilUsed;
        assert_eq!(each.owner_words(), "signed out on request", "{:?}", each.policy);
        assert_eq!(each.thief == Some(Standing::SignedIn), goes_on, "{:?}", each.policy);
    }
}

#[tokio::test]
async fn a_thief_in_step_is_noticed_by_three_policies_and_the_streak() {
    let round = ", wait 61s, tab1 use, thief use";
    let step = format!("tab1 call, steal{}", round.repeat(3));
    let never = ("signed in", "never: the thief is in");
    let (once, twice) = (
        ("signed out with the thief", "after 1 min 1 s"),
        ("signed out with the thief", "after 2 min 2 s"),
    );
    let reported = ("signed in", "reported after 3 min 3 s");
    let refused = ("signed in", "never: the thief is out");
    says(&world(&step).await, [once, twice, twice, never, never, refused, never, reported]).await;
    let ended = ("signed out with the thief", "after 3 min 3 s");
    let step = format!("set lock-step end, {step}");
    says(&world(&step).await, [once, twice, twice, never, never, refused, never, ended]).await;
}

#[tokio::test]
async fn signing_out_is_no_accident_and_ends_what_was_stolen() {
    let end = "tab2 sign-out, thief refresh, tab1 reload";
    let world = world(&format!("tab1 call, steal, wait 61s, {end}")).await;
    says(&world, [("signed out on request", "never: the thief is out"); 8]).await;
    for each in compared(&world).await {
        assert_eq!(each.thief, Some(Standing::SignedOut(Cause::Request)), "{:?}", each.policy);
    }
}

#[tokio::test]
async fn a_user_signing_in_after_an_accident_is_in_again() {
    let world = world(
        "tab1 call, wait 61s, tab1 sends refresh, double 2, deliver 2, deliver 3, \
                       deliver 2, deliver 3, tab1 sign-in",
    )
    .await;
    let strict = under(&world, Policy::Strict).await;
    assert_eq!(strict.owner_words(), "signed out after 1 min 1 s, in again");
    assert_eq!(
        (strict.sessions.len(), under(&world, Policy::Coatroom).await.sessions.len()),
        (2, 2)
    );
}

#[tokio::test]
async fn replays_beyond_the_limit_sign_no_user_out() {
    let mut lines = vec!["tab1 call".to_owned(), "wait 61s".into(), "tab1 sends refresh".into()];
    lines.extend((0..52).map(|_| "double 2".to_owned()));
    lines.extend((2..=54).map(|number| format!("deliver {number}")));
    let world = world(&lines.join(", ")).await;
    let last = world.message(54).and_then(|message| message.answer.as_ref()).expect("an answer");
    assert_eq!(last.status, 429);
    assert_eq!(under(&world, Policy::Coatroom).await.owner_words(), "signed in");
}

#[tokio::test]
async fn access_tokens_are_dated_and_refused_as_those_of_the_world() {
    for lines in [
        // Its key is retired, so a page refreshes though the token is in its time.
        "tab1 call, wait 11s, rotate-key, retire-key, tab1 reload",
        // Dated from before there was the key that signs it.
        "wait 20s, rotate-key, retire-key, tab1 refresh, wait 11s, tab1 reload",
        // Dated back to half of its time.
        "tab1 call, wait 61s, tab1 refresh, wait 35s, tab1 refresh, wait 56s, tab2 reload",
        // Cut off with its session.
        "set verification stateless, tab1 call, wait 13d, tab1 use, wait 13d, tab1 use, \
         wait 345590s, tab1 refresh, wait 11s",
    ] {
        world(lines).await;
    }
}
