//! The network of a world: what is under way moves on, is lost, or is doubled.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom::{
    session::SessionId,
    web::{CookieKind, CookiePolicy},
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{ActError, EntryKind, World};
use crate::{
    action::{Ask, Party, Place, Request, Slip},
    house::slip,
    jar::Jar,
    message::{Message, Phase},
};

/// Number of ids that an attacker tries.
const TRIES: u32 = 1_000;

impl World {
    /// Calls as the application's client does: if a refresh is due, it refreshes once and calls again, which proves
    /// that the new tokens arrived.
    pub(super) async fn use_it(&mut self, request: Request) -> Result<(), ActError> {
        let call = Request { ask: Ask::Call, ..request };
        let expired = |message: &Message| {
            let answer = message.answer.as_ref();
            answer.and_then(|answer| answer.error.as_deref()) == Some("access_expired")
        };
        let number = self.round_trip(call).await?;
        if self.message(number).is_some_and(expired) {
            let number = self.round_trip(Request { ask: Ask::Refresh, ..request }).await?;
            let refreshed = self.message(number).and_then(|message| message.answer.as_ref());
            if refreshed.is_some_and(|answer| answer.status == 200) {
                self.round_trip(call).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn round_trip(&mut self, request: Request) -> Result<u32, ActError> {
        // The node is started first: if it does not start, nothing was sent. No request without a jar starts one.
        self.jar(request.from)?;
        let _it_runs = self.node(request.at).await?;
        let number = self.send(request)?;
        self.deliver(number).await?;
        self.deliver(number).await?;
        Ok(number)
    }

    pub(super) async fn ask_in_vain(&mut self, request: Request) -> Result<(), ActError> {
        self.jar(request.from)?;
        let _it_runs = self.node(request.at).await?;
        let number = self.send(request)?;
        self.deliver(number).await?;
        self.lose(number)
    }

    pub(super) async fn deliver(&mut self, number: u32) -> Result<(), ActError> {
        let message = self.message(number).ok_or(ActError::NotUnderWay(number))?;
        let request = message.request;
        if message.phase == Phase::Asked {
            let message = message.clone();
            let headers = self.under_way.get(&number).ok_or(ActError::NotUnderWay(number))?.clone();
            let reached = self.node(request.at).await?;
            let (headers, answer) = self.exchange(reached, message, headers).await?;
            self.size += answer.weight();
            self.put(number, headers);
            let message = self.message_mut(number)?;
            (message.phase, message.answer) = (Phase::Answered, Some(answer));
            self.enter(EntryKind::Served(number));
        } else {
            let (headers, now) = (self.take(number)?, self.now());
            let jar = match request.from {
                Party::Thief => self.thief.as_mut(),
                _ => Some(&mut self.owner),
            };
            if let Some(jar) = jar {
                jar.receive(&headers, now);
            }
            self.message_mut(number)?.phase = Phase::Received;
            self.enter(EntryKind::Received(number));
        }
        Ok(())
    }

    pub(super) fn lose(&mut self, number: u32) -> Result<(), ActError> {
        self.take(number)?;
        let message = self.message_mut(number)?;
        let (phase, kind) = match message.phase {
            Phase::Asked => (Phase::RequestLost, EntryKind::RequestLost(number)),
            _ => (Phase::AnswerLost, EntryKind::AnswerLost(number)),
        };
        message.phase = phase;
        self.enter(kind);
        Ok(())
    }

    pub(super) fn double(&mut self, number: u32) -> Result<(), ActError> {
        let headers = self.under_way.get(&number).ok_or(ActError::NotUnderWay(number))?.clone();
        let original = self.message(number).ok_or(ActError::NotUnderWay(number))?;
        let copy = Message { number: self.next(), copy_of: Some(number), ..original.clone() };
        self.size += copy.weight();
        self.put(copy.number, headers);
        self.enter(EntryKind::Doubled(copy.number));
        self.messages.push(copy);
        Ok(())
    }

    /// Has the attacker try a thousand ids, and keep the first that lets them in. A house that draws its ids at random is
    /// tried with ids of the same form.
    pub(super) async fn guess(&mut self) -> Result<(), ActError> {
        self.jar(Party::Thief)?;
        let by_number = self.setting.slip == Slip::KeepsId;
        let drawn = CookiePolicy::default()
            .cookie_name(CookieKind::Session, SessionId::from_bytes([7; 16]));
        let name = if by_number { slip::SID } else { &drawn };
        for number in slip::FIRST_ID..slip::FIRST_ID + TRIES {
            let value = if by_number { number.to_string() } else { made_up(number) };
            let mut jar = Jar::of(name, &value);
            let request = Request { from: Party::Thief, ask: Ask::Call, at: Place::NodeA };
            if self.try_out(request, &mut jar).await? == 200 {
                self.thief = Some(jar);
                break;
            }
        }
        Ok(())
    }

    /// Puts something under way, in the place of what was by that number.
    pub(super) fn put(&mut self, number: u32, headers: HeaderMap) {
        self.size += headers_weight(&headers);
        let before = self.under_way.insert(number, headers);
        self.size -= before.as_ref().map_or(0, headers_weight);
    }

    /// Takes what is under way by that number away from there.
    fn take(&mut self, number: u32) -> Result<HeaderMap, ActError> {
        let headers = self.under_way.remove(&number).ok_or(ActError::NotUnderWay(number))?;
        self.size -= headers_weight(&headers);
        Ok(headers)
    }
}

/// Returns a session token that no server derived, another for each number.
fn made_up(number: u32) -> String {
    let mut id = [7; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    format!("os1.{}.{}", SessionId::from_bytes(id), URL_SAFE_NO_PAD.encode([7; 32]))
}

/// The approximate size of headers, in bytes, the cookies in them above all.
fn headers_weight(headers: &HeaderMap) -> usize {
    let pair = size_of::<(HeaderName, HeaderValue)>();
    headers.iter().map(|(name, value)| pair + name.as_str().len() + value.len()).sum()
}
