//! An application with people of its own: no account of ours, ids as it spells them, roles and claims that it chooses.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use coatroom::{
    Access, Auth, People, Person, Role, Subject,
    auth::{BeginError, EndedBy, IssueError, Refreshed, TokenPair},
    clock::TestClock,
    config::{Scheme, Verification},
    people::PeopleError,
    principal::{Means, OwnClaims},
    session::{Client, Decision, EndReason},
    store::{EventKind, StoreError, Trigger},
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::support::{
    D, G, Place, START, config, context, on_every_store, refresh_token, tokens, until,
};

const ADA: &str = "6c9f2b52-1f0e-4c3e-9a53-5a1b8f7f0c11";

/// The claim of an application.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    plan: String,
}

/// The table of an application; `None` is a person who was deleted softly.
#[derive(Debug, Default)]
struct Staff {
    people: Mutex<HashMap<String, Option<Person>>>,
    thefts: Mutex<Vec<String>>,
    broken: Mutex<bool>,
    /// The next question is answered when this is told.
    gate: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Staff {
    fn set(&self, id: &str, person: Option<Person>) {
        self.people.lock().expect("no panic").insert(id.to_owned(), person);
    }
}

#[async_trait]
impl People for Staff {
    async fn find(&self, subject: &Subject) -> Result<Option<Person>, PeopleError> {
        if *self.broken.lock().expect("no panic") {
            return Err("the table is locked".into());
        }
        let gate = self.gate.lock().expect("no panic").take();
        if let Some(opened) = gate {
            opened.await?;
        }
        Ok(self.people.lock().expect("no panic").get(subject.as_str()).cloned().flatten())
    }

    async fn note_theft(
        &self,
        subject: &Subject,
        _: &Client,
        _: coatroom::Timestamp,
    ) -> Result<(), PeopleError> {
        self.thefts.lock().expect("no panic").push(subject.to_string());
        Ok(())
    }
}

fn on_plan(role: &'static str, plan: &str) -> Person {
    let claims = OwnClaims::new(&Plan { plan: plan.into() }).expect("claims");
    Person::new(Role::new(role).expect("a role")).with_claims(claims)
}

/// The application, and its engine.
struct House {
    staff: Arc<Staff>,
    auth: Auth,
    clock: Arc<TestClock>,
    place: Place,
}

impl House {
    async fn on(place: Place) -> Self {
        let staff = Arc::new(Staff::default());
        staff.set(ADA, Some(on_plan("editor", "pro")));
        let clock = Arc::new(TestClock::new(START));
        let (store, people) = (Arc::clone(&place.store), staff.clone());
        let auth = Auth::with_clock(config(), store, people, clock.clone()).await;
        Self { staff, auth: auth.expect("an engine"), clock, place }
    }

    async fn begin(&self) -> TokenPair {
        let means = Means::new(["hwk", "pin"]).expect("means");
        self.auth
            .begin(&ada(), means, context(None))
            .await
            .expect("begun")
            .into_signed()
            .expect("signed tokens")
    }

    async fn try_refresh(&self, held: &TokenPair) -> Result<Refreshed, IssueError> {
        let presented = Some(refresh_token(held));
        self.auth.refresh(presented, Trigger::Call, Client::default()).await
    }

    async fn refresh(&self, held: &TokenPair) -> Refreshed {
        self.try_refresh(held).await.expect("answers")
    }

    async fn access(&self, held: &TokenPair) -> Access {
        self.auth.authenticate(&held.access).await.expect("answers")
    }

    async fn deliver(&self, held: &TokenPair) {
        until("the acknowledgement", || async {
            self.access(held).await;
            self.auth.session(held.session.id).await.ok().flatten()?.acknowledged_at
        })
        .await;
        self.clock.advance(D);
    }
}

fn ada() -> Subject {
    Subject::new(ADA).expect("a subject")
}

on_every_store! {
    a_session_of_a_person_of_ones_own_carries_role_and_claims,
    a_subject_that_is_not_found_begins_no_session,
    a_change_of_authority_reaches_the_next_refresh_at_once,
    a_role_changed_without_notice_applies_at_the_next_rotation,
    a_deleted_user_loses_the_session_at_the_next_refresh,
    an_unavailable_user_table_signs_no_user_out,
    a_theft_is_told_to_the_application,
    an_end_names_its_author,
    a_renewal_that_a_rotation_overtook_is_decided_anew,
}

async fn a_session_of_a_person_of_ones_own_carries_role_and_claims(place: Place) {
    let house = House::on(place).await;
    let held = house.begin().await;
    let Access::Valid(info) = house.access(&held).await else { panic!("good") };
    let principal = info.claims.principal();
    assert_eq!((principal.subject.as_str(), principal.session), (ADA, held.session.id));
    assert_eq!(principal.authority.role.as_str(), "editor");
    assert_eq!(principal.authority.claims.read::<Plan>().expect("a plan").plan, "pro");
    assert_eq!(principal.means.names().collect::<Vec<_>>(), ["hwk", "pin"]);
    assert_eq!(
        (principal.authenticated_at, principal.expires_at),
        (START, START + config().access_ttl)
    );
    // By the same rule as an account's: a replay gets the very answer.
    house.deliver(&held).await;
    let rotated = tokens(house.refresh(&held).await);
    let replayed = tokens(house.refresh(&held).await);
    assert_eq!((&rotated.access, &rotated.refresh), (&replayed.access, &replayed.refresh));
    assert_eq!(rotated.info.claims.principal().means, principal.means);
}

async fn a_subject_that_is_not_found_begins_no_session(place: Place) {
    let house = House::on(place).await;
    let stranger = Subject::new("a stranger").expect("a subject");
    let begun = house.auth.begin(&stranger, Means::KEY, context(None)).await;
    assert!(matches!(begun, Err(BeginError::NotFound)), "{begun:?}");
    *house.staff.broken.lock().expect("no panic") = true;
    let begun = house.auth.begin(&ada(), Means::KEY, context(None)).await;
    let unavailable =
        matches!(begun, Err(BeginError::Issue(IssueError::Store(StoreError::Unavailable(_)))));
    assert!(unavailable, "{begun:?}");
}

async fn a_change_of_authority_reaches_the_next_refresh_at_once(place: Place) {
    let house = House::on(place).await;
    let held = house.begin().await;
    house.staff.set(ADA, Some(on_plan("guest", "free")));
    assert!(matches!(house.access(&held).await, Access::Valid(_)), "not told of");
    house.auth.invalidate_authority(&ada()).await.expect("told");
    assert!(matches!(house.access(&held).await, Access::Outdated(_)));
    // Too young to be rotated: the refresh token stays, and the access token says what is now.
    let next = tokens(house.refresh(&held).await);
    assert_eq!((next.refresh.as_ref(), next.info.claims.role.as_str()), (None, "guest"));
    assert_eq!(next.info.claims.own.read::<Plan>().expect("a plan").plan, "free");
    assert!(matches!(house.access(&next).await, Access::Valid(_)));
    assert!(matches!(house.access(&held).await, Access::Outdated(_)), "for good");
    let again = tokens(house.refresh(&held).await);
    assert_eq!(again.access, next.access, "asked once");
}

async fn a_role_changed_without_notice_applies_at_the_next_rotation(place: Place) {
    let house = House::on(place).await;
    let held = house.begin().await;
    house.deliver(&held).await;
    house.staff.set(ADA, Some(on_plan("guest", "free")));
    let rotated = tokens(house.refresh(&held).await);
    assert_eq!(rotated.info.claims.role.as_str(), "guest");
    assert_eq!(rotated.session.authority, rotated.info.claims.principal().authority);
}

async fn a_deleted_user_loses_the_session_at_the_next_refresh(place: Place) {
    let house = House::on(place).await;
    let (young, old) = (house.begin().await, house.begin().await);
    house.deliver(&old).await;
    house.staff.set(ADA, None);
    house.auth.invalidate_authority(&ada()).await.expect("told");
    let gone = Decision::Ended(EndReason::OwnerGone);
    for held in [&young, &old] {
        let refreshed = house.refresh(held).await;
        assert_eq!((refreshed.decision, refreshed.decision.row()), (gone, 2));
        assert!(refreshed.tokens.is_none());
        assert!(matches!(house.access(held).await, Access::Revoked(_)));
        assert_eq!(house.refresh(held).await.decision, gone, "as every later one");
        let events = house.auth.events(held.session.id, 1).await.expect("answers");
        assert_eq!(events[0].kind, EventKind::OwnerGone);
    }
}

async fn an_unavailable_user_table_signs_no_user_out(place: Place) {
    let house = House::on(place).await;
    let held = house.begin().await;
    house.deliver(&held).await;
    *house.staff.broken.lock().expect("no panic") = true;
    let refreshed = house.try_refresh(&held).await;
    let unavailable = matches!(refreshed, Err(IssueError::Store(StoreError::Unavailable(_))));
    assert!(unavailable, "{refreshed:?}");
    assert!(matches!(house.access(&held).await, Access::Valid(_)), "no question is asked here");
    *house.staff.broken.lock().expect("no panic") = false;
    assert_eq!(house.refresh(&held).await.decision, Decision::Rotate);
}

async fn a_theft_is_told_to_the_application(place: Place) {
    let house = House::on(place).await;
    let held = house.begin().await;
    house.deliver(&held).await;
    let next = tokens(house.refresh(&held).await);
    house.deliver(&next).await;
    house.clock.advance(G);
    assert!(matches!(house.refresh(&held).await.decision, Decision::Reuse(_)));
    assert_eq!(*house.staff.thefts.lock().expect("no panic"), [ADA]);
}

async fn an_end_names_its_author(place: Place) {
    let house = House::on(place).await;
    for (by, reason) in [
        (EndedBy::Administrator, EndReason::Administrator),
        (EndedBy::Application, EndReason::Application),
    ] {
        let held = house.begin().await;
        house.auth.end(held.session.id, by).await.expect("answers");
        assert!(matches!(house.access(&held).await, Access::Revoked(_)));
        assert_eq!(house.refresh(&held).await.decision, Decision::Ended(reason));
    }
}

/// Otherwise it answered with an access token of the later generation, and without its refresh token: the use of it
/// would prove a delivery that was none, and the next refresh look like theft.
async fn a_renewal_that_a_rotation_overtook_is_decided_anew(place: Place) {
    let house = House::on(place).await;
    let held = house.begin().await;
    house.auth.invalidate_authority(&ada()).await.expect("told");
    let (open, gate) = oneshot::channel();
    *house.staff.gate.lock().expect("no panic") = Some(gate);
    let (auth, presented) = (house.auth.clone(), Some(refresh_token(&held)));
    let slow = tokio::spawn(async move {
        auth.refresh(presented, Trigger::Call, Client::default()).await.expect("answers")
    });
    until("the question", async || {
        house.staff.gate.lock().expect("no panic").is_none().then_some(())
    })
    .await;
    house.deliver(&held).await;
    let elsewhere = Client { ip_prefix: "198.51.100.0/24".into(), ..Client::default() };
    let presented = Some(refresh_token(&held));
    let rotated = house.auth.refresh(presented, Trigger::Call, elsewhere).await.expect("answers");
    let rotated = tokens(rotated);
    assert_eq!(rotated.session.generation, 1);
    open.send(()).expect("it waits");
    let overtaken = slow.await.expect("no panic");
    assert!(matches!(overtaken.decision, Decision::Replay(_)), "{:?}", overtaken.decision);
    let overtaken = tokens(overtaken);
    assert_eq!((overtaken.access, overtaken.refresh), (rotated.access, rotated.refresh));
}

/// A strict node reads the row at every request, and the row knows the newest version, also of a session that began
/// while it was changed.
#[tokio::test]
async fn a_strict_node_sees_a_change_of_authority_in_the_row() {
    let place = crate::support::memory();
    let house = House::on(place).await;
    let held = house.begin().await;
    let mut strict = config();
    strict.scheme = Scheme::Hybrid(Verification::Strict);
    let (store, people) = (Arc::clone(&house.place.store), house.staff.clone());
    let other = Auth::with_clock(strict, store, people, house.clock.clone()).await.expect("one");
    house.place.store.outdate(&ada(), START).await.expect("changed by another program");
    let access = other.authenticate(&held.access).await.expect("answers");
    assert!(matches!(access, Access::Outdated(_)), "{access:?}");
}
