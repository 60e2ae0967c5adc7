//! The number of cases that a property is tried on: the same each time.
//!
//! They begin at a fixed seed, so that a failure is a failure everywhere; `PROPTEST_CASES` asks for more of them.

use proptest::test_runner::{Config, RngSeed};

/// Tries so many, unless the environment asks for another number.
pub(crate) fn cases(cases: u32) -> Config {
    // The default holds the number that the environment asks for.
    let asked = Config::default().cases;
    let cases = if asked == 256 { cases } else { asked };
    Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() }
}
