//! The port, as a composed system has it: policies at the caller, the carrier, and the door of the module.

use std::{
    sync::{Arc, mpsc::Sender},
    time::Duration,
};

use adapter_rabbitmq::{Broker, RabbitServer, RabbitTransport};
use outgrow::SystemIds;
use outgrow_runtime::Target;
use outgrow_testkit::{
    contest::{Client as _, Failure},
    until_async,
};
use tokio_util::sync::CancellationToken;

use crate::pricing::{Ported, door};

/// How long the server may take until it consumes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves until the process ends.
pub(crate) async fn serve(broker: Broker, begun: Sender<()>) -> Result<(), Failure> {
    begun.send(())?;
    let server = RabbitServer::new(broker, vec![door()], Arc::new(SystemIds));
    server.serve(CancellationToken::new(), Duration::ZERO).await;
    Ok(())
}

/// A client, once it is answered.
pub(crate) async fn connect(broker: &Broker) -> Ported {
    let client = Ported::at(Target::new("rabbitmq", Arc::new(RabbitTransport::connect(broker))));
    until_async("the port answers", PATIENCE, async || client.call(0).await).await;
    client
}
