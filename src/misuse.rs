//! The mistakes that the types forbid, as documentation tests.
//!
//! Each case is compiled twice, once with a right line and once with the mistake in its place; all else is the same
//! text. So the second fails for the mistake, and not for a name that has changed since.

/// Declares cases: what the mistake is, a name, what is at hand, the right line, and the wrong one with its error.
macro_rules! misuse {
    ($($what:literal $name:ident($($given:literal),+) { $right:literal } is_not $code:ident { $wrong:literal })+) => {
        $(
            #[doc = $what]
            #[doc = misuse!(@example "", ($($given),+), $right)]
            #[doc = misuse!(@example concat!("compile_fail,", stringify!($code)), ($($given),+), $wrong)]
            mod $name {}
        )+
    };
    (@example $attributes:expr, ($($given:literal),+), $line:literal) => {
        concat!(
            "```", $attributes, "\n",
            "# use coatroom::{access_token::*, keyring::*, password::*, refresh_token::*, session::*, user::*, *};\n",
            "# fn wire(_: &impl serde::Serialize) {}\n",
            "fn example(", $($given, ", ",)+ ") {\n    ", $line, "\n}\n",
            "```\n"
        )
    };
}

misuse! {
    "A refresh token authenticates no request."
    refresh_for_access("auth: &Auth", "access: &AccessToken", "refresh: &RefreshToken")
    { "auth.authenticate(access);" } is_not E0308 { "auth.authenticate(refresh);" }

    "Text authenticates no request before it was parsed."
    text_for_access("auth: &Auth", "access: &AccessToken", "text: &str")
    { "auth.authenticate(access);" } is_not E0308 { "auth.authenticate(text);" }

    "Another service checks access tokens and nothing else."
    refresh_for_verifier("verifier: &Verifier", "access: &AccessToken", "refresh: &RefreshToken", "now: Timestamp")
    { "verifier.verify(access, now);" } is_not E0308 { "verifier.verify(refresh, now);" }

    "An access token refreshes nothing."
    access_for_refresh("auth: &Auth", "access: AccessToken", "refresh: RefreshToken")
    { "auth.inspect(Some(&refresh));" } is_not E0308 { "auth.inspect(Some(&access));" }

    "Text that was not parsed is no access token."
    made_access("text: String")
    { "AccessToken::parse(&text);" } is_not E0423 { "AccessToken(text);" }

    "An access token does not print itself."
    printed_access("token: &AccessToken")
    { "println!(\"{token:?}\");" } is_not E0277 { "println!(\"{token}\");" }

    "A refresh token does not print itself."
    printed_refresh("token: &RefreshToken")
    { "println!(\"{token:?}\");" } is_not E0277 { "println!(\"{token}\");" }

    "The secret does not print itself."
    printed_secret("secret: &ServerSecret")
    { "println!(\"{secret:?}\");" } is_not E0277 { "println!(\"{secret}\");" }

    "A password does not print itself."
    printed_password("password: &Password")
    { "println!(\"{password:?}\");" } is_not E0277 { "println!(\"{password}\");" }

    "An access token goes into no answer but its cookie."
    wired_access("claims: &Claims", "token: &AccessToken")
    { "wire(claims);" } is_not E0277 { "wire(token);" }

    "A refresh token goes into no answer but its cookie."
    wired_refresh("claims: &Claims", "token: &RefreshToken")
    { "wire(claims);" } is_not E0277 { "wire(token);" }

    "The secret goes nowhere."
    wired_secret("claims: &Claims", "secret: &ServerSecret")
    { "wire(claims);" } is_not E0277 { "wire(secret);" }

    "A session, which holds what its tokens are derived from, goes nowhere whole."
    wired_session("session: &Session")
    { "wire(&session.id);" } is_not E0277 { "wire(session);" }

    "A private key goes nowhere."
    wired_key("key: &KeyRecord")
    { "wire(&key.algorithm);" } is_not E0277 { "wire(key);" }

    "A session is no subject."
    session_for_subject("auth: &Auth", "session: &Session")
    { "auth.invalidate_authority(&session.subject);" } is_not E0308 { "auth.invalidate_authority(&session.id);" }

    "A subject is no session."
    subject_for_session("auth: &Auth", "session: &Session")
    { "auth.session(session.id);" } is_not E0308 { "auth.session(session.subject);" }

    "A subject is no account of ours before it was read as one."
    subject_for_user("accounts: &Accounts", "session: &Session", "id: UserId")
    { "accounts.user(id);" } is_not E0308 { "accounts.user(session.subject);" }

    "The name of a pepper is no name of a key."
    pepper_for_key("keys: &[KeyRecord]", "session: &Session", "now: Timestamp")
    { "retire(keys, &keys[0].kid, now);" } is_not E0308 { "retire(keys, &session.pepper_kid, now);" }

    "A session is no key."
    session_for_key("keys: &[KeyRecord]", "session: &Session", "now: Timestamp")
    { "retire(keys, &keys[0].kid, now);" } is_not E0308 { "retire(keys, &session.id, now);" }

    "A password is not stored as it is."
    password_for_hash("store: &dyn store::AccountStore", "id: UserId", "hash: &PasswordHash", "password: &Password")
    { "store.set_password_hash(id, hash, hash);" } is_not E0308 { "store.set_password_hash(id, hash, password);" }

    "Text is not stored for a password's hash."
    text_for_hash("store: &dyn store::AccountStore", "id: UserId", "hash: &PasswordHash", "text: &String")
    { "store.set_password_hash(id, hash, hash);" } is_not E0308 { "store.set_password_hash(id, hash, text);" }

    "Text that was not parsed as an address finds no account."
    text_for_email("store: &dyn store::AccountStore", "email: &Email", "text: &String")
    { "store.user_by_email(email);" } is_not E0308 { "store.user_by_email(text);" }

    "A keyring does not open without the secret it was sealed under."
    no_secret("keys: &[KeyRecord]", "secret: &ServerSecret", "text: &[u8]")
    { "Keyring::open(keys, secret);" } is_not E0308 { "Keyring::open(keys, text);" }
}
