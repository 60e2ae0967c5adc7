//! Whoami, refresh, sign-in and the home page under every scheme and store: told, and held against nothing.
//!
//! So many servers have short turns. All of one store are open at the same time, and each deed goes through them in
//! turns, so that their ratios are within one round.

use std::{net::SocketAddr, time::Duration};

use super::{
    alternated,
    refresh::{Browser, impatient, sign_up},
    sign_in::SignIn,
    stores,
};
use crate::{
    Bench,
    client::get,
    loops::{Errand, Same, Sample, closed, connect},
    report::{Bound, Line, Round, Section, Verdict},
    subject::Subject,
    visit,
};

/// The schemes by the values of their settings, the one that others are compared with first.
const SCHEMES: [(&str, Option<&str>); 6] = [
    ("hybrid", Some("denylist")),
    ("hybrid", Some("stateless")),
    ("hybrid", Some("strict")),
    ("opaque", None),
    ("stateless", None),
    ("denylist", None),
];
const DEEDS: [&str; 4] = ["whoami", "refresh", "sign-in", "home"];
/// The part of the time of a round that each deed has, and the number of rounds at most: the whole run has to end soon.
const PART: u32 = 4;
const ROUNDS: usize = 3;
const BROWSERS: usize = 8;

/// A server under a scheme, and its clients.
struct Scheme {
    server: Subject,
    /// The deeds that it is asked for. How an access token is checked makes a difference for whoami alone.
    deeds: &'static [&'static str],
    visitors: Vec<Same>,
    browsers: Vec<Browser>,
    people: Vec<SignIn>,
    readers: Vec<Same>,
    rounds: [Vec<Round>; 4],
}

impl Scheme {
    async fn new(
        bench: &Bench,
        store: &stores::Store,
        (scheme, verification): (&str, Option<&str>),
    ) -> Result<Self, String> {
        let name = verification.map_or_else(|| scheme.into(), |check| format!("{scheme}, {check}"));
        let data = format!("schemes-{}-{}", store.name, name.replace(", ", "-"));
        let mut settings = impatient(store.settings(&data)?).with("COATROOM_SCHEME", scheme);
        if let Some(check) = verification {
            settings = settings.with("COATROOM_VERIFICATION", check);
        }
        let server = bench.programs.coatroom(&name, &data, &settings).await?;
        let address = server.address;
        let jar = visit::sign_up(address, "scheme@example.com").await?;
        let is_variant = verification.is_some_and(|check| check != "denylist");
        let deeds = if is_variant { &DEEDS[..1] } else { &DEEDS };
        let count = if is_variant { 0 } else { BROWSERS };
        let same = |path| {
            let request = get(address, path, &jar.header());
            (0..bench.connections).map(move |_| Same(request.clone())).collect()
        };
        Ok(Self {
            deeds,
            visitors: same("/api/whoami"),
            browsers: sign_up(address, count).await?,
            people: vec![SignIn::new(address, "scheme@example.com")],
            readers: same("/"),
            rounds: Default::default(),
            server,
        })
    }

    async fn measure(&mut self, bench: &Bench, deed: usize) -> Result<(), String> {
        let (address, time) = (self.server.address, bench.time / PART);
        let sample = match deed {
            0 => turn(address, &mut self.visitors, time).await,
            1 => turn(address, &mut self.browsers, time).await,
            2 => turn(address, &mut self.people, time).await,
            _ => turn(address, &mut self.readers, time).await,
        }
        .map_err(|error| format!("{}, {}: {error}", DEEDS[deed], self.server.name))?;
        self.rounds[deed].push(Round { closed: Some(sample), ..Round::default() });
        Ok(())
    }
}

/// Lets clients ask, on connections of their own: the server closes those that are idle while others have their turns.
async fn turn<E: Errand>(
    address: SocketAddr,
    errands: &mut Vec<E>,
    time: Duration,
) -> Result<Sample, String> {
    let mut lanes = connect(address, errands.drain(..)).await?;
    let sample = closed(&mut lanes, time).await?;
    errands.extend(lanes.into_iter().map(|lane| lane.errand));
    Ok(sample)
}

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let mut sections = Vec::new();
    for store in stores::all(bench) {
        sections.push(under(bench, &store).await?);
    }
    Ok(sections)
}

async fn under(bench: &Bench, store: &stores::Store) -> Result<Section, String> {
    let mut schemes = Vec::new();
    for scheme in SCHEMES {
        schemes.push(Scheme::new(bench, store, scheme).await?);
    }
    let rounds = ROUNDS.min(bench.rounds);
    for number in 0..rounds {
        eprintln!("load:   {}, round {} of {rounds}", store.title, number + 1);
        for deed in 0..DEEDS.len() {
            let asked = alternated(number, &mut schemes).filter(|each| deed < each.deeds.len());
            for scheme in asked {
                scheme.measure(bench, deed).await?;
            }
        }
    }
    let (mut lines, mut verdicts) = (Vec::new(), Vec::new());
    for (place, deed) in DEEDS.into_iter().enumerate() {
        let asked = schemes.iter_mut().filter(|each| place < each.deeds.len());
        let each: Vec<Line> = asked
            .map(|scheme| Line {
                subject: format!("{deed}: {}", scheme.server.name),
                rounds: std::mem::take(&mut scheme.rounds[place]),
            })
            .collect();
        verdicts.extend(each[1..].iter().map(|line| {
            let target = format!("{} against {}", line.subject, schemes[0].server.name);
            let pair = [&line.subject[..], &each[0].subject];
            Verdict::ratio(target, Bound::None, &each, pair, Round::rate)
        }));
        lines.extend(each);
    }
    Ok(Section {
        name: store.section,
        title: format!("Every scheme, sessions in {}", store.title),
        text: format!(
            "The schemes by the values of `COATROOM_SCHEME` and `COATROOM_VERIFICATION`, in short turns and {ROUNDS} \
             rounds at most. Refresh is counted in requests: under the hybrid every other one rotates; the other \
             schemes have nothing to rotate, and look the session up. {BROWSERS} browsers refresh, one client signs in."
        ),
        lines,
        verdicts,
        course: None,
    })
}
