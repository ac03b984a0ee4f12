//! `serve`: one service of the system, from settings to the last answered request.
//!
//! Five phases: check, wait for homes and open them, compose, listen, and wait to be asked to end; then the same
//! backwards.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use adapter_http::About;
use outgrow_runtime::{Tasks, topology::MAIN};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::JoinError,
};
use tokio_util::sync::CancellationToken;

use crate::{App, Failed, Host, Settings, banner, check, homes::Opened, listen, metrics, ready, waiting};

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

    let mut asked = Asked::listen()?;

    let listening = listen::http(&settings, service).await?;
    let listening = tokio::select! {
        listening = waiting::for_homes(&settings, app, service, listening) => listening?,
        () = asked.ends() => return Ok(()),
    };
    let tasks = Tasks::default();
    let homes = Opened::open(&settings, app, service, &tasks).await?;
    let mut host = Host::new(&settings, app, service, &homes, &tasks);
    (app.compose)(&mut host).and_then(|()| host.modules.complete()).map_err(Failed::other)?;
    host.modules.carry_events(&tasks, host.ids.uuid()).map_err(Failed::other)?;
    host.modules.see_through(&tasks).map_err(Failed::other)?;

    let stop = CancellationToken::new();
    let listening = listening.and_carriers(&settings, service).await?;
    let operations = ready::operations(&host, &homes, listening.places(), metrics::source(&host, app));
    let doors = host.modules.doors().to_vec();
    banner::print(&settings, app, service, &listening, host.modules.composed())?;
    let router = if service == MAIN {
        adapter_http::shell(about(app), host.endpoints, operations, Arc::clone(&host.ids)).merge(host.plain)
    } else {
        adapter_http::operations(operations, Arc::clone(&host.ids))
    };
    let mut serving = tokio::spawn(listening.serve(router, doors, host.ids, stop.clone(), DRAIN));
    tasks.start();

    tokio::select! {
        () = asked.ends() => {}
        ended = &mut serving => return Err(ended_early(ended)),
    }
    tracing::info!("draining");
    stop.cancel();
    let (served, finished) = tokio::join!(serving, tasks.drain(DRAIN));
    if !finished {
        tracing::warn!("background work did not end in time; it is carried on at the next start");
    }
    homes.close().await;
    served.map_err(Failed::other)?
}

/// Listeners never end by themselves.
fn ended_early(ended: Result<Result<(), Failed>, JoinError>) -> Failed {
    match ended {
        Ok(Err(failed)) => failed,
        Ok(Ok(())) => Failed::other(anyhow::anyhow!("the listeners ended by themselves")),
        Err(panic) => Failed::other(panic),
    }
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

fn about(app: App) -> About {
    About {
        title: app.name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        description: app.about.to_owned(),
    }
}

/// SIGTERM and Ctrl-C, heard from the first moment on: whoever asks while the process starts is not overheard.
struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Asked {
    fn listen() -> Result<Self, Failed> {
        let hear = |kind| signal(kind).map_err(Failed::other);
        Ok(Self { terminate: hear(SignalKind::terminate())?, interrupt: hear(SignalKind::interrupt())? })
    }

    async fn ends(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
