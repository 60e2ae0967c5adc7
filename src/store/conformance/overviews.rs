//! Overviews: an account with a session and what happened to both, as the other verbs tell each of them.

use super::{
    Place,
    sample::{TICK, account, at, event, read, save, unsaved},
};
use crate::{
    Session, SessionId, User, UserId,
    session::{Client, EndReason},
    store::{
        AccountEvent, AccountEventKind, Event, EventKind, FullStore, Overview, OverviewQuery,
        Trigger,
    },
};

/// Adds an account and a session of it, with texts that a careless store would cut or change.
async fn added(store: &dyn FullStore) -> (User, Session) {
    let user = account(store).await;
    let client = Client {
        label: "Fire\"fox\\ on 'Łódź'\n\u{1} 🎟️ [null]".into(),
        user_agent_hash: "00ff".into(),
        ip_prefix: "2001:db8:1::/48".into(),
    };
    let session = Session { client, ..unsaved(&user.id.into()) };
    save(store, &session).await;
    (user, session)
}

fn query(user: &User, session: &Session) -> OverviewQuery {
    OverviewQuery { user: user.id, session: session.id, events: 100, account_events: 100 }
}

async fn found(store: &dyn FullStore, query: &OverviewQuery) -> Overview {
    store.overview(query).await.expect("answers").expect("an account")
}

/// Checks an overview against the verbs for each of its parts.
async fn is_told(store: &dyn FullStore, user: &User, session: &Session) {
    let overview = found(store, &query(user, session)).await;
    let account_events = store.account_events(user.id, u32::MAX).await.expect("answers");
    let events = store.events(session.id, 100).await.expect("answers");
    let session = Some(read(store, session.id).await);
    assert_eq!(overview, Overview { user: user.clone(), session, events, account_events });
}

/// Records of a session: some of one instant, and one that is counted.
async fn happen(store: &dyn FullStore, session: &Session) {
    for generation in [1, 2, 3, 3] {
        let event = Event {
            trigger: Trigger::Document,
            client: session.client.clone(),
            ..event(EventKind::ReplayedUndelivered, at(1), generation)
        };
        store.record(session.id, &event).await.expect("recorded");
    }
}

/// Counts three events of an account, of two kinds, and returns them, newest first.
async fn count(store: &dyn FullStore, user: UserId) -> [AccountEvent; 3] {
    let event = |kind, network: &str, millis| {
        AccountEvent::once(user, kind, network.to_owned(), at(millis))
    };
    let events = [
        event(AccountEventKind::SignInFailed, r#"b"\"#, 7),
        event(AccountEventKind::SignInFailed, "a", 6),
        event(AccountEventKind::TokenReused, "", 5),
    ];
    store.count_account_events(&events).await.expect("counted");
    events
}

/// Tells the same as one verb for each part, before and after anything happened, and of no other account or session.
pub async fn an_overview_says_what_each_verb_says(place: Place) {
    let store = place.accounts();
    let ((user, session), (other, beside)) = (added(&*store).await, added(&*store).await);
    is_told(&*store, &user, &session).await;
    happen(&*store, &session).await;
    count(&*store, user.id).await;
    store.outdate(&user.id.into(), at(2)).await.expect("outdated");
    is_told(&*store, &user, &session).await;
    is_told(&*store, &other, &beside).await;
    store.add_epoch(None, at(8)).await.expect("begun");
    is_told(&*store, &user, &session).await;
    let ended = event(EventKind::SignedOut, at(9), 0);
    let other_session = added(&*store).await.1;
    assert!(
        store.revoke(other_session.id, EndReason::SignedOut, &ended).await.expect("answers"),
        "it stood"
    );
    is_told(&*store, &user, &other_session).await;
}

/// Cuts the session's events, and those of the account by kind: the newest of each stay, in one order.
pub async fn an_overview_has_no_more_events_than_asked_for(place: Place) {
    let store = place.accounts();
    let (user, session) = added(&*store).await;
    happen(&*store, &session).await;
    let [newest, _, reused] = count(&*store, user.id).await;
    let two = OverviewQuery { events: 2, account_events: 1, ..query(&user, &session) };
    let overview = found(&*store, &two).await;
    let generations: Vec<(u64, u32)> =
        overview.events.iter().map(|event| (event.generation, event.times)).collect();
    assert_eq!(generations, [(3, 2), (2, 1)]);
    assert_eq!(overview.account_events, [newest, reused]);
    let none = OverviewQuery { events: 0, account_events: 0, ..two };
    let overview = found(&*store, &none).await;
    assert_eq!((overview.events, overview.account_events), (Vec::new(), Vec::new()));
    let all = OverviewQuery { events: u32::MAX, account_events: u32::MAX, ..two };
    let overview = found(&*store, &all).await;
    assert_eq!((overview.events.len(), overview.account_events.len()), (4, 3));
    // The order is that of time also where kinds alternate.
    let later = at(7) + TICK;
    let seen = AccountEvent::once(user.id, AccountEventKind::Seen, String::new(), later);
    store.count_account_events(std::slice::from_ref(&seen)).await.expect("counted");
    assert_eq!(found(&*store, &two).await.account_events.first(), Some(&seen));
}

/// Finds the account, though there is no session of that id.
pub async fn an_overview_without_a_session_is_of_the_account(place: Place) {
    let store = place.accounts();
    let (user, session) = added(&*store).await;
    count(&*store, user.id).await;
    let absent = OverviewQuery { session: SessionId::random(), ..query(&user, &session) };
    let overview = found(&*store, &absent).await;
    assert_eq!((&overview.user, overview.session, overview.events), (&user, None, Vec::new()));
    assert_eq!(overview.account_events.len(), 3);
}

/// Finds nothing without the account, though the session is there; and that is no error.
pub async fn an_overview_of_no_account_is_none(place: Place) {
    let store = place.accounts();
    let (user, session) = added(&*store).await;
    let absent = OverviewQuery { user: UserId::random(), ..query(&user, &session) };
    assert_eq!(store.overview(&absent).await.expect("answers"), None);
}
