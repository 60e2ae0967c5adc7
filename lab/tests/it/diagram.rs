//! Diagrams of real worlds, read back as XML: what is drawn, and that it fits.

mod drawing;

use std::collections::BTreeSet;

use coatroom::session::Decision;
use coatroom_lab::{
    diagram::{Layout, View, diagram, standalone},
    message::{Message, Phase},
    random::Random,
    setting::Setting,
    world::{ActError, Entry, EntryKind, World},
};

use self::drawing::{Area, Drawing};

const LAYOUTS: [Layout; 2] = [Layout::Wide, Layout::Narrow];
const ALL: usize = usize::MAX;

const REFRESH: &str = "tab1 call; wait 61s; tab1 refresh; tab1 call";
const LOST: &str = "tab1 call; wait 61s; tab1 sends refresh; deliver 2; lose 2; wait 1h; \
    tab1 sends refresh; tab2 sends call; double 3; deliver 3; double 3; lose 4; lose 5; lose 6; \
    tab1 sends reload";
const FIVE_TABS: &str = "tab1 call; wait 61s; tab1 sends refresh; tab2 sends refresh; \
    tab3 sends refresh; tab4 sends refresh; tab1 sends reload; double 5; deliver 4; deliver 2; \
    deliver 3; deliver 5; deliver 6; deliver 6; tab2 call; deliver 7";
const EVERYBODY: &str = "tab1 call; tab2 call at node-b; tab3 call at service-b; tab4 reload; \
    steal; thief call at service-b; evil post; neighbour post; old-browser post; wait 61s; \
    tab4 sends refresh; thief sends refresh at node-b; tab1 sends sign-out-everywhere; deliver 9; \
    deliver 10; deliver 9; deliver 10; deliver 11; lose 11; rotate-key; retire-key; restart; \
    set grace 2500ms; role admin; database down; tab1 reload; tab3 refresh; database up; \
    old-browser sends post; double 14; deliver 15; deliver 14; tab1 sign-in; tab2 sign-out";

async fn world(script: &str) -> World {
    let mut world = World::new(Setting::DEFAULT).await.expect("a world");
    for line in script.split(';').map(str::trim) {
        let done = world.act(line.parse().expect("an action")).await;
        done.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    world
}

/// A world in which owner and thief did anything, from a seed.
async fn any_world(seed: u64) -> World {
    let mut random = Random::new(seed);
    let mut world = World::new(Setting::DEFAULT).await.expect("a world");
    let who = ["tab1", "tab2", "tab3", "tab4", "thief"];
    let kind = ["refresh", "refresh", "call", "reload", "sign-out", "call at node-b"];
    let all = ["wait 61s", "wait 400ms", "steal", "database down", "database up", "evil post"];
    for _ in 0..40 {
        let mut one = |of: &[&'static str]| {
            let count = u32::try_from(of.len()).expect("few");
            of[usize::try_from(random.below(count)).expect("few")]
        };
        let (from, ask, other) = (one(&who), one(&kind), one(&all));
        let number = random.below(20);
        let line = match random.below(12) {
            0..=2 => format!("{from} {ask}"),
            3..=5 => format!("{from} sends {ask}"),
            6..=8 => format!("deliver {number}"),
            9 => format!("lose {number}"),
            10 => format!("double {number}"),
            _ => other.to_owned(),
        };
        match world.act(line.parse().expect("an action")).await {
            // No node starts while the database is down.
            Ok(()) | Err(ActError::NotUnderWay(_) | ActError::NoThief | ActError::Start(_)) => {}
            Err(error) => panic!("{line}: {error}"),
        }
    }
    world
}

async fn worlds() -> Vec<World> {
    let mut worlds = vec![
        World::new(Setting::DEFAULT).await.expect("a world"),
        world(REFRESH).await,
        world(LOST).await,
        world(FIVE_TABS).await,
        world(EVERYBODY).await,
    ];
    for seed in 0..12 {
        worlds.push(any_world(seed).await);
    }
    worlds
}

fn view(newest: usize) -> View<'static> {
    View { newest, anchor: "#m", rows: "/rule?a&b#row-", marked: &[2] }
}

fn draw(world: &World, layout: Layout, newest: usize) -> Drawing {
    let drawn = diagram(world, view(newest));
    Drawing::read(if layout == Layout::Wide { &drawn.wide } else { &drawn.narrow })
}

/// The legs that a message must have, each with the class of its end.
fn legs(world: &World, message: &Message) -> Vec<(u32, &'static str, &'static str)> {
    let happened = |kind: EntryKind| world.timeline().iter().any(|entry| entry.kind == kind);
    let number = message.number;
    let mut legs = Vec::new();
    if happened(EntryKind::Sent(number))
        || happened(EntryKind::Served(number))
        || message.answer.is_none()
    {
        let end = match message.phase {
            Phase::Asked => "sd-flight",
            Phase::RequestLost => "sd-lost",
            _ => "",
        };
        legs.push((number, "sd-request", end));
    }
    if message.answer.is_some() && message.phase != Phase::RequestLost {
        let end = match message.phase {
            Phase::Answered => "sd-flight",
            Phase::AnswerLost => "sd-lost",
            _ => "",
        };
        legs.push((number, "sd-answer", end));
    }
    legs
}

#[tokio::test]
async fn every_leg_of_a_message_is_one_link_that_says_how_it_ended() {
    for world in worlds().await {
        for layout in LAYOUTS {
            let drawing = draw(&world, layout, ALL);
            let links = drawing.links.iter();
            let mut links: Vec<_> =
                links.map(|link| (link.message, link.way.as_str(), link.end.as_str())).collect();
            let mut expected: Vec<_> =
                world.messages().iter().flat_map(|message| legs(&world, message)).collect();
            links.sort_unstable();
            expected.sort_unstable();
            assert_eq!(links, expected, "{}", world.trace().to_json());
        }
    }
}

#[tokio::test]
async fn the_row_that_decided_a_message_is_a_link_to_it() {
    for world in worlds().await {
        // A doubled answer has a decision as well, and no server decided it.
        let served = |entry: &Entry| match entry.kind {
            EntryKind::Served(number) => {
                world.messages().iter().find(|message| message.number == number)
            }
            _ => None,
        };
        let decided = world.timeline().iter().filter_map(served);
        let mut expected: Vec<_> = decided
            .filter_map(|message| message.answer.as_ref()?.decision)
            .map(Decision::row)
            .collect();
        expected.sort_unstable();
        for layout in LAYOUTS {
            let mut rows = Vec::new();
            for link in draw(&world, layout, ALL).rows {
                let number = link.address.strip_prefix("/rule?a&b#row-");
                let row: u8 = number.and_then(|row| row.parse().ok()).expect("a row's address");
                assert!(link.says.starts_with(&format!("{row} · ")), "{link:?}");
                rows.push(row);
            }
            rows.sort_unstable();
            assert_eq!(rows, expected, "{layout:?} {}", world.trace().to_json());
        }
    }
}

#[tokio::test]
async fn all_is_inside_and_no_text_lies_on_another_or_on_a_line() {
    for world in worlds().await {
        for layout in LAYOUTS {
            let drawing = draw(&world, layout, ALL);
            let around = Area { left: 0.0, top: 0.0, ..drawing.around };
            for point in &drawing.points {
                assert!(around.holds(*point), "{point:?} {layout:?} {}", world.trace().to_json());
            }
            for (index, (text, area)) in drawing.texts.iter().enumerate() {
                assert!(around.covers(area), "{text:?} {area:?} {layout:?}");
                let below = drawing.solid.iter().find(|solid| area.meets(solid));
                assert_eq!(below, None, "{text:?} {area:?} {layout:?}");
                for (other, there) in &drawing.texts[..index] {
                    assert!(!area.meets(there), "{text:?} and {other:?} in {layout:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_message_that_does_not_arrive_is_drawn_short_of_each_lane() {
    for world in worlds().await {
        for layout in LAYOUTS {
            let drawing = draw(&world, layout, ALL);
            let stopped = drawing.links.iter().filter(|link| !link.end.is_empty()).count();
            assert_eq!(drawing.stops.len(), stopped, "{layout:?} {}", world.trace().to_json());
            for stop in drawing.stops {
                assert!(drawing.lanes.iter().all(|lane| (lane - stop).abs() > 5.0), "{stop}");
            }
        }
    }
}

#[tokio::test]
async fn links_and_rows_are_large_enough_for_a_finger() {
    let world = world(EVERYBODY).await;
    for layout in LAYOUTS {
        let drawing = draw(&world, layout, ALL);
        assert!(drawing.links.iter().all(|link| link.hit >= 24.0), "{:?}", drawing.links);
        assert!(drawing.rows.iter().all(|row| row.hit.is_finite() && row.hit >= 24.0));
    }
}

#[tokio::test]
async fn a_link_says_in_words_what_its_arrow_shows() {
    let world = world(LOST).await;
    for layout in LAYOUTS {
        let said: Vec<_> =
            draw(&world, layout, ALL).links.into_iter().map(|link| link.says).collect();
        for words in [
            "Tab 1 call, message 1: request to Node A",
            "Tab 1 call, message 1: 200",
            "Tab 1 refresh, message 2: 200, row 6 Rotate, sets access and refresh 1, lost",
            "Tab 1 refresh, message 3: 200, row 7 Replay(undelivered), sets access and refresh 1, \
             under way",
            "Tab 2 call, message 4: request to Node A, lost",
            "Tab 1 refresh, message 5, copy of 3: request to Node A, lost",
            "Tab 1 load a page, message 7: request to Node A, under way",
        ] {
            assert!(said.iter().any(|each| each == words), "{words:?} in {said:#?}");
        }
    }
}

#[tokio::test]
async fn decisions_store_calls_jars_and_notes_are_written() {
    let world = world(LOST).await;
    for layout in LAYOUTS {
        let drawing = draw(&world, layout, ALL);
        for words in [
            "6 · Rotate",
            "2 reads, 1 write: rotate",
            "sets access, refresh 1 · lost",
            "an hour later",
            "7 · Replay (undelivered)",
            "6 sets access, refresh 1 · copy of 3",
        ] {
            assert!(drawing.says(words), "{words:?} in {:#?}", drawing.texts);
        }
    }
    let world = self::world(EVERYBODY).await;
    let drawing = draw(&world, Layout::Narrow, ALL);
    for words in [
        "the thief copies the jar",
        "10 Thief to Node B: refresh, generation 0",
        "session → no answer",
        "503 unavailable",
        "every node starts anew: the grace is 2500 ms",
        "signed out",
    ] {
        assert!(drawing.says(words), "{words:?} in {:#?}", drawing.texts);
    }
}

#[tokio::test]
async fn only_parties_that_take_part_have_lanes_in_a_fixed_order() {
    let heads = |script: &'static str| async move {
        let world = world(script).await;
        let [wide, narrow] = LAYOUTS.map(|layout| draw(&world, layout, ALL));
        assert_eq!(wide.heads, narrow.heads);
        assert_eq!(wide.names, wide.heads, "a name is cut");
        wide.heads
    };
    assert_eq!(heads(REFRESH).await, ["Tab 1", "Node A", "Store"]);
    assert_eq!(heads("wait 1s").await, ["Node A", "Store"]);
    assert_eq!(heads(FIVE_TABS).await, ["Tab 1", "Tab 2", "Tab 3", "Tab 4", "Node A", "Store"]);
    assert_eq!(heads("steal; tab3 call").await, ["Tab 3", "Thief", "Node A", "Store"]);
    assert_eq!(
        heads(EVERYBODY).await,
        [
            "Tab 1",
            "Tab 2",
            "Tab 3",
            "Tab 4",
            "Thief",
            "Another site",
            "Neighbour site",
            "Old browser",
            "Node A",
            "Node B",
            "Service B",
            "Store",
        ]
    );
}

#[tokio::test]
async fn nothing_that_is_written_of_five_tabs_is_cut() {
    let world = world(FIVE_TABS).await;
    for layout in LAYOUTS {
        let drawing = draw(&world, layout, ALL);
        assert!(drawing.says("copy of 5") && !drawing.says("…"), "{:#?}", drawing.texts);
    }
}

#[tokio::test]
async fn a_round_trip_takes_less_height_than_an_interleaved_one() {
    let compact = world("tab1 refresh; tab2 refresh").await;
    let crossed =
        world("tab1 sends refresh; tab2 sends refresh; deliver 1; deliver 2; deliver 2; deliver 1")
            .await;
    for layout in LAYOUTS {
        let [compact, crossed] =
            [&compact, &crossed].map(|world| draw(world, layout, ALL).around.bottom);
        assert!(compact < crossed, "{compact} {crossed}");
    }
}

#[tokio::test]
async fn the_newest_entries_are_drawn_and_no_round_trip_is_cut() {
    for world in worlds().await {
        let count = world.timeline().len();
        for newest in [0, 1, 2, 3, 7, 20, count, ALL] {
            for layout in LAYOUTS {
                let skipped = diagram(&world, view(newest)).skipped;
                let shown = &world.timeline()[skipped..];
                assert!(shown.len() <= newest && shown.len() + 2 >= newest.min(count));
                let first = shown.first().map(|entry| entry.kind);
                if let (Some(EntryKind::Received(number)), true) = (first, skipped > 0) {
                    let before = world.timeline()[skipped - 1].kind;
                    assert_ne!(before, EntryKind::Served(number));
                }
                let messages: BTreeSet<u32> = shown
                    .iter()
                    .filter_map(|entry| match entry.kind {
                        EntryKind::Sent(number)
                        | EntryKind::Served(number)
                        | EntryKind::Received(number)
                        | EntryKind::RequestLost(number)
                        | EntryKind::AnswerLost(number)
                        | EntryKind::Doubled(number) => Some(number),
                        EntryKind::Done(_) => None,
                    })
                    .collect();
                let links = draw(&world, layout, newest).links;
                let linked: BTreeSet<u32> = links.iter().map(|link| link.message).collect();
                assert_eq!(linked, messages);
            }
        }
    }
}

#[tokio::test]
async fn a_diagram_alone_holds_everything_and_links_to_nothing() {
    let world = world(EVERYBODY).await;
    let text = standalone(&world);
    let drawing = Drawing::read(&text);
    assert!(text.starts_with(r#"<svg xmlns="http://www.w3.org/2000/svg" width="900" height=""#));
    assert!(text.contains("prefers-color-scheme: dark"));
    assert!(drawing.links.is_empty() && drawing.rows.is_empty());
    let page = draw(&world, Layout::Wide, ALL);
    assert_eq!(drawing.texts, page.texts);
}

#[tokio::test]
async fn looks_are_left_to_classes_which_both_stylesheets_know() {
    let sheets = [
        include_str!("../../../style/components/diagram.css"),
        include_str!("../../src/diagram/standalone.css"),
    ];
    // Words for scripts and pages; in a file of its own, nothing can be chosen and one layout is
    // all.
    let no_looks =
        ["sd", "sd-wide", "sd-narrow", "sd-msg", "sd-request", "sd-answer", "sd-flight", "sd-row"];
    for world in [world(LOST).await, world(EVERYBODY).await] {
        for layout in LAYOUTS {
            let drawing = draw(&world, layout, ALL);
            for attribute in &drawing.attributes {
                let looks = ["style", "fill", "stroke", "id", "font-size", "onclick"];
                assert!(!looks.contains(&attribute.as_str()), "{attribute}");
            }
            for class in drawing.classes.iter().filter(|class| !no_looks.contains(&class.as_str()))
            {
                assert!(class.starts_with("sd-"), "{class}");
                for sheet in sheets {
                    let known = class == "sd-hit" || class == "sd-label" || {
                        sheet.match_indices(&format!(".{class}")).any(|(at, found)| {
                            !sheet[at + found.len()..]
                                .starts_with(|next: char| next.is_alphanumeric() || next == '-')
                        })
                    };
                    assert!(known, "{class}");
                }
            }
        }
    }
}
