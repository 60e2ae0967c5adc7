//! Long random traces on the real engine, with the invariants checked at every step.
//!
//! The search knows every small world; these are large ones: many messages, odd times, a store that fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use coatroom::{
    AccessToken, Session, Timestamp,
    auth::{Refreshed, TokenPair},
    refresh_token::RefreshToken,
    session::{Client, Decision, EndReason, Persistence},
    store::Trigger,
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use super::cases;
use crate::support::{
    ACCESS, D, G, Place, World,
    flaky::{Fault, FlakyStore},
    refresh_token,
};

/// Something that may happen. Messages are chosen by a number, modulo how many there are.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send(Trigger),
    SendPlain,
    /// A message arrives where it was going.
    Deliver(usize),
    Lose(usize),
    Double(usize),
    /// The same as `Deliver`, while something is wrong with the store.
    DeliverBadly(usize, Fault),
    Advance(Duration),
    SignOut,
    Steal,
    ThiefRefresh,
    ThiefShow,
}

/// A message under way. A jar is what is in the browser, or was when the request left.
#[derive(Clone, Debug)]
enum Message {
    Refresh { jar: Jar, trigger: Trigger, sent_at: Timestamp },
    Plain { jar: Jar, sent_at: Timestamp },
    Answer { tokens: Box<TokenPair>, sent_at: Timestamp },
}

#[derive(Clone, Debug)]
struct Jar {
    access: AccessToken,
    refresh: RefreshToken,
    /// The generation of the access token.
    generation: u64,
}

impl Jar {
    fn take(&mut self, tokens: &TokenPair) {
        self.access.clone_from(&tokens.access);
        self.generation = tokens.info.claims.generation;
        if let Some(refresh) = &tokens.refresh {
            self.refresh = refresh.clone();
        }
    }
}

impl Message {
    const fn sent_at(&self) -> Timestamp {
        match self {
            Self::Refresh { sent_at, .. }
            | Self::Plain { sent_at, .. }
            | Self::Answer { sent_at, .. } => *sent_at,
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let edges = [1, 29_999, 30_000, 30_001, 59_999, 60_000, 60_001, 900_000, 3_600_000];
    let time = prop_oneof![prop::sample::select(edges.to_vec()), 0..30_000_u64, 0..1_000_u64,];
    let step = prop_oneof![
        4 => prop_oneof![Just(Trigger::Call), Just(Trigger::Document)].prop_map(Step::Send),
        2 => Just(Step::SendPlain),
        9 => any::<usize>().prop_map(Step::Deliver),
        1 => any::<usize>().prop_map(Step::Lose),
        1 => any::<usize>().prop_map(Step::Double),
        1 => (any::<usize>(), prop_oneof![Just(Fault::Down), Just(Fault::AnswersLost)])
            .prop_map(|(which, fault)| Step::DeliverBadly(which, fault)),
        4 => time.prop_map(|ms| Step::Advance(Duration::from_millis(ms))),
    ];
    prop::collection::vec(step, 1..120)
}

/// The same, with a theft at some moment and a thief who does this and that.
fn thefts() -> impl Strategy<Value = Vec<Step>> {
    let thief = prop_oneof![Just(Step::ThiefRefresh), Just(Step::ThiefShow)];
    (steps(), any::<prop::sample::Index>(), prop::collection::vec((thief, any::<usize>()), 1..20))
        .prop_map(|(mut steps, stolen, thief)| {
            let stolen = stolen.index(steps.len());
            steps.insert(stolen, Step::Steal);
            for (step, at) in thief {
                let at = stolen + 1 + at % (steps.len() - stolen);
                steps.insert(at, step);
            }
            steps
        })
}

/// A browser, what it has under way, and the engine.
struct Run {
    world: World,
    store: Arc<FlakyStore>,
    held: TokenPair,
    jar: Jar,
    under_way: Vec<Message>,
    thief: Option<Jar>,
    /// The first answer of each generation.
    first: BTreeMap<u64, TokenPair>,
    /// The newest generation of which anything was shown to the server.
    shown: Option<u64>,
    /// The reason why the session is over, if it is.
    over: Option<EndReason>,
    /// The rows of the rule that decided.
    rows: BTreeSet<u8>,
}

impl Run {
    async fn begin() -> Self {
        let store = Arc::new(FlakyStore::default());
        let world = World::on(Place::full(store.clone())).await;
        let held = world.sign_up_as(Persistence::Remembered).await;
        let jar = Jar { access: held.access.clone(), refresh: refresh_token(&held), generation: 0 };
        let first = BTreeMap::from([(0, held.clone())]);
        let (under_way, rows) = (Vec::new(), BTreeSet::new());
        let (thief, shown, over) = (None, None, None);
        Self { world, store, held, jar, under_way, thief, first, shown, over, rows }
    }

    async fn all(steps: &[Step]) -> Self {
        let mut run = Self::begin().await;
        for step in steps {
            run.take(*step).await;
        }
        run
    }

    async fn take(&mut self, step: Step) {
        let sent_at = self.world.auth.now();
        let choose = |which: usize| which.checked_rem(self.under_way.len());
        match step {
            Step::Send(trigger) => {
                let jar = self.jar.clone();
                self.under_way.push(Message::Refresh { jar, trigger, sent_at });
            }
            Step::SendPlain => {
                let jar = self.jar.clone();
                self.under_way.push(Message::Plain { jar, sent_at });
            }
            Step::Deliver(which) => {
                if let Some(index) = choose(which) {
                    self.deliver(index).await;
                }
            }
            Step::DeliverBadly(which, fault) => {
                if let Some(index) = choose(which) {
                    self.store.set(fault);
                    self.deliver(index).await;
                    self.store.set(Fault::None);
                }
            }
            Step::Lose(which) => {
                if let Some(index) = choose(which) {
                    self.under_way.remove(index);
                }
            }
            Step::Double(which) => {
                if let Some(index) = choose(which) {
                    self.under_way.push(self.under_way[index].clone());
                }
            }
            Step::Advance(by) => {
                self.world.advance(by);
                let now = self.world.auth.now();
                // A message that would be under way for as long as the grace is lost instead.
                self.under_way.retain(|message| now < message.sent_at() + G);
            }
            Step::SignOut => {
                self.world.sign_out(&self.held).await;
                self.over.get_or_insert(EndReason::SignedOut);
            }
            Step::Steal => self.thief = Some(self.jar.clone()),
            Step::ThiefShow => {
                if let Some(jar) = self.thief.clone() {
                    self.show(&jar).await;
                }
            }
            Step::ThiefRefresh => {
                if let Some(mut jar) = self.thief.clone() {
                    if let Some(tokens) = self.refresh(&jar, Trigger::Call).await {
                        jar.take(&tokens);
                    }
                    self.thief = Some(jar);
                }
            }
        }
    }

    async fn deliver(&mut self, index: usize) {
        match self.under_way.swap_remove(index) {
            Message::Answer { tokens, .. } => self.jar.take(&tokens),
            Message::Plain { jar, .. } => self.show(&jar).await,
            Message::Refresh { jar, trigger, .. } => {
                self.show(&jar).await;
                if let Some(tokens) = self.refresh(&jar, trigger).await {
                    let sent_at = self.world.auth.now();
                    self.under_way.push(Message::Answer { tokens: Box::new(tokens), sent_at });
                }
            }
        }
    }

    /// An access token is used. That is noted behind the request; here, before anything else happens.
    async fn show(&mut self, jar: &Jar) {
        // If the store is down, the node may ask for the row, and that fails; no user is signed out for it.
        let _ = self.world.auth.authenticate(&jar.access).await;
        self.shown = self.shown.max(Some(jar.generation));
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }

    async fn row(&self) -> Session {
        self.world.session(&self.held).await
    }

    async fn refresh(&mut self, jar: &Jar, trigger: Trigger) -> Option<TokenPair> {
        let presented = jar.refresh.clone();
        let generation = presented.generation();
        let fault = self.store.replaced(Fault::None);
        let before = self.row().await;
        self.store.set(fault);
        let answer = self.world.auth.refresh(Some(presented), trigger, Client::default()).await;
        self.store.set(Fault::None);
        let after = self.row().await;
        self.store.set(fault);
        let Ok(Refreshed { decision, tokens, .. }) = answer else {
            assert_ne!(fault, Fault::None, "it failed for no reason");
            // The write may have happened whose answer was lost; it is no reason of its own.
            let reason = after.revoked.map(|revocation| revocation.reason);
            assert!(after.revoked == before.revoked || self.thief.is_some(), "I7");
            assert!(matches!(reason, None | Some(EndReason::Reuse)) || self.over == reason, "I7");
            self.over = reason;
            return None;
        };
        self.rows.insert(decision.row());
        self.check(decision, &before, &after, generation);
        self.check_cookies(decision, tokens.as_ref(), &after);
        self.shown = self.shown.max(Some(generation));
        tokens
    }

    /// I1, I2, I4, I5, I6 and I6b, of one decision.
    fn check(&mut self, decision: Decision, before: &Session, after: &Session, generation: u64) {
        let now = self.world.auth.now();
        if let Some(reason) = self.over {
            assert_eq!(decision, Decision::Ended(reason), "I2");
            assert_eq!(before, after, "I2");
            return;
        }
        match decision {
            Decision::Debounced { first_proof } => {
                assert_eq!(
                    (generation, first_proof),
                    (before.generation, before.acknowledged_at.is_none())
                );
                let acknowledged_at = before.acknowledged_at.or(Some(now));
                assert_eq!(*after, Session { acknowledged_at, ..before.clone() });
            }
            Decision::Rotate => {
                assert_eq!(
                    (generation, after.generation),
                    (before.generation, generation + 1),
                    "I1"
                );
                let proven = before.acknowledged_at.is_some_and(|at| at + D <= now);
                assert!(proven && self.shown >= Some(generation), "I6b");
                assert_eq!((after.acknowledged_at, after.rotated_at), (None, now));
            }
            Decision::Replay(_) => {
                assert_eq!(generation + 1, before.generation, "I1");
                let replays = before.replays + 1;
                let last_seen_at = before.last_seen_at.max(now);
                assert_eq!(*after, Session { replays, last_seen_at, ..before.clone() }, "I6");
            }
            Decision::TooManyReplays { .. } => assert_eq!(after, before),
            Decision::Reuse(_) => {
                assert!(self.thief.is_some(), "I4: nobody stole anything");
                let late = before.acknowledged_at.is_some_and(|at| at + G < now);
                assert!(generation + 2 <= before.generation || late, "I5: not without a reason");
                assert_eq!(after.end_reason(now), Some(EndReason::Reuse), "I5");
                self.over = Some(EndReason::Reuse);
            }
            other => panic!("I4: {other:?}"),
        }
        let left_behind =
            generation < before.generation && before.acknowledged_at.is_some_and(|at| at + G < now);
        assert!(!left_behind || matches!(decision, Decision::Reuse(_)), "I5: {decision:?}");
    }

    /// I3: all refresh tokens of a generation are one, and all that a cookie's lifetime is counted from; the access
    /// tokens too, for half of their life after the rotation.
    fn check_cookies(&mut self, decision: Decision, tokens: Option<&TokenPair>, after: &Session) {
        let answers =
            matches!(decision, Decision::Debounced { .. } | Decision::Rotate | Decision::Replay(_));
        assert_eq!(tokens.is_some(), answers, "{decision:?}");
        let Some(tokens) = tokens else { return };
        assert_eq!(tokens.info.claims.generation, after.generation, "I1");
        let lifetime = |session: &Session| {
            (session.persistence, session.rotated_at, session.absolute_expires_at)
        };
        let first = self.first.entry(after.generation).or_insert_with(|| tokens.clone());
        assert_eq!(lifetime(&tokens.session), lifetime(&first.session), "I3");
        if tokens.refresh.is_some() && first.refresh.is_some() {
            assert_eq!(tokens.refresh, first.refresh, "I3");
        }
        if self.world.auth.now() < after.rotated_at + ACCESS / 2 {
            assert_eq!(tokens.access, first.access, "I3");
        }
    }
}

fn on_one_thread<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(run)
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn an_honest_browser_is_never_signed_out(steps in steps()) {
        on_one_thread(async {
            let mut run = Run::all(&steps).await;
            assert_eq!(run.over, None);
            // And goes on afterwards.
            run.take(Step::Send(Trigger::Call)).await;
            run.deliver(run.under_way.len() - 1).await;
            assert!(matches!(run.under_way.last(), Some(Message::Answer { .. })));
        });
    }

    #[test]
    fn after_a_sign_out_nothing_is_answered_any_more(before in steps(), after in steps()) {
        on_one_thread(async {
            let mut run = Run::all(&before).await;
            run.take(Step::SignOut).await;
            let row = run.row().await;
            for step in after {
                run.take(step).await;
            }
            assert_eq!(run.row().await, row);
        });
    }

    #[test]
    fn a_theft_ends_for_a_reason_and_for_ever(steps in thefts()) {
        on_one_thread(async {
            let run = Run::all(&steps).await;
            assert!(matches!(run.over, None | Some(EndReason::Reuse)));
        });
    }
}

/// Traces that met nothing would prove nothing.
#[test]
fn a_few_of_these_traces_meet_every_row_of_the_rule() {
    let mut runner = TestRunner::new(cases(1));
    let mut rows = BTreeSet::new();
    for _ in 0..60 {
        let steps = thefts().new_tree(&mut runner).expect("a trace").current();
        rows.extend(on_one_thread(Run::all(&steps)).rows);
    }
    assert_eq!(rows, BTreeSet::from([2, 5, 6, 7, 8, 9, 10]));
}
