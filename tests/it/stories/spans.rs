//! The spans of the engine's verbs: one for each call, with the session, the row and the outcome, and no secret.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use coatroom::auth::TokenPair;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::support::{
    ACCESS, D, EMAIL, G, PASSWORD, TICK, World, context, credentials, flaky::Fault, listen::listen,
    refresh_token,
};

/// The spans of this thread in the order in which they ended, a line for each.
#[derive(Clone, Debug, Default)]
struct Spans(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    running: HashMap<u64, (String, usize)>,
    ended: Vec<String>,
}

impl Spans {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the spans that have ended.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.state().ended)
    }
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("a text takes all");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {}={value}", field.name()).expect("a text takes all");
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("coatroom")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        assert_eq!(span.metadata().level(), &Level::DEBUG);
        let mut state = self.state();
        state.last += 1;
        let mut line = span.metadata().name().to_owned();
        span.record(&mut Line(&mut line));
        let id = state.last;
        state.running.insert(id, (line, 1));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut state = self.state();
        let (line, _) = state.running.get_mut(&span.into_u64()).expect("open");
        values.record(&mut Line(line));
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.state().running.get_mut(&span.into_u64()).expect("open").1 += 1;
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let mut state = self.state();
        let holders = &mut state.running.get_mut(&span.into_u64()).expect("open").1;
        *holders -= 1;
        let over = *holders == 0;
        if over {
            let (line, _) = state.running.remove(&span.into_u64()).expect("open");
            state.ended.push(line);
        }
        over
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Checks that one verb had one span, and returns it.
#[track_caller]
fn one(spans: &Spans) -> String {
    let ended = spans.take();
    assert_eq!(ended.len(), 1, "{ended:?}");
    ended[0].clone()
}

fn sid(held: &TokenPair) -> String {
    held.session.id.to_string()
}

#[tokio::test]
async fn each_verb_has_a_span_with_its_session_row_and_outcome() {
    let world = World::in_memory().await;
    let spans = Spans::default();
    let _listening = listen(spans.clone());
    let first = world.sign_up().await;
    let begun = |verb: &str, held| {
        [
            format!("begin sid={} outcome=done", sid(held)),
            format!("{verb} sid={} outcome=done", sid(held)),
        ]
    };
    assert_eq!(spans.take(), begun("sign_up", &first));
    let other = world.sign_in(None).await.expect("signed in");
    assert_eq!(spans.take(), begun("sign_in", &other));
    world.sign_out(&other).await;
    assert_eq!(one(&spans), format!("sign_out sid={} outcome=done", sid(&other)));

    let refreshed = |row: u8, outcome: &str, held| {
        format!("refresh sid={} row={row} outcome={outcome}", sid(held))
    };
    world.refresh(&other).await;
    assert_eq!(one(&spans), refreshed(2, "ended", &other));
    world.refresh(&first).await;
    assert_eq!(one(&spans), refreshed(5, "debounced", &first));
    let second = world.rotate(&first).await;
    assert_eq!(one(&spans), refreshed(6, "rotated", &first));
    world.refresh(&first).await;
    assert_eq!(one(&spans), refreshed(7, "replayed", &first));
    world.deliver(&second).await;
    world.advance(G + TICK);
    world.refresh(&first).await;
    assert_eq!(one(&spans), refreshed(9, "reuse", &first));
    let stranger = World::in_memory().await.sign_up().await;
    spans.take();
    world.refresh(&stranger).await;
    assert_eq!(one(&spans), "refresh row=1 outcome=unrecognized", "a client's own id is left out");
}

#[tokio::test]
async fn a_verb_that_fails_says_why_and_names_no_address() {
    let (world, store) = World::flaky().await;
    let held = world.sign_up().await;
    let spans = Spans::default();
    let _listening = listen(spans.clone());
    let sign_in = async |email: &str, password: &str| {
        let _refused = world.accounts.sign_in(credentials(email, password), context(None)).await;
        one(&spans)
    };
    let sign_up = async |email: &str, password: &str| {
        let _refused = world.accounts.sign_up(credentials(email, password), context(None)).await;
        one(&spans)
    };
    assert_eq!(sign_in(EMAIL, "wrong").await, "sign_in outcome=invalid_credentials");
    assert_eq!(sign_in("ben@example.com", PASSWORD).await, "sign_in outcome=invalid_credentials");
    assert_eq!(sign_up(EMAIL, PASSWORD).await, "sign_up outcome=email_taken");
    assert_eq!(sign_up("none", PASSWORD).await, "sign_up outcome=invalid_email");
    assert_eq!(sign_up("ben@example.com", "short").await, "sign_up outcome=password_refused");
    store.set(Fault::Down);
    assert_eq!(sign_in(EMAIL, PASSWORD).await, "sign_in outcome=unavailable");
    let refresh = world.auth.refresh(
        Some(refresh_token(&held)),
        coatroom::store::Trigger::Call,
        coatroom::session::Client::default(),
    );
    refresh.await.expect_err("the store is down");
    assert_eq!(one(&spans), "refresh outcome=unavailable");
    let sign_out = world.auth.sign_out(held.session.id, coatroom::session::Client::default());
    sign_out.await.expect_err("the store is down");
    assert_eq!(one(&spans), format!("sign_out sid={} outcome=unavailable", sid(&held)));
}

#[tokio::test]
async fn decisions_are_counted_by_their_rows_on_their_node() {
    let world = World::in_memory().await;
    assert_eq!(world.auth.counts().rows, [0; 10]);
    let first = world.sign_up().await;
    world.refresh(&first).await;
    let second = world.rotate(&first).await;
    for _ in 0..=world.auth.config().replays.burst {
        world.refresh(&first).await;
    }
    let counts = world.auth.counts();
    assert_eq!((counts.rows, counts.too_many_replays), ([0, 0, 0, 0, 1, 1, 50, 0, 0, 0], 1));
    world.deliver(&second).await;
    world.advance(D);
    world.refresh(&first).await;
    world.refresh(&second).await;
    world.advance(ACCESS);
    world.refresh(&World::in_memory().await.sign_up().await).await;
    assert_eq!(world.auth.counts().rows, [1, 1, 0, 0, 1, 1, 50, 0, 1, 0]);
    assert_eq!(world.restarted().await.counts().rows, [0; 10], "of this engine alone");
}
