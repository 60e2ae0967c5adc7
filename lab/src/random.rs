//! Random numbers that come out the same for the same seed, for the simulator and for nothing that is secret.

use std::time::Duration;

/// `SplitMix64` (Steele, Lea, Flood 2014): small, fast, and good enough for a model.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number from 0 up to, but not including, 1.
    pub fn unit(&mut self) -> f64 {
        let [high, low] = [self.bits() >> 38, self.bits() >> 37];
        let half = |bits: u64| f64::from(u32::try_from(bits).unwrap_or(0));
        (half(high) * 2f64.powi(27) + half(low)) / 2f64.powi(53)
    }

    /// Returns true with that probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of the numbers from 0 up to, but not including, `below`.
    pub fn below(&mut self, below: u32) -> u32 {
        let product = u64::from(below) * (self.bits() >> 32);
        u32::try_from(product >> 32).unwrap_or(0)
    }

    /// Milliseconds from `from` up to, but not including, `to`, all alike.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = u32::try_from(to - from).unwrap_or(u32::MAX);
        from + i64::from(self.below(width))
    }

    /// Milliseconds until something that happens every `mean` milliseconds on average, and has no memory.
    pub fn wait(&mut self, mean: i64) -> i64 {
        let mean = Duration::from_millis(u64::try_from(mean).unwrap_or(0));
        let wait = mean.mul_f64(-(1.0 - self.unit()).ln());
        i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_published_sequence() {
        let mut random = Random::new(1_234_567);
        let first = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!([random.bits(), random.bits()], first);
    }

    #[test]
    fn numbers_are_in_their_range_and_waits_have_their_mean() {
        let mut random = Random::new(1);
        let waits: i64 = (0..10_000).map(|_| random.wait(1_000)).sum();
        assert!((9_600_000..10_400_000).contains(&waits), "{waits}");
        assert!((0..10_000).all(|_| (0.0..1.0).contains(&random.unit())));
        assert!((0..10_000).all(|_| (5..8).contains(&random.between(5, 8))));
        assert!((0..1_000).any(|_| random.below(3) == 2));
    }
}
