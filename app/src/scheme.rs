//! The names of the schemes in a document, by which a page knows which parts it has.

/// Both tokens.
pub const HYBRID: &str = "hybrid";
/// An opaque token alone.
pub const OPAQUE: &str = "opaque";
