//! 2: the access token expires, and the page's client replaces it in silence.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 2,
    slug: "silent-refresh",
    title: "A token expires, and nobody notices",
    question: "Why do I stay signed in when my token lives a minute?",
    claim: "A stolen wristband works until it fades, so it had better fade soon. But nobody wants \
            to type a password every minute. The coat-check ticket, your refresh token, fetches a \
            new wristband, and is exchanged for a new ticket as it does.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You have just signed in. Your browser holds an access token for one minute, \
                      and a refresh token. A page in tab 1 calls the server.",
                predict: None,
                deeds: &[Deed::new("Call", &["tab1 call"])],
                look: Look::new(
                    Panel::Now,
                    "An active access token. The clock stands still until you move it.",
                ),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "A minute passes, and the access token expires. Tab 1 calls with it again.",
                predict: Some(Prediction {
                    asks: "What does the server do?",
                    guesses: &[
                        Guess::wrong(
                            "It runs the call: you were just here",
                            "It reads the token, and the token's time is over.",
                        ),
                        Guess::right(
                            "It refuses the call",
                            "An expired token opens nothing. The session behind it lives on.",
                        ),
                        Guess::wrong(
                            "It signs you out",
                            "It refuses this one call, and changes neither cookies nor session.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Let a minute pass, then call", &["wait 61s", "tab1 call"])],
                look: Look::new(
                    Panel::Network,
                    "401 access_expired. It tells the page: refresh, then ask again.",
                ),
                shows: &["tab1 call: 401 · access expired"],
            },
            Stage {
                say: "The page does so by itself: it sends a refresh, with the refresh token of \
                      generation 0.",
                predict: Some(Prediction {
                    asks: "What comes back?",
                    guesses: &[
                        Guess::wrong(
                            "A new access token only",
                            "The refresh token is exchanged too, so that a copy can be noticed.",
                        ),
                        Guess::right(
                            "Two new tokens",
                            "A refresh rotates: both tokens are replaced.",
                        ),
                    ],
                }),
                deeds: &[Deed::new("Refresh", &["tab1 refresh"])],
                look: Look::new(
                    Panel::Diagram,
                    "Rotate, row 6 of the refresh rule: two new tokens, generation 1.",
                ),
                shows: &["tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "Then the page repeats its call. The refused one never ran, so nothing runs \
                      twice.",
                predict: None,
                deeds: &[Deed::new("Call again", &["tab1 call"])],
                look: Look::new(Panel::Lineage, "Generation 1 is current, generation 0 is spent."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "You close the laptop for a week, then click. The page does as before.",
                predict: Some(Prediction {
                    asks: "What becomes of your click?",
                    guesses: &[
                        Guess::wrong(
                            "You are signed out: everything expired",
                            "The minute is the access token's; a session here may idle 14 days.",
                        ),
                        Guess::wrong(
                            "It works at once: the cookie is still there",
                            "The cookie is, but the token in it has expired.",
                        ),
                        Guess::right(
                            "It works, after one refresh",
                            "A refresh token can be exchanged as long as its session lives.",
                        ),
                    ],
                }),
                deeds: &[Deed::new(
                    "Let a week pass, then click",
                    &["wait 7d", "tab1 call", "tab1 refresh", "tab1 call"],
                )],
                look: Look::new(Panel::Diagram, "401, then row 6 to generation 2, then 200."),
                shows: &[
                    "tab1 call: 401 · access expired",
                    "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                     sets access, refresh 2",
                    "tab1 call: 200 · writes acknowledge",
                ],
            },
        ],
    }],
    failure: "The long-lived access token: without a refresh it must last as long as people want \
              to stay, and so does a stolen one.",
    caveat: "A real client refreshes at four fifths of the lifetime, so that hardly any call is \
             refused. The refusal is for those that sleep through it.",
    sources: &[
        Source::new(
            "RFC 6749 §1.5: the access token is refused, refreshed, and shown again",
            "https://www.rfc-editor.org/rfc/rfc6749#section-1.5",
        ),
        Source::new(
            "RFC 7519 §4.1.4: exp, after which a token must not be accepted",
            "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4",
        ),
        Source::new(
            "RFC 9700 §2.2.2: refresh tokens of public clients, such as pages in a browser, are \
             rotated or bound to a key",
            "https://www.rfc-editor.org/rfc/rfc9700#section-2.2.2",
        ),
    ],
    tour: Some(2),
};
