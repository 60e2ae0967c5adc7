//! Connections: accepted up to a cap, each with a deadline for each of its steps, and ended in order.
//!
//! Invariants: a connection that makes no progress is closed; connections of one network never take all places; an
//! error of `accept` neither ends nor spins the loop.

mod admission;
mod exchange;
mod paced;
mod progress;
mod stream;

use std::{io, iter, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

pub use self::{admission::Admission, paced::Paused, progress::Patience};
use self::{admission::Place, stream::Watched};
use crate::surrounded::Surrounded;

/// The most bytes of a request's head; browsers send up to 30 kB of other applications' cookies on one host.
const MAX_HEAD: u32 = 64 * 1024;
/// The rest of the loop after an error of `accept` that is not a client's.
const REST: Duration = Duration::from_millis(100);
/// The time between two lines of the log about connections that were closed for others.
const REPORT: Duration = Duration::from_secs(10);
/// The time between two pings to an HTTP/2 client, and the most that its answer may take.
const PING: Duration = Duration::from_secs(20);

/// The stages of the server's life, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// All is answered.
    Serving,
    /// All is answered, and readiness is not. Connections are kept: a proxy that had to open new ones would have one in
    /// the listener's queue when it is closed, and a post on it could not be repeated.
    Draining,
    /// The listener is closed, requests under way are finished, and clients are told to take another connection.
    Closing,
}

/// Accepts and serves connections until [`Stage::Closing`], and returns when the last one has ended. The caller bounds
/// that: connections end with the future.
pub async fn serve(
    listener: TcpListener,
    site: Surrounded,
    admission: Arc<Admission>,
    patience: Patience,
    stage: watch::Receiver<Stage>,
) {
    let server = Server { site: Arc::new(site), patience, stage: stage.clone(), http: http() };
    let mut closing = stage;
    let mut connections = JoinSet::new();
    let mut report = tokio::time::interval(REPORT);
    loop {
        let accepted = tokio::select! {
            _ = closing.wait_for(|stage| *stage == Stage::Closing) => break,
            Some(_ended) = connections.join_next() => continue,
            _ = report.tick() => {
                admission.report();
                continue;
            }
            accepted = async {
                admission.room().await;
                listener.accept().await
            } => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Some(place) = admission.admit(peer.ip()) {
                    connections.spawn(connection(server.clone(), stream, peer, place));
                }
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                admission.make_room();
                tokio::time::sleep(REST).await;
            }
        }
    }
    // The system has accepted these already: closed with the listener, they would lose their requests.
    for (stream, peer) in last_of(listener) {
        if let Some(place) = admission.admit(peer.ip()) {
            connections.spawn(connection(server.clone(), stream, peer, place));
        }
    }
    while connections.join_next().await.is_some() {}
}

/// All that the connections of a server share.
#[derive(Clone)]
struct Server {
    site: Arc<Surrounded>,
    patience: Patience,
    stage: watch::Receiver<Stage>,
    http: Builder<TokioExecutor>,
}

/// HTTP/1 and HTTP/2 without TLS, told apart by their first bytes, with a bound on everything that a client decides.
fn http() -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        // `Progress` tells a head that is slow from a connection that is idle; hyper has one time for both.
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD as usize);
    http.http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD)
        .max_concurrent_streams(100)
        .max_send_buf_size(64 * 1024)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        // Rapid reset (CVE-2023-44487), and streams that are made to be reset by us (RUSTSEC-2024-0003).
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(1024);
    http
}

/// Serves one connection until it ends, is overdue, or its place is needed.
async fn connection(server: Server, stream: TcpStream, peer: SocketAddr, place: Place) {
    let progress = Arc::clone(place.progress());
    // A small answer is not to wait for the acknowledgement of the one before; if that cannot be set, it does.
    let _delayed = stream.set_nodelay(true);
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&progress)));
    let service = exchange::service(
        server.site,
        peer,
        server.patience.client,
        Arc::clone(&progress),
        server.stage.clone(),
    );
    let mut serving = pin!(server.http.serve_connection(io, service));
    let mut overdue = pin!(progress.overdue(server.patience));
    let mut stage = server.stage;
    let mut closing = false;
    loop {
        tokio::select! {
            // Bytes that have arrived are read before the deadline judges how long none did.
            biased;
            _ended = serving.as_mut() => return,
            () = overdue.as_mut() => return,
            _ = stage.wait_for(|stage| *stage == Stage::Closing), if !closing => {
                closing = true;
                if progress.close() {
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Takes the connections that the system has accepted already, and closes the listener right after the last one. The
/// system is asked, and not the runtime, which may not have heard of them yet.
fn last_of(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let last: Vec<_> = iter::from_fn(|| listener.accept().ok()).collect();
    drop(listener);
    let stream = |stream: std::net::TcpStream| {
        stream.set_nonblocking(true)?;
        TcpStream::from_std(stream)
    };
    last.into_iter().filter_map(|(last, peer)| Some((stream(last).ok()?, peer))).collect()
}

/// Returns true if the client went away before its connection was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
