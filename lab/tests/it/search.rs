//! The rotation rule, searched exhaustively: every world that a browser, a network and a thief can bring about
//! within some bounds, each decided by the real [`decide`](coatroom::session::decide).
//!
//! The bounds are those of each search: the windows in ticks, the longest one-way delay `d` (a message is delivered
//! at most `d` ticks after it was sent, or never), and how many messages are under way at once. Within them nothing
//! is left out: messages arrive in any order, are lost on either way, and are doubled; the clock stands at every
//! edge of both windows. There is no bound on how long anything goes on, for worlds that look alike are one.
//!
//! The search proves `I4` for `d <= G` and `2d < D`; with the `D = 2G` of the library that is `d < G`. It proves
//! nothing beyond its bound on the number of messages. The model carries decisions out in one step each; that stores
//! and engine do is the subject of the library's own tests, `stories/races.rs` among them, and that the model answers
//! as the engine does is tested here.
//!
//! Each search states how many worlds it visits. A change of the rule or of the model changes that number, so none
//! of them can shrink unnoticed.

mod explore;
mod moves;
mod rule;
mod world;

use std::collections::BTreeSet;

use coatroom::{
    session::{EndReason, Session},
    store::{Event, EventKind},
};
use coatroom_lab::{
    trace::Trace,
    world::{EntryKind, World as Played},
};

use self::{
    explore::{Found, Searched},
    moves::{Apart, Game, Manner, Table},
    rule::{Broken, Limit, Server, Spacing, Ticks},
    world::{Ended, World},
};

fn ticks([delay, grace, spacing]: [u8; 3]) -> Ticks {
    Ticks { delay, grace, spacing }
}

fn table(game: Game, windows: [u8; 3], slots: usize) -> Table {
    Table { game, server: Server::new(ticks(windows), Spacing::FromProof), slots }
}

/// Plays a way on the real engine. Returns what was left of its session.
async fn play(trace: &Trace) -> (Played, Session, Vec<Event>) {
    let world = Played::play(trace).await.unwrap_or_else(|error| panic!("{error}"));
    let (session, events) = world.sessions().await.remove(0);
    (world, session, events)
}

/// The decisions of a world's server, in the order in which it was asked: each row, and the generation that it set.
fn decided(world: &Played) -> Vec<(u8, Option<u64>)> {
    let served = world.timeline().iter().filter_map(|entry| match entry.kind {
        EntryKind::Served(number) => world.message(number)?.answer.as_ref(),
        _ => None,
    });
    served.filter_map(|answer| Some((answer.decision?.row(), answer.refresh()))).collect()
}

fn nothing(_: &World) -> bool {
    false
}

/// Searches all of a game, and fails with a trace if something breaks, or without one if the number of worlds is
/// another.
#[track_caller]
fn holds(game: Game, windows: [u8; 3], slots: usize, worlds: usize) -> Searched {
    let searched = table(game, windows, slots).search(nothing);
    let [delay, grace, spacing] = windows;
    let visited = searched.worlds();
    eprintln!(
        "{game:?}, d={delay} G={grace} D={spacing}, {slots} messages: {visited} worlds, {} moves",
        searched.moves
    );
    if let Some(Found { broken, trace, .. }) = &searched.found {
        panic!("{broken:?} after\n{}", trace.to_json());
    }
    assert_eq!(visited, worlds, "the number of worlds is part of what is proven");
    searched
}

#[track_caller]
fn finds(table: &mut Table, wanted: impl Fn(&World) -> bool) -> Found {
    let searched = table.search(wanted);
    let found = searched.found.expect("there is such a world");
    eprintln!("after {:?}: {:?} by\n{}", table.game, found.broken, found.trace.to_json());
    found
}

/// I4, and with it I1, I2, I6 and I6b in every world: while delays stay below the grace and the spacing is twice the
/// grace, whatever is lost, late or doubled, and whenever the owner signs out.
#[test]
fn an_honest_jar_is_never_called_reuse_in_the_librarys_windows() {
    holds(Game::Honest, [0, 1, 2], 6, 2_590);
    holds(Game::Honest, [1, 2, 4], 6, 131_412);
    holds(Game::Honest, [3, 4, 8], 4, 252_584);
}

/// The windows of `D = 2G` again, in the largest of these searches.
#[test]
fn an_honest_jar_is_never_called_reuse_with_five_messages() {
    holds(Game::Honest, [2, 3, 6], 5, 331_994);
}

/// The edge of what is proven: a delay of the whole grace, and the least spacing for it.
#[test]
fn an_honest_jar_is_never_called_reuse_at_the_very_edge() {
    holds(Game::Honest, [1, 1, 3], 5, 44_680);
    holds(Game::Honest, [2, 2, 5], 4, 71_678);
}

/// I9: whatever is lost, and however often, an honest browser that is told to wait is answered after the wait; and the
/// limit breaks none of the other invariants.
#[test]
fn no_number_of_lost_answers_strands_an_honest_browser() {
    for (burst, windows, slots, worlds) in [(1, [1, 2, 4], 4, 23_892), (2, [1, 2, 4], 4, 36_189)] {
        let server = Server::new(ticks(windows), Spacing::FromProof);
        let server = server.limited(Limit::Rate(burst));
        let searched = Table { game: Game::Honest, server, slots }.search(nothing);
        if let Some(Found { broken, trace, .. }) = &searched.found {
            panic!("{broken:?} after\n{}", trace.to_json());
        }
        assert_eq!(searched.worlds(), worlds, "burst {burst}");
    }
}

/// A total for each generation is not enough: a few lost answers use it up, and nothing brings it back.
#[test]
fn a_total_of_replays_strands_an_honest_browser() {
    let server = Server::new(ticks([1, 2, 4]), Spacing::FromProof).limited(Limit::Total(2));
    let found = finds(&mut Table { game: Game::Honest, server, slots: 4 }, nothing);
    assert_eq!(found.broken, Some(Broken::Stranded));
}

/// Proofs are noted in the background: late, or not at all if the store did not answer. It makes the server more
/// lenient, and never wrong.
#[test]
fn an_honest_jar_is_never_called_reuse_with_late_or_lost_proofs() {
    holds(Game::LateNotes, [1, 2, 4], 5, 75_271);
    holds(Game::LateNotes, [2, 3, 6], 4, 108_843);
}

/// I5, whatever a thief does from whatever moment on: if one of the two showed the current generation before the other
/// was answered with it, and the other does not ask within the grace, its next request is reuse, and neither gets
/// anything after it. And nothing else is ever called reuse.
#[test]
fn a_client_left_behind_beyond_the_grace_ends_the_session() {
    holds(Game::Theft, [1, 2, 4], 4, 134_465);
    holds(Game::Theft, [2, 3, 6], 3, 123_047);
}

/// I5 as it is told: if owner and thief each refresh once more and use what they got, more than the grace apart, the
/// session is over. No world of this game has both of them answered with the same generation.
#[test]
fn if_both_refresh_openly_and_apart_the_second_ends_the_session() {
    for (windows, worlds) in [([0, 2, 4], 26), ([0, 3, 6], 34)] {
        let game = Game::Turns(Manner::Open, Apart::Beyond);
        let searched = table(game, windows, 0).search(|world| world.shared > 0);
        assert!(searched.found.is_none());
        assert_eq!(searched.worlds(), worlds);
    }
}

/// Both conditions of that are needed, and neither thief is ever found by the rule alone: one who asks within the
/// grace of the owner, each time; and one who is always first, shows nothing, and lets the owner ask again, as after
/// a lost answer. Both leave a replay by another client in every generation.
#[tokio::test]
async fn the_rule_misses_a_silent_thief_and_one_in_lock_step() {
    for (manner, apart) in [(Manner::Open, Apart::Within), (Manner::Silent, Apart::Beyond)] {
        let mut table = table(Game::Turns(manner, apart), [0, 3, 6], 0);
        let found = finds(&mut table, |world| world.shared == 3);
        let (world, session, events) = play(&found.trace).await;
        assert_eq!((session.end_reason(world.now()), session.generation), (None, 3));
        let in_step = events.iter().filter(|event| event.kind == EventKind::LockStep);
        let in_step: Vec<u64> = in_step.map(|event| event.generation).collect();
        assert_eq!(in_step, [3], "what the rule does not see, the streak does");
    }
}

/// Each part of the condition is needed: here is what happens without it.
#[test]
fn without_each_part_of_the_condition_there_is_a_counterexample() {
    for windows in [
        // A spacing of exactly twice the delay, first with `d = G` and `D = 2G`.
        [1, 1, 2],
        [2, 2, 4],
        [2, 4, 4],
        // A spacing of less than that.
        [1, 1, 1],
        [2, 3, 3],
        // A delay of more than the grace, however long the spacing is.
        [2, 1, 6],
        [3, 2, 12],
    ] {
        let found = finds(&mut table(Game::Honest, windows, 4), nothing);
        assert_eq!(found.broken, Some(Broken::HonestReuse), "{windows:?}");
    }
}

/// A spacing counted from the rotation protects no honest browser: lose one answer, let a later replay repair the jar,
/// refresh twice in parallel. The search finds that; the real engine lives through the same trace.
#[tokio::test]
async fn a_spacing_from_the_rotation_fails_where_the_engine_survives() {
    for windows in [[1, 2, 4], [2, 3, 6]] {
        let server = Server::new(ticks(windows), Spacing::FromRotation);
        let found = finds(&mut Table { game: Game::Honest, server, slots: 4 }, nothing);
        assert_eq!(found.broken, Some(Broken::HonestReuse));
        let (world, session, _) = play(&found.trace).await;
        assert_eq!(session.end_reason(world.now()), None);
        let decided = decided(&world);
        assert!(decided.iter().all(|(row, _)| *row < 9), "{decided:?}");
        assert!(decided.len() > 3, "the broken rule failed at the last of these");
    }
}

/// Rows 9 and 10: a theft, and the engine that notices it.
#[tokio::test]
async fn a_theft_is_answered_with_reuse_by_the_engine_too() {
    let mut table = table(Game::Turns(Manner::Open, Apart::Beyond), [0, 2, 4], 0);
    let found = finds(&mut table, |world| world.ended == Ended::Reuse);
    let (world, session, _) = play(&found.trace).await;
    assert_eq!(session.end_reason(world.now()), Some(EndReason::Reuse));
    let decided = decided(&world);
    assert!(matches!(decided.last(), Some((9 | 10, None))), "{decided:?}");
}

/// The model is the engine: the ways to some hundred worlds of each kind, played on the real one, are decided by
/// the same rows in the same order.
#[tokio::test]
async fn the_engine_decides_as_the_search_does() {
    let mut rows = BTreeSet::new();
    let mut ways = 0;
    for (game, windows, slots, every) in [
        (Game::Honest, [1, 2, 4], 5, 83),
        (Game::Honest, [2, 3, 6], 3, 97),
        (Game::Theft, [1, 2, 4], 3, 89),
        (Game::Turns(Manner::Open, Apart::Within), [0, 2, 4], 0, 3),
        (Game::Turns(Manner::Silent, Apart::Beyond), [0, 2, 4], 0, 3),
    ] {
        let mut table = table(game, windows, slots);
        let searched = table.search(nothing);
        for way in table.sample(&searched, every).into_iter().filter(|way| way.playable) {
            let (world, ..) = play(&way.trace).await;
            let decided: Vec<u8> = decided(&world).into_iter().map(|(row, _)| row).collect();
            assert_eq!(decided, way.rows, "\n{}", way.trace.to_json());
            rows.extend(decided);
            ways += 1;
        }
    }
    eprintln!("{ways} ways, rows {rows:?}");
    assert!(ways > 1_000, "{ways}");
    assert_eq!(rows, BTreeSet::from([2, 5, 6, 7, 8, 9, 10]));
}
