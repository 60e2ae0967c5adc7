//! Passwords: the policy at its edges, and hashes of every make.

use super::*;

fn policy() -> PasswordPolicy {
    PasswordPolicy { min: 15, max: 256, context: vec!["Coatroom".into(), "cafe\u{301}".into()] }
}

#[test]
fn too_little_memory_is_no_fault_of_the_parameters() {
    // More than any address space, and still a number of bytes: it is the allocator that refuses the second.
    for count in [usize::MAX, usize::MAX >> 12] {
        assert_eq!(Memory::default().blocks(count).err(), Some(HashError::NoMemory), "{count}");
        assert_eq!(Memory::check(count), Err(HashError::NoMemory), "{count}");
    }
}

const CHEAP: Hashing =
    Hashing { memory_kib: 8, iterations: 1, parallelism: 1, concurrency: 2, queue: 4 };

#[test]
fn a_start_hashes_nothing() {
    let dear = Hashing { iterations: u32::MAX, ..CHEAP };
    assert!(Hasher::new(dear, 6).is_ok(), "a single hash of that cost would take hours");
}

fn place(hasher: &Hasher) -> QueueSlot {
    hasher.place("").expect("a place")
}

fn choose(text: &str) -> Result<Password, PasswordError> {
    Password::choose(text, &policy(), &Email::parse("marguerite@example.com").expect("valid"))
}

#[test]
fn length_is_counted_in_code_points_at_its_edges() {
    let letters = |count: usize| "aé日🦀b".chars().cycle().take(count).collect::<String>();
    assert_eq!(choose(&letters(14)), Err(PasswordError::TooShort { min: 15 }));
    assert!(choose(&letters(15)).is_ok());
    assert!(choose(&letters(256)).is_ok());
    assert_eq!(choose(&letters(257)), Err(PasswordError::TooLong { max: 256 }));
    assert_eq!(choose(&"🦀b".repeat(1000)), Err(PasswordError::TooLong { max: 256 }));
}

#[test]
fn any_characters_are_welcome() {
    for good in [
        "correct horse battery",
        " leading and trailing ",
        "пароль из трёх слов",
        "nul \0 and tab \t here",
    ] {
        assert!(choose(good).is_ok(), "{good}");
    }
}

#[test]
fn a_password_that_is_common_or_from_its_context_is_refused() {
    for common in ["1234567890123456789", "QwertyuiopAsdfghjkl", "aaaaaaaaaaaaaaaaaaaa"] {
        assert_eq!(choose(common), Err(PasswordError::Common), "{common}");
    }
    for context in ["marguerite@example.com", "MargueriteMarguerite"] {
        assert_eq!(choose(context), Err(PasswordError::Context), "{context}");
    }
    assert!(choose("x1234567890123456789").is_ok(), "a list is compared whole");
}

#[test]
fn words_of_the_application_are_refused_and_none_by_default() {
    let email = Email::parse("marguerite@example.com").expect("valid");
    let none = PasswordPolicy { context: Vec::new(), ..policy() };
    for context in ["coatroomCOATROOM", "CAF\u{c9}caf\u{e9}cafe\u{301}Caf\u{e9}"] {
        assert_eq!(choose(context), Err(PasswordError::Context), "{context}");
        assert!(Password::choose(context, &none, &email).is_ok(), "{context}");
    }
    assert!(choose("coatroom at dawn").is_ok(), "a word among others");
}

#[test]
fn the_list_holds_what_its_description_says() {
    assert!(COMMON.iter().filter(|entry| entry.chars().count() >= 15).count() > 9_000);
    assert!(
        COMMON.iter().all(|entry| entry.chars().count() >= 8 && *entry == entry.to_lowercase())
    );
}

#[tokio::test]
async fn a_password_is_verified_whole_and_in_either_normal_form() {
    let hasher = Hasher::new(CHEAP, 6).expect("a hasher");
    let long = "p".repeat(199);
    let present = |text: &str| Password::present(text).expect("short enough");
    let hash =
        hasher.hash(place(&hasher), present(&format!("{long}\u{e9}"))).await.expect("hashed");
    let check = async |text: &str| {
        hasher.check(place(&hasher), present(text), Some(hash.clone()), None).await
    };
    assert_eq!(check(&format!("{long}\u{e9}")).await, Ok(Checked::Right { upgraded: None }));
    assert_eq!(check(&format!("{long}e\u{301}")).await, Ok(Checked::Right { upgraded: None }));
    for wrong in
        [format!("{long}e"), format!(" {long}\u{e9}"), format!("{long}\u{c9}"), String::new()]
    {
        assert_eq!(check(&wrong).await, Ok(Checked::Wrong), "{wrong}");
    }
}

#[tokio::test]
async fn a_weaker_hash_is_upgraded_when_its_password_is_seen() {
    let (weak, strong) =
        (Hasher::new(CHEAP, 6), Hasher::new(Hashing { iterations: 2, ..CHEAP }, 6));
    let (weak, strong) = (weak.expect("a hasher"), strong.expect("a hasher"));
    let password = Password::present("correct horse").expect("short enough");
    let hash = weak.hash(place(&weak), password.clone()).await.expect("hashed");
    let checked =
        strong.check(place(&strong), password.clone(), Some(hash), None).await.expect("checked");
    let Checked::Right { upgraded: Some(upgraded) } = checked else {
        panic!("not upgraded: {checked:?}")
    };
    assert!(upgraded.as_str().starts_with("$argon2id$v=19$m=8,t=2,p=1$"));
    assert_eq!(
        strong.check(place(&strong), password, Some(upgraded), None).await,
        Ok(Checked::Right { upgraded: None })
    );
}

#[tokio::test]
async fn a_stronger_hash_stays_as_it_is() {
    let made = |hashing| Hasher::new(hashing, 6).expect("a hasher");
    let today = made(Hashing { iterations: 2, ..CHEAP });
    let password = Password::present("correct horse").expect("short enough");
    for stronger in [
        Hashing { iterations: 3, ..CHEAP },
        Hashing { memory_kib: 16, ..CHEAP },
        Hashing { memory_kib: 32, iterations: 1, ..CHEAP },
    ] {
        let other = made(stronger);
        let hash = other.hash(place(&other), password.clone()).await.expect("hashed");
        let checked = today.check(place(&today), password.clone(), Some(hash), None).await;
        assert_eq!(checked, Ok(Checked::Right { upgraded: None }), "{stronger:?}");
    }
}

/// A make of hash that is easy to see through.
#[derive(Debug)]
struct Reversed;

impl ForeignHash for Reversed {
    fn verify(&self, password: &str, hash: &str) -> Option<bool> {
        let hash = hash.strip_prefix("reversed$")?;
        Some(password.chars().rev().eq(hash.chars()))
    }
}

#[tokio::test]
async fn a_foreign_hash_is_verified_by_its_own_make_and_replaced() {
    let hasher = Hasher::new(CHEAP, 6).expect("a hasher");
    let theirs = || Some(PasswordHash::from_phc("reversed$esroh tcerroc"));
    let present = |text| Password::present(text).expect("short enough");
    let (right, wrong) = (present("correct horse"), present("correct house"));
    let check = async |hasher: &Hasher, password: &Password, stored, stand_in| {
        hasher.check(place(hasher), password.clone(), stored, stand_in).await
    };
    assert_eq!(check(&hasher, &right, theirs(), None).await, Err(HashError::Failed));

    let hasher = hasher.with_foreign(Some(Arc::new(Reversed)));
    assert_eq!(check(&hasher, &wrong, theirs(), None).await, Ok(Checked::Wrong));
    assert_eq!(check(&hasher, &right, None, theirs()).await, Ok(Checked::Wrong));
    let checked = check(&hasher, &right, theirs(), None).await;
    let Ok(Checked::Right { upgraded: Some(ours) }) = checked else {
        panic!("not replaced: {checked:?}")
    };
    assert!(ours.as_str().starts_with("$argon2id$"));
    let again = check(&hasher, &right, Some(ours), None).await;
    assert_eq!(again, Ok(Checked::Right { upgraded: None }));
}

#[tokio::test]
async fn nobodys_password_is_never_right() {
    let hasher = Hasher::new(CHEAP, 6).expect("a hasher");
    let password = Password::present("anything").expect("short enough");
    let others = hasher.hash(place(&hasher), password.clone()).await.expect("hashed");
    for stand_in in [None, Some(others)] {
        let checked = hasher.check(place(&hasher), password.clone(), None, stand_in).await;
        assert_eq!(checked, Ok(Checked::Wrong));
    }
}
