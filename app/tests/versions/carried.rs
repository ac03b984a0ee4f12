//! Two processes and a carrier between them, all in this one.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use adapter_grpc::Grpc;
use adapter_rabbitmq::{Broker, RabbitMq};
use outgrow::{CallContext, Dispatch, IdGen as _, SystemIds, call::EDGE};
use outgrow_runtime::{Address, Carrier, Target};
use outgrow_testkit::LoopbackAddr;
use tokio_util::sync::CancellationToken;

pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A carrier, and an address that is nobody else's.
pub(crate) struct Way {
    pub(crate) carrier: Arc<dyn Carrier>,
    pub(crate) address: Address,
}

pub(crate) fn grpc() -> Way {
    let address = format!("grpc://{}", LoopbackAddr::new().free());
    Way { carrier: Arc::new(Grpc), address: address.parse().unwrap() }
}

pub(crate) fn rabbitmq() -> Way {
    static WAYS: AtomicU32 = AtomicU32::new(0);
    let url = env::var("OUTGROW_TEST_RABBITMQ");
    let url = url.unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned());
    let prefix = format!("v-{}-{}", std::process::id(), WAYS.fetch_add(1, Ordering::Relaxed));
    let broker = Broker::new(&url, &prefix).unwrap();
    Way { carrier: Arc::new(RabbitMq::over(Some(broker))), address: "rabbitmq".parse().unwrap() }
}

/// A process that serves, until it is dropped.
pub(crate) struct Serving(CancellationToken);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Way {
    /// The way there, as somebody who has not met anybody yet has it.
    pub(crate) fn target(&self) -> Arc<Target> {
        Target::new(self.address.to_string(), self.carrier.connect(&self.address).unwrap())
    }

    /// Serves these doors at the other end.
    pub(crate) async fn serve(&self, doors: Vec<Arc<dyn Dispatch>>) -> Serving {
        let stop = CancellationToken::new();
        let listen = async || self.carrier.listen(&self.address, None).await.ok();
        let listener = outgrow_testkit::until_async("the address is free", LONG, listen).await;
        let is_up = listener.is_up();
        let serving = listener.serve(doors, Arc::new(SystemIds), stop.clone(), LONG);
        drop(tokio::spawn(async move { serving.await.map_err(|error| error.to_string()) }));
        outgrow_testkit::until_async("it can be called", LONG, async || is_up()).await;
        Serving(stop)
    }
}

/// What the edge calls with, under this idempotency key.
pub(crate) fn cx(key: &str) -> CallContext {
    CallContext::new(EDGE, SystemIds.uuid()).with_key(key.parse().unwrap()).within(LONG)
}
