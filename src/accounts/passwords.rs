//! Signing up and in with a password.
//!
//! Invariant: until the password is checked, nothing of a sign-in depends on the account, neither its answer nor its
//! time. All that can refuse it comes before the account is looked up, and all that comes after the check is told by
//! the answer anyway. After a change of the hash's cost, old hashes take another time than new ones. So an address
//! without an account is checked against the hash of some account, always of the same one: each cost is as frequent
//! among the addresses that have no account as among those that have one. What is left, the microseconds in which a row
//! is read, is hidden by telling the time in steps.

use std::time::Duration;

use super::{
    Accounts, Credentials, Inner, SignInError, SignUpError, guard::TooMany, members::person,
};
use crate::{
    auth::{Credential, SignInContext, spans::Verb},
    observer::Observation,
    password::{Checked, Password, PasswordHash},
    principal::{Means, Role},
    store::{self, Candidate, CandidateQuery, EventKind, StoreError},
    user::{Email, User, UserId},
};

/// The steps in which the time of a wrong password is told: far above what a lookup finds, far below a hash in earnest.
const STEP: Duration = Duration::from_millis(5);

/// The account that a sign-in names, and the hash that is checked if there is none.
struct Named {
    account: Option<(User, PasswordHash)>,
    /// The version of the authority that the account has; `None` if the sessions, and so the versions, are in another
    /// store, and the engine's people may not be these accounts.
    version: Option<u64>,
    stand_in: Option<PasswordHash>,
}

impl Accounts {
    /// Makes an account with the role [`Role::USER`] and signs it in.
    ///
    /// # Errors
    /// [`SignUpError`]; nothing is kept then, but for [`SignUpError::Issue`]: the account exists, and can sign in.
    pub async fn sign_up(
        &self,
        credentials: Credentials,
        context: SignInContext,
    ) -> Result<Credential, SignUpError> {
        Verb::SignUp.run(None, self.join(credentials, context)).await
    }

    async fn join(
        &self,
        credentials: Credentials,
        context: SignInContext,
    ) -> Result<Credential, SignUpError> {
        let (email, password) = self.chosen(&credentials)?;
        let network = &context.client.ip_prefix;
        self.0.guard.sign_up(network)?;
        let user = self.make_account(email, password, Role::USER, network).await?;
        let (subject, kind) = (user.id.into(), EventKind::SignedUp);
        Ok(self.0.auth.begin_as(kind, &subject, Means::PASSWORD, context).await?)
    }

    /// Makes an account without signing it in, as an operator does: the rate of sign-ups does not bound it.
    ///
    /// # Errors
    /// [`SignUpError`]; nothing is kept then.
    pub async fn add_user(
        &self,
        credentials: &Credentials,
        role: Role,
    ) -> Result<User, SignUpError> {
        let (email, password) = self.chosen(credentials)?;
        self.make_account(email, password, role, "").await
    }

    fn chosen(&self, credentials: &Credentials) -> Result<(Email, Password), SignUpError> {
        let email = Email::parse(&credentials.email)?;
        let password =
            Password::choose(&credentials.password, &self.0.auth.config().passwords, &email)?;
        Ok((email, password))
    }

    /// Makes an account. A client whose address has one already is told so, after the same work.
    async fn make_account(
        &self,
        email: Email,
        password: Password,
        role: Role,
        network: &str,
    ) -> Result<User, SignUpError> {
        let place = self.0.hasher.place(network)?;
        let hash = self.0.hasher.hash(place, password).await?;
        let user = User::new(UserId::random(), email, role, self.0.auth.now());
        self.0.store.add_user(&user, &hash).await.map_err(|error| match error {
            StoreError::EmailTaken => SignUpError::EmailTaken,
            other => SignUpError::Store(other),
        })?;
        Ok(user)
    }

    /// Checks a password and begins a session.
    ///
    /// # Errors
    /// [`SignInError`]. An unknown user, an address that is none and a wrong password give the same error, after the
    /// same work.
    pub async fn sign_in(
        &self,
        credentials: Credentials,
        context: SignInContext,
    ) -> Result<Credential, SignInError> {
        Verb::SignIn.run(None, self.enter(credentials, context)).await
    }

    async fn enter(
        &self,
        credentials: Credentials,
        context: SignInContext,
    ) -> Result<Credential, SignInError> {
        let began = self.0.auth.clock().elapsed();
        let network = &context.client.ip_prefix;
        // Text that is too long to be a password is no account's; the client is told before any is looked up.
        let password =
            Password::present(&credentials.password).ok_or(SignInError::InvalidCredentials)?;
        let email = Email::parse(&credentials.email).ok();
        let address = email.as_ref().map_or(credentials.email.as_str(), Email::as_str);
        let attempt = self.0.guard.attempt(address, network)?;
        let place = self.0.hasher.place(network)?;
        let query = CandidateQuery::new(&credentials.email, self.point_of(address));
        let Named { account, version, stand_in } = self.named(&query).await?;
        let stored = account.as_ref().map(|(_, hash)| hash.clone());
        match (self.0.hasher.check(place, password, stored, stand_in).await?, account) {
            (Checked::Right { upgraded }, Some((user, old))) => {
                drop(attempt);
                if let Some(new) = upgraded {
                    self.upgrade(user.id, &old, &new).await;
                }
                let (auth, subject) = (&self.0.auth, user.id.into());
                Ok(match version {
                    Some(version) => {
                        let authority = person(user).with_version(version);
                        auth.begin_with(&subject, authority, Means::PASSWORD, context).await?
                    }
                    None => auth.begin(&subject, Means::PASSWORD, context).await?,
                })
            }
            (_, known) => {
                attempt.wrong();
                let user = known.map(|(user, _)| user.id);
                self.0.auth.observe(Observation::WrongPassword { user, client: &context.client });
                self.0.note_failure(user, network.clone(), self.0.auth.now());
                self.round_up_since(began).await;
                Err(SignInError::InvalidCredentials)
            }
        }
    }

    /// Reads the account that a sign-in names. The hash that stands in for it is read also if the account is there: its time
    /// would tell a known address from another.
    async fn named(&self, query: &CandidateQuery) -> Result<Named, StoreError> {
        let Inner { store, full, .. } = &*self.0;
        Ok(match full {
            Some(store) => {
                let Candidate { account, authority_version, stand_in } =
                    store.candidate(query).await?;
                Named { account, version: Some(authority_version), stand_in }
            }
            None => Named {
                account: store::account(&**store, query).await?,
                version: None,
                stand_in: store.password_hash_near(query.point).await?,
            },
        })
    }

    /// Waits until a whole number of [`STEP`]s has passed since an instant. To read a row takes some microseconds longer
    /// than to find none; on a quiet machine a hash varies by so little that a hundred attempts would tell.
    async fn round_up_since(&self, began: Duration) {
        let took = self.0.auth.clock().elapsed().saturating_sub(began).as_micros();
        let over = u64::try_from(took % STEP.as_micros()).unwrap_or(0);
        if over > 0 {
            tokio::time::sleep(STEP.saturating_sub(Duration::from_micros(over))).await;
        }
    }

    /// Returns the point among the ids of accounts that an address stands for. An attacker without the secret cannot
    /// choose it.
    fn point_of(&self, address: &str) -> UserId {
        let mac = self.0.auth.config().secret.derive(&format!("coatroom/stand-in/v1 {address}"));
        let mut id = [0; 16];
        id.copy_from_slice(&mac[..16]);
        UserId::from_bytes(id)
    }

    /// Stores a password's hash at today's cost. An error fails no sign-in: the password was right, and the next
    /// sign-in tries again. If the password was changed meanwhile, the change stays.
    async fn upgrade(&self, user: UserId, old: &PasswordHash, new: &PasswordHash) {
        match self.0.store.set_password_hash(user, old, new).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!(sub = %user, "a password was changed while it was rehashed; the change stays");
            }
            Err(error) => {
                tracing::warn!(%error, sub = %user, "rehashing failed; the next sign-in tries again");
            }
        }
    }
}

impl From<TooMany> for SignInError {
    fn from(TooMany(retry_after): TooMany) -> Self {
        Self::TooMany { retry_after }
    }
}

impl From<TooMany> for SignUpError {
    fn from(TooMany(retry_after): TooMany) -> Self {
        Self::TooMany { retry_after }
    }
}
