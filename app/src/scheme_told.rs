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

/// Draws the panel of a session that ends at these instants.
pub fn panel(config: &AuthConfig, row: Option<&Session>, proven_until: Timestamp) -> String {
    let properties = properties(config, proven_until).into_iter().map(|(name, text)| {
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
fn properties(config: &AuthConfig, proven_until: Timestamp) -> Vec<(&'static str, AnyView)> {
    let elsewhere = span(config.feed.bound);
    let text = |text: String| text.into_any();
    let [ending, copy, rights, list, outage] = match config.scheme {
        Scheme::Opaque => [
            text("At once, on every server: the row says that it is over.".into()),
            text("Not noticed: both look alike. It works until the session ends.".into()),
            text("Holds from the next request on.".into()),
            text("The database lists every session of yours.".into()),
            text("Every request is refused as unavailable. It signs nobody out.".into()),
        ],
        Scheme::Token(Verification::Stateless) => [
            view! {
                "This browser forgets the wristband. A copy of it stays good until "
                {moment(proven_until)} ": no server can take it back."
            }
            .into_any(),
            text("Not noticed, and not revocable: it works until the wristband runs out.".into()),
            text("Waits for your next sign-in.".into()),
            text("No server knows where you are signed in.".into()),
            text("Not noticed by a wristband that is good. Nobody can sign in.".into()),
        ],
        Scheme::Token(_) => [
            text(format!(
                "Its number goes on the denylist: refused here at once, on other servers within {elsewhere}."
            )),
            text("Not noticed. It works until you sign out, or the wristband runs out.".into()),
            text("The wristband is refused, and you sign in again: nothing can change it.".into()),
            text("No server knows where you are signed in.".into()),
            text(format!(
                "Not noticed for {elsewhere}. Then every request is refused as unavailable. It signs nobody out."
            )),
        ],
        Scheme::Hybrid(verification) => hybrid(verification, &elsewhere).map(text),
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
