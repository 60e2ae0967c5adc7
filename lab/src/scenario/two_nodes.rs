//! 25: sessions in the memory of each node, and in a store that all nodes share.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::{
    action::{Carrier, Sessions},
    setting::Setting,
};

const SHARED: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };
const OF_EACH: Setting = Setting { sessions: Sessions::OfEachNode, ..SHARED };

pub(super) const SCENARIO: Scenario = Scenario {
    number: 25,
    slug: "two-nodes",
    title: "Two nodes. Where are you signed in?",
    question: "Why am I in with one click and out with the next?",
    claim: "A second door is opened, and its doorman has a book of his own. Your number is in the \
            other one. Whether you get in now depends on the door that the crowd pushes you to, \
            and a new book at either door makes strangers of all its guests.",
    setting: OF_EACH,
    branches: &[
        Branch {
            slug: "memory",
            name: "Memory of each node",
            setting: None,
            stages: &[
                Stage {
                    say: "Your site has two nodes, A and B. Each keeps its sessions in its own \
                          memory. You signed in at node A, and call there.",
                    predict: None,
                    deeds: &[Deed::new("Call node A", &["tab1 call"])],
                    look: Look::new(Panel::Diagram, "Node A finds your session."),
                    shows: &["tab1 call: 200"],
                },
                Stage {
                    say: "To share the work, the site sends every other request to node B. Tab 2 \
                          brings the same cookie there.",
                    predict: Some(Prediction {
                        asks: "What does tab 2 get?",
                        guesses: &[
                            Guess::wrong(
                                "200: it is the same site",
                                "It is, and its nodes do not tell each other who is in.",
                            ),
                            Guess::right(
                                "401: not signed in",
                                "Node B has no such session in its memory.",
                            ),
                            Guess::wrong(
                                "503: node B cannot tell",
                                "It looked, found none, and has no reason to doubt.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Call node B in tab 2", &["tab2 call at node-b"])],
                    look: Look::new(Panel::Network, "The same cookie, and 401."),
                    shows: &["tab2 call at node-b: 401 · access invalid"],
                },
                Stage {
                    say: "You click on, in both tabs, and each request goes to the node whose \
                          turn it is.",
                    predict: Some(Prediction {
                        asks: "Four calls: how many get in?",
                        guesses: &[
                            Guess::wrong("None", "Node A knows you as before."),
                            Guess::wrong("All", "Node B learns nothing from node A."),
                            Guess::right(
                                "Two: those at node A",
                                "You are in or out by turns, as the site shares out the work.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call in tab 1", &["tab1 call", "tab1 call at node-b"]),
                        Deed::new("Call in tab 2", &["tab2 call", "tab2 call at node-b"]),
                    ],
                    look: Look::new(Panel::Diagram, "In at node A, out at node B, by turns."),
                    shows: &[
                        "tab1 call: 200",
                        "tab1 call at node-b: 401 · access invalid",
                        "tab2 call: 200",
                        "tab2 call at node-b: 401 · access invalid",
                    ],
                },
            ],
        },
        Branch {
            slug: "sticky",
            name: "Always the same node",
            setting: None,
            stages: &[
                Stage {
                    say: "Each node still has its own memory. But now the site sends all requests \
                          of one browser to one node: yours to node A.",
                    predict: Some(Prediction {
                        asks: "You call in two tabs. Which gets in?",
                        guesses: &[
                            Guess::right("Both", "Node A has your session, and sees both."),
                            Guess::wrong("Tab 1 alone", "Tab 2 brings the same cookie."),
                        ],
                    }),
                    deeds: &[Deed::new("Call in both tabs", &["tab1 call", "tab2 call"])],
                    look: Look::new(Panel::Diagram, "Both at node A, both in."),
                    shows: &["tab1 call: 200", "tab2 call: 200"],
                },
                Stage {
                    say: "A new version of the site comes, and its nodes restart.",
                    predict: Some(Prediction {
                        asks: "What does your next call get?",
                        guesses: &[
                            Guess::wrong("200: it is still node A", "It is, with an empty memory."),
                            Guess::right(
                                "401: not signed in",
                                "The sessions went with the memory that held them.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Restart the nodes", &["restart"]),
                        Deed::new("Call", &["tab1 call"]),
                    ],
                    look: Look::new(Panel::Now, "Your cookie belongs to no session."),
                    shows: &["tab1 call: 401 · access invalid"],
                },
                Stage {
                    say: "Your cookie is in the jar as before. Perhaps it helps to reload the \
                          page?",
                    predict: Some(Prediction {
                        asks: "What comes?",
                        guesses: &[
                            Guess::right(
                                "The form to sign in",
                                "No node knows your number. Everyone else gets the form as well.",
                            ),
                            Guess::wrong(
                                "Your page",
                                "The number alone does not say whose it was.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Reload", &["tab1 reload"])],
                    look: Look::new(Panel::CookieJar, "The cookie is there, and opens nothing."),
                    shows: &["tab1 reload: 303 · access invalid"],
                },
            ],
        },
        Branch {
            slug: "shared",
            name: "A shared store",
            setting: Some(SHARED),
            stages: &[
                Stage {
                    say: "Now both nodes keep their sessions in one store. You signed in at \
                          node A.",
                    predict: Some(Prediction {
                        asks: "You call at both nodes. Which lets you in?",
                        guesses: &[
                            Guess::wrong("Node A alone", "Node B reads the same row."),
                            Guess::right("Both", "Each asks the store, and finds your session."),
                        ],
                    }),
                    deeds: &[Deed::new("Call both", &["tab1 call", "tab2 call at node-b"])],
                    look: Look::new(Panel::Diagram, "A line to the store from each node."),
                    shows: &["tab1 call: 200", "tab2 call at node-b: 200"],
                },
                Stage {
                    say: "Both nodes restart.",
                    predict: Some(Prediction {
                        asks: "And now?",
                        guesses: &[
                            Guess::right(
                                "Both let you in",
                                "The nodes had nothing to forget: the store has it.",
                            ),
                            Guess::wrong(
                                "You must sign in again",
                                "That was the price of sessions in memory.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Restart the nodes", &["restart"]),
                        Deed::new("Call both", &["tab1 call", "tab2 call at node-b"]),
                    ],
                    look: Look::new(Panel::Now, "Signed in, in the same session."),
                    shows: &["tab1 call: 200", "tab2 call at node-b: 200"],
                },
                Stage {
                    say: "Then the store stops answering.",
                    predict: Some(Prediction {
                        asks: "Which node can still tell who you are?",
                        guesses: &[
                            Guess::wrong("Node A: you signed in there", "It kept nothing of it."),
                            Guess::wrong("Both", "Both ask the one store, at each request."),
                            Guess::right(
                                "Neither: 503",
                                "One store for all is one thing that all wait for.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Stop the store", &["database down"]),
                        Deed::new("Call both", &["tab1 call", "tab2 call at node-b"]),
                    ],
                    look: Look::new(Panel::Diagram, "Both ask in vain, and say 503."),
                    shows: &["tab1 call: 503", "tab2 call at node-b: 503"],
                },
            ],
        },
    ],
    failure: "The session in one node's memory: signed out by a second node, and by each restart.",
    caveat: "Two nodes here, and a restart of both at once. Where nodes restart in turn, those of \
             each are signed out in its turn. A signed token needs no shared store to be read, \
             only the key; to take one back, its nodes share news instead.",
    sources: &[
        Source::new(
            "RFC 9110 §3.3: each request is to be understood by itself",
            "https://www.rfc-editor.org/rfc/rfc9110#section-3.3",
        ),
        Source::new(
            "The Twelve-Factor App, 6: sticky sessions are not to be relied upon",
            "https://12factor.net/processes",
        ),
        Source::new(
            "RFC 6265 §8.4: a cookie names a session that the server keeps",
            "https://www.rfc-editor.org/rfc/rfc6265#section-8.4",
        ),
    ],
    tour: None,
};
