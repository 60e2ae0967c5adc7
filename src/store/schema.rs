//! The schema of a database: whether it is the one that this program needs, and whether the program may change it.

/// The treatment of a database's schema when a store is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Migrate {
    /// An older schema is brought up to date, which needs the right to change it.
    #[default]
    Auto,
    /// The schema is looked at, and nothing is changed: an older one is [`SchemaError::Older`].
    Off,
}

/// The reason why a database's schema is not the one that this program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// There is no file, or nothing in it, and none was to be made.
    #[error("there is no database")]
    Missing,
    /// It lacks what this program needs, and was not to be changed.
    #[error("the database is older than this program: it lacks migration {lacks}")]
    Older {
        /// The first one that is missing.
        lacks: i64,
    },
    /// It was changed by a newer version of the program.
    #[error("the database is newer than this program: it has migration {has}")]
    Newer {
        /// The first one that is unknown here.
        has: i64,
    },
    /// A migration was applied that reads otherwise in this program.
    #[error(
        "migration {0} of the database differs from this program's: another program made it, or it was altered"
    )]
    Differs(i64),
    /// A migration broke off half way.
    #[error(
        "migration {0} of the database did not finish: restore the database, and migrate again"
    )]
    Unfinished(i64),
}
