//! A wire between a house and its database, which can be cut, and held without a word.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// The state of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Everything passes.
    Whole,
    /// Connections break, and new ones are refused.
    Cut,
    /// Connections stay, and nothing passes: a firewall that drops.
    Silent,
}

/// A wire to one address.
#[derive(Debug)]
pub(crate) struct Wire {
    state: watch::Sender<State>,
    port: u16,
}

impl Wire {
    /// Makes a whole wire.
    pub(crate) async fn to(address: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let state = watch::Sender::new(State::Whole);
        let end = state.subscribe();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, address, end.clone()));
            }
        });
        Self { state, port }
    }

    /// Returns the near end's port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Changes the state of the wire.
    pub(crate) fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn carry(mut near: TcpStream, address: SocketAddr, mut state: watch::Receiver<State>) {
    let Ok(mut far) = TcpStream::connect(address).await else { return };
    loop {
        let now = *state.borrow_and_update();
        match now {
            State::Cut => return,
            State::Silent => {
                if state.changed().await.is_err() {
                    return;
                }
            }
            State::Whole => tokio::select! {
                // Bytes that are under way when the wire changes are lost with their connection, if it cannot go on.
                biased;
                changed = state.changed() => if changed.is_err() { return },
                _ = copy_bidirectional(&mut near, &mut far) => return,
            },
        }
    }
}
