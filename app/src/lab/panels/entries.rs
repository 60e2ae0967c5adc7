use coatroom_lab::{
    action::Action,
    diagram,
    jar::Shown,
    ledger::Writes,
    message::{Answer, Changed, Message, Row, decision_name},
    rule,
    world::{Entry, EntryKind, World},
};
use leptos::prelude::*;

use super::{
    markup::Markup,
    words::{short, when},
};
use crate::lab::{
    choice::{Choice, List},
    rule_page,
    world_page::Scene,
};

/// The most entries that are listed, unless the visitor asks for all.
const LISTED: usize = 30;

/// The prefix of the ids of a world's messages.
pub(in super::super) const ANCHOR: &str = "m";

/// Lists what the diagram shows, as text: for screen readers, for reading closely, without a script.
pub(in super::super) fn entries(scene: &Scene<'_>) -> impl IntoView + use<> {
    let most = if scene.choice.list == List::Whole { usize::MAX } else { LISTED };
    let skipped = scene.world.timeline().len().saturating_sub(most);
    let skipped = (skipped > 0).then(|| {
        let whole = Choice { list: List::Whole, ..scene.choice.clone() };
        let href = format!("{}{}", scene.address(), whole.query());
        view! {
            <p class="soft">
                {skipped} " earlier events are left out here. "
                <a href=href rel="external">
                    "The whole list"
                </a>
            </p>
        }
    });
    let nothing = scene.world.timeline().is_empty();
    let nothing = nothing.then(|| view! { <p class="soft">"Nothing yet."</p> });
    view! {
        <section class="sheet" aria-labelledby="entries">
            <h2 id="entries">"What happened, in words"</h2>
            {skipped}
            {nothing}
            {list(scene.world, ANCHOR, most)}
        </section>
    }
}

/// Lists the newest entries of a world, at most so many. The ids of its messages begin with `anchor`.
pub(in super::super) fn list(world: &World, anchor: &str, most: usize) -> impl IntoView + use<> {
    let skipped = world.timeline().len().saturating_sub(most);
    let timeline = &world.timeline()[skipped..];
    let mut rows = Markup::default();
    for (index, entry) in timeline.iter().enumerate() {
        if !is_part_of_a_round_trip(timeline, index) {
            row(&mut rows, world, *entry, anchor);
        }
    }
    view! { <ol class="entries" inner_html=rows.into_html()></ol> }
}

/// Returns true if an entry only begins or ends a round trip in which nothing came between: the answer says it all.
fn is_part_of_a_round_trip(timeline: &[Entry], index: usize) -> bool {
    let at =
        |index: Option<usize>| index.and_then(|index| timeline.get(index)).map(|entry| entry.kind);
    let (before, after) = (at(index.checked_sub(1)), at(Some(index + 1)));
    match timeline[index].kind {
        EntryKind::Sent(number) => after == Some(EntryKind::Served(number)),
        EntryKind::Received(number) => before == Some(EntryKind::Served(number)),
        _ => false,
    }
}

fn row(rows: &mut Markup, world: &World, entry: Entry, anchor: &str) {
    rows.tags("<li><time>").text(&when(entry.at)).tags("</time>");
    let message = match entry.kind {
        EntryKind::Served(number) => world.message(number),
        _ => None,
    };
    match message.and_then(|message| Some((message, message.answer.as_ref()?))) {
        Some((message, answer)) => served(rows, message, answer, anchor),
        None => {
            rows.tags("<span>").text(&words(world, entry)).tags("</span>");
        }
    }
    rows.tags("</li>");
}

/// Returns what happened last, in words; a round trip as its answer.
pub(in super::super) fn newest(world: &World) -> Option<String> {
    let timeline = world.timeline();
    let whole = |index: &usize| !is_part_of_a_round_trip(timeline, *index);
    let index = (0..timeline.len()).rev().find(whole)?;
    Some(words(world, timeline[index]))
}

/// Returns an entry as one line.
fn words(world: &World, entry: Entry) -> String {
    let of = |number, say: &dyn Fn(&Message) -> String| {
        world.message(number).map(say).unwrap_or_default()
    };
    let does = |number, deed: &str| {
        of(number, &|message| {
            let request = message.request;
            format!("{number} · {}, {}: {deed}", request.from.title(), request.ask.title())
        })
    };
    match entry.kind {
        EntryKind::Served(number) => of(number, &outcome),
        EntryKind::Sent(number) => does(number, "leaves"),
        EntryKind::Received(number) => does(number, "the answer arrives"),
        EntryKind::RequestLost(number) => does(number, "the request is lost"),
        EntryKind::AnswerLost(number) => does(number, "the answer is lost"),
        EntryKind::Doubled(number) => of(number, &|message| {
            let of = message.copy_of.unwrap_or_default();
            format!("Message {of} is under way twice; the copy is {number}")
        }),
        EntryKind::Done(action) => done(action),
    }
}

/// Returns the outcome of a request in words.
fn outcome(message: &Message) -> String {
    format!("{} · {message}", message.number)
}

/// Returns something that is no message, as a sentence.
fn done(action: Action) -> String {
    let note = diagram::note(action);
    let mut letters = note.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// Draws a request that was served, and everything about it.
fn served(rows: &mut Markup, message: &Message, answer: &Answer, anchor: &str) {
    let id = format!("{anchor}{}", message.number);
    rows.tags(r#"<details id="details-"#).text(&id);
    rows.tags(r#""><summary id="summary-details-"#).text(&id);
    rows.tags(r#""><span class="outcome">"#).text(&outcome(message));
    rows.tags(r#"</span></summary><div class="detail" id=""#).text(&id);
    rows.tags(r#"" tabindex="-1">"#);
    decision(rows, answer);
    statements(rows, answer);
    for change in &answer.changes {
        changed(rows, change);
    }
    rows.tags(r#"<div class="heads">"#);
    head(rows, "Request", &message.head(), message.cookies.iter().map(carried));
    head(rows, "Answer", &status(answer), answer.cookies.iter().map(set));
    rows.tags("</div></div></details>");
}

fn decision(rows: &mut Markup, answer: &Answer) {
    let Some((decision, row)) =
        answer.decision.and_then(|decision| Some((decision, rule::row(decision.row())?)))
    else {
        return;
    };
    rows.tags(r#"<p><a class="rule" href=""#).text(&rule_page::address(row.number));
    rows.tags(r#"" rel="external">"#).text(&row.number.to_string()).tags(" · ");
    rows.text(decision_name(decision)).tags("</a> ").text(row.when);
    rows.tags(r#"</p><p class="soft"><b>Without this row: </b>"#).text(row.why).tags(" ");
    if let Some((name, href)) = row.seen {
        rows.tags(r#"<a href=""#).text(href).tags(r#"" rel="external noreferrer">"#);
        rows.text(name).tags("</a>");
    }
    rows.tags("</p>");
}

fn statements(rows: &mut Markup, answer: &Answer) {
    rows.tags(if answer.statements.is_empty() {
        "<h3>The store was not asked.</h3>"
    } else {
        "<h3>The store was asked</h3>"
    });
    rows.tags(r#"<ul class="calls">"#);
    for statement in &answer.statements {
        let count = match (statement.rows, statement.writes) {
            (None, _) => "no answer".to_owned(),
            (Some(count), Writes::Yes) => format!("{count} changed"),
            (Some(count), Writes::No) => format!("{count} found"),
        };
        rows.tags("<li><code>").text(statement.call).tags("</code> ").text(&statement.text);
        rows.tags(" → <b>").text(&count).tags("</b></li>");
    }
    rows.tags("</ul>");
}

/// Draws a session's row that changed, before and after.
fn changed(rows: &mut Markup, Changed { session, before, after }: &Changed) {
    let title = format!("Session {}", short(*session));
    let before = before.as_ref().map(columns);
    let after = columns(after);
    rows.tags(r#"<div class="scroll" tabindex="0" role="group" aria-label=""#).text(&title);
    rows.tags(r#", its row before and after"><table class="before-after"><thead><tr>"#);
    rows.each(r#"<th scope="col">"#, [title.as_str(), "before", "after"], "</th>");
    rows.tags("</tr></thead><tbody>");
    for (index, (name, is)) in after.iter().enumerate() {
        let was = before.as_ref().and_then(|before| before.get(index)).map(|(_, was)| was);
        rows.tags(if was == Some(is) {
            r#"<tr data-changed="false">"#
        } else {
            r#"<tr data-changed="true">"#
        });
        rows.tags(r#"<th scope="row">"#).text(name).tags("</th>");
        match was {
            Some(was) => {
                rows.tags("<td>").text(was).tags("</td>");
            }
            // A session that began: one cell for all.
            None if index == 0 => {
                rows.tags(r#"<td rowspan=""#).text(&after.len().to_string());
                rows.tags(r#"">no row</td>"#);
            }
            None => {}
        }
        rows.tags("<td>").text(is).tags("</td></tr>");
    }
    rows.tags("</tbody></table></div>");
}

fn columns(row: &Row) -> Vec<(&'static str, String)> {
    let instant = |at: Option<coatroom::Timestamp>| at.map_or_else(|| "null".into(), when);
    let reason = row.revoked.map_or("null", |revoked| revoked.reason.as_str());
    vec![
        ("generation", row.generation.to_string()),
        ("rotated_at", when(row.rotated_at)),
        ("acknowledged_at", instant(row.acknowledged_at)),
        ("replays", row.replays.to_string()),
        ("idle_expires_at", when(row.idle_expires_at)),
        ("revoked_at", instant(row.revoked.map(|revoked| revoked.at))),
        ("revoked_reason", reason.to_owned()),
        ("authority_version", row.authority_version.to_string()),
    ]
}

fn status(answer: &Answer) -> Vec<(String, String)> {
    let mut head = vec![(answer.status.to_string(), answer.error.clone().unwrap_or_default())];
    head.extend(answer.head.iter().cloned());
    head
}

fn carried(cookie: &Shown) -> String {
    format!("{} = {}…", cookie.name, cookie.fingerprint)
}

fn set(cookie: &Shown) -> String {
    let value = if cookie.is_deletion() {
        "deleted".to_owned()
    } else {
        format!("{}…", cookie.fingerprint)
    };
    format!("{} = {value}; {}", cookie.name, cookie.attributes.join("; "))
}

fn head(
    rows: &mut Markup,
    title: &str,
    lines: &[(String, String)],
    cookies: impl Iterator<Item = String>,
) {
    rows.tags("<div><h3>").text(title).tags(r#"</h3><ul class="head">"#);
    for (name, value) in lines {
        rows.tags("<li><b>").text(name).tags("</b> ").text(value).tags("</li>");
    }
    rows.each(r#"<li class="cookie">"#, cookies, "</li>").tags("</ul></div>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_without_a_message_is_told_as_a_sentence() {
        for (line, said) in [
            ("wait 61s", "61 s later"),
            ("steal", "The thief copies the jar"),
            ("retire-key", "The oldest key is retired"),
            ("set grace 2500ms", "Every node starts anew: the grace is 2500 ms"),
            ("role admin", "The account's role is now admin"),
        ] {
            assert_eq!(done(line.parse().expect("an action")), said);
        }
    }
}
