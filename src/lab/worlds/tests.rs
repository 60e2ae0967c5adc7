use super::*;
use crate::{
    clock::TestClock,
    lab::{action::Action, lesson::Lesson, scenario, world::MAX_SIZE},
};

const LIMITS: Limits = Limits { worlds: 2, ..Limits::DEFAULT };

fn lab(limits: Limits) -> (Arc<TestClock>, Worlds) {
    let clock = Arc::new(TestClock::new(Timestamp::from_millis(0)));
    (clock.clone(), Worlds::new(clock, limits))
}

async fn begin(worlds: &Worlds) -> Result<WorldId, Refused> {
    worlds.begin(Setting::DEFAULT).await.map(|hosted| hosted.id())
}

#[tokio::test]
async fn a_full_lab_makes_room_by_the_world_that_was_idle_longest_and_never_by_one_in_use() {
    let (clock, worlds) = lab(LIMITS);
    let first = begin(&worlds).await.expect("room");
    clock.advance(Duration::from_secs(1));
    let second = begin(&worlds).await.expect("room");
    clock.advance(Duration::from_millis(58_999));
    assert!(matches!(begin(&worlds).await, Err(Refused::Full)));
    clock.advance(Duration::from_millis(1));
    let third = begin(&worlds).await.expect("the first was idle for a minute");
    assert!(matches!(worlds.find(first), Err(Refused::Gone)));
    assert!(worlds.find(second).is_ok() && worlds.find(third).is_ok());
    assert_eq!(worlds.count(), 2);
}

#[tokio::test]
async fn a_world_that_nobody_looks_at_vanishes_after_half_an_hour() {
    let (clock, worlds) = lab(LIMITS);
    let id = begin(&worlds).await.expect("room");
    for _ in 0..2 {
        clock.advance(Duration::from_millis(30 * 60_000 - 1));
        assert!(worlds.find(id).is_ok(), "looked at in time");
    }
    clock.advance(Duration::from_secs(30 * 60));
    assert!(matches!(worlds.find(id), Err(Refused::Gone)));
    assert_eq!(worlds.count(), 0);
}

#[tokio::test]
async fn a_world_takes_twenty_actions_a_second() {
    let (clock, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT).await.expect("room");
    let steals = [Action::Steal; 21];
    assert!(matches!(hosted.act(&steals).await, Err(Refused::TooFast)));
    assert_eq!(hosted.enter().await.expect("here").timeline().len(), 20, "up to the limit");
    clock.advance(Duration::from_millis(50));
    assert!(hosted.act(&steals[..1]).await.is_ok());
    assert!(matches!(hosted.act(&steals[..1]).await, Err(Refused::TooFast)));
}

#[tokio::test]
async fn a_running_clock_follows_ours_and_a_stopped_one_does_not() {
    let (clock, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT).await.expect("room");
    let now = async || hosted.enter().await.expect("here").now();
    let start = now().await;
    clock.advance(Duration::from_secs(5));
    assert_eq!(now().await, start);
    hosted.set_pace(Pace::Running).await.expect("it runs");
    clock.advance(Duration::from_secs(7));
    assert_eq!(now().await.since(start), Duration::from_secs(7));
    hosted.set_pace(Pace::Stopped).await.expect("it stops");
    clock.advance(Duration::from_secs(9));
    assert_eq!(now().await.since(start), Duration::from_secs(7));
}

#[tokio::test]
async fn a_world_keeps_no_more_than_its_share_and_says_so() {
    let mut world = World::new(Setting::DEFAULT).await.expect("a world");
    let call: Action = "tab1 call".parse().expect("an action");
    let full = loop {
        if let Err(error) = world.act(call).await {
            break error;
        }
    };
    assert!(matches!(full, ActError::Full), "{full}");
    assert!((250 * 1024..=MAX_SIZE).contains(&world.size()), "{}", world.size());
    assert!(world.messages().len() > 250, "{}", world.messages().len());
    let mut world = World::new(Setting::DEFAULT).await.expect("a world");
    while world.act(Action::Steal).await.is_ok() {}
    assert!((1_990..=2_000).contains(&world.timeline().len()), "{}", world.timeline().len());
}

#[tokio::test]
async fn a_world_that_begins_anew_is_as_it_was_and_its_lesson_too() {
    let (_, worlds) = lab(LIMITS);
    let scenario = scenario::find("lost-response").expect("a scenario");
    let lesson = Lesson::new(scenario, "");
    let hosted = worlds.begin(lesson.setting()).await.expect("room");
    hosted.teach(lesson).await;
    hosted.next_stage().await.expect("a stage");
    let set: Action = "set grace 1s".parse().expect("an action");
    hosted.act(&[set]).await.expect("it makes sense");
    let before = hosted.version();
    hosted.begin_anew().await.expect("it begins");
    let world = hosted.enter().await.expect("here");
    assert!(world.timeline().is_empty() && world.messages().is_empty());
    assert_eq!(world.setting(), scenario.setting);
    assert!(hosted.lesson().await.is_some_and(|lesson| lesson.shown().is_empty()));
    assert!(hosted.version() > before, "whoever else looks at it hears of it");
}

#[tokio::test]
async fn a_world_is_drawn_eight_times_at_once_and_then_once_a_second() {
    let (clock, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT).await.expect("room");
    for _ in 0..8 {
        hosted.admit_drawing().expect("a drawing");
    }
    clock.advance(Duration::from_millis(999));
    assert!(matches!(hosted.admit_drawing(), Err(Refused::TooFast)));
    clock.advance(Duration::from_millis(1));
    assert!(hosted.admit_drawing().is_ok());
    assert!(hosted.admit_drawing().is_err());
    hosted.act(&[Action::Steal]).await.expect("acting is another matter");
}

#[tokio::test]
async fn a_part_of_the_page_is_turned_for_all_and_a_lesson_looks_at_the_policies() {
    let (_, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT).await.expect("room");
    assert!(Fold::ALL.iter().all(|fold| !hosted.is_unfolded(*fold)));
    hosted.turn(Fold::XRay);
    assert!(hosted.is_unfolded(Fold::XRay));
    hosted.turn(Fold::XRay);
    assert!(!hosted.is_unfolded(Fold::XRay));
    hosted.teach(Lesson::new(scenario::ALL[0], "")).await;
    assert!(hosted.is_unfolded(Fold::Policies));
}

#[tokio::test]
async fn what_is_refused_did_not_happen() {
    let mut world = World::new(Setting::DEFAULT).await.expect("a world");
    let action = |line: &str| line.parse::<Action>().expect("an action");
    world.act(action("database down")).await.expect("it goes down");
    let before = (world.timeline().len(), world.trace());
    let refused = world.act(action("tab1 call at node-b")).await;
    assert!(matches!(refused, Err(ActError::Start(_))), "a node that cannot ask does not begin");
    assert_eq!((world.timeline().len(), world.trace()), before);
    assert!(world.messages().is_empty());
}
