//! The home page as the server renders it, signed in and signed out, against the smallest page of Leptos.

use super::{Asked, coatroom, rounds};
use crate::{
    Bench,
    client::post,
    report::{Bound, Round, Section, Verdict},
    visit::{self, Jar},
};

const PEER: &str = "counter page of Leptos";
/// All that the page shows, without the page.
const DATA: &str = "its data alone, as JSON";
/// The part of the rate of the open loop that a page is asked for at.
const SLOWER: u32 = 8;

pub async fn run(bench: &Bench) -> Result<Vec<Section>, String> {
    let coatroom = coatroom(bench, "home").await?;
    let counter = bench.programs.peer(PEER, "/", &["counter"]).await?;
    let jar = visit::sign_up(coatroom.address, "home@example.com").await?;
    let out = Jar::default();
    let mut asked = Vec::new();
    for (name, address, jar) in [
        ("signed in", coatroom.address, &jar),
        ("signed out", coatroom.address, &out),
        (PEER, counter.address, &out),
    ] {
        asked.push(Asked::new(bench, name, address, "/", jar).await?);
    }
    let data = post(coatroom.address, "/api/current_session", &jar.header(), "");
    asked.push(Asked::by(bench, DATA, coatroom.address, data).await?);
    let lines = rounds(bench, bench.rate / SLOWER, asked).await?;
    let against = |name: &str, bound| {
        let target = format!("throughput {name} against the counter page");
        Verdict::ratio(target, bound, &lines, [name, PEER], Round::rate)
    };
    let limit = "No page can be faster than its data without a page, which is told below: the one query, for which a thread \
                 of SQLx's is woken, and its answer as JSON. The rest is flat: no function takes 3 % of the profile \
                 (`perf`), the kernel's and memory's apart. The page has twelve times the bytes of the counter's, and \
                 Leptos renders it node by node";
    let signed_in =
        Verdict { limit: Some(limit.into()), ..against("signed in", Bound::AtLeast(0.5)) };
    let verdicts = vec![signed_in, against(DATA, Bound::None), against("signed out", Bound::None)];
    Ok(vec![Section {
        name: "home",
        title: "The home page, rendered".into(),
        text: "Against the page of the Leptos template: a title, and a button that counts.".into(),
        lines,
        verdicts,
        course: None,
    }])
}
