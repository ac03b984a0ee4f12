//! What the runtime knows of this crate.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use outgrow::{BoxFuture, Dispatch, IdGen, Transport};
use outgrow_runtime::{Address, Carrier, Listener, placement::Unusable};
use tokio_util::sync::CancellationToken;

use crate::{Broker, RabbitServer, RabbitTransport, client::Calls};

/// The carrier of the address `rabbitmq`.
#[derive(Clone)]
pub struct RabbitMq {
    at: Option<(Broker, Calls)>,
}

impl std::fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RabbitMq").field(&self.at.as_ref().map(|(broker, _)| broker)).finish()
    }
}

impl RabbitMq {
    /// A carrier over this broker. Without one it can carry nothing, and says so.
    pub fn over(broker: Option<Broker>) -> Self {
        Self { at: broker.map(|broker| (broker.clone(), Calls::over(broker))) }
    }

    fn at(&self, address: &Address) -> Result<&(Broker, Calls), Unusable> {
        if !address.place.is_empty() {
            return Err(Unusable(
                "`rabbitmq` says it all: where the broker is stands under [broker]".to_owned(),
            ));
        }
        self.at.as_ref().ok_or_else(|| {
            Unusable(
                "there is no broker: add [broker] url = \"amqp://user:password@host:5672/%2f\"".to_owned(),
            )
        })
    }
}

impl Carrier for RabbitMq {
    fn scheme(&self) -> &'static str {
        "rabbitmq"
    }

    fn connect(&self, address: &Address) -> Result<Arc<dyn Transport>, Unusable> {
        let (_, calls) = self.at(address)?;
        Ok(Arc::new(RabbitTransport::by(calls)))
    }

    fn listen<'a>(
        &'a self,
        address: &'a Address,
        _bind: Option<&'a Address>,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, Unusable>> {
        Box::pin(async move {
            let (broker, _) = self.at(address)?;
            let listener: Box<dyn Listener> =
                Box::new(AtBroker { broker: broker.clone(), up: Arc::default() });
            Ok(listener)
        })
    }
}

struct AtBroker {
    broker: Broker,
    up: Arc<AtomicBool>,
}

impl Listener for AtBroker {
    fn place(&self) -> String {
        self.broker.to_string()
    }

    fn is_up(&self) -> Arc<dyn Fn() -> bool + Send + Sync> {
        let up = Arc::clone(&self.up);
        Arc::new(move || up.load(Ordering::Relaxed))
    }

    fn serve(
        self: Box<Self>,
        doors: Vec<Arc<dyn Dispatch>>,
        ids: Arc<dyn IdGen>,
        stop: CancellationToken,
        drain: Duration,
    ) -> BoxFuture<'static, Result<(), Box<dyn Error + Send + Sync>>> {
        let Self { broker, up } = *self;
        Box::pin(async move {
            RabbitServer::new(broker, doors, ids).telling(up).serve(stop, drain).await;
            Ok(())
        })
    }
}
