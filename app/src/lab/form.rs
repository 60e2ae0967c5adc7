//! What a form of the lab says: its fields, and the actions that they stand for.

use std::collections::HashMap;

use axum::{
    body::to_bytes,
    extract::Request,
    http::{StatusCode, header},
};
use coatroom::lab::action::{Action, InvalidAction, Party, Place};

use super::world_page::Hold;

/// The most bytes of a form: a trace to play is the longest.
const MAX_FORM: usize = 256 * 1024;
/// The most actions of one form.
const MAX_ACTIONS: usize = 20;

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
        let fields = form_urlencoded::parse(&bytes);
        Ok(Self(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }

    /// A field that says something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The actions that the form asks for: `do` in the words of actions, apart by `;`, or a request put together of
    /// `who`, `ask`, `at` and `hold`, or a parameter `set` to its `value` in its `unit`.
    pub(super) fn actions(&self) -> Result<Vec<Action>, InvalidAction> {
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
        lines.take(MAX_ACTIONS).map(str::parse).collect()
    }
}

/// The tab of that number; the first where it is none.
pub(super) fn tab(number: Option<&str>) -> Party {
    let number: usize = number.and_then(|number| number.parse().ok()).unwrap_or(1);
    number.checked_sub(1).and_then(|index| Party::TABS.get(index)).copied().unwrap_or(Party::Tab1)
}

/// The number of a tab, as forms have it.
pub(super) fn tab_number(tab: Party) -> usize {
    Party::TABS.iter().position(|each| *each == tab).map_or(1, |index| index + 1)
}
