//! The life of the server: from a configuration to an orderly end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use coatroom::{
    Auth, Store, SystemClock,
    lab::worlds::{Limits, Worlds},
};
use tokio::net::TcpListener;

use crate::{
    config::{Config, Lab, Profile},
    demo, pruning, router, security_headers, telemetry,
};

/// How long requests that are under way may take after the program was told to end.
const LAST_ORDERS: Duration = Duration::from_secs(10);

/// Runs until it is told to end.
///
/// # Errors
/// What kept it from starting, in one line.
pub async fn run(
    config: Config,
    store: Arc<dyn Store>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let auth = Auth::new(config.auth, store).await?;
    let policy = security_headers::Policy {
        https: config.origin.starts_with("https://"),
        watched: config.watched,
    };
    let of_one = config.limits.worlds.unwrap_or(Limits::DEFAULT.of_one);
    let limits = Limits { of_one, ..Limits::DEFAULT };
    let worlds =
        (config.lab == Lab::On).then(|| Arc::new(Worlds::new(Arc::new(SystemClock), limits)));
    let router = router::router(auth.clone(), worlds, &config.site, policy)?;
    let listener = TcpListener::bind(config.address)
        .await
        .map_err(|error| format!("COATROOM_ADDRESS: {}: {error}", config.address))?;
    if config.profile == Profile::Demo {
        telemetry::announce(&demo::accounts(&auth).await?);
    }
    telemetry::announce(&format_args!("Coatroom is open at {}", config.origin));

    let pruning = pruning::start(auth.clone());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let (told, mut heard) = tokio::sync::watch::channel(());
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        told_to_end().await;
        let _nobody_waits = told.send(());
    });
    tokio::select! {
        result = async { serving.await } => result?,
        () = async {
            let _dropped_at_the_end = heard.changed().await;
            tokio::time::sleep(LAST_ORDERS).await;
        } => tracing::warn!("some requests were still under way"),
    }
    pruning.abort();
    // The proofs that the last requests brought are noted before the store is closed.
    auth.settled().await;
    Ok(())
}

/// Waits for Ctrl-C, or for the signal of a service manager.
async fn told_to_end() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => {
                tokio::select! {
                    _ = interrupted => {}
                    _ = terminated.recv() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be heard");
                let _interrupted = interrupted.await;
            }
        }
    }
    #[cfg(not(unix))]
    let _interrupted = interrupted.await;
}
