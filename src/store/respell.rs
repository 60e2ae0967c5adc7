//! Respelling the addresses of a database from before addresses had one spelling.
//!
//! Two accounts may turn out to have one mailbox. Nothing is merged: no user ever proved to own either, their passwords
//! differ, and one may be an administrator's. The one that has the one spelling already keeps it, otherwise the oldest
//! gets it; each other one keeps the spelling it has, and is signed in to by typing just that, as before
//! ([`account_at`](super::account_at)). An address that cannot be read any more keeps its spelling, too.

use crate::user::Email;

/// The migration in whose transaction this is done.
pub(super) const MIGRATION: i64 = 7;

/// The one spelling of an address that is kept in another.
pub(super) fn respelled(kept: &str) -> Option<String> {
    let email = Email::parse(kept).ok()?;
    (email.as_str() != kept).then(|| email.as_str().to_owned())
}

/// Respells all addresses, on a connection inside of a transaction.
macro_rules! respell {
    ($connection:expr) => {{
        let kept: Vec<(Vec<u8>, String)> =
            sqlx::query_as(sql::IN_OTHER_SCRIPTS).fetch_all(&mut *$connection).await.map_err(store_error)?;
        for (id, email) in kept {
            let Some(email) = respelled(&email) else { continue };
            let respell = sqlx::query(sql::RESPELL).bind(&id).bind(email);
            if respell.execute(&mut *$connection).await.map_err(store_error)?.rows_affected() == 0 {
                let sub = <[u8; 16]>::try_from(id).map(UserId::from_bytes).ok();
                tracing::warn!(?sub, "two accounts have the same mailbox: this one keeps its old spelling, and signs in by typing just that");
            }
        }
    }};
}

pub(super) use respell;
