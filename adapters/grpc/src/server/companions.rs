//! What every gRPC server is expected to serve beside its ports: health and reflection. Both are tonic's.

use std::{collections::HashMap, convert::Infallible, error::Error, sync::Arc};

use http::{Request, Response};
use hyper::body::Incoming;
use outgrow::{Dispatch, schema};
use tonic::{body::Body, server::NamedService};
use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};
use tower::{Service, ServiceExt as _, util::BoxCloneSyncService};

use super::reply::ReplyBody;

/// The companions of some ports.
#[derive(Clone)]
pub(super) struct Companions {
    services: Arc<HashMap<&'static str, Companion>>,
    health: HealthReporter,
    ports: Arc<[String]>,
}

/// A service that is not a port.
pub(super) struct Companion(BoxCloneSyncService<Request<Incoming>, Response<Body>, Infallible>);

impl Companions {
    /// Reports every port as serving, and describes it.
    pub(super) async fn of(ports: &[Arc<dyn Dispatch>]) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let described: Vec<_> = ports.iter().map(|port| port.port()).collect();
        let schema = schema::descriptor_set(&described);
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(&schema)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        // Many clients still ask for the older one.
        let (reflection, older) = (reflection().build_v1()?, reflection().build_v1alpha()?);
        let health = HealthReporter::new();
        let ports: Arc<[String]> = described.iter().map(ToString::to_string).collect();
        for port in &*ports {
            health.set_service_status(port, ServingStatus::Serving).await;
        }
        let server = HealthServer::new(HealthService::from_health_reporter(health.clone()));
        let services = Arc::new(HashMap::from([companion(server), companion(reflection), companion(older)]));
        Ok(Self { services, health, ports })
    }

    /// The companion that serves this path.
    pub(super) fn find(&self, path: &str) -> Option<&Companion> {
        let (service, _) = path.strip_prefix("/grpc.")?.split_once('/')?;
        self.services.get(service)
    }

    /// Reports nothing as serving, and ends the streams of those who watch: they would hold the drain.
    pub(super) async fn retire(mut self) {
        for port in self.ports.iter().map(|port| &**port).chain([""]) {
            self.health.set_service_status(port, ServingStatus::NotServing).await;
            self.health.clear_service_status(port).await;
        }
    }
}

fn companion<S>(service: S) -> (&'static str, Companion)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + NamedService,
    S: Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    (S::NAME.trim_start_matches("grpc."), Companion(BoxCloneSyncService::new(service)))
}

impl Companion {
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<ReplyBody> {
        let Ok(response) = self.0.clone().oneshot(request).await;
        response.map(ReplyBody::Companion)
    }
}
