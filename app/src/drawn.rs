//! Notices that the server draws and the browser only shows: they are rare, so they are not in the bundle that every
//! browser loads.

mod jar;

use coatroom::store::{AccountEvent, AccountEventKind};
use leptos::prelude::*;

pub use self::jar::{Cookie, jar};

use crate::{
    components::notice::{Words, words},
    model::EndReason,
    time::{day, machine_readable, time_of_day},
};

/// Returns the instant of the newest theft that its owner has not seen, of events that are the newest first.
pub fn stolen_at(events: &[AccountEvent]) -> Option<i64> {
    let known = events.iter().find(|event| {
        matches!(event.kind, AccountEventKind::TokenReused | AccountEventKind::Seen)
    })?;
    (known.kind == AccountEventKind::TokenReused).then_some(known.last_at.millis())
}

/// Draws what the owner of an account is told: that a thief was noticed, at that instant, and wrong passwords. Returns
/// nothing if there was neither.
pub fn told(stolen_at: Option<i64>, failed: &[&AccountEvent]) -> String {
    if stolen_at.is_none() && failed.is_empty() {
        return String::new();
    }
    let owner = Owner::new();
    owner.with(|| {
        let failed = (!failed.is_empty()).then(|| wrong_passwords(failed));
        view! {
            {stolen_at.map(theft)}
            {failed}
        }
        .to_html()
    })
}

/// Draws the notice of a theft, with its instant and the button that says that the owner has seen it.
fn theft(at: i64) -> impl IntoView {
    let Words { state, word, title, text } = words(EndReason::Reuse);
    view! {
        <section class="sheet notice" data-state=state aria-labelledby="ended">
            <p class="badge">{word}</p>
            <h2 id="ended">{title}</h2>
            <p>{text}</p>
            <form method="post" action="/api/see_events" class="row">
                <span class="soft">
                    <time datetime=machine_readable(at)>{day(at)} ", " {time_of_day(at)} " UTC"</time>
                </span>
                <button type="submit">"I have seen this"</button>
            </form>
        </section>
    }
}

/// Draws the wrong passwords that were tried on the account: their number, their network, and the first instant.
fn wrong_passwords(failed: &[&AccountEvent]) -> impl IntoView + use<> {
    let lines = failed.iter().map(|event| {
        let times = match event.times {
            1 => "1 failed sign-in".to_owned(),
            times => format!("{times} failed sign-ins"),
        };
        let from = match event.network.as_str() {
            "" => String::new(),
            network => format!(" from {network}"),
        };
        let at = event.first_at.millis();
        view! {
            <li>
                {format!("{times}{from} since ")}
                <time datetime=machine_readable(at)>{day(at)} ", " {time_of_day(at)} " UTC"</time>
            </li>
        }
    });
    let lines = lines.collect_view();
    view! {
        <section class="sheet notice" data-state="expired" aria-labelledby="failed">
            <h2 id="failed">"Wrong passwords"</h2>
            <ul data-testid="failed" translate="no">{lines}</ul>
            <p class="soft">"If that was not you, somebody is guessing. It locks you out of nothing."</p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use coatroom::{Timestamp, UserId};

    use super::*;

    #[test]
    fn a_theft_is_drawn_with_its_time_and_a_button_to_mark_it_seen() {
        let drawn = told(Some(1_796_428_800_000), &[]);
        for part in
            ["to protect you", "Sat 5 Dec", "00:00:00", "/api/see_events", "I have seen this"]
        {
            assert!(drawn.contains(part), "{drawn}");
        }
        assert!(!drawn.contains("Wrong passwords"), "{drawn}");
        // All of it is in one box.
        let (_, after) = drawn.split_once("</section>").expect("a box");
        assert_eq!(after.replace("<!>", ""), "", "{drawn}");
    }

    #[test]
    fn wrong_passwords_are_drawn_with_their_count_network_and_time() {
        let (user, kind) = (UserId::random(), AccountEventKind::SignInFailed);
        let at = Timestamp::from_millis(1_796_428_800_000);
        let once = AccountEvent::once(user, kind, String::new(), at);
        let often = AccountEvent { times: 7, network: "<192.0.2.0/24>".into(), ..once.clone() };
        let drawn = told(None, &[&once, &often]);
        let text = drawn.replace("<!>", "");
        for part in
            ["1 failed sign-in since ", "7 failed sign-ins from &lt;192.0.2.0/24&gt; since "]
        {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(text.matches("Sat 5 Dec, 00:00:00 UTC").count(), 2, "{text}");
        assert_eq!(told(None, &[]), "");
    }
}
