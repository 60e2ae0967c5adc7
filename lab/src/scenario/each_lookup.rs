//! 24: an opaque session is looked up at each request, in a store that is near or far.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{action::Carrier, setting::Setting};

const NEAR: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };
const FAR: Setting = Setting { latency_ms: 20, ..NEAR };

pub(super) const SCENARIO: Scenario = Scenario {
    number: 24,
    slug: "each-lookup",
    title: "What does one look into the books cost?",
    question: "Does a session make each request slow?",
    claim: "A doorman who looks into a book on his desk loses a blink for each guest. One who \
            has to telephone loses what the telephone takes, for each guest anew. The question is \
            not so much whether he looks, as how far away the book is.",
    setting: NEAR,
    branches: &[
        Branch {
            slug: "near",
            name: "A store that is near",
            setting: None,
            stages: &[
                Stage {
                    say: "Your cookie holds a random number. The store is in the same machine as \
                          the server, and answers at once. You call three times.",
                    predict: Some(Prediction {
                        asks: "How often does the server ask the store?",
                        guesses: &[
                            Guess::right(
                                "Three times",
                                "You may have signed out since the last call; it looks anew.",
                            ),
                            Guess::wrong(
                                "Once, and it remembers",
                                "Then it would let in a session that ended meanwhile.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call", "tab1 call", "tab1 call"])],
                    look: Look::new(Panel::Cost, "Three calls, one read each."),
                    shows: &["tab1 call: 200", "tab1 call: 200", "tab1 call: 200"],
                },
                Stage {
                    say: "The site has another server, node B, with the same store. Tab 2 calls \
                          there.",
                    predict: Some(Prediction {
                        asks: "Node B has never seen you. What does it do?",
                        guesses: &[
                            Guess::wrong(
                                "It asks node A",
                                "Node A knows no more than the store does.",
                            ),
                            Guess::right(
                                "It reads the store once",
                                "It does just what node A does at each call.",
                            ),
                            Guess::wrong(
                                "It has you sign in",
                                "Your session is in the store that both share.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call node B in tab 2", &["tab2 call at node-b"])],
                    look: Look::new(Panel::Cost, "Node B: one call, one read."),
                    shows: &["tab2 call at node-b: 200"],
                },
                Stage {
                    say: "The store moves to a machine of its own, and takes five thousandths of \
                          a second to answer. You call nine times more.",
                    predict: Some(Prediction {
                        asks: "What changes in most calls at node A?",
                        guesses: &[
                            Guess::wrong(
                                "More reads for each",
                                "It asks as often as before, and waits longer.",
                            ),
                            Guess::wrong("Nothing", "The answer of the store is waited for."),
                            Guess::right(
                                "The time: 5000 microseconds more",
                                "One read for each call, and each takes its five thousandths.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Move the store", &["set latency 5ms"]),
                        Deed::new("Call nine times", &["tab1 call"; 9]),
                    ],
                    look: Look::new(Panel::Cost, "Still one read; the time is above 5000."),
                    shows: &["tab1 call: 200"; 9],
                },
            ],
        },
        Branch {
            slug: "far",
            name: "A store that is far away",
            setting: Some(FAR),
            stages: &[
                Stage {
                    say: "Your cookie holds a random number. The store is far away, and \
                          takes twenty thousandths of a second to answer. You call.",
                    predict: Some(Prediction {
                        asks: "How long does your call take, in microseconds?",
                        guesses: &[
                            Guess::wrong(
                                "A hundred or so",
                                "So it is if the store is in the same machine.",
                            ),
                            Guess::right(
                                "A little more than 20000",
                                "One read, and all the rest takes a hundred or so.",
                            ),
                            Guess::wrong("60000 and more", "One read is enough for a call."),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Cost, "One read, and above 20000."),
                    shows: &["tab1 call: 200"],
                },
                Stage {
                    say: "You sign out. For that the server reads twice and writes once, one \
                          after the other.",
                    predict: Some(Prediction {
                        asks: "And how long does that take?",
                        guesses: &[
                            Guess::right(
                                "60000 and more",
                                "Each of the three waits for the store.",
                            ),
                            Guess::wrong(
                                "20000, as the call",
                                "Only if the three could be asked at the same moment.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Sign out", &["tab1 sign-out"])],
                    look: Look::new(Panel::Cost, "Two reads, one write, above 60000."),
                    shows: &["tab1 sign-out: 200 · writes revoke · deletes session"],
                },
                Stage {
                    say: "Your jar is empty now. You call once more.",
                    predict: Some(Prediction {
                        asks: "What do you get, and how soon?",
                        guesses: &[
                            Guess::wrong("401, after 20000", "There is no number to be looked up."),
                            Guess::right(
                                "401, at once",
                                "Without a number there is nothing to ask the store.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call", &["tab1 call"])],
                    look: Look::new(Panel::Diagram, "401, and no line to the store."),
                    shows: &["tab1 call: 401 · access none"],
                },
            ],
        },
    ],
    failure: "The rule of thumb in place of a figure: sessions given up for being slow, beside a \
              store that answers in no time; or kept where it is an ocean away.",
    caveat: "The store of this world is memory that waits 0, 5 or 20 ms by the machine's clock; \
             it is never crowded. A cache beside the server takes the wait away, and is as stale \
             as it is old.",
    sources: &[
        Source::new(
            "RFC 6265 §8.4: a cookie that names a session, which the server looks up",
            "https://www.rfc-editor.org/rfc/rfc6265#section-8.4",
        ),
        Source::new(
            "RFC 7662 §4: to cache what a lookup said is quicker, and less fresh",
            "https://www.rfc-editor.org/rfc/rfc7662#section-4",
        ),
    ],
    tour: None,
};
