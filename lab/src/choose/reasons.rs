//! The reason that each answer is for the architecture that was chosen.

use super::{
    Answer::{
        self, Browsers, Day, Expiry, Minute, Mobile, Moment, NextRequest, NoStore, OneServer,
        OursAlone, Postgres, Programs, Quarter, Redis, SeveralServers, SeveralServices,
        ThirdParties,
    },
    Answers,
    advice::{Check, Scheme},
};

impl Answer {
    /// Returns the reason that this answer is for an architecture that was chosen for it and others.
    pub(super) fn speaks_for(self, scheme: Scheme, answers: Answers) -> &'static str {
        match self {
            NextRequest | Moment | Expiry => self.end_speaks_for(scheme),
            OneServer | SeveralServers | SeveralServices | OursAlone | ThirdParties => {
                self.reach_speaks_for(scheme)
            }
            NoStore | Postgres | Redis => self.store_speaks_for(scheme, answers),
            Browsers | Mobile | Programs => self.client_speaks_for(scheme),
            Minute | Quarter | Day => self.theft_speaks_for(scheme),
        }
    }

    fn end_speaks_for(self, scheme: Scheme) -> &'static str {
        match (self, scheme) {
            (NextRequest, Scheme::Opaque) => {
                "Each request looks at the session's row, so the next one after its end is refused."
            }
            (NextRequest, _) => {
                "Each request reads the session's row as well as the token, so the next one after \
                 its end is refused."
            }
            (Moment, _) => {
                "Each server keeps what was revoked in memory, and asks for news each second: no \
                 row is looked up."
            }
            (_, Scheme::Opaque) => {
                "It may wait, and need not: a row that is looked up can be ended at once."
            }
            (_, Scheme::Hybrid(_)) => {
                "A request asks nothing. The exchange asks the session's row, so a revocation \
                 waits for that."
            }
            _ => "A request asks nothing, because a revocation may wait for the end of the token.",
        }
    }

    fn reach_speaks_for(self, scheme: Scheme) -> &'static str {
        match (self, scheme) {
            (OneServer, Scheme::Opaque) => {
                "The one that gives the number out is the one that looks it up."
            }
            (OneServer, _) => {
                "The one that signs is the one that checks. An HMAC would do, as two of the \
                 documents say; with the default, EdDSA, a second service can come later."
            }
            (SeveralServers, Scheme::Opaque) => {
                "All of them have to reach one store, or a user is in at one server and out at \
                 another."
            }
            (SeveralServers, Scheme::Hybrid(Check::Row)) => {
                "All of them have to reach one store, which each request reads."
            }
            (SeveralServers, Scheme::Hybrid(_)) => {
                "Any of them checks the access token alone. They meet at one store for the \
                 exchange."
            }
            (SeveralServers, _) => "Any of them checks the token alone, whichever made it.",
            (SeveralServices, _) => {
                "Each checks the token with the public key, and needs no way to your store."
            }
            (OursAlone, Scheme::Opaque) => {
                "Only your own service has to know what the number means."
            }
            (OursAlone, _) => {
                "No stranger has to read the token, so the algorithm is yours to choose."
            }
            _ => "They get the public key: with it they check tokens, and can make none.",
        }
    }

    fn store_speaks_for(self, scheme: Scheme, answers: Answers) -> &'static str {
        let meet = answers.has(SeveralServers);
        match self {
            NoStore if meet => {
                "Accounts and keys need one that all of the servers reach: PostgreSQL has to come."
            }
            NoStore => "SQLite is a file in the data folder, and the default: it needs no line.",
            Postgres if scheme.keeps_sessions() => {
                "It is there already, and takes accounts, keys and sessions."
            }
            Postgres => "It takes the accounts and the keys. There are no sessions to keep.",
            _ if !scheme.keeps_sessions() => {
                "It is not needed: there are no sessions to keep in it."
            }
            _ if meet => {
                "It takes the sessions. Accounts and keys stay in a database, here PostgreSQL."
            }
            _ => "It takes the sessions. Accounts and keys stay in a database, here SQLite.",
        }
    }

    fn client_speaks_for(self, scheme: Scheme) -> &'static str {
        match (self, scheme) {
            (Browsers, Scheme::Hybrid(_)) => {
                "Two cookies that no script can read. Any request exchanges them in passing, so a \
                 page needs no script for it."
            }
            (Browsers, _) => "One cookie that no script can read.",
            (Mobile, Scheme::Hybrid(_)) => {
                "An app refreshes, and its answers are lost in tunnels: a ticket is answered \
                 again until the next one was seen."
            }
            (Mobile, _) => "An app keeps one thing, and has nothing to exchange.",
            (_, Scheme::Hybrid(_)) => {
                "A program sends the access token in a header, and has to refresh it as an app \
                 does."
            }
            (_, Scheme::Opaque) => "A program keeps one thing, and has nothing to exchange.",
            _ => {
                "A program signs in again by itself if its token has expired: it needs no second \
                 one."
            }
        }
    }

    fn theft_speaks_for(self, scheme: Scheme) -> &'static str {
        match (self, scheme) {
            (Day, Scheme::Opaque) => {
                "A copied number works as long as its session, which therefore ends after a day."
            }
            (Day, Scheme::Hybrid(_)) => {
                "It works for less: an access token lives for fifteen minutes at most."
            }
            (_, Scheme::Hybrid(_)) => {
                "So long lives an access token; then it is exchanged, and the user notices \
                 nothing of it."
            }
            _ => "So long lives the token, for its owner and for a thief.",
        }
    }
}
