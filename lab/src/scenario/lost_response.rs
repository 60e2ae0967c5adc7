//! 5: the exchange was committed, and its answer never arrived.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 5,
    slug: "lost-response",
    title: "The answer is lost. Who is signed out?",
    question: "Why was I signed out after a tunnel?",
    claim: "The house has exchanged your ticket, and the train enters a tunnel: the new one never \
            arrives. Your browser still holds the old ticket. Where a ticket is good once, its \
            next attempt is taken for theft.",
    setting: Setting::DEFAULT,
    branches: &[Branch {
        slug: "story",
        name: "The story",
        setting: None,
        stages: &[
            Stage {
                say: "You are at work, on a train.",
                acts: &["tab1 call"],
                look: Look::new(Panel::Now, "Signed in, generation 0."),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
            Stage {
                say: "A minute later tab 1 refreshes. The exchange is done, the answer under way.",
                acts: &["wait 61s", "tab1 sends refresh", "deliver 2"],
                look: Look::new(
                    Panel::Lineage,
                    "Generation 1 exists, and nobody has shown it yet.",
                ),
                shows: &["tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
                          sets access, refresh 1"],
            },
            Stage {
                say: "The tunnel. The answer is lost, and the new ticket with it.",
                acts: &["lose 2"],
                look: Look::new(Panel::CookieJar, "Still generation 0. The server is at 1."),
                shows: &[],
            },
            Stage {
                say: "An hour later there is signal, and the browser tries with what it has. As \
                      long as nobody has shown anything of the new pair, the old ticket fetches it \
                      again: the proof of delivery counts, not a clock.",
                acts: &["wait 1h", "tab1 refresh"],
                look: Look::new(
                    Panel::Diagram,
                    "Row 7, Replay(undelivered): generation 1 once more, not a generation 2.",
                ),
                shows: &["tab1 refresh: 200 · access expired · row 7 Replay(undelivered) · \
                          writes count_replay · sets access, refresh 1"],
            },
            Stage {
                say: "Tab 1 calls: the new wristband is the proof. The old ticket has five seconds left.",
                acts: &["tab1 call"],
                look: Look::new(
                    Panel::Policies,
                    "The same trace under seven other rules: who is still signed in?",
                ),
                shows: &["tab1 call: 200 · writes acknowledge"],
            },
        ],
    }],
    quiz: Quiz {
        asks: "The next tunnel. A thief with a copy of your jar fetches the lost answer in your \
               place, and uses it. Ten seconds later your browser tries again. What does it find?",
        options: &[
            QuizOption::wrong(
                "The same answer again, as last time",
                "It would, had nobody used generation 2.",
            ),
            QuizOption::right(
                "The session is over, for both",
                "The thief's call was the proof of delivery. Past its grace your ticket is reuse, \
                 row 9: what you two share ends.",
            ),
            QuizOption::wrong(
                "A new ticket for me, none for the thief",
                "The house cannot tell which of the two is you. It ends both, and asks for the \
                 password.",
            ),
        ],
        acts: &[
            "wait 61s",
            "steal",
            "tab1 sends refresh",
            "deliver 5",
            "lose 5",
            "thief refresh",
            "thief call",
            "wait 10s",
            "tab1 refresh",
            "thief call",
        ],
        shows: &[
            "tab1 refresh: 200 · access expired · row 6 Rotate · writes rotate · \
             sets access, refresh 2",
            "thief refresh: 200 · access expired · row 7 Replay(undelivered) · \
             writes count_replay · sets access, refresh 2",
            "thief call: 200 · writes acknowledge",
            "tab1 refresh: 401 · access expired · row 9 Reuse(recent) · writes revoke",
            "thief call: 401 · access revoked",
        ],
    },
    failure: "The lost response: the exchange is committed, its answer is not delivered, and the \
              honest retry is called theft.",
    caveat: "A thief who takes the old ticket and shows nothing of what it fetches shares the \
             session, unnoticed, until two are seen in step (scenario 7). Tries are answered fifty \
             at once, and one a second from then on (scenario 19).",
    sources: &[
        Source::new(
            "element-hq/matrix-authentication-service #2795: refreshing should be idempotent",
            "https://github.com/element-hq/matrix-authentication-service/issues/2795",
        ),
        Source::new(
            "ory/hydra #1831: a lost answer leaves people stuck",
            "https://github.com/ory/hydra/issues/1831",
        ),
        Source::new(
            "FAPI 2.0 Security Profile §5.3.2.1: no rotation but in extraordinary circumstances",
            "https://openid.net/specs/fapi-security-profile-2_0-final.html",
        ),
    ],
    tour: Some(4),
};
