//! The things that all visitors of one world have in common, beside the world itself.

/// The last thing that happened: for a visitor who does not see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing yet.
    Nothing,
    /// Something was done in the world.
    Acted,
    /// It began anew.
    BegunAnew,
    /// The lesson went on by a step.
    Stepped,
    /// The lesson went back by a step.
    WentBack,
    /// A token was forged, or is shown as it is again.
    Forged,
    /// The clock was stopped, or runs.
    Paced,
    /// It stopped by itself, as the world is full.
    Full,
    /// Time alone made another thing of the owner's access token.
    Turned,
}

/// A part of a world's page that costs more than a look, and is there once a visitor asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fold {
    /// The trace under each policy.
    Policies,
    /// The X-ray of the owner's access token.
    XRay,
    /// The trace as text.
    Export,
}

impl Fold {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Policies, Self::XRay, Self::Export];

    /// Its name in forms.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::XRay => "xray",
            Self::Export => "export",
        }
    }

    /// The one of that name.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fold| fold.slug() == slug)
    }
}

/// The pace of a world's clock between actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It stands still: time passes when a visitor says so.
    Stopped,
    /// It runs with the machine's.
    Running,
}
