//! The systems that the policies are told from, with their windows and their documents.

use super::Policy;

/// A system that works so, and what of it is played here.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Its name, with the version or the setting that makes it work so.
    pub name: &'static str,
    /// Its own window, and the default of that window.
    pub window: &'static str,
    /// The time that stands for that window here.
    pub grace: Grace,
    /// The document that tells of it: a name with a number or a section, and an address.
    pub source: (&'static str, &'static str),
    /// The end of its forgiveness, and anything that is played otherwise than there.
    pub note: &'static str,
}

/// The window of a policy in a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// The G of the world that is compared, whatever the system's own window is.
    Yours,
    /// None: the policy measures no time.
    None,
}

impl Policy {
    /// The system that it stands for.
    pub const fn system(self) -> System {
        match self {
            Self::Strict => System {
                name: "RFC 9700; Keycloak with Revoke Refresh Token on and Max Reuse 0",
                window: "none; Keycloak's reuse is 0 by default, and its revoking is off",
                grace: Grace::None,
                source: (
                    "RFC 9700 §4.14.2",
                    "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2",
                ),
                note: "Whoever presents a spent token ends the session for all who share it.",
            },
            Self::Rerotate => System {
                name: "SuperTokens core 12.1 (CDI 5.6)",
                window: "30 s from the rotation, 0 to 300 s",
                grace: Grace::Yours,
                source: (
                    "supertokens/supertokens-core #1301",
                    "https://github.com/supertokens/supertokens-core/issues/1301",
                ),
                note: "A token that was displaced within the window is dead from then on, and \
                       presenting it ends the session, as does the spent one after the window.",
            },
            Self::AccessOnly => System {
                name: "django-oauth-toolkit 1.2, before #702",
                window: "0 s; 120 s are suggested, from the first use",
                grace: Grace::Yours,
                source: (
                    "jazzband/django-oauth-toolkit #702",
                    "https://github.com/jazzband/django-oauth-toolkit/issues/702",
                ),
                note: "After the window the session ends here, as RFC 9700 asks; that version only \
                       refused.",
            },
            Self::Branch => System {
                name: "Ory Hydra, graceful refresh token rotation",
                window: "0 s, which is off; at most 5 min, from the first use",
                grace: Grace::Yours,
                source: ("ory/docs #1959", "https://github.com/ory/docs/pull/1959"),
                note: "All branches are one chain: a token that is used after its window ends every \
                       one of them.",
            },
            Self::FromRotation => System {
                name: "django-oauth-toolkit 3 with reuse protection; any cache of answers, of 60 s, say",
                window: "0 s; 120 s are suggested, from the first use",
                grace: Grace::Yours,
                source: (
                    "django-oauth-toolkit, settings: REFRESH_TOKEN_GRACE_PERIOD_SECONDS",
                    "https://django-oauth-toolkit.readthedocs.io/en/latest/settings.html",
                ),
                note: "Older tokens are answered as well within their own windows (#1617).",
            },
            Self::UntilUsed => System {
                name: "Matrix (MSC2918, Synapse); Airlock IAM 7.7 with its grace period",
                window: "none in Matrix; in Airlock up to the life of the token",
                grace: Grace::None,
                source: (
                    "MSC2918",
                    "https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/2918-refreshtokens.md",
                ),
                note: "Only the newest successor is good, and a refusal ends nothing. SuperTokens up \
                       to CDI 5.5 kept every successor until one was used, and ended the session \
                       with the next.",
            },
            Self::OneBehind => System {
                name: "Supabase Auth",
                window: "the parent of the current token always; any other 10 s from the rotation",
                grace: Grace::Yours,
                source: ("supabase/auth #466", "https://github.com/supabase/auth/pull/466"),
                note: "A copy that stays one behind is answered for as long as the session lives.",
            },
            Self::Coatroom => System {
                name: "this house",
                window: "30 s, the demo 5 s, from the first proof that the successor arrived",
                grace: Grace::Yours,
                source: ("the rule, row by row", "/lab/rule"),
                note: "Until that proof, for as long as the session lives.",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use coatroom::{ServerSecret, config::AuthConfig};

    use super::*;
    use crate::setting::Setting;

    #[test]
    fn the_window_of_this_house_is_its_default() {
        let secret = ServerSecret::new(ServerSecret::generate()).expect("a secret");
        let library = AuthConfig::new("https://house.example", secret).grace.as_secs();
        let said = format!("{library} s, the demo {} s,", Setting::DEFAULT.grace_ms / 1000);
        assert!(Policy::Coatroom.system().window.starts_with(&said), "{said}");
    }

    #[test]
    fn each_policy_names_its_system_its_window_and_a_source() {
        for policy in Policy::ALL {
            let System { name, window, source: (title, href), note, .. } = policy.system();
            for text in [name, window, title, note] {
                assert!(!text.is_empty() && !text.contains("  "), "{policy:?}: {text:?}");
            }
            let ours = policy == Policy::Coatroom;
            assert_eq!(href.starts_with('/'), ours, "{href}");
            assert!(ours || href.starts_with("https://"), "{href}");
        }
    }
}
