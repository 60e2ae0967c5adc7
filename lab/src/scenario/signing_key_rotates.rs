//! 13: the signing key changes, by plan and in a hurry.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
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
                say: "The house makes its next key. It is shown among the public keys at once, and \
                      signs nothing for five minutes, which is how long others may keep a copy of \
                      the set.",
                acts: &["rotate-key", "tab1 call", "tab1 call at service-b"],
                look: Look::new(Panel::Now, "Two keys: one active, one staged."),
                shows: &["tab1 call: 200 · writes acknowledge", "tab1 call at service-b: 200"],
            },
            Stage {
                say: "Ten seconds before the change, tab 1 refreshes. Its new access token is \
                      signed with the old key, and good for a minute.",
                acts: &["wait 290s", "tab1 refresh"],
                look: Look::new(Panel::Now, "The first key is still the active one: it signed."),
                shows: &["tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "The change, at one instant on every node. What is signed from now on bears \
                      the new key; what the old one signed is accepted for as long as it can live.",
                acts: &["wait 20s", "tab1 call", "tab1 call at service-b"],
                look: Look::new(Panel::Now, "The old key is retiring, the new one active."),
                shows: &["tab1 call: 200 · writes acknowledge", "tab1 call at service-b: 200"],
            },
            Stage {
                say: "Bad news: the old key got out, and anybody may sign with it. The house ends \
                      it at once. Your own token bears that seal, too, so it is worth nothing.",
                acts: &["retire-key", "tab1 call", "tab1 call at service-b"],
                look: Look::new(Panel::Now, "The token is not accepted, and its key is retired."),
                shows: &["tab1 call: 401 · access invalid", "tab1 call at service-b: 401"],
            },
        ],
    }],
    quiz: Quiz {
        asks: "Every access token of that key is refused now. How many people have to sign in \
               again?",
        options: &[
            QuizOption::wrong(
                "All of them",
                "So it would be if the refresh token were signed with that key as well.",
            ),
            QuizOption::right(
                "Nobody",
                "The refresh token is derived from a secret of the server and the session's row. \
                 One refresh brings an access token with the new seal.",
            ),
            QuizOption::wrong(
                "Only those who were idle",
                "Their refresh tokens are as good as yours. The first click refreshes.",
            ),
        ],
        acts: &["tab1 refresh", "tab1 call", "tab1 call at service-b"],
        shows: &[
            "tab1 refresh: 200 · access invalid · row 5 Debounced · sets access",
            "tab1 call: 200",
            "tab1 call at service-b: 200",
        ],
    },
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
