//! The steps of a visitor before a measurement: they sign up or in, and keep their cookies.

use std::net::SocketAddr;

use crate::{
    client::{Answer, Connection, get, post},
    loops::expect,
};

/// The password of every visitor, as a form has it.
const PASSWORD: &str = "a+quiet+harbour+at+dawn";

/// The cookies of one visitor.
#[derive(Clone, Debug, Default)]
pub struct Jar(Vec<(String, String)>);

impl Jar {
    /// Takes in what an answer sets. Returns true if it set a refresh token.
    pub fn take(&mut self, answer: &Answer<'_>) -> bool {
        let mut rotated = false;
        for (name, value) in answer.cookies() {
            rotated |= name.contains("refresh");
            match self.0.iter_mut().find(|(held, _)| *held == name) {
                Some((_, held)) => *held = value,
                None => self.0.push((name, value)),
            }
        }
        rotated
    }

    /// The value of the header.
    pub fn header(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}

/// Returns the form of a sign-in or a sign-up at Coatroom.
pub fn form(email: &str) -> String {
    format!("email={}&password={PASSWORD}&stay=on", email.replace('@', "%40"))
}

/// Signs a visitor up at Coatroom.
pub async fn sign_up(address: SocketAddr, email: &str) -> Result<Jar, String> {
    signed(address, "/api/sign_up", &form(email)).await
}

/// Signs a visitor in at axum-login's peer.
pub async fn sign_in_at_peer(address: SocketAddr) -> Result<Jar, String> {
    let form = format!("email=bench%40example.com&password={PASSWORD}");
    signed(address, "/api/sign_in", &form).await
}

async fn signed(address: SocketAddr, path: &str, form: &str) -> Result<Jar, String> {
    let mut jar = Jar::default();
    let request = post(address, path, "", form);
    once(address, &request, |answer| {
        expect(answer, 200).map_err(|error| format!("{path}: {error}"))?;
        jar.take(answer);
        Ok(())
    })
    .await?;
    Ok(jar)
}

/// Returns the headers of an answer to `path`, without those that every server sets by itself.
pub async fn headers(address: SocketAddr, path: &str, jar: &Jar) -> Result<Vec<String>, String> {
    const OWN: [&str; 4] = ["content-type", "content-length", "date", "set-cookie"];
    let mut lines = Vec::new();
    once(address, &get(address, path, &jar.header()), |answer| {
        expect(answer, 200)?;
        let all = answer.headers().into_iter();
        let theirs = all.filter(|(name, _)| !OWN.contains(&&**name));
        lines = theirs.map(|(name, value)| format!("{name}:{value}")).collect();
        Ok(())
    })
    .await?;
    Ok(lines)
}

/// Sends one request on a connection of its own.
pub async fn once<T>(
    address: SocketAddr,
    request: &[u8],
    take: impl FnOnce(&Answer<'_>) -> Result<T, String>,
) -> Result<T, String> {
    let mut connection = Connection::open(address).await.map_err(|error| error.to_string())?;
    take(&connection.ask(request).await.map_err(|error| error.to_string())?)
}
