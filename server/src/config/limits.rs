//! The most that one network may take: of password checks, of sign-ups, and of the lab.

use std::str::FromStr;

use clap::Args;
use coatroom::config::{Guessing, Rate};

/// The settings that bound guessing and flooding.
#[derive(Clone, Copy, Debug, Args)]
pub struct Limits {
    /// The most sign-ins from one network (/24, IPv6 /48), as TIMES/DURATION, or off; behind a proxy that is not
    /// trusted, all clients count as one network
    #[arg(
        global = true,
        long = "limit-sign-ins",
        env = "COATROOM_LIMIT_SIGN_INS",
        default_value = "60/1m"
    )]
    sign_ins: Limit,
    /// The most sign-ups from one network, as TIMES/DURATION, or off
    #[arg(
        global = true,
        long = "limit-sign-ups",
        env = "COATROOM_LIMIT_SIGN_UPS",
        default_value = "30/10m"
    )]
    sign_ups: Limit,
    /// The most wrong passwords for one email address from one network, as TIMES/DURATION, or off
    #[arg(
        global = true,
        long = "limit-failures",
        env = "COATROOM_LIMIT_FAILURES",
        default_value = "10/10m"
    )]
    failures: Limit,
    /// The most worlds of the lab that one network may have at once [default: an eighth of all]
    #[arg(global = true, long = "limit-worlds", env = "COATROOM_LIMIT_WORLDS")]
    pub worlds: Option<usize>,
}

/// A number of times in each period, or no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limit(Option<Rate>);

impl Limits {
    /// Returns the engine's bounds, with these in place of its own.
    pub(super) const fn guessing(&self, defaults: Guessing) -> Guessing {
        let mut guessing = defaults;
        guessing.sign_ins = self.sign_ins.0;
        guessing.sign_ups = self.sign_ups.0;
        guessing.failures = self.failures.0;
        if guessing.failures.is_none() {
            guessing.everywhere = None;
        }
        guessing
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let shape = || "must be TIMES/DURATION, such as 60/1m, or off".to_owned();
        let (times, per) = text.split_once('/').ok_or_else(shape)?;
        let times = times.parse().map_err(|_| shape())?;
        let per = humantime::parse_duration(per).map_err(|error| error.to_string())?;
        Ok(Self(Some(Rate::new(times, per))))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_limit_is_a_rate_or_off_and_nothing_else() {
        let minute = Duration::from_secs(60);
        assert_eq!("60/1m".parse(), Ok(Limit(Some(Rate::new(60, minute)))));
        assert_eq!("off".parse(), Ok(Limit(None)));
        for bad in ["", "60", "60/", "/1m", "-1/1m", "60/1m/2", "60/soon", "Off"] {
            assert!(bad.parse::<Limit>().is_err(), "{bad}");
        }
    }
}
