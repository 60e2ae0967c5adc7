//! The scenarios: names that stay, texts that are short, and a world in which each request is
//! answered as its scenario says.
//!
//! Invariant: every line of every way through is done in a world, and every answer is compared.

use std::collections::BTreeSet;

use coatroom_lab::{
    action::Action,
    scenario::{ALL, Branch, Scenario, Truth, find, tour},
    world::World,
};

/// The speed at which a learner reads.
const WORDS_A_MINUTE: usize = 220;

/// The time that a learner looks at what a stage did, in seconds.
const LOOKS: usize = 4;

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Every text of a scenario, with its name and the greatest number of characters it may have.
fn texts(scenario: &Scenario) -> Vec<(&'static str, &'static str, usize)> {
    let Scenario { title, question, claim, failure, caveat, quiz, .. } = *scenario;
    let mut texts = vec![
        ("title", title, 70),
        ("question", question, 80),
        ("claim", claim, 420),
        ("failure", failure, 200),
        ("caveat", caveat, 280),
        ("quiz", quiz.asks, 280),
    ];
    for answer in quiz.options {
        texts.extend([("answer", answer.text, 90), ("because", answer.because, 200)]);
    }
    for branch in scenario.branches {
        texts.push(("branch", branch.name, 40));
        for stage in branch.stages {
            texts.extend([("say", stage.say, 280), ("look", stage.look.at, 200)]);
        }
    }
    texts.extend(scenario.sources.iter().map(|source| ("source", source.name, 120)));
    texts
}

/// The time that a learner takes for one branch to its end, in seconds.
fn seconds(scenario: &Scenario, branch: &Branch) -> usize {
    let stages = branch.stages.iter().map(|stage| words(stage.say) + words(stage.look.at));
    let options = scenario.quiz.options.iter().map(|answer| words(answer.text));
    let right = scenario.quiz.options.iter().find(|answer| answer.truth == Truth::Right);
    let read = words(scenario.claim)
        + stages.sum::<usize>()
        + words(scenario.quiz.asks)
        + options.sum::<usize>()
        + right.map_or(0, |answer| words(answer.because));
    read * 60 / WORDS_A_MINUTE + (branch.stages.len() + 1) * LOOKS
}

fn is_slug(slug: &str) -> bool {
    let parts = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    slug.split('-').all(parts)
}

#[test]
fn numbers_and_slugs_stay_what_they_are() {
    let names = ALL.map(|scenario| (scenario.number, scenario.slug));
    let agreed = [
        (1, "sign-in"),
        (2, "silent-refresh"),
        (3, "reload-after-expiry"),
        (4, "five-tabs"),
        (5, "lost-response"),
        (6, "slow-answer"),
        (7, "thieves"),
        (8, "sign-out-against-refresh"),
        (9, "sign-out-everywhere"),
        (10, "from-admin-to-user"),
        (11, "another-site-posts"),
        (13, "signing-key-rotates"),
        (18, "restart-and-outage"),
        (19, "fifty-lost-answers"),
        (20, "late-answer-after-sign-in"),
        (21, "every-request"),
    ];
    assert_eq!(names, agreed, "addresses and what links to them");
    for scenario in ALL {
        assert!(is_slug(scenario.slug), "{}", scenario.slug);
        assert_eq!(find(scenario.slug).map(|found| found.number), Some(scenario.number));
    }
    assert!(find("").is_none() && find("sign-in ").is_none());
}

#[test]
fn branches_are_told_apart_and_found() {
    for scenario in ALL {
        let slugs: BTreeSet<_> = scenario.branches.iter().map(|branch| branch.slug).collect();
        assert_eq!(slugs.len(), scenario.branches.len(), "{}", scenario.slug);
        for branch in scenario.branches {
            assert!(is_slug(branch.slug), "{}", branch.slug);
            let found = scenario.branch(branch.slug).map(|found| found.name);
            assert_eq!(found, Some(branch.name));
            assert!(branch.stages.len() >= 3, "{} of {}", branch.slug, scenario.slug);
        }
        assert!(scenario.branch("none").is_none());
    }
}

#[test]
fn the_tour_has_six_places() {
    let places: Vec<_> = tour().iter().map(|scenario| (scenario.tour, scenario.number)).collect();
    let agreed = [(1, 1), (2, 2), (3, 4), (4, 5), (5, 7), (6, 9)];
    assert_eq!(places, agreed.map(|(place, number)| (Some(place), number)));
}

#[test]
fn a_question_has_one_right_answer_that_can_be_checked_by_doing() {
    for Scenario { slug, quiz, .. } in ALL {
        let right = quiz.options.iter().filter(|answer| answer.truth == Truth::Right);
        assert_eq!(right.count(), 1, "{slug}");
        assert!(quiz.options.len() >= 3, "{slug}");
        let texts: BTreeSet<_> = quiz.options.iter().map(|answer| answer.text).collect();
        assert_eq!(texts.len(), quiz.options.len(), "{slug}");
        assert!(quiz.asks.ends_with('?'), "{slug}");
        assert!(!quiz.acts.is_empty() && !quiz.shows.is_empty(), "{slug}");
    }
    let places: BTreeSet<_> = ALL
        .iter()
        .map(|Scenario { quiz, .. }| {
            quiz.options.iter().position(|answer| answer.truth == Truth::Right)
        })
        .collect();
    assert!(places.len() > 1, "the right answer must not always be in the same place");
}

#[test]
fn texts_are_short_and_say_the_words_of_the_house() {
    let not_ours = ["login", "logout", "log in", "log out", "logged", "blacklist", "auth token"];
    for scenario in ALL {
        for (part, text, most) in texts(scenario) {
            let place = format!("{part} of {}: {text:?}", scenario.slug);
            assert!(!text.is_empty() && text.trim() == text && !text.contains("  "), "{place}");
            let length = text.chars().count();
            assert!(length <= most, "{length} > {most}, {place}");
            let lower = text.to_lowercase();
            assert!(not_ours.iter().all(|word| !lower.contains(word)), "{place}");
        }
        assert!(scenario.question.ends_with('?'), "{}", scenario.slug);
    }
}

#[test]
fn each_way_through_takes_a_minute_to_a_minute_and_a_half() {
    let mut wrong = Vec::new();
    for scenario in ALL {
        for branch in scenario.branches {
            let seconds = seconds(scenario, branch);
            if !(60..=90).contains(&seconds) {
                wrong.push((scenario.slug, branch.slug, seconds));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_tour_takes_ten_minutes() {
    let all: usize = tour().iter().map(|scenario| seconds(scenario, &scenario.branches[0])).sum();
    assert!(all <= 600, "{all} seconds");
}

#[test]
fn sources_name_a_section_or_a_number_and_a_safe_address() {
    for scenario in ALL {
        let addresses: BTreeSet<_> = scenario.sources.iter().map(|source| source.href).collect();
        assert_eq!(addresses.len(), scenario.sources.len(), "{}", scenario.slug);
        assert!(scenario.sources.len() >= 2, "{}", scenario.slug);
        for source in scenario.sources {
            assert!(source.href.starts_with("https://"), "{}", source.href);
            assert!(source.href.bytes().all(|b| b.is_ascii_graphic()), "{}", source.href);
            assert!(source.name.bytes().any(|b| b.is_ascii_digit()), "{}", source.name);
        }
    }
}

/// Does what the lines say. Returns what was answered, if it differs from what is shown.
async fn differences(world: &mut World, acts: &[&str], shows: &[&str]) -> Option<String> {
    let before = world.timeline().len();
    for act in acts {
        let action: Action = act.parse().unwrap_or_else(|error| panic!("{error}"));
        world.act(action).await.unwrap_or_else(|error| panic!("{act}: {error}"));
    }
    let answered = world.outcomes(before);
    (answered != shows).then(|| format!("\n  {}", answered.join("\n  ")))
}

#[tokio::test]
async fn each_request_is_answered_as_its_scenario_says() {
    let mut wrong = Vec::new();
    for scenario in ALL {
        for (index, branch) in scenario.branches.iter().enumerate() {
            let mut world = World::new(scenario.setting_of(branch)).await.expect("a world");
            for (number, stage) in branch.stages.iter().enumerate() {
                let answered = differences(&mut world, stage.acts, stage.shows).await;
                let place = format!("{} {} {}", scenario.slug, branch.slug, number + 1);
                wrong.extend(answered.map(|answered| format!("{place}:{answered}")));
            }
            if index == 0 {
                let quiz = scenario.quiz;
                let answered = differences(&mut world, quiz.acts, quiz.shows).await;
                wrong.extend(answered.map(|answered| format!("{} quiz:{answered}", scenario.slug)));
            }
        }
    }
    assert!(wrong.is_empty(), "answered otherwise:\n{}", wrong.join("\n"));
}
