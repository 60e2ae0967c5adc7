//! Candidates for a sign-in, as the other verbs tell each part of them.

use super::{
    Place,
    sample::{at, hash, user},
};
use crate::{
    Role, UserId,
    store::{Candidate, CandidateQuery, FullStore, account_at},
    user::{Email, User},
};

async fn found(store: &dyn FullStore, typed: &str, point: UserId) -> Candidate {
    store.candidate(&CandidateQuery::new(typed, point)).await.expect("answers")
}

/// Checks a candidate against the verbs for each of its parts.
async fn is_told(store: &dyn FullStore, typed: &str) -> Candidate {
    let point = UserId::random();
    let account = account_at(store, typed).await.expect("answers");
    let authority_version = match &account {
        Some((user, _)) => store.authority_version(&user.id.into()).await.expect("answers"),
        None => 0,
    };
    let stand_in = store.password_hash_near(point).await.expect("answers");
    let candidate = found(store, typed, point).await;
    assert_eq!(candidate, Candidate { account, authority_version, stand_in }, "{typed}");
    candidate
}

/// Tells the same as one verb for each part, of an address with an account and of one without, before and after a change.
pub async fn a_candidate_says_what_each_verb_says(place: Place) {
    let store = place.accounts();
    let absent = is_told(&*store, "ada@example.com").await;
    assert_eq!((absent.account, absent.stand_in), (None, None), "an empty store");
    let ada = user("ada@example.com", Role::USER);
    store.add_user(&ada, &hash("ada's")).await.expect("added");
    let eve = user("eve@example.com", Role::USER);
    store.add_user(&eve, &hash("eve's")).await.expect("added");
    store.outdate(&eve.id.into(), at(1)).await.expect("outdated");
    let found = is_told(&*store, " ADA@example.com").await;
    assert_eq!(found.account, Some((ada.clone(), hash("ada's"))));
    assert_eq!(found.authority_version, 0, "another account's is not hers");
    store.set_role(ada.id, &Role::ADMIN).await.expect("changed");
    store.outdate(&ada.id.into(), at(2)).await.expect("outdated");
    let found = is_told(&*store, "ada@example.com").await;
    assert_eq!(found.account.expect("the account").0.role, Role::ADMIN);
    assert!(found.authority_version > 0);
    for typed in ["bob@example.com", "no address", ""] {
        let absent = is_told(&*store, typed).await;
        assert_eq!(absent.account, None, "{typed}");
        assert!(absent.stand_in.is_some(), "{typed}");
    }
}

/// Finds the account that has just the spelling that was typed, if another one has the mailbox's spelling.
pub async fn a_candidate_with_the_typed_spelling_comes_first(place: Place) {
    let store = place.accounts();
    let typed = "ada@bücher.example";
    let spelled = User {
        email: Email::as_spelled(typed).expect("an address"),
        ..user("kept@example.com", Role::USER)
    };
    let mailbox = user(typed, Role::USER);
    assert_ne!(spelled.email, mailbox.email);
    store.add_user(&mailbox, &hash("mailbox")).await.expect("added");
    assert_eq!(is_told(&*store, typed).await.account, Some((mailbox, hash("mailbox"))));
    store.add_user(&spelled, &hash("spelled")).await.expect("added");
    assert_eq!(is_told(&*store, typed).await.account, Some((spelled, hash("spelled"))));
}
