//! The choices of a visitor on a world's page: in fields of its forms, and in its address.

use std::borrow::Cow;

use coatroom_lab::action::{Party, Place};

use super::{
    form::{self, Form},
    tab::Tab,
};

/// The choices of a visitor on the page, which no other visitor shares.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// The tab that the page is.
    pub(super) tab: Party,
    /// The party that asks next.
    pub(super) who: Party,
    /// The node that is asked.
    pub(super) at: Place,
    /// The choice whether messages stay under way.
    pub(super) hold: Hold,
    /// The part of the list that is shown.
    pub(super) list: List,
    /// The layout of a lesson's page.
    pub(super) shown: Shown,
    /// The controls that are folded at first.
    pub(super) hand: Hand,
}

/// The layout of a lesson's page: a stage with one panel on it, or all panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The panel that the step names.
    Named,
    /// The panel of that tab.
    Tab(Tab),
    /// All panels, as in a world without a lesson.
    All,
}

/// The state of the controls beside the suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    Open,
    Folded,
}

impl Shown {
    /// The word for all panels.
    const ALL: &str = "all";

    /// Parses a field; a value that is none is the panel that the step names.
    fn parse(value: Option<&str>) -> Self {
        match value {
            Some(Self::ALL) => Self::All,
            Some(slug) => Tab::parse(slug).map_or(Self::Named, Self::Tab),
            None => Self::Named,
        }
    }

    /// Returns it as a field; nothing for the panel that the step names.
    pub(super) const fn word(self) -> Option<&'static str> {
        match self {
            Self::Named => None,
            Self::Tab(tab) => Some(tab.slug()),
            Self::All => Some(Self::ALL),
        }
    }
}

/// The part of the list of what happened that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// The newest entries.
    Newest,
    /// All of it.
    Whole,
}

/// The choice whether messages stay under way until a visitor delivers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Yes,
    No,
}

impl Hold {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Yes => "on",
            Self::No => "off",
        }
    }
}

impl Choice {
    pub(super) fn of_form(form: &Form) -> Self {
        Self::of(|name| form.get(name).map(str::to_owned))
    }

    pub(super) fn of_query(query: Option<&str>) -> Self {
        Self::of(|name| form::in_query(query, name).map(Cow::into_owned))
    }

    fn of(get: impl Fn(&str) -> Option<String>) -> Self {
        let tab = form::tab(get("tab").as_deref());
        let find = |all: &[Party], word: &str| all.iter().copied().find(|each| each.word() == word);
        let who = get("who").and_then(|who| find(Party::ALL, &who)).unwrap_or(tab);
        let at = get("at")
            .and_then(|at| Place::ALL.iter().copied().find(|place| place.word() == at))
            .unwrap_or(Place::NodeA);
        let holds = get("hold").is_some_and(|hold| hold == Hold::Yes.word());
        let hold = if holds { Hold::Yes } else { Hold::No };
        let list = if get("list").is_some() { List::Whole } else { List::Newest };
        // A tab that is pressed counts more than the one that the page remembers.
        let shown = Shown::parse(get("see").or_else(|| get("panel")).as_deref());
        let hand = if get("hand").is_some() { Hand::Open } else { Hand::Folded };
        Self { tab, who, at, hold, list, shown, hand }
    }

    /// Leaves to a script what is unfolded: it keeps that as the visitor has it, and a panel that did not change is not
    /// drawn anew.
    pub(super) fn leave_folds(&mut self) {
        self.hand = Hand::Folded;
    }

    /// Turns to the panel that a lesson's step names, unless all panels are shown.
    pub(super) fn turn_to_step(&mut self) {
        if self.shown != Shown::All {
            self.shown = Shown::Named;
        }
    }

    /// Returns the same, for an address.
    pub(super) fn query(&self) -> String {
        let (tab, who) = (form::tab_number(self.tab), self.who.word());
        let list = if self.list == List::Whole { "&list=whole" } else { "" };
        let hand = if self.hand == Hand::Open { "&hand=open" } else { "" };
        let panel = self.shown.word().map(|word| format!("&panel={word}")).unwrap_or_default();
        let (at, hold) = (self.at.word(), self.hold.word());
        format!("?tab={tab}&who={who}&at={at}&hold={hold}{list}{hand}{panel}")
    }
}
