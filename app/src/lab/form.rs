//! The forms of the lab: their fields, and the actions that they stand for.

use std::{borrow::Cow, collections::HashMap};

use axum::{
    body::to_bytes,
    extract::Request,
    http::{StatusCode, header},
};
use coatroom_lab::{
    action::{Action, Party, Place},
    world::ActError,
    worlds::{Limits, Refused},
};

use super::choice::Hold;

/// The most bytes of a form: a trace to play is the longest.
pub(super) const MAX_FORM: usize = 256 * 1024;
/// The most actions of one form: more would be too fast for any world.
pub(super) const MAX_ACTIONS: usize = Limits::DEFAULT.rate as usize;

/// The fields of a form.
#[derive(Debug)]
pub(super) struct Form(HashMap<String, String>);

impl Form {
    /// Reads the body of a request.
    pub(super) async fn read(request: &mut Request) -> Result<Self, StatusCode> {
        let is_form = request.headers().get(header::CONTENT_TYPE).is_some_and(|value| {
            value.as_bytes().starts_with(b"application/x-www-form-urlencoded")
        });
        if !is_form {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        let body = std::mem::take(request.body_mut());
        let bytes = to_bytes(body, MAX_FORM).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        Ok(Self::parse(&bytes))
    }

    /// Parses what a form posts. Of a name that is there twice, the last counts.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let fields = form_urlencoded::parse(bytes);
        Self(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// Returns the sender.
    pub(super) fn by(&self) -> By {
        if self.get("live").is_some() { By::Script } else { By::Browser }
    }

    /// Returns a field that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Parses the actions that the form asks for: `do` in the words of actions, apart by `;`, or a request put together
    /// of `who`, `ask`, `at` and `hold`, or a parameter `set` to its `value` in its `unit`.
    pub(super) fn actions(&self) -> Result<Vec<Action>, Refused> {
        let lines = match (self.get("do"), self.get("ask"), self.get("set")) {
            (Some(lines), ..) => lines.to_owned(),
            (None, Some(ask), _) => {
                let who = self.get("who").unwrap_or(Party::Tab1.word());
                let place = self.get("at").unwrap_or(Place::NodeA.word());
                let sends = if self.get("hold") == Some(Hold::Yes.word()) { "sends " } else { "" };
                format!("{who} {sends}{ask} at {place}")
            }
            (None, None, Some(name)) => {
                let (value, unit) = (self.get("value"), self.get("unit"));
                format!("set {name} {}{}", value.unwrap_or_default(), unit.unwrap_or_default())
            }
            (None, None, None) => String::new(),
        };
        let lines = lines.split(';').map(str::trim).filter(|line| !line.is_empty());
        if lines.clone().count() > MAX_ACTIONS {
            return Err(Refused::TooMuch);
        }
        lines.map(|line| Ok(line.parse().map_err(ActError::Invalid)?)).collect()
    }
}

/// The sender of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The browser itself, which shows the answer as a page.
    Browser,
    /// The script of the page, which puts the answer into it.
    Script,
}

/// Returns the first value of that name in the query of an address.
pub(super) fn in_query<'q>(query: Option<&'q str>, name: &str) -> Option<Cow<'q, str>> {
    let mut pairs = form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value)
}

/// Returns the bytes of a request's body, as the client declares them; browsers do.
pub(super) fn length(request: &Request) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Returns the tab of that number; the first if there is none.
pub(super) fn tab(number: Option<&str>) -> Party {
    let number: usize = number.and_then(|number| number.parse().ok()).unwrap_or(1);
    number.checked_sub(1).and_then(|index| Party::TABS.get(index)).copied().unwrap_or(Party::Tab1)
}

/// Returns the number of a tab, as forms have it.
pub(super) fn tab_number(tab: Party) -> usize {
    Party::TABS.iter().position(|each| *each == tab).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn read(body: &str) -> Result<Form, StatusCode> {
        let request = Request::post("/lab/worlds")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()));
        Form::read(&mut request.expect("a request")).await
    }

    async fn lines(body: &str) -> Vec<String> {
        let form = read(body).await.expect("a form");
        let actions = form.actions().expect("actions");
        actions.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn a_form_says_actions_as_lines_as_a_choice_or_as_a_parameter() {
        assert_eq!(lines("do=steal;+wait+61s%3B+;").await, ["steal", "wait 61s"]);
        assert_eq!(lines("ask=call").await, ["tab1 call"]);
        assert_eq!(
            lines("who=thief&at=node-b&hold=off&hold=on&ask=refresh").await,
            ["thief sends refresh at node-b"],
            "the last of a name counts"
        );
        assert_eq!(lines("hold=on&hold=off&ask=refresh").await, ["tab1 refresh"]);
        assert_eq!(lines("set=grace&value=2500&unit=ms").await, ["set grace 2500ms"]);
        assert!(lines("tab=2").await.is_empty());
    }

    #[tokio::test]
    async fn a_form_with_too_many_actions_or_an_invalid_one_is_refused() {
        let many = |count| format!("do={}", "steal;".repeat(count));
        assert_eq!(lines(&many(MAX_ACTIONS)).await.len(), MAX_ACTIONS);
        let too_many = read(&many(MAX_ACTIONS + 1)).await.expect("a form").actions();
        assert!(matches!(too_many, Err(Refused::TooMuch)), "and not a part of them");
        for bad in ["do=gamble", "ask=post", "who=evil&ask=call", "set=grace&value=&unit=ms"] {
            assert!(read(bad).await.expect("a form").actions().is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_no_form_or_too_long_is_refused() {
        let long = format!("trace={}", "x".repeat(MAX_FORM));
        assert_eq!(read(&long).await.expect_err("too long"), StatusCode::PAYLOAD_TOO_LARGE);
        let json = Request::post("/lab/worlds").body(Body::from("{}"));
        let error = Form::read(&mut json.expect("a request")).await.expect_err("no form");
        assert_eq!(error, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    #[test]
    fn a_page_is_one_of_four_tabs() {
        for (text, expected) in [("1", 1), ("4", 4), ("0", 1), ("5", 1), ("x", 1)] {
            assert_eq!(tab_number(tab(Some(text))), expected, "{text}");
        }
        assert_eq!(tab_number(tab(None)), 1);
    }
}
