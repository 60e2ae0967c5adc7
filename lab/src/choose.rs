//! The choice of an architecture: six questions, and the advice that follows from their answers.
//!
//! The questions are those of the five documents that the lab grew from. Invariant: no line of a configuration
//! contradicts an answer, each reason names an answer that was given, and what an architecture costs is said with it.

mod advice;
mod configuration;
mod documents;
mod flow;
mod reasons;

pub use self::{
    advice::{Advice, Experiment, Reason, Scheme, advise},
    configuration::Line,
    documents::{Opinion, Take, Verdict},
    flow::{FLOWS, Flow, Step},
};

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The time until access has ended.
    End,
    /// The services that check a credential.
    Services,
    /// The services among them that belong to others.
    Parties,
    /// The store that is there.
    Store,
    /// The clients.
    Clients,
    /// The time for which a stolen token works.
    Stolen,
}

/// An answer to one of the questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Access ends at the next request, at every server.
    NextRequest,
    /// Access ends in seconds.
    Moment,
    /// Access may end with the token.
    Expiry,
    /// One service on one server.
    OneServer,
    /// One service on several servers.
    SeveralServers,
    /// Several services.
    SeveralServices,
    /// No service of others.
    OursAlone,
    /// Services of others as well.
    ThirdParties,
    /// No store.
    NoStore,
    /// A database of PostgreSQL.
    Postgres,
    /// Redis, or Valkey.
    Redis,
    /// Browsers.
    Browsers,
    /// Apps on telephones.
    Mobile,
    /// Programs without a person in front.
    Programs,
    /// A stolen token works for a minute.
    Minute,
    /// A stolen token works for fifteen minutes.
    Quarter,
    /// A stolen token works for a day.
    Day,
}

impl Question {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 6] =
        [Self::End, Self::Services, Self::Parties, Self::Store, Self::Clients, Self::Stolen];

    /// Its name in addresses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Services => "services",
            Self::Parties => "parties",
            Self::Store => "store",
            Self::Clients => "clients",
            Self::Stolen => "stolen",
        }
    }

    /// The question in words.
    pub const fn asks(self) -> &'static str {
        match self {
            Self::End => "Must access end at once?",
            Self::Services => "How many services check who you are?",
            Self::Parties => "Do third parties check it as well?",
            Self::Store => "Which store is there already?",
            Self::Clients => "What are the clients?",
            Self::Stolen => "How long may a stolen token work?",
        }
    }

    /// The case that it is about.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::End => {
                "An account is locked, a role is taken away, a lost telephone is signed out."
            }
            Self::Services => "A service is a program with data of its own.",
            Self::Parties => "A partner's server that takes your users' tokens, for instance.",
            Self::Store => "One that all of your servers reach, and that you run anyway.",
            Self::Clients => "Take the most frequent.",
            Self::Stolen => "While the theft has not been noticed.",
        }
    }

    /// Its answers.
    pub const fn answers(self) -> &'static [Answer] {
        use Answer::{
            Browsers, Day, Expiry, Minute, Mobile, Moment, NextRequest, NoStore, OneServer,
            OursAlone, Postgres, Programs, Quarter, Redis, SeveralServers, SeveralServices,
            ThirdParties,
        };
        match self {
            Self::End => &[NextRequest, Moment, Expiry],
            Self::Services => &[OneServer, SeveralServers, SeveralServices],
            Self::Parties => &[OursAlone, ThirdParties],
            Self::Store => &[NoStore, Postgres, Redis],
            Self::Clients => &[Browsers, Mobile, Programs],
            Self::Stolen => &[Minute, Quarter, Day],
        }
    }
}

impl Answer {
    /// Its name in addresses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::NextRequest => "next-request",
            Self::Moment => "moment",
            Self::Expiry => "expiry",
            Self::OneServer => "one-server",
            Self::SeveralServers => "several-servers",
            Self::SeveralServices => "several-services",
            Self::OursAlone => "ours",
            Self::ThirdParties => "third-parties",
            Self::NoStore => "none",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Browsers => "browsers",
            Self::Mobile => "mobile",
            Self::Programs => "programs",
            Self::Minute => "minute",
            Self::Quarter => "quarter",
            Self::Day => "day",
        }
    }

    /// The answer in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NextRequest => "Yes, at the next request",
            Self::Moment => "Within a few seconds",
            Self::Expiry => "No, it may wait until the token expires",
            Self::OneServer => "One service, on one server",
            Self::SeveralServers => "One service, on several servers",
            Self::SeveralServices => "Several services of ours",
            Self::OursAlone => "No",
            Self::ThirdParties => "Yes",
            Self::NoStore => "None",
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis or Valkey",
            Self::Browsers => "Browsers",
            Self::Mobile => "Apps on telephones",
            Self::Programs => "Programs",
            Self::Minute => "A minute",
            Self::Quarter => "Fifteen minutes",
            Self::Day => "A day",
        }
    }

    /// The question that it answers.
    pub fn question(self) -> Question {
        let answered = |question: &Question| question.answers().contains(&self);
        Question::ALL.into_iter().find(answered).unwrap_or(Question::End)
    }
}

/// An answer to each question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers([Answer; 6]);

impl Answers {
    /// The answers that Coatroom's defaults are made for.
    pub const HOUSE: Self = Self([
        Answer::Moment,
        Answer::OneServer,
        Answer::OursAlone,
        Answer::NoStore,
        Answer::Browsers,
        Answer::Quarter,
    ]);

    /// Reads answers by their names, which `given` returns for a question's. One that is missing or unknown is the
    /// house's.
    pub fn parse<'a>(
        mut given: impl FnMut(&'static str) -> Option<std::borrow::Cow<'a, str>>,
    ) -> Self {
        let mut answers = Self::HOUSE;
        for (question, answer) in Question::ALL.into_iter().zip(&mut answers.0) {
            let name = given(question.slug());
            let known = question.answers().iter();
            let found = known.copied().find(|each| name.as_deref() == Some(each.slug()));
            *answer = found.unwrap_or(*answer);
        }
        answers
    }

    /// The answers, in the order of their questions.
    pub const fn all(self) -> [Answer; 6] {
        self.0
    }

    /// Returns whether this answer was given.
    pub fn has(self, answer: Answer) -> bool {
        self.0.contains(&answer)
    }

    /// Returns whether other services check a credential, which cannot look into the house's store.
    fn leaves_the_house(self) -> bool {
        self.has(Answer::SeveralServices) || self.has(Answer::ThirdParties)
    }

    /// Returns a query that gives these answers.
    pub fn query(self) -> String {
        let pairs = Question::ALL.into_iter().zip(self.0);
        let pairs: Vec<_> = pairs
            .map(|(question, answer)| format!("{}={}", question.slug(), answer.slug()))
            .collect();
        format!("?{}", pairs.join("&"))
    }
}

#[cfg(test)]
mod tests;
