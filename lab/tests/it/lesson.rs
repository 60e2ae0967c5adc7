//! A lesson whose learner does other things in between: it goes on with its own messages, and says what came of it.

use coatroom_lab::{
    action::Action,
    lesson::{
        Lesson,
        Verdict::{self, AsTold, Otherwise},
    },
    scenario,
    world::{ActError, MAX_SIZE, World},
};

/// Goes through a lesson to its end, with the quiz; before each of those stages the learner does something else.
/// Returns the verdicts on what it showed, the quiz last.
async fn verdicts(slug: &str, in_between: &[(usize, &str)]) -> Vec<Verdict> {
    let mut lesson = Lesson::new(scenario::find(slug).expect("a scenario"), "");
    let mut world = World::new(lesson.setting()).await.expect("a world");
    let stages = lesson.branch().stages.len();
    for number in 1..=stages + 1 {
        for (_, lines) in in_between.iter().filter(|(before, _)| *before == number) {
            act(&mut world, lines).await;
        }
        let done = lesson.shown().len();
        if number <= stages {
            lesson.next(&mut world).await.expect("it goes on");
            assert_eq!(lesson.shown().len(), done + 1, "a stage is run once");
        } else {
            lesson.check(&mut world).await.expect("it can be checked");
        }
    }
    assert!(!lesson.is_under_way());
    lesson.shown().iter().chain(lesson.checked()).map(|shown| shown.verdict).collect()
}

async fn act(world: &mut World, lines: &str) {
    for line in lines.split("; ") {
        let action: Action = line.parse().expect("an action");
        world.act(action).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[tokio::test]
async fn a_visitor_losing_a_message_of_a_lesson_sees_the_rest() {
    let verdicts = verdicts("lost-response", &[(3, "lose 2")]).await;
    // The lesson would have lost it, too.
    assert_eq!(verdicts, [AsTold, AsTold, Otherwise, AsTold, AsTold, AsTold]);
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
    // Left on the road, it moves every number by one, those of copies and of the quiz, too.
    let first = (1, "tab4 sends call");
    let calls = (2, "tab1 call; tab2 sends call; tab1 call");
    for slug in ["lost-response", "five-tabs", "slow-answer", "sign-out-against-refresh"] {
        let stages = verdicts(slug, &[first, calls]).await;
        assert!(stages.iter().all(|verdict| *verdict == AsTold), "{slug}: {stages:?}");
    }
    // A proof in between makes another story, and is told as one.
    let stages = verdicts("lost-response", &[(5, "tab2 call")]).await;
    assert_eq!(stages, [AsTold, AsTold, AsTold, AsTold, Otherwise, AsTold]);
}

#[tokio::test]
async fn a_quiz_that_cannot_be_done_as_told_is_done_all_the_same() {
    let verdicts = verdicts("five-tabs", &[(6, "deliver 7; lose 7")]).await;
    assert_eq!(verdicts, [AsTold, AsTold, AsTold, AsTold, AsTold, Otherwise]);
}

#[tokio::test]
async fn an_outage_that_the_learner_made_keeps_no_lesson_from_its_end() {
    let verdicts = verdicts("restart-and-outage", &[(1, "database down")]).await;
    assert_eq!(verdicts[0], Otherwise, "no node starts");
    assert_eq!(verdicts.len(), 6);
}

#[tokio::test]
async fn a_world_without_room_for_a_stage_begins_none_of_it() {
    let mut lesson = Lesson::new(scenario::find("five-tabs").expect("a scenario"), "");
    let mut world = World::new(lesson.setting()).await.expect("a world");
    lesson.next(&mut world).await.expect("there is room");
    let call: Action = "tab4 call".parse().expect("an action");
    while world.size() + 12 * 1024 < MAX_SIZE {
        world.act(call).await.expect("there is room");
    }
    let before = world.trace();
    assert!(matches!(lesson.next(&mut world).await, Err(ActError::Full)));
    assert_eq!(world.trace(), before, "nothing of it happened");
    assert_eq!(lesson.shown().len(), 1);
}
