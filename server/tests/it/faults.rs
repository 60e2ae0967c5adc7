//! A database that is locked, read-only, full or corrupted: 503 or a plain refusal to start, never a sign-out, never a
//! deleted cookie, and recovery by itself.

use std::{
    env,
    fs::{self, OpenOptions, Permissions},
    io::{Seek as _, SeekFrom, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    process::Command,
};

use sqlx::{ConnectOptions as _, Executor as _, sqlite::SqliteConnectOptions};

use crate::support::{browser::Browser, house::Plan, until};

/// A plan with rotations as soon as a generation was seen.
fn plan() -> Plan {
    Plan::new().with("COATROOM_GRACE", "1ms")
}

/// Refreshes until the ticket was exchanged: each time it is proven delivered first.
async fn rotates(browser: &mut Browser) {
    until("a rotation", async || {
        browser.whoami().await.expect("an answer").is_ok();
        let answer = browser.refresh().await.expect("an answer");
        answer.is_ok();
        (answer.row() == 6).then_some(())
    })
    .await;
}

/// Asks for a refresh until the house says that it cannot write; nothing else may happen meanwhile.
async fn becomes_unavailable(browser: &mut Browser) {
    until("the refusal", async || {
        browser.whoami().await.expect("an answer").is_ok();
        let answer = browser.refresh().await.expect("an answer");
        if answer.status.is_success() {
            return None;
        }
        answer.is_unavailable();
        Some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_locked_from_outside_is_unavailable_until_released() {
    let plan = plan();
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    rotates(&mut browser).await;
    let mut other =
        SqliteConnectOptions::new().filename(plan.file()).connect().await.expect("opens");
    other.execute("begin immediate").await.expect("locked");
    let before = browser.cookie("__Host-Http-coatroom-refresh-").to_owned();
    becomes_unavailable(&mut browser).await;
    assert_eq!(browser.cookie("__Host-Http-coatroom-refresh-"), before);
    other.execute("rollback").await.expect("released");
    rotates(&mut browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_signs_no_user_out_and_is_over_once_there_is_room() {
    // A limit on the size of files, which the program gets as an error like that of a full disk.
    let plan = plan().after("trap '' XFSZ; ulimit -S -f 1200");
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    rotates(&mut browser).await;
    // Events fill the file.
    becomes_unavailable(&mut browser).await;
    let mut guest = Browser::at(house.address());
    let form = "email=bob%40example.com&password=a+quiet+harbour+at+dawn";
    guest.post("/api/sign_up", form).await.expect("an answer").is_unavailable();
    house.readiness("not ready: store").await;
    let limit = ["--fsize=unlimited:unlimited", "--pid"];
    let room = Command::new("prlimit").args(limit).arg(house.pid().to_string()).status();
    assert!(room.expect("prlimit").success());
    rotates(&mut browser).await;
    house.readiness("ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_written_to_again_at_the_first_request() {
    // A disk of its own, in a name space of its own: nothing is mounted for other processes.
    let alone = ["--map-root-user", "--mount", "true"];
    if !Command::new("unshare").args(alone).status().is_ok_and(|status| status.success()) {
        assert!(env::var_os("CI").is_none(), "no name spaces here: a full disk is not tested");
        let said = writeln!(std::io::stderr(), "SKIPPED, no name spaces here: a full disk");
        return said.expect("said");
    }
    let plan = plan();
    let disk = plan.folder().join("disk");
    fs::create_dir(&disk).expect("a folder");
    let mount = format!("mount -t tmpfs -o size=16m none {}", disk.display());
    let within = format!(r#"{mount} && exec "$0" "$@""#);
    let line = format!(r#"exec unshare --map-root-user --mount sh -c '{within}' "$0" "$@""#);
    let database = format!("sqlite:{}", disk.join("coatroom.sqlite").display());
    let plan = plan.with("DATABASE_URL", &database).after(&line);
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    rotates(&mut browser).await;

    let disk = disk.strip_prefix("/").expect("absolute");
    let filler = format!("/proc/{}/root/{}/filler", house.pid(), disk.display());
    let mut file = fs::File::create(&filler).expect("made");
    while file.write_all(&[0; 4096]).is_ok() {}
    becomes_unavailable(&mut browser).await;
    house.readiness("not ready: store").await;
    fs::remove_file(&filler).expect("removed");
    drop(file);
    // The write succeeds at the first request: no attempt is spent on finding out.
    let mut guest = Browser::at(house.address());
    guest.sign_in("ada").await;
    rotates(&mut browser).await;
    house.readiness("ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_garbage_pages_is_unavailable_and_ends_no_session() {
    let plan = plan();
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let mut guest = Browser::at(house.address());
    // Moves everything into the file itself; then all but its first page is overwritten.
    let mut other =
        SqliteConnectOptions::new().filename(plan.file()).connect().await.expect("opens");
    other.execute("pragma wal_checkpoint(truncate)").await.expect("checkpointed");
    let sound = fs::read(plan.file()).expect("read");
    let mut file = OpenOptions::new().write(true).open(plan.file()).expect("opened");
    file.seek(SeekFrom::Start(4096)).expect("there");
    file.write_all(&vec![0xa5; sound.len() - 4096]).expect("written");
    file.sync_all().expect("synced");
    let before = browser.cookie("__Host-Http-coatroom-refresh-").to_owned();
    becomes_unavailable(&mut browser).await;
    assert_eq!(browser.cookie("__Host-Http-coatroom-refresh-"), before);
    let form = "email=bob%40example.com&password=a+quiet+harbour+at+dawn";
    guest.post("/api/sign_in", form).await.expect("an answer").is_unavailable();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_in_one_line_and_kept() {
    let plan = plan();
    fs::write(plan.file(), "a shopping list, and no database at all\n".repeat(200))
        .expect("written");
    let before = fs::read(plan.file()).expect("read");
    let output = plan.run(&["serve"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.starts_with("coatroom: DATABASE_URL: ") && said.contains("not a database"),
        "{said}"
    );
    assert_eq!(fs::read(plan.file()).expect("read"), before);
}

#[tokio::test]
async fn a_database_that_may_not_be_written_is_refused_at_the_start() {
    let plan = plan();
    drop(plan.open().await);
    for entry in fs::read_dir(plan.folder()).expect("a folder") {
        let path = entry.expect("an entry").path();
        fs::set_permissions(&path, Permissions::from_mode(0o555)).expect("changed");
    }
    fs::set_permissions(plan.folder(), Permissions::from_mode(0o555)).expect("changed");
    // Permissions mean nothing to root, unless it gave that up.
    let root = fs::metadata("/proc/self").expect("a process").uid() == 0;
    let humbly = r#"exec setpriv --bounding-set -dac_override,-dac_read_search "$0" "$@""#;
    let plan = if root { plan.after(humbly) } else { plan };
    let output = plan.run(&["serve"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("coatroom: DATABASE_URL: ") && said.lines().count() == 1, "{said}");
    fs::set_permissions(plan.folder(), Permissions::from_mode(0o755)).expect("changed");
}
