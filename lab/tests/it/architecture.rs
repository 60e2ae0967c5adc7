//! The architectures side by side: what must come of the clicks, whatever the machine.

use std::{collections::BTreeSet, time::Duration};

use coatroom_lab::{
    architecture::{
        ARCHITECTURES, ASPECTS, Admission, Alone, Architecture, Aspect, CLAIMS, Calls, Comparison,
        Effect, Fared, Findings, LATENCIES, Onset, TABLES, compare_some, latency,
    },
    attack::ATTACKS,
    scenario::find,
    seeds::Shown,
};
use tokio::sync::OnceCell;

/// The interval at which nodes poll, the bound beyond which their news is stale, and the life of a token alone.
const POLL: Duration = Duration::from_secs(1);
const TOKEN_TTL: Duration = Duration::from_hours(8);

const SIGNED: [&str; 4] = ["jwt-eddsa", "jwt-hs256", "jwt-rs256", "jwt-es256"];

async fn all() -> &'static Comparison {
    static ALL: OnceCell<Comparison> = OnceCell::const_new();
    let measure = async || measured(ARCHITECTURES.iter(), Duration::ZERO).await;
    ALL.get_or_init(measure).await
}

async fn measured(
    which: impl Iterator<Item = &'static Architecture>,
    latency: Duration,
) -> Comparison {
    compare_some(which, latency).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn of(slug: &str) -> &'static Findings {
    all().await.find(slug).expect("an architecture")
}

const fn refused(after: Duration) -> Onset {
    Onset::After(after, Effect::Refused)
}

const fn new_role(after: Duration) -> Onset {
    Onset::After(after, Effect::NewRole)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_asked_ends_a_session_at_once_everywhere() {
    for slug in ["opaque-store", "hybrid-strict"] {
        let found = of(slug).await;
        assert_eq!(found.sign_out, [refused(Duration::ZERO); 2], "{slug}");
        assert_eq!(found.role, [new_role(Duration::ZERO); 2], "{slug}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_alone_waits_for_the_tokens_end() {
    for slug in SIGNED {
        let found = of(slug).await;
        assert_eq!(found.sign_out, [refused(TOKEN_TTL); 2], "{slug}");
        assert_eq!(found.role, [refused(TOKEN_TTL); 2], "{slug}");
        assert_eq!(found.sign_out_calls, Calls::default(), "{slug}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denylist_ends_a_token_here_at_once_and_there_by_a_poll() {
    let found = of("jwt-denylist").await;
    assert_eq!(found.sign_out, [refused(Duration::ZERO), refused(POLL)]);
    assert_eq!(found.role, [refused(Duration::ZERO), refused(POLL)], "it cannot be exchanged");
    let found = of("hybrid").await;
    assert_eq!(found.sign_out, [refused(Duration::ZERO), refused(POLL)]);
    assert_eq!(found.role, [new_role(Duration::ZERO), new_role(POLL)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_reads_a_row_or_nothing() {
    for architecture in &ARCHITECTURES {
        let found = of(architecture.slug).await;
        let per_request = match architecture.slug {
            "opaque-memory" | "opaque-store" | "hybrid-strict" => 1,
            _ => 0,
        };
        assert_eq!(found.requests.reads, per_request * found.count, "{}", architecture.slug);
        assert!(found.requests.writes <= 1, "{found:?}");
        assert!(found.sign_in.reads > 0, "{found:?}");
        // A token alone leaves no row.
        let is_token = architecture.slug.starts_with("jwt-");
        assert_eq!(found.sign_in.writes == 0, is_token, "{found:?}");
    }
    let found = of("hybrid").await;
    assert!(found.later.reads + found.later.writes > 1, "the exchange: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_without_the_store_knows_public_keys_alone() {
    for architecture in &ARCHITECTURES {
        let expected = match architecture.slug {
            "opaque-memory" | "opaque-store" | "jwt-hs256" => Alone::Refused,
            _ => Alone::ByPublicKey,
        };
        assert_eq!(of(architecture.slug).await.alone, expected, "{}", architecture.slug);
    }
    let found = of("opaque-memory").await;
    assert_eq!(found.sign_out, [refused(Duration::ZERO), Onset::NeverKnown]);
    assert_eq!(found.role, [new_role(Duration::ZERO), Onset::NeverKnown]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_signs_users_out_of_a_memory_alone() {
    for architecture in &ARCHITECTURES {
        let found = of(architecture.slug).await;
        let forgets = architecture.slug == "opaque-memory";
        let expected = if forgets { Admission::SignedOut } else { Admission::LetIn };
        assert_eq!(found.restart, expected, "{}", architecture.slug);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_signs_no_user_out() {
    for architecture in &ARCHITECTURES {
        let found = of(architecture.slug).await;
        let Some(outage) = found.outage else {
            assert_eq!(architecture.slug, "opaque-memory");
            continue;
        };
        assert_eq!(outage.after, Admission::LetIn, "{}", architecture.slug);
        let expected = match architecture.slug {
            slug if SIGNED.contains(&slug) => None,
            // The first step beyond the bound of five seconds.
            "jwt-denylist" | "hybrid" => {
                Some((Duration::from_millis(5_250), Admission::Unavailable))
            }
            _ => Some((Duration::ZERO, Admission::Unavailable)),
        };
        assert_eq!(outage.refused, expected, "{}", architecture.slug);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_attack_gets_nothing_but_a_stateless_copy() {
    for architecture in &ARCHITECTURES {
        let attacked = &of(architecture.slug).await.attacked;
        let is_stateless = SIGNED.contains(&architecture.slug);
        let expected: &[_] = if is_stateless { &["signed-out"] } else { &[] };
        let let_in: Vec<_> = attacked.let_in().map(|attack| attack.slug).collect();
        assert_eq!(let_in, expected, "{}", architecture.slug);
        let is_opaque = architecture.slug.starts_with("opaque");
        assert_eq!(attacked.count(Fared::NotMade), usize::from(is_opaque), "{attacked:?}");
        let in_vain = ATTACKS.len() - let_in.len() - usize::from(is_opaque);
        assert_eq!(attacked.count(Fared::InVain), in_vain);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_short_if_it_says_nothing_and_never_readable() {
    for architecture in &ARCHITECTURES {
        let found = of(architecture.slug).await;
        assert_eq!(found.readable, 0, "{}", architecture.slug);
        let is_opaque = architecture.slug.starts_with("opaque");
        assert_eq!(found.cookie_bytes < 150, is_opaque, "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_store_slows_what_asks_it_and_nothing_else() {
    let slow = Duration::from_millis(5);
    let which = ["opaque-memory", "opaque-store", "jwt-eddsa", "hybrid-strict"];
    let which = which.into_iter().filter_map(Architecture::find);
    let found = measured(which, slow).await;
    for Findings { architecture, authenticate, .. } in &found.findings {
        let asks = !["opaque-memory", "jwt-eddsa"].contains(&architecture.slug);
        assert_eq!(*authenticate >= slow, asks, "{}: {authenticate:?}", architecture.slug);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_claim_is_judged_and_some_are_not_confirmed() {
    let all = all().await;
    let mut words = BTreeSet::new();
    for claim in &CLAIMS {
        assert!(claim.says.ends_with('.') && claim.by.is_sorted(), "{claim:?}");
        let agreement = claim.judge(all).unwrap_or_else(|| panic!("{claim:?}"));
        let (word, says) = agreement.words();
        assert!(says.ends_with('.'), "{says}");
        words.insert(word);
    }
    assert_eq!(words.into_iter().collect::<Vec<_>>(), ["agrees", "disagrees"]);
    let none = Comparison { findings: Vec::new(), ..all.clone() };
    assert!(CLAIMS.iter().all(|claim| claim.judge(&none).is_none()));
    assert!(ASPECTS.iter().all(|aspect| aspect.measured(&none).is_none()));
    let differ = |aspect: &Aspect| aspect.measured(all).is_some_and(|[one, other]| one != other);
    assert!(ASPECTS.iter().all(differ), "a line that compares says two things");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_name_each_architecture_and_the_machine() {
    let all = all().await;
    for text in [all.to_markdown("a machine of this test"), all.to_text("a machine of this test")] {
        assert!(text.starts_with("Measured on a machine of this test. "), "{text}");
        for architecture in &ARCHITECTURES {
            assert!(text.matches(architecture.name).count() >= 4, "{text}");
        }
        assert!(!text.contains("/root") && !text.contains("/home"), "{text}");
    }
}

#[test]
fn each_link_of_the_comparison_leads_to_a_lesson_or_a_page() {
    for slug in TABLES.iter().flat_map(|table| table.lessons) {
        assert!(find(slug).is_some(), "{slug}");
    }
    let shown = ARCHITECTURES.iter().map(|each| each.shown);
    let experiments = TABLES.iter().flat_map(|table| table.experiments);
    for shown in shown.chain(experiments.map(|each| each.shown)) {
        match shown {
            Shown::Lesson(slug) => assert!(find(slug).is_some(), "{slug}"),
            // The application's own test holds the addresses of pages.
            Shown::Page(address, name) => assert!(address == "/lab/formats" && !name.is_empty()),
            Shown::Nowhere(_) => panic!("{shown:?}"),
        }
    }
}

#[test]
fn a_latency_is_the_nearest_of_those_that_are_offered() {
    for (asked, expected) in [(0, 0), (1, 1), (3, 1), (4, 5), (7, 5), (19, 20), (50, 50)] {
        assert_eq!(latency(asked), Some(Duration::from_millis(expected)), "{asked}");
    }
    assert_eq!(latency(51), None);
    assert!(LATENCIES.is_sorted());
    let slugs: BTreeSet<_> = ARCHITECTURES.iter().map(|each| each.slug).collect();
    assert_eq!(slugs.len(), ARCHITECTURES.len());
    assert!(slugs.iter().all(|slug| Architecture::find(slug).is_some()));
}
