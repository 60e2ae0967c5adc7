//! A world by itself: what it keeps, and that what happened in it can happen again.

use coatroom::session::EndReason;
use coatroom_lab::{
    action::Action,
    compare,
    message::Row,
    policy::Policy,
    setting::Setting,
    trace::Trace,
    world::{MAX_SIZE, World},
};

async fn world() -> World {
    World::new(Setting::DEFAULT).await.expect("a world")
}

/// A world in which these were done over and over, until it was full.
async fn full_of(lines: &[&str]) -> World {
    let mut world = world().await;
    let actions: Vec<Action> = lines.iter().map(|line| line.parse().expect("an action")).collect();
    for action in actions.into_iter().cycle() {
        if world.act(action).await.is_err() {
            break;
        }
    }
    world
}

#[tokio::test]
async fn the_trace_of_any_full_world_is_read_and_plays() {
    // The shortest in a world, the longest as text, and the most costly in memory.
    let ways: [&[&str]; 6] = [
        &["wait 20d"],
        &["wait 20d", "steal"],
        &["set verification stateless"],
        &["tab1 use", "wait 61s"],
        &["tab1 sign-in at node-b"],
        &["tab1 sends refresh", "double 1"],
    ];
    for lines in ways {
        let world = full_of(lines).await;
        assert!(world.size() <= MAX_SIZE, "{lines:?}: {}", world.size());
        let trace = world.trace();
        let read = Trace::parse(&trace.to_json());
        assert!(read.as_ref() == Ok(&trace), "{lines:?}: {:?}", read.err());
        let again = World::play(&trace).await.unwrap_or_else(|error| panic!("{lines:?}: {error}"));
        assert!(again.timeline() == world.timeline(), "{lines:?}");
        // A step that there was room for once is done again under any policy, though it may take more.
        let compared = compare::under(&world, Policy::Strict).await;
        assert!(compared.is_ok(), "{lines:?}: {compared:?}");
    }
}

#[tokio::test]
async fn a_request_of_no_thief_starts_no_node_and_its_world_plays() {
    let mut world = world().await;
    for (line, done) in [
        ("thief call at node-b", false),
        ("thief loses call at node-b", false),
        ("database down", true),
        ("tab1 call at node-b", false),
        ("tab1 call", true),
    ] {
        let acted = world.act(line.parse().expect("an action")).await;
        assert_eq!(acted.is_ok(), done, "{line}: {acted:?}");
    }
    let again = World::play(&world.trace()).await.expect("it plays");
    assert_eq!(again.outcomes(0), world.outcomes(0));
}

/// The rows that the last of these changed: the generation and why it is over, before and after.
async fn rows(script: &str) -> Vec<(Option<(u64, Option<EndReason>)>, (u64, Option<EndReason>))> {
    let mut world = world().await;
    for line in script.split("; ") {
        world.act(line.parse().expect("an action")).await.expect("it is done");
    }
    let answer = world.messages().last().and_then(|message| message.answer.as_ref());
    let said = |row: &Row| (row.generation, row.revoked.map(|revoked| revoked.reason));
    let rows = answer.expect("an answer").changes.iter();
    rows.map(|row| (row.before.as_ref().map(said), said(&row.after))).collect()
}

#[tokio::test]
async fn a_row_before_and_after_is_of_one_session() {
    let (signed_out, replaced) = (Some(EndReason::SignedOut), Some(EndReason::Replaced));
    let new = (None, (0, None));
    let rotated = (Some((0, None)), (1, None));
    assert_eq!(rows("tab1 call; wait 61s; tab1 refresh").await, [rotated]);
    assert_eq!(rows("tab1 sign-out").await, [(Some((0, None)), (0, signed_out))]);
    assert_eq!(rows("tab1 sign-out; tab1 sign-in").await, [new], "and none comes back to life");
    assert_eq!(rows("tab1 sign-in").await, [(Some((0, None)), (0, replaced)), new]);
    assert_eq!(rows("tab1 call; tab1 call").await, [], "nothing changed");
}
#[tokio::test]
async fn a_worlds_size_counts_messages_and_cookies_while_under_way() {
    let mut world = world().await;
    let mut sizes = vec![world.size()];
    for line in ["tab1 sends call", "double 1", "deliver 1", "lose 2", "deliver 1"] {
        world.act(line.parse().expect("an action")).await.expect("it is done");
        sizes.push(world.size());
    }
    let cookies: usize = world.messages()[0].cookies.iter().map(|cookie| cookie.bytes).sum();
    assert!(sizes[1] > sizes[0] + cookies && sizes[2] > sizes[1] + cookies, "{sizes:?}");
    assert!(sizes[4] + cookies < sizes[3], "what was lost is not kept: {sizes:?}");
    assert!(sizes[5] < sizes[4], "nor is what arrived: {sizes:?}");
}
