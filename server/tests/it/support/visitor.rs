//! A browser that goes from one host to another, with a jar for each, and stops at every redirect.

use std::{collections::BTreeMap, net::SocketAddr};

use super::raw::{HERE, Raw, Reply};

/// A site as a browser sees it: an origin, and the address that its name is resolved to.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) origin: &'static str,
    pub(crate) at: SocketAddr,
}

impl Site {
    fn host(&self) -> &'static str {
        self.origin.split_once("://").expect("an origin").1
    }

    /// Returns the path and the rest of an address of this site.
    #[track_caller]
    pub(crate) fn path<'a>(&self, address: &'a str) -> &'a str {
        address.strip_prefix(self.origin).unwrap_or_else(|| panic!("{address} is elsewhere"))
    }
}

/// The jars of a browser, by host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visitor(BTreeMap<&'static str, BTreeMap<String, String>>);

impl Visitor {
    /// Opens an address, as a link or a redirect of another site does.
    pub(crate) async fn open(&mut self, site: &Site, path: &str) -> Reply {
        self.ask(site, &format!("GET {path}"), "sec-fetch-site: cross-site\r\n", "").await
    }

    /// Posts a form of the site's own page.
    pub(crate) async fn post(&mut self, site: &Site, path: &str, form: &str) -> Reply {
        let from = format!("sec-fetch-site: same-origin\r\norigin: {}\r\n", site.origin);
        self.post_from(site, path, &from, form).await
    }

    /// Posts a form that says by these lines which page it is of.
    pub(crate) async fn post_from(
        &mut self,
        site: &Site,
        path: &str,
        from: &str,
        form: &str,
    ) -> Reply {
        let lines = format!("content-type: application/x-www-form-urlencoded\r\n{from}");
        self.ask(site, &format!("POST {path}"), &lines, form).await
    }

    pub(crate) async fn ask(&mut self, site: &Site, what: &str, lines: &str, body: &str) -> Reply {
        let jar = self.0.entry(site.host()).or_default();
        let pairs: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = match &*pairs.join("; ") {
            "" => String::new(),
            pairs => format!("cookie: {pairs}\r\n"),
        };
        let lines = format!("host: {}\r\naccept: text/html\r\n{cookie}{lines}", site.host());
        let reply = Raw::ask(HERE, site.at, what, &lines, body).await;
        for set in reply.headers("set-cookie") {
            let (pair, attributes) = set.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            if value.is_empty() || attributes.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Returns the cookies of a site whose names begin so, by name.
    pub(crate) fn cookies(&self, site: &Site, start: &str) -> Vec<(&str, &str)> {
        let jar = self.0.get(site.host()).into_iter().flatten();
        let pairs = jar.map(|(name, value)| (&**name, &**value));
        pairs.filter(|(name, _)| name.starts_with(start)).collect()
    }
}
