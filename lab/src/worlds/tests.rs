use coatroom::clock::TestClock;
use futures::FutureExt as _;

use super::*;
use crate::{
    action::Action,
    lesson::{Lesson, Verdict},
    scenario,
    world::MAX_SIZE,
};

const LIMITS: Limits = Limits { worlds: 2, ..Limits::DEFAULT };

fn lab(limits: Limits) -> (Arc<TestClock>, Worlds) {
    let clock = Arc::new(TestClock::new(Timestamp::from_millis(0)));
    (clock.clone(), Worlds::new(clock, limits))
}

async fn begin(worlds: &Worlds) -> Result<WorldId, Refused> {
    worlds.begin(Setting::DEFAULT, "").await.map(|hosted| hosted.id())
}

#[tokio::test]
async fn a_full_lab_drops_the_longest_idle_world_and_none_in_use() {
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

/// Two visitors come to a full lab at once: the first makes room, and the second is admitted to the same.
#[tokio::test]
async fn two_worlds_that_are_made_at_once_each_find_room() {
    let (clock, worlds) = lab(LIMITS);
    for _ in 0..2 {
        begin(&worlds).await.expect("room");
    }
    clock.advance(Duration::from_secs(61));
    for _ in 0..2 {
        worlds.admit(1, "").expect("a world makes room");
    }
    for _ in 0..2 {
        let world = World::new(Setting::DEFAULT).await.expect("a world");
        worlds.host(world, "").expect("another world makes room");
    }
    assert_eq!(worlds.count(), 2);
}

#[tokio::test]
async fn a_network_with_its_share_makes_room_by_its_own_worlds_alone() {
    let (clock, worlds) = lab(Limits { worlds: 4, of_one: 2, ..Limits::DEFAULT });
    let begin =
        async |network| worlds.begin(Setting::DEFAULT, network).await.map(|hosted| hosted.id());
    let other = begin("192.0.2.0/24").await.expect("room");
    clock.advance(Duration::from_secs(61));
    let first = begin("198.51.100.0/24").await.expect("room");
    clock.advance(Duration::from_secs(1));
    let second = begin("198.51.100.0/24").await.expect("room");
    clock.advance(Duration::from_millis(58_999));
    let third = begin("198.51.100.0/24").await;
    assert!(matches!(third, Err(Refused::Share(2))), "two places are free, but not for it");
    clock.advance(Duration::from_millis(1));
    let third = begin("198.51.100.0/24").await.expect("its first was idle for a minute");
    assert!(matches!(worlds.find(first), Err(Refused::Gone)));
    assert!(worlds.find(second).is_ok() && worlds.find(third).is_ok());
    assert!(worlds.find(other).is_ok(), "idle for longer, but of another network");
}

#[tokio::test]
async fn a_network_that_makes_worlds_fast_slows_no_other() {
    let (clock, worlds) = lab(Limits { worlds: 16, of_one: 4, ..Limits::DEFAULT });
    let charge = |network| worlds.charge(1, network);
    let flood = (0..100).filter(|_| charge("198.51.100.0/24").is_ok()).count();
    assert_eq!(flood, 5, "a quarter of twenty a second");
    charge("192.0.2.0/24").expect("there is enough left for another");
    clock.advance(Duration::from_millis(200));
    charge("198.51.100.0/24").expect("one came in");
    assert!(matches!(charge("198.51.100.0/24"), Err(Refused::TooManyMade)));
}

#[tokio::test]
async fn a_world_without_a_visitor_vanishes_after_half_an_hour() {
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
async fn a_world_takes_twenty_actions_a_second_and_forms_all_or_none() {
    let (clock, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT, "").await.expect("room");
    let steals = |count| hosted.act(vec![Action::Steal; count]);
    let events = async || hosted.enter().await.expect("here").timeline().len();
    steals(18).await.expect("it takes them");
    assert!(matches!(steals(3).await, Err(Refused::TooFast)));
    assert_eq!(events().await, 18, "none of the three");
    steals(2).await.expect("up to the limit");
    clock.advance(Duration::from_millis(50));
    assert!(steals(1).await.is_ok());
    assert!(matches!(steals(1).await, Err(Refused::TooFast)));
}

#[tokio::test]
async fn a_form_whose_client_hangs_up_is_done_to_its_end() {
    let (_, worlds) = lab(LIMITS);
    let scenario = scenario::find("five-tabs").expect("a scenario");
    let lesson = Lesson::new(scenario, "");
    let hosted = worlds.begin(lesson.setting(), "").await.expect("room");
    hosted.teach(lesson).await;
    let lines = ["tab1 call", "wait 61s", "tab1 refresh", "tab1 call", "tab1 use"];
    let actions = lines.map(|line| line.parse().expect("an action"));
    assert!(hosted.act(actions.to_vec()).now_or_never().is_none(), "it takes a while");
    assert_eq!(hosted.enter().await.expect("here").outcomes(0).len(), 4);
    worlds.begin_anew(&hosted).await.expect("it begins");
    assert!(hosted.go_on(0, None, None).now_or_never().is_none(), "it takes a while");
    let world = hosted.enter().await.expect("here");
    let lesson = hosted.lesson().await.expect("a lesson");
    assert_eq!(lesson.shown().len(), 1);
    assert_eq!(lesson.shown()[0].outcomes, world.outcomes(0));
}

#[tokio::test]
async fn a_running_clock_follows_ours_and_a_stopped_one_does_not() {
    let (clock, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT, "").await.expect("room");
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
async fn a_running_world_changes_only_as_a_token_or_a_window_ends() {
    let (clock, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT, "").await.expect("room");
    let call: Action = "tab1 call".parse().expect("an action");
    hosted.act(vec![call]).await.expect("it is answered");
    hosted.set_pace(Pace::Running).await.expect("it runs");
    let mut seen = hosted.version();
    let mut edges = Vec::new();
    for second in 1..=61 {
        clock.advance(Duration::from_secs(1));
        if hosted.changed_since(seen).await {
            seen = hosted.version();
            edges.push((second, hosted.news()));
        }
    }
    // The token was seen at once: G and D are five and ten seconds after that, its end is a minute.
    assert_eq!(edges, [(5, News::Paced), (10, News::Paced), (60, News::Turned)]);
}

#[tokio::test]
async fn a_full_world_that_stops_its_clock_says_so_once() {
    let (clock, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT, "").await.expect("room");
    let mut world = hosted.enter().await.expect("here");
    while world.act(Action::Steal).await.is_ok() {}
    drop(world);
    hosted.set_pace(Pace::Running).await.expect("it runs");
    let seen = hosted.version();
    clock.advance(Duration::from_secs(1));
    assert!(hosted.changed_since(seen).await);
    assert_eq!((hosted.pace(), hosted.news()), (Pace::Stopped, News::Full));
    let seen = hosted.version();
    clock.advance(Duration::from_secs(1));
    assert!(!hosted.changed_since(seen).await);
}

#[tokio::test]
async fn a_world_that_begins_anew_counts_as_a_new_one() {
    let (clock, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT, "").await.expect("room");
    let other = worlds.begin(Setting::DEFAULT, "").await.expect("room");
    for _ in 0..9 {
        worlds.begin_anew(&hosted).await.expect("it begins");
        worlds.begin_anew(&other).await.expect("it begins");
    }
    assert!(matches!(worlds.begin_anew(&hosted).await, Err(Refused::TooManyMade)));
    clock.advance(Duration::from_millis(50));
    worlds.begin_anew(&hosted).await.expect("there is room for one");
    assert!(matches!(worlds.begin_anew(&other).await, Err(Refused::TooManyMade)));
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
    let hosted = worlds.begin(lesson.setting(), "").await.expect("room");
    hosted.teach(lesson).await;
    hosted.go_on(0, None, None).await.expect("a step");
    let set: Action = "set grace 1s".parse().expect("an action");
    hosted.act(vec![set]).await.expect("it makes sense");
    let before = hosted.version();
    worlds.begin_anew(&hosted).await.expect("it begins");
    let world = hosted.enter().await.expect("here");
    assert!(world.timeline().is_empty() && world.messages().is_empty());
    assert_eq!(world.setting(), scenario.setting);
    assert!(hosted.lesson().await.is_some_and(|lesson| lesson.shown().is_empty()));
    assert!(hosted.version() > before, "whoever else looks at it hears of it");
}

#[tokio::test]
async fn a_button_pressed_twice_is_one_step_forward_or_back() {
    let (_, worlds) = lab(LIMITS);
    let scenario = scenario::find("lost-response").expect("a scenario");
    let lesson = Lesson::new(scenario, "");
    let hosted = worlds.begin(lesson.setting(), "").await.expect("room");
    hosted.teach(lesson).await;
    let at = async || {
        let lesson = hosted.lesson().await.expect("a lesson");
        (lesson.step(), lesson.shown().len())
    };
    for (step, shown) in [(0, 0), (1, 1), (2, 1)] {
        for _ in 0..2 {
            hosted.go_on(step, None, None).await.expect("a deed, or a turn");
            assert_eq!(at().await, (step + 1, shown));
        }
    }
    let first = hosted.enter().await.expect("here").timeline().to_vec();
    // Actions of the learner in between are taken back, too.
    hosted.act(vec!["steal".parse().expect("an action")]).await.expect("a theft");
    hosted.go_on(3, None, None).await.expect("a deed");
    for _ in 0..2 {
        worlds.go_back(&hosted, 4).await.expect("a step back");
        assert_eq!(at().await, (3, 1));
        assert_eq!(hosted.enter().await.expect("here").timeline(), first);
    }
    hosted.go_on(3, None, None).await.expect("a deed");
    let lesson = hosted.lesson().await.expect("a lesson");
    assert_eq!(lesson.shown().last().map(|shown| shown.verdict), Some(Verdict::AsTold));
    // A step that is no longer the lesson's does nothing.
    worlds.go_back(&hosted, 0).await.expect("nothing to do");
    assert_eq!(at().await, (4, 2));
}

#[tokio::test]
async fn a_world_is_drawn_16_times_at_once_then_every_two_seconds() {
    let (clock, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT, "").await.expect("room");
    for _ in 0..16 {
        hosted.admit_drawing().expect("a drawing");
    }
    clock.advance(Duration::from_millis(1_999));
    assert!(matches!(hosted.admit_drawing(), Err(Refused::TooFast)));
    clock.advance(Duration::from_millis(1));
    assert!(hosted.admit_drawing().is_ok());
    assert!(hosted.admit_drawing().is_err());
    hosted.act(vec![Action::Steal]).await.expect("acting is another matter");
}

#[tokio::test]
async fn a_part_unfolds_for_all_and_a_lesson_unfolds_the_policies() {
    let (_, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT, "").await.expect("room");
    assert!(Fold::ALL.iter().all(|fold| !hosted.is_unfolded(*fold)));
    for _ in 0..2 {
        hosted.unfold(Fold::XRay);
        assert!(hosted.is_unfolded(Fold::XRay), "whoever else asked for it, too");
    }
    hosted.fold(Fold::XRay);
    assert!(!hosted.is_unfolded(Fold::XRay));
    hosted.teach(Lesson::new(scenario::ALL[0], "")).await;
    assert!(hosted.is_unfolded(Fold::Policies));
}

#[tokio::test]
async fn a_comparison_is_of_the_world_as_it_is() {
    let (_, worlds) = lab(LIMITS);
    let hosted = worlds.begin(Setting::DEFAULT, "").await.expect("room");
    let owner = async || {
        let world = hosted.enter().await.expect("it is there");
        let compared = hosted.compared(&world).await.expect("it is lived through again");
        let again = hosted.compared(&world).await.expect("the last one");
        assert_eq!(compared.len(), again.len());
        compared[0].owner_words()
    };
    let act = async |line: &str| {
        hosted.act(vec![line.parse().expect("an action")]).await.expect("it is done");
    };
    act("tab1 call").await;
    assert_eq!(owner().await, "signed in");
    act("tab1 sign-out").await;
    assert_eq!(owner().await, "signed out on request");
    worlds.begin_anew(&hosted).await.expect("it begins anew");
    act("tab1 call").await;
    act("tab1 reload").await;
    assert_eq!(owner().await, "signed in", "as long as the one before, and at the same time");
}

#[tokio::test]
async fn a_refused_action_leaves_the_world_as_it_was() {
    let mut world = World::new(Setting::DEFAULT).await.expect("a world");
    let action = |line: &str| line.parse::<Action>().expect("an action");
    world.act(action("database down")).await.expect("it goes down");
    let before = (world.timeline().len(), world.trace());
    let refused = world.act(action("tab1 call at node-b")).await;
    assert!(matches!(refused, Err(ActError::Start(_))), "a node that cannot ask does not begin");
    assert_eq!((world.timeline().len(), world.trace()), before);
    assert!(world.messages().is_empty());
}
