//! The port, as a composed system has it: policies at the caller, the carrier, and the door of the module.

use std::{
    future,
    net::SocketAddr,
    sync::{Arc, mpsc::Sender},
    time::Duration,
};

use adapter_grpc::{GrpcAddress, GrpcServer, GrpcTransport};
use outgrow::SystemIds;
use outgrow_runtime::Target;
use outgrow_testkit::contest::Failure;

use crate::pricing::{Ported, door};

/// Serves until the process ends.
pub(crate) async fn serve(listening: Sender<SocketAddr>) -> Result<(), Failure> {
    let listener = GrpcServer::bind(&"grpc://127.0.0.1:0".parse()?).await?;
    listening.send(listener.local_addr()?)?;
    let server = GrpcServer::new(vec![door()], Arc::new(SystemIds));
    Ok(server.serve(listener, future::pending(), Duration::ZERO).await?)
}

/// A client.
pub(crate) fn connect(address: SocketAddr) -> Result<Ported, Failure> {
    let address: GrpcAddress = format!("grpc://{address}").parse()?;
    Ok(Ported::at(Target::new(address.to_string(), Arc::new(GrpcTransport::connect(&address)))))
}
