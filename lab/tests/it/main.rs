//! The lab: its data and its instruments, on the engine that signs people in; and the rule itself, searched by playing.
//!
//! Nothing here sleeps: time is a [`TestClock`](coatroom::clock::TestClock) that tests move.

mod architecture;
mod attacks;
#[path = "../../../tests/it/properties/cases.rs"]
mod cases;
mod compare;
mod cost;
mod diagram;
mod export;
mod forge;
mod format;
mod lesson;
mod made;
mod outage;
mod pastes;
mod plain_words;
mod public;
mod scenarios;
mod search;
mod seeds;
mod simulator;
mod slips;
#[path = "../../../tests/it/support/world.rs"]
#[expect(dead_code, reason = "the library's tests need more of it")]
mod support;
mod texts;
mod world;
mod xray;

use coatroom::{AuthConfig, keyring::SigningAlgorithm};
use coatroom_lab::xray::{Check, Outcome, XRay};

use crate::support::{World, config, memory};

const ALGORITHMS: [SigningAlgorithm; 4] = [
    SigningAlgorithm::EdDsa,
    SigningAlgorithm::Hs256,
    SigningAlgorithm::Rs256,
    SigningAlgorithm::Es256,
];

/// A world whose keys are of that algorithm.
async fn signing_with(algorithm: SigningAlgorithm) -> World {
    World::with(configured(|config| config.algorithm = algorithm), memory()).await
}

fn configured(change: impl FnOnce(&mut AuthConfig)) -> AuthConfig {
    let mut config = config();
    change(&mut config);
    config
}

async fn xrayed(world: &World, text: &str) -> XRay {
    coatroom_lab::xray::xray(&world.auth, text).await.expect("the store answers")
}

/// The checks that refused, and those that were not made.
fn marked(ray: &XRay) -> (Vec<Check>, Vec<Check>) {
    let of = |wanted: fn(&Outcome) -> bool| {
        let marked = ray.checks.iter().filter(|(_, outcome)| wanted(outcome));
        marked.map(|(check, _)| *check).collect()
    };
    let failed = of(|outcome| matches!(outcome, Outcome::Failed(why) if !why.is_empty()));
    (failed, of(|outcome| *outcome == Outcome::NotReached))
}

/// The checks after one.
fn after(check: Check) -> Vec<Check> {
    Check::ALL.into_iter().filter(|other| *other > check).collect()
}
