//! Notices that the server draws and the browser only shows: what is seldom there is no part of everybody's bundle.

use leptos::prelude::*;

use crate::{
    components::notice::EndedNotice,
    model::EndReason,
    time::{day, machine_readable, time_of_day},
};

/// Draws what a thief did at that instant, with the button that says that it was seen.
pub fn theft(at: i64) -> String {
    let owner = Owner::new();
    owner.with(|| {
        view! {
            <EndedNotice reason=EndReason::Reuse />
            <form method="post" action="/api/see_events" class="row">
                <span class="soft">
                    <time datetime=machine_readable(at)>{day(at)} ", " {time_of_day(at)} " UTC"</time>
                </span>
                <button type="submit">"I have seen this"</button>
            </form>
        }
        .to_html()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theft_is_drawn_with_when_it_was_and_a_way_to_say_that_it_was_seen() {
        let drawn = theft(1_796_428_800_000);
        for part in
            ["to protect you", "Sat 5 Dec", "00:00:00", "/api/see_events", "I have seen this"]
        {
            assert!(drawn.contains(part), "{drawn}");
        }
    }
}
