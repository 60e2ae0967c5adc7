//! The commands of the program: what they print, and how they refuse.

use crate::support::{browser::Browser, house::Plan};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn a_role_is_set_for_people_and_for_programs_and_refused_in_one_line() {
    let plan = Plan::new();
    let house = plan.open().await;
    Browser::at(house.address()).sign_up("ada").await;

    let output = plan.run(&["users", "set-role", "ada@example.com", "admin"]).await;
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "ada@example.com is admin\n");
    let output = plan.run(&["users", "set-role", "ada@example.com", "user", "--json"]).await;
    let account: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&account["role"], &account["authz_version"]), (&"user".into(), &2.into()));

    for (arguments, code, reason) in [
        (&["users", "set-role", "ada@example.com", "king"][..], 1, "'king' is no role"),
        (&["users", "set-role", "bob@example.com", "user"], 1, "bob@example.com has no account"),
        (&["users", "set-role", "ada", "user"], 1, "not an email address"),
        (&["users", "set-role", "ada@example.com"], 2, ""),
        (&["users", "crown"], 2, ""),
        (&["dance"], 2, ""),
    ] {
        let output = plan.run(arguments).await;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.starts_with("coatroom: ") && said.contains(reason), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(output.stdout.is_empty());
    }
}
