//! The tabs of a lesson's stage: one panel is on it, and the others are a press away.

use coatroom_lab::{action::Slip, scenario::Panel, setting::Setting};

/// A tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    /// A panel that steps of lessons name.
    Panel(Panel),
    /// Every message with its headers and rows.
    Entries,
    /// The controls of a world without a lesson.
    Hand,
}

impl Tab {
    /// All of them, in their order.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Panel::ALL.into_iter().map(Self::Panel).chain([Self::Entries, Self::Hand])
    }

    /// Returns true if it shows something in worlds of that setting: without refresh tokens there is no lineage, and no
    /// rule to compare; and a number that the house gave out names no session.
    pub(super) fn is_of(self, setting: Setting) -> bool {
        match self {
            Self::Panel(Panel::Lineage | Panel::Policies) => setting.carrier.rotates(),
            Self::Panel(Panel::Now) => setting.slip != Slip::KeepsId,
            _ => true,
        }
    }

    /// Returns the tab of that slug.
    pub(super) fn parse(slug: &str) -> Option<Self> {
        Self::all().find(|tab| tab.slug() == slug)
    }

    /// Returns the name in addresses and forms.
    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::Panel(Panel::Now) => "now",
            Self::Panel(Panel::Network) => "network",
            Self::Panel(Panel::Diagram) => "diagram",
            Self::Panel(Panel::Lineage) => "lineage",
            Self::Panel(Panel::CookieJar) => "jar",
            Self::Panel(Panel::Cost) => "cost",
            Self::Panel(Panel::XRay) => "xray",
            Self::Panel(Panel::Policies) => "policies",
            Self::Entries => "entries",
            Self::Hand => "hand",
        }
    }

    /// Returns the words on it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Panel(Panel::Now) => "Now",
            Self::Panel(Panel::Network) => "Network",
            Self::Panel(Panel::Diagram) => "What happens",
            Self::Panel(Panel::Lineage) => "Lineage",
            Self::Panel(Panel::CookieJar) => "Cookie jar",
            Self::Panel(Panel::Cost) => "Cost",
            Self::Panel(Panel::XRay) => "X-ray",
            Self::Panel(Panel::Policies) => "Eight rules",
            Self::Entries => "In words",
            Self::Hand => "By hand",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_is_found_by_its_slug_and_no_other() {
        let all: Vec<Tab> = Tab::all().collect();
        assert_eq!(all.len(), 10);
        for tab in all {
            assert_eq!(Tab::parse(tab.slug()), Some(tab));
        }
        assert_eq!(Tab::parse("all"), None);
    }
}
