//! The scheme and the store of sessions that an operator chooses, in processes of the program.

use hyper::StatusCode;

use coatroom_lab::choose::{Answers, Question, advise};

use crate::support::{browser::Browser, house::Plan, until};

/// The plan of a house whose sessions are on the test's Redis server; `None`, said aloud, if there is none.
fn on_redis(database: u8) -> Option<Plan> {
    let Ok(url) = std::env::var("COATROOM_TEST_REDIS") else {
        eprintln!("COATROOM_TEST_REDIS is not set: skipped");
        return None;
    };
    let url = format!("{}/{database}", url.trim_end_matches('/'));
    Some(Plan::new().with("COATROOM_SESSIONS", &url))
}

async fn status(browser: &mut Browser) -> StatusCode {
    browser.whoami().await.expect("an answer").status
}

#[tokio::test]
async fn sessions_on_redis_are_every_nodes_and_survive_a_restart() {
    for (scheme, database) in [("opaque", 1), ("hybrid", 2)] {
        let Some(plan) = on_redis(database) else { return };
        let plan = plan.with("COATROOM_SCHEME", scheme);
        let (mut one, other) = (plan.open().await, plan.open().await);
        let mut browser = Browser::at(one.address());
        browser.join("ada").await;
        let mut there = browser.moved(other.address());
        assert_eq!(status(&mut there).await, StatusCode::OK, "{scheme}");
        one.kill().await;
        let again = plan.open().await;
        browser.go(again.address());
        assert_eq!(status(&mut browser).await, StatusCode::OK, "{scheme}: a restart");
        let output = plan.run(&["sessions", "end", "--user", "ada@example.com"]).await;
        assert!(output.status.success(), "{scheme}: {output:?}");
        for browser in [&mut browser, &mut there] {
            until("the end is heard of", async || {
                (status(&mut browser.clone()).await == StatusCode::UNAUTHORIZED).then_some(())
            })
            .await;
        }
    }
}

#[tokio::test]
async fn sessions_in_memory_are_one_nodes_and_end_with_it() {
    let plan = Plan::new().with("COATROOM_SESSIONS", "memory").with("COATROOM_SCHEME", "opaque");
    let (mut one, other) = (plan.open().await, plan.open().await);
    let mut browser = Browser::at(one.address());
    browser.join("ada").await;
    assert_eq!(status(&mut browser).await, StatusCode::OK);
    let mut there = browser.moved(other.address());
    assert_eq!(status(&mut there).await, StatusCode::UNAUTHORIZED);
    // The account is in the database, which both have.
    there.sign_in("ada").await;
    one.kill().await;
    let again = plan.open().await;
    browser.go(again.address());
    assert_eq!(status(&mut browser).await, StatusCode::UNAUTHORIZED);
    let output = plan.run(&["sessions", "end", "--all"]).await;
    let line = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(line.contains("COATROOM_SESSIONS: is memory"), "{line}");
}

#[tokio::test]
async fn a_command_ends_tokens_that_no_store_has_a_list_of() {
    let plan = Plan::new().with("COATROOM_SCHEME", "denylist");
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.join("ada").await;
    let output = plan.run(&["sessions", "end", "--user", "ada@example.com"]).await;
    assert!(output.status.success(), "{output:?}");
    until("the end is heard of", async || {
        (status(&mut browser.clone()).await == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    browser.sign_in("ada").await;
    assert_eq!(status(&mut browser).await, StatusCode::OK);
    let output = plan.run(&["sessions", "end", "--all"]).await;
    assert!(output.status.success(), "{output:?}");
    until("the epoch is heard of", async || {
        (status(&mut browser.clone()).await == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
}

#[tokio::test]
async fn verification_is_a_setting_of_the_hybrid_alone() {
    let plan = Plan::new().with("COATROOM_SCHEME", "opaque");
    let output = plan.with("COATROOM_VERIFICATION", "strict").run(&["serve"]).await;
    let line = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(line.starts_with("coatroom: COATROOM_VERIFICATION: is for the hybrid"), "{line}");
}

/// The lines that the page "Which should I use?" gives are settings of this program.
#[tokio::test]
async fn each_advised_configuration_starts() {
    let mut seen = Vec::new();
    for answers in every_answer() {
        let lines: Vec<_> = advise(answers)
            .lines
            .iter()
            // Servers of the operator's own.
            .filter(|line| !["DATABASE_URL", "COATROOM_SESSIONS"].contains(&line.name))
            .map(|line| (line.name, line.value))
            .collect();
        if seen.contains(&lines) {
            continue;
        }
        let mut plan = Plan::new();
        for (name, value) in &lines {
            plan = plan.with(name, value);
        }
        let output = plan.run(&["keys", "list"]).await;
        assert!(output.status.success(), "{lines:?}: {output:?}");
        seen.push(lines);
    }
    assert!(seen.len() > 5, "{seen:?}");
}

fn every_answer() -> Vec<Answers> {
    let mut queries = vec![Vec::new()];
    for question in Question::ALL {
        let with = |query: &Vec<(&'static str, &'static str)>| {
            let query = query.clone();
            question.answers().iter().map(move |answer| {
                let mut query = query.clone();
                query.push((question.slug(), answer.slug()));
                query
            })
        };
        queries = queries.iter().flat_map(with).collect();
    }
    let parse = |query: &Vec<(&'static str, &'static str)>| {
        Answers::parse(|name| {
            let found = query.iter().find(|(slug, _)| *slug == name);
            found.map(|(_, answer)| (*answer).into())
        })
    };
    queries.iter().map(parse).collect()
}
