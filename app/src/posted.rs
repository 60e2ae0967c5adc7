//! The outcome of a form that a browser posted by itself, without a script, on its way to the page that says so.

use axum::http::HeaderMap;
use coatroom::session::Persistence;
use leptos::server_fn::{Bytes, error::FromServerFnError as _};

use crate::{
    backend,
    decided::{decided, let_in},
    error::ApiError,
    path,
};

/// The longest address that is carried along; none that exists is longer.
const MAX_EMAIL: usize = 320;

/// The mark of a request that is a form of a browser, whatever it says that it accepts.
#[derive(Clone, Copy, Debug)]
pub struct ByForm;

/// The trace of a form that a request for a page brings along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CarriedForm {
    /// The form, with its outcome.
    Outcome(Posted),
    /// Nothing, though the form was posted a moment ago: the browser kept no cookie.
    Nothing,
}

/// A form that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The path of the function that it was posted to.
    pub function: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// The address that was typed; empty if there was none.
    pub email: String,
    /// True if the person asked to stay signed in.
    pub stay: bool,
}

/// The outcome of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Success.
    Done,
    /// Success, after a refresh that this row of the rule decided.
    Row(u8),
    /// A refusal, or a failure.
    Failed(ApiError),
}

/// Returns true if a page of one of these sites, in the words of `Sec-Fetch-Site`, led to a request, so that no link of
/// a stranger did. Over plain http a browser does not say so, and is believed.
pub fn came_from(headers: &HeaderMap, sites: &[&str]) -> bool {
    let said = headers.get("sec-fetch-site");
    said.is_none_or(|said| sites.iter().any(|site| said == *site))
}

impl Posted {
    /// Makes a form as it was typed, with its outcome. Its password is left out.
    pub fn new(function: &str, form: &[u8], outcome: Outcome) -> Self {
        let mut posted =
            Self { function: function.into(), outcome, email: String::new(), stay: false };
        for (name, value) in form_urlencoded::parse(form) {
            match &*name {
                "email" if value.len() <= MAX_EMAIL => posted.email = value.into_owned(),
                "stay" => {
                    let said = backend::persistence(Some(&value));
                    posted.stay = matches!(said, Ok(Persistence::Remembered));
                }
                _ => {}
            }
        }
        posted
    }

    /// Returns the page that tells the outcome: the form's own, whatever `Referer` says.
    pub fn page(&self) -> &'static str {
        match (&*self.function, self.outcome) {
            ("/api/sign_up", Outcome::Failed(_)) => path::SIGN_UP,
            // The sign-in page sends a person who is signed in home, and tells one who is not that no cookie was kept.
            ("/api/sign_in" | "/api/sign_up", _) | ("/api/sign_out", Outcome::Done) => {
                path::SIGN_IN
            }
            (_, Outcome::Failed(error)) if error.status() == 401 => path::SIGN_IN,
            _ => path::HOME,
        }
    }

    /// Returns true if there is anything to say of it that the session does not show.
    pub fn is_news(&self) -> bool {
        self.outcome != Outcome::Done || self.function == "/api/call_protected"
    }

    /// Serializes it as one line of text, which is also a cookie's value (RFC 6265 §4.1.1).
    pub fn write(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.append_pair("function", &self.function);
        match self.outcome {
            Outcome::Done => {}
            Outcome::Row(row) => {
                text.append_pair("row", &row.to_string());
            }
            Outcome::Failed(error) => {
                text.append_pair("failed", &String::from_utf8_lossy(&error.ser()));
            }
        }
        if !self.email.is_empty() {
            text.append_pair("email", &self.email);
        }
        if self.stay {
            text.append_pair("stay", "on");
        }
        text.finish()
    }

    /// Parses what [`write`](Self::write) wrote. A browser may have changed it; it holds no free text but the address.
    pub fn read(text: &str) -> Option<Self> {
        let mut posted = Self::new("", text.as_bytes(), Outcome::Done);
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "function" => posted.function = value.into_owned(),
                "row" => posted.outcome = Outcome::Row(value.parse().ok()?),
                "failed" => {
                    let error = ApiError::de(Bytes::from(value.into_owned()));
                    posted.outcome = Outcome::Failed(error);
                }
                _ => {}
            }
        }
        Some(posted)
    }

    /// Returns the error that the form posting to `action` shows: its own, or that of a button which needs a sign-in.
    pub(crate) fn error_at(&self, action: &str) -> Option<ApiError> {
        let Outcome::Failed(error) = self.outcome else { return None };
        let asks_to_sign_in = error.status() == 401
            && !matches!(error, ApiError::SessionEnded { .. } | ApiError::InvalidCredentials);
        let elsewhere = self.page() == path::SIGN_IN && asks_to_sign_in;
        (self.function == action || elsewhere).then_some(error)
    }

    /// Says the outcome of a button, as HTML.
    pub(crate) fn words(&self) -> String {
        match (&*self.function, self.outcome) {
            ("/api/sign_out", Outcome::Failed(error)) => format!("You are not signed out. {error}"),
            (_, Outcome::Failed(error)) => error.to_string(),
            ("/api/call_protected", Outcome::Row(row)) => let_in("", Some(row)),
            (_, Outcome::Row(row)) => decided(row),
            ("/api/call_protected", Outcome::Done) => let_in("", None),
            (_, Outcome::Done) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posted_form_reads_back_without_the_password() {
        let form = b"email=b%C3%BC%3B%22%40example.com&password=a+quiet+harbour&stay=on";
        for outcome in [
            Outcome::Done,
            Outcome::Row(6),
            Outcome::Failed(ApiError::PasswordTooShort { min: 15 }),
            Outcome::Failed(ApiError::TooManyRequests { retry_after: 9 }),
        ] {
            let posted = Posted::new("/api/sign_up", form, outcome);
            assert_eq!(posted.email, "b\u{fc};\"@example.com");
            let text = posted.write();
            let is_value = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
            assert!(text.bytes().all(is_value) && !text.contains("harbour"), "{text}");
            assert_eq!(Posted::read(&text), Some(posted));
        }
    }

    #[test]
    fn a_checkbox_comes_back_as_the_sign_in_took_it() {
        for (stay, kept) in [
            ("on", true),
            ("true", true),
            ("1", true),
            ("off", false),
            ("false", false),
            ("0", false),
            ("", false),
            ("yes", false),
        ] {
            let form = format!("email=a%40example.com&stay={stay}");
            let posted = Posted::new("/api/sign_in", form.as_bytes(), Outcome::Done);
            assert_eq!(posted.stay, kept, "{stay}");
        }
    }

    #[test]
    fn a_forged_posted_cookie_says_nothing_of_its_own() {
        for text in ["", "failed=<b>", "failed=[]", "row=x", "email=", "%", "function=x&row=300"] {
            let said = Posted::read(text).map(|posted| posted.words()).unwrap_or_default();
            assert!(said.is_empty() || said == ApiError::NotOurs.to_string(), "{text}: {said}");
        }
    }
}
