//! Bad settings, as an operator makes them: one line that names the setting, code 2, and never a panic.

use std::{fs::OpenOptions, process::Stdio};

use sqlx::{ConnectOptions as _, Executor as _, sqlite::SqliteConnectOptions};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::support::{browser::Browser, house::Plan};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn a_bad_setting_ends_the_start_with_code_2_and_one_line() {
    for (name, value, said) in [
        ("COATROOM_GRACE", "584542046090y", "366d"),
        ("COATROOM_GRACE", "1h", "an eighth"),
        ("COATROOM_ACCESS_TTL", "", "COATROOM_ACCESS_TTL"),
        ("COATROOM_ACCESS_TTL", "one\ntwo\nthree", "COATROOM_ACCESS_TTL"),
        ("COATROOM_ACESS_TTL", "5m", "did you mean COATROOM_ACCESS_TTL?"),
        ("COATROOM_LAB", "maybe", "COATROOM_LAB"),
        ("COATROOM_ORIGIN", "https://*", "invalid host name"),
        ("COATROOM_ORIGIN", "https://a.example:443", "https://a.example"),
        ("COATROOM_ORIGIN", "https://a.example:99999", "port"),
        ("COATROOM_DATABASE_CONNECTIONS", "0", "COATROOM_DATABASE_CONNECTIONS"),
        ("COATROOM_OLD_SECRETS", "short", "COATROOM_OLD_SECRETS"),
        ("COATROOM_COOKIE_NAME", "Caf\u{e9}", "1 to 32 characters of a token"),
        // The cookies of such a name begin as those of the house "coat" do.
        ("COATROOM_COOKIE_NAME", "coat-access", "1 to 32 characters of a token"),
        ("COATROOM_SCHEME", "wristband", "COATROOM_SCHEME"),
        ("COATROOM_TOKEN_TTL", "13h", "at most 12 hours"),
        ("COATROOM_TOKEN_TTL", "1500ms", "whole number of seconds"),
        ("COATROOM_SESSIONS", "memcached://a:s3cret@h", "must be memory, redis://"),
        ("COATROOM_SESSIONS", "redis://a:s3cret@", "COATROOM_SESSIONS"),
        ("DATABASE_URL", "sqlite:a?mode=ro", "no parameters"),
        ("DATABASE_URL", "sqlite::memory:", "in memory"),
        ("DATABASE_URL", "postgres://a:s3cret@h/d?sslmode=some", "sslmode"),
        ("RUST_LOG", "inf", "did you mean 'info'?"),
        ("RUST_LOG", "info,sqlx=loud", "RUST_LOG"),
    ] {
        let plan = Plan::new().with(name, value);
        let output = plan.run(&["serve"]).await;
        let line = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}={value}: {line}");
        assert!(line.starts_with(&format!("coatroom: {name}")), "{line}");
        assert!(line.contains(said) && line.lines().count() == 1, "{line}");
        assert!(!line.contains("s3cret") && output.stdout.is_empty(), "{line}");
    }
}

#[tokio::test]
async fn a_demo_that_others_can_reach_has_to_be_meant() {
    let demo = || {
        let address = ("COATROOM_ADDRESS", "0.0.0.0:0");
        Plan::new().with("COATROOM_PROFILE", "demo").with(address.0, address.1)
    };
    let output = demo().run(&["serve"]).await;
    let line = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(line.contains("COATROOM_DEMO_IN_PUBLIC") && line.lines().count() == 1, "{line}");
    // The plan is kept, because its folder goes with it.
    let plan = demo().with("COATROOM_DEMO_IN_PUBLIC", "true");
    let mut meant = plan.command(&["serve"]).stderr(Stdio::null()).spawn().expect("a process");
    let mut lines = BufReader::new(meant.stdout.take().expect("piped")).lines();
    let mut open = false;
    while let Some(line) = lines.next_line().await.expect("text") {
        open = line.contains("is open");
        if open {
            break;
        }
    }
    assert!(open, "it opens");
}

#[tokio::test]
async fn a_closed_or_full_output_makes_no_command_panic() {
    let plan = Plan::new();
    plan.run(&["migrate"]).await;
    for arguments in [&["--help"][..], &["--version"], &["keys", "list"], &["keys", "reset"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a device");
        for stdout in [Stdio::from(writer), Stdio::from(full)] {
            let run = plan.command(arguments).stdout(stdout).stderr(Stdio::piped()).spawn();
            let output = run.expect("it runs").wait_with_output().await.expect("it ends");
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        }
    }
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut run = plan.command(&["--no-such-flag"]).stderr(writer).spawn().expect("it runs");
    assert_eq!(run.wait().await.expect("it ends").code(), Some(2));
}

#[tokio::test]
async fn a_log_in_a_file_has_no_colours() {
    let plan = Plan::new().with("COATROOM_LOCK_STEP", "end").with("RUST_LOG", "info,sqlx=off");
    let _house = plan.open().await;
    let said = plan.said();
    assert!(said.contains("COATROOM_LOCK_STEP=end without COATROOM_TRUSTED_PROXIES"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_one_line_with_its_level_and_its_request() {
    let plan = Plan::new()
        .with("COATROOM_LOG_FORMAT", "json")
        .with("RUST_LOG", "info,sqlx=off,tower_http=off");
    let house = plan.open().await;
    let mut other =
        SqliteConnectOptions::new().filename(plan.file()).connect().await.expect("opens");
    other.execute("begin immediate").await.expect("locked");
    let form = "email=bob%40example.com&password=a+quiet+harbour+at+dawn";
    let mut browser = Browser::at(house.address());
    browser.post("/api/sign_up", form).await.expect("an answer").is_unavailable();
    let said = plan.said();
    let lines = said.lines().map(|line| serde_json::from_str(line).expect("JSON, each of them"));
    let lines: Vec<serde_json::Value> =
        lines.filter(|line: &serde_json::Value| line["level"] == "ERROR").collect();
    let [error] = &lines[..] else { panic!("not one: {said}") };
    assert_eq!(error["span"]["path"], "/api/sign_up", "{error}");
}
