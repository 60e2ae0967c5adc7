//! Signing up and in, and what an attacker learns from being refused.

use coatroom::{
    Access, Accounts, AuthConfig, Role,
    access_token::TokenError,
    accounts::{SignInError, SignUpError},
    password::{HashError, PasswordError},
    session::{Decision, Invalid},
};

use crate::support::{
    EMAIL, PASSWORD, Place, TICK, World, account_of, config, context, credentials, memory,
    on_every_store, secret,
};

on_every_store! {
    an_unknown_user_and_a_wrong_password_are_one_error,
    one_mailbox_has_one_account_however_it_is_written,
    one_international_mailbox_has_one_account,
    a_role_is_in_the_token_from_the_next_one_on,
    a_password_is_hashed_anew_when_its_cost_has_changed,
}

async fn an_unknown_user_and_a_wrong_password_are_one_error(place: Place) {
    let world = World::on(place).await;
    world.sign_up().await;
    let oversized = "x".repeat(1025);
    for (email, password) in [
        (EMAIL, "a quiet harbour at dusk"),
        (EMAIL, "A quiet harbour at dawn"),
        (EMAIL, "a quiet harbour at dawn "),
        (EMAIL, "a quiet harbour at daw"),
        (EMAIL, ""),
        (EMAIL, &oversized),
        ("nobody@example.com", PASSWORD),
        ("no address at all", PASSWORD),
        ("", ""),
        ("nobody@example.com", &oversized),
    ] {
        let error = world.accounts.sign_in(credentials(email, password), context(None)).await;
        let error = error.expect_err("refused");
        assert!(matches!(error, SignInError::InvalidCredentials), "{email} {error:?}");
        assert_eq!(error.to_string(), "unknown user or wrong password");
    }
    world.sign_in(None).await.expect("the right one is right");
}

async fn one_mailbox_has_one_account_however_it_is_written(place: Place) {
    let world = World::on(place).await;
    let ada = world.sign_up().await;
    for email in [EMAIL, " ADA@Example.com "] {
        let taken =
            world.accounts.sign_up(credentials(email, "another long password"), context(None));
        assert!(matches!(taken.await, Err(SignUpError::EmailTaken)), "{email}");
        let signed_in = world.accounts.sign_in(credentials(email, PASSWORD), context(None)).await;
        assert_eq!(signed_in.expect("signed in").session().subject, ada.session.subject);
    }
}

async fn one_international_mailbox_has_one_account(place: Place) {
    let world = World::on(place).await;
    for spellings in [
        ["ann@b\u{fc}cher.example", "ann@xn--bcher-kva.example", "ann@bu\u{308}cher.example"],
        ["bob@xn--bcher-kva.example", "BOB@B\u{dc}CHER.example", "bob@b\u{fc}cher.example"],
        ["rene\u{301}@example.com", "ren\u{e9}@example.com", "REN\u{c9}@example.com"],
    ] {
        let who = credentials(spellings[0], PASSWORD);
        let made = world
            .accounts
            .sign_up(who, context(None))
            .await
            .expect("signed up")
            .into_signed()
            .expect("signed tokens");
        for email in spellings {
            let taken = world.accounts.sign_up(credentials(email, PASSWORD), context(None)).await;
            assert!(matches!(taken, Err(SignUpError::EmailTaken)), "{email}");
            let signed_in =
                world.accounts.sign_in(credentials(email, PASSWORD), context(None)).await;
            assert_eq!(signed_in.expect(email).session().subject, made.session.subject);
        }
    }
}

async fn a_role_is_in_the_token_from_the_next_one_on(place: Place) {
    let world = World::on(place).await;
    let user = world.sign_up().await;
    assert_eq!(user.info.claims.role, Role::USER);
    let who = credentials("root@example.com", PASSWORD);
    let admin = world.accounts.add_user(&who, Role::ADMIN).await.expect("added");
    let held = world
        .accounts
        .sign_in(who, context(None))
        .await
        .expect("signed in")
        .into_signed()
        .expect("signed tokens");
    let claims = &held.info.claims;
    assert_eq!((&claims.sub, &claims.role), (&admin.id.into(), &Role::ADMIN));
    let held = world.rotate(&held).await;
    assert_eq!(held.info.claims.role, Role::ADMIN);
    let Access::Valid(info) = world.access(&held).await else { panic!("valid") };
    assert_eq!(info.claims.role, Role::ADMIN);
}

async fn a_password_is_hashed_anew_when_its_cost_has_changed(place: Place) {
    let world = World::on(place).await;
    let ada = world.sign_up().await;
    let stored = async || {
        let user = world.accounts.user(account_of(&ada)).await.expect("answers").expect("known");
        world.place.accounts().user_by_email(&user.email).await.expect("answers").expect("known").1
    };
    let cheap = stored().await;
    world.sign_in(None).await.expect("signed in");
    assert_eq!(stored().await, cheap, "today's cost is kept");

    let mut dearer = config();
    dearer.hashing.iterations = 2;
    let store = world.place.accounts();
    let auth = Accounts::with_clock(dearer, store, world.clock.clone()).await.expect("an engine");
    let wrong = auth.sign_in(credentials(EMAIL, "not the password"), context(None)).await;
    assert!(matches!(wrong, Err(SignInError::InvalidCredentials)));
    assert_eq!(stored().await, cheap, "a wrong password changes nothing");
    auth.sign_in(credentials(EMAIL, PASSWORD), context(None)).await.expect("signed in");
    assert_ne!(stored().await, cheap);
    auth.sign_in(credentials(EMAIL, PASSWORD), context(None)).await.expect("and again");
}

#[tokio::test]
async fn an_invalid_sign_up_is_refused_with_its_reason() {
    let world = World::in_memory().await;
    let sign_up = async |email, password| {
        let who = credentials(email, password);
        world.accounts.sign_up(who, context(None)).await.expect_err("refused")
    };
    assert!(matches!(sign_up("nobody", PASSWORD).await, SignUpError::Email(_)));
    let short = sign_up(EMAIL, "fourteen chars").await;
    let expected = PasswordError::TooShort { min: 15 };
    assert!(matches!(short, SignUpError::Password(error) if error == expected), "{short:?}");
    let context = sign_up(EMAIL, EMAIL).await;
    assert!(matches!(context, SignUpError::Password(PasswordError::Context)), "{context:?}");
    world.sign_up().await;
}

#[tokio::test]
async fn a_server_too_busy_to_check_a_password_calls_none_wrong() {
    let mut config = AuthConfig::new("https://coatroom.example", secret(0));
    (config.hashing.concurrency, config.hashing.queue) = (1, 0);
    let auth = Accounts::new(config, memory().accounts()).await.expect("an engine");
    let sign_in = || auth.sign_in(credentials(EMAIL, PASSWORD), context(None));
    let (checked, busy) = tokio::join!(sign_in(), sign_in());
    assert!(matches!(checked, Err(SignInError::InvalidCredentials)), "{checked:?}");
    assert!(matches!(busy, Err(SignInError::Hash(HashError::Busy))), "{busy:?}");
}

#[tokio::test]
async fn another_servers_tokens_are_refused_even_with_their_row() {
    let world = World::in_memory().await;
    let ours = world.sign_up().await;
    let theirs = world.of_another_secret(&ours).await;
    assert_eq!(theirs.access(&ours).await, Access::Invalid(TokenError::Key));
    let refreshed = theirs.refresh(&ours).await;
    assert_eq!(refreshed.decision, Decision::Invalid(Invalid::Unrecognized));
    assert!(refreshed.tokens.is_none());
    world.advance(TICK);
    assert_eq!(theirs.session(&ours).await.acknowledged_at, None);
}
