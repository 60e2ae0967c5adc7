//! `coatroom sessions`: ends sessions, those of one account or all.

use coatroom::{
    Clock as _, SystemClock, Timestamp,
    auth::{EndedBy, end_sessions_of},
};

use crate::{
    config::{SessionsCommand, Since},
    database::Stores,
    telemetry, users,
};

/// The limit of `--since`, printed with its result.
const BOUND: &str = "A database that was restored from a backup, or failed over, does not know the refreshes it lost: use --all then.";

/// Carries out a command. Running servers hear of it.
///
/// # Errors
/// One line that names the fault. Some sessions of an account may have ended by then.
pub async fn run(
    command: SessionsCommand,
    stores: &Stores,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let SessionsCommand::End { all, since, user, json } = command;
    let now = SystemClock.now();
    let (done, text) = if let Some(typed) = user {
        let user = users::account(&*stores.accounts, &typed).await?;
        let address = user.email.as_str();
        let (sessions, subject) = (&*stores.sessions, user.id.into());
        let ended = end_sessions_of(sessions, &subject, EndedBy::Administrator, now).await?;
        // A token without a session is in no list, and refused as one of an older version.
        sessions.outdate(&subject, now).await?;
        let done = serde_json::json!({ "email": address, "ended": ended });
        (done, format!("{ended} sessions of {address} ended."))
    } else {
        let since = since.filter(|_| !all).map(|since| instant(since, now));
        let epoch = stores.sessions.add_epoch(since, now).await?;
        let done = serde_json::json!({ "epoch": epoch, "since": since, "at": now });
        let text = match since {
            None => format!("Every session ended. {}", known(epoch)),
            Some(since) => {
                let seconds = u64::try_from(since.seconds()).unwrap_or(0);
                let since = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
                let since = humantime::format_rfc3339_seconds(since);
                let known = known(epoch);
                format!(
                    "Every session that began or was refreshed since {since} ended. {known}\n{BOUND}"
                )
            }
        };
        (done, text)
    };
    if json {
        telemetry::announce(&done);
    } else {
        telemetry::announce(&text);
    }
    Ok(())
}

fn known(epoch: u64) -> String {
    format!("This is epoch {epoch}; running servers apply it at once or at their next poll.")
}

fn instant(since: Since, now: Timestamp) -> Timestamp {
    match since {
        Since::Instant(seconds) => {
            Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
        }
        Since::Ago(ago) => now - ago,
    }
}
