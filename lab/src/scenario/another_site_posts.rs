//! 11: a page that is not ours posts a form to us, in a browser that has our cookies.

use super::{Branch, Look, Panel, Quiz, QuizOption, Scenario, Source, Stage};
use crate::setting::Setting;

pub(super) const SCENARIO: Scenario = Scenario {
    number: 11,
    slug: "another-site-posts",
    title: "Another site posts a form in your name",
    question: "Can a page I merely visit use my cookies?",
    claim: "Any page can make your browser post a form to any address, and your browser adds the \
            cookies it has for that address. This form signs you out; it might as well pay \
            somebody. Three checks stand in its way, because no single one would do.",
    setting: Setting::DEFAULT,
    branches: &[
        Branch {
            slug: "another-site",
            name: "Another site",
            setting: None,
            stages: &[
                SIGNED_IN,
                Stage {
                    say: "Its form posts to the house. The cookies are SameSite=Lax, so the \
                          browser leaves them at home. It also writes where the request comes \
                          from, in a header that no page can set, and the house refuses before it \
                          looks at anything else.",
                    acts: &["evil post"],
                    look: Look::new(
                        Panel::Network,
                        "No cookie, Sec-Fetch-Site: cross-site, and 403.",
                    ),
                    shows: &["evil post: 403 · access none"],
                },
                STILL_SIGNED_IN,
            ],
        },
        Branch {
            slug: "neighbour",
            name: "A neighbouring subdomain",
            setting: None,
            stages: &[
                SIGNED_IN,
                Stage {
                    say: "This page is of another subdomain, say a forum that somebody broke into. \
                          To the browser it is the same site: SameSite lets the cookies go along. \
                          But the same site is not the same origin, and the header says so.",
                    acts: &["neighbour post"],
                    look: Look::new(
                        Panel::Network,
                        "Both cookies went along, with Sec-Fetch-Site: same-site. Still 403.",
                    ),
                    shows: &["neighbour post: 403"],
                },
                STILL_SIGNED_IN,
            ],
        },
        Branch {
            slug: "old-browser",
            name: "An old browser",
            setting: None,
            stages: &[
                SIGNED_IN,
                Stage {
                    say: "This browser knows neither SameSite nor Sec-Fetch-Site. The cookies go \
                          along, and nothing says that it is another site's form. Nothing but \
                          Origin, which is not the house's own.",
                    acts: &["old-browser post"],
                    look: Look::new(
                        Panel::Network,
                        "Cookies, no Sec-Fetch header, and a foreign Origin: 403.",
                    ),
                    shows: &["old-browser post: 403"],
                },
                STILL_SIGNED_IN,
            ],
        },
    ],
    quiz: Quiz {
        asks: "Now your own page posts the very same form. What makes the house obey?",
        options: &[
            QuizOption::wrong(
                "The cookies: this request has them",
                "So had the neighbour's. Cookies say whose browser it is, and not whose page.",
            ),
            QuizOption::right(
                "Sec-Fetch-Site says same-origin",
                "The browser writes it, and no page can. Forms need no secret for it, and no \
                 script.",
            ),
            QuizOption::wrong(
                "A secret token hidden in the form",
                "Many frameworks do it so, and it works. Here two headers that only browsers write \
                 take its place.",
            ),
        ],
        acts: &["tab1 sign-out"],
        shows: &["tab1 sign-out: 200 · writes revoke · deletes access, refresh"],
    },
    failure: "Cross-site request forgery: a browser lends your cookies to whichever page asks.",
    caveat: "A script planted in the house's own page passes all three. And they guard posts: \
             nothing may change by a link that is merely followed. The browsers here are played, \
             after what Chromium was seen to send.",
    sources: &[
        Source::new(
            "RFC 6265bis, draft 22, §5.6.7.1: what Lax keeps back, and that it is no robust defence alone",
            "https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis-22#section-5.6.7.1",
        ),
        Source::new(
            "Fetch Metadata §2.3: Sec-Fetch-Site",
            "https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header",
        ),
        Source::new(
            "SvelteKit, GHSA-5p75-vc5g-8rv2: a check of Origin that some forms slipped past",
            "https://github.com/sveltejs/kit/security/advisories/GHSA-5p75-vc5g-8rv2",
        ),
    ],
    tour: None,
};

/// The first stage of each branch.
const SIGNED_IN: Stage = Stage {
    say: "You are signed in, and in another tab you open a page that somebody else wrote.",
    acts: &["tab1 call"],
    look: Look::new(Panel::CookieJar, "Both cookies say SameSite=Lax."),
    shows: &["tab1 call: 200 · writes acknowledge"],
};

/// The last stage of each branch.
const STILL_SIGNED_IN: Stage = Stage {
    say: "Back in your own tab nothing has happened.",
    acts: &["tab1 call"],
    look: Look::new(Panel::Diagram, "No statement between the two calls."),
    shows: &["tab1 call: 200"],
};
