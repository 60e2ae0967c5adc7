//! 7: a copied cookie jar, used by its owner first, by the thief first, or by the thief in step.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 7,
    slug: "thieves",
    title: "Two have the same ticket. Who finds out?",
    question: "What happens when somebody steals my cookies?",
    claim: "Malware copies your cookie jar. Two browsers now hold the same wristband and the same \
            ticket, and neither bears a face: the house cannot see which of them is you. But it \
            can see one ticket used twice.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "owner-first",
            name: "You come first",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "A minute later your browser refreshes, and uses what it got. You are at \
                          generation 1 now; the copy is still at 0.",
                    acts: &["wait 61s", "tab1 refresh", "tab1 call"],
                    look: Look::new(
                        Panel::Lineage,
                        "Generation 1 is proven. Generation 0 has five seconds of grace.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
                Stage {
                    say: "Six seconds later the thief refreshes, with a spent ticket after its \
                          grace. No request of yours was under way that long, so somebody has a \
                          copy. The session is revoked first and answered then.",
                    acts: &["wait 6s", "thief refresh"],
                    look: Look::new(Panel::Diagram, "Row 9, Reuse(recent): 401, and no cookie."),
                    shows: &[
                        "thief refresh: 401 · access expired · row 9 Reuse(recent) · writes revoke",
                    ],
                },
                Stage {
                    say: "You are out as well, for the house cannot know which of the two was you. \
                          You have a password to come back with. The thief has not.",
                    acts: &["tab1 call"],
                    look: Look::new(Panel::Now, "The session is over, and the reason: reuse."),
                    shows: &["tab1 call: 401 · access revoked"],
                },
            ],
        },
        Branch {
            slug: "thief-first",
            name: "The thief comes first",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "This time the thief is quicker, and takes generation 1. To the house \
                          this is a refresh like any other.",
                    acts: &["wait 61s", "thief refresh", "thief call"],
                    look: Look::new(
                        Panel::CookieJar,
                        "The thief's jar is at generation 1, and yours at 0.",
                    ),
                    shows: &[
                        "thief refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "thief call: 200 · writes acknowledge",
                    ],
                },
                Stage {
                    say: "Your own browser now brings the spent ticket. It is refused, and that is \
                          what saves you: the alarm does not ask who rang it.",
                    acts: &["wait 6s", "tab1 refresh"],
                    look: Look::new(Panel::Diagram, "Row 9, Reuse(recent), by the owner."),
                    shows: &[
                        "tab1 refresh: 401 · access expired · row 9 Reuse(recent) · writes revoke",
                    ],
                },
                Stage {
                    say: "The thief's wristband is fresh and well signed, and worth nothing from \
                          this moment on.",
                    acts: &["thief call"],
                    look: Look::new(Panel::Cost, "The stopwatch: from the revocation to this 401."),
                    shows: &["thief call: 401 · access revoked"],
                },
            ],
        },
        Branch {
            slug: "lock-step",
            name: "In lock-step",
            setting: None,
            stages: &[
                COPIED,
                Stage {
                    say: "The thief has read the rule, and always refreshes right after you. \
                          Within the grace that is what a second tab does, too.",
                    acts: &["wait 61s", "tab1 refresh", "thief refresh", "tab1 call"],
                    look: Look::new(Panel::Diagram, "Row 7, a replay: answered as you were."),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 1",
                        "thief refresh: 200 · access expired · row 7 Replay(undelivered) · \
                         writes count_replay · sets access, refresh 1",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
                Stage {
                    say: "Once more. One replay that seems to come from elsewhere may be a lost \
                          answer and a change of network. Two in a row are odd.",
                    acts: &["wait 61s", "tab1 refresh", "thief refresh", "tab1 call"],
                    look: Look::new(Panel::Lineage, "Two generations, each replayed once."),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 2",
                        "thief refresh: 200 · access expired · row 7 Replay(undelivered) · \
                         writes count_replay · sets access, refresh 2",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
                Stage {
                    say: "Three generations in a row, each replayed by another client than the one \
                          that rotated it: one browser hardly does that. It is recorded, and you \
                          are told.",
                    acts: &["wait 61s", "tab1 refresh", "thief refresh", "tab1 call"],
                    look: Look::new(
                        Panel::Now,
                        "A warning: another browser may be using this sign-in.",
                    ),
                    shows: &[
                        "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                         sets access, refresh 3",
                        "thief refresh: 200 · access expired · row 7 Replay(undelivered) · \
                         writes count_replay, record · sets access, refresh 3",
                        "tab1 call: 200 · writes acknowledge",
                    ],
                },
            ],
        },
    ],
    quiz: Quiz {
        asks: "You sign in again, the jar is copied again, and you close the laptop for good. What \
               stops the thief?",
        options: &[
            QuizOption::wrong(
                "The second refresh: by then the copy is stale",
                "The thief's own refreshes keep it fresh. The house sees one browser at work.",
            ),
            QuizOption::wrong(
                "The watch for two in step",
                "That needs your replays beside the thief's. Who is alone leaves none.",
            ),
            QuizOption::right(
                "The session's last day, or who runs the house",
                "Rotation finds two who share a ticket, and not a single wrong one. The absolute \
                 lifetime is the bound, or who runs the house: it can end all your sessions.",
            ),
        ],
        acts: &[
            "tab1 sign-in",
            "tab1 call",
            "steal",
            "wait 61s",
            "thief refresh",
            "thief call",
            "wait 61s",
            "thief refresh",
        ],
        shows: &[
            "tab1 sign-in: 200 · writes add_session · sets access, refresh 0, deletes those before",
            "tab1 call: 200 · writes acknowledge",
            "thief refresh: 200 · access expired · row 6 Rotate · writes rotate · \
             sets access, refresh 1",
            "thief call: 200 · writes acknowledge",
            "thief refresh: 200 · access expired · row 6 Rotate · writes rotate · \
             sets access, refresh 2",
        ],
    },
    failure: "The unnoticed copy: a refresh token that works for whoever holds it, for weeks.",
    caveat: "Two in step are told apart by network and browser name. A thief who shares both is \
             not, and on a machine that is not yours alone no rule about cookies helps.",
    sources: &[
        Source::new(
            "RFC 9700 §4.14.2: one of the two will present a spent token; which one is not known",
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2",
        ),
        Source::new(
            "Okta, October 2023: copied HAR files held session tokens, which act for their owners",
            "https://sec.okta.com/harfiles",
        ),
    ],
    tour: Some(5),
};

/// The first stage of each branch.
const COPIED: Stage = Stage {
    say: "You are at work when the jar is copied. Whoever has the copy has all that your browser \
          has.",
    acts: &["tab1 call", "steal"],
    look: Look::new(Panel::CookieJar, "Two jars, and the same fingerprints in both."),
    shows: &["tab1 call: 200 · writes acknowledge"],
};
