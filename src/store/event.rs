//! Events of sessions, as a store keeps them.

use crate::{clock::Timestamp, named::named, session::Client};

/// Something that happened to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The instant of it.
    pub at: Timestamp,
    /// The kind of it.
    pub kind: EventKind,
    /// The generation that was current afterwards.
    pub generation: u64,
    /// The kind of request that caused it.
    pub trigger: Trigger,
    /// The client that it came from.
    pub client: Client,
    /// The number of times: more than one if the same, of one kind, generation and client, happened again; `at` is the
    /// last.
    pub times: u32,
}

named! {
    /// The kind of an event of a session.
    EventKind {
        /// It began, with a new account.
        SignedUp = "signed_up",
        /// It began, of an account that was there already.
        SignedIn = "signed_in",
        /// Its refresh token was exchanged.
        Rotated = "rotated",
        /// A lost answer was given again.
        ReplayedUndelivered = "replayed_undelivered",
        /// A request that was under way at the same time was answered alike.
        ReplayedConcurrent = "replayed_concurrent",
        /// The predecessor of its token was presented too late: the session was revoked.
        ReuseRecent = "reuse_recent",
        /// A token from long ago was presented: the session was revoked.
        ReuseStale = "reuse_stale",
        /// Two clients keep in step: for some generations each was replayed by another one than rotated it.
        LockStep = "lock_step",
        /// A token that does not exist yet was presented.
        Ahead = "ahead",
        /// Its owner signed out.
        SignedOut = "signed_out",
        /// Another sign-in in the same browser took its place.
        Replaced = "replaced",
        /// Something that only a newer version has a name for.
        Unknown = "unknown",
        /// An administrator ended it.
        EndedByAdministrator = "ended_by_administrator",
        /// The application ended it by itself.
        EndedByApplication = "ended_by_application",
        /// Its owner was no longer found.
        OwnerGone = "owner_gone",
    }
}

named! {
    /// The kind of request that caused an event.
    Trigger {
        /// The load of a page, before it was drawn.
        Document = "document",
        /// A call by a page that was there already.
        Call = "call",
    }
}
