use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use coatroom::{
    Accounts, AuthConfig, Credentials, Role, ServerSecret, Timestamp, clock::TestClock,
    store::memory::MemoryStore,
};

use self::browser::{Answer, BOTH, Browser};

#[path = "../../tests/it/support/browser.rs"]
#[expect(dead_code, reason = "the library's tests ask more of it")]
mod browser;

/// The life of an access token.
const ACCESS: Duration = Duration::from_mins(15);

/// A browser in front of the example, which knows Ada, and the clock.
async fn browser() -> (Browser, Arc<TestClock>) {
    let secret = ServerSecret::new(ServerSecret::generate()).expect("random");
    let mut config = AuthConfig::new("https://coatroom.example", secret);
    // The cost of a hash is of no interest here.
    (config.hashing.memory_kib, config.hashing.iterations) = (8, 1);
    let clock = Arc::new(TestClock::new(Timestamp::from_seconds(1_800_000_000)));
    let store = Arc::new(MemoryStore::new());
    let accounts = Accounts::with_clock(config, store, clock.clone()).await.expect("an engine");
    let ada = Credentials::new("ada@example.com", "a quiet harbour at dawn");
    accounts.add_user(&ada, Role::USER).await.expect("a new account");
    (Browser::new(super::router(accounts)), clock)
}

async fn sign_in(browser: &mut Browser, password: &str) -> Answer {
    browser.submit("/api/sign_in", &format!("email=ada%40example.com&password={password}")).await
}

#[tokio::test]
async fn the_document_has_the_name_past_an_expiry_until_sign_out() {
    let (mut browser, clock) = browser().await;
    let nobody = browser.open("/").await;
    assert_eq!(nobody.status, StatusCode::OK);
    assert!(nobody.body.contains(r#"action="/api/sign_in""#), "{}", nobody.body);

    let signed_in = sign_in(&mut browser, "a+quiet+harbour+at+dawn").await;
    assert_eq!((signed_in.status, signed_in.header("location")), (StatusCode::FOUND, Some("/")));
    assert_eq!(signed_in.sets(), BOTH);
    assert!(says_ada(&browser.open("/").await));

    clock.advance(ACCESS);
    let page = browser.open("/").await;
    assert!(says_ada(&page));
    assert!(page.sets().contains(&"access"), "refreshed on the way");

    assert_eq!(browser.submit("/api/sign_out", "").await.header("location"), Some("/"));
    assert!(browser.jar.is_empty(), "{:?}", browser.jar);
    assert!(!says_ada(&browser.open("/").await));
}

#[tokio::test]
async fn wrong_passwords_are_told_on_the_page_and_cross_site_refused() {
    let (mut browser, _) = browser().await;
    let refused = sign_in(&mut browser, "a+loud+harbour+at+noon").await;
    assert_eq!((refused.status, refused.cookie_names().len()), (StatusCode::FOUND, 0));
    let back = refused.header("location").expect("a redirect").to_owned();
    let page = browser.open(&back).await;
    assert!(page.body.contains(">unknown user or wrong password<"), "{back}: {}", page.body);

    let foreign = browser::document("/api/sign_in").method("POST");
    let foreign = browser.send(foreign.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
}

fn says_ada(page: &Answer) -> bool {
    // Between the words and the name stands the framework's comment.
    page.body.contains("You are signed in as ") && page.body.contains("ada@example.com")
}
