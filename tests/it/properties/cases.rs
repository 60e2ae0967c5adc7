//! How many cases a property is tried on: the same each time.
//!
//! They begin at a fixed seed, so that a failure is a failure everywhere; `PROPTEST_CASES` asks for more of them.

use proptest::test_runner::{Config, RngSeed};

/// Tries so many, unless others were asked for.
pub(crate) fn cases(cases: u32) -> Config {
    // What was asked for in the environment is in the default.
    let asked = Config::default().cases;
    let cases = if asked == 256 { cases } else { asked };
    Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() }
}
