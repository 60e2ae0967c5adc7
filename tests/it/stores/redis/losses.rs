//! Servers that lose power: what was answered stays with `appendfsync always`, and with less a rotated session's browser
//! is ahead of the store.

use std::{fs::OpenOptions, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use coatroom::{
    Auth, Role, Subject,
    auth::{Refreshed, TokenPair},
    clock::TestClock,
    people::{People, PeopleError, Person},
    principal::Means,
    session::{Client, Decision, EndReason, Invalid},
    store::{
        ChangeLog as _, EventKind, SessionStore as _, Trigger,
        conformance::sample::{START, subject},
        redis::RedisStore,
    },
};

use crate::support::{D, config, context, redis::Server, refresh_token, tokens, until};

#[derive(Debug)]
struct Guests;

#[async_trait]
impl People for Guests {
    async fn find(&self, _: &Subject) -> Result<Option<Person>, PeopleError> {
        Ok(Some(Person::new(Role::USER)))
    }
}

/// An engine on a server's store.
struct House {
    auth: Auth,
    clock: Arc<TestClock>,
    store: Arc<RedisStore>,
}

impl House {
    async fn on(server: &Server) -> Self {
        let (store, clock) = (Arc::new(server.store().await), Arc::new(TestClock::new(START)));
        let auth = Auth::with_clock(config(), store.clone(), Arc::new(Guests), clock.clone()).await;
        Self { auth: auth.expect("an engine"), clock, store }
    }

    /// Begins a session whose first tokens were delivered long enough ago to be exchanged.
    async fn begin(&self) -> TokenPair {
        let begun = self.auth.begin(&subject(), Means::PASSWORD, context(None)).await;
        let held = begun.expect("begun").into_signed().expect("signed tokens");
        until("the acknowledgement", || async {
            let _one_of_many = self.auth.authenticate(&held.access).await;
            self.auth.session(held.session.id).await.ok().flatten()?.acknowledged_at
        })
        .await;
        held
    }

    /// Presents the refresh token, until the store answers.
    async fn refresh(&self, held: &TokenPair) -> Refreshed {
        until("an answer", || async {
            let presented = Some(refresh_token(held));
            self.auth.refresh(presented, Trigger::Call, Client::default()).await.ok()
        })
        .await
    }

    async fn newest_event(&self, held: &TokenPair) -> EventKind {
        self.auth.events(held.session.id, 1).await.expect("answers")[0].kind
    }
}

/// The file that the server appends to.
fn appended(server: &Server) -> PathBuf {
    server.folder().join("appendonlydir").join("appendonly.aof.1.incr.aof")
}

/// Rotates a session, undoes that by `lose`, and refreshes it and another one.
async fn a_lost_rotation_ends_its_session_alone(
    server: &mut Server,
    keep: impl AsyncFnOnce(&Server) -> u64,
    lose: impl FnOnce(&Server, u64),
) {
    let house = House::on(server).await;
    let (rotated, other) = (house.begin().await, house.begin().await);
    house.clock.advance(D);
    let kept = keep(server).await;
    let ahead = house.refresh(&rotated).await;
    assert_eq!(ahead.decision, Decision::Rotate);
    server.kill();
    lose(server, kept);
    server.restart().await;

    let refreshed = house.refresh(&tokens(ahead)).await;
    assert_eq!(refreshed.decision, Decision::Invalid(Invalid::Ahead));
    assert_eq!((refreshed.decision.row(), refreshed.tokens.is_none()), (4, true));
    assert_eq!(house.newest_event(&rotated).await, EventKind::Ahead);
    assert_eq!(house.refresh(&other).await.decision, Decision::Rotate);
    assert_eq!(house.newest_event(&other).await, EventKind::Rotated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_that_was_not_synced_ends_its_session_alone() {
    let settings = &["--appendonly", "yes", "--appendfsync", "everysec"];
    let Some(mut server) = Server::start(settings).await else { return };
    // The machine's memory outlives a process that is killed, and no power cut: cut off is what was not synced.
    let synced = async |server: &Server| appended(server).metadata().expect("a file").len();
    a_lost_rotation_ends_its_session_alone(&mut server, synced, |server, synced| {
        let file = OpenOptions::new().write(true).open(appended(server)).expect("a file");
        file.set_len(synced).expect("cut off");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_log_goes_back_to_its_snapshot() {
    let Some(mut server) = Server::start(&["--appendonly", "no"]).await else { return };
    let snapshot = async |server: &Server| {
        server.run(&["SAVE"]).await.expect("saved");
        0
    };
    a_lost_rotation_ends_its_session_alone(&mut server, snapshot, |_, _| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_that_syncs_each_answer_lost_none() {
    let settings = &["--appendonly", "yes", "--appendfsync", "always"];
    let Some(mut server) = Server::start(settings).await else { return };
    let house = House::on(&server).await;
    let (rotated, ended) = (house.begin().await, house.begin().await);
    house.clock.advance(D);
    let mut held = tokens(house.refresh(&rotated).await);
    house.auth.sign_out(ended.session.id, Client::default()).await.expect("signed out");
    let before = house.store.session(rotated.session.id).await.expect("answers");
    let place = house.store.changes(None, 9).await.expect("answers");
    for _ in 0..3 {
        server.kill();
        server.restart().await;
        let decision = house.refresh(&held).await.decision;
        assert_eq!(
            decision,
            Decision::Debounced { first_proof: held.session.acknowledged_at.is_none() }
        );
        held.session = house.store.session(held.session.id).await.expect("answers").expect("there");
    }
    let proven = held.session.acknowledged_at;
    assert_eq!(
        before.map(|before| coatroom::Session { acknowledged_at: proven, ..before }),
        Some(held.session)
    );
    let refused = house.refresh(&ended).await.decision;
    assert_eq!(refused, Decision::Ended(EndReason::SignedOut));
    // Another run of the server may have given the same places to other changes.
    let again = house.store.changes(Some(&place.next), 9).await.expect("answers");
    assert_eq!(again.changes, place.changes);
}
