//! The settings of the handshake between services: the receivers of service A, and all that service B knows of A.

use std::{path::Path, str::FromStr, time::Duration};

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use coatroom::handshake::{HandshakeForm, MAX_HANDSHAKE_TTL, SharedSecret};
use url::Url;

use super::{
    origin, secret,
    settings::Command,
    stop::{Stop, wrong},
};

/// The most characters of a receiver's name.
const MAX_NAME: usize = 32;
const HANDOFF: &str = "COATROOM_HANDOFF";
const ISSUER: &str = "COATROOM_HANDSHAKE_ISSUER";
const KEYS: &str = "COATROOM_HANDSHAKE_KEYS";

/// The flags and variables.
#[derive(Clone, Debug, Args)]
pub(super) struct HandshakeSettings {
    /// The services that users may continue to, as NAME=CALLBACK, separated by commas, such as
    /// b=https://b.example/arrive; `#paseto` or `#hs256` behind it chooses the form of token [default form: jwt]
    #[arg(global = true, long, env = "COATROOM_HANDOFF", value_delimiter = ',')]
    handoff: Vec<Receiver>,
    /// The lifetime of a token for another service, at most 60s
    #[arg(global = true, long, env = "COATROOM_HANDOFF_TTL", value_parser = humantime::parse_duration, default_value = "60s")]
    handoff_ttl: Duration,
    /// For `service-b`: the origin of the service that vouches for its users
    #[arg(global = true, long, env = "COATROOM_HANDSHAKE_ISSUER")]
    handshake_issuer: Option<String>,
    /// For `service-b`: its name there
    #[arg(global = true, long, env = "COATROOM_HANDSHAKE_NAME", value_parser = name, default_value = "b")]
    handshake_name: String,
    /// For `service-b`: the form of the tokens that it takes; `hs256` needs a shared secret
    #[arg(global = true, long, env = "COATROOM_HANDSHAKE_FORM", value_parser = form(), default_value = "jwt")]
    handshake_form: HandshakeForm,
    /// For `service-b`: the URL of the key set [default: the one of the form at the issuer's origin]
    #[arg(global = true, long, env = "COATROOM_HANDSHAKE_KEYS")]
    handshake_keys: Option<String>,
}

/// A service that users may continue to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The name that it is asked for by.
    pub name: String,
    /// The address that the browser brings a token to.
    pub callback: String,
    /// The origin of that address: the audience of tokens.
    pub origin: String,
    /// The form of its tokens.
    pub form: HandshakeForm,
}

/// The handshakes that a server begins.
#[derive(Clone, Debug)]
pub struct Handoff {
    pub receivers: Vec<Receiver>,
    pub ttl: Duration,
}

/// The knowledge that service B has of service A.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The origin of A.
    pub issuer: String,
    /// The name of B at A.
    pub name: String,
    pub keys: ArrivalKeys,
}

/// The keys by which service B checks tokens.
#[derive(Clone, Debug)]
pub enum ArrivalKeys {
    /// The URL of a JWK set.
    Jwks(Url),
    /// The URL of a set of PASERK texts.
    Paserks(Url),
    /// The shared secret, and former ones.
    Shared(Vec<SharedSecret>),
}

impl HandshakeSettings {
    /// Checks the receivers of a server with that origin.
    pub(super) fn handoff(&self, own: &str) -> Result<Handoff, Stop> {
        for (index, receiver) in self.handoff.iter().enumerate() {
            let before = &self.handoff[..index];
            if before.iter().any(|other| other.name == receiver.name) {
                return wrong(HANDOFF, format!("there are two receivers '{}'", receiver.name));
            }
            // An audience is one service. Two names for it would share the secret of HS256.
            if receiver.origin == own || before.iter().any(|other| other.origin == receiver.origin)
            {
                return wrong(HANDOFF, format!("there are two services at {}", receiver.origin));
            }
        }
        let ttl = self.handoff_ttl;
        if !(Duration::from_secs(1)..=MAX_HANDSHAKE_TTL).contains(&ttl) {
            return wrong("COATROOM_HANDOFF_TTL", "must be between 1s and 60s");
        }
        Ok(Handoff { receivers: self.handoff.clone(), ttl })
    }

    /// Checks what service B, with that origin, is told of A; nothing, if the command is another one.
    pub(super) fn arrival(
        &self,
        command: &Command,
        data: &Path,
        own: &str,
    ) -> Result<Option<Arrival>, Stop> {
        if !matches!(command, Command::ServiceB) {
            return Ok(None);
        }
        let Some(issuer) = &self.handshake_issuer else {
            return wrong(
                ISSUER,
                "is required: the origin of service A, such as https://a.example",
            );
        };
        let issuer = origin::read(issuer).or_else(|reason| wrong(ISSUER, reason))?;
        if issuer == own {
            return wrong(ISSUER, "must be another origin than COATROOM_ORIGIN");
        }
        let url = |path: &str| {
            let url = self.handshake_keys.clone().unwrap_or_else(|| format!("{issuer}{path}"));
            key_url(&url).or_else(|reason| wrong(KEYS, format!("'{url}' {reason}")))
        };
        let keys = match self.handshake_form {
            HandshakeForm::Hs256 => ArrivalKeys::Shared(secret::read_shared(data)?),
            HandshakeForm::Paseto => {
                ArrivalKeys::Paserks(url(coatroom::web::HANDSHAKE_PASERKS_PATH)?)
            }
            _ => ArrivalKeys::Jwks(url(coatroom::web::HANDSHAKE_JWKS_PATH)?),
        };
        let name = self.handshake_name.clone();
        Ok(Some(Arrival { issuer, name, keys }))
    }
}

impl FromStr for Receiver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (named, callback) = text
            .trim()
            .split_once('=')
            .ok_or("it must be NAME=CALLBACK, such as b=https://b.example/arrive")?;
        let named = name(named)?;
        let (callback, chosen) = match callback.split_once('#') {
            Some((callback, chosen)) => {
                let form = HandshakeForm::parse(chosen);
                (callback, form.ok_or("the form behind # must be jwt, paseto or hs256")?)
            }
            None => (callback, HandshakeForm::Jwt),
        };
        let url = Url::parse(callback).map_err(|error| format!("the callback: {error}"))?;
        let at = origin::read(&url.origin().ascii_serialization())
            .map_err(|reason| format!("the callback's origin {reason}"))?;
        // The token is its one parameter; and the parser must have changed nothing.
        if url.query().is_some()
            || url.as_str() != callback
            || !callback.starts_with(&format!("{at}/"))
        {
            return Err(format!(
                "the callback must be an address without a query, as browsers write it: {url}"
            ));
        }
        Ok(Self { name: named, callback: callback.to_owned(), origin: at, form: chosen })
    }
}

/// Reads a receiver's name, which is shown to users and stands in addresses.
fn name(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err(format!("a name must be 1 to {MAX_NAME} lower-case letters, digits and hyphens"))
    }
}

/// Reads the URL of a key set: over https, or on this machine.
fn key_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    origin::read(&url.origin().ascii_serialization())?;
    if url.username().is_empty() && url.password().is_none() && url.fragment().is_none() {
        Ok(url)
    } else {
        Err("must have no user name and no fragment".to_owned())
    }
}

/// Parses a form by its name.
fn form() -> impl TypedValueParser<Value = HandshakeForm> {
    let help = |form| match form {
        HandshakeForm::Jwt => "A JWT signed with Ed25519: this service holds public keys alone",
        HandshakeForm::Hs256 => "A JWT with an HMAC: this service shares a secret with the issuer",
        _ => "A PASETO v4.public",
    };
    let names = HandshakeForm::ALL.iter();
    let names = names.map(move |form| PossibleValue::new(form.as_str()).help(help(*form)));
    PossibleValuesParser::new(names)
        .try_map(|given| HandshakeForm::parse(&given).ok_or("it is not a possible value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_a_name_an_address_and_a_form() {
        for (text, callback, origin, form) in [
            (
                "b=https://b.example/arrive",
                "https://b.example/arrive",
                "https://b.example",
                HandshakeForm::Jwt,
            ),
            (
                " b-2=http://b.localhost:3201/a/b#paseto",
                "http://b.localhost:3201/a/b",
                "http://b.localhost:3201",
                HandshakeForm::Paseto,
            ),
            (
                "b=https://b.example/#hs256",
                "https://b.example/",
                "https://b.example",
                HandshakeForm::Hs256,
            ),
        ] {
            let read: Receiver = text.parse().expect(text);
            assert_eq!(
                (&*read.callback, &*read.origin, read.form),
                (callback, origin, form),
                "{text}"
            );
        }
        for bad in [
            "",
            "b",
            "=https://b.example/arrive",
            "B=https://b.example/arrive",
            "b<=https://b.example/arrive",
            "b=",
            "b=/arrive",
            "b=javascript:alert(1)",
            "b=http://b.example/arrive",
            "b=https://b.example",
            "b=https://b.example/arrive?x=1",
            "b=https://b.example/arrive#none",
            "b=https://b.example/../arrive",
            "b=https://B.example/arrive",
            "b=https://user@b.example/arrive",
            "b=https://b.example:443/arrive",
            "b=https://b.example/a b",
        ] {
            assert!(bad.parse::<Receiver>().is_err(), "{bad}");
        }
    }
}
