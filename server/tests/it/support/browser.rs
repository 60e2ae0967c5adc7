//! A browser as far as sign-in goes: a jar, and requests that carry it.

use std::{collections::BTreeMap, net::IpAddr};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, RETRY_AFTER, SET_COOKIE, USER_AGENT},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::time::timeout;

use super::{PATIENCE, house};

/// A jar, and the house that it asks.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    house: String,
    jar: BTreeMap<String, String>,
    agent: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// The answer of a house.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// The cookies it set; without a value if it deleted one.
    pub(crate) cookies: BTreeMap<String, Option<String>>,
    /// The seconds after which it says to try again.
    pub(crate) retry_after: Option<u64>,
}

/// The error of a connection that broke before an answer was there, or of an answer that did not come in time.
#[derive(Debug)]
pub(crate) struct Lost;

impl Browser {
    /// Makes a browser with an empty jar.
    pub(crate) fn at(house: String) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { house, jar: BTreeMap::new(), agent: String::new(), client }
    }

    /// Makes a browser with an empty jar, at that address of this machine: in a network of its own.
    pub(crate) fn from(address: IpAddr, house: String) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(address));
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { house, jar: BTreeMap::new(), agent: String::new(), client }
    }

    /// Returns a browser with the same jar, asking another house.
    pub(crate) fn moved(&self, house: String) -> Self {
        Self { house, ..self.clone() }
    }

    /// The same jar in another browser, which names itself so: a copy.
    pub(crate) fn copied(&self, agent: &str) -> Self {
        Self { agent: agent.to_owned(), ..self.clone() }
    }

    /// Asks another house from now on.
    pub(crate) fn go(&mut self, house: String) {
        self.house = house;
    }

    /// Signs up with a new account of that name.
    pub(crate) async fn sign_up(&mut self, name: &str) {
        self.join(name).await;
        assert_eq!(self.jar.len(), 2);
    }

    /// Signs up with a new account of that name, under any scheme.
    pub(crate) async fn join(&mut self, name: &str) {
        let form = format!("email={name}%40example.com&password=a+quiet+harbour+at+dawn&stay=on");
        let answer = self.post("/api/sign_up", &form).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    /// Signs in to the account of that name.
    pub(crate) async fn sign_in(&mut self, name: &str) {
        let form = format!("email={name}%40example.com&password=a+quiet+harbour+at+dawn&stay=on");
        let answer = self.post("/api/sign_in", &form).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    /// Tries to sign in to the account of that name.
    pub(crate) async fn wrong_password(&mut self, name: &str) -> Result<Answer, Lost> {
        let form = format!("email={name}%40example.com&password=not+the+password");
        self.post("/api/sign_in", &form).await
    }

    /// Asks the house for the account of this browser.
    pub(crate) async fn whoami(&mut self) -> Result<Answer, Lost> {
        self.get("/api/whoami").await
    }

    /// Exchanges the ticket.
    pub(crate) async fn refresh(&mut self) -> Result<Answer, Lost> {
        self.post("/api/refresh", "").await
    }

    /// Signs out.
    pub(crate) async fn sign_out(&mut self) -> Result<Answer, Lost> {
        self.post("/api/sign_out", "").await
    }

    /// Returns the value of the only cookie whose name begins so.
    pub(crate) fn cookie(&self, start: &str) -> &str {
        let mut found = self.jar.iter().filter(|(name, _)| name.starts_with(start));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => value,
            other => panic!("not one cookie of {start}: {other:?}"),
        }
    }

    /// Returns the jar as the value of a header.
    pub(crate) fn cookies(&self) -> String {
        let pairs: Vec<_> =
            self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Answer, Lost> {
        self.ask(Method::GET, path, "").await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &str) -> Result<Answer, Lost> {
        self.ask(Method::POST, path, form).await
    }

    /// Asks, and keeps the cookies of the answer.
    async fn ask(&mut self, method: Method, path: &str, form: &str) -> Result<Answer, Lost> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.house))
            // The lines that a browser sends, as a proxy passes them on.
            .header(HOST, house::HOST)
            .header(ORIGIN, house::ORIGIN)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, self.cookies())
            .header(USER_AGENT, &self.agent)
            .body(Full::from(form.to_owned()))
            .expect("a request");
        let exchange = async {
            let (parts, body) = self.client.request(request).await.map_err(|_| Lost)?.into_parts();
            Ok::<_, Lost>((parts, body.collect().await.map_err(|_| Lost)?.to_bytes()))
        };
        // A test that waits for ever would say nothing.
        let (parts, body) = timeout(PATIENCE, exchange).await.map_err(|_| Lost)??;
        let cookies: BTreeMap<_, _> = parts
            .headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|header| set_cookie(header.to_str().expect("text")))
            .collect();
        for (name, value) in &cookies {
            match value {
                Some(value) => self.jar.insert(name.clone(), value.clone()),
                None => self.jar.remove(name),
            };
        }
        Ok(Answer {
            status: parts.status,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            cookies,
            retry_after: parts
                .headers
                .get(RETRY_AFTER)
                .and_then(|seconds| seconds.to_str().ok()?.parse().ok()),
        })
    }
}

impl Answer {
    /// Asserts that nothing can be said now, and that no client is signed out by it.
    #[track_caller]
    pub(crate) fn is_unavailable(&self) {
        assert_eq!(self.status, StatusCode::SERVICE_UNAVAILABLE, "{self:?}");
        assert!(self.retry_after.is_some() && self.cookies.is_empty(), "{self:?}");
    }

    /// Returns true if the house is busy and has to be asked again; anything but that and a good answer is a failure.
    #[track_caller]
    pub(crate) fn is_busy(&self) -> bool {
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            self.is_unavailable();
            return true;
        }
        self.is_ok();
        assert!(self.cookies.values().all(Option::is_some), "a cookie was deleted: {self:?}");
        false
    }

    /// Asserts that it is good.
    #[track_caller]
    pub(crate) fn is_ok(&self) {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
    }

    /// Returns the row of the rule that decided a refresh.
    pub(crate) fn row(&self) -> u64 {
        self.body["row"].as_u64().unwrap_or_else(|| panic!("no row: {self:?}"))
    }
}

fn set_cookie(header: &str) -> (String, Option<String>) {
    let (pair, attributes) = header.split_once(';').unwrap_or((header, ""));
    let (name, value) = pair.split_once('=').expect("a pair");
    let deleted = value.is_empty() || attributes.contains("Max-Age=0");
    (name.into(), (!deleted).then(|| value.into()))
}
