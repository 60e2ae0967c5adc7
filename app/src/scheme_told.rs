//! The scheme in force, in words: what it can do and what it cannot, as HTML that the page only shows.

use coatroom::{
    AuthConfig, Session, Timestamp,
    config::{Scheme, Verification},
};
use leptos::prelude::*;

use crate::{
    rendering::span,
    time::{day, machine_readable, time_of_day},
};

/// Returns what carries a session, as the first sentence of the token page.
pub fn lead(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Hybrid(_) => {
            "The wristband is checked on every request. The ticket travels along, and is exchanged once the wristband \
             runs out."
        }
        Scheme::Opaque => {
            "One ticket, which says nothing by itself. The house looks its number up on every request."
        }
        _ => {
            "One wristband, and no ticket. The house reads it on every request, and keeps no list."
        }
    }
}

/// Draws the panel: the ticket of an opaque session, and what the scheme can and cannot do.
pub fn panel(config: &AuthConfig, row: Option<&Session>) -> String {
    let properties = properties(config).into_iter().map(|(name, text)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{text}</dd>
            </div>
        }
    });
    let properties = properties.collect_view();
    let ticket = (config.scheme == Scheme::Opaque).then(|| row.map(ticket));
    Owner::new().with(|| {
        view! {
            {ticket}
            <section class="sheet scheme" aria-labelledby="scheme" data-testid="scheme">
                <h2 id="scheme">{title(config.scheme)}</h2>
                <dl class="why">{properties}</dl>
            </section>
        }
        .to_html()
    })
}

fn title(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Hybrid(_) => "The hybrid: what it can do, and what not",
        Scheme::Opaque => "An opaque session: what it can do, and what not",
        Scheme::Token(Verification::Stateless) => "A stateless token: what it can do, and what not",
        _ => "A token with a denylist: what it can do, and what not",
    }
}

/// Draws the ticket of an opaque session.
fn ticket(row: &Session) -> impl IntoView + use<> {
    view! {
        <section class="sheet ticket" aria-labelledby="ticket">
            <div class="body">
                <div>
                    <h2 id="ticket">"Ticket · session token"</h2>
                    <p class="badge" data-shape="ring">"In your pocket"</p>
                </div>
                <p>"It holds no name, no role and no time: only the house can read it."</p>
                <dl class="facts">
                    <div>
                        <dt>"Ends if not used until"</dt>
                        <dd>{moment(row.idle_expires_at)}</dd>
                    </div>
                    <div>
                        <dt>"Ends for certain"</dt>
                        <dd>{moment(row.absolute_expires_at)}</dd>
                    </div>
                </dl>
                <p class="soft">"Each use begins the first time anew, at most once a minute."</p>
            </div>
        </section>
    }
}

fn moment(at: Timestamp) -> impl IntoView {
    let at = at.millis();
    view! {
        <time datetime=machine_readable(at)>{day(at)} ", " {time_of_day(at)} " UTC"</time>
    }
}

/// Returns what the scheme can and cannot do, each property with its bound.
fn properties(config: &AuthConfig) -> Vec<(&'static str, String)> {
    let elsewhere = span(config.feed.bound);
    let [ending, copy, rights, list, outage]: [String; 5] = match config.scheme {
        Scheme::Opaque => [
            "At once, on every server: the row says that it is over.".into(),
            "Not noticed: both look alike. It works until the session ends.".into(),
            "Holds from the next request on.".into(),
            "The database lists every session of yours.".into(),
            "Every request is refused as unavailable. It signs nobody out.".into(),
        ],
        Scheme::Token(Verification::Stateless) => [
            "This browser forgets the wristband. A copy of it stays good until it runs out: no server can take it back."
                .into(),
            "Not noticed, and not revocable: it works until the wristband runs out.".into(),
            "Waits for your next sign-in.".into(),
            "No server knows where you are signed in.".into(),
            "Not noticed by a wristband that is good. Nobody can sign in.".into(),
        ],
        Scheme::Token(_) => [
            format!(
                "Its number goes on the denylist: refused here at once, on other servers within {elsewhere}."
            ),
            "Not noticed. It works until you sign out, or the wristband runs out.".into(),
            "The wristband is refused, and you sign in again: nothing can change it.".into(),
            "No server knows where you are signed in.".into(),
            format!(
                "Not noticed for {elsewhere}. Then every request is refused as unavailable. It signs nobody out."
            ),
        ],
        Scheme::Hybrid(verification) => hybrid(verification, &elsewhere),
        _ => return Vec::new(),
    };
    vec![
        ("Signing out", ending),
        ("A stolen copy", copy),
        ("A change of your role", rights),
        ("Your other devices", list),
        ("The database is down", outage),
    ]
}

fn hybrid(verification: Verification, elsewhere: &str) -> [String; 5] {
    let (ending, rights, outage) = match verification {
        Verification::Stateless => (
            "The ticket is void at once. A copy of the wristband stays good until it runs out."
                .into(),
            "Holds once the wristband runs out.".into(),
            "Not noticed until the wristband runs out. It signs nobody out.".into(),
        ),
        Verification::Strict => (
            "At once, on every server: the row says that it is over.".into(),
            "Holds from the next request on.".into(),
            "Every request is refused as unavailable. It signs nobody out.".into(),
        ),
        _ => (
            format!(
                "Wristband and ticket are refused here at once, on other servers within {elsewhere}."
            ),
            format!("Holds here from the next request on, on other servers within {elsewhere}."),
            format!(
                "Not noticed for {elsewhere}. Then every request is refused as unavailable. It signs nobody out."
            ),
        ),
    };
    [
        ending,
        "Noticed when both copies of a ticket have been exchanged and the grace is over: the session ends. A copy that is \
         never exchanged beside yours is not noticed."
            .into(),
        rights,
        "The database lists every session of yours.".into(),
        outage,
    ]
}

#[cfg(test)]
mod tests {
    use coatroom::ServerSecret;

    use super::*;

    fn drawn(scheme: Scheme) -> String {
        let secret = ServerSecret::new(ServerSecret::generate()).expect("strong");
        let mut config = AuthConfig::new("https://example.com", secret);
        config.scheme = scheme;
        config.check().expect("it fits");
        panel(&config, None).replace("<!>", "")
    }

    /// A page must not promise what the scheme in force does not keep.
    #[test]
    fn each_scheme_is_told_its_own_bounds() {
        use Verification::{Denylist, Stateless, Strict};
        let at_once = "At once, on every server";
        let within = "on other servers within 5\u{a0}s";
        let never = "no server can take it back";
        for (scheme, says, says_not) in [
            (Scheme::Hybrid(Denylist), within, never),
            (Scheme::Hybrid(Strict), at_once, within),
            (Scheme::Hybrid(Stateless), "stays good until it runs out", at_once),
            (Scheme::Opaque, at_once, within),
            (Scheme::Token(Denylist), within, never),
            (Scheme::Token(Stateless), never, at_once),
        ] {
            let drawn = drawn(scheme);
            assert!(drawn.contains(says) && !drawn.contains(says_not), "{scheme:?}: {drawn}");
            assert_eq!(drawn.matches("<dt>").count(), 5, "{scheme:?}");
            let lists = drawn.contains("lists every session of yours");
            assert_eq!(lists, !matches!(scheme, Scheme::Token(_)), "{scheme:?}");
            let notices = drawn.contains("Noticed when both copies");
            assert_eq!(notices, matches!(scheme, Scheme::Hybrid(_)), "{scheme:?}");
        }
    }
}
