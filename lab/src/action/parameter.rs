//! The parameters of a world that are words: each with its word in traces and forms, and its name on a page.

use coatroom::{Role, keyring::SigningAlgorithm, web::RefreshOn};
use serde::{Deserialize, Serialize};

words! {
    /// The mistake that a house makes.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    Slip {
        /// None.
        Nothing = "nothing", "No mistake";
        /// Its cookies are without `HttpOnly`, so that scripts read them as they read local storage.
        ReadByScripts = "read-by-scripts", "Scripts read its cookies";
        /// Its cookies are without `Secure`.
        NotSecure = "not-secure", "Its cookies go out by plain http";
        /// It knows visitors by a short number, takes any that it is brought, and keeps it at sign-in.
        KeepsId = "keeps-id", "It keeps the id that it is brought";
    }
}

words! {
    /// The role of the account: one of the two that the house of a world knows.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    Rank {
        /// A user as any other.
        User = "user", "user";
        /// An admin.
        Admin = "admin", "admin";
    }
}

impl From<Rank> for Role {
    fn from(rank: Rank) -> Self {
        match rank {
            Rank::User => Self::USER,
            Rank::Admin => Self::ADMIN,
        }
    }
}

words! {
    /// The requests that a node refreshes in passing if their access token has expired.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    Passing {
        /// Navigations alone, so that a learner sees the refresh of a call as a step of its own.
        Documents = "documents", "Pages alone";
        /// Every request, as the library does unless it is told otherwise.
        EveryRequest = "every-request", "Every request";
    }
}

words! {
    /// The credential that a sign-in puts into the browser.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    Carrier {
        /// A short access token and a refresh token behind it.
        Pair = "pair", "Access and refresh token";
        /// One signed token, good until it expires.
        Token = "token", "Signed token alone";
        /// A number that says nothing, and a row that is read at each request.
        Opaque = "opaque", "Opaque session";
    }
}

words! {
    /// The place of the sessions, the accounts and the keys.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    Sessions {
        /// A store that all nodes reach.
        Shared = "shared", "Shared store";
        /// The memory of each node, which a restart clears.
        OfEachNode = "of-each-node", "Memory of each node";
    }
}

words! {
    /// The algorithm of the signing keys.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    Algorithm {
        /// A pair of keys, Ed25519.
        EdDsa = "eddsa", "EdDSA";
        /// A pair of keys, ECDSA on P-256.
        Es256 = "es256", "ES256";
        /// One secret that signs and verifies.
        Hs256 = "hs256", "HS256";
    }
}

impl Carrier {
    /// Returns true if there are refresh tokens, whose generations can be drawn and whose rule can be another.
    pub const fn rotates(self) -> bool {
        matches!(self, Self::Pair)
    }

    /// The word for the credential that lets a request in.
    pub const fn credential(self) -> &'static str {
        match self {
            Self::Pair => "access token",
            Self::Token => "token",
            Self::Opaque => "session",
        }
    }
}

impl From<Algorithm> for SigningAlgorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::EdDsa => Self::EdDsa,
            Algorithm::Es256 => Self::Es256,
            Algorithm::Hs256 => Self::Hs256,
        }
    }
}

impl From<Passing> for RefreshOn {
    fn from(passing: Passing) -> Self {
        match passing {
            Passing::Documents => Self::Documents,
            Passing::EveryRequest => Self::EveryRequest,
        }
    }
}
