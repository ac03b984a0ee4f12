//! The port of the example, served and called over gRPC.

use std::{sync::Arc, time::Duration};

use adapter_grpc::{GrpcAddress, GrpcServer, GrpcTransport, Limits, ServeError};
use outgrow::{Port as _, Remote, Served};
use outgrow_testkit::{LoopbackAddr, SequentialIds};
use tokio::{sync::oneshot, task::JoinHandle};

use super::example::{Example, Module};

/// A server of the port. There is no door before the module: these tests want to see the carrier alone.
pub(super) struct Server {
    pub(super) address: GrpcAddress,
    pub(super) module: Arc<Module>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::limited(Limits::default()).await
    }

    pub(super) async fn limited(limits: Limits) -> Self {
        let address = format!("grpc://{}:0", LoopbackAddr::new().ip());
        Self::at(&address.parse().unwrap(), limits, Duration::from_millis(300)).await
    }

    pub(super) async fn at(address: &GrpcAddress, limits: Limits, drain: Duration) -> Self {
        let listener = GrpcServer::bind(address).await.unwrap();
        let address = format!("grpc://{}", listener.local_addr().unwrap()).parse().unwrap();
        let module = Arc::<Module>::default();
        let port: Arc<dyn Example> = Arc::<Module>::clone(&module);
        let server =
            GrpcServer::new(vec![Arc::new(Served(port))], Arc::new(SequentialIds::default())).limits(limits);
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.serve(listener, async { drop(stopped.await) }, drain));
        Self { address, module, stop, ended }
    }

    /// The port, called over gRPC.
    pub(super) fn client(&self) -> Arc<dyn Example> {
        client(&self.address)
    }

    /// Asks it to stop; what it ends with.
    pub(super) fn stop(self) -> JoinHandle<Result<(), ServeError>> {
        drop(self.stop);
        self.ended
    }
}

/// The port, called over gRPC at this address.
pub(super) fn client(address: &GrpcAddress) -> Arc<dyn Example> {
    via(GrpcTransport::connect(address))
}

/// The port, called over this transport.
pub(super) fn via(transport: GrpcTransport) -> Arc<dyn Example> {
    <dyn Example>::via(Remote(Arc::new(transport)))
}
