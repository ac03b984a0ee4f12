//! The port, as a composed system has it: policies at the caller, the carrier, and the door of the module.

use std::{
    future,
    net::SocketAddr,
    sync::{Arc, mpsc::Sender},
    time::Duration,
};

use adapter_grpc::{GrpcAddress, GrpcServer, GrpcTransport};
use outgrow::{
    Answer, CallContext, Message as _, Port as _, Served, SystemIds, Unread, Wire, call::EDGE, port,
};
use outgrow_runtime::{Access, Door, Policies, Router, Target, router::Route};
use uuid::Uuid;

use crate::{CUSTOMER, Client, Failure, LINES, price};

/// What baskets cost.
#[port("pricing.v1")]
pub(crate) trait Pricing {
    /// Prices a basket.
    #[query]
    async fn quote(&self, cx: &CallContext, request: Basket) -> Answer<Quote, PricingRefusal>;
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Wire)]
pub(crate) struct Basket {
    #[wire(1)]
    customer: String,
    #[wire(2)]
    lines: Vec<Line>,
    #[wire(3)]
    number: u64,
}

/// So much of one thing.
#[derive(Clone, Debug, PartialEq, Wire)]
pub(crate) struct Line {
    #[wire(1)]
    sku: String,
    #[wire(2)]
    quantity: u32,
}

/// What it costs.
#[derive(Clone, Debug, PartialEq, Wire)]
pub(crate) struct Quote {
    #[wire(1)]
    customer: String,
    #[wire(2)]
    lines: Vec<Line>,
    #[wire(3)]
    total: u64,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
pub(crate) enum PricingRefusal {
    /// A newer version knows.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

fn basket(number: u64) -> Basket {
    let line = |(sku, quantity): (&str, u32)| Line { sku: sku.to_owned(), quantity };
    Basket { customer: CUSTOMER.to_owned(), lines: LINES.map(line).into(), number }
}

/// The bytes of the nth request.
pub(crate) fn request(nth: u64) -> Vec<u8> {
    basket(nth + 1).to_bytes().into()
}

struct Desk;

#[async_trait::async_trait]
impl Pricing for Desk {
    async fn quote(&self, _cx: &CallContext, request: Basket) -> Answer<Quote, PricingRefusal> {
        let Basket { customer, lines, .. } = request;
        let total = lines.iter().map(|line| price(line.quantity)).sum();
        Ok(Quote { customer, lines, total })
    }
}

fn policies() -> Policies {
    Policies::new(Access::to(<dyn Pricing>::DESC, &[]))
}

/// Serves until the process ends.
pub(crate) async fn serve(listening: Sender<SocketAddr>) -> Result<(), Failure> {
    let listener = GrpcServer::bind(&"grpc://127.0.0.1:0".parse()?).await?;
    listening.send(listener.local_addr()?)?;
    let desk: Arc<dyn Pricing> = Arc::new(Desk);
    let door = Door::new(Arc::new(Served(desk)), policies());
    let server = GrpcServer::new(vec![Arc::new(door)], Arc::new(SystemIds));
    Ok(server.serve(listener, future::pending(), Duration::ZERO).await?)
}

/// A client.
#[derive(Clone)]
pub(crate) struct Ported(Arc<dyn Pricing>);

impl Ported {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let address: GrpcAddress = format!("grpc://{address}").parse()?;
        let target = Target::new(address.to_string(), Arc::new(GrpcTransport::connect(&address)));
        Ok(Self(<dyn Pricing>::via(Router::new(None, Route::Remote(vec![target]), policies()))))
    }
}

impl Client for Ported {
    async fn quote(&self, nth: u64) -> Result<u64, Failure> {
        // As from the edge: a correlation of its own for each request, which HTTP/2 cannot compress.
        let cx = CallContext::new(EDGE, Uuid::from_u128(u128::from(nth) << 64));
        Ok(self.0.quote(&cx, basket(nth + 1)).await?.total)
    }
}
