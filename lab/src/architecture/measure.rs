//! The same clicks on each architecture, and what is measured on the way.

use std::{iter, time::Duration};

use coatroom::{
    access_token::AccessToken,
    auth::{Access, Auth, Opened},
    clock::{Clock as _, SystemClock, Timestamp},
    session_token::SessionToken,
};
use tokio::runtime::Handle;
use tracing::{Dispatch, instrument::WithSubscriber as _};

use super::{
    ARCHITECTURES, Architecture, Calls, NotCompared, Sessions, Site,
    findings::{Admission, Alone, Attacked, Comparison, Effect, Fared, Findings, Onset, Outage},
    on_the_clock,
    visitor::Visitor,
};
use crate::{
    action::{Ask, Rank},
    attack::{ATTACKS, Expected, Siege},
};

/// The requests after a sign-in whose calls to the store are counted, and the time between two.
const REQUESTS: u32 = 20;
const BETWEEN: Duration = Duration::from_secs(3);
/// The times that the engine authenticates: the middle one counts. Fewer if the store takes long over each.
const TIMES: usize = 100;
/// The visitors whose credential it authenticates for the first time: the middle one counts.
const NEW: usize = 9;
const FEWER_TIMES: usize = 20;
const LONG_LATENCY: Duration = Duration::from_millis(10);
/// The steps in which the clock moves, each up to its bound: short at first, because most changes are heard of soon.
/// The last bound is beyond the life of every token that no server asks about.
const STEPS: [(Duration, Duration); 4] = [
    (Duration::from_millis(250), Duration::from_secs(10)),
    (Duration::from_secs(5), Duration::from_secs(60)),
    (Duration::from_secs(60), Duration::from_secs(15 * 60)),
    (Duration::from_secs(15 * 60), Duration::from_secs(13 * 3600)),
];
/// The time for which the store is down.
const OUTAGE: Duration = Duration::from_secs(3600);

/// Compares all architectures on stores of that latency. It computes for a second or more, on the blocking pool.
///
/// # Errors
/// [`NotCompared`].
pub async fn compare(latency: Duration) -> Result<Comparison, NotCompared> {
    compare_some(ARCHITECTURES.iter(), latency).await
}

/// Compares some of them.
///
/// # Errors
/// [`NotCompared`].
pub async fn compare_some(
    architectures: impl Iterator<Item = &'static Architecture>,
    latency: Duration,
) -> Result<Comparison, NotCompared> {
    let architectures: Vec<_> = architectures.collect();
    let runtime = Handle::current();
    let all = async move {
        let times = if latency < LONG_LATENCY { TIMES } else { FEWER_TIMES };
        let mut findings = Vec::new();
        for architecture in architectures {
            findings.push(measure(architecture, latency, times).await?);
        }
        let config = super::site::defaults()?;
        Ok(Comparison {
            latency,
            times,
            poll: config.feed.poll,
            access_ttl: config.access_ttl,
            token_ttl: config.token_ttl,
            findings,
        })
    };
    // Nothing that is done to these servers is news for the operator's log.
    let all = on_the_clock(all).with_subscriber(Dispatch::none());
    tokio::task::spawn_blocking(move || runtime.block_on(all)).await?
}

async fn measure(
    architecture: &'static Architecture,
    latency: Duration,
    times: usize,
) -> Result<Findings, NotCompared> {
    let mut site = Site::open(architecture.kind).await?;
    site.calls().await;
    let visitor = site.sign_in().await?;
    let sign_in = site.calls().await;
    let requests = requests(&mut site, &visitor).await?;
    let mut visitors = Vec::with_capacity(NEW);
    for _ in 0..NEW {
        visitors.push(site.sign_in().await?);
    }
    // No network is between a node and its own memory.
    let is_remote = architecture.kind.sessions == Sessions::Shared;
    site.a.store.set_latency(if is_remote { latency } else { Duration::ZERO });
    let measured = timed(&site, &visitors, &visitor, times).await;
    site.a.store.set_latency(Duration::ZERO);
    let (authenticate_new, authenticate) = measured?;
    site.advance(site.auth().config().access_ttl).await;
    site.calls().await;
    call(&site, &visitor).await?;
    let later = site.calls().await;
    let (sign_out, sign_out_calls) = sign_out(&mut site).await?;
    let role = role(&mut site).await?;
    let alone = alone(&site).await?;
    let restart = restart(&mut site).await?;
    let outage = match architecture.kind.sessions {
        Sessions::Shared => Some(outage(&mut site).await?),
        // The memory of a node does not fail without the node.
        Sessions::OfEachNode => None,
    };
    Ok(Findings {
        architecture,
        cookie_bytes: visitor.header().map_or(0, |header| header.len()),
        readable: visitor.readable,
        sign_in,
        requests,
        count: REQUESTS,
        later,
        authenticate_new,
        authenticate,
        sign_out,
        sign_out_calls,
        role,
        restart,
        outage,
        alone,
        attacked: attacked(architecture).await?,
    })
}

/// Calls as a client that must be let in.
async fn call(site: &Site, visitor: &Visitor) -> Result<(), NotCompared> {
    match visitor.show(&site.a.router, Ask::Call).await?.status {
        200 => Ok(()),
        status => Err(NotCompared::Unexpected("a call", status)),
    }
}

async fn requests(site: &mut Site, visitor: &Visitor) -> Result<Calls, NotCompared> {
    for _ in 0..REQUESTS {
        site.advance(BETWEEN).await;
        call(site, visitor).await?;
    }
    Ok(site.calls().await)
}

/// Returns the median times in which the engine authenticates visitors for the first time, and one again and again.
async fn timed(
    site: &Site,
    visitors: &[Visitor],
    visitor: &Visitor,
    times: usize,
) -> Result<(Duration, Duration), NotCompared> {
    let new = median(site, visitors.iter()).await?;
    Ok((new, median(site, iter::repeat_n(visitor, times)).await?))
}

async fn median(
    site: &Site,
    visitors: impl ExactSizeIterator<Item = &Visitor>,
) -> Result<Duration, NotCompared> {
    let middle = visitors.len() / 2;
    let mut took = Vec::with_capacity(visitors.len());
    for visitor in visitors {
        let begun = SystemClock.elapsed();
        if !is_let_in(site.auth(), visitor).await? {
            return Err(NotCompared::Engine("a good token was not let in".to_owned()));
        }
        took.push(SystemClock.elapsed().saturating_sub(begun));
    }
    took.sort_unstable();
    Ok(took.get(middle).copied().unwrap_or_default())
}

/// Asks the engine as the layer does.
async fn is_let_in(auth: &Auth, visitor: &Visitor) -> Result<bool, NotCompared> {
    for taken in visitor.taken() {
        if let Some(token) = SessionToken::parse(&taken.value) {
            return Ok(matches!(auth.open(&token).await?, Opened::Living(_)));
        }
        if let Ok(token) = AccessToken::parse(&taken.value) {
            return Ok(matches!(auth.authenticate(&token).await?, Access::Valid(_)));
        }
    }
    Ok(false)
}

/// Returns the times at which the clock stops, from the beginning on.
fn stops() -> impl Iterator<Item = Duration> {
    let mut at = Duration::ZERO;
    iter::once(at).chain(iter::from_fn(move || {
        let (step, _) = STEPS.into_iter().find(|(_, bound)| at < *bound)?;
        at += step;
        Some(at)
    }))
}

async fn sign_out(site: &mut Site) -> Result<([Onset; 2], Calls), NotCompared> {
    let mut owner = site.sign_in().await?;
    let copies = [owner.clone(), owner.clone()];
    let known = known(site, &copies).await?;
    site.calls().await;
    owner.ask(&site.a.router, Ask::SignOut).await?;
    let calls = site.calls().await;
    Ok((onset(site, copies, known).await?, calls))
}

async fn role(site: &mut Site) -> Result<[Onset; 2], NotCompared> {
    let owner = site.sign_in().await?;
    let jars = [owner.clone(), owner];
    let known = known(site, &jars).await?;
    site.set_role(Rank::Admin).await?;
    onset(site, jars, known).await
}

/// Returns which of the nodes let a client in. Both have just polled, so that the next news is an interval away.
async fn known(site: &mut Site, jars: &[Visitor; 2]) -> Result<[bool; 2], NotCompared> {
    site.poll().await;
    let mut known = [false; 2];
    for ((jar, router), known) in jars.iter().zip(routers(site)).zip(&mut known) {
        *known = jar.show(router, Ask::Call).await?.status == 200;
    }
    site.drain().await;
    Ok(known)
}

fn routers(site: &Site) -> [&axum::Router; 2] {
    [&site.a.router, &site.b.router]
}

/// Moves the clock until both nodes refuse the clients, or give them a new role.
async fn onset(
    site: &mut Site,
    mut jars: [Visitor; 2],
    known: [bool; 2],
) -> Result<[Onset; 2], NotCompared> {
    let begun = site.now();
    let mut found = known.map(|known| if known { Onset::Never } else { Onset::NeverKnown });
    for stop in stops() {
        forward(site, begun, stop).await;
        for ((jar, found), router) in jars.iter_mut().zip(&mut found).zip(routers(site)) {
            if *found != Onset::Never {
                continue;
            }
            let reply = jar.ask(router, Ask::Call).await?;
            let has_role = reply.role.as_deref().is_some_and(|role| role != "user");
            match reply.status {
                401 => *found = Onset::After(stop, Effect::Refused),
                200 if has_role => *found = Onset::After(stop, Effect::NewRole),
                _ => {}
            }
        }
        site.drain().await;
        if !found.contains(&Onset::Never) {
            break;
        }
    }
    Ok(found)
}

/// Moves the clock to so long after an instant.
async fn forward(site: &mut Site, begun: Timestamp, stop: Duration) {
    let passed = site.now().since(begun);
    site.advance(stop.saturating_sub(passed)).await;
}

async fn admission(site: &Site, visitor: &Visitor) -> Result<Admission, NotCompared> {
    match visitor.show(&site.a.router, Ask::Call).await?.status {
        200 => Ok(Admission::LetIn),
        401 => Ok(Admission::SignedOut),
        503 => Ok(Admission::Unavailable),
        status => Err(NotCompared::Unexpected("a call", status)),
    }
}

async fn restart(site: &mut Site) -> Result<Admission, NotCompared> {
    let owner = site.sign_in().await?;
    site.restart().await?;
    let standing = admission(site, &owner).await?;
    if standing != Admission::LetIn {
        // The memory has forgotten the account as well: the clicks that follow need another.
        *site = Site::open(site.kind()).await?;
    }
    Ok(standing)
}

async fn outage(site: &mut Site) -> Result<Outage, NotCompared> {
    let owner = site.sign_in().await?;
    site.poll().await;
    site.a.store.set_down(true);
    let begun = site.now();
    let mut refused = None;
    for stop in stops().take_while(|stop| *stop <= OUTAGE) {
        forward(site, begun, stop).await;
        let standing = admission(site, &owner).await?;
        if standing != Admission::LetIn {
            refused = refused.or(Some((stop, standing)));
        }
    }
    site.a.store.set_down(false);
    site.poll().await;
    Ok(Outage { refused, after: admission(site, &owner).await? })
}

async fn alone(site: &Site) -> Result<Alone, NotCompared> {
    let owner = site.sign_in().await?;
    if let Some(service) = site.service()
        && owner.show(&service, Ask::Call).await?.status == 200
    {
        return Ok(Alone::ByPublicKey);
    }
    let node = site.alone().await?;
    match owner.show(&node.router, Ask::Call).await?.status {
        200 => Ok(Alone::BySecret),
        _ => Ok(Alone::Refused),
    }
}

async fn attacked(architecture: &Architecture) -> Result<Attacked, NotCompared> {
    let (scheme, algorithm) = (architecture.kind.scheme, architecture.kind.algorithm);
    let siege = Siege::begin(scheme, algorithm).await?;
    let mut fared = [Fared::NotMade; ATTACKS.len()];
    for (attack, fared) in ATTACKS.iter().zip(&mut fared) {
        let tried = siege.try_out(attack).await?;
        // Beside the owner's good cookies an attack is to be ignored; alone it is to be refused.
        let is_in_vain = match attack.expected(scheme) {
            Expected::OwnerLetIn => tried.is(Expected::OwnerLetIn),
            Expected::Refused | Expected::GoodUntilExpiry => tried.is(Expected::Refused),
        };
        *fared = match (tried.is_empty(), is_in_vain) {
            (true, _) => Fared::NotMade,
            (false, true) => Fared::InVain,
            (false, false) => Fared::LetIn,
        };
    }
    Ok(Attacked(fared))
}
