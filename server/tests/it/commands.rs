//! The commands of the program: what they print, and how they refuse.

use sqlx::{ConnectOptions as _, Executor as _, sqlite::SqliteConnectOptions};

use crate::support::{browser::Browser, house::Plan, until};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn set_role_prints_text_or_json_and_is_refused_in_one_line() {
    let plan = Plan::new();
    let house = plan.open().await;
    Browser::at(house.address()).sign_up("ada").await;

    let output = plan.run(&["users", "set-role", "ada@example.com", "admin"]).await;
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "ada@example.com is admin\n");
    let mut newest = 0;
    for role in ["user", "admin"] {
        let output = plan.run(&["users", "set-role", "ada@example.com", role, "--json"]).await;
        let account: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(account["role"], role);
        let version = account["authority_version"].as_u64().expect("a version");
        assert!(version > newest, "{version} after {newest}");
        newest = version;
    }

    for (arguments, code, reason) in [
        (&["users", "set-role", "ada@example.com", "king"][..], 1, "'king' is not a role"),
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

/// Two people, one of whom kept the spelling of an older release; the one spelling of it is the other's address.
#[tokio::test]
async fn a_command_names_the_account_that_it_found() {
    const OLDER: &str = "bob@b\u{fc}cher.example";
    const OTHER: &str = "bob@xn--bcher-kva.example";
    let plan = Plan::new();
    let mut house = plan.open().await;
    for name in ["one", "two"] {
        Browser::at(house.address()).sign_up(name).await;
    }
    house.kill().await;
    let mut file =
        SqliteConnectOptions::new().filename(plan.file()).connect().await.expect("opens");
    for (address, name) in [(OLDER, "one@example.com"), (OTHER, "two@example.com")] {
        let respell = sqlx::query("update coatroom_account set email = $1 where email = $2");
        let respelled = respell.bind(address).bind(name).execute(&mut file).await;
        assert_eq!(respelled.expect("changed").rows_affected(), 1);
    }

    for address in [OLDER, OTHER] {
        let end = ["sessions", "end", "--user", address];
        let output = plan.run(&end).await;
        assert_eq!(text(&output.stdout), format!("1 sessions of {address} ended.\n"));
        let output = plan.run(&[&end[..], &["--json"]].concat()).await;
        let done: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((&done["email"], &done["ended"]), (&address.into(), &0.into()));
        let output = plan.run(&["users", "set-role", address, "admin"]).await;
        assert_eq!(text(&output.stdout), format!("{address} is admin\n"));
    }
    // A spelling that is no address any more finds its account, too.
    let respell =
        "update coatroom_account set email = 'dan@xn--\u{fc}.example' where email like 'bob@b%'";
    assert_eq!(file.execute(respell).await.expect("changed").rows_affected(), 1);
    let output = plan.run(&["users", "set-role", "dan@xn--\u{fc}.example", "user"]).await;
    assert_eq!(text(&output.stdout), "dan@xn--\u{fc}.example is user\n", "{output:?}");
    // An address without an account is named as the operator typed it.
    for arguments in [
        &["users", "set-role", "Eve@b\u{fc}cher.example", "user"][..],
        &["sessions", "end", "--user", "Eve@b\u{fc}cher.example"],
    ] {
        let said = text(&plan.run(arguments).await.stderr);
        assert_eq!(said, "coatroom: Eve@b\u{fc}cher.example has no account\n");
    }
}

/// Returns the key that signed the access token in a jar.
fn signed_by(browser: &Browser) -> String {
    let token = browser.cookie("__Host-Http-coatroom-access-");
    jsonwebtoken::decode_header(token).expect("a token").kid.expect("a key's name")
}

fn keys(output: &std::process::Output) -> Vec<(String, String, String)> {
    assert!(output.status.success(), "{output:?}");
    let keys: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let field = |key: &serde_json::Value, name: &str| key[name].as_str().expect(name).to_owned();
    let keys = keys.as_array().expect("a list").iter();
    keys.map(|key| (field(key, "kid"), field(key, "alg"), field(key, "state"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_rotated_and_retired_while_the_house_is_open() {
    let plan = Plan::new().with("COATROOM_JWKS_MAX_AGE", "1m");
    let output = plan.run(&["keys", "list"]).await;
    assert!(text(&output.stdout).starts_with("no keys yet"), "{output:?}");

    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let listed = keys(&plan.run(&["keys", "list", "--json"]).await);
    let [(first, algorithm, state)] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((algorithm.as_str(), state.as_str()), ("EdDSA", "active"));

    // Another algorithm, at once: a token that was signed before is good all the same.
    let flags = ["keys", "rotate", "--now", "--algorithm", "ES256", "--json"];
    let rotated = keys(&plan.run(&flags).await);
    assert_eq!(rotated[0], (first.clone(), "EdDSA".into(), "retiring".into()));
    let (second, algorithm, state) = &rotated[1];
    assert_eq!((algorithm.as_str(), state.as_str()), ("ES256", "active"));
    let shown = async || {
        let answer = Browser::at(house.address()).get("/.well-known/jwks.json").await;
        let body = answer.expect("an answer").body;
        let keys = body["keys"].as_array().expect("keys");
        keys.iter().map(|key| key["kid"].as_str().expect("kid").to_owned()).collect::<Vec<_>>()
    };
    until("both keys", async || (shown().await.len() == 2).then_some(())).await;
    browser.whoami().await.expect("an answer").is_ok();

    // The staged key is shown before it signs.
    let table = plan.run(&["keys", "rotate"]).await;
    let table = text(&table.stdout);
    assert!(table.contains("staged") && table.contains("active in 1m"), "{table}");
    until("three keys", async || (shown().await.len() == 3).then_some(())).await;

    // A token that is dated in the slot of the change is still signed by the first key.
    let mut guest = Browser::at(house.address());
    until("a token of the second key", async || {
        guest.sign_in("ada").await;
        (signed_by(&guest) == *second).then_some(())
    })
    .await;

    // The first key got out.
    let retired = plan.run(&["keys", "retire", first]).await;
    assert!(text(&retired.stdout).contains("retired"), "{retired:?}");
    until("a refresh in passing", async || {
        browser.whoami().await.expect("an answer").is_ok();
        (signed_by(&browser) == *second).then_some(())
    })
    .await;
    guest.whoami().await.expect("an answer").is_ok();
    assert!(!shown().await.contains(first) && shown().await.contains(second));

    for (arguments, reason) in [
        (&["keys", "retire", "nobody"][..], "there is no key nobody"),
        (&["keys", "retire", "no key"], "that is no key id"),
        (&["keys", "rotate"], "is staged already"),
    ] {
        let output = plan.run(arguments).await;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("coatroom: ") && said.contains(reason), "{said}");
    }
}

#[tokio::test]
async fn a_changed_secret_is_refused_until_the_keys_are_reset() {
    let plan = Plan::new();
    drop(plan.open().await);
    let plan = plan.with("COATROOM_SECRET", "another secret than before, 9876543210 abcdef");
    let output = plan.run(&["serve"]).await;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("sealed under another secret"), "{said}");
    assert_eq!(keys(&plan.run(&["keys", "reset", "--json"]).await).len(), 1);
    plan.open().await;
}
