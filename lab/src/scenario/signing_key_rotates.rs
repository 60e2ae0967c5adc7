//! 13: the signing key changes, by plan and in a hurry.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 13,
    slug: "signing-key-rotates",
    title: "The signing key changes, and nobody notices",
    question: "Are people signed out when the keys change?",
    claim: "Every wristband bears the house's seal, and a seal should not be used for ever. But \
            bouncers keep pictures of it, the public keys, for minutes. A new seal that nobody has \
            a picture of is refused; an old one taken away too soon, as well.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You are signed in. The server signed your access token with a secret key; \
                      service B, another server, checks it with the public half. The server makes \
                      its next key.",
                predict: None,
                deeds: &[
                    Deed::new("Make the next key", &["rotate-key"]),
                    Deed::new("Call both", &["tab1 call", "tab1 call at service-b"]),
                ],
                look: Look::new(Panel::Now, "An active key, and a staged one: it signs nothing."),
                shows: &["tab1 call: 200 · writes acknowledge", "tab1 call at service-b: 200"],
            },
            Stage {
                say: "For five minutes the new key signs nothing, while other servers learn its \
                      public half. Ten seconds before that ends, tab 1 refreshes.",
                predict: None,
                deeds: &[Deed::new("Wait, then refresh", &["wait 290s", "tab1 refresh"])],
                look: Look::new(Panel::Now, "The first key is still the active one: it signed."),
                shows: &["tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "Twenty seconds later the new key signs. Your access token, signed with the \
                      old one, has forty seconds left.",
                predict: Some(Prediction {
                    asks: "Is it still accepted?",
                    guesses: &[
                        Guess::wrong(
                            "No: its key was replaced",
                            "That key signs no more, but still serves to check.",
                        ),
                        Guess::right(
                            "Yes, by both servers",
                            "The key is kept for checking as long as its tokens can live.",
                        ),
                    ],
                }),
                deeds: &[Deed::new(
                    "Wait, then call both",
                    &["wait 20s", "tab1 call", "tab1 call at service-b"],
                )],
                look: Look::new(Panel::Now, "The old key is retiring, the new one active."),
                shows: &["tab1 call: 200 · writes acknowledge", "tab1 call at service-b: 200"],
            },
            Stage {
                say: "The old key got out, and thieves can sign with it. The server retires it at \
                      once.",
                predict: Some(Prediction {
                    asks: "Is your honest token accepted?",
                    guesses: &[
                        Guess::right(
                            "No, by neither server",
                            "All that bears this key's signature is refused now.",
                        ),
                        Guess::wrong(
                            "Yes: it was signed before that",
                            "No check can tell it from one that a thief signed.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Retire the old key", &["retire-key"]),
                    Deed::new("Call both", &["tab1 call", "tab1 call at service-b"]),
                ],
                look: Look::new(
                    Panel::Now,
                    "The access token is not accepted: its key is retired.",
                ),
                shows: &["tab1 call: 401 · access invalid", "tab1 call at service-b: 401"],
            },
            Stage {
                say: "Tab 1 brings its refresh token, set while the old key signed.",
                predict: Some(Prediction {
                    asks: "Must you sign in again?",
                    guesses: &[
                        Guess::wrong(
                            "Yes: that token is void too",
                            "That key never signed it; another secret did.",
                        ),
                        Guess::right(
                            "No: the refresh succeeds",
                            "Refresh tokens are made with another secret than that key.",
                        ),
                    ],
                }),
                deeds: &[
                    Deed::new("Refresh", &["tab1 refresh"]),
                    Deed::new("Call both", &["tab1 call", "tab1 call at service-b"]),
                ],
                look: Look::new(
                    Panel::Diagram,
                    "Row 5, Debounced: a new access token, good at both servers.",
                ),
                shows: &[
                    "tab1 refresh: 200 · access invalid · row 5 Debounced · sets access",
                    "tab1 call: 200",
                    "tab1 call at service-b: 200",
                ],
            },
        ],
    }],
    failure: "The change of keys that is an outage: a new key signs before everybody has it, or \
              the old one is gone while its tokens live.",
    caveat: "Service B looks at the key set anew for each call here. In earnest it keeps a copy \
             for up to five minutes, and believes a stolen key for that long.",
    sources: &[
        Source::new(
            "OpenID Connect Core 1.0 §10.1.1: how signing keys are rotated",
            "https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys",
        ),
        Source::new(
            "giantswarm/mcp-oauth #452: a routine rotation, and every token is refused",
            "https://github.com/giantswarm/mcp-oauth/pull/452",
        ),
        Source::new(
            "Microsoft on Storm-0558, 2023: a signing key got out, and what it forged was accepted",
            "https://msrc.microsoft.com/blog/2023/09/\
             results-of-major-technical-investigations-for-storm-0558-key-acquisition/",
        ),
    ],
    tour: None,
};
