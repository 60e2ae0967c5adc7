//! Texts that clients send: tokens, ids, addresses.

use coatroom::{
    SessionId, UserId,
    access_token::AccessToken,
    refresh_token::{REFRESH_TOKEN_LEN, RefreshToken},
    user::Email,
};
use proptest::prelude::*;

use super::cases;

/// Refresh tokens as any server writes them: the last character of each part carries bits of nothing, which are zero.
fn written() -> impl Strategy<Value = String> {
    "rt1\\.[A-Za-z0-9_-]{21}[AQgw]\\.[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]\\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
}

/// A written token, and something done to it.
fn nearly_written() -> impl Strategy<Value = String> {
    (written(), 0..REFRESH_TOKEN_LEN, any::<char>(), 0..8_u8).prop_map(|(text, at, other, how)| {
        let (before, after) = text.split_at(at);
        let mut rest = after.chars();
        let old = rest.next().expect("within the text");
        let rest = rest.as_str();
        match how {
            0 => format!("{before}{rest}"),
            1 => format!("{before}{other}{after}"),
            2 => format!("{before}{other}{rest}"),
            3 => format!("{before}{}{rest}", old.to_ascii_uppercase()),
            4 => format!("{before}{}{rest}", old.to_ascii_lowercase()),
            5 => format!("{}=", &text[..text.len() - 1]),
            6 => format!("{text}{other}"),
            _ => format!("{before}.{rest}"),
        }
    })
}

/// One token has one text: whatever is read is written alike.
fn reads_only_its_own(text: &str) -> Result<(), TestCaseError> {
    if let Some(token) = RefreshToken::parse(text) {
        prop_assert_eq!(token.reveal(), text);
        prop_assert_eq!(text.len(), REFRESH_TOKEN_LEN);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_written_refresh_token_reads_back(text in written()) {
        let token = RefreshToken::parse(&text);
        prop_assert_eq!(token.map(|token| token.reveal()), Some(text));
    }

    #[test]
    fn no_two_texts_are_one_refresh_token(text in nearly_written()) {
        reads_only_its_own(&text)?;
    }

    #[test]
    fn no_text_at_all_makes_the_parser_of_tokens_panic(text in any::<String>(), dots in "[a-z.=]{82}") {
        reads_only_its_own(&text)?;
        reads_only_its_own(&dots)?;
    }

    #[test]
    fn the_parts_of_a_token_are_what_it_was_made_of(sid in any::<[u8; 16]>(), text in written()) {
        let id = SessionId::from_bytes(sid);
        let (head, tail) = (&text[..4], &text[26..]);
        let token = RefreshToken::parse(&format!("{head}{id}{tail}"));
        prop_assert_eq!(token.map(|token| token.sid()), Some(id));
    }

    #[test]
    fn an_access_token_that_is_taken_is_the_text_it_came_from(
        any in any::<String>(),
        near in "[A-Za-z0-9_.=-]{0,40}(\\.[A-Za-z0-9_.=\\s-]{0,40}){1,3}",
    ) {
        for text in [any, near] {
            if let Ok(token) = AccessToken::parse(&text) {
                prop_assert_eq!(token.reveal(), text);
            }
        }
    }

    #[test]
    fn an_id_has_one_text(bytes in any::<[u8; 16]>(), text in "[A-Za-z0-9_=-]{20,23}", any in any::<String>()) {
        prop_assert_eq!(UserId::parse(&UserId::from_bytes(bytes).to_string()), Some(UserId::from_bytes(bytes)));
        for text in [text, any] {
            if let Some(id) = UserId::parse(&text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn an_address_that_was_read_reads_as_itself(
        local in "[\\PC&&[^@\\s]]{1,64}",
        plain in "[a-zA-Z0-9.+_-]{1,70}",
        domain in "[a-zA-Z0-9\\u{130}\\u{df}\\u{fc}\\u{308}\\u{3c3}\\u{3002}-]{1,12}\\.[a-zA-Z]{2,10}",
        any in any::<String>(),
    ) {
        for text in [format!("{local}@{domain}"), format!(" {plain}@{domain}\t"), any] {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.as_str().len() <= 254);
                prop_assert!(email.as_str().contains('@'));
                let again = Email::parse(email.as_str());
                prop_assert_eq!(again.as_ref(), Ok(&email), "{:?}", text);
                let shouted = Email::parse(&text.to_ascii_uppercase());
                prop_assert_eq!(shouted.as_ref(), Ok(&email), "{:?}", text);
            }
        }
    }
}
