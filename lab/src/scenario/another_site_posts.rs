//! 11: a page that is not ours posts a form to us, in a browser that has our cookies.

use super::{Branch, Deed, Guess, Look, Panel, Prediction, Scenario, Source, Stage};
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
                    say: "That page, on evil.example, posts a form to sign you out of \
                          house.example. Your browser adds Sec-Fetch-Site, a header that no page \
                          can set: it tells how page and server relate.",
                    predict: Some(Prediction {
                        asks: "What happens to the form?",
                        guesses: &[
                            Guess::wrong(
                                "My cookies come, and I am signed out",
                                "SameSite=Lax keeps the cookies out of another site's form.",
                            ),
                            Guess::right(
                                "No cookies come, and it is refused",
                                "The cookies stay at home, and the header says that another site asks: cross-site.",
                            ),
                            Guess::wrong(
                                "My browser does not send it",
                                "Browsers do send such forms. To refuse is the server's part.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Let the page post its form", &["evil post"])],
                    look: Look::new(
                        Panel::Network,
                        "No cookie, sec-fetch-site: cross-site, and 403.",
                    ),
                    shows: &["evil post: 403 · access none"],
                },
                STILL_SIGNED_IN,
                OWN_FORM,
            ],
        },
        Branch {
            slug: "neighbour",
            name: "A neighbouring subdomain",
            setting: None,
            stages: &[
                SIGNED_IN,
                Stage {
                    say: "That page is on cafe.house.example: to your browser the same site. It \
                          posts a sign-out form. Sec-Fetch-Site, a header that no page can set, \
                          tells how page and server relate.",
                    predict: Some(Prediction {
                        asks: "What happens to the form?",
                        guesses: &[
                            Guess::right(
                                "My cookies come, and it is refused",
                                "The header says same-site; from itself it would say same-origin.",
                            ),
                            Guess::wrong(
                                "No cookies come, and it is refused",
                                "SameSite lets cookies go along within one site.",
                            ),
                            Guess::wrong(
                                "My cookies come, and I am signed out",
                                "Cookies tell whose browser it is, and not whose page.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Let the page post its form", &["neighbour post"])],
                    look: Look::new(
                        Panel::Network,
                        "Both cookies, sec-fetch-site: same-site, and still 403.",
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
                    say: "That page, on evil.example, posts a form to sign you out. Your browser \
                          is too old for SameSite. It does send Origin, a header with the \
                          address that the page came from.",
                    predict: Some(Prediction {
                        asks: "What happens to the form?",
                        guesses: &[
                            Guess::wrong(
                                "My cookies come, and I am signed out",
                                "The cookies are there, but Origin names another address.",
                            ),
                            Guess::wrong(
                                "No cookies come, and it is refused",
                                "A browser that does not know SameSite sends them all.",
                            ),
                            Guess::right(
                                "My cookies come, and it is refused",
                                "Origin is evil.example, and not the server's own address.",
                            ),
                        ],
                    }),
                    deeds: &[Deed::new("Let the page post its form", &["old-browser post"])],
                    look: Look::new(
                        Panel::Network,
                        "Both cookies, origin: https://evil.example, and 403.",
                    ),
                    shows: &["old-browser post: 403"],
                },
                STILL_SIGNED_IN,
            ],
        },
    ],
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

/// The last stage of the first branch.
const OWN_FORM: Stage = Stage {
    say: "Now your own page, on house.example, posts the very same form.",
    predict: Some(Prediction {
        asks: "What makes the server obey this time?",
        guesses: &[
            Guess::wrong(
                "The cookies: this request has them",
                "Cookies tell whose browser it is, and not whose page.",
            ),
            Guess::wrong(
                "A secret hidden in the form",
                "Many sites do so, and it works. Here the browser's headers take its place.",
            ),
            Guess::right(
                "Sec-Fetch-Site says same-origin",
                "It means: from house.example itself. The browser writes it, and no page can.",
            ),
        ],
    }),
    deeds: &[Deed::new("Sign out in your own tab", &["tab1 sign-out"])],
    look: Look::new(Panel::CookieJar, "Your jar is empty: the server obeyed."),
    shows: &["tab1 sign-out: 200 · writes revoke · deletes access, refresh"],
};

/// The first stage of each branch.
const SIGNED_IN: Stage = Stage {
    say: "You are signed in at house.example. In another tab of the same browser you are about to \
          open a stranger's page.",
    predict: None,
    deeds: &[Deed::new("Call from your own tab", &["tab1 call"])],
    look: Look::new(
        Panel::CookieJar,
        "Both cookies say SameSite=Lax: not to be sent with other sites' forms.",
    ),
    shows: &["tab1 call: 200 · writes acknowledge"],
};

/// The stage of each branch in which nothing has come of the form.
const STILL_SIGNED_IN: Stage = Stage {
    say: "The form got 403, that is: refused. You go back to your own tab and call.",
    predict: Some(Prediction {
        asks: "Are you still signed in?",
        guesses: &[
            Guess::wrong(
                "No: the form did reach the server",
                "It did, and was refused before anything was done.",
            ),
            Guess::right(
                "Yes, as if nothing had been",
                "The check comes first: not even the database was asked.",
            ),
        ],
    }),
    deeds: &[Deed::new("Call from your own tab", &["tab1 call"])],
    look: Look::new(Panel::Diagram, "Between your two calls there is no line to the store."),
    shows: &["tab1 call: 200"],
};
