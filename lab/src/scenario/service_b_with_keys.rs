//! 32: another service has the public keys, and nothing else.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 32,
    slug: "service-b-with-keys",
    title: "A service that has the keys, and nothing else",
    question: "Can another service check my token without asking anyone?",
    claim: "The club next door has a picture of the house's seal, and no line to its books. It \
            reads your wristband and lets you in, even while the books are lost. It also lets you \
            in after the house has sent you away, until the wristband fades.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "signed-out",
            name: "You sign out",
            setting: None,
            stages: &[
                Stage {
                    say: "Service B is another server under the same name as node A. It has the public keys, and no store. You call both, and a thief copies your jar.",
                    predict: Some(Prediction {
                        asks: "Which of your two tokens reaches service B?",
                        guesses: &[
                            Guess::wrong(
                                "Both: a browser sends all",
                                "It does, to all servers of one name. Here one in between takes the refresh token away.",
                            ),
                            Guess::right(
                                "The access token alone",
                                "A browser sends both to all servers of one name. Here one in between takes the refresh token away.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call both", &["tab1 call", "tab1 call at service-b"]),
                        Deed::new("Copy the jar", &["steal"]),
                    ],
                    look: Look::new(Panel::Network, "One cookie reached service B; two, node A."),
                    shows: &["tab1 call: 200 · writes acknowledge", "tab1 call at service-b: 200"],
                },
                Stage {
                    say: "You sign out: your session is revoked, and the site's own nodes hear of \
                          it. The thief calls node A and service B.",
                    predict: Some(Prediction {
                        asks: "What does the thief get?",
                        guesses: &[
                            Guess::wrong(
                                "401 from both",
                                "Service B hears of no revocation: it has keys alone.",
                            ),
                            Guess::wrong(
                                "200 from both",
                                "Node A also looks into its denylist, and your session is on it.",
                            ),
                            Guess::right(
                                "401 from A, 200 from B",
                                "Node A was told. Service B sees a good signature, in time.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Sign out", &["tab1 sign-out"]),
                        Deed::new("Call both as thief", &["thief call", "thief call at service-b"]),
                    ],
                    look: Look::new(Panel::Cost, "Stopwatch: refused by node A, not by service B."),
                    shows: &[
                        "tab1 sign-out: 200 · writes revoke · deletes access, refresh",
                        "thief call: 401 · access revoked",
                        "thief call at service-b: 200",
                    ],
                },
                Stage {
                    say: "A minute passes, the whole life of an access token. The thief calls \
                          service B again, and brings node A the refresh token.",
                    predict: Some(Prediction {
                        asks: "Does either let the thief in?",
                        guesses: &[
                            Guess::right(
                                "No: both refuse",
                                "The time is over at B, and the session at A.",
                            ),
                            Guess::wrong(
                                "Service B: it was not told",
                                "It can tell the time, and reads it in the token.",
                            ),
                            Guess::wrong(
                                "Node A: refresh tokens last for days",
                                "It reads the session's row, and you ended that.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new(
                            "Wait, call B as thief",
                            &["wait 61s", "thief call at service-b"],
                        ),
                        Deed::new("Refresh as thief", &["thief refresh"]),
                    ],
                    look: Look::new(Panel::Cost, "Service B: let in once, refused after 1:01."),
                    shows: &[
                        "thief call at service-b: 401",
                        "thief refresh: 401 · access revoked · row 2 Ended",
                    ],
                },
            ],
        },
        Branch {
            slug: "no-proxy",
            name: "Nothing in front of B",
            setting: None,
            stages: &[
                Stage {
                    say: "Service B has the house's host name, and nothing in between takes a token \
                          away. You call node A, and then B.",
                    predict: Some(Prediction {
                        asks: "Which cookies of the house does B get?",
                        guesses: &[
                            Guess::wrong(
                                "The access token: it asks for no more",
                                "B does not choose. A browser goes by the host name.",
                            ),
                            Guess::right(
                                "Both: the refresh token, too",
                                "To a browser, one host name is one house.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call node A", &["tab1 call"]),
                        Deed::new("Call service B", &["tab1 call at bare-b"]),
                    ],
                    look: Look::new(Panel::CookieJar, "B has kept what it got: all that you have."),
                    shows: &["tab1 call: 200 · writes acknowledge", "tab1 call at bare-b: 200"],
                },
                Stage {
                    say: "Six minutes later B turns against you, and brings your refresh token to \
                          node A.",
                    predict: Some(Prediction {
                        asks: "What does B get?",
                        guesses: &[
                            Guess::right(
                                "New tokens, in your name",
                                "The refresh token is current, and a token does not say who brings it.",
                            ),
                            Guess::wrong(
                                "401: your token expired",
                                "The access token did. The refresh token lives for days.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Refresh as service B", &["wait 6m", "thief refresh"])],
                    look: Look::new(Panel::Lineage, "Generation 1 exists, and B has it."),
                    shows: &[
                        "thief refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                              sets access, refresh 1",
                    ],
                },
                Stage {
                    say: "B uses its new tokens. Later you refresh with yours, which B has used up.",
                    predict: Some(Prediction {
                        asks: "How does that end?",
                        guesses: &[
                            Guess::wrong(
                                "You are both signed in",
                                "A token that was used up shows that there are two of you.",
                            ),
                            Guess::right(
                                "For both: it is over",
                                "The house cannot tell which of you is you, and ends the session.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Call as service B", &["thief call"]),
                        Deed::new("Wait, refresh", &["wait 1m", "tab1 refresh"]),
                    ],
                    look: Look::new(Panel::Lineage, "A token that B had used came back: reuse."),
                    shows: &[
                        "thief call: 200 · writes acknowledge",
                        "tab1 refresh: 401 · access expired · row 9 Reuse(recent) · writes revoke",
                    ],
                },
            ],
        },
        Branch {
            slug: "outage",
            name: "The database is down",
            setting: None,
            stages: &[
                Stage {
                    say: "Service B is another server of this site. It has the public keys, and \
                          no store. You call node A, and then service B.",
                    predict: Some(Prediction {
                        asks: "What does service B look up to know you?",
                        guesses: &[
                            Guess::wrong(
                                "Your session's row",
                                "It has no store to read that from.",
                            ),
                            Guess::right(
                                "Nothing: it reads your token",
                                "The token says who you are, and a public key checks it.",
                            ),
                            Guess::wrong("It asks node A", "Node A has no part in it."),
                        ],
                    }),
                    deeds: &[Deed::new("Call both", &["tab1 call", "tab1 call at service-b"])],
                    look: Look::new(Panel::Diagram, "The call to service B: no line to the store."),
                    shows: &["tab1 call: 200 · writes acknowledge", "tab1 call at service-b: 200"],
                },
                Stage {
                    say: "The site's database stops answering. You call service B, and try to \
                          refresh at node A.",
                    predict: Some(Prediction {
                        asks: "What works?",
                        guesses: &[
                            Guess::right(
                                "The call, not the refresh",
                                "Service B asks no store. Node A must, for a refresh: 503.",
                            ),
                            Guess::wrong("Both", "A refresh reads your session's row."),
                            Guess::wrong("Neither", "Service B has no need of the database."),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Stop the database", &["database down"]),
                        Deed::new("Call service B", &["tab1 call at service-b"]),
                        Deed::new("Refresh at node A", &["tab1 refresh"]),
                    ],
                    look: Look::new(Panel::Network, "Service B: 200. Node A: 503."),
                    shows: &["tab1 call at service-b: 200", "tab1 refresh: 503"],
                },
                Stage {
                    say: "A minute passes. Then the database answers again.",
                    predict: Some(Prediction {
                        asks: "What does service B answer, before and after you refresh?",
                        guesses: &[
                            Guess::wrong(
                                "200 each time",
                                "Your token expired, and B can tell the time.",
                            ),
                            Guess::right(
                                "401, then 200",
                                "It needs no database, but your next token comes from one.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, call service B", &["wait 61s", "tab1 call at service-b"]),
                        Deed::new("Restore, refresh", &["database up", "tab1 refresh"]),
                        Deed::new("Call service B", &["tab1 call at service-b"]),
                    ],
                    look: Look::new(Panel::Network, "Service B: 401, and 200 with the new token."),
                    shows: &[
                        "tab1 call at service-b: 401",
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "tab1 call at service-b: 200",
                    ],
                },
            ],
        },
        Branch {
            slug: "new-key",
            name: "The key is replaced",
            setting: None,
            stages: &[
                Stage {
                    say: "The site signs access tokens with a secret key; service B has the \
                          public half. You call both. Then the site makes its next key.",
                    predict: None,
                    deeds: &[
                        Deed::new("Call both", &["tab1 call", "tab1 call at service-b"]),
                        Deed::new("Make the next key", &["rotate-key"]),
                    ],
                    look: Look::new(
                        Panel::Now,
                        "An active key, and a staged one: it signs nothing.",
                    ),
                    shows: &["tab1 call: 200 · writes acknowledge", "tab1 call at service-b: 200"],
                },
                Stage {
                    say: "For five minutes other servers can learn the new public key. After six \
                          you refresh: now the new key signs.",
                    predict: Some(Prediction {
                        asks: "Does service B accept your new token?",
                        guesses: &[
                            Guess::wrong(
                                "No: it has the old key",
                                "It read both keys, before the new one signed anything.",
                            ),
                            Guess::right(
                                "Yes: it has both keys",
                                "Your token names its key, and B finds it.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Wait, refresh", &["wait 6m", "tab1 refresh"]),
                        Deed::new("Call service B", &["tab1 call at service-b"]),
                    ],
                    look: Look::new(Panel::Now, "The new key is the active one: it signed."),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "tab1 call at service-b: 200",
                    ],
                },
                Stage {
                    say: "The old key is retired: its signature is accepted no more.",
                    predict: Some(Prediction {
                        asks: "Do your calls still work?",
                        guesses: &[
                            Guess::right(
                                "Yes, at both",
                                "Your token bears the new key's signature.",
                            ),
                            Guess::wrong(
                                "No: you signed in with the old key",
                                "That token is gone. A refresh has replaced it.",
                            ),
                            Guess::wrong(
                                "At node A alone",
                                "Service B has all public keys that are accepted.",
                            ),
                        ],
                    }),
                    deeds: &[
                        Deed::new("Retire the old key", &["retire-key"]),
                        Deed::new("Call both", &["tab1 call", "tab1 call at service-b"]),
                    ],
                    look: Look::new(Panel::Network, "200 from both, with the new key's token."),
                    shows: &["tab1 call: 200 · writes acknowledge", "tab1 call at service-b: 200"],
                },
            ],
        },
    ],
    failure: "The service that was never told: it takes the token of a person who was signed out, \
              or is sent refresh tokens that it must not have.",
    caveat: "A proxy that the lab stands for keeps refresh tokens from service B: on one host name \
             you have to set one up. B reads the key set anew for each call here; in earnest it \
             keeps a copy for minutes, and trusts a withdrawn key for as long.",
    sources: &[
        Source::new(
            "RFC 9068 §4: how a service checks a signed access token by the issuer's keys",
            "https://www.rfc-editor.org/rfc/rfc9068#section-4",
        ),
        Source::new(
            "RFC 6749 §1.5: refresh tokens are for their issuer, and never for another service",
            "https://www.rfc-editor.org/rfc/rfc6749#section-1.5",
        ),
        Source::new(
            "RFC 6265 §8.5: cookies do not keep the services of one host apart",
            "https://www.rfc-editor.org/rfc/rfc6265#section-8.5",
        ),
    ],
    tour: None,
};
