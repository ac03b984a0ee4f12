//! What those who run a process ask of it: is it alive, is it ready, how is it doing.

use std::{fmt, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use outgrow::BoxFuture;
use serde::Serialize;

use crate::Json;

/// `/health/live`, `/health/ready` and `/metrics`, and who answers them.
#[derive(Clone)]
pub struct Operations {
    ready: Arc<dyn Fn() -> BoxFuture<'static, Readiness> + Send + Sync>,
    metrics: Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>,
}

/// Whether a process can serve, by its components.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness(pub Vec<Component>);

/// Something that a process needs, of its own or elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Such as `ordering store`, or the name of a service.
    name: String,
    /// Whether it does its part.
    up: bool,
    /// Whether it is another service: reported, but no reason not to be ready.
    peer: bool,
    /// What is wrong with it, or what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Operations {
    /// `ready` is asked for the readiness, `metrics` for the metrics in the text format of Prometheus.
    pub fn new<R, M>(
        ready: impl Fn() -> R + Send + Sync + 'static,
        metrics: impl Fn() -> M + Send + Sync + 'static,
    ) -> Self
    where
        R: Future<Output = Readiness> + Send + 'static,
        M: Future<Output = String> + Send + 'static,
    {
        Self { ready: Arc::new(move || Box::pin(ready())), metrics: Arc::new(move || Box::pin(metrics())) }
    }

    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/health/live", get(async || Json(Live { live: true })))
            .route("/health/ready", get(ready))
            .route("/metrics", get(metrics))
            .with_state(self)
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").finish_non_exhaustive()
    }
}

impl Readiness {
    /// Whether everything of its own is up.
    pub fn is_ready(&self) -> bool {
        self.0.iter().all(|component| component.up || component.peer)
    }
}

impl Component {
    /// Something of the process's own: a store, a listener, a consumer. Not ready while it is down.
    pub fn own(name: impl Into<String>, up: bool) -> Self {
        Self { name: name.into(), up, peer: false, detail: None }
    }

    /// Another service, or the broker. Being without it is no reason not to be ready.
    pub fn peer(name: impl Into<String>, up: bool) -> Self {
        Self { peer: true, ..Self::own(name, up) }
    }

    /// With what is wrong with it, or what it waits for.
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

#[derive(Serialize)]
struct Live {
    live: bool,
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    components: Vec<Component>,
}

async fn ready(State(operations): State<Operations>) -> impl IntoResponse {
    let readiness = (operations.ready)().await;
    let ready = readiness.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(Ready { ready, components: readiness.0 }))
}

async fn metrics(State(operations): State<Operations>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (operations.metrics)().await)
}
