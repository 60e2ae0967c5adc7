//! The scenarios: names that stay, texts that are short, and a world in which each request is
//! answered as its scenario says.
//!
//! Invariant: every line of every way through is done in a world, and every answer is compared.

use std::collections::BTreeSet;

use coatroom_lab::{
    action::Action,
    compare::{Standing, compare},
    lesson::Lesson,
    policy::Policy,
    scenario::{ALL, Deed, Panel, Prediction, Scenario, Stage, Truth, find, tour},
    world::World,
};

/// The most words on the way through a branch, the longest reason of each prediction among them: ninety seconds.
const WORDS: usize = 250;
/// The most words of a step before its deed.
const STEP: usize = 60;

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Every text of a scenario, with its name and the greatest number of characters it may have.
fn texts(scenario: &Scenario) -> Vec<(&'static str, &'static str, usize)> {
    let Scenario { title, question, claim, failure, caveat, .. } = *scenario;
    let mut texts = vec![
        ("title", title, 70),
        ("question", question, 80),
        ("claim", claim, 420),
        ("failure", failure, 200),
        ("caveat", caveat, 280),
    ];
    for branch in scenario.branches {
        texts.push(("branch", branch.name, 40));
        for stage in branch.stages {
            texts.extend([("say", stage.say, 280), ("look", stage.look.at, 120)]);
            texts.extend(stage.deeds.iter().map(|deed| ("deed", deed.says, 40)));
            if let Some(prediction) = &stage.predict {
                texts.push(("asks", prediction.asks, 120));
                for guess in prediction.guesses {
                    texts.extend([("guess", guess.text, 90), ("because", guess.because, 200)]);
                }
            }
        }
    }
    texts.extend(scenario.sources.iter().map(|source| ("source", source.name, 120)));
    texts
}

/// Counts what a learner reads of a step before its deed, and of the whole step.
fn read(stage: &Stage) -> (usize, usize) {
    let prediction = stage.predict.iter();
    let (asked, because) = prediction.fold((0, 0), |_, prediction| {
        let guesses = prediction.guesses.iter();
        let longest = guesses.clone().map(|guess| words(guess.because)).max().unwrap_or_default();
        let texts = guesses.map(|guess| words(guess.text)).sum::<usize>();
        (words(prediction.asks) + texts, longest)
    });
    let before = words(stage.say) + asked;
    let deeds: usize = stage.deeds.iter().map(|deed| words(deed.says)).sum();
    (before, before + deeds + because + words(stage.look.at))
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
        (12, "planted-script"),
        (13, "signing-key-rotates"),
        (14, "who-can-forge"),
        (15, "a-to-b-once"),
        (18, "restart-and-outage"),
        (19, "fifty-lost-answers"),
        (20, "late-answer-after-sign-in"),
        (21, "every-request"),
        (22, "three-questions"),
        (23, "two-clubs"),
        (24, "each-lookup"),
        (25, "two-nodes"),
        (26, "store-is-down"),
        (27, "twenty-clicks"),
        (28, "idle-and-absolute"),
        (29, "stolen-token-lives"),
        (30, "deny-one-or-all"),
        (31, "sign-out-keeps-a-copy"),
        (32, "service-b-with-keys"),
        (33, "plain-http"),
        (34, "planted-id"),
        (35, "read-a-payload"),
        (36, "too-much"),
        (37, "signed-and-wrong"),
        (38, "four-seals"),
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
            let deeds = branch.stages.iter().map(|stage| stage.deeds);
            let each_does_something = |deeds: &[Deed]| {
                !deeds.is_empty() && deeds.iter().all(|deed| !deed.acts.is_empty())
            };
            assert!(deeds.clone().all(each_does_something), "{}", branch.slug);
        }
        assert!(scenario.branch("none").is_none());
    }
}

#[test]
fn the_tour_has_six_places_and_an_end() {
    let places: Vec<_> = tour().iter().map(|scenario| (scenario.tour, scenario.number)).collect();
    let agreed = [(1, 1), (2, 2), (3, 4), (4, 5), (5, 7), (6, 9), (7, 22)];
    assert_eq!(places, agreed.map(|(place, number)| (Some(place), number)));
}

#[test]
fn a_prediction_has_one_right_guess_and_a_deed_that_shows_it() {
    let mut places = [0; 3];
    for Scenario { slug, branches, .. } in ALL {
        for branch in *branches {
            let asked = branch.stages.iter().filter_map(|stage| stage.predict);
            for Prediction { asks, guesses } in asked.clone() {
                assert!((2..=3).contains(&guesses.len()), "{slug}: {asks}");
                let right = guesses.iter().filter(|guess| guess.truth == Truth::Right);
                assert_eq!(right.count(), 1, "{slug}: {asks}");
                let texts: BTreeSet<_> = guesses.iter().map(|guess| guess.text).collect();
                assert_eq!(texts.len(), guesses.len(), "{slug}: {asks}");
                assert!(asks.ends_with('?'), "{slug}: {asks}");
                let place = guesses.iter().position(|guess| guess.truth == Truth::Right);
                places[place.expect("one is right")] += 1;
            }
            assert!(asked.count() >= 2, "{slug} {}", branch.slug);
        }
    }
    let all: usize = places.iter().sum();
    assert!(places[..2].iter().all(|place| place * 4 > all), "guessing a place wins: {places:?}");
}

/// The way in which a line says that something was decided, unless that is routine: an answer of 200, from row 6 or
/// from no row; or that a token's time is over.
fn decided(line: &str) -> Option<String> {
    let status = line.split(": ").nth(1)?.split(' ').next()?;
    if status.parse::<u16>().is_err() {
        // No answer to a request: a deed whose result is said in words.
        return line.split_once(": refused: ").map(|(_, why)| why.to_owned());
    }
    let row = line.split(" · ").find_map(|part| part.strip_prefix("row "));
    let row = row.and_then(|row| row.split([' ', '(']).next()).unwrap_or_default();
    let expired = status == "401" && row.is_empty() && line.contains(" · access expired");
    let routine = expired || status == "200" && matches!(row, "" | "6");
    (!routine).then(|| format!("{status} {row}"))
}

#[test]
fn a_decision_that_is_new_in_a_lesson_is_predicted_first() {
    let mut missing = Vec::new();
    for scenario in ALL {
        for branch in scenario.branches {
            let mut seen = BTreeSet::new();
            for (stage, number) in branch.stages.iter().zip(1..) {
                let new: Vec<String> =
                    stage.shows.iter().filter_map(|line| decided(line)).collect();
                let is_new = new.iter().any(|each| !seen.contains(each));
                if is_new && stage.predict.is_none() {
                    missing.push((scenario.slug, branch.slug, number, new.clone()));
                }
                seen.extend(new);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
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
fn each_way_through_is_read_in_ninety_seconds() {
    let mut wrong = Vec::new();
    for scenario in ALL {
        for branch in scenario.branches {
            let steps: Vec<_> = branch.stages.iter().map(read).collect();
            let long = steps.iter().any(|(before, _)| *before > STEP);
            let all: usize = steps.iter().map(|(_, whole)| whole).sum();
            if long || all > WORDS {
                wrong.push((scenario.slug, branch.slug, all, steps));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
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

/// Does what a stage says. Returns what was answered, if it differs from what is shown.
async fn differences(world: &mut World, stage: &Stage, minutes: u32) -> Option<String> {
    let before = world.timeline().len();
    for act in stage.acts(minutes) {
        let action: Action = act.parse().unwrap_or_else(|error| panic!("{error}"));
        world.act(action).await.unwrap_or_else(|error| panic!("{act}: {error}"));
    }
    let answered = world.outcomes(before);
    (answered != stage.shows).then(|| format!("\n  {}", answered.join("\n  ")))
}

#[tokio::test]
async fn each_request_is_answered_as_its_scenario_says() {
    let mut wrong = Vec::new();
    for scenario in ALL {
        for branch in scenario.branches {
            // A choice of the learner's changes times, and no answer.
            let choices = branch.dial().map_or(vec![0], |dial| {
                vec![dial.stands_at, dial.least, dial.least + 1, dial.most]
            });
            for minutes in choices {
                let mut world = World::new(scenario.setting_of(branch)).await.expect("a world");
                for (number, stage) in branch.stages.iter().enumerate() {
                    let answered = differences(&mut world, stage, minutes).await;
                    let place = format!("{} {} {}", scenario.slug, branch.slug, number + 1);
                    wrong.extend(answered.map(|answered| format!("{place}:{answered}")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "answered otherwise:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_stage_that_compares_rules_signs_out_under_others_alone() {
    let mut compared_stages = 0;
    for scenario in ALL {
        for branch in scenario.branches {
            let mut lesson = Lesson::new(scenario, branch.slug);
            let mut world = World::new(lesson.setting()).await.expect("a world");
            for stage in branch.stages {
                for _ in 0..=stage.deeds.len() {
                    lesson.go_on(&mut world, None).await.expect("it goes on");
                }
                if stage.look.panel != Panel::Policies {
                    continue;
                }
                compared_stages += 1;
                let all = compare(&world).await.expect("it is played again");
                let signed_in = all.into_iter().filter(|each| {
                    each.owner.accident.is_none() && each.owner.standing == Standing::SignedIn
                });
                let signed_in: Vec<Policy> = signed_in.map(|each| each.policy).collect();
                assert!(signed_in.contains(&Policy::Coatroom), "{}: {signed_in:?}", scenario.slug);
                assert!(signed_in.len() < Policy::ALL.len(), "{}: {signed_in:?}", scenario.slug);
            }
        }
    }
    assert!(compared_stages >= 2);
}
