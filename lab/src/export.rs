//! A world to take along: as a Mermaid sequence diagram, and as plain text for a bug report.
//!
//! Both follow the timeline, an entry a line, and say what [`diagram`](super::diagram) says.
//! Invariant: neither holds more of a token than the few characters of its fingerprint, and no text
//! of a Mermaid diagram ends its line.

use std::collections::BTreeSet;

use coatroom::web::CookieKind;

use super::{
    action::{Action, Change, Party, Place},
    diagram::words,
    jar::Shown,
    message::{Message, Phase},
    setting::{Setting, Start},
    span::span,
    world::{Entry, EntryKind, START, World},
};

/// The world as a Mermaid `sequenceDiagram`. What the store was asked has a line of its own, below
/// the entry in which it was. The arrow of a request that is still under way is open.
pub fn mermaid(world: &World) -> String {
    let participants = participants(world);
    let mut lines = vec!["sequenceDiagram".to_owned()];
    for each in &participants {
        lines.push(format!("    participant {} as {}", each.id(), each.title()));
    }
    for entry in world.timeline() {
        let drawn = match entry.kind {
            EntryKind::Done(action) => vec![noted(action, &participants)],
            _ => {
                of(world, entry.kind).map(|message| drawn(entry.kind, message)).unwrap_or_default()
            }
        };
        lines.extend(drawn.into_iter().map(|line| format!("    {line}")));
    }
    lines.join("\n") + "\n"
}

/// The world as text for a bug report: its setting, then each entry with its number and its time.
pub fn report(world: &World) -> String {
    let mut lines = vec![format!("A world of the lab: {}", described(world.trace().setting()))];
    for (number, entry) in world.timeline().iter().enumerate() {
        let told = match entry.kind {
            EntryKind::Done(action) => action.to_string(),
            _ => of(world, entry.kind).map(|message| told(entry.kind, message)).unwrap_or_default(),
        };
        lines.push(format!("{:>4}  {:<14}  {told}", number + 1, since_start(*entry)));
    }
    lines.join("\n") + "\n"
}

/// The message that an entry is about.
fn of(world: &World, kind: EntryKind) -> Option<&Message> {
    match kind {
        EntryKind::Sent(number)
        | EntryKind::Served(number)
        | EntryKind::Received(number)
        | EntryKind::RequestLost(number)
        | EntryKind::AnswerLost(number)
        | EntryKind::Doubled(number) => world.message(number),
        EntryKind::Done(_) => None,
    }
}

/// A participant. The order of the variants is the order on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Participant {
    Party(Party),
    Place(Place),
    Store,
}

impl Participant {
    /// Its name in the text of a diagram.
    fn id(self) -> String {
        match self {
            Self::Party(party) => format!("{party:?}"),
            Self::Place(place) => format!("{place:?}"),
            Self::Store => "Store".into(),
        }
    }

    /// Its name on the page.
    const fn title(self) -> &'static str {
        match self {
            Self::Party(party) => party.title(),
            Self::Place(place) => place.title(),
            Self::Store => "Store",
        }
    }
}

fn participants(world: &World) -> BTreeSet<Participant> {
    let mut found = BTreeSet::new();
    for message in world.messages() {
        found.extend([
            Participant::Party(message.request.from),
            Participant::Place(message.request.at),
        ]);
        let asked = message.answer.as_ref().is_some_and(|answer| !answer.statements.is_empty());
        found.extend(asked.then_some(Participant::Store));
    }
    for entry in world.timeline() {
        if let EntryKind::Done(action) = entry.kind {
            found.insert(beside(action));
        }
    }
    found
}

/// Returns the participant that something concerns that is no message.
const fn beside(action: Action) -> Participant {
    match action {
        Action::Steal
        | Action::Visit
        | Action::Plunder
        | Action::Plant
        | Action::Guess
        | Action::CopyRows
        | Action::Forge(_)
        | Action::Mint(_)
        | Action::MintAtB => Participant::Party(Party::Thief),
        Action::Database(_) => Participant::Store,
        _ => Participant::Place(Place::NodeA),
    }
}

/// Notes something that is no message: time passes for all, and the rest stands beside the participant that it
/// concerns.
fn noted(action: Action, all: &BTreeSet<Participant>) -> String {
    let over = match (action, all.first(), all.last()) {
        (Action::Wait(_), Some(first), Some(last)) if first != last => {
            format!("{},{}", first.id(), last.id())
        }
        _ => beside(action).id(),
    };
    format!("Note over {over}: {}", escaped(&words::note(action)))
}

fn drawn(kind: EntryKind, message: &Message) -> Vec<String> {
    let (number, from, at) = (message.number, message.request.from, message.request.at);
    let (from, at) = (Participant::Party(from).id(), Participant::Place(at).id());
    let request = |arrow: &str| {
        format!("{from}{arrow}{at}: {number} · {}", escaped(&words::request(message)))
    };
    let answer = |arrow: &str, end: &str| {
        let brought = message.answer.as_ref().map(words::answer).unwrap_or_default();
        format!("{at}{arrow}{from}: {number} · {}{end}", escaped(&brought))
    };
    match kind {
        EntryKind::Sent(_) => vec![request(match message.phase {
            Phase::RequestLost => "--x",
            Phase::Asked => "-)",
            Phase::Answered | Phase::Received | Phase::AnswerLost => "->>",
        })],
        EntryKind::Served(_) => {
            let Some(answer) = &message.answer else { return Vec::new() };
            let decided = words::tag(answer).map(|tag| format!("row {tag}"));
            let decided = escaped(&decided.unwrap_or_else(|| answer.status.to_string()));
            let asked =
                words::store(answer).map(|asked| format!("{at}->>Store: {}", escaped(&asked)));
            [format!("Note over {at}: {number} · {decided}")].into_iter().chain(asked).collect()
        }
        EntryKind::Received(_) => vec![answer("-->>", "")],
        EntryKind::AnswerLost(_) => vec![answer("--x", " · lost")],
        EntryKind::RequestLost(_) => vec![format!("Note over {from}: {number} · lost")],
        EntryKind::Doubled(_) => {
            let original = message.copy_of.unwrap_or_default();
            vec![format!("Note over {from},{at}: {number} · copy of {original}")]
        }
        EntryKind::Done(_) => Vec::new(),
    }
}

/// A text as Mermaid reads it: `;` ends a statement, `#` begins an entity, and the rest would be
/// taken for markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let entity = match character {
            ';' => "#59;",
            '#' => "#35;",
            '&' => "#38;",
            '<' => "#60;",
            '>' => "#62;",
            '"' => "#34;",
            _ if character.is_whitespace() || character.is_control() => " ",
            _ => {
                out.push(character);
                continue;
            }
        };
        out.push_str(entity);
    }
    out
}

fn told(kind: EntryKind, message: &Message) -> String {
    let number = message.number;
    let (from, at) = (message.request.from.title(), message.request.at.title());
    match kind {
        EntryKind::Sent(_) => {
            let carries = cookies(&message.cookies);
            let carries = if carries.is_empty() { "no cookie".into() } else { carries };
            let ask = message.request.ask.word();
            format!("message {number} leaves {from} for {at}: {ask}, with {carries}")
        }
        EntryKind::Served(_) => {
            let answer = message.answer.as_ref();
            let error = answer.and_then(|answer| answer.error.as_ref());
            let error = error.map(|error| format!(" · error {error}")).unwrap_or_default();
            let set = answer.map(|answer| cookies(&answer.cookies)).unwrap_or_default();
            let set = if set.is_empty() { set } else { format!(" ({set})") };
            format!("message {number} is answered by {at}: {message}{error}{set}")
        }
        EntryKind::Received(_) => format!("the answer to message {number} arrives at {from}"),
        EntryKind::RequestLost(_) => format!("message {number} is lost on its way to {at}"),
        EntryKind::AnswerLost(_) => {
            format!("the answer to message {number} is lost on its way to {from}")
        }
        EntryKind::Doubled(_) => {
            let original = message.copy_of.unwrap_or_default();
            format!("message {number} is a copy of message {original}")
        }
        EntryKind::Done(_) => String::new(),
    }
}

/// Cookies by their fingerprints; a deleted one has none.
fn cookies(shown: &[Shown]) -> String {
    let kept = shown.iter().filter(|cookie| !cookie.is_deletion());
    let named = kept.map(|cookie| match cookie.generation {
        Some(generation) => format!("refresh {generation} {}", cookie.fingerprint),
        None if cookie.kind == Some(CookieKind::Session) => {
            format!("session {}", cookie.fingerprint)
        }
        None => format!("access {}", cookie.fingerprint),
    });
    named.collect::<Vec<_>>().join(", ")
}

/// A setting in the words of the actions that change it.
fn described(setting: Setting) -> String {
    let changes = [
        Change::AccessTtl(setting.access_ttl_s),
        Change::Grace(setting.grace_ms),
        Change::Verification(setting.verification),
        Change::LockStep(setting.lock_step),
        Change::RefreshOn(setting.refresh_on),
    ];
    let start = match setting.start {
        Start::SignedIn => "signed in",
        Start::SignedOut => "signed out",
    };
    let usual = Setting::DEFAULT;
    let named = [
        ("carrier", setting.carrier.word(), usual.carrier.word()),
        ("sessions", setting.sessions.word(), usual.sessions.word()),
        ("slip", setting.slip.word(), usual.slip.word()),
        ("algorithm", setting.algorithm.word(), usual.algorithm.word()),
    ];
    // Parameters that are as in most worlds go without saying.
    let named = named.into_iter().filter(|(_, word, usual)| word != usual);
    let latency = (setting.latency_ms > 0).then(|| Change::Latency(setting.latency_ms).to_string());
    let changes = changes.map(|change| change.to_string()).into_iter();
    let all = changes
        .chain([format!("role {}", setting.role.word()), start.to_owned()])
        .chain(named.map(|(name, word, _)| format!("{name} {word}")))
        .chain(latency);
    all.collect::<Vec<_>>().join(", ")
}

fn since_start(entry: Entry) -> String {
    let ms = u64::try_from(entry.at.since(START).as_millis()).unwrap_or(u64::MAX);
    // Within the first minute the tenths matter, and stand in a column.
    if ms < 60_000 && ms.is_multiple_of(1_000) {
        return format!("+{}.0 s", ms / 1_000);
    }
    format!("+{}", span(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_line_or_begins_another_statement() {
        assert_eq!(
            escaped("a;b#c<d>&\"e\"\r\nend\u{a0}f"),
            "a#59;b#35;c#60;d#62;#38;#34;e#34;  end f"
        );
    }
}
