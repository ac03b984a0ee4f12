//! What carriers are measured with: a basket is priced. Once as a port, and once as the same messages by prost.
//!
//! The benchmark of the other carrier uses this file, too.

use std::sync::Arc;

use outgrow::{Answer, CallContext, Port as _, Served, Unread, Wire, call::EDGE, port};
use outgrow_runtime::{Access, Door, Policies, Router, Target, router::Route};
use outgrow_testkit::contest::{Client, Failure};
use uuid::Uuid;

/// What every request holds: a customer, and so much of each of these.
const CUSTOMER: &str = "0193a5d0-5b1c-7000-8000-00805f9b34fb";
const LINES: [(&str, u32); 3] = [("TEA-EARL-GREY-250G", 2), ("MUG-BLUE-350ML", 1), ("SPOON-OAK-SMALL", 6)];

/// What the callee does, on either side: it adds up.
fn price(quantity: u32) -> u64 {
    u64::from(quantity) * 250
}

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

impl Basket {
    /// The nth request.
    fn nth(nth: u64) -> Self {
        let line = |(sku, quantity): (&str, u32)| Line { sku: sku.to_owned(), quantity };
        Self { customer: CUSTOMER.to_owned(), lines: LINES.map(line).into(), number: nth + 1 }
    }
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

/// The door of the module, as a composed system has it: what a carrier serves.
pub(crate) fn door() -> Arc<Door> {
    let desk: Arc<dyn Pricing> = Arc::new(Desk);
    Arc::new(Door::new(Arc::new(Served(desk)), policies()))
}

/// The port at a target, with the policies of a caller.
#[derive(Clone)]
pub(crate) struct Ported(Arc<dyn Pricing>);

impl Ported {
    pub(crate) fn at(target: Arc<Target>) -> Self {
        Self(<dyn Pricing>::via(Router::new(None, Route::Remote(vec![target]), policies())))
    }
}

impl Client for Ported {
    async fn call(&self, nth: u64) -> Result<(), Failure> {
        // As from the edge: a correlation of its own for each request, which HTTP/2 cannot compress.
        let cx = CallContext::new(EDGE, Uuid::from_u128(u128::from(nth) << 64));
        let quote = self.0.quote(&cx, Basket::nth(nth)).await?;
        if quote.total == 0 { Err("nothing was added up".into()) } else { Ok(()) }
    }
}

/// The same messages by prost, for the bare side.
pub(crate) mod twin {
    use prost::Message as _;

    use super::{CUSTOMER, Failure, LINES, price};

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Basket {
        #[prost(string, tag = "1")]
        customer: String,
        #[prost(message, repeated, tag = "2")]
        lines: Vec<Line>,
        #[prost(uint64, tag = "3")]
        number: u64,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Line {
        #[prost(string, tag = "1")]
        sku: String,
        #[prost(uint32, tag = "2")]
        quantity: u32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Quote {
        #[prost(string, tag = "1")]
        customer: String,
        #[prost(message, repeated, tag = "2")]
        lines: Vec<Line>,
        #[prost(uint64, tag = "3")]
        pub(crate) total: u64,
    }

    impl Basket {
        /// The nth request.
        pub(crate) fn nth(nth: u64) -> Self {
            let line = |(sku, quantity): (&str, u32)| Line { sku: sku.to_owned(), quantity };
            Self { customer: CUSTOMER.to_owned(), lines: LINES.map(line).into(), number: nth + 1 }
        }

        /// What the callee does.
        pub(crate) fn quote(self) -> Quote {
            let Self { customer, lines, .. } = self;
            let total = lines.iter().map(|line| price(line.quantity)).sum();
            Quote { customer, lines, total }
        }
    }

    /// Whether both sides are asked the same.
    pub(crate) fn sends_the_same() -> Result<(), Failure> {
        let (ours, theirs) =
            (outgrow::Message::to_bytes(&super::Basket::nth(0)), Basket::nth(0).encode_to_vec());
        if ours == theirs { Ok(()) } else { Err("the two sides do not send the same bytes".into()) }
    }
}
