//! A world's database that does not answer: what nodes still believe, in the world's own time.

use std::time::Duration;

use coatroom_lab::{setting::Setting, world::World};

/// Does some things. Returns what came of the requests.
async fn outcomes(world: &mut World, script: &str) -> Vec<String> {
    let before = world.timeline().len();
    for line in script.split("; ") {
        let done = world.act(line.parse().expect("an action")).await;
        done.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    world.outcomes(before)
}

async fn world() -> World {
    World::new(Setting::DEFAULT).await.expect("a world")
}

#[tokio::test]
async fn a_node_stays_as_current_however_long_the_visitor_reads() {
    let mut world = world().await;
    outcomes(&mut world, "tab1 call; tab1 call at node-b; database down").await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_hours(1)).await;
    let said = outcomes(&mut world, "tab1 call; tab1 call at node-b").await;
    assert_eq!(said, ["tab1 call: 200", "tab1 call at node-b: 200"]);
    let said = outcomes(&mut world, "wait 30s; tab1 call; wait 30s; tab1 call").await;
    assert_eq!(said[0], "tab1 call: 200", "within the bound");
    assert_ne!(said[1], "tab1 call: 200");
}

#[tokio::test]
async fn a_node_that_hears_nothing_beyond_the_bound_believes_nothing() {
    let mut world = world().await;
    let script = "tab1 call; tab1 call at node-b; wait 20s; database down; wait 30s; tab1 call; \
                  tab1 call at node-b; wait 1ms; tab1 call; tab1 call at node-b";
    let said = outcomes(&mut world, script).await;
    assert_eq!(
        said[2..],
        [
            "tab1 call: 200",
            "tab1 call at node-b: 200",
            "tab1 call: 503",
            "tab1 call at node-b: 503"
        ]
    );
    let said = outcomes(&mut world, "database up; tab1 call; database down; tab1 call").await;
    assert_eq!(said, ["tab1 call: 200", "tab1 call: 200"], "heard of once is heard of");
}

#[tokio::test]
async fn a_node_whose_store_answers_is_current_at_every_instant() {
    let mut world = world().await;
    outcomes(&mut world, "tab1 call; wait 1d; tab1 refresh; tab1 call; wait 59s; tab1 call").await;
    let answer = world.messages().last().and_then(|message| message.answer.as_ref());
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.statements.len()), (200, 0));
}

#[tokio::test]
async fn an_outage_that_is_played_again_comes_out_alike() {
    let mut world = world().await;
    let script =
        "tab1 call; wait 20s; wait 20s; database down; wait 10s; tab1 call; wait 12s; tab1 call";
    let mut said = outcomes(&mut world, script).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_hours(1)).await;
    let script = "tab1 refresh; tab1 reload; wait 9s; tab1 call; database up; tab1 use";
    said.extend(outcomes(&mut world, script).await);
    let again = World::play(&world.trace()).await.expect("it plays");
    assert_eq!(again.outcomes(0), said);
}

/// A spent ticket whose successor was never proven is answered as long as its session lives: what bounds it is a rate,
/// and a client that was told to wait is answered later.
#[tokio::test]
async fn sixty_lost_answers_strand_no_client() {
    let mut world = world().await;
    outcomes(&mut world, "tab1 call; wait 1m").await;
    let mut statuses = Vec::new();
    for _ in 0..60 {
        outcomes(&mut world, "tab1 sends refresh").await;
        let number = world.messages().last().expect("it was sent").number;
        outcomes(&mut world, &format!("deliver {number}; lose {number}")).await;
        let message = world.messages().iter().find(|message| message.number == number);
        let answer = message.and_then(|message| message.answer.as_ref()).expect("it was served");
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..51], [200; 51], "the rotation, and fifty replays");
    assert!(statuses[51..].iter().all(|status| *status == 429), "{statuses:?}");
    let said = outcomes(&mut world, "wait 1s; tab1 refresh; tab1 call").await;
    assert!(said[0].contains("200 ") && said[0].contains("row 7"), "{said:?}");
    assert_eq!(said[1], "tab1 call: 200 · writes acknowledge");
}
