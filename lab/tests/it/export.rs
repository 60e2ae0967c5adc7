//! A world as text: each entry has its line, every participant is introduced, and no token is in it.

use std::collections::BTreeSet;

use coatroom_lab::{
    action::Party,
    export::{mermaid, report},
    lesson::Lesson,
    scenario::ALL,
    setting::Setting,
    world::World,
};

/// A theft, and everything that can become of a message.
const LINES: [&str; 17] = [
    "tab1 call",
    "steal",
    "wait 61s",
    "tab2 sends refresh",
    "double 2",
    "deliver 2",
    "lose 2",
    "lose 3",
    "wait 400ms",
    "thief refresh at node-b",
    "tab1 call at service-b",
    "evil post",
    "database down",
    "tab1 sends reload",
    "deliver 7",
    "database up",
    "tab3 sends refresh",
];

async fn world(lines: &[&str]) -> World {
    let mut world = World::new(Setting::DEFAULT).await.expect("a world");
    for line in lines {
        world.act(line.parse().expect("an action")).await.expect("it is done");
    }
    world
}

#[tokio::test]
async fn a_diagram_says_what_came_of_each_message() {
    let drawn = [
        "sequenceDiagram",
        "participant Tab1 as Tab 1",
        "participant Tab2 as Tab 2",
        "participant Tab3 as Tab 3",
        "participant Thief as Thief",
        "participant Evil as Another site",
        "participant NodeA as Node A",
        "participant NodeB as Node B",
        "participant ServiceB as Service B",
        "participant Store as Store",
        "Tab1->>NodeA: 1 · call",
        "Note over NodeA: 1 · 200",
        "NodeA->>Store: acknowledge → 1 row",
        "NodeA-->>Tab1: 1 · 200",
        "Note over Thief: the thief copies the jar",
        "Note over Tab1,Store: 61 s later",
        "Tab2->>NodeA: 2 · refresh, generation 0",
        "Note over Tab2,NodeA: 3 · copy of 2",
        "Note over NodeA: 2 · row 6 · Rotate",
        "NodeA->>Store: 2 reads, 1 write: rotate",
        "NodeA--xTab2: 2 · sets access, refresh 1 · lost",
        "Note over Tab2: 3 · lost",
        "Note over Tab1,Store: 400 ms later",
        "Thief->>NodeB: 4 · refresh, generation 0",
        "Note over NodeB: 4 · row 7 · Replay (undelivered)",
        "NodeB->>Store: 1 read, 2 writes: acknowledge → 0 rows, count_replay",
        "NodeB-->>Thief: 4 · sets access, refresh 1",
        "Tab1->>ServiceB: 5 · call",
        "Note over ServiceB: 5 · 401",
        "ServiceB-->>Tab1: 5 · 401 invalid_token",
        "Evil->>NodeA: 6 · post a form",
        "Note over NodeA: 6 · 403",
        "NodeA-->>Evil: 6 · 403",
        "Note over Store: the database stops answering",
        "Tab1->>NodeA: 7 · load a page",
        "Note over NodeA: 7 · 503",
        "NodeA->>Store: session → no answer",
        "Note over Store: the database answers again",
        "Tab3-)NodeA: 8 · refresh, generation 0",
    ];
    let text = mermaid(&world(&LINES).await);
    assert_eq!(text.lines().map(str::trim_start).collect::<Vec<_>>(), drawn);
}

#[tokio::test]
async fn a_lost_request_is_drawn_lost_and_idle_parties_are_left_out() {
    let text = mermaid(&world(&["tab1 sends call", "lose 1"]).await);
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    assert_eq!(
        lines,
        [
            "sequenceDiagram",
            "participant Tab1 as Tab 1",
            "participant NodeA as Node A",
            "Tab1--xNodeA: 1 · call",
            "Note over Tab1: 1 · lost",
        ]
    );
}

#[tokio::test]
async fn a_report_has_a_line_for_each_entry_with_number_and_time() {
    let world = world(&LINES).await;
    let text = report(&world);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "A world of the lab: access 60s, grace 5s, verification denylist, lock-step report, \
         refresh-on documents, role user, signed in"
    );
    assert_eq!(lines.len(), 1 + world.timeline().len());
    for (number, line) in lines.iter().enumerate().skip(1) {
        assert_eq!(line.split_whitespace().next(), Some(number.to_string().as_str()), "{line}");
    }
    for said in [
        "   1  +0.0 s          message 1 leaves Tab 1 for Node A: call, with access ",
        "   4  +0.0 s          steal",
        "   5  +1 min 1 s      wait 61s",
        "   7  +1 min 1 s      message 3 is a copy of message 2",
        "   8  +1 min 1 s      message 2 is answered by Node A: tab2 refresh: 200 · access expired \
         · row 6 Rotate · writes rotate · sets access, refresh 1 (access ",
        "   9  +1 min 1 s      the answer to message 2 is lost on its way to Tab 2",
        "  10  +1 min 1 s      message 3 is lost on its way to Node A",
        "  16  +1 min 1.4 s    message 5 is answered by Service B: tab1 call at service-b: 401 · \
         error invalid_token",
        "  18  +1 min 1.4 s    message 6 leaves Another site for Node A: post, with no cookie",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(said)), "{said:?} in\n{text}");
    }
}

#[tokio::test]
async fn a_report_names_the_cookies_of_an_answer_in_one_order() {
    let mut named = 0;
    for scenario in ALL {
        for branch in scenario.branches {
            let (world, _) = Lesson::run(scenario, branch.slug).await.expect("it can be run");
            for line in report(&world).lines().filter(|line| line.contains(" · sets access, ")) {
                let (_, cookies) = line.rsplit_once('(').expect("the cookies that it sets");
                assert!(cookies.starts_with("access "), "{line}");
                assert!(cookies.contains(", refresh "), "{line}");
                named += 1;
            }
        }
    }
    assert!(named > 20, "only {named} answers set both cookies");
}

/// The longest run of characters of which a token's parts are made.
fn longest_run(text: &str) -> usize {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.split(|c| !part(c)).map(str::len).max().unwrap_or(0)
}

#[tokio::test]
async fn no_scenario_leaves_a_token_in_either() {
    for scenario in ALL {
        for branch in scenario.branches {
            let (world, _) = Lesson::run(scenario, branch.slug).await.expect("it can be run");
            for text in [mermaid(&world), report(&world)] {
                assert!(longest_run(&text) <= 40, "{} {}:\n{text}", scenario.slug, branch.slug);
            }
        }
    }
    let token = world(&[]).await.access_token(Party::Tab1).expect("somebody is signed in");
    assert!(longest_run(token.reveal()) > 40, "or nothing was looked for");
}

#[tokio::test]
async fn every_party_named_in_a_diagram_was_introduced() {
    for scenario in ALL {
        for branch in scenario.branches {
            let (world, _) = Lesson::run(scenario, branch.slug).await.expect("it can be run");
            let text = mermaid(&world);
            let lines = || text.lines().skip(1).map(str::trim_start);
            let heads = lines().filter_map(|line| line.strip_prefix("participant "));
            let known: BTreeSet<&str> =
                heads.filter_map(|line| line.split_once(" as ")).map(|(id, _)| id).collect();
            let statements = lines().skip(known.len()).filter_map(|line| line.split_once(": "));
            let mut named = BTreeSet::new();
            for (statement, _) in statements {
                let statement = statement.trim_start_matches("Note over ");
                let ids = ["-->>", "->>", "--x", "-)"]
                    .iter()
                    .find_map(|arrow| statement.split_once(arrow).map(|(from, to)| vec![from, to]));
                named.extend(ids.unwrap_or_else(|| statement.split(',').collect()));
            }
            assert_eq!(named, known, "{} {}:\n{text}", scenario.slug, branch.slug);
            let asked = lines().filter(|line| line.contains("->>Store: ")).count();
            assert_eq!(lines().count(), known.len() + asked + world.timeline().len());
        }
    }
}
