//! `serve`: one service of the system, from settings to the last answered request.
//!
//! Five phases: check, open homes, compose, listen, and wait to be asked to end; then the same backwards.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use adapter_grpc::Grpc;
use adapter_http::About;
use outgrow::{IdGen, SystemIds};
use outgrow_runtime::{Carrier, Modules, Tasks, topology::MAIN};
use tokio_util::sync::CancellationToken;

use crate::{App, Failed, Host, Settings, banner, check, homes::Opened, listen, metrics, ready};

/// How long requests and background work that have begun may take to end once the process was asked to.
const DRAIN: Duration = Duration::from_secs(15);

pub(crate) async fn serve(
    mut settings: Settings,
    app: App,
    service: &str,
    http: Option<SocketAddr>,
) -> Result<(), Failed> {
    adapter_telemetry::init(adapter_telemetry::Format::default()).map_err(Failed::usage)?;
    check::sound(&settings, app)?;
    override_http(&mut settings, service, http)?;

    let tasks = Tasks::default();
    let homes = Opened::open(&settings, app, service, &tasks).await?;
    let host = compose(&settings, app, service, &homes, &tasks)?;

    let stop = CancellationToken::new();
    let listening = listen::bind(&settings, service).await?;
    let operations = ready::operations(&host, &homes, listening.describe(), metrics::source(&host));
    let doors = host.modules.doors().to_vec();
    banner::print(&settings, app, service, &listening, host.modules.composed());
    let router = if service == MAIN {
        adapter_http::shell(about(app), host.endpoints, operations, Arc::clone(&host.ids))
    } else {
        adapter_http::operations(operations, Arc::clone(&host.ids))
    };
    let serving = tokio::spawn(listening.serve(router, doors, host.ids, stop.clone(), DRAIN));
    tasks.start();

    asked_to_end().await?;
    tracing::info!("draining");
    stop.cancel();
    serving.await.map_err(Failed::other)??;
    if !tasks.drain(DRAIN).await {
        tracing::warn!("background work did not end in time");
    }
    homes.close().await;
    Ok(())
}

fn override_http(settings: &mut Settings, service: &str, http: Option<SocketAddr>) -> Result<(), Failed> {
    let known: Vec<_> = settings.topology.services.keys().cloned().collect();
    let Some(entry) = settings.topology.services.get_mut(service) else {
        let known = known.join(", ");
        let source = &settings.source;
        return Err(Failed::usage(anyhow::anyhow!(
            "there is no service `{service}` in {source}; use one of: {known}"
        )));
    };
    entry.http = http.or(entry.http);
    Ok(())
}

fn compose(
    settings: &Settings,
    app: App,
    service: &str,
    homes: &Opened,
    tasks: &Tasks,
) -> Result<Host, Failed> {
    let ids: Arc<dyn IdGen> = Arc::new(SystemIds);
    let carriers: Vec<Arc<dyn Carrier>> = vec![Arc::new(Grpc)];
    let mut host = Host {
        service: service.to_owned(),
        modules: Modules::new(service, settings.topology.clone(), app.modules, carriers),
        homes: homes.iter().map(|home| (home.module(), home.clone())).collect(),
        endpoints: Vec::new(),
        tasks: tasks.clone(),
        ids,
        sample: settings.sample,
    };
    (app.compose)(&mut host).and_then(|()| host.modules.complete()).map_err(Failed::other)?;
    Ok(host)
}

fn about(app: App) -> About {
    About {
        title: app.name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        description: app.about.to_owned(),
    }
}

/// Waits for SIGTERM or Ctrl-C.
async fn asked_to_end() -> Result<(), Failed> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(Failed::other)?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Failed::other),
    }
}
