//! A world lived through again under one policy: another world, on the real engine, in which every step of the first
//! is done once more at its time.

use coatroom::{
    auth::Access,
    clock::Timestamp,
    session::{Decision, EndReason, Invalid, Session, SessionId},
    store::{Event, EventKind},
};

use super::{Cause, End, Lived, Moment, Standing};
use crate::{
    action::{Action, Ask, Database, Party, Place, Reach, Request},
    jar::Shown,
    policy::Policy,
    world::{ActError, EntryKind, World},
};

/// A world as it would have been, and what is seen only while it lasts.
#[derive(Debug)]
pub(super) struct Rerun {
    world: World,
    /// The sessions, in the order in which they began; what their rows say is not yet in it.
    noted: Vec<(SessionId, Lived)>,
    /// The sessions and generations of tokens that were refused, as they will always be.
    refused: Vec<(SessionId, u64)>,
}

impl Rerun {
    /// Lives it through.
    pub(super) async fn new(first: &World, policy: Policy) -> Result<Self, ActError> {
        let world = World::under(policy, first.began()).await?;
        let mut rerun = Self { world, noted: Vec::new(), refused: Vec::new() };
        for (session, _) in rerun.world.sessions().await {
            rerun.noted.push((session.id, Lived::new(Party::Tab1, session.created_at)));
        }
        for (entry, kind) in first.timeline().iter().map(|entry| entry.kind).enumerate() {
            let Some(step) = first.step(kind) else { continue };
            rerun.world.repeat(step).await?;
            let at = rerun.world.now();
            match kind {
                EntryKind::Served(message) => {
                    rerun.note_answer(Moment { at, entry, message: Some(message) });
                }
                EntryKind::Done(Action::Steal) => rerun.note_theft(at),
                EntryKind::Done(Action::Deny(Reach::Session)) => {
                    rerun.note_denial(Moment { at, entry, message: None }).await;
                }
                _ => {}
            }
        }
        Ok(rerun)
    }

    fn note_answer(&mut self, here: Moment) {
        let Self { world, noted, refused } = self;
        let Some(message) = here.message.and_then(|number| world.message(number)) else { return };
        let (Some(answer), by) = (&message.answer, message.request.from) else { return };
        let begun = answer.changes.iter().filter(|change| change.before.is_none());
        noted.extend(begun.map(|change| (change.session, Lived::new(by, here.at))));
        let cause = if by == Party::Thief { Cause::RequestOfThief } else { Cause::Request };
        for ended in answer.ended() {
            if let Some(lived) = find(noted, ended) {
                lived.end.get_or_insert(End { cause, at: here });
            }
        }
        // Had a session of the request lived and known its token, the decision would be about that one.
        if answer.decision == Some(Decision::Invalid(Invalid::Unrecognized)) {
            let held: Vec<_> = tokens(&world.owner().shown(here.at)).collect();
            for token in tokens(&message.cookies) {
                // A tab that was late is not out while its jar has a newer pair.
                if let Some(lived) = find(noted, token.0)
                    && lived.end.is_none()
                    && by != Party::Thief
                    && held.contains(&token)
                {
                    lived.refused.get_or_insert(here);
                }
                refused.push(token);
            }
        }
    }

    fn note_theft(&mut self, at: Timestamp) {
        for id in self.world.owner().shown(at).iter().filter_map(|cookie| cookie.session) {
            if let Some(lived) = find(&mut self.noted, id)
                && lived.end.is_none()
            {
                lived.stolen_at.get_or_insert(at);
            }
        }
    }

    /// Notes the session that an operator has just ended: the one that is over, and not by an answer.
    async fn note_denial(&mut self, here: Moment) {
        for (row, _) in self.world.sessions().await {
            if row.revoked.is_some()
                && let Some(lived) = find(&mut self.noted, row.id)
            {
                lived.end.get_or_insert(End { cause: Cause::Operator, at: here });
            }
        }
    }

    /// The sessions, with what their rows say in the end.
    pub(super) async fn sessions(&self) -> Vec<Lived> {
        let rows = self.world.sessions().await;
        let noted = self.noted.iter().map(|(_, lived)| lived);
        noted.zip(rows.iter().rev()).map(|(lived, row)| lived.with(row)).collect()
    }

    /// The worth of a jar in the end: the answer to a refresh once the access token is past its time, as a client makes
    /// it, if owner and thief did nothing else.
    pub(super) async fn standing(mut self, of: Party) -> Result<Standing, ActError> {
        self.world.repeat(Action::Database(Database::Up)).await?;
        let out = self.out(of).await?;
        let good = match self.world.standing(of).await? {
            Some(Access::Valid(info)) => Some(info.claims.expires_at().since(self.world.now())),
            _ => None,
        };
        if let Some(left) = good {
            let wait = u32::try_from(left.as_millis()).unwrap_or(u32::MAX);
            self.world.repeat(Action::Wait(wait)).await?;
        }
        let refresh = Request { from: of, ask: Ask::Refresh, at: Place::NodeA };
        self.world.repeat(Action::Ask(refresh)).await?;
        let answer = self.world.messages().last().and_then(|message| message.answer.as_ref());
        // A client that is told to wait is not out.
        let is_in = answer.is_some_and(|answer| matches!(answer.status, 200 | 429));
        Ok(match (is_in, good, out) {
            (true, ..) => Standing::SignedIn,
            (false, None, Some(cause)) => Standing::SignedOut(cause),
            _ => Standing::Spent,
        })
    }

    /// The cause for which no refresh token of a jar is worth a try, if none is.
    async fn out(&self, of: Party) -> Result<Option<Cause>, ActError> {
        let (jar, now) = (self.world.jar(of)?, self.world.now());
        let (lived, rows) = (self.sessions().await, self.world.sessions().await);
        let over = |session: SessionId| {
            let place = self.noted.iter().position(|(id, _)| *id == session)?;
            let end = lived.get(place)?.end.map(|end| end.cause);
            let expired = rows.iter().rev().nth(place)?.0.end_reason(now).map(|_| Cause::Expiry);
            end.or(expired)
        };
        let mut causes = Vec::new();
        for token in tokens(&jar.shown(now)) {
            let refusal = self.refused.contains(&token).then_some(Cause::Refusal);
            let Some(cause) = over(token.0).or(refusal) else { return Ok(None) };
            causes.push(cause);
        }
        // Of an empty jar, it is the end of the session that was in it last.
        let last = jar.session().map(|session| over(session).unwrap_or(Cause::Request));
        Ok(causes.first().copied().or(last).or(Some(Cause::NeverIn)))
    }
}

fn find(noted: &mut [(SessionId, Lived)], session: SessionId) -> Option<&mut Lived> {
    noted.iter_mut().find(|(id, _)| *id == session).map(|(_, lived)| lived)
}

/// The sessions and generations of the refresh tokens among these cookies.
fn tokens(cookies: &[Shown]) -> impl Iterator<Item = (SessionId, u64)> {
    cookies.iter().filter_map(|cookie| cookie.session.zip(cookie.generation))
}

impl Lived {
    const fn new(by: Party, at: Timestamp) -> Self {
        Self {
            by,
            began_at: at,
            rotated_at: at,
            stolen_at: None,
            reported: None,
            refused: None,
            end: None,
        }
    }

    /// The same, with what the session's row and its events say. What came after its time ended nothing.
    fn with(&self, (row, events): &(Session, Vec<Event>)) -> Self {
        let in_time = |at: Timestamp| at < row.idle_expires_at.min(row.absolute_expires_at);
        let by_rule = row.revoked.is_some_and(|end| end.reason == EndReason::Reuse);
        let cause = |end: End| End { cause: if by_rule { Cause::Rule } else { end.cause }, ..end };
        let reported = events.iter().rfind(|event| event.kind == EventKind::LockStep);
        Self {
            rotated_at: row.rotated_at,
            stolen_at: self.stolen_at.filter(|at| in_time(*at)),
            reported: reported.map(|event| event.at),
            refused: self.refused.filter(|here| in_time(here.at)),
            end: self.end.filter(|end| in_time(end.at.at)).map(cause),
            ..*self
        }
    }
}
