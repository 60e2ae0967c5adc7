//! `coatroom sessions end`: the sessions that it ends, on servers that run, and the words that it says.

use crate::support::{browser::Browser, house::Plan, until};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.whoami().await.expect("an answer").status.is_success()
}

/// Waits until the browser is signed out, and checks that its cookies do not help.
async fn is_ended(browser: &mut Browser) {
    until("the end", async || (!is_signed_in(browser).await).then_some(())).await;
    let answer = browser.refresh().await.expect("an answer");
    assert_eq!(answer.status.as_u16(), 401, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_ended_all_at_once_or_of_one_account() {
    let plan = Plan::new();
    let (one, two) = (plan.open().await, plan.open().await);
    let (mut ada, mut bob) = (Browser::at(one.address()), Browser::at(two.address()));
    ada.sign_up("ada").await;
    bob.sign_up("bob").await;

    let output = plan.run(&["sessions", "end", "--user", "ada@example.com"]).await;
    assert_eq!(text(&output.stdout), "1 sessions of ada@example.com ended.\n");
    is_ended(&mut ada).await;
    assert!(is_signed_in(&mut bob).await);
    ada.sign_in("ada").await;

    let output = plan.run(&["sessions", "end", "--all"]).await;
    let said = text(&output.stdout);
    assert!(said.starts_with("Every session ended. This is epoch "), "{said}");
    is_ended(&mut ada).await;
    is_ended(&mut bob).await;
    ada.sign_in("ada").await;
    assert!(is_signed_in(&mut ada).await);

    let output = plan.run(&["sessions", "end", "--since", "1h", "--json"]).await;
    let done: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(done["epoch"].as_u64() > Some(0) && done["since"].is_i64(), "{done}");
    is_ended(&mut ada).await;
}

#[tokio::test]
async fn sessions_are_not_ended_by_a_command_that_is_not_clear() {
    let plan = Plan::new();
    for (arguments, code, reason) in [
        (&["sessions", "end"][..], 2, ""),
        (&["sessions", "end", "--all", "--user", "ada@example.com"], 2, ""),
        (&["sessions", "end", "--since", "yesterday"], 2, "must be an instant"),
        (&["sessions", "end", "--user", "ada"], 1, "not an email address"),
        (&["sessions", "end", "--user", "ada@example.com"], 1, "ada@example.com has no account"),
    ] {
        let output = plan.run(arguments).await;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.starts_with("coatroom: ") && said.contains(reason), "{said}");
        assert!(output.stdout.is_empty());
    }
}
