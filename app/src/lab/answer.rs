//! What the lab answers: pages, panels, traces to take along, and refusals.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use coatroom::lab::{
    diagram, export,
    forge::Forgery,
    lesson::Lesson,
    scenario::{self, Scenario},
    setting::Setting,
    trace::Trace,
    world::ActError,
    worlds::{Fold, Hosted, Pace, Refused, WorldId, Worlds},
    xray::xray,
};
use coatroom::web::AuthSession;

use super::{
    form::Form,
    page::LabPage,
    pages,
    world_page::{self, Choice, Said},
};

/// What becomes of a request.
pub(super) enum Answer {
    /// A page, which the application renders.
    Page(Box<LabPage>),
    /// An answer that is whole already.
    Whole(Box<Response>),
    /// Nothing of the lab: whoever comes next says so.
    Nothing,
}

fn whole(response: impl IntoResponse) -> Answer {
    Answer::Whole(Box::new(response.into_response()))
}

fn page(page: LabPage) -> Answer {
    Answer::Page(Box::new(page))
}

/// A refusal as a page.
fn refused(refused: &Refused) -> Answer {
    page(LabPage { status: status(refused), ..pages::refused(&refused.to_string()) })
}

fn status(refused: &Refused) -> u16 {
    match refused {
        Refused::Gone => 404,
        Refused::Full => 503,
        Refused::TooFast | Refused::TooManyMade => 429,
        _ => 422,
    }
}

/// A page, or a trace to take along.
pub(super) async fn get(worlds: &Worlds, parts: &[&str], query: Option<&str>) -> Answer {
    match parts {
        [] => page(pages::index()),
        ["tour"] => page(pages::tour()),
        ["x-ray"] => page(pages::xray(None)),
        ["world", id] => match find(worlds, id) {
            Ok(hosted) => world(&hosted, &Choice::of_query(query), None).await,
            Err(gone) => refused(&gone),
        },
        ["world", id, file] => match find(worlds, id) {
            Ok(hosted) => trace(&hosted, file).await,
            Err(gone) => refused(&gone),
        },
        [slug] => match scenario::find(slug) {
            Some(scenario) => page(pages::scenario(scenario).await),
            None => Answer::Nothing,
        },
        _ => Answer::Nothing,
    }
}

/// A world that is to begin, something to do in one, or a token to look at.
pub(super) async fn post(worlds: &Worlds, parts: &[&str], request: &mut Request) -> Answer {
    let form = match Form::read(request).await {
        Ok(form) => form,
        Err(status) => {
            let why = match status {
                StatusCode::PAYLOAD_TOO_LARGE => "that is longer than any form of the lab",
                _ => "that is no form of the lab",
            };
            return page(LabPage { status: status.as_u16(), ..pages::refused(why) });
        }
    };
    match parts {
        ["worlds"] => begin(worlds, &form).await,
        ["world", id] => match find(worlds, id) {
            Ok(hosted) => act(worlds, &hosted, &form).await,
            Err(gone) if form.get("live").is_some() => fragment(&gone, String::new()),
            Err(gone) => refused(&gone),
        },
        ["x-ray"] => {
            let session = request.extensions().get::<AuthSession>().cloned();
            let token = form.get("token").unwrap_or_default();
            match session {
                Some(session) => look_at(&session, token).await,
                None => whole(StatusCode::NOT_FOUND),
            }
        }
        _ => whole(StatusCode::NOT_FOUND),
    }
}

/// Lets the server's own verifier look at a token.
async fn look_at(session: &AuthSession, token: &str) -> Answer {
    match xray(session.auth(), token).await {
        Ok(seen) => page(pages::xray(Some(seen))),
        // Where every check reads the session's row, and the store does not answer.
        Err(_) => whole(StatusCode::SERVICE_UNAVAILABLE),
    }
}

fn find(worlds: &Worlds, id: &str) -> Result<Arc<Hosted>, Refused> {
    worlds.find(WorldId::parse(id).ok_or(Refused::Gone)?)
}

/// Begins a world: an empty one, one for a scenario, or one in which a trace has happened.
async fn begin(worlds: &Worlds, form: &Form) -> Answer {
    let begun = match (form.get("scenario").and_then(scenario::find), form.get("trace")) {
        (Some(scenario), _) => with_lesson(worlds, scenario, form.get("branch")).await,
        (None, Some(text)) => match Trace::parse(text) {
            Ok(trace) => worlds.play(&trace).await,
            Err(error) => {
                let error = error.to_string();
                return page(LabPage { status: 422, ..pages::refused(&error) });
            }
        },
        (None, None) => worlds.begin(Setting::DEFAULT).await,
    };
    match begun {
        Ok(hosted) => whole(Redirect::to(&format!("/lab/world/{}", hosted.id()))),
        Err(error) => refused(&error),
    }
}

async fn with_lesson(
    worlds: &Worlds,
    scenario: &'static Scenario,
    branch: Option<&str>,
) -> Result<Arc<Hosted>, Refused> {
    let lesson = Lesson::new(scenario, branch.unwrap_or_default());
    let hosted = worlds.begin(lesson.setting()).await?;
    hosted.teach(lesson).await;
    Ok(hosted)
}

/// Does what a form asks for, and shows what came of it: the panels for a script, a redirect for a form.
async fn act(worlds: &Worlds, hosted: &Arc<Hosted>, form: &Form) -> Answer {
    let live = form.get("live").is_some();
    let choice = Choice::of_form(form);
    if let Some(seen) = form.get("since") {
        let changed = hosted.changed_since(seen.parse().unwrap_or(u64::MAX)).await;
        if !changed || hosted.admit_drawing().is_err() {
            return whole(StatusCode::NO_CONTENT);
        }
        return panels(hosted, &choice, None).await;
    }
    let done = carry_out(worlds, hosted, form).await;
    let (said, code) = match &done {
        Ok(()) => (None, 200),
        Err(error) => (Some(Said::Refused(error.to_string())), status(error)),
    };
    match (live, said) {
        // Where clicks come faster than the eye sees, the script looks a moment later.
        (true, None) if hosted.admit_drawing().is_err() => whole(StatusCode::NO_CONTENT),
        (true, None) => panels(hosted, &choice, None).await,
        (true, Some(said)) => {
            let html = match hosted.enter().await {
                Ok(world) => world_page::fragment(hosted, &world, &choice, Some(said)).await,
                Err(error) => error.to_string(),
            };
            done.err().map_or(Answer::Nothing, |error| fragment(&error, html))
        }
        (false, None) => {
            let to = format!("/lab/world/{}{}", hosted.id(), choice.query());
            whole(Redirect::to(&to))
        }
        (false, Some(said)) => match world(hosted, &choice, Some(said)).await {
            Answer::Page(page) => Answer::Page(Box::new(LabPage { status: code, ..*page })),
            other => other,
        },
    }
}

async fn carry_out(worlds: &Worlds, hosted: &Arc<Hosted>, form: &Form) -> Result<(), Refused> {
    match form.get("lesson") {
        Some("next") => return hosted.next_stage().await,
        Some("anew") => return worlds.begin_anew(hosted).await,
        Some("check") => return hosted.check_quiz().await,
        Some(answer) => {
            hosted.answer_quiz(answer.parse().unwrap_or(usize::MAX)).await;
            return Ok(());
        }
        None => {}
    }
    match form.get("pace") {
        Some("run") => return hosted.set_pace(Pace::Running).await,
        Some(_) => return hosted.set_pace(Pace::Stopped).await,
        None => {}
    }
    // What is wanted, not a turn of what is there: two who press at once want the same.
    if let Some(fold) = form.get("show").and_then(Fold::parse) {
        hosted.unfold(fold);
        return Ok(());
    }
    if let Some(fold) = form.get("hide").and_then(Fold::parse) {
        hosted.fold(fold);
        return Ok(());
    }
    if let Some(slug) = form.get("forge") {
        hosted.set_forgery(Forgery::parse(slug));
        return Ok(());
    }
    hosted.act(form.actions().map_err(ActError::Invalid)?).await
}

/// The page of a world.
async fn world(hosted: &Arc<Hosted>, choice: &Choice, said: Option<Said>) -> Answer {
    match hosted.enter().await {
        Ok(world) => page(world_page::page(hosted, &world, choice, said).await),
        Err(error) => refused(&error),
    }
}

/// The panels of a world, for a script that puts them into the page.
async fn panels(hosted: &Arc<Hosted>, choice: &Choice, said: Option<Said>) -> Answer {
    match hosted.enter().await {
        Ok(world) => {
            let html = world_page::fragment(hosted, &world, choice, said).await;
            whole(axum::response::Html(html))
        }
        Err(error) => fragment(&error, String::new()),
    }
}

/// A refusal for a script.
fn fragment(error: &Refused, html: String) -> Answer {
    let html = if html.is_empty() { world_page::said_alone(&error.to_string()) } else { html };
    let status = StatusCode::from_u16(status(error)).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    whole((status, axum::response::Html(html)))
}

/// A world's trace in one of its forms.
async fn trace(hosted: &Arc<Hosted>, file: &str) -> Answer {
    let world = match hosted.enter().await {
        Ok(world) => world,
        Err(error) => return refused(&error),
    };
    let (kind, text) = match file {
        "trace.json" => ("application/json", world.trace().to_json()),
        "trace.mmd" => ("text/plain; charset=utf-8", export::mermaid(&world)),
        "trace.txt" => ("text/plain; charset=utf-8", export::report(&world)),
        "trace.svg" => ("image/svg+xml", diagram::standalone(&world)),
        _ => return Answer::Nothing,
    };
    let disposition = format!("attachment; filename=\"coatroom-{file}\"");
    let disposition =
        HeaderValue::try_from(disposition).unwrap_or(HeaderValue::from_static("attachment"));
    whole((
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        text,
    ))
}
