//! The signing keys in their store: made if there are none, changed by one caller at a time.
//!
//! The pure functions of [`keyring`](crate::keyring) decide what becomes of the keys; this module reads them, and
//! writes them back unless another caller was faster. Running servers learn of a change as they learn of a revocation.

use std::{fmt, sync::Arc};

use crate::{
    clock::Timestamp,
    config::AuthConfig,
    keyring::{
        Activation, KeyId, KeyRecord, KeyState, Keyring, KeyringError, NewKey, PlanError, Schedule,
        SigningAlgorithm, first, reseal, retire, rotate,
    },
    secret::ServerSecret,
    store::{Store, StoreError},
};

/// The number of attempts of a change that loses each race. Keys are changed by operators, and at the start of a node.
const ATTEMPTS: usize = 8;

/// The signing keys of a server.
#[derive(Clone)]
pub struct Keys {
    store: Arc<dyn Store>,
    secret: ServerSecret,
    old_secrets: Vec<ServerSecret>,
    schedule: Schedule,
    /// The least times that a plan waits for, even if the servers' own figures are smaller.
    at_least: Schedule,
}

impl Keys {
    /// The keys in that store, sealed under the secret of that configuration.
    pub fn new(store: Arc<dyn Store>, config: &AuthConfig) -> Self {
        Self {
            store,
            secret: config.secret.clone(),
            old_secrets: config.old_secrets.clone(),
            schedule: config.schedule(),
            at_least: config.schedule(),
        }
    }

    /// The same keys, for a program that is none of the servers and whose own configuration says nothing of theirs: it
    /// plans by the figures that they left in the store, or by those of `at_least` that are greater.
    #[must_use]
    pub fn with_minimum_schedule(mut self, at_least: Schedule) -> Self {
        self.at_least = at_least;
        self
    }

    /// The keys as the store has them, oldest first; retired ones until the next rotation.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn records(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let mut records = self.store.keys().await?;
        records.sort_by(|a, b| {
            (a.staged_at, a.active_at, &a.kid).cmp(&(b.staged_at, b.active_at, &b.kid))
        });
        Ok(records)
    }

    /// Adds the key that takes over next, and returns all as they are then.
    ///
    /// # Errors
    /// [`KeysError`]; nothing was changed then.
    pub async fn rotate(
        &self,
        algorithm: SigningAlgorithm,
        when: Activation,
        now: Timestamp,
    ) -> Result<Vec<KeyRecord>, KeysError> {
        let new = self.new_key(algorithm).await?;
        let schedule = self.planned_by().await?;
        self.change(|seen| rotate(seen, new.clone(), now, schedule, when)).await
    }

    /// Ends a key at once, because an attacker may have it, and returns all as they are then.
    ///
    /// # Errors
    /// [`KeysError`]; nothing was changed then.
    pub async fn retire(&self, kid: &KeyId, now: Timestamp) -> Result<Vec<KeyRecord>, KeysError> {
        self.change(|seen| retire(seen, kid, now)).await
    }

    /// Forgets all keys, whatever secret they are sealed under, and makes a first one: what a server whose secret was
    /// changed needs before it starts. Every access token is worth nothing from then on.
    ///
    /// # Errors
    /// [`KeysError`]; nothing was changed then.
    pub async fn reset(
        &self,
        algorithm: SigningAlgorithm,
        now: Timestamp,
    ) -> Result<Vec<KeyRecord>, KeysError> {
        let new = self.new_key(algorithm).await?;
        self.change(|_| Ok(first(new.clone(), now))).await
    }

    /// Opens the keys. Makes the first if there is none; if the newest has another algorithm than the configuration,
    /// stages one that has it.
    pub(crate) async fn open_or_make(
        &self,
        algorithm: SigningAlgorithm,
        now: Timestamp,
    ) -> Result<Keyring, KeysError> {
        self.store.raise_schedule(self.schedule).await?;
        let schedule = self.planned_by().await?;
        for _ in 0..ATTEMPTS {
            let stored = self.store.keys().await?;
            let seen = self.resealed(stored.clone());
            let usable = seen.iter().filter(|record| record.state(now) != KeyState::Retired);
            let made = match usable.max_by_key(|record| record.active_at) {
                Some(newest) if newest.algorithm == algorithm => None,
                // Another change is under way already: this one waits for the next start.
                Some(newest) if newest.state(now) == KeyState::Staged => None,
                Some(_) => {
                    let new = self.new_key(algorithm).await?;
                    let when = Activation::AfterCachePeriod;
                    Some(rotate(&seen, new, now, schedule, when)?)
                }
                None => Some(first(self.new_key(algorithm).await?, now)),
            };
            let keys = made.unwrap_or(seen);
            // Before anything is written: keys under an unknown secret stay as they are.
            let keyring = Keyring::open(&keys, &self.secret)?;
            if keys == stored || self.store.replace_keys(&stored, &keys).await? {
                return Ok(keyring);
            }
        }
        Err(KeysError::Contended)
    }

    /// Opens the keys as they are.
    pub(crate) async fn open(&self) -> Result<Keyring, KeysError> {
        Ok(Keyring::open(&self.resealed(self.store.keys().await?), &self.secret)?)
    }

    /// The records with those sealed anew that only a former secret opens.
    fn resealed(&self, records: Vec<KeyRecord>) -> Vec<KeyRecord> {
        let anew =
            |record: KeyRecord| reseal(&record, &self.old_secrets, &self.secret).unwrap_or(record);
        records.into_iter().map(anew).collect()
    }

    /// The servers' figures, or the caller's if those are greater or no server has left any.
    async fn planned_by(&self) -> Result<Schedule, StoreError> {
        let servers = self.store.schedule().await?;
        Ok(servers.unwrap_or(self.schedule).max(self.at_least))
    }

    async fn change(
        &self,
        plan: impl Fn(&[KeyRecord]) -> Result<Vec<KeyRecord>, PlanError>,
    ) -> Result<Vec<KeyRecord>, KeysError> {
        for _ in 0..ATTEMPTS {
            let seen = self.records().await?;
            let planned = plan(&self.resealed(seen.clone()))?;
            // Keys under another secret would stop every server that has this one, and the other way round.
            Keyring::open(&planned, &self.secret)?;
            if self.store.replace_keys(&seen, &planned).await? {
                return Ok(planned);
            }
        }
        Err(KeysError::Contended)
    }

    /// Makes a key, not on a thread that serves: one of RSA takes a second to find.
    async fn new_key(&self, algorithm: SigningAlgorithm) -> Result<NewKey, KeysError> {
        let secret = self.secret.clone();
        let made = tokio::task::spawn_blocking(move || NewKey::generate(algorithm, &secret)).await;
        Ok(made.map_err(|_| KeyringError::Generate(algorithm))??)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("schedule", &self.schedule).finish_non_exhaustive()
    }
}

/// The reason why the keys were not opened or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key does not open, or could not be made.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The change makes no sense.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Others changed the keys at the same time, again and again.
    #[error("other processes changed the keys during every attempt; try again")]
    Contended,
}
