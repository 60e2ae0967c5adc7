//! A world by itself: what it keeps, and that what happened in it can happen again.

use coatroom::lab::{action::Action, setting::Setting, trace::Trace, world::World};

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
async fn whatever_a_world_is_full_of_its_trace_is_read_and_plays() {
    // What is shortest in a world, what is longest as text, and what takes the most memory.
    let ways: [&[&str]; 4] =
        [&["wait 20d"], &["wait 20d", "steal"], &["set verification stateless"], &["tab1 call"]];
    for lines in ways {
        let world = full_of(lines).await;
        let trace = world.trace();
        let read = Trace::parse(&trace.to_json());
        assert!(read.as_ref() == Ok(&trace), "{lines:?}: {:?}", read.err());
        let again = World::play(&trace).await.unwrap_or_else(|error| panic!("{lines:?}: {error}"));
        assert!(again.timeline() == world.timeline(), "{lines:?}");
    }
}
