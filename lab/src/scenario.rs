//! The scenarios of the lab, as data: what is done in a world, what is to be looked at, what each
//! request must be answered.
//!
//! One text is the page, the test and the documentation, so that none of them can drift from the
//! others. Nothing is run here: the lines of [`Deed::acts`] are [actions](super::action), and the
//! lines of [`Stage::shows`] what a [`World`](super::world::World) says came of each request that
//! was answered, in order. Invariant: all of it is constant, and a branch never depends on what was
//! done in another one.

mod a_to_b_once;
mod another_site_posts;
mod deny_one_or_all;
mod each_lookup;
mod every_request;
mod fifty_lost_answers;
mod five_tabs;
mod four_seals;
mod from_admin_to_user;
mod idle_and_absolute;
mod late_after_sign_in;
mod lost_response;
mod plain_http;
mod planted_id;
mod planted_script;
mod read_a_payload;
mod reload_after_expiry;
mod restart_and_outage;
mod service_b_with_keys;
mod sign_in;
mod sign_out_against_refresh;
mod sign_out_everywhere;
mod sign_out_keeps_a_copy;
mod signed_and_wrong;
mod signing_key_rotates;
mod silent_refresh;
mod slow_answer;
mod stolen_token_lives;
mod store_is_down;
mod thieves;
mod three_questions;
mod too_much;
mod twenty_clicks;
mod two_clubs;
mod two_nodes;
mod who_can_forge;

use super::setting::Setting;

/// All scenarios, by number.
pub const ALL: [&Scenario; 36] = [
    &sign_in::SCENARIO,
    &silent_refresh::SCENARIO,
    &reload_after_expiry::SCENARIO,
    &five_tabs::SCENARIO,
    &lost_response::SCENARIO,
    &slow_answer::SCENARIO,
    &thieves::SCENARIO,
    &sign_out_against_refresh::SCENARIO,
    &sign_out_everywhere::SCENARIO,
    &from_admin_to_user::SCENARIO,
    &another_site_posts::SCENARIO,
    &planted_script::SCENARIO,
    &signing_key_rotates::SCENARIO,
    &who_can_forge::SCENARIO,
    &a_to_b_once::SCENARIO,
    &restart_and_outage::SCENARIO,
    &fifty_lost_answers::SCENARIO,
    &late_after_sign_in::SCENARIO,
    &every_request::SCENARIO,
    &three_questions::SCENARIO,
    &two_clubs::SCENARIO,
    &each_lookup::SCENARIO,
    &two_nodes::SCENARIO,
    &store_is_down::SCENARIO,
    &twenty_clicks::SCENARIO,
    &idle_and_absolute::SCENARIO,
    &stolen_token_lives::SCENARIO,
    &deny_one_or_all::SCENARIO,
    &sign_out_keeps_a_copy::SCENARIO,
    &service_b_with_keys::SCENARIO,
    &plain_http::SCENARIO,
    &planted_id::SCENARIO,
    &read_a_payload::SCENARIO,
    &too_much::SCENARIO,
    &signed_and_wrong::SCENARIO,
    &four_seals::SCENARIO,
];

/// The scenario of that slug.
pub fn find(slug: &str) -> Option<&'static Scenario> {
    ALL.into_iter().find(|scenario| scenario.slug == slug)
}

/// The scenarios of the guided tour, in its order.
pub fn tour() -> Vec<&'static Scenario> {
    let mut places: Vec<_> =
        ALL.into_iter().filter_map(|scenario| Some((scenario.tour?, scenario))).collect();
    places.sort_by_key(|(place, _)| *place);
    places.into_iter().map(|(_, scenario)| scenario).collect()
}

/// A minute and a half in a world, with one thing to understand.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its number, which it keeps.
    pub number: u8,
    /// Its name in addresses.
    pub slug: &'static str,
    /// A short claim or question.
    pub title: &'static str,
    /// The question of a person who needs it.
    pub question: &'static str,
    /// The stakes, told before anything runs.
    pub claim: &'static str,
    /// The world it runs in.
    pub setting: Setting,
    /// The ways it can go.
    pub branches: &'static [Branch],
    /// The failure that the rule exists for.
    pub failure: &'static str,
    /// The limit of what this shows.
    pub caveat: &'static str,
    /// The standards that say so, and the public reports of what went wrong.
    pub sources: &'static [Source],
    /// Its place in the guided tour, from 1.
    pub tour: Option<u8>,
}

/// One of the ways a scenario can go, from the beginning.
#[derive(Clone, Copy, Debug)]
pub struct Branch {
    /// Its name in addresses, unlike those of the others.
    pub slug: &'static str,
    /// Its name in the choice of branches.
    pub name: &'static str,
    /// Its world, if that is another than the scenario's.
    pub setting: Option<Setting>,
    /// Its steps, in order.
    pub stages: &'static [Stage],
}

/// A step: what is the case, a prediction, the deeds, and one thing to look at when they are done.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// The text on what is the case, and what is about to happen.
    pub say: &'static str,
    /// The question on what will come of it, wherever something is decided.
    pub predict: Option<Prediction>,
    /// The deeds, in order: the learner does each of them.
    pub deeds: &'static [Deed],
    /// The thing to look at.
    pub look: Look,
    /// The outcome of each request that is answered, as [`World::outcomes`](super::world::World::outcomes) says it.
    pub shows: &'static [&'static str],
}

impl Branch {
    /// The length of time that its learner chooses, if there is one.
    pub fn dial(&self) -> Option<Dial> {
        self.stages.iter().flat_map(|stage| stage.deeds).find_map(|deed| deed.dial)
    }
}

impl Stage {
    /// The actions of its deeds, in order; with that length of time, in minutes, if they name one.
    pub fn acts(&self, minutes: u32) -> impl Iterator<Item = String> + use<> {
        self.deeds.iter().flat_map(move |deed| deed.lines(minutes))
    }

    /// The guess of that number, if its prediction has one.
    pub fn guess(&self, number: usize) -> Option<&'static Guess> {
        self.predict.as_ref()?.guesses.get(number)
    }

    /// The guess that comes true, if there is a prediction.
    pub fn right(&self) -> Option<&'static Guess> {
        self.predict.as_ref()?.guesses.iter().find(|guess| guess.truth == Truth::Right)
    }
}

/// A deed that a learner does with one press.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    /// The words on its button, which name it.
    pub says: &'static str,
    /// The actions that it does: an [`Action`](super::action::Action) each. `{life}` stands for the length of time that
    /// the learner chooses, and `{almost}` for a second less.
    pub acts: &'static [&'static str],
    /// The choice that comes with it.
    pub dial: Option<Dial>,
}

/// A length of time that a learner chooses, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dial {
    /// The words before it.
    pub label: &'static str,
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// The length at which it stands until it is moved.
    pub stands_at: u32,
}

impl Dial {
    /// Returns true for a length of time that may be chosen.
    pub const fn takes(&self, minutes: u32) -> bool {
        self.least <= minutes && minutes <= self.most
    }
}

impl Deed {
    const fn new(says: &'static str, acts: &'static [&'static str]) -> Self {
        Self { says, acts, dial: None }
    }

    const fn chosen(says: &'static str, dial: Dial, acts: &'static [&'static str]) -> Self {
        Self { says, acts, dial: Some(dial) }
    }

    /// The actions that it does, with that length of time, in minutes, if they name one.
    pub fn lines(&self, minutes: u32) -> impl Iterator<Item = String> + use<> {
        let [life, almost] = [minutes * 60, (minutes * 60).saturating_sub(1)];
        self.acts.iter().map(move |act| {
            act.replace("{life}", &format!("{life}s")).replace("{almost}", &format!("{almost}s"))
        })
    }
}

/// A panel to look at, and what there is to see.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The panel.
    pub panel: Panel,
    /// The thing to be seen there.
    pub at: &'static str,
}

impl Look {
    const fn new(panel: Panel, at: &'static str) -> Self {
        Self { panel, at }
    }
}

/// The parts of a scenario's page that show something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The sign-in: whose it is, until when, in which generation.
    Now,
    /// The messages under way, with their headers.
    Network,
    /// Each request and answer as an arrow, with what was decided and written.
    Diagram,
    /// The generations of the session.
    Lineage,
    /// The cookies of each browser.
    CookieJar,
    /// The cost: reads, writes, bytes; and the stopwatch.
    Cost,
    /// The token that was made last, or the owner's, and each check of it.
    XRay,
    /// The same trace under other rules.
    Policies,
}

impl Panel {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Diagram,
        Self::Network,
        Self::CookieJar,
        Self::Lineage,
        Self::Now,
        Self::Cost,
        Self::XRay,
        Self::Policies,
    ];

    /// The heading of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Now => "Now",
            Self::Network => "On the network",
            Self::Diagram => "What happens",
            Self::Lineage => "Lineage · refresh tokens",
            Self::CookieJar => "Cookie jar",
            Self::Cost => "Cost",
            Self::XRay => "X-ray · the token",
            Self::Policies => "Same trace, eight rules",
        }
    }
}

/// A question on what a deed will come to, asked before it is done.
#[derive(Clone, Copy, Debug)]
pub struct Prediction {
    /// The question.
    pub asks: &'static str,
    /// The guesses to choose from, two or three; one of them is right.
    pub guesses: &'static [Guess],
}

/// Something that may be predicted.
#[derive(Clone, Copy, Debug)]
pub struct Guess {
    /// The guess.
    pub text: &'static str,
    /// The truth of it.
    pub truth: Truth,
    /// The reason why it comes so, or does not, told after the deed to a learner who chose it.
    pub because: &'static str,
}

impl Guess {
    const fn right(text: &'static str, because: &'static str) -> Self {
        Self { text, truth: Truth::Right, because }
    }

    const fn wrong(text: &'static str, because: &'static str) -> Self {
        Self { text, truth: Truth::Wrong, because }
    }
}

/// The truth of a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It is right.
    Right,
    /// It is wrong.
    Wrong,
}

/// A document in which something can be read.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The point that it makes, with the section or the number.
    pub name: &'static str,
    /// Its address.
    pub href: &'static str,
}

impl Source {
    const fn new(name: &'static str, href: &'static str) -> Self {
        Self { name, href }
    }
}

impl Scenario {
    /// The branch of that slug.
    pub fn branch(&self, slug: &str) -> Option<&'static Branch> {
        self.branches.iter().find(|branch| branch.slug == slug)
    }

    /// The world that a branch of it runs in.
    pub fn setting_of(&self, branch: &Branch) -> Setting {
        branch.setting.unwrap_or(self.setting)
    }
}
