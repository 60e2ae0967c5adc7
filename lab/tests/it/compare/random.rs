//! The comparison says of Coatroom's rule what came of the world, whatever is done in it.

use std::collections::BTreeSet;

use coatroom_lab::{
    action::{Action, Party},
    lesson::Lesson,
    scenario::ALL,
    setting::{Setting, Start},
    world::World,
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use super::agrees;
use crate::cases::cases;

/// Something that may happen; messages are chosen among those that are under way.
#[derive(Clone, Copy, Debug)]
enum Step {
    Do(&'static [&'static str]),
    Deliver(usize),
    Lose(usize),
    Double(usize),
}

/// Actions that happen often: refreshes apart, at once and too late.
const OFTEN: &[&[&str]] = &[
    &["tab1 refresh"],
    &["tab2 reload"],
    &["thief refresh"],
    &["thief reload"],
    &["tab3 use"],
    &["thief use"],
    &["tab1 call"],
    &["thief call"],
    &["tab1 sends refresh"],
    &["tab1 sends refresh", "tab2 sends refresh"],
    &["thief sends refresh"],
    &["tab4 sends reload"],
    &["tab2 sends call at node-b"],
    &["wait 10s"],
    &["wait 61s"],
    &["wait 31s", "tab1 use", "wait 31s"],
];

/// Actions that happen now and then.
const SELDOM: &[&[&str]] = &[
    &["steal"],
    &["wait 1ms"],
    &["wait 5s"],
    &["wait 5001ms"],
    &["wait 9999ms"],
    &["wait 1h"],
    &["wait 13d"],
    &["wait 14d"],
    &["tab2 sign-out"],
    &["tab2 sends sign-out"],
    &["tab3 sign-out-everywhere"],
    &["tab1 sign-in"],
    &["tab1 sends sign-in"],
    &["thief sign-in"],
    &["thief sign-out"],
    &["evil post"],
    &["neighbour post"],
    &["old-browser post"],
    &["tab1 refresh at node-b"],
    &["thief refresh at node-b"],
    &["thief call at service-b"],
    &["database down"],
    &["database up"],
    &["database down", "tab1 reload", "database up"],
    &["restart"],
    &["rotate-key", "wait 6m"],
    &["rotate-key"],
    &["retire-key"],
    &["role admin"],
    &["role user"],
    &["set access 120s"],
    &["set access 60s"],
    &["set grace 2s"],
    &["set grace 5s"],
    &["set grace 0ms"],
    &["set verification stateless"],
    &["set verification strict"],
    &["set verification denylist"],
    &["set lock-step end"],
    // A thief who has fallen behind, one who is ahead, and one in step.
    &["tab1 call", "steal", "wait 61s", "tab1 use", "wait 11s", "tab1 use"],
    &["tab1 call", "steal", "wait 61s", "thief use", "wait 6s"],
    &["tab1 call", "steal", "wait 61s", "tab1 use", "thief use", "wait 61s", "tab1 use"],
    &["wait 61s", "tab1 refresh", "thief refresh", "tab1 call"],
    &["wait 61s", "thief refresh", "tab1 refresh", "tab1 call"],
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        10 => prop::sample::select(OFTEN).prop_map(Step::Do),
        5 => prop::sample::select(SELDOM).prop_map(Step::Do),
        6 => any::<usize>().prop_map(Step::Deliver),
        1 => any::<usize>().prop_map(Step::Lose),
        1 => any::<usize>().prop_map(Step::Double),
    ];
    prop::collection::vec(step, 1..60)
}

/// Does it as far as it can be done; an action that is refused is none.
async fn done(start: Start, steps: &[Step]) -> World {
    let setting = Setting { start, ..Setting::DEFAULT };
    let mut world = World::new(setting).await.expect("a world");
    for step in steps {
        let under_way: Vec<u32> = world
            .messages()
            .iter()
            .filter(|message| message.phase.is_under_way())
            .map(|message| message.number)
            .collect();
        let chosen = |number: usize| under_way.get(number.checked_rem(under_way.len())?).copied();
        let action = match *step {
            Step::Do(lines) => {
                for line in lines {
                    let _refused = world.act(line.parse().expect("an action")).await;
                }
                continue;
            }
            Step::Deliver(number) => chosen(number).map(Action::Deliver),
            Step::Lose(number) => chosen(number).map(Action::Lose),
            Step::Double(number) => chosen(number).map(Action::Double),
        };
        if let Some(action) = action {
            let _refused = world.act(action).await;
        }
    }
    world
}

#[tokio::test]
async fn the_verdict_on_coatroom_agrees_with_any_random_world() {
    let config = cases(400);
    let count = config.cases;
    let mut runner = TestRunner::new(config);
    let mut seen = BTreeSet::new();
    for number in 0..count {
        let steps = steps().new_tree(&mut runner).expect("a trace").current();
        let start = if number % 5 == 4 { Start::SignedOut } else { Start::SignedIn };
        let of = if number % 2 == 0 { Party::Tab1 } else { Party::Thief };
        let world = done(start, &steps).await;
        seen.extend(agrees(world, of).await);
    }
    // Otherwise the traces would show less than they could.
    for kind in ["Request", "Rule", "reported"] {
        assert!(seen.contains(kind), "{kind} of {seen:?}");
    }
    for who in ["owner", "thief"] {
        for standing in ["SignedIn", "Spent", "SignedOut(Request)", "SignedOut(Rule)"] {
            assert!(seen.contains(&format!("{who} {standing}")), "{who} {standing} of {seen:?}");
        }
    }
}

#[tokio::test]
async fn the_verdict_on_coatroom_agrees_with_every_scenario() {
    for scenario in ALL {
        for branch in scenario.branches {
            for of in [Party::Tab1, Party::Thief] {
                let (world, _) = Lesson::run(scenario, branch.slug).await.expect("it can be run");
                agrees(world, of).await;
            }
        }
    }
}
