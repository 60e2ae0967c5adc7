//! The opinions of the five documents on answers, by the guidelines that stand in them.

use super::{
    Answer::{
        self, Mobile, Moment, NextRequest, OneServer, Postgres, Redis, SeveralServers,
        SeveralServices, ThirdParties,
    },
    Answers,
    advice::{Check, Scheme},
};
use crate::seeds::Document::{self, Article, Critique, Guide, Interview, Paper};

/// The opinion of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The document.
    pub by: Document,
    /// The way that it would take.
    pub takes: Take,
    /// Its reasons: a sentence, or one for each way if it has reasons for both.
    pub says: Vec<&'static str>,
    /// The comparison with the advice of this lab.
    pub verdict: Verdict,
}

/// The way that a document takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// A session that the server looks up.
    Sessions,
    /// A signed token.
    Tokens,
    /// A token, and a refresh token behind it.
    Both,
    /// It has reasons for either way, and leaves the choice.
    Torn,
    /// None of its guidelines speaks of such a case.
    Silent,
}

/// A comparison of an opinion with this lab's advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They take the same way.
    AsHere,
    /// They do not, and why not.
    Otherwise(&'static str),
    /// The document takes no way.
    Open,
}

impl Take {
    /// Its words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Tokens => "tokens",
            Self::Both => "both, one behind the other",
            Self::Torn => "reasons for both, and the choice is yours",
            Self::Silent => "no guideline for such a case",
        }
    }
}

/// A guideline of a document: the answer that it is about, and the way that it takes then.
struct Guideline {
    by: Document,
    on: &'static [Answer],
    takes: Way,
    says: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Sessions,
    Tokens,
}

const fn sessions(by: Document, on: &'static [Answer], says: &'static str) -> Guideline {
    Guideline { by, on, takes: Way::Sessions, says }
}

const fn tokens(by: Document, on: &'static [Answer], says: &'static str) -> Guideline {
    Guideline { by, on, takes: Way::Tokens, says }
}

const AT_ONCE: &[Answer] = &[NextRequest, Moment];
const A_STORE: &[Answer] = &[Postgres, Redis];

/// The guidelines, the stronger before the weaker of each document.
const GUIDELINES: &[Guideline] = &[
    sessions(Paper, AT_ONCE, "Access that must end at once is its first reason for sessions."),
    sessions(Paper, A_STORE, "A central store that is there already is a reason for sessions."),
    tokens(
        Paper,
        &[SeveralServices, ThirdParties],
        "Services that check alone get tokens, signed with a key that never leaves its owner.",
    ),
    tokens(
        Paper,
        &[SeveralServers],
        "To spread over servers it takes tokens, which need no common store.",
    ),
    sessions(Guide, AT_ONCE, "Where access must end at once it takes sessions."),
    sessions(Guide, &[Redis], "A Redis that is in use already speaks for sessions."),
    sessions(Guide, &[OneServer], "For a single server it takes sessions."),
    tokens(Guide, &[ThirdParties], "For interfaces that third parties use it takes tokens."),
    tokens(Guide, &[SeveralServices], "Services that check on their own get tokens."),
    tokens(Guide, &[Mobile], "For mobile apps it takes tokens."),
    tokens(Guide, &[SeveralServers], "It finds that tokens spread over servers more easily."),
    sessions(Article, AT_ONCE, "For access that must end at once it takes sessions."),
    sessions(Article, A_STORE, "A central store that is there already speaks for sessions."),
    tokens(Article, &[SeveralServices], "To sign in across services it takes tokens."),
    tokens(Article, &[SeveralServers], "To spread over servers without state it takes tokens."),
    sessions(Interview, AT_ONCE, "A sign-out that is certain calls for sessions."),
    tokens(Interview, &[SeveralServices], "For many services it takes tokens."),
    tokens(Interview, &[Mobile], "For the interfaces of mobile apps it takes tokens."),
    tokens(Interview, &[SeveralServers], "To scale without state it takes tokens."),
    sessions(
        Critique,
        &[ThirdParties],
        "A token is signed with a private key, used once at the other's door, and exchanged for a \
         session there.",
    ),
    sessions(
        Critique,
        &[SeveralServices],
        "A token goes from one service to the other once, and is exchanged for a session there.",
    ),
    sessions(
        Critique,
        &[Redis],
        "Users get an opaque number; with a cache such as Redis the lookup costs next to nothing.",
    ),
    sessions(
        Critique,
        &[OneServer, SeveralServers],
        "Users get an opaque number, wherever they are.",
    ),
];

/// Returns the opinion of each document.
pub(super) fn opinions(answers: Answers, scheme: Scheme) -> Vec<Opinion> {
    Document::ALL.map(|by| opinion(by, answers, scheme)).to_vec()
}

fn opinion(by: Document, answers: Answers, scheme: Scheme) -> Opinion {
    let first = |way| {
        GUIDELINES
            .iter()
            .filter(|each| each.by == by && each.takes == way)
            .find(|each| each.on.iter().any(|answer| answers.has(*answer)))
            .map(|each| each.says)
    };
    let (for_sessions, for_tokens) = (first(Way::Sessions), first(Way::Tokens));
    let takes = match (for_sessions, for_tokens) {
        (Some(_), None) => Take::Sessions,
        (None, Some(_)) => Take::Tokens,
        // The one that says what to do in between.
        (Some(_), Some(_)) if by == Article => Take::Both,
        (Some(_), Some(_)) => Take::Torn,
        (None, None) => Take::Silent,
    };
    let says = for_sessions.into_iter().chain(for_tokens).collect();
    Opinion { by, takes, says, verdict: verdict(takes, scheme) }
}

/// Compares the way of a document with an architecture, and gives the reason if they differ.
const fn verdict(takes: Take, scheme: Scheme) -> Verdict {
    match (takes, scheme) {
        (Take::Torn | Take::Silent, _) => Verdict::Open,
        (Take::Sessions, Scheme::Opaque)
        | (Take::Tokens, Scheme::Stateless | Scheme::Denylist)
        | (Take::Both, Scheme::Hybrid(_)) => Verdict::AsHere,
        (Take::Sessions, Scheme::Hybrid(Check::Row)) => Verdict::Otherwise(
            "The session's row is asked here too. The token in front bounds what a copy is worth, \
             and others can check it.",
        ),
        (Take::Sessions, Scheme::Hybrid(_)) => Verdict::Otherwise(
            "There is such a session here too. The token in front saves most of the lookups.",
        ),
        (Take::Sessions, Scheme::Denylist) => Verdict::Otherwise(
            "A list in memory ends a token in seconds, and a program needs no more.",
        ),
        (Take::Sessions, Scheme::Stateless) => Verdict::Otherwise(
            "You let a revocation wait for the token's end, so no row has to be asked.",
        ),
        (Take::Tokens, Scheme::Hybrid(_)) => {
            Verdict::Otherwise("The token is here too, with a session behind it that can be ended.")
        }
        (Take::Tokens, Scheme::Opaque) => Verdict::Otherwise(
            "No other service has to check it, and a row that is looked up can be ended at once.",
        ),
        (Take::Both, Scheme::Opaque) => Verdict::Otherwise(
            "No other service has to check it: a token would tell your own service nothing new.",
        ),
        (Take::Both, Scheme::Stateless | Scheme::Denylist) => Verdict::Otherwise(
            "For what you answered one token is enough: there is nothing to exchange it for.",
        ),
    }
}
