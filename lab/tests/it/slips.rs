//! The mistakes of houses: each does what it says, and a house without one gives nothing away.

use coatroom_lab::{
    action::{Action, Carrier, Party, Slip},
    compare,
    jar::Shown,
    policy::Policy,
    setting::{Setting, Start},
    world::World,
};

const OPAQUE: Setting = Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT };

/// A world in which these were done.
async fn done(setting: Setting, slip: Slip, script: &str) -> World {
    let mut world = World::new(Setting { slip, ..setting }).await.expect("a world");
    for line in script.split("; ") {
        let action: Action = line.parse().unwrap_or_else(|error| panic!("{error}"));
        world.act(action).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    world
}

/// The cookies in the jar of the owner, or of the thief.
fn cookies(world: &World, of: Party) -> Vec<Shown> {
    world.jar(of).expect("a jar").shown(world.now())
}

/// Number of the owner's cookies, and the fingerprints that the thief has of them.
fn taken(world: &World) -> (usize, Vec<String>) {
    let owner = cookies(world, Party::Tab1);
    let thief = cookies(world, Party::Thief).into_iter().map(|cookie| cookie.fingerprint);
    let is_the_owners = |print: &String| owner.iter().any(|cookie| cookie.fingerprint == *print);
    (owner.len(), thief.filter(is_the_owners).collect())
}

/// The status of the last answer.
fn status(world: &World) -> u16 {
    let answer = world.messages().last().and_then(|message| message.answer.as_ref());
    answer.expect("an answer").status
}

/// The attributes that are absent from every cookie of the owner.
fn absent(world: &World) -> Vec<&'static str> {
    let owner = cookies(world, Party::Tab1);
    let has = |name: &str| owner.iter().any(|each| each.attributes.iter().any(|at| at == name));
    ["Secure", "HttpOnly", "SameSite=Lax"].into_iter().filter(|name| !has(name)).collect()
}

#[tokio::test]
async fn a_slip_leaves_out_its_attribute_alone() {
    let all_of = [
        (Slip::Nothing, vec![]),
        (Slip::ReadByScripts, vec!["HttpOnly"]),
        (Slip::NotSecure, vec!["Secure"]),
        (Slip::KeepsId, vec![]),
    ];
    for (slip, left_out) in all_of {
        for carrier in [Carrier::Pair, Carrier::Token, Carrier::Opaque] {
            let world = done(Setting { carrier, ..Setting::DEFAULT }, slip, "tab1 call").await;
            assert_eq!(status(&world), 200, "{slip:?} {carrier:?}");
            assert_eq!(absent(&world), left_out, "{slip:?} {carrier:?}");
            let prefixed =
                cookies(&world, Party::Tab1).iter().all(|each| each.name.starts_with("__Host-"));
            assert_eq!(prefixed, slip == Slip::Nothing, "{slip:?} {carrier:?}");
        }
    }
}

#[tokio::test]
async fn plunder_takes_what_scripts_read_and_nothing_else() {
    for carrier in [Carrier::Pair, Carrier::Token, Carrier::Opaque] {
        let setting = Setting { carrier, ..Setting::DEFAULT };
        for slip in [Slip::Nothing, Slip::ReadByScripts, Slip::NotSecure, Slip::KeepsId] {
            let mut world = done(setting, slip, "plunder; thief call").await;
            let (had, taken) = taken(&world);
            let expected = if slip == Slip::ReadByScripts { (had, 200) } else { (0, 401) };
            assert!(had > 0);
            assert_eq!((taken.len(), status(&world)), expected, "{slip:?} {carrier:?}");
            world.act("script call".parse().expect("an action")).await.expect("it is done");
            assert_eq!(status(&world), 200, "it acts with any: {slip:?} {carrier:?}");
        }
    }
}

#[tokio::test]
async fn plain_http_carries_what_is_not_secure_and_nothing_else() {
    for carrier in [Carrier::Pair, Carrier::Token, Carrier::Opaque] {
        let setting = Setting { carrier, ..Setting::DEFAULT };
        for slip in [Slip::Nothing, Slip::ReadByScripts, Slip::NotSecure, Slip::KeepsId] {
            let world = done(setting, slip, "tab1 reload at plain-http").await;
            let sent = world.messages().last().map(|message| message.cookies.len());
            let (had, taken) = taken(&world);
            let goes_out = slip == Slip::NotSecure;
            let expected = if goes_out { (had, had, 200) } else { (0, 0, 303) };
            let seen = (sent.unwrap_or_default(), taken.len(), status(&world));
            assert_eq!(seen, expected, "{slip:?} {carrier:?}");
        }
    }
}

/// However a request goes on, it was read on the way: so a trace under another rule has the same thief.
#[tokio::test]
async fn plain_http_is_read_when_sent_lost_or_compared() {
    for line in ["tab1 sends reload at plain-http", "tab1 loses reload at plain-http"] {
        let mut world = done(Setting::DEFAULT, Slip::NotSecure, line).await;
        world.act("thief call".parse().expect("an action")).await.expect("it is done");
        assert_eq!(status(&world), 200, "{line}");
        let compared = compare::under(&world, Policy::Strict).await;
        assert!(compared.is_ok(), "{line}: {compared:?}");
    }
    // A thief who asks by plain http reads no cookies of the owner's.
    let world = done(Setting::DEFAULT, Slip::NotSecure, "visit; thief reload at plain-http").await;
    assert!(cookies(&world, Party::Thief).is_empty());
}

const PLANTED: &str = "visit; thief reload; plant; tab1 sign-in; thief call";

#[tokio::test]
async fn a_planted_id_is_signed_in_where_ids_are_kept_alone() {
    for carrier in [Carrier::Pair, Carrier::Token, Carrier::Opaque] {
        let setting = Setting { carrier, start: Start::SignedOut, ..Setting::DEFAULT };
        for slip in [Slip::Nothing, Slip::ReadByScripts, Slip::NotSecure, Slip::KeepsId] {
            let world = done(setting, slip, PLANTED).await;
            let expected = if slip == Slip::KeepsId { (1, 200) } else { (0, 401) };
            let seen = (taken(&world).1.len(), status(&world));
            assert_eq!(seen, expected, "{slip:?} {carrier:?}");
        }
    }
}

/// The thief's cookies are those of a session that has ended; the sign-in takes none of them.
#[tokio::test]
async fn a_planted_session_is_not_taken_by_a_house_without_a_slip() {
    let script = "tab1 call; steal; tab1 sign-out; plant; tab1 sign-in; thief call";
    for carrier in [Carrier::Pair, Carrier::Opaque] {
        let setting = Setting { carrier, ..Setting::DEFAULT };
        let world = done(setting, Slip::Nothing, script).await;
        assert_eq!(status(&world), 401, "{carrier:?}");
        assert!(taken(&world).1.is_empty(), "{carrier:?}: {:?}", taken(&world));
    }
}

#[tokio::test]
async fn a_short_id_is_guessed_and_a_long_one_is_not() {
    for (slip, expected) in [(Slip::KeepsId, (1, 200)), (Slip::Nothing, (0, 401))] {
        for before in ["visit", "visit; thief reload"] {
            let world = done(OPAQUE, slip, &format!("{before}; guess; thief call")).await;
            assert_eq!((taken(&world).1.len(), status(&world)), expected, "{slip:?} {before}");
        }
    }
}

#[tokio::test]
async fn an_absent_attacker_guesses_and_plants_nothing() {
    for line in ["guess", "plant"] {
        let mut world = World::new(OPAQUE).await.expect("a world");
        let acted = world.act(line.parse().expect("an action")).await;
        assert!(acted.is_err(), "{line}");
        assert!(world.thief().is_none() && world.timeline().is_empty(), "{line}");
    }
}

#[tokio::test]
async fn a_stolen_row_opens_a_session_found_by_its_cookie_alone() {
    for carrier in [Carrier::Pair, Carrier::Opaque, Carrier::Token] {
        let setting = Setting { carrier, ..Setting::DEFAULT };
        for slip in [Slip::Nothing, Slip::ReadByScripts, Slip::NotSecure, Slip::KeepsId] {
            for ask in ["call", "refresh"] {
                let line = format!("tab1 call; copy-rows; thief {ask}");
                let mut world = done(setting, slip, &line).await;
                let is_in = status(&world) == 200;
                let plain = slip == Slip::KeepsId;
                if ask == "call" {
                    assert_eq!(is_in, plain, "{slip:?} {carrier:?}");
                } else {
                    assert!(plain || !is_in, "{slip:?} {carrier:?}");
                }
                world.act("tab1 call".parse().expect("an action")).await.expect("it is done");
                assert_eq!(status(&world), 200, "the owner stays: {slip:?} {carrier:?} {ask}");
            }
        }
    }
}

#[tokio::test]
async fn service_b_is_sent_all_cookies_where_nothing_takes_them_away() {
    for (place, tokens, refreshed) in [("service-b", 1, None), ("bare-b", 2, Some(200))] {
        let mut world =
            done(Setting::DEFAULT, Slip::Nothing, &format!("tab1 call at {place}")).await;
        let sent = world.messages().last().map(|message| message.cookies.len());
        assert_eq!((sent, status(&world)), (Some(tokens), 200), "{place}");
        let acted = world.act("thief refresh".parse().expect("an action")).await;
        assert_eq!(acted.ok().map(|()| status(&world)), refreshed, "{place}");
    }
}
