//! The calls that a listener of the engine gets: one for each thing that happened, after it was committed.

use std::{
    mem,
    sync::{Arc, Mutex},
};

use coatroom::{
    observer::{Observation, Observer},
    session::Persistence,
};

use crate::support::{
    ACCESS, EMAIL, G, PASSWORD, Place, TICK, World, account_of, config, context, credentials,
    on_every_store,
};

on_every_store! {
    a_listener_hears_of_sign_ins_decisions_and_endings_once_each,
}

/// Writes down what it hears, a line each.
#[derive(Debug, Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn observe(&self, observed: &Observation<'_>) {
        let line = match observed {
            Observation::Begun { session, kind } => {
                format!("{} of {}", kind.as_str(), session.subject)
            }
            Observation::WrongPassword { user, client } => {
                format!("wrong password, known: {}, {:?}", user.is_some(), client.ip_prefix)
            }
            Observation::Decided { session, decision, .. } => {
                format!("row {}, known: {}", decision.row(), session.is_some())
            }
            Observation::Ended { session, reason, .. } => {
                format!("{} of {}", reason.as_str(), session.subject)
            }
            other => format!("{other:?}"),
        };
        self.0.lock().expect("no panic").push(line);
    }
}

impl Heard {
    fn all(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().expect("no panic"))
    }
}

async fn a_listener_hears_of_sign_ins_decisions_and_endings_once_each(place: Place) {
    let heard = Arc::new(Heard::default());
    let mut config = config();
    config.observer = Some(Arc::clone(&heard) as Arc<dyn Observer>);
    let world = World::with(config, place).await;

    let first = world.sign_up_as(Persistence::Remembered).await;
    let user = account_of(&first);
    assert_eq!(heard.all(), [format!("signed_up of {user}")]);
    let second = world.sign_in(Some(first.session.id)).await.expect("signed in");
    assert_eq!(heard.all(), [format!("signed_in of {user}"), format!("replaced of {user}")]);

    for (email, known) in [(EMAIL, true), ("nobody@example.com", false)] {
        let wrong = credentials(email, &format!("{PASSWORD}!"));
        world.accounts.sign_in(wrong, context(None)).await.expect_err("wrong");
        assert_eq!(heard.all(), [format!("wrong password, known: {known}, \"\"")]);
    }

    world.deliver(&second).await;
    world.advance(ACCESS);
    let third = world.rotate(&second).await;
    world.refresh(&second).await;
    assert_eq!(heard.all(), ["row 6, known: true", "row 7, known: true"]);
    world.deliver(&third).await;
    world.advance(G + TICK);
    assert_eq!(heard.all(), [] as [&str; 0]);
    world.refresh(&second).await;
    assert_eq!(heard.all(), [format!("reuse of {user}"), "row 9, known: true".into()]);
    world.refresh(&third).await;
    assert_eq!(heard.all(), ["row 2, known: true"]);

    let fourth = world.sign_in(None).await.expect("signed in");
    world.sign_out(&fourth).await;
    // It is over already.
    world.sign_out(&fourth).await;
    assert_eq!(heard.all(), [format!("signed_in of {user}"), format!("signed_out of {user}")]);
    let elsewhere = World::in_memory().await.sign_up().await;
    world.refresh(&elsewhere).await;
    assert_eq!(heard.all(), ["row 1, known: false"]);
}
