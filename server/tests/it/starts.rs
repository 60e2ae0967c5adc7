//! First starts: several at once, with and without a database, a secret that changed, and what they leave on the disk.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use futures::future::join_all;
use sqlx::{ConnectOptions as _, Executor as _, migrate::Migrator, sqlite::SqliteConnectOptions};

use crate::support::{
    browser::Browser,
    cluster::Database,
    house::{Plan, SECRET},
    until,
};

/// Rounds in which some processes meet an empty folder.
const ROUNDS: usize = 5;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// A plan as in production, in which `migrate` alone makes a database.
fn production() -> Plan {
    Plan::new().without("COATROOM_MIGRATE")
}

/// Checks that four houses, opened at once, all believe what the first one issues.
async fn are_one(plan: &Plan) {
    let houses = join_all((0..4).map(|_| plan.open())).await;
    let mut browser = Browser::at(houses[0].address());
    browser.sign_up("ada").await;
    for house in &houses {
        browser.go(house.address());
        browser.whoami().await.expect("an answer").is_ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_first_starts_at_once_in_one_folder_serve_as_one() {
    for _ in 0..ROUNDS {
        let plan = Plan::new();
        let data = plan.folder().join("new");
        let plan = plan
            .without("COATROOM_SECRET")
            .without("DATABASE_URL")
            .without("COATROOM_MIGRATE")
            .with("COATROOM_PROFILE", "demo")
            .with("COATROOM_DATA", data.to_str().expect("text"));
        are_one(&plan).await;
        let names = fs::read_dir(&data).expect("a folder").map(|entry| {
            let entry = entry.expect("an entry");
            let mode = entry.metadata().expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
            entry.file_name().into_string().expect("text")
        });
        let mut secrets: Vec<_> = names.filter(|name| name.contains("secret")).collect();
        secrets.sort();
        assert_eq!(secrets, ["secret"], "one secret, and no draft of another");
        let mode = fs::metadata(&data).expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_first_starts_at_once_on_one_file_serve_as_one() {
    for _ in 0..ROUNDS {
        are_one(&Plan::new()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_first_starts_at_once_on_one_server_serve_as_one() {
    let Some(database) = Database::create().await else { return };
    are_one(&Plan::new().with("DATABASE_URL", &database.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn production_makes_a_database_only_when_it_is_told_to() {
    let plan = production();
    for _ in 0..2 {
        for arguments in [&["serve"][..], &["keys", "list"]] {
            let output = plan.run(arguments).await;
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("there is no database") && said.lines().count() == 1, "{said}");
            assert!(said.contains("coatroom migrate") && !plan.file().exists(), "{said}");
        }
        let output = plan.run(&["migrate"]).await;
        assert!(output.status.success(), "{output:?}");
        let mut house = plan.open().await;
        Browser::at(house.address()).sign_up("ada").await;
        house.kill().await;
        // It is lost, with its logs: an empty one would hide that.
        for entry in fs::read_dir(plan.folder()).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.to_str().is_some_and(|path| path.contains("coatroom.sqlite")) {
                fs::remove_file(path).expect("removed");
            }
        }
    }
}

#[tokio::test]
async fn with_migrating_off_every_command_refuses_an_older_database() {
    let plan = Plan::new();
    assert!(plan.run(&["migrate"]).await.status.success());
    let plan = plan.with("COATROOM_MIGRATE", "off");
    assert!(plan.run(&["keys", "list"]).await.status.success());
    let mut file =
        SqliteConnectOptions::new().filename(plan.file()).connect().await.expect("opens");
    let last = "delete from coatroom_migrations \
                where version = (select max(version) from coatroom_migrations)";
    file.execute(last).await.expect("deleted");
    for arguments in [&["serve"][..], &["keys", "list"], &["users", "set-role", "a@b.c", "user"]] {
        let output = plan.run(arguments).await;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("older than this program") && said.contains("coatroom migrate"));
    }
}

/// Makes the database of a release whose tables had names without a prefix.
async fn make_former(plan: &Plan) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../src/store/sqlite/legacy"));
    let migrations = Migrator::new(folder).await.expect("migrations");
    let file = SqliteConnectOptions::new().filename(plan.file()).create_if_missing(true);
    migrations.run(&mut file.connect().await.expect("opens")).await.expect("applied");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_server_or_migrate_brings_an_older_database_up_to_date() {
    for upgrade in [Some("migrate"), None] {
        let plan = Plan::new();
        make_former(&plan).await;
        for arguments in [
            &["keys", "list"][..],
            &["keys", "rotate"],
            &["users", "set-role", "a@b.c", "user"],
            &["sessions", "end", "--all"],
        ] {
            let output = plan.run(arguments).await;
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            assert!(said.contains("older than this program"), "{said}");
            assert!(said.contains("coatroom migrate") && said.lines().count() == 1, "{said}");
        }
        match upgrade {
            Some(command) => assert!(plan.run(&[command]).await.status.success()),
            None => drop(plan.open().await),
        }
        assert!(plan.run(&["keys", "list"]).await.status.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_secret_with_the_former_named_signs_no_user_out() {
    let plan = Plan::new();
    let mut house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    browser.whoami().await.expect("an answer").is_ok();
    house.kill().await;

    let plan = plan
        .with("COATROOM_SECRET", "another secret than before, 9876543210 abcdef")
        .with("COATROOM_OLD_SECRETS", SECRET);
    let house = plan.open().await;
    browser.go(house.address());
    browser.whoami().await.expect("an answer").is_ok();
    browser.refresh().await.expect("an answer").is_ok();
    let listed = plan.run(&["keys", "list"]).await;
    assert_eq!(text(&listed.stdout).matches("active").count(), 1, "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_by_the_servers_schedule_and_not_by_the_shells() {
    let plan = Plan::new().with("COATROOM_JWKS_MAX_AGE", "1h").with("COATROOM_ACCESS_TTL", "10m");
    let _house = plan.open().await;
    let plan = plan.without("COATROOM_JWKS_MAX_AGE").without("COATROOM_ACCESS_TTL");
    let times = async |arguments: &[&str]| {
        let output = plan.run(arguments).await;
        assert!(output.status.success(), "{output:?}");
        let keys: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let newest = keys.as_array().and_then(|keys| keys.last()).expect("a key").clone();
        let time = |name: &str| newest[name].as_i64().expect("a time");
        (newest["kid"].clone(), time("active_at") - time("staged_at"))
    };
    let (kid, wait) = times(&["keys", "rotate", "--json"]).await;
    assert_eq!(wait, 3_600_000, "for as long as others keep the servers' keys");
    // A greater figure that is asked for stands; a smaller one would not be waited for by others.
    let kid = kid.as_str().expect("a name");
    assert!(plan.run(&["keys", "retire", kid]).await.status.success());
    let (_, wait) = times(&["keys", "rotate", "--json", "--jwks-max-age", "2h"]).await;
    assert_eq!(wait, 7_200_000);
}

#[tokio::test]
async fn a_database_that_others_can_read_is_told_of() {
    let plan = Plan::new().after("umask 0");
    let mut house = plan.open().await;
    Browser::at(house.address()).sign_up("ada").await;
    house.kill().await;
    let mode = fs::metadata(plan.file()).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "whatever the umask");
    assert!(!plan.said().contains("chmod"), "{}", plan.said());
    fs::set_permissions(plan.file(), fs::Permissions::from_mode(0o644)).expect("changed");
    let _house = plan.open().await;
    let said = plan.said();
    assert!(said.contains(&format!("chmod 600 {}", plan.file().display())), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_loses_no_file_to_a_build() {
    let plan = Plan::new();
    // A build, with the program in it.
    let built = plan.folder().join("built");
    let site = plan.folder().join("site");
    fs::create_dir(&built).expect("a folder");
    let program = Path::new(env!("CARGO_BIN_EXE_coatroom"));
    for name in ["coatroom", "hash.txt"] {
        let _no_hashes = fs::copy(program.with_file_name(name), built.join(name));
    }
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/serve-copy"));
    let mut house = plan.open_by(&[script, &built.join("coatroom"), &site]).await;
    let file = fs::read_dir(site.join("pkg")).expect("a folder").next().expect("a file");
    let path = format!("/pkg/{}", file.expect("a file").file_name().display());

    // The next build begins.
    fs::remove_dir_all(&site).expect("removed");
    fs::remove_file(built.join("coatroom")).expect("removed");
    let answer = Browser::at(house.address()).get(&path).await.expect("an answer");
    assert_eq!(answer.status, 200, "{path}");
    house.end().await;
    assert_eq!(
        fs::read_dir(&built)
            .expect("a folder")
            .filter(|entry| {
                let name = entry.as_ref().expect("an entry").file_name();
                name.to_string_lossy().starts_with("serving")
            })
            .count(),
        0,
        "the copy is gone"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_deletes_what_ended_long_ago_and_nothing_else() {
    let plan = Plan::new();
    let mut house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let mut other = Browser::at(house.address());
    other.sign_in("ada").await;
    other.sign_out().await.expect("an answer").is_ok();
    house.end().await;

    let file = || SqliteConnectOptions::new().filename(plan.file());
    let mut database = file().connect().await.expect("opens");
    let ended = "update coatroom_session set revoked_at = 1 where revoked_at is not null";
    assert_eq!(database.execute(ended).await.expect("changed").rows_affected(), 1);
    let house = plan.open().await;
    until("the end of the row", async || {
        let count = sqlx::query_scalar("select count(*) from coatroom_session");
        let left: i64 = count.fetch_one(&mut database).await.expect("counted");
        (left == 1).then_some(())
    })
    .await;
    browser.go(house.address());
    browser.whoami().await.expect("an answer").is_ok();
    browser.refresh().await.expect("an answer").is_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_are_pruned_after_the_operators_retention() {
    let plan = Plan::new();
    let mut house = plan.open().await;
    let mut browser = Browser::at(house.address());
    for name in ["ada", "bob"] {
        browser.sign_up(name).await;
        browser.sign_out().await.expect("an answer").is_ok();
    }
    house.end().await;

    let mut database =
        SqliteConnectOptions::new().filename(plan.file()).connect().await.expect("opens");
    // One of them two days ago.
    let ended = "update coatroom_session set revoked_at = revoked_at - 172800000 \
                 where id = (select min(id) from coatroom_session)";
    assert_eq!(database.execute(ended).await.expect("changed").rows_affected(), 1);
    let plan = plan.with("COATROOM_RETENTION", "1d");
    let _house = plan.open().await;
    until("the end of the row", async || {
        let count = sqlx::query_scalar("select count(*) from coatroom_session");
        let left: i64 = count.fetch_one(&mut database).await.expect("counted");
        (left == 1).then_some(())
    })
    .await;
}
