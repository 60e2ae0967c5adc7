//! Tokens from the future, signed with the real key, through everything that reads them: a newer node may have added
//! members, claims and roles, and clients go from one node to the other.

use axum::{Extension, Router, routing::get};
use coatroom::{
    access_token::Verified,
    session::Decision,
    store::Trigger,
    verifier::{REFUSED_MEMBERS, Verifier},
    web::{AuthLayer, AuthSession, CookieKind, CookiePolicy, CurrentUser, Identity},
};
use http::{Request, StatusCode, header};
use tower::ServiceExt as _;

use super::*;

impl Server {
    /// The good token with more members, more claims and another role.
    fn of_the_future(&self, members: &Value, claims: &Value, role: &str) -> String {
        let mut header =
            json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.good.info.kid.as_str() });
        let mut all = serde_json::to_value(&self.good.info.claims).expect("JSON");
        all["role"] = json!(role);
        for (object, more) in [(&mut header, members), (&mut all, claims)] {
            for (name, value) in more.as_object().expect("an object") {
                object[name] = value.clone();
            }
        }
        self.signed(&header.to_string(), &all.to_string())
    }

    /// Returns the claims that every reader finds in a token, or none if every reader refuses it.
    async fn read(&self, text: &str) -> Option<Claims> {
        let token = AccessToken::parse(text).expect("a form");
        let here = match self.auth.authenticate(&token).await.expect("answers") {
            Access::Valid(info) => Some(info.claims.clone()),
            Access::Invalid(_) => None,
            other => panic!("{other:?}"),
        };
        let verifier =
            Verifier::from_jwks(&self.auth.jwks(), "https://coatroom.example", "coatroom");
        let elsewhere = match verifier.expect("a key").verify(&token, NOW) {
            Ok(Verified::Valid(info)) => Some(info.claims.clone()),
            _ => None,
        };
        let ray = xray(&self.auth, text).await.expect("answers");
        let by_name = self.behind_the_layer(text).await;
        assert_eq!(here, elsewhere, "{text}");
        assert_eq!(here.is_some(), ray.refused().is_none(), "{ray:?}");
        let expected = here.as_ref().map(|claims| (claims.role.clone(), claims.sid));
        assert_eq!(by_name, expected, "{text}");
        here
    }

    /// Returns the role and the session that handlers of an application see.
    async fn behind_the_layer(&self, token: &str) -> Option<(Role, SessionId)> {
        let role = |CurrentUser(user): CurrentUser| async move { user.authority.role.to_string() };
        let sid = |Extension(session): Extension<AuthSession>| async move {
            match session.identity() {
                Identity::SignedIn(user) => user.session.to_string(),
                _ => "nobody".into(),
            }
        };
        let app = Router::new()
            .route("/role", get(role))
            .route("/sid", get(sid))
            .layer(AuthLayer::new(self.auth.clone()));
        let session = self.good.info.claims.sid;
        let name = CookiePolicy::default().cookie_name(CookieKind::Access, session);
        let ask = async |path: &str| {
            let request = Request::get(path)
                .header(header::COOKIE, format!("{name}={token}"))
                .body(axum::body::Body::empty());
            let answer = app.clone().oneshot(request.expect("a request")).await.expect("answered");
            let status = answer.status();
            let body = axum::body::to_bytes(answer.into_body(), 1_000).await.expect("a body");
            (status, String::from_utf8(body.to_vec()).expect("text"))
        };
        let ((status, role), (_, sid)) = (ask("/role").await, ask("/sid").await);
        if status == StatusCode::UNAUTHORIZED {
            assert_eq!(sid, "nobody");
            return None;
        }
        Some((Role::new(role).expect("a role"), SessionId::parse(&sid).expect("a session")))
    }
}

#[tokio::test]
async fn a_token_of_a_newer_server_is_read_by_every_reader() {
    let server = Server::new().await;
    let good = server.good.info.claims.clone();
    let (none, more) = (json!({}), json!({ "new": { "alg": "none" }, "cty": "JWT" }));
    let claims = json!({ "shoe": 7, "cnf": { "jkt": "x" }, "scope": ["a", "b"], "client_id": "c" });
    for (members, claims) in [(&none, &none), (&more, &none), (&none, &claims), (&more, &claims)] {
        let token = server.of_the_future(members, claims, "user");
        assert_eq!(server.read(&token).await, Some(good.clone()));
    }
    // The session goes on to be refreshed as any other.
    let refreshed =
        server.auth.refresh(server.good.refresh.clone(), Trigger::Call, Client::default());
    let decision = refreshed.await.expect("answers").decision;
    assert!(matches!(decision, Decision::Debounced { .. }), "{decision:?}");
}

#[tokio::test]
async fn the_name_of_a_role_is_read_as_it_is_by_every_reader() {
    let server = Server::new().await;
    for role in ["owner", "", "admin"] {
        let token = server.of_the_future(&json!({}), &json!({}), role);
        let claims = server.read(&token).await.expect("accepted");
        assert_eq!(claims.role.as_str(), role);
    }
}

#[tokio::test]
async fn no_reader_takes_a_token_that_changes_how_it_is_checked() {
    let server = Server::new().await;
    for &(name, _) in REFUSED_MEMBERS {
        let token = server.of_the_future(&json!({ name: null }), &json!({}), "user");
        assert_eq!(server.read(&token).await, None, "{name}");
    }
    let kid = server.good.info.kid.as_str();
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid }).to_string();
    let claims = serde_json::to_string(&server.good.info.claims).expect("JSON");
    assert!(server.read(&server.signed(&header, &claims)).await.is_some());
    let doubled = |object: &str| object.replacen('{', r#"{"new":1,"new":1,"#, 1);
    for (header, claims) in [
        (json!(["EdDSA", "at+jwt", kid]).to_string(), claims.clone()),
        (doubled(&header), claims.clone()),
        (header.clone(), in_order(&claims)),
        (header.clone(), doubled(&claims)),
        (header.clone(), claims.replace(r#""role":"user""#, r#""role":["user"]"#)),
    ] {
        assert_eq!(server.read(&server.signed(&header, &claims)).await, None, "{header} {claims}");
    }
}
