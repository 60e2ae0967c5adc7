//! The errors of calls, safe to show to a stranger: the wire form, the words and the status codes.
//!
//! Nothing here carries text from outside, because a form without JavaScript brings an error back in a cookie that an
//! attacker may have written.

use leptos::server_fn::{
    Bytes, Decodes as _,
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

use crate::model::EndReason;

/// Seconds after which a client is told to try again, if nothing better is known.
pub const SOON: u32 = 2;

/// The reason why a call was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum ApiError {
    /// Unknown user or wrong password; the client is not told which.
    #[error("This address and password do not belong together.")]
    InvalidCredentials,
    /// The address is none.
    #[error("This is not an email address.")]
    InvalidEmail,
    /// The address has an account.
    #[error("This address has an account already. Sign in instead.")]
    EmailTaken,
    /// The password is too short.
    #[error("Use at least {min} characters. A few words make a good password.")]
    PasswordTooShort {
        /// The least number of characters.
        min: u32,
    },
    /// The password is too long.
    #[error("Use at most {max} characters.")]
    PasswordTooLong {
        /// The greatest number of characters.
        max: u32,
    },
    /// The password is one of those that are tried first.
    #[error(
        "This is among the passwords that are tried first. A few words of your own are better."
    )]
    PasswordCommon,
    /// The password is the address or the product's name.
    #[error("Your address or our name is the first guess. A few words of your own are better.")]
    PasswordContext,
    /// No person is signed in.
    #[error("Sign in first.")]
    Unauthenticated,
    /// The token is worth nothing.
    #[error("Your session is not valid here. Sign in again.")]
    InvalidToken,
    /// The access token expired: refresh, and try again.
    #[error("The access token expired.")]
    AccessExpired,
    /// The session is over.
    #[error("Your session has ended.")]
    SessionEnded {
        /// The reason.
        reason: EndReason,
    },
    /// Too many attempts.
    #[error("That was too often. Try again in {}.", in_words(*retry_after))]
    TooManyRequests {
        /// Seconds after which another try is answered.
        retry_after: u32,
    },
    /// The browser keeps none of the cookies. Its script says so, or the page that a form came back to, or the server,
    /// if a post came over plain http.
    #[error(
        "Your browser keeps no sign-in cookies of this site, so you are not signed in. Over plain http it keeps them \
         on your own machine at most, and some browsers not even there: use https, or allow the cookies."
    )]
    NotKept,
    /// The server cannot tell now.
    #[error("The cloakroom does not answer just now. Nothing is lost; try again in a moment.")]
    Unavailable,
    /// The form is not the one that the function asks for.
    #[error("The form was not understood.")]
    BadRequest,
    /// There is nothing at this address.
    #[error("There is nothing here.")]
    NotFound,
    /// The method is not one of this address.
    #[error("This is not done this way.")]
    MethodNotAllowed,
    /// The body is too large.
    #[error("The form is too large.")]
    PayloadTooLarge,
    /// The body is not a form.
    #[error("This is not a form.")]
    UnsupportedMediaType,
    /// Another site made the request.
    #[error("Another site asked for this.")]
    CrossSite,
    /// A fault of the server.
    #[error("Something went wrong here. Nothing is lost.")]
    Internal,
    /// No answer arrived.
    #[error("No answer arrived. Are you online?")]
    NoAnswer,
    /// An answer that is not in the form of this server. Only the browser's side says so.
    #[error(
        "Something on the way answered in the place of this server: a proxy, or a network that wants you to sign in \
         to it. You are not signed out; this page goes on trying."
    )]
    NotOurs,
    /// A newer server refused it, with an error that is newer than this page knows.
    #[error("The answer is newer than this page. Load the page again.")]
    #[serde(other)]
    Unknown,
}

impl ApiError {
    /// Returns the HTTP status that it is answered with.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::InvalidCredentials
            | Self::Unauthenticated
            | Self::InvalidToken
            | Self::AccessExpired
            | Self::SessionEnded { .. } => 401,
            Self::CrossSite | Self::NotKept => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::EmailTaken => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidEmail
            | Self::PasswordTooShort { .. }
            | Self::PasswordTooLong { .. }
            | Self::PasswordCommon
            | Self::PasswordContext => 422,
            Self::TooManyRequests { .. } => 429,
            Self::Internal | Self::Unknown => 500,
            Self::Unavailable | Self::NoAnswer | Self::NotOurs => 503,
        }
    }

    /// Returns the seconds after which another try makes sense, if one does.
    pub const fn retry_after(self) -> Option<u32> {
        match self {
            Self::TooManyRequests { retry_after } => Some(retry_after),
            Self::Unavailable => Some(SOON),
            _ => None,
        }
    }

    /// Returns true if it is about the address rather than the password.
    pub const fn is_about_email(self) -> bool {
        matches!(self, Self::InvalidEmail | Self::EmailTaken)
    }

    /// Returns true if it is about the password alone.
    pub const fn is_about_password(self) -> bool {
        matches!(
            self,
            Self::PasswordTooShort { .. }
                | Self::PasswordTooLong { .. }
                | Self::PasswordCommon
                | Self::PasswordContext
        )
    }
}

/// Says a wait in words; rounds up, because a try that comes too early is refused again.
fn in_words(seconds: u32) -> String {
    match seconds {
        0 | 1 => "a second".into(),
        2..=90 => format!("{seconds} seconds"),
        91..=5400 => format!("{} minutes", seconds.div_ceil(60)),
        _ => "some hours".into(),
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn de(data: Bytes) -> Self {
        // A derived reading takes an array for the object, too, and cookies bring what strangers wrote.
        if !data.starts_with(b"{") {
            return Self::NotOurs;
        }
        JsonEncoding::decode(data).unwrap_or(Self::NotOurs)
    }

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            // On the server: arguments that cannot be read. In the browser: an answer that cannot be.
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::BadRequest,
            ServerFnErrorErr::Request(_) => Self::NoAnswer,
            ServerFnErrorErr::Deserialization(_) => Self::NotOurs,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &'static str) -> ApiError {
        ApiError::de(Bytes::from_static(json.as_bytes()))
    }

    #[test]
    fn an_error_is_read_of_an_object_and_an_unknown_one_is_unknown() {
        let error = ApiError::PasswordTooShort { min: 15 };
        assert_eq!(ApiError::de(error.ser()), error);
        assert_eq!(read(r#"{"error":"too_much_rain","more":1}"#), ApiError::Unknown);
        for bad in ["", "null", r#"["password_too_short",15]"#, r#"["internal"]"#, "{}"] {
            assert_eq!(read(bad), ApiError::NotOurs, "{bad}");
        }
    }
}
