//! The addresses of the lab.

use coatroom_lab::scenario::{self, Scenario};

/// The thing that is at an address of the lab.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    Index,
    Tour,
    Rule,
    XRay,
    /// The receiver of forms that begin a world.
    Worlds,
    /// A world, by the text of its id.
    World(&'a str),
    /// A world's trace in one of its forms.
    Trace(&'a str, File),
    Scenario(&'static Scenario),
}

/// A form of a trace to take along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
    Json,
    Mermaid,
    Svg,
    Report,
}

impl<'a> Target<'a> {
    /// Returns the thing at the address with these parts below `/lab`; `None` if there is nothing.
    pub(super) fn parse(parts: &[&'a str]) -> Option<Self> {
        Some(match *parts {
            [] => Self::Index,
            ["tour"] => Self::Tour,
            ["rule"] => Self::Rule,
            ["x-ray"] => Self::XRay,
            ["worlds"] => Self::Worlds,
            ["world", id] => Self::World(id),
            ["world", id, name] => Self::Trace(id, File::parse(name)?),
            [slug] => Self::Scenario(scenario::find(slug)?),
            _ => return None,
        })
    }

    /// Returns its methods, as `Allow` has them.
    pub(super) const fn allowed(self) -> &'static str {
        match self {
            Self::Worlds => "POST",
            Self::XRay | Self::World(_) => "GET,HEAD,POST",
            Self::Index | Self::Tour | Self::Rule | Self::Trace(..) | Self::Scenario(_) => {
                "GET,HEAD"
            }
        }
    }
}

impl File {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Json, Self::Mermaid, Self::Svg, Self::Report];

    /// Returns the last part of its address.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Json => "trace.json",
            Self::Mermaid => "trace.mmd",
            Self::Svg => "trace.svg",
            Self::Report => "trace.txt",
        }
    }

    /// Returns the words of its link.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Json => "JSON, to play again",
            Self::Mermaid => "Mermaid",
            Self::Svg => "SVG, to print",
            Self::Report => "Text, for a report",
        }
    }

    /// Returns its type of content.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Svg => "image/svg+xml",
            Self::Mermaid | Self::Report => "text/plain; charset=utf-8",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_the_labs_or_nothing() {
        for (address, allowed) in [
            ("", Some("GET,HEAD")),
            ("tour", Some("GET,HEAD")),
            ("x-ray", Some("GET,HEAD,POST")),
            ("worlds", Some("POST")),
            ("five-tabs", Some("GET,HEAD")),
            ("six-tabs", None),
            ("world", None),
            ("world/x", Some("GET,HEAD,POST")),
            ("world/x/trace.json", Some("GET,HEAD")),
            ("world/x/trace.exe", None),
            ("world/x/trace.json/y", None),
        ] {
            let parts: Vec<&str> = address.split('/').filter(|part| !part.is_empty()).collect();
            assert_eq!(Target::parse(&parts).map(Target::allowed), allowed, "{address}");
        }
    }
}
