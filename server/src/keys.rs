//! `coatroom keys`: looking after the keys that access tokens are signed with.

use std::{fmt::Write as _, sync::Arc};

use coatroom::{
    Clock as _, Keys, Store, SystemClock, Timestamp,
    handshake::HandshakeIssuer,
    keyring::{Activation, KeyId, KeyRecord},
};

use crate::{
    config::{Config, KeysCommand},
    telemetry,
};

/// Carries out a command. Running servers hear of it.
///
/// # Errors
/// The fault, in one line; nothing was changed then.
pub async fn run(
    command: KeysCommand,
    store: Arc<dyn Store>,
    config: &Config,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let algorithm = config.auth.algorithm;
    // The servers' own figures are in the store; this shell's may be others.
    let keys = Keys::new(store, &config.auth).with_minimum_schedule(config.schedule);
    let now = SystemClock.now();
    let (records, json) = match command {
        KeysCommand::List { json } => (keys.records().await?, json),
        KeysCommand::Rotate { now: at_once, json } => {
            let when = if at_once { Activation::AtOnce } else { Activation::AfterCachePeriod };
            (keys.rotate(algorithm, when, now).await?, json)
        }
        KeysCommand::Retire { kid, json } => {
            let kid = KeyId::parse(&kid).ok_or("that is no key id; see `coatroom keys list`")?;
            (keys.retire(&kid, now).await?, json)
        }
        KeysCommand::Reset { json } => (keys.reset(algorithm, now).await?, json),
        KeysCommand::HandshakeSecret { name } => {
            telemetry::announce(&handshake_secret(&name, config)?);
            return Ok(());
        }
    };
    if json {
        telemetry::announce(&as_json(&records, now));
    } else {
        telemetry::announce(&as_table(&records, now));
    }
    Ok(())
}

/// Returns the secret that the server shares with a receiver: derived, so that no one has to keep it here.
fn handshake_secret(
    name: &str,
    config: &Config,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let receiver = config.handoff.receivers.iter().find(|receiver| receiver.name == name);
    let receiver = receiver.ok_or("COATROOM_HANDOFF names no such receiver")?;
    let issuer = HandshakeIssuer::new(&config.origin, &config.auth.secret, &[])?;
    Ok(issuer.shared_secret(&receiver.origin)?.reveal().to_owned())
}

fn as_json(records: &[KeyRecord], now: Timestamp) -> serde_json::Value {
    let key = |record: &KeyRecord| {
        serde_json::json!({
            "kid": record.kid.as_str(),
            "alg": record.algorithm,
            "state": record.state(now),
            "staged_at": record.staged_at,
            "active_at": record.active_at,
            "retiring_at": record.retiring_at,
            "retired_at": record.retired_at,
        })
    };
    records.iter().map(key).collect()
}

fn as_table(records: &[KeyRecord], now: Timestamp) -> String {
    if records.is_empty() {
        return "no keys yet: the first is made when the server starts".into();
    }
    let mut table = format!("{:<43}  {:<5}  {:<8}  next", "kid", "alg", "state");
    for record in records {
        let (kid, algorithm) = (&record.kid, record.algorithm.as_str());
        let state = record.state(now).as_str();
        let row = format!("{kid:<43}  {algorithm:<5}  {state:<8}  {}", next(record, now));
        let _never_fails = write!(table, "\n{}", row.trim_end());
    }
    table
}

/// Says the next state of a key, and the time until then.
fn next(record: &KeyRecord, now: Timestamp) -> String {
    let steps = [
        ("active", Some(record.active_at)),
        ("retiring", record.retiring_at),
        ("retired", record.retired_at),
    ];
    let coming = steps.into_iter().filter_map(|(what, at)| Some((what, at?)));
    let Some((what, at)) = coming.into_iter().find(|(_, at)| *at > now) else {
        return String::new();
    };
    let left = std::time::Duration::from_secs(at.since(now).as_secs());
    format!("{what} in {}", humantime::format_duration(left))
}
