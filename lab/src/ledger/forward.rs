//! The methods of a store that stands in front of another: each is passed on, by way of the front.
//!
//! The module that includes this one names its store `Front`. It has a method `within`, which returns the store within,
//! and a method `pass`, which is given a [`Call`] and the future that asks the store within, and returns its answer or
//! another. The trait [`ChangeLog`](coatroom::store::ChangeLog) is the front's own.

use std::time::Duration;

use async_trait::async_trait;
use coatroom::{
    clock::Timestamp,
    keyring::{KeyRecord, Schedule},
    password::PasswordHash,
    principal::{Authority, Role, Subject},
    session::{EndReason, Session, SessionId},
    store::{
        AccountEvent, AccountStore, Denied, Event, FullStore, KeyStore, OnceStore, Rotation,
        SessionStore, Store, StoreError, Touch,
    },
    user::{Email, User, UserId},
};

use super::Front;

/// A type with a plain name, for the list below.
type Since = Option<Timestamp>;

/// Declares the calls, and forwards the methods. An argument is a value of a type with a plain name, or a reference.
macro_rules! forward {
    ($($trait:ident { $(
        $kind:ident $variant:ident $method:ident(
            $($arg:ident: $($value:ident)? $(&$target:tt)?),*
        ) -> $answer:ty;
    )* })*) => {
        /// A call of a method, with its arguments.
        #[derive(Clone, Copy)]
        #[expect(dead_code, reason = "no front looks at every argument")]
        pub(super) enum Call<'a> {
            $($($variant { $($arg: $($value)? $(&'a $target)?),* },)*)*
        }

        impl Call<'_> {
            /// The name of the method.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $($(Self::$variant { .. } => stringify!($method),)*)*
                }
            }

            /// Returns true if it may change rows.
            pub(super) const fn writes(self) -> bool {
                match self {
                    $($(Self::$variant { .. } => forward!(@writes $kind),)*)*
                }
            }
        }

        $(#[async_trait]
        impl $trait for Front {
            $(async fn $method(
                &self,
                $($arg: $($value)? $(&$target)?),*
            ) -> Result<$answer, StoreError> {
                let asked = self.within().$method($($arg),*);
                self.pass(Call::$variant { $($arg),* }, asked).await
            })*
        })*
    };
    (@writes read) => { false };
    (@writes write) => { true };
}

/// An overview is asked for by the methods below.
impl FullStore for Front {}

forward! {
    AccountStore {
        write AddUser add_user(user: &User, password: &PasswordHash) -> ();
        read UserByEmail user_by_email(email: &Email) -> Option<(User, PasswordHash)>;
        read User user(id: UserId) -> Option<User>;
        read PasswordHashNear password_hash_near(point: UserId) -> Option<PasswordHash>;
        write SetPasswordHash set_password_hash(id: UserId, old: &PasswordHash, new: &PasswordHash) -> bool;
        write CountAccountEvents count_account_events(events: &[AccountEvent]) -> ();
        read AccountEvents account_events(user: UserId, limit: u32) -> Vec<AccountEvent>;
        write SetRole set_role(id: UserId, role: &Role) -> Option<User>;
    }
    SessionStore {
        write AddSession add_session(session: &Session, event: &Event) -> ();
        read Session session(id: SessionId) -> Option<Session>;
        read SessionsOf sessions_of(subject: &Subject) -> Vec<Session>;
        write Rotate rotate(rotation: &Rotation, event: &Event) -> Option<Session>;
        write Acknowledge acknowledge(id: SessionId, generation: u64, now: Timestamp) -> bool;
        write Touch touch(touch: &Touch) -> bool;
        write Deny deny(denied: Denied, at: Timestamp) -> ();
        write CountReplay count_replay(id: SessionId, generation: u64, event: &Event) -> bool;
        write Revoke revoke(id: SessionId, reason: EndReason, event: &Event) -> bool;
        write Record record(id: SessionId, event: &Event) -> ();
        read Events events(id: SessionId, limit: u32) -> Vec<Event>;
        write AddEpoch add_epoch(since: Since, now: Timestamp) -> u64;
        write RenewAuthority renew_authority(id: SessionId, authority: &Authority) -> bool;
        read AuthorityVersion authority_version(subject: &Subject) -> u64;
        write Outdate outdate(subject: &Subject, now: Timestamp) -> u64;
    }
    KeyStore {
        read Keys keys() -> Vec<KeyRecord>;
        write ReplaceKeys replace_keys(seen: &[KeyRecord], keys: &[KeyRecord]) -> bool;
        read Schedule schedule() -> Option<Schedule>;
        write RaiseSchedule raise_schedule(at_least: Schedule) -> ();
    }
    OnceStore {
        write Consume consume(purpose: &str, id: &str, until: Timestamp) -> bool;
    }
    Store {
        write Prune prune(now: Timestamp, retention: Duration, limit: u32) -> bool;
        write Ping ping() -> ();
    }
}
