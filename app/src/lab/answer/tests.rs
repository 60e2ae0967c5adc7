use std::time::Duration;

use axum::body::{Body, to_bytes};
use coatroom::{
    Accounts, AuthConfig, ServerSecret, Timestamp, clock::TestClock, store::memory::MemoryStore,
};
use coatroom_lab::{scenario, worlds::Limits};

use super::*;

/// The words for a value that its field cannot have.
const NO_CHOICE: &str = "there is no such choice on this page";

/// A lab in which no drawing is due once the drawings that may follow each other at once are used up.
async fn lab() -> (Arc<TestClock>, Lab, Arc<Hosted>) {
    let limits = Limits { drawn_every: Duration::from_secs(86_400), ..Limits::DEFAULT };
    let clock = Arc::new(TestClock::new(Timestamp::from_millis(0)));
    let worlds = Arc::new(Worlds::new(clock.clone(), limits));
    let hosted = worlds.begin(Setting::DEFAULT, "").await.expect("room");
    let secret = ServerSecret::new(ServerSecret::generate()).expect("a secret");
    let config = AuthConfig::new("https://house.example", secret);
    let accounts = Accounts::new(config, Arc::new(MemoryStore::new())).await.expect("an engine");
    (clock, Lab { worlds, auth: accounts.auth().clone() }, hosted)
}

/// Posts a form as a script does. Returns the status, and what the script is to put into the page.
async fn posted(lab: &Lab, id: &str, form: &str) -> (u16, String) {
    let request =
        Request::post("/").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = Body::from(format!("{form}&live=1"));
    let mut request = request.body(body).expect("a request");
    let LabAnswer::Whole(response) = post(lab, Target::World(id), &mut request).await else {
        panic!("a script gets no document");
    };
    read(*response).await
}

async fn read(response: Response) -> (u16, String) {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a body");
    (parts.status.as_u16(), String::from_utf8(bytes.to_vec()).expect("text"))
}

/// Returns the text of a live region of a fragment; nothing if the fragment has no such region.
fn told(html: &str, id: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("<p id=\"{id}\""))?;
    let (_, text) = rest.split_once('>')?;
    Some(text.split_once("</p>")?.0.replace("<!>", ""))
}

#[tokio::test]
async fn a_press_announces_its_outcome_and_a_document_nothing() {
    let (_, lab, hosted) = lab().await;
    let id = hosted.id().to_string();
    for (form, news) in [
        ("do=tab1+call", "1 · tab1 call: 200 · writes acknowledge"),
        ("do=steal", "The thief copies the jar"),
        ("show=xray", "The thief copies the jar"),
        ("forge=raise-role", "Refused by signature"),
        ("pace=run", "The clock runs"),
        ("lesson=anew", "The world begins anew"),
    ] {
        let (status, html) = posted(&lab, &id, form).await;
        assert_eq!((status, told(&html, "news").as_deref()), (200, Some(news)), "{form}");
        assert_eq!(told(&html, "said"), None, "what was refused before stays");
    }
    let drawn = get(&lab, Target::World(&id), None, &Progress::default()).await;
    let LabAnswer::Page(page) = drawn else { panic!("a document") };
    for region in ["news", "said"] {
        assert_eq!(told(&page.html, region).as_deref(), Some(""), "{region}");
    }
    // A script is told here for how long a drawing may have to be waited for.
    assert!(page.html.contains("data-due-in=\"86400050\""), "{}", page.html);
}

#[tokio::test]
async fn a_lesson_tells_each_step_compares_and_notes_its_end() {
    let (clock, lab, _) = lab().await;
    let scenario = scenario::find("three-questions").expect("a scenario");
    let hosted = with_lesson(&lab.worlds, Lesson::new(scenario, ""), "").await.expect("room");
    let id = hosted.id().to_string();
    let stages = scenario.branches[0].stages;
    let mut last = 0;
    // The right guess, a wrong one, and none.
    for (stage, (guess, came)) in stages.iter().zip([
        ("&guess=1", "As you predicted. "),
        ("&guess=1", "It came otherwise. "),
        ("", ""),
    ]) {
        let step = async || hosted.lesson().await.expect("a lesson").step();
        let mut html = String::new();
        for (number, deed) in stage.deeds.iter().enumerate() {
            let form = format!("lesson=next&step={}{guess}", step().await);
            (_, html) = posted(&lab, &id, &form).await;
            clock.advance(Duration::from_secs(1));
            if let Some(next) = stage.deeds.get(number + 1) {
                let news = format!("Done: {}. Next: {}.", deed.says, next.says);
                assert_eq!(told(&html, "news"), Some(news));
            }
        }
        let news = told(&html, "news").expect("told");
        assert_eq!(
            news,
            format!("{came}{}", stage.look.at),
            "the sentence, not the machine's line"
        );
        assert!(html.contains("id=\"panel-stage\"") && !html.contains("id=\"panel-house\""));
        let (_, html) = posted(&lab, &id, &format!("lesson=next&step={}", step().await)).await;
        let next = stages.iter().find(|next| told(&html, "news").as_deref() == Some(next.say));
        let is_last = hosted.lesson().await.is_some_and(|lesson| !lesson.is_under_way());
        assert_eq!(next.is_none(), is_last, "{html:.300}");
        clock.advance(Duration::from_secs(1));
        last = step().await - 1;
    }
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("lesson=next&step={last}")));
    let mut request = request.expect("a request");
    let LabAnswer::Whole(response) = post(&lab, Target::World(&id), &mut request).await else {
        panic!("a redirect")
    };
    let noted = response.headers().get("set-cookie").expect("a cookie");
    assert!(noted.to_str().expect("text").starts_with("lesson-three-questions=1; Path=/learn; "));
}

#[tokio::test]
async fn a_tab_is_shown_until_the_lesson_goes_on() {
    let (_, lab, _) = lab().await;
    let scenario = scenario::find("five-tabs").expect("a scenario");
    let hosted = with_lesson(&lab.worlds, Lesson::new(scenario, ""), "").await.expect("room");
    let id = hosted.id().to_string();
    let tab = |html: &str| {
        let (_, rest) = html.split_once("data-tab=\"").expect("a stage");
        rest.split('"').next().expect("a tab").to_owned()
    };
    for (form, shown) in [
        ("see=cost", "cost"),
        // A page remembers its tab, and another visitor's poll is answered by it.
        ("panel=cost", "cost"),
        ("panel=cost&see=lineage", "lineage"),
        ("panel=cost&see=none", "jar"),
        ("panel=cost&lesson=next&step=0", "jar"),
    ] {
        let (_, html) = posted(&lab, &id, form).await;
        assert_eq!(tab(&html), shown, "{form}");
    }
    let (_, html) = posted(&lab, &id, "panel=all").await;
    assert!(html.contains("id=\"panel-house\"") && !html.contains("id=\"panel-stage\""));
}

#[tokio::test]
async fn a_choice_that_there_is_not_changes_nothing() {
    let (_, lab, _) = lab().await;
    let scenario = scenario::find("five-tabs").expect("a scenario");
    let hosted = with_lesson(&lab.worlds, Lesson::new(scenario, ""), "").await.expect("room");
    let id = hosted.id().to_string();
    let before = hosted.version();
    for form in
        ["lesson=last", "lesson=99", "pace=fast", "show=all", "forge=gold", "since=soon&do=steal"]
    {
        let (status, html) = posted(&lab, &id, form).await;
        let said = told(&html, "said");
        assert_eq!((status, said.as_deref()), (422, Some(NO_CHOICE)), "{form}");
        assert_eq!(hosted.version(), before, "{form}");
    }
    assert_eq!(hosted.lesson().await.map(|lesson| lesson.step()), Some(0));
    let worlds = lab.worlds.count();
    for form in ["trial=luck", "scenario=none", "scenario=five-tabs&branch=none"] {
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form));
        let mut request = request.expect("a request");
        let LabAnswer::Page(page) = post(&lab, Target::Worlds, &mut request).await else {
            panic!("{form} begins a world")
        };
        assert_eq!((page.status, lab.worlds.count()), (422, worlds), "{form}");
    }
}

#[tokio::test]
async fn a_refusal_beyond_the_drawing_limit_is_told_alone() {
    let (_, lab, hosted) = lab().await;
    let id = hosted.id().to_string();
    let at_once = Limits::DEFAULT.drawings_at_once;
    for round in 0..at_once + 2 {
        let (status, html) = posted(&lab, &id, "do=deliver+9").await;
        let said = told(&html, "said");
        assert_eq!((status, said.as_deref()), (422, Some("message 9 is not under way")));
        assert_eq!(html.contains("id=\"version\""), round < at_once, "in round {round}");
    }
    assert_eq!(posted(&lab, &id, "do=steal").await, (204, String::new()));
}

#[tokio::test]
async fn a_full_world_says_that_its_clock_stopped() {
    let (clock, lab, hosted) = lab().await;
    let id = hosted.id().to_string();
    while hosted.act(vec!["steal".parse().expect("an action")]).await.is_ok() {
        clock.advance(Duration::from_millis(50));
    }
    posted(&lab, &id, "pace=run").await;
    let version = hosted.version();
    clock.advance(Duration::from_secs(1));
    let (_, html) = posted(&lab, &id, &format!("since={version}")).await;
    let said = told(&html, "said").expect("told");
    assert!(said.starts_with("this world is full"), "{said}");
    assert!(html.contains("Let the clock run"));
}

#[tokio::test]
async fn a_look_at_what_did_not_change_draws_nothing() {
    let (_, lab, hosted) = lab().await;
    let id = hosted.id().to_string();
    let version = hosted.version();
    assert_eq!(posted(&lab, &id, &format!("since={version}")).await.0, 204);
    hosted.act(vec!["steal".parse().expect("an action")]).await.expect("it is done");
    let (status, html) = posted(&lab, &id, &format!("since={version}")).await;
    assert_eq!(status, 200);
    assert!(html.contains(&format!("data-panel=\"{}\"", hosted.version())), "{html:.200}");
}

#[tokio::test]
async fn a_world_that_is_gone_leaves_the_way_to_another() {
    let (_, lab, _) = lab().await;
    let (status, html) = posted(&lab, "AAAAAAAAAAAAAAAAAAAAAA", "since=0").await;
    assert_eq!(status, 404);
    for part in ["id=\"world\"", "There is no such world", "action=\"/lab/worlds\""] {
        assert!(html.contains(part), "{html}");
    }
    assert!(!html.contains("id=\"version\""), "nothing is looked at any more");
}

#[tokio::test]
async fn the_xray_page_says_the_store_is_down_and_keeps_the_paste() {
    let down = Err(StoreError::Unavailable("down".into()));
    let why = "The store does not answer just now";
    let LabAnswer::Page(page) = xrayed("pasted.by.me", &down, By::Browser) else {
        panic!("a page is for people");
    };
    assert_eq!(page.status, 503);
    assert!(told(&page.html, "said").is_some_and(|said| said.starts_with(why)), "{}", page.html);
    assert!(page.html.contains("pasted.by.me</textarea>"), "{}", page.html);
    let LabAnswer::Whole(response) = xrayed("pasted.by.me", &down, By::Script) else {
        panic!("a script has the page");
    };
    let (status, html) = read(*response).await;
    assert_eq!(status, 503);
    assert!(told(&html, "said").is_some_and(|said| said.starts_with(why)), "{html}");
    assert!(html.contains("id=\"panel-seen\"") && !html.contains("pasted.by.me"), "{html}");
}

#[tokio::test]
async fn a_too_long_form_is_told_its_length_in_a_page_scripts_read() {
    let (_, lab, hosted) = lab().await;
    let id = hosted.id().to_string();
    let text = format!("token={}", "x".repeat(300 * 1024));
    for (target, panel) in [
        (Target::XRay, Some("id=\"panel-seen\"")),
        (Target::Worlds, None),
        (Target::World(&id), None),
    ] {
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONTENT_LENGTH, text.len());
        let mut request = request.body(Body::from(text.clone())).expect("a request");
        let LabAnswer::Page(page) = post(&lab, target, &mut request).await else {
            panic!("a page")
        };
        assert_eq!(page.status, 413);
        let said = "That is too long: 301 KiB, where a form of the lab has 256 KiB at most.";
        assert_eq!(told(&page.html, "said").as_deref(), Some(said), "{}", page.html);
        assert!(page.html.contains(panel.unwrap_or("go back, and it is there")), "{}", page.html);
    }
}
