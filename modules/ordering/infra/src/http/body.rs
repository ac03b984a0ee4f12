//! What goes over HTTP: the public shape of an order, apart from the contract's.

use adapter_http::{Invalid, MoneyJson, Problem};
use ordering_contract::{HistoryEntry, Line, Order, OrderLine, OrderStatus, PlaceOrder, Quantity, Reason};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

/// An order to place.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PlaceOrder)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceOrderBody {
    /// Who orders.
    #[schema(min_length = 1, max_length = 64, example = "ada")]
    customer: String,
    /// What: 1 to 100 lines, all priced in one currency.
    #[schema(min_items = 1, max_items = 100)]
    lines: Vec<LineBody>,
    /// How it will be paid.
    #[schema(min_length = 1, max_length = 128, example = "tok_ok")]
    payment_token: String,
}

/// So many of one SKU.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Line)]
#[serde(deny_unknown_fields)]
struct LineBody {
    /// What.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,40}$", example = "mug-blue")]
    sku: String,
    /// How many.
    #[schema(minimum = 1, maximum = 10_000, example = 2)]
    quantity: i64,
}

impl PlaceOrderBody {
    /// The request of the port, or everything that is wrong with the body.
    pub(super) fn into_request(self) -> Result<PlaceOrder, Problem> {
        let mut invalid = Invalid::default();
        let customer = invalid.take("/customer", self.customer.parse());
        let payment_token = invalid.take("/payment_token", self.payment_token.parse());
        if !(1..=100).contains(&self.lines.len()) {
            invalid.refuse("/lines", format!("an order has 1 to 100 lines, not {}", self.lines.len()));
        }
        let mut lines = Vec::with_capacity(self.lines.len());
        for (number, line) in self.lines.into_iter().enumerate() {
            let sku = invalid.take(format!("/lines/{number}/sku"), line.sku.parse());
            let quantity =
                u32::try_from(line.quantity).ok().and_then(|number| Quantity::try_from(number).ok());
            if quantity.is_none() {
                invalid.refuse(format!("/lines/{number}/quantity"), Quantity::RULE);
            }
            lines.extend(sku.zip(quantity).map(|(sku, quantity)| Line { sku, quantity }));
        }
        invalid.finish(|| Some(PlaceOrder { customer: customer?, lines, payment_token: payment_token? }))
    }
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(super) struct OrderBody {
    /// Which one.
    #[schema(format = "uuid")]
    id: String,
    /// Who ordered.
    customer: String,
    /// What has become of it.
    status: StatusBody,
    /// What was ordered.
    lines: Vec<OrderLineBody>,
    /// The sum of its lines.
    total: MoneyJson,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
}

/// So many of one SKU, at the price of the moment it was ordered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderLine)]
struct OrderLineBody {
    /// What.
    sku: String,
    /// How many.
    quantity: u32,
    /// What one of them costs.
    unit_price: MoneyJson,
}

/// What has become of an order.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = OrderStatus)]
#[serde(rename_all = "lowercase")]
enum StatusBody {
    Placed,
    Confirmed,
    Rejected,
    Cancelled,
}

/// Why an order was rejected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
struct ReasonBody {
    /// A stable code, such as `out-of-stock`.
    code: String,
    /// A sentence for people.
    message: String,
}

/// What has become of an order, and when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub(super) struct HistoryEntryBody {
    /// Which one.
    #[schema(format = "uuid")]
    order: String,
    /// What has become of it.
    status: StatusBody,
    /// The sum of its lines.
    total: MoneyJson,
    /// When it was placed.
    #[schema(format = "date-time")]
    placed_at: String,
    /// When it was confirmed, if it was and that is known.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<String>,
    /// When it was rejected, if it was and that is known.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_at: Option<String>,
    /// When it was cancelled, if it was and that is known.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<String>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
}

impl From<HistoryEntry> for HistoryEntryBody {
    fn from(entry: HistoryEntry) -> Self {
        // A year of more than four digits has no such form.
        let at = |at: OffsetDateTime| at.format(&Rfc3339).ok();
        Self {
            order: entry.order.to_string(),
            status: entry.status.into(),
            total: entry.total.into(),
            placed_at: at(entry.placed_at).unwrap_or_default(),
            confirmed_at: entry.confirmed_at.and_then(at),
            rejected_at: entry.rejected_at.and_then(at),
            cancelled_at: entry.cancelled_at.and_then(at),
            reason: entry.reason.map(ReasonBody::from),
        }
    }
}

impl From<Order> for OrderBody {
    fn from(order: Order) -> Self {
        Self {
            id: order.id.to_string(),
            customer: order.customer.to_string(),
            status: order.status.into(),
            lines: order.lines.into_iter().map(OrderLineBody::from).collect(),
            total: order.total.into(),
            reason: order.reason.map(ReasonBody::from),
        }
    }
}

impl From<OrderLine> for OrderLineBody {
    fn from(line: OrderLine) -> Self {
        Self { sku: line.sku.to_string(), quantity: line.quantity.get(), unit_price: line.unit_price.into() }
    }
}

impl From<Reason> for ReasonBody {
    fn from(Reason { code, message }: Reason) -> Self {
        Self { code, message }
    }
}

impl From<OrderStatus> for StatusBody {
    fn from(status: OrderStatus) -> Self {
        match status {
            OrderStatus::Placed => Self::Placed,
            OrderStatus::Confirmed => Self::Confirmed,
            OrderStatus::Rejected => Self::Rejected,
            OrderStatus::Cancelled => Self::Cancelled,
        }
    }
}
