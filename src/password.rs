//! Passwords: what they must be, and how they are hashed.
//!
//! Argon2id runs on threads of its own, for callers with a place in the queue; the place moves into the task, so that a
//! client that disconnects does not free one that is still in use. An unknown user costs what a wrong password costs.
//! Passwords are compared whole, after NFC and nothing else: no trimming, no case folding, no truncation.

mod queue;
mod threads;

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, LazyLock},
};

use argon2::{Algorithm, Argon2, Params, Version, password_hash::phc};
use unicode_normalization::UnicodeNormalization as _;

pub(crate) use self::queue::QueueSlot;
use self::{
    queue::Queue,
    threads::{Memory, Threads},
};
pub use crate::password_hash::{ForeignHash, PasswordHash};
use crate::{
    config::{Hashing, PasswordPolicy},
    secret::random,
    user::Email,
};

/// The most bytes a password may have, whatever the policy: hashing cost must not be the caller's choice.
const MAX_BYTES: usize = 1024;

/// Passwords that are tried first: those of 15 characters and more among the million most frequent ones of a
/// public collection of ten million leaked ones, and the ten thousand most frequent of 8 and more. Sorted.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("password/common.txt").lines().collect());

/// A password, in NFC.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Reads a password that a user chooses, and checks it against the policy and against what is easily guessed.
    ///
    /// # Errors
    /// [`PasswordError`] says what is wrong with it.
    pub fn choose(
        text: &str,
        policy: &PasswordPolicy,
        email: &Email,
    ) -> Result<Self, PasswordError> {
        let (min, max) = (policy.min, policy.max);
        let password = Self::present(text).ok_or(PasswordError::TooLong { max })?;
        let length = password.0.chars().count();
        if length < min {
            return Err(PasswordError::TooShort { min });
        }
        if length > max {
            return Err(PasswordError::TooLong { max });
        }
        let folded = password.0.to_lowercase();
        let words = policy.context.iter().map(|word| word.nfc().collect::<String>().to_lowercase());
        let mut context =
            [email.as_str(), email.local_part()].map(str::to_owned).into_iter().chain(words);
        // A word that is repeated is as easily guessed as the word.
        if context.any(|word| !word.is_empty() && folded.replace(&word, "").is_empty()) {
            return Err(PasswordError::Context);
        }
        let mut characters = folded.chars();
        let first = characters.next();
        if COMMON.contains(folded.as_str()) || characters.all(|next| Some(next) == first) {
            return Err(PasswordError::Common);
        }
        Ok(password)
    }

    /// Reads a password that a client presents, to be checked against a hash; `None` if it is too long to be one.
    pub fn present(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let normalized: String = text.nfc().collect();
        (normalized.len() <= MAX_BYTES).then_some(Self(normalized))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The reason why a password cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Fewer code points than the policy demands.
    #[error("shorter than {min} characters")]
    TooShort {
        /// The least number.
        min: usize,
    },
    /// More code points than the policy allows, or more than 1024 bytes.
    #[error("longer than {max} characters")]
    TooLong {
        /// The greatest number.
        max: usize,
    },
    /// Among the most common passwords, or one character again and again.
    #[error("among the most common passwords")]
    Common,
    /// The user's address, or one of the words of [`PasswordPolicy::context`], once or again and again.
    #[error("consists of the email address, or of a word of the application, alone")]
    Context,
}

/// The reason why nothing was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// Too many wait already.
    #[error("the queue for password hashing is full")]
    Busy,
    /// Too many of that network wait already; other networks are let in.
    #[error("too many passwords of one network are in the queue for hashing")]
    Share,
    /// There was too little memory.
    #[error("there is too little memory to hash a password")]
    NoMemory,
    /// The hasher failed; never the password's fault.
    #[error("the password could not be hashed")]
    Failed,
}

/// The result of checking a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// It is not the password.
    Wrong,
    /// It is.
    Right {
        /// The same password under today's parameters, if the stored hash is weaker.
        upgraded: Option<PasswordHash>,
    },
}

/// Hashes and checks passwords, a few at a time.
#[derive(Debug)]
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    foreign: Option<Arc<dyn ForeignHash>>,
    queue: Queue,
    threads: Threads,
    /// A hash that no password has, checked if there is no account at all.
    nobody: PasswordHash,
}

impl Hasher {
    /// A hasher.
    ///
    /// # Errors
    /// [`HashError::Failed`] if the parameters are out of range, [`HashError::NoMemory`] if one hash has no room.
    pub(crate) fn new(hashing: Hashing, at_once: usize) -> Result<Self, HashError> {
        let Hashing { memory_kib, iterations, parallelism, concurrency, queue } = hashing;
        let params = Params::new(memory_kib, iterations, parallelism, None)
            .map_err(|_| HashError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Memory::check(argon2.params().block_count())?;
        // Random bytes look like the hash of a password, take as long to check, and cost a start no hash.
        let output = phc::Output::new(&random::<{ Params::DEFAULT_OUTPUT_LEN }>());
        let output = output.map_err(|_| HashError::Failed)?;
        let nobody = written(&argon2, phc::Salt::generate(), output)?;
        let threads = Threads::new(concurrency).map_err(|_| HashError::Failed)?;
        let queue = Queue::new(concurrency, queue, at_once);
        Ok(Self { argon2, foreign: None, queue, threads, nobody })
    }

    /// The same hasher, which checks hashes of another make as well.
    #[must_use]
    pub(crate) fn with_foreign(mut self, foreign: Option<Arc<dyn ForeignHash>>) -> Self {
        self.foreign = foreign;
        self
    }

    /// A place in the queue, for a client of that network: taken before anything is known of an account, so that a
    /// full queue tells nothing of one.
    ///
    /// # Errors
    /// [`HashError::Busy`], [`HashError::Share`].
    pub(crate) fn place(&self, network: &str) -> Result<QueueSlot, HashError> {
        self.queue.enter(network)
    }

    /// Hashes a password with a new salt.
    pub(crate) async fn hash(
        &self,
        place: QueueSlot,
        password: Password,
    ) -> Result<PasswordHash, HashError> {
        self.run(place, move |argon2, memory| hash(argon2, password.0.as_bytes(), memory)).await
    }

    /// Checks a password against a user's hash, or, for an unknown user, against `stand_in`; if there is neither,
    /// against a hash that no password has. The password of an unknown user is never right.
    pub(crate) async fn check(
        &self,
        place: QueueSlot,
        password: Password,
        stored: Option<PasswordHash>,
        stand_in: Option<PasswordHash>,
    ) -> Result<Checked, HashError> {
        let known = stored.is_some();
        let stored = stored.or(stand_in).unwrap_or_else(|| self.nobody.clone());
        let foreign = self.foreign.clone();
        self.run(place, move |argon2, memory| {
            let theirs = foreign.and_then(|make| make.verify(&password.0, stored.as_str()));
            let (right, weaker) = match theirs {
                Some(right) => (right, true),
                None => verify(argon2, &password, &stored, memory)?,
            };
            if !(right && known) {
                return Ok(Checked::Wrong);
            }
            let hash = || hash(argon2, password.0.as_bytes(), memory);
            let upgraded = weaker.then(hash).transpose()?;
            Ok(Checked::Right { upgraded })
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        place: QueueSlot,
        work: impl FnOnce(&Argon2<'static>, &mut Memory) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let turn = place.turn().await.ok_or(HashError::Failed)?;
        let argon2 = self.argon2.clone();
        let work = move |memory: &mut Memory| {
            let result = work(&argon2, memory);
            drop(turn);
            result
        };
        self.threads.run(work).await
    }
}

/// Returns whether a password is the one of an Argon2 hash, and whether that is weaker than one of today.
fn verify(
    argon2: &Argon2<'_>,
    password: &Password,
    stored: &PasswordHash,
    memory: &mut Memory,
) -> Result<(bool, bool), HashError> {
    let parsed = phc::PasswordHash::new(stored.as_str()).map_err(|_| HashError::Failed)?;
    let params = Params::try_from(&parsed).map_err(|_| HashError::Failed)?;
    let algorithm =
        Algorithm::try_from(parsed.algorithm.as_str()).map_err(|_| HashError::Failed)?;
    let version = parsed.version.map_or(Ok(Version::default()), Version::try_from);
    let (Ok(version), Some(salt), Some(expected)) = (version, parsed.salt, parsed.hash) else {
        return Err(HashError::Failed);
    };
    // The work of an attacker grows with the memory and with the passes over it.
    let work = |params: &Params| u64::from(params.m_cost()) * u64::from(params.t_cost());
    let strong = algorithm == Algorithm::Argon2id && work(&params) >= work(argon2.params());
    let theirs = Argon2::new(algorithm, version, params);
    let computed = output(&theirs, password.0.as_bytes(), &salt, expected.len(), memory)?;
    // Compared in constant time.
    Ok((computed == expected, !strong))
}

fn hash(
    argon2: &Argon2<'_>,
    password: &[u8],
    memory: &mut Memory,
) -> Result<PasswordHash, HashError> {
    let salt = phc::Salt::generate();
    let hash = output(argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN, memory)?;
    written(argon2, salt, hash)
}

/// Writes a hash as it is stored, with its parameters.
fn written(
    argon2: &Argon2<'_>,
    salt: phc::Salt,
    hash: phc::Output,
) -> Result<PasswordHash, HashError> {
    let params = argon2.params().try_into().map_err(|_| HashError::Failed)?;
    let phc = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params,
        salt: Some(salt),
        hash: Some(hash),
    };
    Ok(PasswordHash::from_phc(phc.to_string()))
}

/// Computes a hash of that many bytes.
fn output(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    length: usize,
    memory: &mut Memory,
) -> Result<phc::Output, HashError> {
    let blocks = memory.blocks(argon2.params().block_count())?;
    let mut output = [0; phc::Output::MAX_LENGTH];
    let output = output.get_mut(..length).ok_or(HashError::Failed)?;
    argon2
        .hash_password_into_with_memory(password, salt, output, blocks)
        .map_err(|_| HashError::Failed)?;
    phc::Output::new(output).map_err(|_| HashError::Failed)
}

#[cfg(test)]
mod tests;
