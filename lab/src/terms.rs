//! The words that a learner needs, and the step of a lesson at which each is explained.
//!
//! Invariant: a lesson explains a word where it first comes, and once. Each lesson does so for itself, since each can be
//! the first.

use super::scenario::{Branch, Stage};

/// A word that a lesson explains where it first comes.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// Its name in addresses.
    pub slug: &'static str,
    /// The word.
    pub word: &'static str,
    /// The forms of it, and the lab's picture for it, in lower case: a text that has one of them uses the word.
    pub forms: &'static [&'static str],
    /// Its meaning, in a sentence.
    pub means: &'static str,
}

/// The glossary.
pub const GLOSSARY: [Term; 10] = [
    Term {
        slug: "session",
        word: "session",
        forms: &["session", "sessions"],
        means: "One sign-in of one browser, from its beginning to its end; a row at the server.",
    },
    Term {
        slug: "access-token",
        word: "access token, the wristband",
        forms: &["access token", "access tokens", "wristband", "wristbands"],
        means: "A signed text that says who you are; good for a minute here, and checked without a store.",
    },
    Term {
        slug: "refresh-token",
        word: "refresh token, the ticket",
        forms: &["refresh token", "refresh tokens", "ticket", "tickets"],
        means: "A secret that fetches the next pair of tokens; good for days.",
    },
    Term {
        slug: "cookie-jar",
        word: "cookie jar",
        forms: &["cookie jar", "jar", "jars"],
        means: "The browser's store of cookies, which all its tabs share.",
    },
    Term {
        slug: "rotate",
        word: "rotate",
        forms: &["rotate", "rotates", "rotated", "rotation"],
        means: "To exchange a refresh token for the next one, its successor; the old one is spent.",
    },
    Term {
        slug: "generation",
        word: "generation",
        forms: &["generation", "generations"],
        means: "The number of a pair of tokens in its session: 0 at sign-in, one more at each rotation.",
    },
    Term {
        slug: "replay",
        word: "replay",
        forms: &["replay", "replays", "replayed"],
        means: "A spent ticket that comes again and is answered with the same successor.",
    },
    Term {
        slug: "grace",
        word: "grace",
        forms: &["grace"],
        means: "The seconds for which a spent ticket is still answered, after its successor was seen in use.",
    },
    Term {
        slug: "reuse",
        word: "reuse",
        forms: &["reuse", "reused"],
        means: "A spent ticket that comes after the grace: two have it, and the session ends.",
    },
    Term {
        slug: "revoke",
        word: "revoke",
        forms: &["revoke", "revokes", "revoked", "revocation", "revocations"],
        means: "To end a session by decision, before its time; its tokens open nothing from then on.",
    },
];

/// Further words, which lessons explain as well.
pub const FURTHER: [Term; 31] = [
    Term {
        slug: "call",
        word: "call",
        forms: &["call", "calls", "called"],
        means: "A request of a page to its server, for something that users alone may have.",
    },
    Term {
        slug: "cookie",
        word: "cookie",
        forms: &["cookie", "cookies"],
        means: "A short text that a server has a browser keep, and send along with requests to it.",
    },
    Term {
        slug: "script",
        word: "script",
        forms: &["script", "scripts"],
        means: "A program that a page brings along, and that runs in the browser.",
    },
    Term {
        slug: "header",
        word: "header",
        forms: &["header", "headers"],
        means: "A line of a request or an answer that stands before its content.",
    },
    Term {
        slug: "status",
        word: "401, and other numbers",
        forms: &["200", "401", "403", "429", "503"],
        means: "The kind of an answer: 200 done, 401 not signed in, or not with this token, 403 not allowed, 429 too \
                often, 503 not possible now.",
    },
    Term {
        slug: "store",
        word: "store, the database",
        forms: &["store", "database"],
        means: "The part of the server that keeps users and sessions; asking it takes time.",
    },
    Term {
        slug: "node",
        word: "node",
        forms: &["node", "nodes"],
        means: "One of the servers that a site runs on; all do the same, and mostly share one store.",
    },
    Term {
        slug: "service-b",
        word: "service B",
        forms: &["service b"],
        means: "Another server: it is sent the access token alone, and has no store of users.",
    },
    Term {
        slug: "signature",
        word: "signature",
        forms: &["signature", "signatures", "signed token", "well signed"],
        means: "A mark under a text that only one secret key can make, and that breaks with any change.",
    },
    Term {
        slug: "key",
        word: "public key",
        forms: &["public key", "public keys", "public half", "key", "keys"],
        means: "A secret key makes signatures; the public key that belongs to it can only check them.",
    },
    Term {
        slug: "denylist",
        word: "denylist",
        forms: &["denylist", "list in memory"],
        means: "The sessions that were revoked lately; each node keeps them in memory.",
    },
    Term {
        slug: "fingerprint",
        word: "fingerprint",
        forms: &["fingerprint", "fingerprints"],
        means: "A few letters computed from a token: equal for equal tokens, and of no use to a thief.",
    },
    Term {
        slug: "spent",
        word: "spent",
        forms: &["spent"],
        means: "Exchanged already: a refresh token that has a successor.",
    },
    Term {
        slug: "row",
        word: "row of the rule",
        forms: &["row 2", "row 5", "row 6", "row 7", "row 8", "row 9", "row of the rule"],
        means: "The server looks up in a table of ten rows what to do with a refresh token: the \
                first row that fits decides. It stands on the page \"The rule\".",
    },
    Term {
        slug: "undelivered",
        word: "undelivered",
        forms: &["undelivered"],
        means: "No request has shown yet that the successor arrived in the browser.",
    },
    Term {
        slug: "concurrent",
        word: "concurrent",
        forms: &["concurrent"],
        means: "The successor arrived, but so lately that this request may have left before.",
    },
    Term {
        slug: "recent",
        word: "recent",
        forms: &["recent"],
        means: "The spent refresh token is the one just before the current.",
    },
    Term {
        slug: "debounced",
        word: "debounced",
        forms: &["debounced"],
        means: "Too soon to rotate: a new access token alone.",
    },
    Term {
        slug: "malware",
        word: "malware",
        forms: &["malware"],
        means: "A program on your own computer that works for a thief. It reads what no page can: \
                the files in which a browser keeps its cookies.",
    },
    Term {
        slug: "last-day",
        word: "a session's end",
        forms: &["last day", "idle"],
        means: "A session ends after 14 days without use, and 30 days after sign-in at the latest.",
    },
    Term {
        slug: "single-use",
        word: "strict single use",
        forms: &["strict single use", "single use"],
        means: "The rule that a refresh token is good for one request, and never again.",
    },
    Term {
        slug: "microsecond",
        word: "microsecond",
        forms: &["microsecond", "microseconds"],
        means: "A millionth of a second; written µs. A thousand of them are a thousandth.",
    },
    Term {
        slug: "rules",
        word: "eight rules",
        forms: &["eight rules", "other rules"],
        means: "Systems differ in when they exchange refresh tokens, and in what they do with a \
                spent one. Eight such ways are compared here; ours is one of them.",
    },
    Term {
        slug: "x-ray",
        word: "X-ray",
        forms: &["x-ray"],
        means: "A look into a token: its parts, what they say, and each check that the server makes of it.",
    },
    Term {
        slug: "claim",
        word: "claim",
        forms: &["claim", "claims"],
        means: "One thing that a token says, under a name: who you are, until when, for which service.",
    },
    Term {
        slug: "issuer",
        word: "issuer",
        forms: &["issuer"],
        means: "The server that made a token, as the token says.",
    },
    Term {
        slug: "audience",
        word: "audience",
        forms: &["audience"],
        means: "The service that a token is meant for, as the token says.",
    },
    Term {
        slug: "algorithm",
        word: "algorithm",
        forms: &["algorithm", "algorithms", "eddsa", "hs256"],
        means: "A way to sign or to encrypt. EdDSA signs with a secret key and checks with a public one; HS256 does \
                both with one secret.",
    },
    Term {
        slug: "encrypt",
        word: "encrypt",
        forms: &["encrypt", "encrypts", "encrypted"],
        means: "To turn a text into letters that only the holder of a key can turn back.",
    },
    Term {
        slug: "jwt",
        word: "JWT, JWE",
        forms: &["jwt", "jwe"],
        means: "Two forms of token, as texts of parts with dots between them: a JWT is signed here, a JWE is encrypted.",
    },
    Term {
        slug: "paseto",
        word: "PASETO",
        forms: &["paseto", "v4.public", "v4.local"],
        means: "Another form of token: v4.public is signed, v4.local is encrypted.",
    },
];

impl Term {
    /// Returns true if a text uses the word.
    fn is_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.forms.iter().any(|form| {
            text.match_indices(form).any(|(at, _)| {
                let letter = |near: Option<char>| near.is_some_and(char::is_alphanumeric);
                !letter(text[..at].chars().next_back())
                    && !letter(text[at + form.len()..].chars().next())
            })
        })
    }
}

/// A half of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The text, the prediction and the deeds.
    Before,
    /// The reasons, and the thing to look at.
    After,
}

impl Half {
    /// Both, in the order in which they are read.
    pub const ALL: [Self; 2] = [Self::Before, Self::After];

    /// The texts of a stage that a learner reads in it.
    pub fn texts(self, stage: &Stage) -> Vec<&'static str> {
        let guesses = || stage.predict.iter().flat_map(|prediction| prediction.guesses);
        match self {
            Self::Before => {
                let asks = stage.predict.iter().map(|prediction| prediction.asks);
                let deeds = stage.deeds.iter().map(|deed| deed.says);
                let guesses = guesses().map(|guess| guess.text);
                [stage.say].into_iter().chain(asks).chain(guesses).chain(deeds).collect()
            }
            Self::After => guesses().map(|guess| guess.because).chain([stage.look.at]).collect(),
        }
    }
}

/// The words that come first in that half of the stage of that number, from 1: in no text before it.
pub fn new_terms(branch: &Branch, number: usize, half: Half) -> Vec<&'static Term> {
    let halves = branch
        .stages
        .iter()
        .zip(1..)
        .flat_map(|(stage, number)| Half::ALL.map(|half| ((number, half), half.texts(stage))));
    let halves: Vec<_> = halves.collect();
    let first = |term: &Term| {
        let uses = |texts: &[&str]| texts.iter().any(|text| term.is_in(text));
        halves.iter().find(|(_, texts)| uses(texts)).map(|(place, _)| *place)
    };
    GLOSSARY.iter().chain(&FURTHER).filter(|term| first(term) == Some((number, half))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scenario::ALL;

    #[test]
    fn a_term_is_found_as_a_word_and_not_as_a_part_of_one() {
        let term = |slug| GLOSSARY.iter().find(|term| term.slug == slug).expect("a term");
        assert!(term("cookie-jar").is_in("One jar, four tabs"));
        assert!(!term("cookie-jar").is_in("A jarring noise; ajar"));
        assert!(term("revoke").is_in("Revoked: reuse"));
        assert!(!term("rotate").is_in("an unrotated thing"));
    }

    #[test]
    fn each_term_is_new_once_in_a_branch_and_needed_in_one() {
        let mut needed = BTreeSet::new();
        for branch in ALL.into_iter().flat_map(|scenario| scenario.branches) {
            let mut seen = BTreeSet::new();
            for number in 1..=branch.stages.len() {
                for half in Half::ALL {
                    for term in new_terms(branch, number, half) {
                        assert!(seen.insert(term.slug), "{} {number}: {}", branch.slug, term.word);
                    }
                }
            }
            needed.extend(seen);
        }
        assert_eq!(needed.len(), GLOSSARY.len() + FURTHER.len(), "{needed:?}");
    }
}
