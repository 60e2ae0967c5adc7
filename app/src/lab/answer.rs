//! The lab's answers: pages, panels, traces to take along, and refusals.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use coatroom::{store::StoreError, web::network_of};
use coatroom_lab::{
    diagram, export,
    forge::Forgery,
    lesson::Lesson,
    scenario::{self, Scenario},
    setting::Setting,
    trace::Trace,
    trial::Trial,
    worlds::{Fold, Hosted, Pace, Refused, WorldId, Worlds},
    xray::{XRay, xray},
};

use super::{
    Lab,
    form::{self, Form},
    front,
    page::LabPage,
    pages, rule_page,
    world_page::{self, Choice},
    xray_page,
};

/// The outcome of a request.
pub(super) enum Answer {
    /// A page, which the application renders.
    Page(Box<LabPage>),
    /// An answer that is whole already.
    Whole(Box<Response>),
    /// Nothing of the lab: the next service says so.
    Nothing,
}

fn whole(response: impl IntoResponse) -> Answer {
    Answer::Whole(Box::new(response.into_response()))
}

fn page(page: LabPage) -> Answer {
    Answer::Page(Box::new(page))
}

/// Draws a refusal as a page.
fn refused(refused: &Refused) -> Answer {
    not_done(status(refused), &refused.to_string())
}

fn not_done(status: StatusCode, why: &str) -> Answer {
    page(LabPage { status: status.as_u16(), ..pages::refused(why) })
}

fn status(refused: &Refused) -> StatusCode {
    match refused {
        Refused::Gone => StatusCode::NOT_FOUND,
        Refused::Full => StatusCode::SERVICE_UNAVAILABLE,
        Refused::TooFast | Refused::TooManyMade | Refused::Share(_) => {
            StatusCode::TOO_MANY_REQUESTS
        }
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Returns the methods of what is at that address of the lab, as `Allow` has them; `None` if there is nothing.
pub(super) fn allowed(parts: &[&str]) -> Option<&'static str> {
    match parts {
        [] | ["tour" | "rule"] | ["world", _, _] => Some("GET,HEAD"),
        ["worlds"] => Some("POST"),
        ["x-ray"] | ["world", _] => Some("GET,HEAD,POST"),
        [slug] => scenario::find(slug).map(|_| "GET,HEAD"),
        _ => None,
    }
}

/// Answers with a page, or with a trace to take along.
pub(super) async fn get(lab: &Lab, parts: &[&str], query: Option<&str>) -> Answer {
    let worlds = &lab.worlds;
    match parts {
        [] => page(pages::index()),
        ["tour"] => page(pages::tour()),
        ["rule"] => page(rule_page::page()),
        ["x-ray"] => {
            let example = xray_page::example(query);
            let seen = xray(&lab.auth, example).await;
            xrayed(example, &seen, By::Browser)
        }
        ["world", id] => match find(worlds, id) {
            Ok(hosted) => world(&hosted, &Choice::of_query(query), None).await,
            Err(gone) => refused(&gone),
        },
        ["world", id, file] => match find(worlds, id) {
            Ok(hosted) => trace(&hosted, file).await,
            Err(gone) => refused(&gone),
        },
        [slug] => match pages::scenario(slug).await {
            Some(Ok(drawn)) => page(drawn),
            Some(Err(error)) => {
                tracing::error!(%error, "a scenario does not run");
                let why = "this scenario does not run just now; try again in a moment";
                not_done(StatusCode::SERVICE_UNAVAILABLE, why)
            }
            None => Answer::Nothing,
        },
        _ => Answer::Nothing,
    }
}

/// Carries out a form: begins a world, does something in one, or looks at a token.
pub(super) async fn post(lab: &Lab, parts: &[&str], request: &mut Request) -> Answer {
    let worlds = &lab.worlds;
    let network = network_of(request);
    let length = form::length(request);
    let form = match Form::read(request).await {
        Ok(form) => form,
        Err(StatusCode::PAYLOAD_TOO_LARGE) => return too_long(parts, length),
        Err(status) => return not_done(status, "that is no form of the lab"),
    };
    match parts {
        ["worlds"] => begin(worlds, &form, &network).await,
        ["world", id] => match find(worlds, id) {
            Ok(hosted) => act(worlds, &hosted, &form).await,
            Err(gone) if form.get("live").is_some() => {
                live(status(&gone), pages::gone(&gone.to_string()))
            }
            Err(gone) => refused(&gone),
        },
        ["x-ray"] => {
            let token = form.get("token").unwrap_or_default();
            let by = if form.get("live").is_some() { By::Script } else { By::Browser };
            xrayed(token, &xray(&lab.auth, token).await, by)
        }
        _ => whole(StatusCode::NOT_FOUND),
    }
}

/// The sender of a form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// The browser itself, which shows the answer as a page.
    Browser,
    /// The script of the page, which puts the answer into it.
    Script,
}

/// Shows what the server's own verifier saw of a token, or why it could not look. The pasted text stays in its field.
fn xrayed(pasted: &str, seen: &Result<XRay, StoreError>, by: By) -> Answer {
    let (status, seen) = match seen {
        Ok(seen) => (StatusCode::OK, Ok(seen)),
        // The store was asked because the checks read the session's row.
        Err(error) => {
            tracing::error!(%error, "a pasted token could not be checked");
            let why = "the store does not answer just now, and without the session's row nothing can be said of a token; try again in a moment";
            (StatusCode::SERVICE_UNAVAILABLE, Err(why))
        }
    };
    match by {
        By::Script => live(status, xray_page::fragment(seen)),
        By::Browser => page(LabPage { status: status.as_u16(), ..xray_page::page(pasted, seen) }),
    }
}

/// Answers a form that is too long. It was not read, so it is not known whether a script posted it: the page serves
/// both, because it has the panels that a script looks for.
fn too_long(parts: &[&str], length: Option<u64>) -> Answer {
    let most = form::MAX_FORM / 1024;
    let why = match length {
        Some(length) => format!(
            "that is too long: {} KiB, where a form of the lab has {most} KiB at most",
            length.div_ceil(1024)
        ),
        None => format!("that is too long: a form of the lab has {most} KiB at most"),
    };
    let drawn = match parts {
        ["x-ray"] => xray_page::page("", Err(&why)),
        _ => pages::too_long(&why),
    };
    page(LabPage { status: StatusCode::PAYLOAD_TOO_LARGE.as_u16(), ..drawn })
}

fn find(worlds: &Worlds, id: &str) -> Result<Arc<Hosted>, Refused> {
    worlds.find(WorldId::parse(id).ok_or(Refused::Gone)?)
}

/// Begins a world: an empty one, one for a scenario, or one in which a trace has happened.
async fn begin(worlds: &Worlds, form: &Form, network: &str) -> Answer {
    if let Some(trial) = form.get("trial").and_then(Trial::parse) {
        return tried(worlds, trial, network).await;
    }
    let pasted = form.get("trace");
    let not_played = |text, status: StatusCode, why: String| {
        page(pages::not_played(text, status.as_u16(), &why))
    };
    let begun = match (form.get("scenario").and_then(scenario::find), pasted) {
        (Some(scenario), _) => with_lesson(worlds, scenario, form.get("branch"), network).await,
        (None, Some(text)) => match Trace::parse(text) {
            Ok(trace) => worlds.play(&trace, network).await,
            Err(error) => {
                return not_played(text, StatusCode::UNPROCESSABLE_ENTITY, error.to_string());
            }
        },
        (None, None) => worlds.begin(Setting::DEFAULT, network).await,
    };
    match (begun, pasted) {
        (Ok(hosted), _) => whole(Redirect::to(&format!("/lab/world/{}", hosted.id()))),
        (Err(error), Some(text)) => not_played(text, status(&error), error.to_string()),
        (Err(error), None) => refused(&error),
    }
}

/// Tries something in a world of its own, and goes back to the page that it was tried on.
async fn tried(worlds: &Worlds, trial: Trial, network: &str) -> Answer {
    let played = match trial.trace() {
        Ok(trace) => worlds.play(&trace, network).await,
        Err(error) => Err(error.into()),
    };
    match played {
        Ok(hosted) => whole(Redirect::to(&front::address(trial, hosted.id()))),
        Err(error) => refused(&error),
    }
}

async fn with_lesson(
    worlds: &Worlds,
    scenario: &'static Scenario,
    branch: Option<&str>,
    network: &str,
) -> Result<Arc<Hosted>, Refused> {
    let lesson = Lesson::new(scenario, branch.unwrap_or_default());
    let hosted = worlds.begin(lesson.setting(), network).await?;
    hosted.teach(lesson).await;
    Ok(hosted)
}

/// Does what a form asks for, and shows what came of it: the panels for a script, a redirect for a form.
async fn act(worlds: &Worlds, hosted: &Arc<Hosted>, form: &Form) -> Answer {
    let choice = Choice::of_form(form);
    if let Some(seen) = form.get("since") {
        if hosted.changed_since(seen.parse().unwrap_or(u64::MAX)).await {
            return panels(hosted, &choice, None).await;
        }
        return whole(StatusCode::NO_CONTENT);
    }
    let done = carry_out(worlds, hosted, form).await;
    match (form.get("live"), done) {
        (Some(_), done) => panels(hosted, &choice, done.err().as_ref()).await,
        (None, Ok(())) => {
            whole(Redirect::to(&format!("/lab/world/{}{}", hosted.id(), choice.query())))
        }
        (None, Err(error)) => world(hosted, &choice, Some(&error)).await,
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
    // The form names the state that is wanted, and toggles nothing: two visitors who press at once want the same.
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
    hosted.act(form.actions()?).await
}

/// Draws the page of a world, with what was refused in it.
async fn world(hosted: &Arc<Hosted>, choice: &Choice, error: Option<&Refused>) -> Answer {
    match hosted.enter().await {
        Ok(world) => page(LabPage {
            status: error.map_or(StatusCode::OK, status).as_u16(),
            ..world_page::page(hosted, &world, choice, error).await
        }),
        Err(error) => refused(&error),
    }
}

/// Draws the panels of a world, for a script that puts them into the page. If forms come faster than the eye sees, the
/// script gets the refusal alone, if there is one, and polls a moment later.
async fn panels(hosted: &Arc<Hosted>, choice: &Choice, error: Option<&Refused>) -> Answer {
    let status = error.map_or(StatusCode::OK, status);
    if hosted.admit_drawing().is_err() {
        return match error {
            Some(error) => live(status, world_page::refusal(error)),
            None => whole(StatusCode::NO_CONTENT),
        };
    }
    match hosted.enter().await {
        Ok(world) => live(status, world_page::fragment(hosted, &world, choice, error).await),
        Err(error) => live(StatusCode::INTERNAL_SERVER_ERROR, world_page::refusal(&error)),
    }
}

/// Answers with what a script puts into the page.
fn live(status: StatusCode, html: String) -> Answer {
    whole((status, Html(html)))
}

/// Answers with a world's trace in one of its forms.
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

#[cfg(test)]
mod tests;
