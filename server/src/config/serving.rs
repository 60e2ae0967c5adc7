//! The operator's settings for connections, proxies and the end.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use clap::Args;

use super::{
    settings::Profile,
    stop::{Stop, wrong},
};
use crate::{
    connections::Patience,
    proxies::{ForwardedHeader, Proxies, TrustedNetwork},
};

/// The time for which requests are still taken after the end was asked for, outside of the demo profile.
pub const DRAIN_DELAY: Duration = Duration::from_secs(2);

/// The flags and variables.
#[derive(Clone, Debug, Args)]
pub(super) struct ServingSettings {
    /// The trusted proxies, whose header names the client: addresses and networks, separated by commas
    #[arg(global = true, long, env = "COATROOM_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<TrustedNetwork>,
    /// The header in which trusted proxies name the client; the other one is never read
    #[arg(
        global = true,
        long,
        env = "COATROOM_FORWARDED_HEADER",
        value_enum,
        default_value = "x-forwarded-for"
    )]
    forwarded_header: ForwardedHeader,
    /// The most open connections, and a quarter of them from one network [default: three quarters of the limit on open
    /// files, and at most 10000]
    #[arg(global = true, long, env = "COATROOM_CONNECTIONS")]
    connections: Option<usize>,
    /// The time in which a client has to send a request's headers, and the longest pause in sending a body or reading a
    /// response
    #[arg(global = true, long, env = "COATROOM_CLIENT_TIMEOUT", value_parser = humantime::parse_duration, default_value = "20s")]
    client_timeout: Duration,
    /// The time that a connection may be idle; must be longer than a proxy in front keeps idle connections, or the
    /// proxy reuses closed ones
    #[arg(global = true, long, env = "COATROOM_KEEP_ALIVE", value_parser = humantime::parse_duration, default_value = "75s")]
    keep_alive: Duration,
    /// The time for which requests are still accepted after SIGTERM, while /readyz answers 503 [default: 2s, demo: 0s]
    #[arg(global = true, long, env = "COATROOM_DRAIN_DELAY", value_parser = humantime::parse_duration)]
    drain_delay: Option<Duration>,
}

/// The settings for connections, proxies and the end, checked.
#[derive(Clone, Debug)]
pub struct Serving {
    pub proxies: Arc<Proxies>,
    /// The most connections, if the operator says so.
    pub connections: Option<usize>,
    pub patience: Patience,
    pub drain_delay: Duration,
}

impl ServingSettings {
    pub(super) fn check(&self, profile: Profile) -> Result<Serving, Stop> {
        let second = Duration::from_secs(1);
        let drain_delay = self.drain_delay.unwrap_or(match profile {
            Profile::Demo => Duration::ZERO,
            Profile::Production => DRAIN_DELAY,
        });
        within("COATROOM_CLIENT_TIMEOUT", self.client_timeout, second / 10..=600 * second)?;
        within("COATROOM_KEEP_ALIVE", self.keep_alive, second / 10..=3600 * second)?;
        within("COATROOM_DRAIN_DELAY", drain_delay, Duration::ZERO..=600 * second)?;
        if self.connections.is_some_and(|connections| connections < 16) {
            return wrong("COATROOM_CONNECTIONS", "must be at least 16");
        }
        Ok(Serving {
            proxies: Arc::new(Proxies::new(self.trusted_proxies.clone(), self.forwarded_header)),
            connections: self.connections,
            patience: Patience { client: self.client_timeout, keep_alive: self.keep_alive },
            drain_delay,
        })
    }
}

fn within(name: &str, value: Duration, bounds: RangeInclusive<Duration>) -> Result<(), Stop> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let (least, most) = bounds.into_inner();
    let text = humantime::format_duration;
    wrong(name, format!("must be between {} and {}", text(least), text(most)))
}
