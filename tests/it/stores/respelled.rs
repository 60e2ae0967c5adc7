//! Addresses from before they had one spelling: each is respelled, and no user is locked out.

use coatroom::{
    Role, User,
    store::{
        Store, account_at,
        conformance::sample::{hash, user},
        sqlite::SqliteStore,
    },
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, sqlite::SqliteConnectOptions};

use crate::support::postgres::Database;

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

/// Adds the accounts, and returns what puts them back into the state of an older release.
async fn before(store: &dyn Store) -> (Vec<User>, String) {
    let mut users = Vec::new();
    let mut sql = vec!["delete from _sqlx_migrations where version = 7".to_owned()];
    for (number, (kept, _)) in KEPT.into_iter().enumerate() {
        let user = user(&format!("no.{number}@example.com"), Role::User);
        store.add_user(&user, &hash(&number.to_string())).await.expect("added");
        sql.push(format!(
            "update account set email = '{kept}', created_at = {number} \
             where email = 'no.{number}@example.com'"
        ));
        users.push(user);
    }
    (users, sql.join("; "))
}

async fn after(store: &dyn Store, users: &[User]) {
    for (number, ((kept, now), user)) in KEPT.into_iter().zip(users).enumerate() {
        let found = store.user(user.id).await.expect("answers").expect("kept");
        assert_eq!(found.email.as_str(), now);
        // Text that found an account before finds the same one, and so does the one spelling.
        for typed in [kept, now, &format!(" {} ", kept.to_ascii_uppercase())] {
            let (found, password) = account_at(store, typed)
                .await
                .expect("answers")
                .unwrap_or_else(|| panic!("{typed} finds nobody"));
            assert_eq!((found.id, password), (user.id, hash(&number.to_string())), "{typed}");
        }
    }
    for nobody in ["", "nobody", "eve@b\u{fc}cher.example", "eve@xn--\u{fc}.example"] {
        assert_eq!(account_at(store, nobody).await.expect("answers"), None);
    }
}

#[tokio::test]
async fn a_file_from_before_one_spelling_is_respelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&file).await.expect("made");
    let (users, sql) = before(&store).await;
    store.close().await;
    let raw = SqliteConnectOptions::new().filename(&file).connect().await;
    raw.expect("a connection").execute(AssertSqlSafe(sql)).await.expect("changed");
    for _ in 0..2 {
        let store = SqliteStore::open(&file).await.expect("brought up to date");
        after(&store, &users).await;
        store.close().await;
    }
}

#[tokio::test]
async fn a_server_from_before_one_spelling_is_respelled() {
    let Some(database) = Database::create().await else { return };
    let store = database.store().await;
    let (users, sql) = before(&store).await;
    store.close().await;
    database.raw().await.execute(AssertSqlSafe(sql)).await.expect("changed");
    // Several nodes at once.
    let (first, second) = tokio::join!(database.store(), database.store());
    after(&first, &users).await;
    after(&second, &users).await;
}
