//! The addresses of the lab.

use coatroom_lab::{
    curriculum::Part,
    scenario::{self, Scenario},
};

/// The thing that is at an address of the lab.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// All lessons.
    Learn,
    /// The same, at the address that the tour had before.
    Tour,
    /// The end of a part of the curriculum.
    Part(&'static Part),
    /// The statements of the documents that the lab grew from.
    Seeds,
    /// The questions of an interview, each answered by doing.
    Interview,
    /// The beginning of a lesson.
    Lesson(&'static Scenario),
    Index,
    Rule,
    Formats,
    /// The advice on which architecture to take.
    Choose,
    /// The architectures, measured.
    Compare,
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
    /// Returns the thing at the address with these parts; `None` if it is none of the lab's.
    pub(super) fn parse(parts: &[&'a str]) -> Option<Self> {
        Some(match *parts {
            ["learn"] => Self::Learn,
            ["lab", "tour"] => Self::Tour,
            ["learn", "seeds"] => Self::Seeds,
            ["learn", "interview"] => Self::Interview,
            ["learn", slug] => match Part::find(slug) {
                Some(part) => Self::Part(part),
                None => Self::Lesson(scenario::find(slug)?),
            },
            ["lab"] => Self::Index,
            ["lab", "rule"] => Self::Rule,
            ["lab", "formats"] => Self::Formats,
            ["lab", "choose"] => Self::Choose,
            ["lab", "compare"] => Self::Compare,
            ["x-ray"] | ["lab", "x-ray"] => Self::XRay,
            ["lab", "worlds"] => Self::Worlds,
            ["lab", "world", id] => Self::World(id),
            ["lab", "world", id, name] => Self::Trace(id, File::parse(name)?),
            ["lab", slug] => Self::Scenario(scenario::find(slug)?),
            _ => return None,
        })
    }

    /// Returns its methods, as `Allow` has them.
    pub(super) const fn allowed(self) -> &'static str {
        match self {
            Self::Worlds => "POST",
            Self::Learn | Self::XRay | Self::World(_) => "GET,HEAD,POST",
            Self::Tour
            | Self::Part(_)
            | Self::Seeds
            | Self::Interview
            | Self::Lesson(_)
            | Self::Index
            | Self::Rule
            | Self::Formats
            | Self::Choose
            | Self::Compare
            | Self::Trace(..)
            | Self::Scenario(_) => "GET,HEAD",
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
    use coatroom_lab::seeds::{STATEMENTS, Shown};

    use super::*;

    #[test]
    fn an_address_is_one_of_the_labs_or_nothing() {
        for (address, allowed) in [
            ("", None),
            ("labs", None),
            ("learn", Some("GET,HEAD,POST")),
            ("learn/five-tabs", Some("GET,HEAD")),
            ("learn/the-next-ticket", Some("GET,HEAD")),
            ("learn/tour", None),
            ("learn/seeds", Some("GET,HEAD")),
            ("learn/interview", Some("GET,HEAD")),
            ("lab", Some("GET,HEAD")),
            ("lab/tour", Some("GET,HEAD")),
            ("lab/formats", Some("GET,HEAD")),
            ("lab/choose", Some("GET,HEAD")),
            ("lab/compare", Some("GET,HEAD")),
            ("x-ray", Some("GET,HEAD,POST")),
            ("lab/x-ray", Some("GET,HEAD,POST")),
            ("lab/worlds", Some("POST")),
            ("lab/five-tabs", Some("GET,HEAD")),
            ("lab/six-tabs", None),
            ("lab/world", None),
            ("lab/world/x", Some("GET,HEAD,POST")),
            ("lab/world/x/trace.json", Some("GET,HEAD")),
            ("lab/world/x/trace.exe", None),
            ("lab/world/x/trace.json/y", None),
        ] {
            let parts: Vec<&str> = address.split('/').filter(|part| !part.is_empty()).collect();
            assert_eq!(Target::parse(&parts).map(Target::allowed), allowed, "{address}");
        }
    }

    #[test]
    fn a_statement_of_the_documents_leads_to_a_page() {
        for statement in STATEMENTS {
            let address = match statement.shown {
                Shown::Lesson(slug) => format!("/learn/{slug}"),
                Shown::Page(address, _) => address.to_owned(),
                Shown::Nowhere(_) => continue,
            };
            let parts: Vec<&str> = address.split('/').filter(|part| !part.is_empty()).collect();
            assert!(Target::parse(&parts).is_some(), "{address}");
        }
    }
}
