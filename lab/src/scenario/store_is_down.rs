//! 26: the store stops answering, under an opaque session, a token alone, and a pair.

use coatroom::config::Verification;

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Carrier, setting::Setting};

const NUMBER: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };
const PAIR: Setting = Setting { verification: Verification::Stateless, ..Setting::DEFAULT };
const TOKEN: Setting = Setting { carrier: Carrier::Token, access_ttl_s: 3600, ..PAIR };

pub(super) const SCENARIO: Scenario = Scenario {
    number: 26,
    slug: "store-is-down",
    title: "The books are closed. Who gets in?",
    question: "If the store of sessions fails, is everyone signed out?",
    claim: "The house cannot open its books tonight. A doorman who needs them for each guest must \
            keep all waiting, or throw all out. One who reads wristbands does not notice, until \
            wristbands fade. Which of them would you rather have, and who must sign in tomorrow?",
    setting: NUMBER,
    branches: &[
        Branch {
            slug: "opaque",
            name: "A number, and the store",
            setting: None,
            stages: &[
                Stage {
                    say: "Your cookie holds a random number. At each call the server looks up \
                          whose session that is.",
                    predict: None,
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Cost, "One read for one call."),
                    shows: &["tab1 call: 200"],
                },
                Stage {
                    say: "The store stops answering. You call, and reload the page.",
                    predict: Some(Prediction {
                        asks: "What do you get?",
                        guesses: &[
                            Guess::wrong(
                                "200: you were in a moment ago",
                                "You may have signed out elsewhere since; it does not know.",
                            ),
                            Guess::wrong(
                                "401: not signed in",
                                "It does not know that either, and must not say so.",
                            ),
                            Guess::right(
                                "503: not possible now",
                                "It cannot look, says so, and leaves your cookie alone.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Stop the store", &["database down"]),
                        Deed::new("Call, reload", &["tab1 call", "tab1 reload"]),
                    ],
                    look: Look::new(Panel::CookieJar, "The cookie is still there."),
                    shows: &["tab1 call: 503", "tab1 reload: 503"],
                },
                Stage {
                    say: "An hour later the store answers again.",
                    predict: Some(Prediction {
                        asks: "Who has to sign in again?",
                        guesses: &[
                            Guess::right("No one", "Each number finds its session again."),
                            Guess::wrong(
                                "Everyone",
                                "So it is where 503 is taken for 'not signed in'.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, restore the store", &["wait 1h", "database up"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(Panel::Now, "Signed in, in the same session."),
                    shows: &["tab1 call: 200 · writes touch"],
                },
            ],
        },
        Branch {
            slug: "token",
            name: "A token alone",
            setting: Some(TOKEN),
            stages: &[
                Stage {
                    say: "Your cookie is a signed token, good for an hour. The store stops \
                          answering. You call, and reload the page.",
                    predict: Some(Prediction {
                        asks: "What do you get?",
                        guesses: &[
                            Guess::wrong(
                                "503: not possible now",
                                "The server can check a signature by itself.",
                            ),
                            Guess::right("200, both times", "No store was asked before, either."),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Stop the store", &["database down"]),
                        Deed::new("Call, reload", &["tab1 call", "tab1 reload"]),
                    ],
                    look: Look::new(Panel::Diagram, "200 twice, and no line to the store."),
                    shows: &["tab1 call: 200", "tab1 reload: 200"],
                },
                Stage {
                    say: "You sign out, and want to sign in again at once.",
                    predict: Some(Prediction {
                        asks: "What happens?",
                        guesses: &[
                            Guess::right(
                                "Out works, in does not",
                                "To sign out is to delete a cookie; a password is in the store.",
                            ),
                            Guess::wrong("Both work", "Your password is checked in the store."),
                            Guess::wrong("Neither works", "This sign-out writes nothing there."),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign out", &["tab1 sign-out"]),
                        Deed::new("Sign in", &["tab1 sign-in"]),
                    ],
                    look: Look::new(Panel::Network, "200 for the sign-out; 503 for the sign-in."),
                    shows: &["tab1 sign-out: 200 · deletes access", "tab1 sign-in: 503"],
                },
                Stage {
                    say: "The store answers again.",
                    predict: None,
                    deeds: &[
                        Deed::new("Restore the store", &["database up"]),
                        Deed::new("Sign in, call", &["tab1 sign-in", "tab1 call"]),
                    ],
                    look: Look::new(Panel::Now, "Signed in, by a new token."),
                    shows: &["tab1 sign-in: 200 · sets access", "tab1 call: 200"],
                },
            ],
        },
        Branch {
            slug: "pair",
            name: "A pair of tokens",
            setting: Some(PAIR),
            stages: &[
                Stage {
                    say: "You have an access token for a minute, whose signature alone is \
                          checked, and a refresh token. You call; the store stops answering; you call \
                          forty seconds later.",
                    predict: Some(Prediction {
                        asks: "What do you get then?",
                        guesses: &[
                            Guess::right("200", "Your access token is good without the store."),
                            Guess::wrong(
                                "503: not possible now",
                                "No call with a good access token asks the store.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call", &["tab1 call"]),
                        Deed::new("Stop the store", &["database down"]),
                        Deed::new("Wait, call", &["wait 40s", "tab1 call"]),
                    ],
                    look: Look::new(
                        Panel::Diagram,
                        "The second call: 200, and no line to the store.",
                    ),
                    shows: &["tab1 call: 200 · writes acknowledge", "tab1 call: 200"],
                },
                Stage {
                    say: "Half a minute later the access token has expired. Your page asks for \
                          new ones.",
                    predict: Some(Prediction {
                        asks: "What does the refresh come to?",
                        guesses: &[
                            Guess::wrong("Two new tokens", "The session's row has to be read."),
                            Guess::right(
                                "503: it has to wait",
                                "The store is needed now; the refresh token stays good.",
                            ),
                            Guess::wrong(
                                "401, and both cookies are deleted",
                                "The server does not know that your session is over.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, call", &["wait 30s", "tab1 call"]),
                        Deed::new("Refresh", &["tab1 refresh"]),
                    ],
                    look: Look::new(Panel::CookieJar, "Both cookies are as they were."),
                    shows: &[
                        "tab1 call: 401 · access expired",
                        "tab1 refresh: 503 · access expired",
                    ],
                },
                Stage {
                    say: "The store answers again, and your page tries once more.",
                    predict: None,
                    deeds: &[
                        Deed::new("Restore the store", &["database up"]),
                        Deed::new("Refresh, call", &["tab1 refresh", "tab1 call"]),
                    ],
                    look: Look::new(Panel::Now, "Signed in, in the same session."),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
            ],
        },
    ],
    failure: "The outage that is told as a sign-out: a server that cannot look says 'not signed \
              in', and has cookies deleted that were good.",
    caveat: "The pair is checked by its signature alone here. Nodes that keep a list of revoked \
             sessions believe it for half a minute in this world, then ask the store as well. A \
             token of an hour outlives an outage of an hour, and no longer one.",
    sources: &[
        Source::new(
            "RFC 9110 §15.6.4: 503, and when to try again",
            "https://www.rfc-editor.org/rfc/rfc9110#section-15.6.4",
        ),
        Source::new(
            "RFC 7009 §2.2.1: after a 503, assume that the token still exists",
            "https://www.rfc-editor.org/rfc/rfc7009#section-2.2.1",
        ),
        Source::new(
            "matrix-org/matrix-js-sdk #5495: any 4xx to a refresh ended the session",
            "https://github.com/matrix-org/matrix-js-sdk/issues/5495",
        ),
    ],
    tour: None,
};
