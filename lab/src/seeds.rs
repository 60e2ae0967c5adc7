//! The five documents that this lab grew from, statement by statement, each with the experiment that shows it.
//!
//! They compare a session that a server keeps with a token that it signs; the words are the lab's own. Invariant: each
//! statement leads to a lesson or a page, or says why none shows it; and where the lab came to something else, says so.

mod kind;

pub use self::kind::Kind;

/// A document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// A paper made of a video.
    Paper,
    /// A documentation of both ways, with analogies.
    Guide,
    /// An article for developers.
    Article,
    /// A post for job interviews.
    Interview,
    /// A critique of tokens as sessions, made of a video.
    Critique,
}

impl Document {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Paper, Self::Guide, Self::Article, Self::Interview, Self::Critique];

    /// Its name on the page.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paper => "the paper",
            Self::Guide => "the guide",
            Self::Article => "the article",
            Self::Interview => "the interview post",
            Self::Critique => "the critique",
        }
    }

    /// The work that it is.
    pub const fn work(self) -> &'static str {
        match self {
            Self::Paper => {
                "a comparative analysis of stateful and stateless sign-in, after ByteByteGo's video \
                 on sessions and JWT"
            }
            Self::Guide => {
                "Session vs. JWT: Understanding Web Authentication Mechanisms, with the nightclub \
                 and the two parks"
            }
            Self::Article => {
                "a follow-up of Understanding the Differences Between Cookies, Sessions, and Tokens"
            }
            Self::Interview => "a post on both ways from an engineering and interview perspective",
            Self::Critique => {
                "a paper on the security of both, after Tom Delalande's video JWTs are insecure \
                 session tokens"
            }
        }
    }
}

/// The place at which a statement is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A lesson, by the slug of its scenario.
    Lesson(&'static str),
    /// Another page, by its address, and its name.
    Page(&'static str, &'static str),
    /// Nowhere: the sentence says why no experiment can.
    Nowhere(&'static str),
}

/// A statement of one document or several.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Its part.
    pub kind: Kind,
    /// The statement, in the lab's words.
    pub says: &'static str,
    /// The documents that make it.
    pub by: &'static [Document],
    /// The place at which it is shown.
    pub shown: Shown,
    /// The point at which the lab came to something else.
    pub but: Option<&'static str>,
}

const fn of(kind: Kind, says: &'static str, by: &'static [Document], shown: Shown) -> Statement {
    Statement { kind, says, by, shown, but: None }
}

const fn but(statement: Statement, but: &'static str) -> Statement {
    Statement { but: Some(but), ..statement }
}

use Document::{Article, Critique, Guide, Interview, Paper};
use Kind::{Analogy, Failure, Guideline, Question, Refresh, Sessions, Tokens};
use Shown::{Lesson, Nowhere, Page};

const EVERYWHERE: Shown = Lesson("sign-out-everywhere");
const READ: Shown = Lesson("read-a-payload");
const TOO_MUCH: Shown = Lesson("too-much");
const FORMATS: Shown = Page("/lab/formats", "eight forms of token");
const COMPARE: Shown = Page("/lab/compare", "nine architectures, measured");
const CHOOSE: Shown = Page("/lab/choose", "which should I use?");
const INTERVIEW: Shown = Page("/learn/interview", "the interview room");
const XRAY: Shown = Page("/x-ray", "the X-ray of a token");

/// All of them.
pub const STATEMENTS: &[Statement] = &[
    of(
        Sessions,
        "The server keeps who you are; the browser holds a random number for it.",
        &Document::ALL,
        Lesson("two-clubs"),
    ),
    of(
        Sessions,
        "Each request has the server look the session up.",
        &[Paper, Guide, Article, Interview],
        Lesson("two-clubs"),
    ),
    of(Sessions, "To end a session is to delete it: at once.", &Document::ALL, EVERYWHERE),
    of(
        Sessions,
        "A change of rights takes effect at the next request.",
        &[Critique],
        Lesson("from-admin-to-user"),
    ),
    of(
        Sessions,
        "Several servers need one store that all of them reach.",
        &[Paper, Guide, Article, Interview],
        Lesson("two-nodes"),
    ),
    but(
        of(
            Sessions,
            "The lookup costs time at each request.",
            &[Paper, Guide, Article, Interview],
            Lesson("each-lookup"),
        ),
        "So does a signature, the first time. A lookup in memory takes less, one over a network more.",
    ),
    of(Sessions, "With a cache the lookup costs next to nothing.", &[Critique], COMPARE),
    of(
        Sessions,
        "The number is short, a token is long.",
        &[Interview, Critique],
        Lesson("twenty-clicks"),
    ),
    of(
        Tokens,
        "The token says who you are, and the server asks no store.",
        &Document::ALL,
        Lesson("sign-in"),
    ),
    of(
        Tokens,
        "Any server that has the key can check it alone.",
        &[Paper, Guide, Article, Interview],
        Lesson("service-b-with-keys"),
    ),
    of(Tokens, "Its signature breaks if a letter is changed.", &[Guide, Critique], XRAY),
    of(Tokens, "It is signed, not encrypted: its bearer reads it.", &[Guide, Article], READ),
    of(
        Tokens,
        "With a shared secret, each service that checks a token could also make one.",
        &[Paper, Guide],
        Lesson("who-can-forge"),
    ),
    of(
        Tokens,
        "With a pair of keys, any service checks and one alone signs.",
        &[Paper, Guide, Article, Critique],
        Lesson("signing-key-rotates"),
    ),
    but(
        of(Tokens, "A pair of keys costs more computing.", &[Guide], FORMATS),
        "More than an HMAC, yes; among the pairs the differences are greater than that.",
    ),
    of(
        Tokens,
        "Once it was given out it is good until it expires, for a thief as well.",
        &Document::ALL,
        Lesson("stolen-token-lives"),
    ),
    of(
        Tokens,
        "A role in the token stays there until it expires.",
        &[Paper, Critique],
        Lesson("from-admin-to-user"),
    ),
    of(
        Tokens,
        "A list of revoked tokens takes one back, and is state again.",
        &[Guide, Interview, Critique],
        Lesson("deny-one-or-all"),
    ),
    but(
        of(Tokens, "A PASETO encrypts what it says.", &[Critique], Lesson("four-seals")),
        "v4.local does. v4.public is signed, and as readable as a JWT.",
    ),
    of(Tokens, "An encrypted JWT keeps its claims secret.", &[Guide], Lesson("four-seals")),
    of(
        Refresh,
        "A short access token and a long refresh token bound what a thief gets.",
        &[Paper, Guide, Article],
        Lesson("silent-refresh"),
    ),
    of(Refresh, "The exchange happens without the user.", &[Guide], Lesson("reload-after-expiry")),
    of(
        Refresh,
        "Before the exchange the server looks whether the session was revoked.",
        &[Paper, Guide],
        Lesson("sign-out-against-refresh"),
    ),
    of(Refresh, "Refresh tokens are to be rotated.", &[Guide], Lesson("thieves")),
    of(
        Refresh,
        "Refresh tokens make the client and the server more complicated.",
        &[Article],
        Lesson("five-tabs"),
    ),
    of(
        Failure,
        "Sessions in memory are lost if the server restarts.",
        &[Guide, Interview],
        Lesson("two-nodes"),
    ),
    but(
        of(
            Failure,
            "If the store is down, all users are signed out.",
            &[Interview],
            Lesson("store-is-down"),
        ),
        "Nobody needs to be: a server that cannot look answers 503, and the cookies stay.",
    ),
    of(
        Failure,
        "Without a shared store a user is in at one server and out at another.",
        &[Interview],
        Lesson("two-nodes"),
    ),
    of(
        Failure,
        "A token that lives long is a risk that lives long.",
        &[Guide, Interview],
        Lesson("stolen-token-lives"),
    ),
    of(
        Failure,
        "A session can be stolen with the cookies of a browser.",
        &[Critique],
        Lesson("thieves"),
    ),
    of(
        Failure,
        "A script on the page reads a token from local storage.",
        &[Guide, Interview],
        Lesson("planted-script"),
    ),
    of(
        Failure,
        "A session can be planted before its victim signs in.",
        &[Guide],
        Lesson("planted-id"),
    ),
    of(
        Failure,
        "Another site can have the browser send its cookies.",
        &[Guide],
        Lesson("another-site-posts"),
    ),
    of(
        Failure,
        "Signing out deletes the client's token, and the server still takes a copy.",
        &[Interview],
        Lesson("sign-out-keeps-a-copy"),
    ),
    of(Guideline, "Set cookies HttpOnly and Secure.", &[Guide, Article], Lesson("planted-script")),
    of(
        Guideline,
        "Check when a token was issued, when it ends and for whom it is.",
        &[Guide],
        Lesson("signed-and-wrong"),
    ),
    of(Guideline, "Let a session end if it is not used.", &[Guide], Lesson("idle-and-absolute")),
    of(Guideline, "Send tokens over HTTPS alone.", &[Guide], Lesson("plain-http")),
    of(Guideline, "Put no secret into a token that is only signed.", &[Guide, Article], READ),
    of(Guideline, "Keep little in a session, and encrypt what is sensitive.", &[Guide], TOO_MUCH),
    of(
        Guideline,
        "Take sessions where access must end at once, or a store is there already.",
        &[Paper, Guide, Article, Interview],
        CHOOSE,
    ),
    of(
        Guideline,
        "Take tokens for many services, mobile clients and scale.",
        &[Paper, Guide, Article, Interview],
        CHOOSE,
    ),
    of(
        Guideline,
        "Take sessions for users; let a token be used once, between services.",
        &[Critique],
        CHOOSE,
    ),
    of(
        Guideline,
        "Take both: tokens for each request, and a refresh token behind them.",
        &[Article],
        Lesson("silent-refresh"),
    ),
    of(
        Guideline,
        "Tokens suit single sign-on across organisations.",
        &[Guide],
        Nowhere(
            "This lab has no identity provider. The way from one service to another is a lesson.",
        ),
    ),
    of(
        Guideline,
        "Learn OAuth 2 next.",
        &[Paper],
        Nowhere("It is advice on what to read, and nothing to be caused."),
    ),
    of(
        Analogy,
        "A session is a coat check: the staff look into their books, and can void the ticket.",
        &[Guide],
        CHOOSE,
    ),
    of(
        Analogy,
        "A token is a wristband: any scanner reads it, and it is good until it expires.",
        &[Guide],
        CHOOSE,
    ),
    of(
        Analogy,
        "Two parks: in one each attendant has the list, in the other each ride scans.",
        &[Guide],
        CHOOSE,
    ),
    but(
        of(
            Analogy,
            "Two flow diagrams: a session asks its store at each request, a token asks none.",
            &[Guide],
            CHOOSE,
        ),
        "The cookie goes out after the row is written, and a refresh asks the store.",
    ),
    of(Question, "Why is a JWT called stateless?", &[Interview], INTERVIEW),
    of(Question, "How does signing out work with a JWT?", &[Interview], INTERVIEW),
    of(Question, "Why is Redis needed for sessions?", &[Interview], INTERVIEW),
    of(Question, "Which would you choose, and why?", &[Interview], INTERVIEW),
    of(
        Question,
        "Control or scale, revocation or simplicity: what do you trade?",
        &[Interview],
        CHOOSE,
    ),
];
