//! Serves a request in a rerun: chooses the session that it comes from among those it holds, and sets cookies.

use coatroom::clock::Timestamp;

use super::{
    life::{Access, Cookies, Held, Jar},
    rerun::{Rerun, Worth, request},
};
use crate::action::{Ask, Database, Party, Place, Request};

impl Rerun<'_> {
    /// The decision of a node about a request.
    pub(super) fn serve(&mut self, Request { from, ask, at }: Request, jar: &Jar) -> Cookies {
        // Service B has no sessions, what another site posts is refused before anything is looked at, and without a
        // database nothing is set.
        if at == Place::ServiceB || !from.is_at_home() || self.database == Database::Down {
            return Cookies::default();
        }
        self.asked = at;
        let now = self.here.at;
        let recognized = |held: &Held| {
            let access = held.access.filter(|access| self.worth(access) != Worth::Invalid);
            Held { access, ..*held }
        };
        let held: Vec<Held> = jar
            .held
            .iter()
            .map(recognized)
            .filter(|held| held.access.is_some() || held.refresh.is_some())
            .collect();
        for access in held.iter().filter_map(|held| held.access) {
            if let Some(life) = self.sessions.get_mut(access.session) {
                life.server.show(now, access.token);
            }
        }
        let dead: Vec<usize> = held
            .iter()
            .map(|held| held.session)
            .filter(|session| held.len() > 1 && self.is_over(*session))
            .collect();
        // A request proves by an access token in its time, or by a refresh token, that it comes from a session.
        let in_time = |access: Access| now < Timestamp::from_seconds(access.expires_at);
        let proves = |held: &&Held| held.refresh.is_some() || held.access.is_some_and(in_time);
        let own: Vec<usize> = held.iter().filter(proves).map(|held| held.session).collect();
        let newest = self.newest(&held);
        let good = newest.is_some_and(|held| self.is_good(&held));
        match ask {
            Ask::Refresh => {
                let about =
                    newest.or_else(|| held.iter().copied().find(|held| held.refresh.is_some()));
                let (set, _) = about.map_or((None, false), |held| self.refresh(held, from));
                Cookies { set, forget: Vec::new() }
            }
            Ask::Reload => self.reload(held, dead, from),
            Ask::SignIn => {
                let mut cookies = self.sign_in(from, &own);
                cookies.forget = own.into_iter().chain(dead).collect();
                cookies
            }
            Ask::SignOutEverywhere if !good => Cookies::default(),
            Ask::SignOut | Ask::SignOutEverywhere => {
                let everywhere = ask == Ask::SignOutEverywhere;
                for (session, life) in self.sessions.iter_mut().enumerate() {
                    if everywhere || own.contains(&session) {
                        life.end(request(from), self.here);
                    }
                }
                let forget = held.iter().map(|held| held.session).collect();
                Cookies { set: None, forget }
            }
            Ask::Call | Ask::Use | Ask::Admin | Ask::Post if good => {
                Cookies { set: None, forget: dead }
            }
            Ask::Call | Ask::Use | Ask::Admin | Ask::Post => Cookies::default(),
        }
    }

    /// Goes on with the newest session that lives, for a page, and refreshes if its access token is not good.
    fn reload(&mut self, mut held: Vec<Held>, mut dead: Vec<usize>, from: Party) -> Cookies {
        while let Some(newest) = self.newest(&held) {
            if self.is_good(&newest) {
                return Cookies { set: None, forget: dead };
            }
            let (set, over) = self.refresh(newest, from);
            if !over {
                return Cookies { forget: if set.is_some() { dead } else { Vec::new() }, set };
            }
            dead.push(newest.session);
            held.retain(|held| held.session != newest.session);
        }
        Cookies::default()
    }

    /// Returns the newest session held that lives and can be gone on with. Rows are read only if there are several.
    pub(super) fn newest(&self, held: &[Held]) -> Option<Held> {
        let alone = held.len() == 1;
        let usable = |held: &&Held| {
            let lives = alone || !self.is_over(held.session);
            lives && (held.refresh.is_some() || self.is_good(held))
        };
        let began = |held: &&Held| self.sessions.get(held.session).map(|life| life.lived.began_at);
        held.iter().filter(usable).max_by_key(began).copied()
    }

    fn is_over(&self, session: usize) -> bool {
        self.sessions.get(session).is_none_or(|life| life.over(self.here.at).is_some())
    }

    fn is_good(&self, held: &Held) -> bool {
        held.access.is_some_and(|access| self.worth(&access) == Worth::Good)
    }
}
