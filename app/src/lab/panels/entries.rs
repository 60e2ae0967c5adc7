use coatroom::lab::{
    action::Action,
    diagram,
    ledger::Writes,
    message::{Answer, Changed, Message, Row, decision_name},
    rule,
    world::{Entry, What, World},
};
use leptos::prelude::*;

use super::words::{short, when};
use crate::lab::world_page::{Choice, List, Scene};

/// The most entries that are listed, unless somebody asks for all.
const LISTED: usize = 30;

/// What the ids of a world's messages begin with.
pub(in super::super) const ANCHOR: &str = "m";

/// The same as the diagram, as text: for screen readers, for reading closely, without a script.
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
    view! {
        <section class="sheet" aria-labelledby="entries">
            <h2 id="entries">"What happened, in words"</h2>
            {skipped}
            {list(scene.world, ANCHOR, most)}
        </section>
    }
}

/// The newest entries of a world, at most so many. The ids of its messages begin with `anchor`.
pub(in super::super) fn list(world: &World, anchor: &str, most: usize) -> impl IntoView + use<> {
    let skipped = world.timeline().len().saturating_sub(most);
    let timeline = &world.timeline()[skipped..];
    let rows = (0..timeline.len())
        .filter(|index| !is_part_of_a_round_trip(timeline, *index))
        .map(|index| row(world, timeline[index], anchor));
    let rows = rows.collect_view();
    view! { <ol class="entries">{rows}</ol> }
}

/// Whether an entry only begins or ends a round trip, nothing having come between: the answer says it all.
fn is_part_of_a_round_trip(timeline: &[Entry], index: usize) -> bool {
    let at =
        |index: Option<usize>| index.and_then(|index| timeline.get(index)).map(|entry| entry.what);
    let (before, after) = (at(index.checked_sub(1)), at(Some(index + 1)));
    match timeline[index].what {
        What::Sent(number) => after == Some(What::Served(number)),
        What::Received(number) => before == Some(What::Served(number)),
        _ => false,
    }
}

fn row(world: &World, entry: Entry, anchor: &str) -> impl IntoView + use<> {
    let served = match entry.what {
        What::Served(number) => world.message(number).map(|message| served(message, anchor)),
        _ => None,
    };
    let body = served.unwrap_or_else(|| view! { <span>{words(world, entry)}</span> }.into_any());
    view! {
        <li>
            <time>{when(entry.at)}</time>
            {body}
        </li>
    }
}

/// What happened last, in words; a round trip as its answer.
pub(in super::super) fn newest(world: &World) -> Option<String> {
    let timeline = world.timeline();
    let whole = |index: &usize| !is_part_of_a_round_trip(timeline, *index);
    let index = (0..timeline.len()).rev().find(whole)?;
    Some(words(world, timeline[index]))
}

/// An entry as one line.
fn words(world: &World, entry: Entry) -> String {
    let of = |number, say: &dyn Fn(&Message) -> String| {
        world.message(number).map(say).unwrap_or_default()
    };
    let does = |number, what: &str| {
        of(number, &|message| {
            let request = message.request;
            format!("{number} · {}, {}: {what}", request.from.title(), request.ask.title())
        })
    };
    match entry.what {
        What::Served(number) => of(number, &outcome),
        What::Sent(number) => does(number, "leaves"),
        What::Received(number) => does(number, "the answer arrives"),
        What::RequestLost(number) => does(number, "the request is lost"),
        What::AnswerLost(number) => does(number, "the answer is lost"),
        What::Doubled(number) => of(number, &|message| {
            let of = message.copy_of.unwrap_or_default();
            format!("Message {of} is under way twice; the copy is {number}")
        }),
        What::Done(action) => done(action),
    }
}

/// What came of a request.
fn outcome(message: &Message) -> String {
    format!("{} · {message}", message.number)
}

/// Something that is no message, as a sentence.
fn done(action: Action) -> String {
    let note = diagram::note(action);
    let mut letters = note.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// A request that was served, and everything about it.
fn served(message: &Message, anchor: &str) -> AnyView {
    let Some(answer) = &message.answer else { return ().into_any() };
    let id = format!("{anchor}{}", message.number);
    view! {
        <details id=format!("details-{anchor}{}", message.number)>
            <summary id=format!("summary-details-{anchor}{}", message.number)>
                <span class="outcome">{outcome(message)}</span>
            </summary>
            <div class="detail" id=id tabindex="-1">
                {decision(answer)}
                {statements(answer)}
                {rows(answer)}
                <div class="heads">
                    {head("Request", message.head(), carried(message))}
                    {head("Answer", status(answer), set(answer))}
                </div>
            </div>
        </details>
    }
    .into_any()
}

fn decision(answer: &Answer) -> impl IntoView + use<> {
    let decision = answer.decision?;
    let row = rule::row(decision.row())?;
    Some(view! {
        <p>
            <span class="rule">{row.number} " · " {decision_name(decision)}</span>
            " "
            {row.when}
        </p>
        <p class="soft">
            <b>"Without this row: "</b>
            {row.why}
            " "
            {row
                .seen
                .map(|(name, href)| {
                    view! {
                        <a href=href rel="external noreferrer">
                            {name}
                        </a>
                    }
                })}
        </p>
    })
}

fn statements(answer: &Answer) -> impl IntoView + use<> {
    let calls = answer.statements.iter().map(|statement| {
        let rows = match (statement.rows, statement.writes) {
            (None, _) => "no answer".to_owned(),
            (Some(count), Writes::Yes) => format!("{count} changed"),
            (Some(count), Writes::No) => format!("{count} found"),
        };
        view! {
            <li>
                <code>{statement.call}</code>
                " "
                {statement.text.clone()}
                " → "
                <b>{rows}</b>
            </li>
        }
    });
    let calls = calls.collect_view();
    let heading = if answer.statements.is_empty() {
        "The store was not asked."
    } else {
        "The store was asked"
    };
    view! {
        <h3>{heading}</h3>
        <ul class="calls">{calls}</ul>
    }
}

/// The sessions' rows that changed, before and after.
fn rows(answer: &Answer) -> impl IntoView + use<> {
    answer.changes.iter().map(changed).collect_view()
}

fn changed(Changed { session, before, after }: &Changed) -> impl IntoView + use<> {
    let title = format!("Session {}", short(*session));
    let label = format!("{title}, its row before and after");
    let before = before.as_ref().map(columns);
    let columns = columns(after);
    let count = columns.len();
    let rows = columns.into_iter().enumerate().map(|(index, (name, after))| {
        let was = before.as_ref().and_then(|before| before.get(index)).map(|(_, was)| was.clone());
        let changed = (was.as_ref() != Some(&after)).to_string();
        let was = match (was, index) {
            (Some(was), _) => Some(view! { <td>{was}</td> }.into_any()),
            // A session that began: one cell for all.
            (None, 0) => Some(view! { <td rowspan=count>"no row"</td> }.into_any()),
            (None, _) => None,
        };
        view! {
            <tr data-changed=changed>
                <th scope="row">{name}</th>
                {was}
                <td>{after}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=label>
        <table class="before-after">
            <thead>
                <tr>
                    <th scope="col">{title}</th>
                    <th scope="col">"before"</th>
                    <th scope="col">"after"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        </div>
    }
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
        ("authz_version", row.authz_version.to_string()),
    ]
}

fn status(answer: &Answer) -> Vec<(String, String)> {
    let mut head = vec![(answer.status.to_string(), answer.error.clone().unwrap_or_default())];
    head.extend(answer.head.iter().cloned());
    head
}

fn carried(message: &Message) -> Vec<String> {
    let cookies = message.cookies.iter();
    cookies.map(|cookie| format!("{} = {}…", cookie.name, cookie.fingerprint)).collect()
}

fn set(answer: &Answer) -> Vec<String> {
    let line = |cookie: &coatroom::lab::jar::Shown| {
        let value = if cookie.fingerprint.is_empty() {
            "deleted".to_owned()
        } else {
            format!("{}…", cookie.fingerprint)
        };
        format!("{} = {value}; {}", cookie.name, cookie.attributes.join("; "))
    };
    answer.cookies.iter().map(line).collect()
}

fn head(
    title: &'static str,
    lines: Vec<(String, String)>,
    cookies: Vec<String>,
) -> impl IntoView + use<> {
    let lines = lines.into_iter().map(|(name, value)| {
        view! {
            <li>
                <b>{name}</b>
                " "
                {value}
            </li>
        }
    });
    let cookies = cookies.into_iter().map(|cookie| view! { <li class="cookie">{cookie}</li> });
    view! {
        <div>
            <h3>{title}</h3>
            <ul class="head">{lines.collect_view()} {cookies.collect_view()}</ul>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_a_sentence_and_no_command() {
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
