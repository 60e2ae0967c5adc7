//! Databases of the releases whose tables had no prefix: every row is kept, addresses get their one spelling, and no
//! session or token is lost.

use std::borrow::Cow;

use coatroom::{
    Role, SessionId, UserId,
    principal::Means,
    session::{EndReason, Revocation},
    store::{
        Change, EventKind, FullStore, Migrate, SchemaError, SessionStore as _, Store as _,
        StoreError, account_at,
        conformance::sample::{at, hash, log},
        postgres::PostgresStore,
        sqlite::{SqliteOptions, SqliteStore},
    },
};
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, SqliteConnection,
    migrate::{Migrate as _, Migrator},
};

use crate::support::postgres::{Database, options};

static SQLITE: Migrator = sqlx::migrate!("src/store/sqlite/legacy");
static POSTGRES: Migrator = sqlx::migrate!("src/store/postgres/legacy");

/// Addresses as they were kept, in the order in which their accounts were made, each with what becomes of it.
const KEPT: [(&str, &str); 9] = [
    ("ann@b\u{fc}cher.example", "ann@xn--bcher-kva.example"),
    ("rene\u{301}@example.com", "ren\u{e9}@example.com"),
    ("gr\u{fc}\u{df}e@example.com", "gr\u{fc}\u{df}e@example.com"),
    ("plain@example.com", "plain@example.com"),
    // The one that has the one spelling keeps it, even if it is younger.
    ("bob@b\u{fc}cher.example", "bob@b\u{fc}cher.example"),
    ("bob@xn--bcher-kva.example", "bob@xn--bcher-kva.example"),
    // Otherwise the oldest gets it.
    ("cle\u{301}@xn--bcher-kva.example", "cl\u{e9}@xn--bcher-kva.example"),
    ("cl\u{e9}@b\u{fc}cher.example", "cl\u{e9}@b\u{fc}cher.example"),
    // No name of the DNS.
    ("dan@xn--\u{fc}.example", "dan@xn--\u{fc}.example"),
];

/// The id of an account: bytes of which no two are alike.
fn user(number: usize) -> UserId {
    let first = u8::try_from(number).expect("few").wrapping_mul(29);
    UserId::from_bytes(std::array::from_fn(|at| {
        first.wrapping_add(u8::try_from(at).expect("16") * 17)
    }))
}

fn sid(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The rows of a database of a release with so many migrations; `bytes` writes bytes as its SQL does.
fn rows(last: i64, bytes: impl Fn(&[u8]) -> String) -> String {
    let mut sql = Vec::new();
    for (number, (kept, now)) in KEPT.into_iter().enumerate() {
        // The seventh respelled them.
        let kept = if last < 7 { kept } else { now };
        let (id, hash) = (bytes(user(number).as_bytes()), hash(&number.to_string()));
        sql.push(format!(
            "insert into account (id, email, password_hash, role, created_at) \
             values ({id}, '{kept}', '{}', 'user', {number})",
            hash.as_str()
        ));
    }
    let id = bytes(user(0).as_bytes());
    sql.push(format!(
        "update account set role = 'admin', authz_version = 3, authz_changed_at = 9 where id = {id}"
    ));
    for number in [1, 2] {
        let sid = bytes(sid(number).as_bytes());
        let nonce = bytes(&[7; 32]);
        sql.push(format!(
            "insert into session (id, user_id, created_at, authenticated_at, nonce, pepper_kid, generation, \
             rotated_at, acknowledged_at, replays, persistence, idle_expires_at, absolute_expires_at, client_label, \
             user_agent_hash, ip_prefix, last_seen_at) values ({sid}, {id}, 1, 2, {nonce}, 'k', 4, 5, 6, 7, \
             'remembered', {end}, {end}, 'Firefox', 'h', '192.0.2.0/24', 8)",
            end = i64::MAX
        ));
        sql.push(format!(
            "insert into session_event (session_id, at, kind, generation, cause, client_label, user_agent_hash, \
             ip_prefix) values ({sid}, 5, 'rotated', 4, 'document', 'Firefox', 'h', '192.0.2.0/24')"
        ));
    }
    let ended = bytes(sid(2).as_bytes());
    sql.push(format!(
        "update session set revoked_at = 17, revoked_reason = 'signed_out' where id = {ended}"
    ));
    sql.join("; ")
}

/// Rows that only the last of those releases had.
fn late_rows(bytes: impl Fn(&[u8]) -> String) -> String {
    let (id, gone) = (bytes(user(0).as_bytes()), bytes(user(20).as_bytes()));
    format!(
        "insert into account_event values ({id}, 'sign_in_failed', '192.0.2.0/24', 0, 1, 2, 3); \
         insert into epoch (number, at, since) values (5, 20, 10); \
         insert into used values ('code', 'once', 30); \
         insert into change (kind, id, at) values ('deleted', {gone}, 40)"
    )
}

async fn kept(store: &dyn FullStore) {
    for (number, ((kept, now), id)) in KEPT.into_iter().zip((0..).map(user)).enumerate() {
        let found = store.user(id).await.expect("answers").expect("kept");
        assert_eq!(found.email.as_str(), now);
        // Text that found an account before finds the same one, and so does the one spelling.
        for typed in [kept, now, &format!(" {} ", kept.to_ascii_uppercase())] {
            let found = account_at(store, typed).await.expect("answers");
            let (found, password) = found.unwrap_or_else(|| panic!("{typed} finds no account"));
            assert_eq!((found.id, password), (id, hash(&number.to_string())), "{typed}");
        }
    }
    for unknown in ["", "nobody", "eve@b\u{fc}cher.example", "eve@xn--\u{fc}.example"] {
        assert_eq!(account_at(store, unknown).await.expect("answers"), None);
    }
    assert_eq!(store.user(user(0)).await.expect("answers").expect("kept").role, Role::ADMIN);

    let lives = store.session(sid(1)).await.expect("answers").expect("kept");
    assert_eq!((&lives.subject, &lives.means), (&user(0).into(), &Means::PASSWORD));
    assert_eq!((&lives.authority.role, lives.authority.version), (&Role::ADMIN, 3));
    assert_eq!((lives.newest_authority, lives.is_outdated()), (3, false));
    assert_eq!(
        (lives.generation, lives.acknowledged_at, lives.revoked),
        (4, Some(at_millis(6)), None)
    );
    assert_eq!((lives.nonce.as_bytes(), lives.pepper_kid.as_str()), (&[7; 32], "k"));
    let events = store.events(sid(1), 9).await.expect("answers");
    assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::Rotated]);
    let over = store.session(sid(2)).await.expect("answers").expect("kept");
    let revoked = Revocation { at: at_millis(17), reason: EndReason::SignedOut };
    assert_eq!(over.revoked, Some(revoked));
    let listed = store.sessions_of(&user(0).into()).await.expect("answers");
    assert_eq!(listed, [lives]);
    let revoked = Change::Revoked { id: sid(2), at: at_millis(17) };
    assert!(log(store).await.contains(&revoked), "a node that starts hears of it");
}

async fn kept_late(store: &dyn FullStore) {
    let of_account = store.account_events(user(0), 9).await.expect("answers");
    assert_eq!(of_account.iter().map(|event| event.times).collect::<Vec<_>>(), [3]);
    assert_eq!(store.changes(None, 1).await.expect("answers").epoch, 5);
    assert!(!store.consume("code", "once", at(1)).await.expect("answers"));
    let deleted = Change::Deleted { subject: user(20).into(), at: at_millis(40) };
    assert!(log(store).await.contains(&deleted));
}

fn at_millis(millis: i64) -> coatroom::Timestamp {
    coatroom::Timestamp::from_millis(millis)
}

/// The migrations of a release that had so many of them.
fn until(all: &Migrator, last: i64) -> Migrator {
    let some: Vec<_> = all.iter().filter(|one| one.version <= last).cloned().collect();
    Migrator { migrations: Cow::Owned(some), ..Migrator::DEFAULT }
}

#[tokio::test]
async fn a_file_of_each_former_release_is_adopted_with_its_rows() {
    let blob = |bytes: &[u8]| format!("x'{}'", hex(bytes));
    for last in [4, 6, 9] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("coatroom.db");
        let url = format!("sqlite:{}?mode=rwc", file.display());
        let mut raw = SqliteConnection::connect(&url).await.expect("made");
        until(&SQLITE, last).run_direct(None, &mut raw, false).await.expect("migrated");
        let late = if last == 9 { late_rows(blob) } else { String::new() };
        raw.execute(AssertSqlSafe(format!("{}; {late}", rows(last, blob)))).await.expect("written");
        let mut looked_at = SqliteOptions::default();
        looked_at.migrate = Migrate::Off;
        let error = SqliteStore::open_with(&file, looked_at).await.expect_err("not changed");
        assert!(matches!(error, StoreError::Schema(SchemaError::Older { lacks: 1 })), "{error}");
        for _ in 0..2 {
            let store = SqliteStore::open(&file).await.expect("adopted");
            kept(&store).await;
            if last == 9 {
                kept_late(&store).await;
            }
            store.close().await;
        }
        let store = SqliteStore::open(&file).await.expect("opened");
        assert_eq!(store.outdate(&user(0).into(), at_millis(1)).await.expect("answers"), 4);
        // A former release that is started on it by mistake is told so.
        let applied = raw.list_applied_migrations("_sqlx_migrations").await.expect("answers");
        assert!(applied.iter().any(|one| !SQLITE.version_exists(one.version)), "it is newer");
        let left = "select name from sqlite_master where type in ('table', 'trigger', 'index') \
                    and name not like 'coatroom%' and name not like 'sqlite%' and name <> '_sqlx_migrations'";
        assert_eq!(raw.fetch_all(left).await.expect("answers").len(), 0, "nothing else is left");
    }
}

#[tokio::test]
async fn a_server_of_each_former_release_is_adopted_with_its_rows() {
    let bytea = |bytes: &[u8]| format!("'\\x{}'", hex(bytes));
    for last in [4, 6, 9] {
        let Some(database) = Database::create().await else { return };
        let mut raw = database.raw().await;
        until(&POSTGRES, last).run(&mut raw).await.expect("migrated");
        let late = if last == 9 { late_rows(bytea) } else { String::new() };
        raw.execute(AssertSqlSafe(format!("{}; {late}", rows(last, bytea))))
            .await
            .expect("written");
        let mut looked_at = options();
        looked_at.migrate = Migrate::Off;
        let error = PostgresStore::connect_with(&database.url(), looked_at).await;
        let error = error.expect_err("not changed");
        assert!(matches!(error, StoreError::Schema(SchemaError::Older { lacks: 1 })), "{error}");
        // Several nodes at once.
        let (first, second) = tokio::join!(database.store(), database.store());
        kept(&first).await;
        kept(&second).await;
        if last == 9 {
            kept_late(&first).await;
        }
        let left = "select proname::text from pg_proc where proname like 'tell%' \
                    union select relname::text from pg_class where relnamespace = 'public'::regnamespace \
                    and relname not like 'coatroom%' and relname not like '_sqlx%'";
        assert_eq!(raw.fetch_all(left).await.expect("answers").len(), 0, "nothing else is left");
    }
}
