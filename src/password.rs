//! Passwords: what they must be, and how they are hashed.
//!
//! Argon2id runs on the blocking pool, for callers with a place in the queue; the place moves into the task, so that a
//! client that disconnects does not free one that is still in use. An unknown user costs what a wrong password costs.
//! Passwords are compared whole, after NFC and nothing else: no trimming, no case folding, no truncation.

mod queue;

use std::{collections::HashSet, fmt, sync::LazyLock};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc},
};
use unicode_normalization::UnicodeNormalization as _;

pub(crate) use self::queue::Place;
use self::queue::Queue;
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
        policy: PasswordPolicy,
        email: &Email,
    ) -> Result<Self, PasswordError> {
        let PasswordPolicy { min, max } = policy;
        let password = Self::present(text).ok_or(PasswordError::TooLong { max })?;
        let length = password.0.chars().count();
        if length < min {
            return Err(PasswordError::TooShort { min });
        }
        if length > max {
            return Err(PasswordError::TooLong { max });
        }
        let folded = password.0.to_lowercase();
        let context = [email.as_str(), email.local_part(), "coatroom"];
        // A word that is repeated is as easily guessed as the word.
        if context.iter().any(|word| !word.is_empty() && folded.replace(word, "").is_empty()) {
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
    /// The person's address or the product's name.
    #[error("made of the address or the product's name")]
    Context,
}

/// A password hash in PHC form, with its own salt and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash as a store holds it.
    pub fn from_phc(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string, for a store to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// The reason why nothing was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// Too many wait already.
    #[error("too many passwords are being checked")]
    Busy,
    /// Too many of that network wait already; other networks are let in.
    #[error("too many passwords of one network are being checked")]
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
        /// The same password under today's parameters, if the stored hash has others.
        upgraded: Option<PasswordHash>,
    },
}

/// Hashes and checks passwords, a few at a time.
#[derive(Debug)]
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    queue: Queue,
    /// The hash of random bytes, checked if there is no account at all.
    nobody: PasswordHash,
}

impl Hasher {
    /// A hasher; computes one hash.
    pub(crate) fn new(hashing: Hashing, at_once: usize) -> Result<Self, HashError> {
        let Hashing { memory_kib, iterations, parallelism, concurrency, queue } = hashing;
        let params = Params::new(memory_kib, iterations, parallelism, None)
            .map_err(|_| HashError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash(&argon2, &random::<32>())?;
        Ok(Self { argon2, queue: Queue::new(concurrency, queue, at_once), nobody })
    }

    /// A place in the queue, for a client of that network: taken before anything is known of an account, so that a
    /// full queue tells nothing of one.
    ///
    /// # Errors
    /// [`HashError::Busy`], [`HashError::Share`].
    pub(crate) fn place(&self, network: &str) -> Result<Place, HashError> {
        self.queue.enter(network)
    }

    /// Hashes a password with a new salt.
    pub(crate) async fn hash(
        &self,
        place: Place,
        password: Password,
    ) -> Result<PasswordHash, HashError> {
        self.run(place, move |argon2| hash(argon2, password.0.as_bytes())).await
    }

    /// Checks a password against a user's hash, or, for an unknown user, against `stand_in`; if there is neither,
    /// against the hash of random bytes. The password of an unknown user is never right.
    pub(crate) async fn check(
        &self,
        place: Place,
        password: Password,
        stored: Option<PasswordHash>,
        stand_in: Option<PasswordHash>,
    ) -> Result<Checked, HashError> {
        let known = stored.is_some();
        let stored = stored.or(stand_in).unwrap_or_else(|| self.nobody.clone());
        self.run(place, move |argon2| {
            let parsed = phc::PasswordHash::new(stored.as_str()).map_err(|_| HashError::Failed)?;
            let right = match argon2.verify_password(password.0.as_bytes(), &parsed) {
                Ok(()) => true,
                Err(password_hash::Error::PasswordInvalid) => false,
                // No word about the password.
                Err(error) => return Err(failed(error)),
            };
            if !(right && known) {
                return Ok(Checked::Wrong);
            }
            let current = Params::try_from(&parsed).is_ok_and(|used| {
                let today = argon2.params();
                (used.m_cost(), used.t_cost(), used.p_cost())
                    == (today.m_cost(), today.t_cost(), today.p_cost())
            });
            let upgraded = if current { None } else { Some(hash(argon2, password.0.as_bytes())?) };
            Ok(Checked::Right { upgraded })
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce(&Argon2<'static>) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let turn = place.turn().await.ok_or(HashError::Failed)?;
        let argon2 = self.argon2.clone();
        tokio::task::spawn_blocking(move || {
            let result = work(&argon2);
            drop(turn);
            result
        })
        .await
        .map_err(|_| HashError::Failed)?
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<PasswordHash, HashError> {
    argon2
        .hash_password(password)
        .map(|hash: phc::PasswordHash| PasswordHash(hash.to_string()))
        .map_err(failed)
}

fn failed(error: password_hash::Error) -> HashError {
    match error {
        password_hash::Error::OutOfMemory => HashError::NoMemory,
        _ => HashError::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: PasswordPolicy = PasswordPolicy { min: 15, max: 256 };
    #[test]
    fn too_little_memory_is_no_fault_of_the_parameters() {
        assert_eq!(failed(password_hash::Error::OutOfMemory), HashError::NoMemory);
        assert_eq!(failed(password_hash::Error::ParamsInvalid), HashError::Failed);
    }

    const CHEAP: Hashing =
        Hashing { memory_kib: 8, iterations: 1, parallelism: 1, concurrency: 2, queue: 4 };

    fn place(hasher: &Hasher) -> Place {
        hasher.place("").expect("a place")
    }

    fn choose(text: &str) -> Result<Password, PasswordError> {
        Password::choose(text, POLICY, &Email::parse("marguerite@example.com").expect("valid"))
    }

    #[test]
    fn length_is_counted_in_code_points_at_its_edges() {
        let letters = |count: usize| "aé日🦀b".chars().cycle().take(count).collect::<String>();
        assert_eq!(choose(&letters(14)), Err(PasswordError::TooShort { min: 15 }));
        assert!(choose(&letters(15)).is_ok());
        assert!(choose(&letters(256)).is_ok());
        assert_eq!(choose(&letters(257)), Err(PasswordError::TooLong { max: 256 }));
        assert_eq!(choose(&"🦀b".repeat(1000)), Err(PasswordError::TooLong { max: 256 }));
    }

    #[test]
    fn any_characters_are_welcome() {
        for good in [
            "correct horse battery",
            " leading and trailing ",
            "пароль из трёх слов",
            "nul \0 and tab \t here",
        ] {
            assert!(choose(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for common in ["1234567890123456789", "QwertyuiopAsdfghjkl", "aaaaaaaaaaaaaaaaaaaa"] {
            assert_eq!(choose(common), Err(PasswordError::Common), "{common}");
        }
        for context in ["marguerite@example.com", "MargueriteMarguerite", "coatroomcoatroom"] {
            assert_eq!(choose(context), Err(PasswordError::Context), "{context}");
        }
        assert!(choose("x1234567890123456789").is_ok(), "a list is compared whole");
    }

    #[test]
    fn the_list_holds_what_its_description_says() {
        assert!(COMMON.iter().filter(|entry| entry.chars().count() >= 15).count() > 9_000);
        assert!(
            COMMON.iter().all(|entry| entry.chars().count() >= 8 && *entry == entry.to_lowercase())
        );
    }

    #[tokio::test]
    async fn a_password_is_verified_whole_and_in_either_normal_form() {
        let hasher = Hasher::new(CHEAP, 6).expect("a hasher");
        let long = "p".repeat(199);
        let present = |text: &str| Password::present(text).expect("short enough");
        let hash =
            hasher.hash(place(&hasher), present(&format!("{long}\u{e9}"))).await.expect("hashed");
        let check = async |text: &str| {
            hasher.check(place(&hasher), present(text), Some(hash.clone()), None).await
        };
        assert_eq!(check(&format!("{long}\u{e9}")).await, Ok(Checked::Right { upgraded: None }));
        assert_eq!(check(&format!("{long}e\u{301}")).await, Ok(Checked::Right { upgraded: None }));
        for wrong in
            [format!("{long}e"), format!(" {long}\u{e9}"), format!("{long}\u{c9}"), String::new()]
        {
            assert_eq!(check(&wrong).await, Ok(Checked::Wrong), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_weaker_hash_is_upgraded_when_its_password_is_seen() {
        let (weak, strong) =
            (Hasher::new(CHEAP, 6), Hasher::new(Hashing { iterations: 2, ..CHEAP }, 6));
        let (weak, strong) = (weak.expect("a hasher"), strong.expect("a hasher"));
        let password = Password::present("correct horse").expect("short enough");
        let hash = weak.hash(place(&weak), password.clone()).await.expect("hashed");
        let checked = strong
            .check(place(&strong), password.clone(), Some(hash), None)
            .await
            .expect("checked");
        let Checked::Right { upgraded: Some(upgraded) } = checked else {
            panic!("not upgraded: {checked:?}")
        };
        assert!(upgraded.as_str().starts_with("$argon2id$v=19$m=8,t=2,p=1$"));
        assert_eq!(
            strong.check(place(&strong), password, Some(upgraded), None).await,
            Ok(Checked::Right { upgraded: None })
        );
    }

    #[tokio::test]
    async fn nobodys_password_is_never_right() {
        let hasher = Hasher::new(CHEAP, 6).expect("a hasher");
        let password = Password::present("anything").expect("short enough");
        let others = hasher.hash(place(&hasher), password.clone()).await.expect("hashed");
        for stand_in in [None, Some(others)] {
            let checked = hasher.check(place(&hasher), password.clone(), None, stand_in).await;
            assert_eq!(checked, Ok(Checked::Wrong));
        }
    }
}
