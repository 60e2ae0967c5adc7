//! Readiness: `/readyz` names what is wrong with a node, and takes it back when that passes.

use std::{env, fs, path::Path};

use sqlx::Executor as _;

use crate::support::{browser::Browser, cluster::Database, house::Plan};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_behind_on_changes_says_so_and_still_serves() {
    let Some(database) = Database::create().await else { return };
    let plan = plan(&database);
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    house.readiness("ready").await;

    // All of the database answers but the log of changes.
    let mut other = database.connect().await;
    other
        .execute("begin; lock table coatroom_change in access exclusive mode")
        .await
        .expect("locked");
    house.readiness("not ready: stale").await;
    browser.whoami().await.expect("an answer").is_ok();
    other.execute("rollback").await.expect("released");
    house.readiness("ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_wrong_clock_says_so_and_others_do_not() {
    let Some(database) = Database::create().await else { return };
    let Some(faketime) = faketime() else { return };
    let right = plan(&database);
    let house = right.open().await;
    for (name, seconds) in [("ada", "+60"), ("bob", "-60")] {
        let wrong = plan(&database)
            .with("LD_PRELOAD", &faketime)
            .with("FAKETIME", seconds)
            .with("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        // If clocks may differ by as much, it is not wrong.
        let wide = wrong.with("COATROOM_CLOCK_SKEW", "2m");
        wide.open().await.readiness("ready").await;
        let wrong = wide.without("COATROOM_CLOCK_SKEW");
        let wrong = wrong.open().await;
        wrong.readiness("not ready: clock").await;
        house.readiness("ready").await;
        // It serves the clients that it is sent all the same.
        let mut browser = Browser::at(wrong.address());
        browser.sign_up(name).await;
        browser.whoami().await.expect("an answer").is_ok();
    }
}

/// A node that asks often, and is behind if it was not answered for two seconds.
fn plan(database: &Database) -> Plan {
    Plan::new()
        .with("DATABASE_URL", &database.url())
        .with("COATROOM_FEED_POLL", "200ms")
        .with("COATROOM_FEED_BOUND", "2s")
}

/// The library that gives a program another clock, which `scripts/setup test` installs.
#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn faketime() -> Option<String> {
    let library = "faketime/libfaketimeMT.so.1";
    let folders = fs::read_dir("/usr/lib").expect("a folder").flatten().map(|entry| entry.path());
    let found = env::var("COATROOM_FAKETIME").ok().or_else(|| {
        folders
            .chain([Path::new("/usr/lib").to_owned()])
            .map(|folder| folder.join(library))
            .find(|path| path.exists())
            .map(|path| path.display().to_string())
    });
    if found.is_none() {
        assert!(env::var_os("CI").is_none(), "libfaketime is missing");
        eprintln!("SKIPPED: no libfaketime; run scripts/setup test");
    }
    found
}
