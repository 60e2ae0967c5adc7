use std::{borrow::Cow, collections::BTreeSet, time::Duration};

use coatroom::{
    ServerSecret,
    config::{AuthConfig, Verification},
};

use super::{advice::Check, *};
use crate::{
    scenario::find,
    seeds::{Document, Shown},
};

/// All answers that can be given.
fn all() -> Vec<Answers> {
    let mut all = vec![Answers::HOUSE];
    for (index, question) in Question::ALL.into_iter().enumerate() {
        let each = |answers: &Answers| {
            let answers = *answers;
            question.answers().iter().map(move |answer| {
                let mut given = answers.all();
                given[index] = *answer;
                Answers(given)
            })
        };
        all = all.iter().flat_map(each).collect();
    }
    all
}

/// The value of a variable.
fn value(advice: &Advice, name: &str) -> Option<&'static str> {
    advice.lines.iter().find(|line| line.name == name).map(|line| line.value)
}

/// The longest time for which a copy that no one has noticed works.
fn stolen(advice: &Advice) -> Duration {
    let name = match advice.scheme {
        Scheme::Hybrid(_) => "COATROOM_ACCESS_TTL",
        Scheme::Opaque => "COATROOM_REMEMBERED_ABSOLUTE_TTL",
        Scheme::Stateless | Scheme::Denylist => "COATROOM_TOKEN_TTL",
    };
    duration(value(advice, name).expect("a lifetime"))
}

fn duration(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.len() - 1);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => panic!("{text}"),
    };
    Duration::from_secs(number.parse::<u64>().expect("a number") * unit)
}

#[test]
fn each_answer_has_its_question_and_names_of_its_own() {
    let given: Vec<Answer> =
        Question::ALL.iter().flat_map(|each| each.answers().iter().copied()).collect();
    let slugs: BTreeSet<_> = given.iter().map(|each| each.slug()).collect();
    assert_eq!(slugs.len(), given.len());
    for answer in given {
        assert!(answer.question().answers().contains(&answer), "{answer:?}");
        assert!(!answer.words().is_empty());
    }
    for (question, answer) in Question::ALL.into_iter().zip(Answers::HOUSE.all()) {
        assert_eq!(answer.question(), question);
        assert!(question.asks().ends_with('?') && question.hint().ends_with('.'));
    }
}

#[test]
fn answers_are_read_from_their_query_and_bad_ones_ignored() {
    for answers in all() {
        let query = answers.query();
        let get = |name: &str| {
            let mut pairs = query[1..].split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| Cow::Borrowed(value))
        };
        assert_eq!(Answers::parse(get), answers);
    }
    assert_eq!(Answers::parse(|_| None), Answers::HOUSE);
    // An answer to another question is none to this one.
    let read = Answers::parse(|name| (name != "end").then_some(Cow::Borrowed("redis")));
    assert!(read.has(Answer::Redis) && read.has(Answer::Moment) && read.has(Answer::OneServer));
}

#[test]
fn no_configuration_contradicts_an_answer() {
    let all = all();
    assert_eq!(all.len(), 3 * 3 * 2 * 3 * 3 * 3);
    for answers in all {
        let advice = advise(answers);
        let Advice { scheme, lines, .. } = &advice;
        let names: BTreeSet<_> = lines.iter().map(|line| line.name).collect();
        assert_eq!(names.len(), lines.len(), "{answers:?}: each once");
        let is = |name| value(&advice, name);
        assert_eq!(is("COATROOM_SCHEME"), Some(scheme.value()));
        let verification = is("COATROOM_VERIFICATION");
        match answers.all()[0] {
            Answer::NextRequest => assert!(
                *scheme == Scheme::Opaque || verification == Some("strict"),
                "{answers:?}: {scheme:?}"
            ),
            Answer::Moment => assert!(
                *scheme == Scheme::Denylist || verification == Some("denylist"),
                "{answers:?}: {scheme:?}"
            ),
            _ => {}
        }
        let most = match answers.all()[5] {
            Answer::Minute => 60,
            Answer::Quarter => 15 * 60,
            _ => 24 * 3600,
        };
        assert!(stolen(&advice) <= Duration::from_secs(most), "{answers:?}: {lines:?}");
        if answers.has(Answer::ThirdParties) || answers.has(Answer::SeveralServices) {
            assert_ne!(*scheme, Scheme::Opaque, "{answers:?}");
            assert!(["eddsa", "es256"].contains(&is("COATROOM_ALGORITHM").expect("one")));
        }
        let database = is("DATABASE_URL").is_some_and(|url| url.starts_with("postgres://"));
        assert!(database || !answers.has(Answer::SeveralServers), "SQLite is one server's");
        assert!(database || !answers.has(Answer::Postgres), "{answers:?}");
        assert!(is("COATROOM_SESSIONS").is_none() || answers.has(Answer::Redis), "{answers:?}");
        assert!(lines.iter().all(|line| answers.has(line.because)), "{answers:?}: {lines:?}");
    }
}

#[test]
fn the_library_accepts_each_combination_of_lifetimes() {
    for answers in all() {
        let advice = advise(answers);
        let secret = ServerSecret::new(ServerSecret::generate()).expect("a secret");
        let mut config = AuthConfig::new("https://house.example", secret);
        for line in &advice.lines {
            match line.name {
                "COATROOM_ACCESS_TTL" => config.access_ttl = duration(line.value),
                "COATROOM_TOKEN_TTL" => config.token_ttl = duration(line.value),
                "COATROOM_SCHEME" => {
                    config.scheme = match line.value {
                        "hybrid" => config.scheme,
                        "opaque" => coatroom::config::Scheme::Opaque,
                        "stateless" => coatroom::config::Scheme::Token(Verification::Stateless),
                        "denylist" => coatroom::config::Scheme::Token(Verification::Denylist),
                        other => panic!("{other}"),
                    };
                }
                "COATROOM_GRACE" => config.grace = duration(line.value),
                "COATROOM_ABSOLUTE_TTL" => config.browser.absolute = duration(line.value),
                "COATROOM_REMEMBERED_IDLE_TTL" => config.remembered.idle = duration(line.value),
                "COATROOM_REMEMBERED_ABSOLUTE_TTL" => {
                    config.remembered.absolute = duration(line.value);
                }
                _ => {}
            }
        }
        assert!(config.check().is_ok(), "{answers:?}: {:?}", config.check());
    }
}

#[test]
fn each_reason_follows_from_an_answer_that_was_given() {
    for answers in all() {
        let advice = advise(answers);
        let because: Vec<_> = advice.reasons.iter().map(|reason| reason.because).collect();
        assert_eq!(because, answers.all(), "one of each question");
        let texts = advice.reasons.iter().map(|reason| reason.says);
        let texts = texts.chain(advice.gives_up.iter().copied());
        let texts: Vec<_> = texts.chain(advice.experiments.iter().map(|each| each.shows)).collect();
        assert!(texts.iter().all(|text| text.ends_with('.')), "{texts:?}");
        assert!(!advice.gives_up.is_empty(), "each has a price");
    }
}

#[test]
fn each_experiment_is_there() {
    for answers in all() {
        let Advice { experiments, .. } = advise(answers);
        assert!(experiments.len() > 1, "{answers:?}");
        for Experiment { shown, .. } in experiments {
            match shown {
                Shown::Lesson(slug) => assert!(find(slug).is_some(), "{slug}"),
                // The application's own test holds the addresses of pages.
                Shown::Page(address, name) => {
                    assert!(address == "/lab/formats" && !name.is_empty(), "{address}");
                }
                Shown::Nowhere(_) => panic!("{answers:?}: {shown:?}"),
            }
        }
    }
}

#[test]
fn each_architecture_is_advised_for_some_answers() {
    let advised: Vec<_> = all().into_iter().map(|answers| advise(answers).scheme).collect();
    for scheme in [
        Scheme::Hybrid(Check::Nothing),
        Scheme::Hybrid(Check::Memory),
        Scheme::Hybrid(Check::Row),
        Scheme::Opaque,
        Scheme::Stateless,
        Scheme::Denylist,
    ] {
        assert!(advised.contains(&scheme), "{scheme:?}");
    }
    assert_eq!(advise(Answers::HOUSE).scheme, Scheme::Hybrid(Check::Memory), "the defaults");
}

#[test]
fn each_document_says_its_opinion_and_its_reasons() {
    for answers in all() {
        let Advice { opinions, .. } = advise(answers);
        assert_eq!(opinions.iter().map(|each| each.by).collect::<Vec<_>>(), Document::ALL);
        for Opinion { by, takes, says, verdict } in &opinions {
            let reasons = match takes {
                Take::Sessions | Take::Tokens => 1,
                Take::Both | Take::Torn => 2,
                Take::Silent => 0,
            };
            assert_eq!(says.len(), reasons, "{by:?} on {answers:?}");
            let open = matches!(takes, Take::Torn | Take::Silent);
            assert_eq!(*verdict == Verdict::Open, open, "{by:?} on {answers:?}");
        }
        // The critique is of one mind.
        assert_eq!(opinions[4].takes, Take::Sessions);
    }
}

#[test]
fn each_document_agrees_somewhere_and_differs_elsewhere() {
    for (index, document) in Document::ALL.into_iter().enumerate() {
        let verdicts: Vec<_> =
            all().into_iter().map(|answers| advise(answers).opinions[index].verdict).collect();
        assert!(verdicts.contains(&Verdict::AsHere), "{document:?}");
        assert!(verdicts.iter().any(|each| matches!(each, Verdict::Otherwise(_))), "{document:?}");
    }
}

#[test]
fn documents_are_divided_where_some_take_each_way() {
    let mut divided = 0;
    for answers in all() {
        let advice = advise(answers);
        let takes = |way| advice.opinions.iter().any(|each| each.takes == way);
        let expected = takes(Take::Sessions) && takes(Take::Tokens);
        assert_eq!(advice.divided().is_some(), expected, "{answers:?}");
        divided += usize::from(expected);
    }
    assert!((50..400).contains(&divided), "{divided}");
}

#[test]
fn each_flow_stays_in_its_lanes_and_can_be_told() {
    for flow in FLOWS {
        for step in flow.steps {
            let (from, to) = match *step {
                Step::Sends(from, to, _) => (from, to),
                Step::Does(at, _) => (at, at),
                Step::Part(_) => continue,
            };
            assert!(from.max(to) < flow.lanes.len(), "{}: {step:?}", flow.slug);
            assert_eq!(from == to, matches!(step, Step::Does(..)));
        }
        assert!(matches!(flow.steps[0], Step::Part(_)), "{}", flow.slug);
        assert!(flow.told().contains("Browser to Server: "), "{}", flow.told());
    }
}
