//! The fields of the configuration, by name.

use std::fmt;

use super::AuthConfig;

/// Declares the enum of fields, each with the name that it has in [`AuthConfig`].
macro_rules! fields {
    ($(#[$doc:meta])* $enum:ident { $($variant:ident = $name:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum {
            $(#[doc = concat!("[`AuthConfig::", stringify!($name), "`].")] $variant),+
        }

        impl $enum {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name of the field.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($name)),+ }
            }
        }

        // The compiler finds a name that is no field.
        const _: fn(&AuthConfig) = |config| { $(let _ = &config.$name;)+ };
    };
}

fields! {
    /// A field of [`AuthConfig`] that [`check`](AuthConfig::check) may refuse. It is exhaustive: an application that
    /// maps fields to settings of its own learns of a new one from its compiler.
    Field {
        Issuer = issuer,
        Audience = audience,
        Realm = realm,
        OldSecrets = old_secrets,
        AccessTtl = access_ttl,
        Scheme = scheme,
        TokenTtl = token_ttl,
        ClockSkew = clock_skew,
        JwksMaxAge = jwks_max_age,
        Grace = grace,
        Replays = replays,
        LockStep = lock_step,
        Feed = feed,
        Browser = browser,
        Remembered = remembered,
        Retention = retention,
        Passwords = passwords,
        Hashing = hashing,
        Guessing = guessing,
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
