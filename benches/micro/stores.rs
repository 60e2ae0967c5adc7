//! A rotation on each store: the store's verb alone, and the engine's refresh, which reads the row before and signs
//! after it.
//!
//! SQLite waits for the disk of the target folder at each commit. The PostgreSQL server of `scripts/with-postgres`
//! waits for none, and the Redis server of `scripts/with-redis` for one in memory: theirs are the costs of a round trip
//! and of the work, without a disk's.

use std::{env, sync::Arc, time::Duration};

use coatroom::{
    Auth, SessionId, SystemClock,
    clock::{Clock as _, TestClock},
    config::{Scheme, Verification},
    session::{Client, Decision, Rotation},
    store::{
        Event, EventKind, Store, Trigger,
        memory::MemoryStore,
        postgres::PostgresStore,
        redis::{RedisOptions, RedisStore},
        sqlite::SqliteStore,
    },
};
use criterion::Criterion;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::runtime::Runtime;

use crate::nodes::{begin_signed, config, node_with_clock, sum, timed};

pub(crate) fn measure(criterion: &mut Criterion, runtime: &Runtime) {
    on_store(criterion, runtime, "memory", Arc::new(MemoryStore::new()));

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let sqlite = runtime.block_on(SqliteStore::open(folder.path().join("coatroom.db")));
    on_store(criterion, runtime, "sqlite", Arc::new(sqlite.expect("a database")));

    if let Some(server) = server("COATROOM_TEST_POSTGRES") {
        let name = name("coatroom_bench_");
        let (base, _) = server.rsplit_once('/').expect("a URL with a database");
        runtime.block_on(run(&server, format!("create database {name} template template0")));
        let store = runtime.block_on(PostgresStore::connect(&format!("{base}/{name}")));
        on_store(criterion, runtime, "postgres", Arc::new(store.expect("connected")));
        runtime.block_on(run(&server, format!("drop database {name} with (force)")));
    }
    if let Some(server) = server("COATROOM_TEST_REDIS") {
        let mut options = RedisOptions::default();
        // The beginning that the scripts promise.
        options.prefix = name("coatroom-test:bench:");
        let store = runtime.block_on(RedisStore::connect_with(&server, options));
        on_store(criterion, runtime, "redis", Arc::new(store.expect("connected")));
    }
}

/// Returns the URL of a server, or says that its store is left out.
fn server(variable: &str) -> Option<String> {
    let server = env::var(variable).ok();
    if server.is_none() {
        eprintln!("SKIPPED, {variable} is not set: a rotation on its store");
    }
    server
}

fn name(prefix: &str) -> String {
    format!("{prefix}{:032x}", u128::from_be_bytes(*SessionId::random().as_bytes()))
}

async fn run(server: &str, statement: String) {
    let mut server = PgConnection::connect(server).await.expect("a connection");
    server.execute(AssertSqlSafe(statement)).await.expect("done");
    server.close().await.expect("closed");
}

fn on_store(criterion: &mut Criterion, runtime: &Runtime, name: &str, store: Arc<dyn Store>) {
    let clock = Arc::new(TestClock::new(SystemClock.now()));
    let mut config = config(Scheme::Hybrid(Verification::Denylist));
    // Each rotation moves the clock by twice that: a session then outlives all that a sample may ask of it.
    config.grace = Duration::from_secs(1);
    let auth = runtime.block_on(node_with_clock(config, Arc::clone(&store), clock.clone()));
    let place = Place { store, auth, clock };

    let mut group = criterion.benchmark_group("rotate");
    group.bench_function(name, |bencher| {
        bencher.to_async(runtime).iter_custom(|times| place.rotate(times));
    });
    group.finish();
    let mut group = criterion.benchmark_group("refresh");
    group.bench_function(name, |bencher| {
        bencher.to_async(runtime).iter_custom(|times| place.refresh(times));
    });
    group.finish();
    runtime.block_on(async {
        place.auth.drain().await;
        place.store.close().await;
    });
}

/// A store, a node on it, and the clock of that node.
struct Place {
    store: Arc<dyn Store>,
    auth: Auth,
    clock: Arc<TestClock>,
}

impl Place {
    /// Has a session's tokens delivered, long enough ago for them to be rotated.
    async fn deliver(&self, id: SessionId, generation: u64) {
        let noted = self.store.acknowledge(id, generation, self.clock.now()).await;
        assert!(noted.expect("answers"));
        self.clock.advance(self.auth.config().timing().spacing);
    }

    async fn rotate(&self, times: u64) -> Duration {
        let mut session = begin_signed(&self.auth).await.session;
        sum(times, async || {
            let (id, from) = (session.id, session.generation);
            self.deliver(id, from).await;
            let (now, config) = (self.clock.now(), self.auth.config());
            let idle_ttl = config.lifetimes(session.persistence).idle;
            let authority = session.authority.clone();
            let spacing = config.timing().spacing;
            let rotation = Rotation { id, from, now, spacing, idle_ttl, authority };
            let event = Event {
                at: now,
                kind: EventKind::Rotated,
                generation: from + 1,
                trigger: Trigger::Call,
                client: client(),
                times: 1,
            };
            let (rotated, took) = timed(self.store.rotate(&rotation, &event)).await;
            session = rotated.expect("answers").expect("rotated");
            took
        })
        .await
    }

    async fn refresh(&self, times: u64) -> Duration {
        let mut tokens = begin_signed(&self.auth).await;
        sum(times, async || {
            self.deliver(tokens.session.id, tokens.session.generation).await;
            let presented = tokens.refresh.clone();
            let refresh = self.auth.refresh(presented, Trigger::Call, client());
            let (refreshed, took) = timed(refresh).await;
            let refreshed = refreshed.expect("answers");
            assert_eq!(refreshed.decision, Decision::Rotate);
            tokens = refreshed.tokens.expect("tokens");
            took
        })
        .await
    }
}

fn client() -> Client {
    Client {
        label: "Firefox on Linux".into(),
        user_agent_hash: "R0xQ2Vt0mW1bW5kZ".into(),
        ip_prefix: "192.0.2.0/24".into(),
    }
}
