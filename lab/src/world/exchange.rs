//! One request of a world, through the router of a node: what goes in, what comes out, and what is kept of it.

use std::{
    iter,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
};
use coatroom::{
    clock::{Clock as _, SystemClock},
    session::{Session, SessionId},
    store::{Event, SessionStore as _},
    web::Verdict,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tower_service::Service as _;

use super::{ActError, EntryKind, World};
use crate::{
    action::{Ask, Party, Request},
    house,
    jar::{self, Jar, Shown},
    ledger::{Ledger, Presented},
    message::{Answer, Carried, Changed, Message, Phase, Row},
    setting::ORIGIN,
};

/// The most bytes of an answer's body that are read.
const MAX_BODY: usize = 4096;
/// Headers whose values are secrets.
const SECRET: [HeaderName; 2] = [header::COOKIE, header::SET_COOKIE];
/// The owner's browser; the thief says the same of theirs.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

impl World {
    /// Sends a request with the cookies that its sender has now, and leaves it under way.
    pub(super) fn send(&mut self, request: Request) -> Result<u32, ActError> {
        let now = self.now();
        let jar = self.jar(request.from)?;
        let headers = headers(request, jar.header(request.from, request.at, now))?;
        let sent = headers.get(header::COOKIE).and_then(|value| value.to_str().ok());
        let carries = |shown: &Shown| sent.is_some_and(|sent| sent.contains(&shown.name));
        // A browser sends the name and the value of a cookie, and no attributes.
        let bare = |shown: Shown| Shown { attributes: Vec::new(), ..shown };
        let message = Message {
            number: self.next(),
            request,
            copy_of: None,
            phase: Phase::Asked,
            cookies: jar.shown(now).into_iter().filter(carries).map(bare).collect(),
            answer: None,
        };
        if request.at.is_overheard() && request.from != Party::Thief {
            // The attacker reads what passes, however it goes on from there.
            let sent = |shown: &Shown| message.cookies.iter().any(|each| each.name == shown.name);
            self.thief = Some(jar.only(sent));
        }
        let number = message.number;
        self.size += message.weight();
        self.put(number, headers);
        self.enter(EntryKind::Sent(number));
        self.messages.push(message);
        Ok(number)
    }

    /// Lets a node answer. Returns the answer's headers, whose cookies are still under way, and what may be shown.
    pub(super) async fn exchange(
        &mut self,
        (mut node, ledger): (Router, Arc<Ledger>),
        Message { request, cookies: sent, .. }: Message,
        headers: HeaderMap,
    ) -> Result<(HeaderMap, Answer), ActError> {
        let mut concerned: Vec<SessionId> = sent.iter().filter_map(|shown| shown.session).collect();
        concerned.dedup();
        let before = rows(&ledger, &concerned).await?;
        let has_token = sent.iter().any(Shown::admits);
        let carried = if has_token { Carried::Token } else { Carried::Nothing };
        let tokens = sent.iter().filter_map(|shown| Some((shown.session?, shown.generation?)));
        let (now, timing) = (self.now(), self.auth().config().timing());
        ledger.present(Presented { now, timing, tokens: tokens.collect() });
        let begun = SystemClock.elapsed();
        let response = match node.call(http_request(request, headers)?).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let took = SystemClock.elapsed().saturating_sub(begun);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.drain().await;
        let statements = ledger.take();
        let verdict = response.extensions().get::<Verdict>().cloned();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
        let error = serde_json::from_slice::<serde_json::Value>(&body)
            .ok()
            .and_then(|body| Some(body.get("error")?.as_str()?.to_owned()));
        // The cookie manager writes them in no order of its own, which would differ from one run of a trace to the
        // next.
        let mut cookies: Vec<Shown> =
            jar::set_cookies(&parts.headers).map(|cookie| jar::show(&cookie)).collect();
        cookies.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some(begun) = self.begun(&cookies) {
            self.sessions.push(begun);
            concerned.push(begun);
        }
        let after = rows(&ledger, &concerned).await?;
        let answer = Answer {
            at: self.now(),
            status: parts.status.as_u16(),
            error,
            head: readable(&parts.headers).collect(),
            access: verdict.as_ref().and_then(|verdict| verdict.access),
            carried,
            decision: verdict.and_then(|verdict| verdict.refresh),
            statements,
            cookies,
            changes: changed(&concerned, before, after),
            micros,
        };
        Ok((parts.headers, answer))
    }

    /// Sends a request with the cookies of a jar to the first node, past the timeline. Returns the status of its answer.
    pub(super) async fn try_out(&self, request: Request, jar: &mut Jar) -> Result<u16, ActError> {
        let (node, ledger) = self.node_a.reached();
        let status = self.ask_past(node, request, jar).await?;
        ledger.take();
        Ok(status)
    }

    /// The same, to any node.
    pub(super) async fn ask_past(
        &self,
        mut node: Router,
        request: Request,
        jar: &mut Jar,
    ) -> Result<u16, ActError> {
        let headers = headers(request, jar.header(request.from, request.at, self.now()))?;
        let response = match node.call(http_request(request, headers)?).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        self.drain().await;
        jar.receive(response.headers(), self.now());
        Ok(response.status().as_u16())
    }

    /// The session that these cookies are the first of.
    fn begun(&self, cookies: &[Shown]) -> Option<SessionId> {
        let mut named = cookies.iter().filter_map(|shown| shown.session);
        named.find(|session| !self.sessions.contains(session))
    }
}

async fn rows(ledger: &Ledger, of: &[SessionId]) -> Result<Vec<Option<Row>>, ActError> {
    let mut rows = Vec::new();
    for id in of {
        rows.push(ledger.memory().session(*id).await?.as_ref().map(Row::from));
    }
    Ok(rows)
}

/// Returns what differs between the rows of some sessions, and the rows of the same and perhaps a new one later.
fn changed(of: &[SessionId], before: Vec<Option<Row>>, after: Vec<Option<Row>>) -> Vec<Changed> {
    let rows = before.into_iter().chain(iter::repeat(None)).zip(after);
    let rows = of.iter().zip(rows).filter(|(_, (before, after))| before != after);
    rows.filter_map(|(session, (before, after))| {
        Some(Changed { session: *session, before, after: after? })
    })
    .collect()
}

/// The headers of a request, as a browser would send them.
fn headers(request: Request, cookies: Option<String>) -> Result<HeaderMap, ActError> {
    let Request { from, ask, .. } = request;
    let document = matches!(ask, Ask::Reload | Ask::Post);
    let (site, origin) = match from {
        Party::Evil => (Some("cross-site"), "https://evil.example"),
        Party::Neighbour => (Some("same-site"), "https://cafe.house.example"),
        Party::OldBrowser => (None, "https://evil.example"),
        _ => (Some("same-origin"), ORIGIN),
    };
    let mut pairs = vec![
        (header::HOST, "house.example"),
        (header::USER_AGENT, USER_AGENT),
        (header::ACCEPT, if document { "text/html,*/*;q=0.8" } else { "*/*" }),
    ];
    if house::route(ask).0 == "POST" {
        pairs.push((header::ORIGIN, origin));
        pairs.push((header::CONTENT_TYPE, "application/x-www-form-urlencoded"));
    }
    if let Some(site) = site {
        let destination = if document { "document" } else { "empty" };
        pairs.push((HeaderName::from_static("sec-fetch-site"), site));
        pairs.push((HeaderName::from_static("sec-fetch-dest"), destination));
    }
    let mut headers: HeaderMap =
        pairs.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    if let Some(cookies) = cookies {
        let value = HeaderValue::try_from(cookies);
        let value = value.map_err(|error| ActError::Engine(error.to_string()))?;
        headers.insert(header::COOKIE, value);
    }
    Ok(headers)
}

fn http_request(request: Request, headers: HeaderMap) -> Result<http::Request<Body>, ActError> {
    let (method, path) = house::route(request.ask);
    let body = match request.ask {
        Ask::SignIn => {
            format!("email={}&password={}", house::EMAIL, house::PASSWORD.replace(' ', "+"))
        }
        _ => String::new(),
    };
    let built = http::Request::builder().method(method).uri(path).body(Body::from(body));
    let mut built = built.map_err(|error| ActError::Engine(error.to_string()))?;
    *built.headers_mut() = headers;
    let network = match request.from {
        Party::Thief => Ipv4Addr::new(203, 0, 113, 7),
        _ => Ipv4Addr::new(192, 0, 2, 7),
    };
    built.extensions_mut().insert(ConnectInfo(SocketAddr::new(IpAddr::V4(network), 443)));
    Ok(built)
}

/// Headers as text, without the values that are secrets: those stand beside them as cookies.
fn readable(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> {
    headers.iter().map(|(name, value)| {
        let text = match (SECRET.contains(name), value.to_str()) {
            (false, Ok(text)) => text.to_owned(),
            _ => "…".to_owned(),
        };
        (name.as_str().to_owned(), text)
    })
}

impl Message {
    /// The request's line and headers, as its sender's browser wrote them; those with secrets redacted.
    pub fn head(&self) -> Vec<(String, String)> {
        let (method, path) = house::route(self.request.ask);
        let mut head = vec![(method.to_owned(), path.to_owned())];
        let cookies = (!self.cookies.is_empty()).then(String::new);
        if let Ok(headers) = headers(self.request, cookies) {
            head.extend(readable(&headers));
        }
        head
    }

    /// The approximate size of what it keeps, in bytes.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>()
            + shown_weight(&self.cookies)
            + self.answer.as_ref().map_or(0, Answer::weight)
    }
}

impl Answer {
    /// The approximate size of what it keeps, in bytes, and of what the store keeps of it.
    pub(super) fn weight(&self) -> usize {
        let statements: usize =
            self.statements.iter().map(|each| size_of_val(each) + each.text.len()).sum();
        let changes = self.changes.len() * size_of::<Changed>();
        let stored: usize = self.writes().map(stored_weight).sum();
        pairs_weight(&self.head) + shown_weight(&self.cookies) + statements + changes + stored
    }
}

/// The approximate size of what a store keeps of a call that wrote, in bytes: an event of all but the proofs and the
/// changes of authority, each with its client.
fn stored_weight(call: &str) -> usize {
    /// The texts of a client.
    const CLIENT: usize = 96;
    match call {
        "acknowledge" | "renew_authority" => 0,
        "add_session" => size_of::<Session>() + size_of::<Event>() + 2 * CLIENT,
        _ => size_of::<Event>() + CLIENT,
    }
}

fn pairs_weight(pairs: &[(String, String)]) -> usize {
    pairs.iter().map(|(name, value)| size_of::<(String, String)>() + name.len() + value.len()).sum()
}

fn shown_weight(cookies: &[Shown]) -> usize {
    let attributes = |each: &Shown| -> usize {
        each.attributes.iter().map(|text| size_of::<String>() + text.len()).sum()
    };
    cookies.iter().map(|each| size_of_val(each) + each.name.len() + 8 + attributes(each)).sum()
}
