//! Sign-in for users that were there before, in a table of their own.

use std::{net::SocketAddr, sync::Arc};

use axum::{Extension, extract::ConnectInfo, http::StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom::{
    Auth, Subject,
    clock::TestClock,
    session::EndReason,
    store::{Migrate, sqlite::SqliteStore},
};
use serde_json::Value;
use sqlx::SqlitePool;
use tempfile::TempDir;

use crate::{
    http::{NO_COOKIES, sid},
    support::{
        ACCESS, START,
        browser::{BOTH, Browser, document},
        config, until,
    },
};

#[path = "../../../examples/existing_users.rs"]
#[expect(dead_code, reason = "its `main` is for cargo to run")]
mod application;

const ADA: &str = "6c9f2b52-1f0e-4c3e-9a53-5a1b8f7f0c11";
const EVE: &str = "b7a1d2c3-4e5f-4a6b-8c7d-9e0f1a2b3c55";
const PASSWORD: &str = "a quiet harbour at dawn";

/// The application on a file of its own.
struct House {
    pool: SqlitePool,
    auth: Auth,
    clock: Arc<TestClock>,
    /// Attempts are counted for each network in the whole process: each test has one of its own.
    network: u8,
    _folder: TempDir,
}

impl House {
    async fn new(network: u8) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let connect = SqliteStore::connect_options(folder.path().join("users.sqlite"));
        let connect = connect.create_if_missing(true);
        let pool = SqliteStore::pool_options().connect_with(connect).await.expect("a pool");
        sqlx::raw_sql(application::TABLE).execute(&pool).await.expect("a table");
        let store = SqliteStore::from_pool(pool.clone(), Migrate::Auto).await.expect("a store");
        // The tables of the built-in accounts: an application with users of its own needs none.
        let drop = "drop table coatroom_account; drop table coatroom_account_event";
        sqlx::raw_sql(drop).execute(&pool).await.expect("dropped");
        let clock = Arc::new(TestClock::new(START));
        let users = Arc::new(application::Users(pool.clone()));
        let auth = Auth::with_clock(config(), Arc::new(store), users, clock.clone()).await;
        Self { pool, auth: auth.expect("an engine"), clock, network, _folder: folder }
    }

    fn browser(&self) -> Browser {
        let address = SocketAddr::from(([10, 0, self.network, 1], 4000));
        let app = application::app(self.pool.clone(), self.auth.clone());
        Browser::new(app.layer(Extension(ConnectInfo(address))))
    }

    async fn signed_in(&self, username: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.submit("/sign-in", &form(username, PASSWORD)).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, Some("/")));
        assert_eq!(answer.sets(), BOTH);
        browser
    }

    async fn hash(&self, username: &str) -> String {
        let sql = "select password from users where username = ?";
        sqlx::query_scalar(sql).bind(username).fetch_one(&self.pool).await.expect("a user")
    }

    /// Changes a user, as another program does.
    async fn set(&self, sql: &'static str, value: &str, username: &str) {
        let query = sqlx::query(sql).bind(value).bind(username);
        assert_eq!(query.execute(&self.pool).await.expect("changed").rows_affected(), 1);
    }

    /// Waits until the last answer is known to have arrived, and then until its access token expires.
    async fn expire(&self, browser: &mut Browser) {
        browser.open("/").await;
        until("the acknowledgement", || async {
            self.auth.session(sid(browser)).await.ok().flatten()?.acknowledged_at
        })
        .await;
        self.clock.advance(ACCESS);
    }
}

fn form(username: &str, password: &str) -> String {
    format!("username={username}&password={}", password.replace(' ', "+"))
}

/// The claims of the access token in the jar, as each holder can read them.
fn claims(browser: &Browser) -> Value {
    let payload = browser.access().split('.').nth(1).expect("a JWT");
    let json = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&json).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_user_signs_in_by_uuid_and_signs_out() {
    let house = House::new(1).await;
    let mut browser = house.browser();
    assert_eq!(browser.open("/").await.header("location"), Some("/sign-in"));
    assert!(browser.open("/sign-in").await.body.contains(r#"action="/sign-in""#));
    browser = house.signed_in("ada").await;
    let page = browser.open("/").await.body;
    assert!(page.contains("You are ada, owner, on the plan pro."), "{page}");
    let claims = claims(&browser);
    assert_eq!((&claims["sub"], &claims["role"]), (&ADA.into(), &"owner".into()));
    assert_eq!((&claims["app"]["plan"], &claims["amr"][0]), (&"pro".into(), &"pwd".into()));

    house.expire(&mut browser).await;
    let page = browser.open("/").await;
    assert_eq!(page.sets(), BOTH, "refreshed on the way");
    assert!(page.body.contains("You are ada"), "{}", page.body);
    let thief = browser.clone();
    assert_eq!(browser.submit("/sign-out", "").await.header("location"), Some("/sign-in"));
    for mut each in [browser, thief] {
        assert_eq!(each.open("/").await.header("location"), Some("/sign-in"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_user_get_one_answer() {
    let house = House::new(2).await;
    let mut browser = house.browser();
    let wrong = browser.submit("/sign-in", &form("ada", "a loud harbour at noon")).await;
    let unknown = browser.submit("/sign-in", &form("zoe", PASSWORD)).await;
    let empty = browser.submit("/sign-in", &form("", "")).await;
    for answer in [&wrong, &unknown, &empty] {
        assert_eq!((answer.status, &answer.body), (StatusCode::UNAUTHORIZED, &wrong.body));
        assert_eq!(answer.cookie_names(), NO_COOKIES);
    }
    assert_eq!(browser.submit("/sign-in", "username=ada").await.status, StatusCode::BAD_REQUEST);
    assert!(house.hash("ada").await.starts_with("$2b$"), "no right password, no new hash");
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_of_one_network_are_bounded_and_no_others() {
    let mut house = House::new(3).await;
    let mut browser = house.browser();
    for _ in 0..60 {
        // Cheap ones, which count all the same.
        assert_eq!(browser.submit("/sign-in", "").await.status, StatusCode::BAD_REQUEST);
    }
    let refused = browser.submit("/sign-in", &form("ada", PASSWORD)).await;
    assert_eq!((refused.status, refused.cookie_names().len()), (StatusCode::TOO_MANY_REQUESTS, 0));
    house.network = 4;
    house.signed_in("ada").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_hash_is_replaced_at_the_next_right_password() {
    let house = House::new(5).await;
    for (username, make) in [("ada", "$2b$10$"), ("bob", "$scrypt$")] {
        assert!(house.hash(username).await.starts_with(make));
        house.signed_in(username).await;
        let new = house.hash(username).await;
        assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{new}");
        house.signed_in(username).await;
        assert_eq!(house.hash(username).await, new, "of today's make");
    }
    assert!(house.hash("eve").await.starts_with("$2b$"), "did not sign in");
}

/// Otherwise the mistyped password would be the new one, and the right one wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_bcrypt_hash_of_a_longer_password_stays() {
    let house = House::new(6).await;
    let (right, mistyped) = ("a".repeat(80), "a".repeat(79) + "b");
    let old = bcrypt::hash(&right, 4).expect("a hash");
    house.set("update users set password = ? where username = ?", &old, "ada").await;
    let answer = house.browser().submit("/sign-in", &form("ada", &mistyped)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "as bcrypt sees it");
    assert_eq!(house.hash("ada").await, old);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_role_or_plan_is_seen_at_the_next_request() {
    let house = House::new(7).await;
    let (mut ada, mut eve) = (house.signed_in("ada").await, house.signed_in("eve").await);
    let begun = sid(&eve);
    for (path, status) in [("/drafts", StatusCode::FORBIDDEN), ("/users", StatusCode::FORBIDDEN)] {
        assert_eq!(eve.open(path).await.status, status, "{path} for a viewer");
        assert_eq!(ada.open(path).await.status, StatusCode::OK, "{path} for an owner");
        assert_eq!(house.browser().open(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let refused = eve.submit("/users", "username=eve&role=owner").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(eve.open("/").await.body.contains("You are eve, viewer, on the plan free."));

    let changed = ada.submit("/users", "username=eve&role=editor").await;
    assert_eq!(changed.header("location"), Some("/users"));
    assert_eq!(eve.open("/drafts").await.status, StatusCode::OK);
    assert_eq!(eve.open("/users").await.status, StatusCode::FORBIDDEN);
    let unknown = ada.submit("/users", "username=zoe&role=editor").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);

    house.set("update users set plan = ? where username = ?", "pro", "eve").await;
    let subject = Subject::new(EVE).expect("a subject");
    house.auth.invalidate_authority(&subject).await.expect("told");
    assert!(eve.open("/").await.body.contains("You are eve, editor, on the plan pro."));
    assert_eq!(sid(&eve), begun, "signed in once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_is_signed_out_at_the_next_refresh() {
    let house = House::new(8).await;
    let mut ada = house.signed_in("ada").await;
    let (mut eve, mut bob) = (house.signed_in("eve").await, house.signed_in("bob").await);
    ada.submit("/users", "username=eve&role=viewer&deleted=now").await;
    // Another program deletes, and tells nothing.
    let sql = "update users set deleted_at = ? where username = ?";
    house.set(sql, "2026-01-01", "bob").await;
    assert_eq!(bob.open("/").await.status, StatusCode::OK, "until the access token expires");
    house.expire(&mut bob).await;
    for (username, browser) in [("eve", &mut eve), ("bob", &mut bob)] {
        assert_eq!(browser.open("/").await.header("location"), Some("/sign-in"), "{username}");
        let session = house.auth.session(sid(browser)).await.expect("answers").expect("a row");
        assert_eq!(session.end_reason(house.auth.now()), Some(EndReason::OwnerGone), "{username}");
        let again = house.browser().submit("/sign-in", &form(username, PASSWORD)).await;
        assert_eq!(again.status, StatusCode::UNAUTHORIZED, "{username}");
    }
    ada.submit("/users", "username=eve&role=viewer").await;
    house.signed_in("eve").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_posts_change_nothing_for_existing_users() {
    let house = House::new(9).await;
    let mut ada = house.signed_in("ada").await;
    for path in ["/sign-in", "/sign-out", "/users"] {
        let foreign = document(path).method("POST").header("sec-fetch-site", "cross-site");
        assert_eq!(ada.send(foreign).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(ada.open("/").await.status, StatusCode::OK);
    let odd = "update users set username = ? where username = ?";
    house.set(odd, "<b>&eve", "eve").await;
    let mut odd = house.browser();
    odd.submit("/sign-in", &form("%3Cb%3E%26eve", PASSWORD)).await;
    let page = odd.open("/").await.body;
    assert!(page.contains("You are &lt;b>&amp;eve, viewer"), "{page}");
}
