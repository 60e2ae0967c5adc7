//! Upgrades: those from pages of other origins are refused, and a WebSocket is closed when its session ends.

use std::{net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    extract::ws::{WebSocket, WebSocketUpgrade},
    http::{Request, StatusCode, header, request::Builder},
    response::Response,
    routing::{any, get},
};
use coatroom::{
    Auth, AuthSession, CurrentUser, Principal,
    web::{AuthLayer, CookieKind, CookiePolicy, SameOriginUpgrade},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{NO_COOKIES, session, signed_up};
use crate::support::{World, browser::Browser};

const OURS: &str = "https://coatroom.example";
/// The longest that a socket may take to close; only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A handler that answers before anything is upgraded: a request in memory cannot be.
fn app(world: &World) -> Router {
    let handler = |_: SameOriginUpgrade, session: AuthSession| async move {
        format!("signed in: {}", session.current_user().is_ok())
    };
    Router::new().route("/socket", get(handler)).layer(AuthLayer::new(world.auth.clone()))
}

fn handshake(origin: Option<&str>) -> Builder {
    let request =
        Request::get("/socket").header("connection", "upgrade").header("upgrade", "websocket");
    match origin {
        Some(origin) => request.header(header::ORIGIN, origin),
        None => request,
    }
}

#[tokio::test]
async fn an_upgrade_from_a_page_of_another_origin_is_refused() {
    let (world, signed_up) = signed_up().await;
    let mut browser = Browser::new(app(&world));
    browser.jar = signed_up.jar;
    for origin in
        [None, Some("null"), Some("https://evil.example"), Some("https://a.coatroom.example")]
    {
        let answer = browser.send(handshake(origin)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin:?}");
        assert_eq!(answer.body, r#"{"error":"cross_origin"}"#);
        assert_eq!(answer.cookie_names(), NO_COOKIES);
    }
    assert_eq!(browser.send(handshake(Some(OURS))).await.body, "signed in: true");
    // A program that is no browser, and so has no cookie of the user's.
    assert_eq!(browser.send_bare(handshake(None)).await.body, "signed in: false");
    browser.jar.retain(|name, _| name.contains("-refresh-"));
    assert_eq!(
        browser.send(handshake(None)).await.status,
        StatusCode::FORBIDDEN,
        "a cookie that was taken"
    );
    assert_eq!(browser.send(handshake(Some(OURS))).await.body, "signed in: false");
    assert_eq!(session(&world, &browser).await.generation, 0);
}

#[tokio::test]
async fn an_upgrade_outside_of_the_layer_is_refused() {
    let handler = |_: SameOriginUpgrade| async { "let in" };
    let browser = Browser::new(Router::new().route("/socket", get(handler)));
    let answer = browser.send_bare(handshake(Some(OURS))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

/// Echoes the first message, and then waits for the end of the session.
async fn echo(mut socket: WebSocket, auth: Auth, principal: Principal) {
    let mut ended = pin!(auth.wait_until_ended(&principal));
    loop {
        tokio::select! {
            _reason = &mut ended => return,
            message = socket.recv() => {
                let Some(Ok(message)) = message else { return };
                socket.send(message).await.expect("sent");
            }
        }
    }
}

async fn open(
    _: SameOriginUpgrade,
    CurrentUser(principal): CurrentUser,
    session: AuthSession,
    upgrade: WebSocketUpgrade,
) -> Response {
    let auth = session.auth().clone();
    upgrade.on_upgrade(move |socket| echo(socket, auth, principal))
}

/// Sends a handshake as browsers do, and returns the connection and the first line of the answer.
async fn connect(address: SocketAddr, cookie: &str, origin: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let request = format!(
        "GET /socket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: {origin}\r\n\
         Cookie: {cookie}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer"));
    }
    let head = String::from_utf8(head).expect("text");
    (stream, head.lines().next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_socket_is_closed_when_its_session_ends() {
    let world = World::in_memory().await;
    let signed_up = world.sign_up().await;
    let router =
        Router::new().route("/socket", any(open)).layer(AuthLayer::new(world.auth.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let name = CookiePolicy::default().cookie_name(CookieKind::Access, signed_up.session.id);
    let cookie = format!("{name}={}", signed_up.access.reveal());

    let (_, line) = connect(address, &cookie, "https://evil.example").await;
    assert_eq!(line, "HTTP/1.1 403 Forbidden");
    let (mut socket, line) = connect(address, &cookie, OURS).await;
    assert_eq!(line, "HTTP/1.1 101 Switching Protocols");
    let elsewhere = world.sign_in(None).await.expect("signed in");
    world.sign_out(&elsewhere).await;
    // "hi", under a mask of zeroes, and its echo (RFC 6455 §5.2).
    socket.write_all(b"\x81\x82\0\0\0\0hi").await.expect("sent");
    let mut echoed = [0; 4];
    socket.read_exact(&mut echoed).await.expect("an echo");
    assert_eq!(&echoed, b"\x81\x02hi");

    world.sign_out(&signed_up).await;
    let mut rest = Vec::new();
    let closed = timeout(PATIENCE, socket.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "it outlived its session");
    serving.abort();
}
