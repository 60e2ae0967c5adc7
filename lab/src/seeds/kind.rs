//! The kinds of statements.

/// The part that a statement has in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The working and the cost of sessions.
    Sessions,
    /// The working and the cost of signed tokens.
    Tokens,
    /// Refreshing.
    Refresh,
    /// The faults that come first.
    Failure,
    /// Advice.
    Guideline,
    /// A picture for it.
    Analogy,
    /// A question of an interview.
    Question,
}

impl Kind {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 7] = [
        Self::Sessions,
        Self::Tokens,
        Self::Refresh,
        Self::Failure,
        Self::Guideline,
        Self::Analogy,
        Self::Question,
    ];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sessions => "Sessions that a server keeps",
            Self::Tokens => "Tokens that a server signs",
            Self::Refresh => "Refreshing",
            Self::Failure => "What fails first",
            Self::Guideline => "What to do, and what not",
            Self::Analogy => "Pictures",
            Self::Question => "Questions of an interview",
        }
    }
}
