//! The origin, in the very form in which browsers send it: a form that differs from theirs would refuse every post.

use std::net::SocketAddr;

use url::{Host, Url};

use super::stop::{Stop, wrong};

const ORIGIN: &str = "COATROOM_ORIGIN";

/// Checks an origin that the operator wrote.
pub(super) fn checked(text: &str) -> Result<String, Stop> {
    read(text).or_else(|reason| wrong(ORIGIN, reason))
}

/// Reads an origin, or says what is wrong with it.
pub(super) fn read(text: &str) -> Result<String, String> {
    let refuse = |why: &str| Err(format!("'{text}' {why}"));
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return refuse("has no scheme, such as https://");
        }
        Err(error) => return refuse(&format!("is no origin: {error}")),
    };
    // Opaque origins are "null". A part that the parser had to change is not what a browser sends: upper case, a
    // default port, a path, an address in another form, a name that is not ASCII.
    let sent = url.origin().ascii_serialization();
    if !["http", "https"].contains(&url.scheme()) {
        return refuse("must begin with https://");
    }
    if sent != text {
        return refuse(&format!("must be scheme://host[:port], as browsers send it: {sent}"));
    }
    if url.port() == Some(0) {
        return refuse("must not have port 0");
    }
    let local = match url.host() {
        Some(Host::Domain(name)) if !is_name(name) => {
            return refuse(
                "has an invalid host name: use letters, digits and hyphens between dots",
            );
        }
        // Browsers take each name below it for this machine, too (RFC 6761 §6.3).
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return refuse("has no host"),
    };
    if url.scheme() == "http" && !local {
        return Err(
            "must be https, or browsers drop the cookies; http only on localhost".to_owned()
        );
    }
    Ok(sent)
}

/// Returns the origin of a demo that was given none.
pub(super) fn of_demo(address: SocketAddr) -> Result<String, Stop> {
    let ip = address.ip();
    let host = match address {
        // All addresses of the machine: the person in front of it opens localhost.
        _ if ip.is_unspecified() => "localhost".to_owned(),
        SocketAddr::V4(_) => ip.to_string(),
        SocketAddr::V6(_) => format!("[{ip}]"),
    };
    let local = ip.is_unspecified() || ip.is_loopback();
    match (local, address.port()) {
        (false, _) => wrong(
            ORIGIN,
            format!("is required if the demo listens on {address}, such as https://example.com"),
        ),
        (true, 0) => {
            wrong(ORIGIN, "is required if the port is 0, because the system then chooses one")
        }
        (true, 80) => Ok(format!("http://{host}")),
        (true, port) => Ok(format!("http://{host}:{port}")),
    }
}

/// Returns true for a name of the DNS (RFC 1123 §2.1), with the underscores that some have.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        for good in [
            "https://example.com",
            "https://a.example:8443",
            "https://xn--bcher-kva.example",
            "https://192.0.2.1",
            "https://[2001:db8::1]:8443",
            "http://localhost:3000",
            "http://localhost",
            "http://a.localhost:3200",
            "http://127.0.0.1:3000",
            "http://127.8.8.8",
            "http://[::1]:3000",
        ] {
            assert_eq!(checked(good).expect("good"), good);
        }
        for bad in [
            "",
            "null",
            "*",
            "example.com",
            "//example.com",
            "http://example.com",
            "http://localhost.evil.example",
            "http://[::2]",
            "https:example.com",
            "https://",
            "https://*",
            "https://*.example.com",
            "https://example.com/",
            "https://example.com/a",
            "https://example.com?a",
            "https://example.com#a",
            "https://Example.com",
            "HTTPS://example.com",
            "https://bücher.example",
            "https://user@example.com",
            "https://example.com:443",
            "https://example.com:",
            "https://example.com:0",
            "https://example.com:99999",
            "https://example.com:8x",
            "http://localhost:80",
            "https://a..example",
            "https://.example",
            "https://example.com.",
            "https://-a.example",
            "https://exa mple.com",
            "https://example.com,https://b.example",
            "https://0x7f.1",
            "https://127.1",
            "https://[2001:DB8::1]",
            "https://[2001:db8:0::1]",
            "https://[::1",
            "ftp://localhost",
            "data:text",
        ] {
            let stop = checked(bad).expect_err(bad).to_string();
            assert!(stop.starts_with("COATROOM_ORIGIN: "), "{stop}");
        }
    }

    #[test]
    fn a_demo_without_an_origin_has_that_of_its_address() {
        for (address, origin) in [
            ("127.0.0.1:3000", Some("http://127.0.0.1:3000")),
            ("127.0.0.1:80", Some("http://127.0.0.1")),
            ("[::1]:3000", Some("http://[::1]:3000")),
            ("0.0.0.0:3000", Some("http://localhost:3000")),
            ("192.0.2.1:3000", None),
            ("127.0.0.1:0", None),
        ] {
            let made = of_demo(address.parse().expect("an address"));
            assert_eq!(made.as_ref().ok().map(String::as_str), origin, "{address}");
            if let Ok(origin) = made {
                assert_eq!(checked(&origin).expect("as browsers send it"), origin);
            }
        }
    }
}
