use std::sync::Arc;

use coatroom::{clock::SystemClock, config::Verification};
use coatroom_lab::{
    action::{Action, InvalidAction},
    setting::Setting,
    worlds::{Fold, Limits, Worlds},
};

use crate::lab::{choice::Choice, world_page::fragment};

const STRICT: Setting = Setting { verification: Verification::Strict, ..Setting::DEFAULT };
const STATELESS: Setting = Setting { verification: Verification::Stateless, ..Setting::DEFAULT };

/// Returns a panel of a world in which that was done.
async fn panel(id: &str, setting: Setting, script: &str) -> String {
    let limits = Limits { rate: 1_000, ..Limits::DEFAULT };
    let worlds = Worlds::new(Arc::new(SystemClock), limits);
    let hosted = worlds.begin(setting, "").await.expect("room");
    let actions: Result<Vec<Action>, InvalidAction> =
        script.split("; ").filter(|line| !line.is_empty()).map(str::parse).collect();
    hosted.act(actions.expect("actions")).await.expect("it is done");
    hosted.unfold(Fold::XRay);
    let world = hosted.enter().await.expect("here");
    let html = fragment(&hosted, &world, &Choice::of_query(None), None).await;
    let (_, panel) = html.split_once(&format!(r#"id="{id}""#)).expect("a panel");
    panel.split(r#"class="panel""#).nth(1).expect("its content").to_owned()
}

/// Returns the words of a panel, without its markup, and one space for each stretch of spaces.
fn words(html: &str) -> String {
    let texts = html.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text));
    texts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn has(panel: &str, said: &[&str], unsaid: &[&str]) {
    let words = words(panel);
    for each in said {
        assert!(words.contains(each), "{each:?} in {words}");
    }
    for each in unsaid {
        assert!(!words.contains(each), "{each:?} in {words}");
    }
}

#[tokio::test]
async fn while_the_store_is_down_a_held_token_is_shown_as_not_known() {
    let now = panel("panel-now", STRICT, "database down").await;
    assert!(now.contains(r#"data-state="unknown""#), "{now}");
    has(&now, &["Not known: the store does not answer"], &["None", "No access token", "nobody"]);
    let xray = panel("panel-xray", STRICT, "database down").await;
    has(&xray, &["Not known: the store does not answer"], &["There is no token"]);

    let now = panel("panel-now", STRICT, "tab1 sign-out; database down").await;
    has(&now, &["No access token", "nobody"], &["Not known", "None access token"]);
    let xray = panel("panel-xray", STRICT, "tab1 sign-out; database down").await;
    has(&xray, &["There is no token in the jar"], &["Not known"]);
}

#[tokio::test]
async fn an_xray_calls_good_only_what_was_looked_at() {
    let all = panel("panel-xray", Setting::DEFAULT, "").await;
    has(&all, &["Every check passes: this token is good."], &[]);
    let some = panel("panel-xray", STATELESS, "steal; tab1 sign-out").await;
    has(&some, &["There is no token"], &[]);
    let some = panel("panel-xray", STATELESS, "role admin").await;
    has(&some, &["Every check that this node makes passes."], &["this token is good"]);
}

#[tokio::test]
async fn the_session_that_is_yours_is_the_one_of_your_jar() {
    let script = "tab1 call; steal; thief sign-in; thief call";
    let now = panel("panel-now", Setting::DEFAULT, script).await;
    has(&now, &["over: replaced by another sign-in"], &["lives"]);
    let lineage = panel("panel-lineage", Setting::DEFAULT, script).await;
    has(&lineage, &["lives", "over: replaced"], &["It may be exchanged", "The spacing"]);
    // The cookies of this session are gone, and it is the one that was there last.
    let script = "tab1 call; steal; tab1 sign-out; thief sign-in";
    let now = panel("panel-now", Setting::DEFAULT, script).await;
    has(&now, &["over: signed out", "none in the jar"], &["lives"]);
}

#[tokio::test]
async fn a_lineage_says_how_often_and_for_how_long() {
    let script = "tab1 call; steal; wait 61s; tab1 refresh; thief refresh; tab1 call; wait 2s";
    let lineage = panel("panel-lineage", Setting::DEFAULT, script).await;
    has(
        &lineage,
        &[
            "given again once",
            "The grace (G), for the one before it",
            "The spacing (D), until it may be exchanged",
            "The ticket before it still opens for 3 s: the grace, counted from when its successor was first seen.",
        ],
        &["1 times"],
    );
    let script = "tab1 call; wait 61s; tab1 sends refresh; tab2 sends refresh; tab3 sends refresh; \
                  deliver 2; deliver 3; deliver 4";
    let lineage = panel("panel-lineage", Setting::DEFAULT, script).await;
    has(&lineage, &["given again 2 times"], &[]);
}

/// Returns what the stopwatch says, from behind its first word on.
async fn stopwatch(setting: Setting, script: &str) -> String {
    let cost = words(&panel("panel-cost", setting, script).await);
    cost.split_once("topwatch").expect("it is said something of").1.to_owned()
}

#[tokio::test]
async fn the_stopwatch_is_of_the_sessions_that_were_ended() {
    let watch = stopwatch(
        Setting::DEFAULT,
        "tab1 call; steal; tab1 sign-out-everywhere; tab1 sign-in; tab1 call; wait 2s; thief call",
    )
    .await;
    assert!(watch.contains("from message 2 : sign out everywhere"), "{watch}");
    assert!(watch.contains("Thief Node A after 2 s 0"), "{watch}");
    assert!(!watch.contains("Tab 1"), "a new session is another matter: {watch}");

    let watch = stopwatch(
        STATELESS,
        "tab1 call; steal; tab1 sign-out; thief call; thief reload; wait 61s; thief reload",
    )
    .await;
    assert!(
        watch.contains("Thief Node A after 1:01 2"),
        "to be sent to sign in is a refusal: {watch}"
    );
}

#[tokio::test]
async fn a_sign_in_starts_no_stopwatch_and_stops_none() {
    let watch = stopwatch(Setting::DEFAULT, "tab1 call; tab1 sign-in; tab1 call").await;
    assert!(watch.contains("starts when"), "{watch}");
    let script = "tab1 call; steal; tab1 sign-out; tab1 sign-in; tab1 sign-in; wait 5s; thief call";
    let watch = stopwatch(Setting::DEFAULT, script).await;
    assert!(watch.contains("from message 2 : sign out"), "{watch}");
    assert!(watch.contains("Thief Node A after 5 s 0"), "{watch}");
    let script =
        "tab1 call; steal; wait 61s; tab1 refresh; tab1 call; wait 6s; thief refresh; tab1 call";
    let watch = stopwatch(Setting::DEFAULT, script).await;
    assert!(watch.contains("from message 4 : refresh"), "a spent token starts it: {watch}");
    assert!(watch.contains("Tab 1 Node A at once 0"), "{watch}");
}

#[tokio::test]
async fn a_row_of_a_session_that_began_says_that_there_was_none() {
    let entries = panel("panel-entries", Setting::DEFAULT, "tab1 sign-in").await;
    let tables: Vec<&str> = entries.split("<table").skip(1).collect();
    assert_eq!(tables.len(), 2, "the one it replaced, and the new one");
    has(tables[0], &["revoked_reason null replaced"], &["no row"]);
    has(tables[1], &["generation no row 0", "revoked_reason null"], &["replaced"]);
}
