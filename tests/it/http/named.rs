//! Names and domains of an application's choice: applications on one host whose cookies have nothing to do with each
//! other, and cookies for a domain.

use std::collections::BTreeMap;

use axum::{Router, http::StatusCode};
use coatroom::web::{AuthLayer, CookiePolicy, RefreshOn, SameSite};

use super::{NO_COOKIES, deliver, refused, session};
use crate::support::{
    ACCESS, World,
    app::behind,
    browser::{BOTH, Browser},
};

type Jar = BTreeMap<String, String>;

const NAMES: [&str; 2] = ["shop", "shop-admin"];

/// Two applications on one host, and a browser that is signed in at both. They share an engine, so that nothing but the
/// names of their cookies tells them apart.
async fn two_applications() -> (World, Browser) {
    let world = World::in_memory().await;
    let router = NAMES.into_iter().fold(Router::new(), |router, name| {
        let policy = CookiePolicy::for_application(name).expect("a name");
        let layer = AuthLayer::new(world.auth.clone()).with_cookie_policy(policy);
        router.nest(
            &format!("/{name}"),
            behind(&world.accounts, layer.refresh_on(RefreshOn::Documents)),
        )
    });
    let mut browser = Browser::new(router);
    for path in ["/shop/sign-up", "/shop-admin/sign-in"] {
        assert_eq!(browser.call("POST", path).await.status, StatusCode::OK);
    }
    assert_eq!(browser.jar.len(), 4);
    (world, browser)
}

/// The cookies of one application.
fn of(browser: &Browser, name: &str) -> Jar {
    let starts = BOTH.map(|kind| format!("__Host-Http-{name}-{kind}-"));
    let own = |name: &String| starts.iter().any(|start| name.starts_with(start));
    browser.jar.clone().into_iter().filter(|(name, _)| own(name)).collect()
}

#[tokio::test]
async fn a_cookie_of_another_application_is_not_read() {
    let (_world, browser) = two_applications().await;
    for [name, other] in [NAMES, [NAMES[1], NAMES[0]]] {
        let mut browser = browser.clone();
        browser.jar = of(&browser, other);
        assert_eq!(browser.open(&format!("/{name}/who")).await.body, "signed out");
        refused(&browser.call("GET", &format!("/{name}/me")).await, "unauthenticated");
        assert_eq!(browser.call("POST", &format!("/{name}/refresh")).await.body, "1");
        let left = browser.open(&format!("/{name}/cookies")).await.body;
        assert_eq!(left.matches("__Host-Http-").count(), 2 * 2, "in the header and in the jar");
    }
}

#[tokio::test]
async fn no_request_sets_or_deletes_another_applications_cookies() {
    for [name, other] in [NAMES, [NAMES[1], NAMES[0]]] {
        for path in ["refresh", "sign-in", "sign-in-for-now", "sign-out", "clear"] {
            let (world, mut browser) = two_applications().await;
            world.advance(ACCESS);
            let [own, theirs] = [name, other].map(|name| of(&browser, name));
            let answer = browser.call("POST", &format!("/{name}/{path}")).await;
            assert!(answer.status.is_success(), "{path}");
            assert_eq!(of(&browser, other), theirs, "{path}");
            assert_eq!(of(&browser, name) == own, path == "clear", "{path}");
        }
        let (_world, mut browser) = two_applications().await;
        let theirs = of(&browser, other);
        let answer = browser.call("POST", &format!("/{name}/sign-out-everywhere")).await;
        assert_eq!(answer.deletes(), BOTH);
        assert_eq!(browser.jar, theirs, "their sessions end, and their cookies stay");
    }
}

#[tokio::test]
async fn cookies_for_a_domain_are_set_and_deleted_with_it() {
    let world = World::in_memory().await;
    let mut policy = CookiePolicy::for_application("shop").expect("a name");
    policy.same_site = SameSite::Strict;
    let policy = policy.for_domain("example.com").expect("a domain");
    let layer = AuthLayer::new(world.auth.clone()).with_cookie_policy(policy);
    let mut browser = Browser::new(behind(&world.accounts, layer));
    let mut answers = vec![browser.call("POST", "/sign-up").await];
    deliver(&world, &mut browser).await;
    world.advance(ACCESS);
    answers.push(browser.call("POST", "/refresh").await);
    assert_eq!(session(&world, &browser).await.generation, 1);
    answers.push(browser.call("POST", "/sign-out").await);
    for answer in answers {
        assert_eq!(answer.cookies().len(), 2);
        for cookie in answer.cookies() {
            assert!(cookie.name.starts_with("__Secure-shop-"), "{cookie:?}");
            let has = |attribute: &&str| cookie.attributes.iter().any(|found| found == attribute);
            let wanted = ["Domain=example.com", "HttpOnly", "Path=/", "SameSite=Strict", "Secure"];
            assert!(wanted.iter().all(has), "{cookie:?}");
        }
    }
    assert!(browser.jar.is_empty());
    assert_eq!(browser.open("/who").await.cookie_names(), NO_COOKIES);
}
