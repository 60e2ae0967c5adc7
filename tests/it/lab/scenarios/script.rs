//! Follows the lines of a scenario without a world: what is under way, what was answered, how far the generations are.
//!
//! It decides nothing. It knows how messages are numbered, which parts a line has, and which of them cannot stand
//! together. Invariant: it accepts no number that is not under way.

use std::collections::BTreeMap;

use coatroom::lab::setting::Start;

const TABS: [&str; 4] = ["tab1", "tab2", "tab3", "tab4"];
const STRANGERS: [&str; 3] = ["evil", "neighbour", "old-browser"];
const ASKS: [&str; 7] =
    ["sign-in", "call", "admin", "refresh", "reload", "sign-out", "sign-out-everywhere"];
const PLACES: [&str; 3] = ["node-a", "node-b", "service-b"];
const WORTHS: [&str; 5] = ["none", "expired", "outdated", "revoked", "invalid"];
const WRITES: [&str; 8] = [
    "add_session",
    "set_role",
    "rotate",
    "count_replay",
    "record",
    "revoke",
    "revoke",
    "acknowledge",
];
const ROWS: [&str; 12] = [
    "1 Unrecognized",
    "2 Ended",
    "3 Ended",
    "4 Ahead",
    "5 Debounced",
    "6 Rotate",
    "7 Replay(undelivered)",
    "7 TooManyReplays",
    "8 Replay(concurrent)",
    "8 TooManyReplays",
    "9 Reuse(recent)",
    "10 Reuse(stale)",
];

/// Where a message is.
#[derive(Clone)]
enum Leg {
    /// On its way to the server: who asks for what.
    Request(String),
    /// On its way back.
    Answer,
}

/// How far a scenario has come.
pub(super) struct Script {
    under_way: BTreeMap<u32, Leg>,
    next: u32,
    copied: bool,
    generation: Option<u64>,
}

impl Script {
    pub(super) fn new(start: Start) -> Self {
        let generation = match start {
            Start::SignedIn => Some(0),
            Start::SignedOut => None,
        };
        Self { under_way: BTreeMap::new(), next: 1, copied: false, generation }
    }

    /// Follows the lines of a stage, and holds what is shown against them.
    pub(super) fn stage(&mut self, place: &str, acts: &[&str], shows: &[&str]) {
        assert!(!acts.is_empty(), "nothing happens in {place}");
        let mut answered = Vec::new();
        for act in acts {
            let done = self.act(act).unwrap_or_else(|| panic!("{act:?} in {place}"));
            answered.extend(done);
        }
        let shown: Vec<&str> =
            shows.iter().map(|line| line.split_once(": ").expect("who: what").0).collect();
        assert_eq!(shown, answered, "{place}");
        for line in shows {
            self.line(line);
        }
    }

    /// Follows a line; returns the request that it had answered, if any. `None` where the line makes no sense.
    fn act(&mut self, act: &str) -> Option<Option<String>> {
        let words: Vec<&str> = act.split(' ').collect();
        Some(match words[..] {
            ["deliver", number] => {
                let number = number.parse().ok()?;
                match self.under_way.remove(&number)? {
                    Leg::Request(asked) => {
                        self.under_way.insert(number, Leg::Answer);
                        Some(asked)
                    }
                    Leg::Answer => None,
                }
            }
            ["lose", number] => {
                self.under_way.remove(&number.parse().ok()?)?;
                None
            }
            ["double", number] => {
                let copy = self.under_way.get(&number.parse().ok()?)?.clone();
                let number = self.number();
                self.under_way.insert(number, copy);
                None
            }
            ["wait", time] => is_time(time).then_some(None)?,
            ["steal"] => {
                self.copied = true;
                None
            }
            ["database", "down" | "up"]
            | ["restart" | "rotate-key" | "retire-key"]
            | ["role", "user" | "admin"] => None,
            [who, "sends", ref asks @ ..] => {
                let asked = self.asked(who, asks)?;
                let number = self.number();
                self.under_way.insert(number, Leg::Request(asked));
                None
            }
            [who, ref asks @ ..] => {
                let asked = self.asked(who, asks)?;
                self.number();
                Some(asked)
            }
            [] => return None,
        })
    }

    fn asked(&self, who: &str, asks: &[&str]) -> Option<String> {
        let (ask, at) = match *asks {
            [ask] => (ask, "node-a"),
            [ask, "at", place] => (ask, place),
            _ => return None,
        };
        let possible = if STRANGERS.contains(&who) {
            ask == "post"
        } else {
            (TABS.contains(&who) || who == "thief" && self.copied) && ASKS.contains(&ask)
        };
        let served = PLACES.contains(&at) && (at != "service-b" || ask == "call");
        (possible && served).then(|| format!("{who} {}", asks.join(" ")))
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// Holds a line against itself, and its generation against those before.
    fn line(&mut self, line: &str) {
        let (asked, parts) = line.split_once(": ").expect("who: what");
        let mut parts = parts.split(" · ").peekable();
        let mut part = |name: &str| {
            let found = parts.next_if(|part| part.starts_with(name))?;
            Some(found[name.len()..].to_owned())
        };
        let status: u16 = part("").and_then(|status| status.parse().ok()).expect(line);
        let worth = part("access ");
        let row = part("row ");
        let writes = part("writes ");
        let (sets, deletes) = (part("sets "), part("deletes "));
        assert_eq!(parts.next(), None, "out of order, or unknown: {line}");

        assert!(worth.is_none_or(|worth| WORTHS.contains(&worth.as_str())), "{line}");
        let writes: Vec<&str> = writes.iter().flat_map(|writes| writes.split(", ")).collect();
        let places = writes.iter().map(|each| WRITES.iter().position(|known| known == each));
        assert!(places.clone().all(|place| place.is_some()) && places.is_sorted(), "{line}");
        assert!(row.as_ref().is_none_or(|row| ROWS.contains(&row.as_str())), "{line}");
        assert!(deletes.is_none_or(|names| names == "access, refresh" && status == 200), "{line}");
        assert!(sets.is_none() || status == 200, "{line}");

        let number = row.as_deref().and_then(|row| row.split(' ').next());
        let wrote = writes.iter().find(|call| **call != "acknowledge").copied();
        let generation =
            || self.generation.unwrap_or_else(|| panic!("nobody is signed in: {line}"));
        let both = |generation: u64| Some(format!("access, refresh {generation}"));
        let (answer, write, cookies) = match number {
            Some("5") => (200, None, Some("access".to_owned())),
            Some("6") => (200, Some("rotate"), both(generation() + 1)),
            Some("7" | "8") => (200, Some("count_replay"), both(generation())),
            Some("9" | "10") => (401, Some("revoke"), None),
            Some(_) => (401, None, None),
            None if asked.contains("sign-in") => (status, Some("add_session"), both(0)),
            None => (status, wrote, None),
        };
        assert_eq!((status, wrote, sets), (answer, write, cookies), "{line}");
        match (number, wrote) {
            (Some("6"), _) => self.generation = Some(generation() + 1),
            (_, Some("add_session")) => self.generation = Some(0),
            _ => {}
        }
    }
}

/// Whether a text is a length of time as worlds read it, with nothing after it.
fn is_time(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && ["ms", "s", "m", "h", "d"].contains(&unit)
}
