//! A lesson whose learner does other things in between: it goes on with its own messages, and says what came of it.

use coatroom_lab::{
    action::Action,
    lesson::{
        Lesson, Place,
        Verdict::{self, AsTold, Otherwise},
    },
    scenario,
    world::{ActError, MAX_SIZE, World},
};

/// Goes through a lesson to its end; before each of those stages the learner does something else. Returns the verdicts
/// on what it showed.
async fn verdicts(slug: &str, in_between: &[(usize, &str)]) -> Vec<Verdict> {
    let mut lesson = Lesson::new(scenario::find(slug).expect("a scenario"), "");
    let mut world = World::new(lesson.setting()).await.expect("a world");
    for number in 1..=lesson.branch().stages.len() {
        assert!(matches!(lesson.place(), Place::Before(_)), "{number}");
        for (_, lines) in in_between.iter().filter(|(before, _)| *before == number) {
            act(&mut world, lines).await;
        }
        while matches!(lesson.place(), Place::Before(_)) {
            assert_eq!(lesson.shown().len(), number - 1, "told after the last deed");
            lesson.go_on(&mut world, None).await.expect("a deed");
        }
        assert_eq!(lesson.shown().len(), number, "a stage is done once");
        assert!(matches!(lesson.place(), Place::After(_)), "{number}");
        let timeline = world.timeline().len();
        lesson.go_on(&mut world, None).await.expect("a turn");
        assert_eq!(world.timeline().len(), timeline, "turning does nothing in the world");
    }
    assert!(!lesson.is_under_way());
    lesson.shown().iter().map(|shown| shown.verdict).collect()
}

async fn act(world: &mut World, lines: &str) {
    for line in lines.split("; ") {
        let action: Action = line.parse().expect("an action");
        world.act(action).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[tokio::test]
async fn a_visitor_losing_a_message_of_a_lesson_sees_the_rest() {
    let verdicts = verdicts("lost-response", &[(2, "lose 2")]).await;
    // The lesson would have lost it, too.
    assert_eq!(verdicts, [AsTold, Otherwise, AsTold, AsTold, AsTold, AsTold]);
}

#[tokio::test]
async fn a_visitor_delivering_messages_of_a_lesson_sees_the_rest() {
    let verdicts =
        verdicts("five-tabs", &[(3, "deliver 4"), (4, "deliver 2; deliver 2; deliver 6")]).await;
    assert_eq!(verdicts[..2], [AsTold; 2]);
    assert_eq!(verdicts[2..5], [Otherwise; 3]);
    assert_eq!(verdicts.len(), 6);
}

#[tokio::test]
async fn the_messages_of_a_lesson_are_its_own_whatever_else_was_sent() {
    // Left on the road, it moves every number by one, those of copies, too.
    let first = (1, "tab4 sends call");
    let calls = (2, "tab1 call; tab2 sends call; tab1 call");
    for slug in ["lost-response", "five-tabs", "slow-answer", "sign-out-against-refresh"] {
        let stages = verdicts(slug, &[first, calls]).await;
        assert!(stages.iter().all(|verdict| *verdict == AsTold), "{slug}: {stages:?}");
    }
    // A proof in between makes another story, and is told as one.
    let stages = verdicts("lost-response", &[(4, "tab2 call")]).await;
    assert_eq!(stages, [AsTold, AsTold, AsTold, Otherwise, AsTold, AsTold]);
}

#[tokio::test]
async fn a_call_between_two_deeds_makes_another_story() {
    let mut lesson = Lesson::new(scenario::find("thieves").expect("a scenario"), "lock-step");
    let mut world = World::new(lesson.setting()).await.expect("a world");
    while lesson.number() < 2 {
        lesson.go_on(&mut world, None).await.expect("it goes on");
    }
    lesson.go_on(&mut world, None).await.expect("the owner's refresh");
    assert!(matches!(lesson.deeds(), ([_], [_, _])));
    // The owner's proof in front of the thief's refresh: the replay is another one.
    act(&mut world, "tab1 call").await;
    for _ in 0..2 {
        lesson.go_on(&mut world, None).await.expect("a deed");
    }
    assert_eq!(lesson.shown().last().map(|shown| shown.verdict), Some(Otherwise));
}

#[tokio::test]
async fn a_stage_that_cannot_be_done_as_told_is_done_all_the_same() {
    let verdicts = verdicts("five-tabs", &[(6, "deliver 7; lose 7")]).await;
    assert_eq!(verdicts, [AsTold, AsTold, AsTold, AsTold, AsTold, Otherwise]);
}

#[tokio::test]
async fn an_outage_that_the_learner_made_keeps_no_lesson_from_its_end() {
    let verdicts = verdicts("restart-and-outage", &[(1, "database down")]).await;
    assert_eq!(verdicts[0], Otherwise, "no node starts");
    assert_eq!(verdicts.len(), 5);
}

#[tokio::test]
async fn a_world_without_room_for_a_stage_begins_none_of_it() {
    let mut lesson = Lesson::new(scenario::find("five-tabs").expect("a scenario"), "");
    let mut world = World::new(lesson.setting()).await.expect("a world");
    lesson.go_on(&mut world, None).await.expect("there is room");
    lesson.go_on(&mut world, None).await.expect("a turn");
    let call: Action = "tab4 call".parse().expect("an action");
    while world.size() + 12 * 1024 < MAX_SIZE {
        world.act(call).await.expect("there is room");
    }
    let before = world.trace();
    assert!(matches!(lesson.go_on(&mut world, Some(0)).await, Err(ActError::Full)));
    assert_eq!(world.trace(), before, "nothing of it happened");
    assert_eq!((lesson.shown().len(), lesson.step()), (1, 2));
}

#[tokio::test]
async fn a_guess_is_kept_and_counted_once_its_deed_is_done() {
    let mut lesson = Lesson::new(scenario::find("three-questions").expect("a scenario"), "");
    let mut world = World::new(lesson.setting()).await.expect("a world");
    // Right, wrong, and none of that number.
    for (guess, predicted) in [(1, (1, 1)), (1, (2, 1)), (9, (2, 1))] {
        let (before, mut made) = (lesson.predicted(), 0);
        while matches!(lesson.place(), Place::Before(_)) {
            assert_eq!(lesson.predicted(), before, "counted after the last deed");
            // The guess is that of the first deed.
            let guess = if made == 0 { guess } else { 0 };
            lesson.go_on(&mut world, Some(guess)).await.expect("a deed");
            made += 1;
        }
        assert!(made > 1, "{made}");
        assert_eq!(lesson.predicted(), predicted);
        lesson.go_on(&mut world, None).await.expect("a turn");
    }
    assert_eq!((lesson.guess(1), lesson.guess(2), lesson.guess(3)), (Some(1), Some(1), None));
    assert!(lesson.guess(0).is_none() && lesson.guess(4).is_none());
}

#[tokio::test]
async fn going_back_undoes_deeds_and_keeps_guesses() {
    let mut lesson = Lesson::new(scenario::find("three-questions").expect("a scenario"), "");
    let mut world = World::new(lesson.setting()).await.expect("a world");
    assert!(lesson.go_back().await.expect("the beginning").is_none());
    let deeds = lesson.branch().stages[0].deeds.len();
    let mut traces = vec![world.trace()];
    for guess in [Some(2)].into_iter().chain(vec![None; deeds - 1]) {
        lesson.go_on(&mut world, guess).await.expect("a deed");
        traces.push(world.trace());
    }
    lesson.go_on(&mut world, None).await.expect("a turn");
    assert!(lesson.go_back().await.expect("a turn back").is_none(), "the world stays");
    assert_eq!((lesson.step(), lesson.shown().len()), (deeds, 1));
    for done in (0..deeds).rev() {
        let before = lesson.go_back().await.expect("a deed undone").expect("a world before it");
        assert_eq!(before.trace(), traces[done]);
        assert_eq!((lesson.step(), lesson.guess(1)), (done, Some(2)));
        assert!(lesson.shown().is_empty() && lesson.predicted() == (0, 0));
    }
}
