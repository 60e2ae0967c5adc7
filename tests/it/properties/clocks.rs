//! Two nodes on one store, whose clocks differ and are set while a browser goes from one to the other (I10).

use std::{sync::Arc, time::Duration};

use coatroom::{
    Access, Accounts, Auth, Timestamp,
    auth::TokenPair,
    clock::TestClock,
    refresh_token::RefreshToken,
    session::{Client, Decision},
    store::{Trigger, memory::MemoryStore},
};
use proptest::{collection::vec, prelude::*};
use tokio::runtime::Builder;

use super::cases;
use crate::support::{EMAIL, PASSWORD, START, config, context, credentials};

/// A step of a history.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Time passes, for both.
    Wait(u32),
    /// The clock of a node is set: how far it is off now, as a share of half the greatest difference.
    Set(bool, f64),
    /// The browser asks a node.
    Call(bool),
    /// The browser refreshes there, though nothing made it.
    Refresh(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u32..1_200_000).prop_map(Step::Wait),
        (any::<bool>(), -1.0..=1.0_f64).prop_map(|(node, share)| Step::Set(node, share)),
        any::<bool>().prop_map(Step::Call),
        any::<bool>().prop_map(Step::Refresh),
    ]
}

struct Nodes {
    auth: [Auth; 2],
    clocks: [Arc<TestClock>; 2],
    /// The error of each clock, in milliseconds.
    off: [i64; 2],
    now: Timestamp,
    /// The browser's jar.
    access: TokenPair,
    refresh: RefreshToken,
}

impl Nodes {
    async fn new(skew: Duration) -> Self {
        let store = Arc::new(MemoryStore::new());
        let clocks = [START; 2].map(|start| Arc::new(TestClock::new(start)));
        let node = async |clock: &Arc<TestClock>| {
            let mut config = config();
            config.clock_skew = skew;
            let store = Arc::clone(&store);
            Accounts::with_clock(config, store, clock.clone()).await.expect("an engine")
        };
        let nodes = [node(&clocks[0]).await, node(&clocks[1]).await];
        let signed_up = nodes[0].sign_up(credentials(EMAIL, PASSWORD), context(None)).await;
        let access = signed_up.expect("signed up").into_signed().expect("signed tokens");
        let refresh = access.refresh.clone().expect("a new session");
        let auth = nodes.map(|node| node.auth().clone());
        Self { auth, clocks, off: [0; 2], now: START, access, refresh }
    }

    fn tell_the_time(&self) {
        for (clock, off) in self.clocks.iter().zip(self.off) {
            clock.set(Timestamp::from_millis(self.now.millis() + off));
        }
    }

    async fn asked(&self, node: usize) -> Access {
        let access = self.auth[node].authenticate(&self.access.access).await.expect("answers");
        self.auth[node].drain().await;
        access
    }

    async fn refreshed(&mut self, node: usize) -> Decision {
        let presented = Some(self.refresh.clone());
        let refreshed = self.auth[node].refresh(presented, Trigger::Call, Client::default()).await;
        let refreshed = refreshed.expect("answers");
        if let Some(tokens) = refreshed.tokens {
            self.refresh = tokens.refresh.clone().unwrap_or_else(|| self.refresh.clone());
            self.access = tokens;
        }
        refreshed.decision
    }

    /// A browser that calls a node, refreshes there if it has to, and calls again.
    async fn call(&mut self, node: usize) -> Result<Access, TestCaseError> {
        let first = self.asked(node).await;
        if !matches!(first, Access::Valid(_)) {
            let decision = self.refreshed(node).await;
            let second = self.asked(node).await;
            let valid = matches!(second, Access::Valid(_));
            prop_assert!(valid, "{first:?}, refreshed with {decision:?}: {second:?}");
        }
        Ok(first)
    }
}

/// Lives through the steps, with clocks that are never further apart than `apart`, on nodes that forgive `skew`.
fn live(steps: &[Step], apart: Duration, skew: Duration) -> Result<(), TestCaseError> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut nodes = Nodes::new(skew).await;
        for step in steps {
            match *step {
                Step::Wait(ms) => nodes.now = nodes.now + Duration::from_millis(ms.into()),
                Step::Set(node, share) => {
                    #[expect(clippy::cast_possible_truncation, reason = "some hours")]
                    let off = (apart.as_secs_f64() * 500.0 * share) as i64;
                    nodes.off[usize::from(node)] = off;
                }
                Step::Refresh(node) => {
                    nodes.refreshed(usize::from(node)).await;
                }
                Step::Call(node) => {
                    let first = nodes.call(usize::from(node)).await?;
                    if apart <= skew {
                        prop_assert!(!matches!(first, Access::Invalid(_)), "{first:?}");
                    }
                }
            }
            nodes.tell_the_time();
        }
        Ok(())
    })
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn within_the_skew_no_node_refuses_a_token_that_is_in_time(
        steps in vec(step(), 1..40),
        skew in 0_u64..=300_000,
    ) {
        let skew = Duration::from_millis(skew);
        live(&steps, skew, skew)?;
    }

    #[test]
    fn one_refresh_is_enough_under_any_clocks(steps in vec(step(), 1..40)) {
        live(&steps, Duration::from_hours(2), Duration::from_secs(5))?;
    }
}
