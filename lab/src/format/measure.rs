//! The length of each form, and the time that making and checking one takes on this machine.

use std::time::{Duration, Instant};

use coatroom::auth::Access;

use super::{Claims, Format, FormatError, Keys};
use crate::{
    action::Party,
    setting::Setting,
    world::{ActError, World},
};

/// The number of times that each is done: the middle one of them counts.
const TIMES: usize = 100;

/// The figures of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The form.
    pub format: Format,
    /// A token of it.
    pub token: String,
    /// The median time to make one.
    pub make: Duration,
    /// The median time to check one and read its claims.
    pub check: Duration,
}

/// The reason why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum NotMeasured {
    /// The world whose token lends its claims did not begin.
    #[error(transparent)]
    World(#[from] ActError),
    /// Its token is not good, or its claims are no object.
    #[error("a world has no access token to lend its claims")]
    NoToken,
    /// The cryptographic library refused.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The computing was broken off.
    #[error("the measurement was broken off: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Measures all forms with new keys, and with the claims of an access token of a world.
///
/// # Errors
/// [`NotMeasured`].
pub async fn measure_all() -> Result<Vec<Measured>, NotMeasured> {
    let world = World::new(Setting::DEFAULT).await?;
    let Some(Access::Valid(info)) = world.standing(Party::Tab1).await? else {
        return Err(NotMeasured::NoToken);
    };
    let claims = serde_json::to_value(&info.claims).ok();
    let claims = claims.and_then(|claims| serde_json::from_value(claims).ok());
    let claims: Claims = claims.ok_or(NotMeasured::NoToken)?;
    let measured = tokio::task::spawn_blocking(move || measure(&Keys::generate()?, &claims));
    Ok(measured.await??)
}

/// Measures all forms with these claims. It computes for a good part of a second: from async code, call it on the
/// blocking pool.
///
/// # Errors
/// [`FormatError`] if the cryptographic library refuses, or a token does not read back.
pub fn measure(keys: &Keys, claims: &Claims) -> Result<Vec<Measured>, FormatError> {
    let of = |format| {
        let token = keys.make(format, claims)?;
        let make = median(|| keys.make(format, claims).map(drop))?;
        let check = median(|| match keys.read(format, &token) {
            Ok(read) if read == *claims => Ok(()),
            _ => Err(FormatError::Refused),
        })?;
        Ok(Measured { format, token, make, check })
    };
    Format::ALL.into_iter().map(of).collect()
}

#[expect(clippy::disallowed_methods, reason = "a duration is measured, which decides nothing")]
fn median(mut once: impl FnMut() -> Result<(), FormatError>) -> Result<Duration, FormatError> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        once()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times[TIMES / 2])
}
