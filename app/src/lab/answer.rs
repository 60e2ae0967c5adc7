//! The lab's answers: pages, panels, traces to take along, and refusals.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use coatroom::{store::StoreError, web::network_of};
use coatroom_lab::{
    architecture::Busy,
    diagram, export,
    lesson::Lesson,
    setting::Setting,
    trace::Trace,
    trial::Trial,
    worlds::{Hosted, Refused, WorldId, Worlds},
    xray::{XRay, xray},
};

use super::{
    Lab,
    choice::Choice,
    choose_page, compare_page,
    form::{self, By, Form},
    formats_page, front,
    learn_page::{self, Progress},
    page::LabPage,
    pages, rule_page, seeds_page,
    target::{File, Target},
    wish::{Beginning, Deed, Wish},
    world_page, xray_page,
};

/// The outcome of a request.
pub(super) enum LabAnswer {
    /// A page, which the application renders.
    Page(Box<LabPage>),
    /// An answer that is whole already.
    Whole(Box<Response>),
}

fn whole(response: impl IntoResponse) -> LabAnswer {
    LabAnswer::Whole(Box::new(response.into_response()))
}

fn page(page: LabPage) -> LabAnswer {
    LabAnswer::Page(Box::new(page))
}

/// Draws a refusal as a page.
fn refused(refused: &Refused) -> LabAnswer {
    not_done(status(refused), &refused.to_string())
}

fn not_done(status: StatusCode, why: &str) -> LabAnswer {
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

/// Answers with a page, or with a trace to take along.
pub(super) async fn get(
    lab: &Lab,
    target: Target<'_>,
    query: Option<&str>,
    progress: &Progress,
) -> LabAnswer {
    let worlds = &lab.worlds;
    match target {
        Target::Learn | Target::Tour => page(learn_page::index(progress)),
        Target::Part(part) => page(learn_page::part(part, progress)),
        Target::Lesson(scenario) => page(learn_page::lesson(scenario)),
        Target::Seeds => page(seeds_page::page()),
        Target::Interview => page(learn_page::interview()),
        Target::Index => page(pages::index(&form::in_query(query, "trace").unwrap_or_default())),
        Target::Rule => page(rule_page::page()),
        Target::Choose => page(choose_page::page(query)),
        Target::Formats => match formats_page::page().await {
            Ok(drawn) => page(drawn),
            Err(error) => {
                tracing::error!(%error, "measuring the forms of token failed");
                let why = "the forms cannot be measured just now; try again in a moment";
                not_done(StatusCode::SERVICE_UNAVAILABLE, why)
            }
        },
        Target::Compare => match compare_page::page(query).await {
            Ok(drawn) => page(drawn),
            Err(error) => not_compared(&error),
        },
        Target::XRay => {
            let example = formats_page::example(query).unwrap_or_else(|| xray_page::example(query));
            let seen = xray(&lab.auth, example).await;
            xrayed(example, &seen, By::Browser)
        }
        Target::World(id) => match find(worlds, id) {
            Ok(hosted) => world(&hosted, &Choice::of_query(query), None).await,
            Err(gone) => refused(&gone),
        },
        Target::Trace(id, file) => match find(worlds, id) {
            Ok(hosted) => trace(&hosted, file).await,
            Err(gone) => refused(&gone),
        },
        Target::Scenario(scenario) => match pages::scenario(scenario).await {
            Ok(drawn) => page(drawn),
            Err(error) => {
                tracing::error!(%error, "running a scenario of the lab failed");
                let why = "this scenario does not run just now; try again in a moment";
                not_done(StatusCode::SERVICE_UNAVAILABLE, why)
            }
        },
        Target::Worlds => not_taken(),
    }
}

/// Carries out a form: begins a world, does something in one, or looks at a token.
pub(super) async fn post(lab: &Lab, target: Target<'_>, request: &mut Request) -> LabAnswer {
    let worlds = &lab.worlds;
    let network = network_of(request);
    let length = form::length(request);
    let form = match Form::read(request).await {
        Ok(form) => form,
        Err(StatusCode::PAYLOAD_TOO_LARGE) => return too_long(target, length),
        Err(status) => return not_done(status, "that is no form of the lab"),
    };
    match target {
        Target::Learn => forget(&Progress::of(request.headers())),
        Target::Worlds => match Beginning::of(&form) {
            Ok(beginning) => begin(worlds, beginning, &network).await,
            Err(error) => refused(&error),
        },
        Target::World(id) => match (find(worlds, id), form.by()) {
            (Ok(hosted), _) => act(worlds, &hosted, &form).await,
            (Err(gone), By::Script) => live(status(&gone), pages::gone(&gone.to_string())),
            (Err(gone), By::Browser) => refused(&gone),
        },
        Target::XRay => {
            let token = form.get("token").unwrap_or_default();
            xrayed(token, &xray(&lab.auth, token).await, form.by())
        }
        _ => not_taken(),
    }
}

/// Says why nothing was measured. A visitor who comes while others are served is no fault of the server's.
fn not_compared(error: &Busy) -> LabAnswer {
    let why = if let Busy::Failed(error) = error {
        tracing::error!(%error, "comparing the architectures failed");
        "the architectures cannot be measured just now; try again in a moment".to_owned()
    } else {
        error.to_string()
    };
    not_done(StatusCode::SERVICE_UNAVAILABLE, &why)
}

/// Forgets the lessons that a visitor has been through.
fn forget(progress: &Progress) -> LabAnswer {
    let mut response = Redirect::to(learn_page::PATH).into_response();
    progress.forget(response.headers_mut());
    whole(response)
}

/// Refuses a method that the target does not have.
fn not_taken() -> LabAnswer {
    whole(StatusCode::METHOD_NOT_ALLOWED)
}

/// Shows what the server's own verifier saw of a token, or why it could not look. The pasted text stays in its field.
fn xrayed(pasted: &str, seen: &Result<XRay, StoreError>, by: By) -> LabAnswer {
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
fn too_long(target: Target<'_>, length: Option<u64>) -> LabAnswer {
    let most = form::MAX_FORM / 1024;
    let why = match length {
        Some(length) => format!(
            "that is too long: {} KiB, where a form of the lab has {most} KiB at most",
            length.div_ceil(1024)
        ),
        None => format!("that is too long: a form of the lab has {most} KiB at most"),
    };
    let drawn = match target {
        Target::XRay => xray_page::page("", Err(&why)),
        _ => pages::too_long(&why),
    };
    page(LabPage { status: StatusCode::PAYLOAD_TOO_LARGE.as_u16(), ..drawn })
}

fn find(worlds: &Worlds, id: &str) -> Result<Arc<Hosted>, Refused> {
    worlds.find(WorldId::parse(id).ok_or(Refused::Gone)?)
}

/// Begins a world, and goes to where it is shown.
async fn begin(worlds: &Worlds, beginning: Beginning<'_>, network: &str) -> LabAnswer {
    let begun = match beginning {
        Beginning::Trial(trial) => return tried(worlds, trial, network).await,
        Beginning::Trace(text) => return played(worlds, text, network).await,
        Beginning::Lesson(lesson) => with_lesson(worlds, *lesson, network).await,
        Beginning::Goal(goal) => {
            let begun = worlds.begin(goal.setting, network).await;
            begun.inspect(|hosted| hosted.set_goal(goal))
        }
        Beginning::Empty => worlds.begin(Setting::DEFAULT, network).await,
    };
    match begun {
        Ok(hosted) => to_world(&hosted),
        Err(error) => refused(&error),
    }
}

fn to_world(hosted: &Hosted) -> LabAnswer {
    whole(Redirect::to(&format!("/lab/world/{}", hosted.id())))
}

/// Tries something in a world of its own, and goes back to the page that it was tried on.
async fn tried(worlds: &Worlds, trial: Trial, network: &str) -> LabAnswer {
    let played = match trial.trace() {
        Ok(trace) => worlds.play(&trace, network).await,
        Err(error) => Err(error.into()),
    };
    match played {
        Ok(hosted) => whole(Redirect::to(&front::address(trial, hosted.id()))),
        Err(error) => refused(&error),
    }
}

/// Plays a trace that was pasted; if that fails, it stays in its field.
async fn played(worlds: &Worlds, text: &str, network: &str) -> LabAnswer {
    let not_played =
        |status: StatusCode, why: String| page(pages::not_played(text, status.as_u16(), &why));
    match Trace::parse(text) {
        Ok(trace) => match worlds.play(&trace, network).await {
            Ok(hosted) => to_world(&hosted),
            Err(error) => not_played(status(&error), error.to_string()),
        },
        Err(error) => not_played(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
    }
}

async fn with_lesson(
    worlds: &Worlds,
    lesson: Lesson,
    network: &str,
) -> Result<Arc<Hosted>, Refused> {
    let hosted = worlds.begin(lesson.setting(), network).await?;
    hosted.teach(lesson).await;
    Ok(hosted)
}

/// Does what a form asks for, and shows what came of it: the panels for a script, a redirect for a form.
async fn act(worlds: &Worlds, hosted: &Arc<Hosted>, form: &Form) -> LabAnswer {
    let mut choice = Choice::of_form(form);
    if form.by() == By::Script {
        choice.leave_folds();
    }
    let done = match Wish::of(form) {
        Ok(Wish::Look(since)) => {
            if hosted.changed_since(since).await {
                return panels(hosted, &choice, None).await;
            }
            return whole(StatusCode::NO_CONTENT);
        }
        Ok(Wish::Do(deed)) => {
            if matches!(deed, Deed::GoOn(..) | Deed::Back(_)) {
                choice.turn_to_step();
            }
            carry_out(worlds, hosted, deed).await
        }
        Err(error) => Err(error),
    };
    let answer = match (form.by(), done) {
        (By::Script, done) => panels(hosted, &choice, done.err().as_ref()).await,
        (By::Browser, Ok(())) => {
            whole(Redirect::to(&format!("/lab/world/{}{}", hosted.id(), choice.query())))
        }
        (By::Browser, Err(error)) => world(hosted, &choice, Some(&error)).await,
    };
    noted(answer, hosted).await
}

/// Has the browser note a lesson that is at its end.
async fn noted(mut answer: LabAnswer, hosted: &Hosted) -> LabAnswer {
    if let LabAnswer::Whole(response) = &mut answer
        && let Some(lesson) = hosted.lesson().await.filter(|lesson| !lesson.is_under_way())
    {
        learn_page::note(response.headers_mut(), lesson.scenario());
    }
    answer
}

async fn carry_out(worlds: &Worlds, hosted: &Arc<Hosted>, deed: Deed) -> Result<(), Refused> {
    match deed {
        Deed::GoOn(from, guess, choice) => return hosted.go_on(from, guess, choice).await,
        Deed::Back(from) => return worlds.go_back(hosted, from).await,
        Deed::Anew => return worlds.begin_anew(hosted).await,
        Deed::Pace(pace) => return hosted.set_pace(pace).await,
        Deed::Act(actions) => return hosted.act(actions).await,
        Deed::Unfold(fold) => hosted.unfold(fold),
        Deed::Fold(fold) => hosted.fold(fold),
        Deed::Forge(forgery) => hosted.set_forgery(forgery),
    }
    Ok(())
}

/// Draws the page of a world, with what was refused in it.
async fn world(hosted: &Arc<Hosted>, choice: &Choice, error: Option<&Refused>) -> LabAnswer {
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
async fn panels(hosted: &Arc<Hosted>, choice: &Choice, error: Option<&Refused>) -> LabAnswer {
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
fn live(status: StatusCode, html: String) -> LabAnswer {
    whole((status, Html(html)))
}

/// Answers with a world's trace in one of its forms.
async fn trace(hosted: &Arc<Hosted>, file: File) -> LabAnswer {
    let world = match hosted.enter().await {
        Ok(world) => world,
        Err(error) => return refused(&error),
    };
    let text = match file {
        File::Json => world.trace().to_json(),
        File::Mermaid => export::mermaid(&world),
        File::Svg => diagram::standalone(&world),
        File::Report => export::report(&world),
    };
    let disposition = format!("attachment; filename=\"coatroom-{}\"", file.name());
    let disposition =
        HeaderValue::try_from(disposition).unwrap_or(HeaderValue::from_static("attachment"));
    whole((
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(file.kind())),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        text,
    ))
}

#[cfg(test)]
mod tests;
