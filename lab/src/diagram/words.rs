//! The words of a diagram: labels, notes, and each arrow as a sentence for visitors who do not see it.

use std::collections::BTreeSet;

use coatroom::config::LockStepResponse;

use super::{
    story::{ArrowEnd, Course, Leg, Origin, Story, Way},
    svg::Tip,
    text::put,
};
use crate::{
    action::{Action, Ask, Change, Database, Passing, Place, Reach, verification_word},
    ledger::{Statement, Writes},
    message::{Answer, Message, decision_name},
};

/// The name of a diagram.
pub(super) fn name(story: &Story<'_>) -> String {
    let messages: BTreeSet<u32> = story.legs.iter().map(|leg| leg.message.number).collect();
    match messages.len() {
        1 => "Sequence of 1 message".to_owned(),
        count => format!("Sequence of {count} messages"),
    }
}

/// The text beside a leg.
pub(super) struct Label {
    /// The number of its message, unless it is plain from the row above.
    pub(super) number: Option<u32>,
    /// Begins with the number, if there is one.
    pub(super) text: String,
}

/// Returns the text beside a leg: `3 refresh, generation 0`.
pub(super) fn label(leg: &Leg<'_>) -> Label {
    lead(leg, "")
}

/// Returns the same for a page on which no lane shows the sender: `3 Tab 1: refresh, generation 0`.
pub(super) fn label_with_sender(leg: &Leg<'_>) -> Label {
    let request = leg.message.request;
    match (leg.way, request.at) {
        (Way::Request, Place::NodeA) => lead(leg, &format!("{}: ", request.from.title())),
        (Way::Request, at) => lead(leg, &format!("{} to {}: ", request.from.title(), at.title())),
        (Way::Answer, _) => lead(leg, ""),
    }
}

fn lead(leg: &Leg<'_>, sender: &str) -> Label {
    let message = leg.message;
    let plain = leg.way == Way::Answer
        && leg.course == Course::Straight
        && leg.origin == Origin::Sender
        && leg.fate != ArrowEnd::UnderWay;
    let number = (!plain).then_some(message.number);
    let mut text = number.map_or_else(String::new, |number| format!("{number} "));
    text.push_str(sender);
    text.push_str(&match leg.way {
        Way::Request => request(message),
        Way::Answer => message.answer.as_ref().map_or_else(String::new, answer),
    });
    // Held together, so that no line ends in a dot.
    if let (Origin::Midway, Some(original)) = (leg.origin, message.copy_of) {
        put(&mut text, format_args!(" ·\u{a0}copy\u{a0}of\u{a0}{original}"));
    }
    text.push_str(match leg.fate {
        ArrowEnd::Arrives => "",
        ArrowEnd::Lost => " ·\u{a0}lost",
        ArrowEnd::UnderWay => " ·\u{a0}under\u{a0}way",
    });
    Label { number, text }
}

/// A leg as a sentence: `Tab 1 refresh, message 3: 200, row 6 Rotate, sets access and refresh 1`.
pub(super) fn sentence(leg: &Leg<'_>) -> String {
    let message = leg.message;
    let (from, ask) = (message.request.from.title(), message.request.ask.title());
    let mut text = format!("{from} {ask}, message {}", message.number);
    if let Some(original) = message.copy_of {
        put(&mut text, format_args!(", copy of {original}"));
    }
    match (leg.way, &message.answer) {
        (Way::Answer, Some(answer)) => {
            put(&mut text, format_args!(": {}", answer.status));
            if let Some(error) = &answer.error {
                put(&mut text, format_args!(" {error}"));
            }
            if let Some(decision) = answer.decision {
                let (row, name) = (decision.row(), decision_name(decision));
                put(&mut text, format_args!(", row {row} {name}"));
            }
            if let Some(jar) = answer.jar() {
                put(&mut text, format_args!(", {}", jar.replace(", ", " and ")));
            }
        }
        _ => put(&mut text, format_args!(": request to {}", message.request.at.title())),
    }
    text.push_str(match leg.fate {
        ArrowEnd::Arrives => "",
        ArrowEnd::Lost => ", lost",
        ArrowEnd::UnderWay => ", under way",
    });
    text
}

/// Returns what a request is for.
pub(crate) fn request(message: &Message) -> String {
    let ask = message.request.ask.title();
    if message.request.ask != Ask::Refresh {
        return ask.to_owned();
    }
    match message.cookies.iter().find_map(|cookie| cookie.generation) {
        Some(generation) => format!("{ask}, generation\u{a0}{generation}"),
        None => format!("{ask}, without a token"),
    }
}

/// Returns what an answer brings: to the jar, or instead of anything for it.
pub(crate) fn answer(answer: &Answer) -> String {
    let deletes = answer.cookies.iter().any(crate::jar::Shown::is_deletion);
    let jar = if deletes { Some("signed out".to_owned()) } else { answer.jar() };
    let jar = jar.map(|jar| jar.replace("refresh ", "refresh\u{a0}"));
    let status = match (answer.status, &answer.error) {
        (200, _) => None,
        (status, Some(error)) => Some(format!("{status} {error}")),
        (status, None) => {
            let to = answer.head.iter().find(|(name, _)| name == "location");
            Some(to.map_or_else(|| status.to_string(), |(_, to)| format!("{status} to {to}")))
        }
    };
    match (status, jar) {
        (Some(status), Some(jar)) => format!("{status} · {jar}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "200".to_owned(),
    }
}

/// The row of the rule that decided, if a refresh token was looked at.
pub(crate) fn tag(answer: &Answer) -> Option<String> {
    answer.decision.map(|decision| {
        let name = decision_name(decision).replace('(', " (");
        format!("{} · {name}", decision.row())
    })
}

/// Returns what the store was asked, and what came of it; nothing if it was not asked.
pub(crate) fn store(answer: &Answer) -> Option<String> {
    if let [one] = answer.statements.as_slice() {
        return Some(format!("{} →\u{a0}{}", one.call, outcome(one)));
    }
    let (reads, writes) = answer.cost();
    let counted = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let counts: Vec<_> =
        counted(reads, "read").into_iter().chain(counted(writes, "write")).collect();
    // Those that write are what matters, if there are any.
    let told = if writes > 0 { Writes::Yes } else { Writes::No };
    let mut names = Vec::new();
    for statement in answer.statements.iter().filter(|each| each.writes == told) {
        let name = match (told, statement.rows) {
            (_, None) | (Writes::Yes, Some(0)) => {
                format!("{} →\u{a0}{}", statement.call, outcome(statement))
            }
            _ => statement.call.to_owned(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (!counts.is_empty()).then(|| format!("{}: {}", counts.join(", "), names.join(", ")))
}

/// Returns the mark at the end of a line to the store: a cross if it did not answer.
pub(super) fn tip(answer: &Answer) -> Tip {
    let silent = answer.statements.iter().any(|statement| statement.rows.is_none());
    if silent { Tip::Cross } else { Tip::Arrow }
}

fn outcome(statement: &Statement) -> String {
    match (statement.writes, statement.rows) {
        (_, None) => "no\u{a0}answer".to_owned(),
        (Writes::No, Some(0)) => "none".to_owned(),
        (Writes::No, Some(1)) => "found".to_owned(),
        (_, Some(1)) => "1\u{a0}row".to_owned(),
        (_, Some(rows)) => format!("{rows}\u{a0}rows"),
    }
}

/// Something that is no message, as a note: words that begin no sentence. Nothing for a message.
pub fn note(action: Action) -> String {
    match action {
        Action::Wait(ms) => format!("{} later", time(ms)),
        Action::Steal => "the thief copies the jar".to_owned(),
        Action::Visit => "an attacker comes, with an empty jar".to_owned(),
        Action::Plunder => "a planted script takes what it can read".to_owned(),
        Action::Plant => "the attacker's cookies are put into the owner's jar".to_owned(),
        Action::HandOver(step) => step.title().to_owned(),
        Action::Forge(how) => format!("an attacker forges a token: {}", how.name()),
        Action::Mint(flaw) => format!("an attacker holds a signed token {}", flaw.title()),
        Action::Seal(format, letters) => {
            format!("a note of {letters} letters as {}", format.name())
        }
        Action::Guess => "the attacker tries a thousand ids".to_owned(),
        Action::CopyRows => "an attacker copies the database".to_owned(),
        Action::MintAtB => "service B makes a token that says admin".to_owned(),
        Action::Database(Database::Down) => "the database stops answering".to_owned(),
        Action::Database(Database::Up) => "the database answers again".to_owned(),
        Action::Restart => "every node starts anew".to_owned(),
        Action::RotateKey => "the keyring makes its next key".to_owned(),
        Action::RetireKey => "the oldest key is retired".to_owned(),
        Action::Role(role) => format!("the account's role is now {}", role.word()),
        Action::Deny(Reach::Token) => "one token is denied, by its number".to_owned(),
        Action::Deny(Reach::Session) => "its session is ended by an operator".to_owned(),
        Action::Set(change) => format!("every node starts anew: {}", parameter(change)),
        // Messages, which have entries of their own.
        Action::Ask(_)
        | Action::Send(_)
        | Action::AskInVain(_)
        | Action::Deliver(_)
        | Action::Lose(_)
        | Action::Double(_) => String::new(),
    }
}

fn parameter(change: Change) -> String {
    match change {
        Change::AccessTtl(seconds) => {
            format!("access tokens live {}", time(seconds.saturating_mul(1_000)))
        }
        Change::Grace(ms) => format!("the grace is {}", time(ms)),
        Change::Latency(ms) => format!("the store answers after {ms} ms"),
        Change::Verification(mode) => format!("verification is {}", verification_word(mode)),
        Change::LockStep(LockStepResponse::Report) => "lock-step is reported".to_owned(),
        Change::LockStep(LockStepResponse::End) => "lock-step ends the session".to_owned(),
        Change::RefreshOn(Passing::Documents) => "pages alone are refreshed in passing".to_owned(),
        Change::RefreshOn(Passing::EveryRequest) => {
            "every request is refreshed in passing".to_owned()
        }
        // None that an action has a word for.
        Change::LockStep(_) => change.to_string(),
    }
}

/// A length of time in the greatest unit that keeps it whole.
fn time(ms: u32) -> String {
    const UNITS: [(u32, &str, &str); 4] = [
        (86_400_000, "a day", "days"),
        (3_600_000, "an hour", "hours"),
        (60_000, "1 min", "min"),
        (1_000, "1 s", "s"),
    ];
    for (unit, one, many) in UNITS {
        if ms == unit {
            return one.to_owned();
        }
        if ms > unit && ms.is_multiple_of(unit) {
            return format!("{} {many}", ms / unit);
        }
    }
    format!("{ms} ms")
}

/// Returns the words for the end of a leg that began in another row.
pub(super) fn end(leg: &Leg<'_>) -> String {
    let what = if leg.way == Way::Request { "the request" } else { "the answer" };
    let how = if leg.fate == ArrowEnd::Lost { "is lost" } else { "arrives" };
    format!("{} {what} {how}", leg.message.number)
}
