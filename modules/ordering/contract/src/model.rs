//! Requests and answers.

use std::time::Duration;

use outgrow::{Money, NotText, Wire};
use time::OffsetDateTime;

use crate::{Customer, OrderId, PaymentToken, Sku};

/// How many of one SKU: 1 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
#[wire(checked)]
pub struct Quantity(u32);

impl Quantity {
    /// What it must be, in a sentence.
    pub const RULE: &'static str = "a quantity is 1 to 10000";

    /// The number itself.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Quantity {
    type Error = NotText;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if (1..=10_000).contains(&number) { Ok(Self(number)) } else { Err(NotText(Self::RULE)) }
    }
}

/// Takes an order.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct PlaceOrder {
    /// Who orders.
    #[wire(1)]
    pub customer: Customer,
    /// What: 1 to 100 lines, all priced in one currency.
    #[wire(2)]
    pub lines: Vec<Line>,
    /// How it will be paid.
    #[wire(3)]
    pub payment_token: PaymentToken,
}

/// So many of one SKU.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Line {
    /// What.
    #[wire(1)]
    pub sku: Sku,
    /// How many.
    #[wire(2)]
    pub quantity: Quantity,
}

/// Cancels an order.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct CancelOrder {
    /// Which one.
    #[wire(1)]
    pub order: OrderId,
}

/// Asks for one order.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct OrderQuery {
    /// Which one.
    #[wire(1)]
    pub order: OrderId,
    /// For how long the answer may wait until the order is no longer placed, in milliseconds: at most 5,000 or what the
    /// deadline of the call leaves, whichever is less; more counts as that. None or 0 is answered at once.
    ///
    /// It promises no outcome: who does not know this field, or has too many who wait already, answers at once.
    #[wire(2)]
    pub outcome_within_ms: Option<u32>,
}

impl OrderQuery {
    /// The longest that an answer waits.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(5);

    /// The order as it is.
    pub fn of(order: OrderId) -> Self {
        Self { order, outcome_within_ms: None }
    }

    /// The order once it is no longer placed, if that is within this time, which counts in whole milliseconds.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use ordering_contract::{OrderId, OrderQuery};
    /// # let order = OrderId(uuid::Uuid::nil());
    /// let query = OrderQuery::of(order).waiting(Duration::from_secs(3));
    /// assert_eq!(query.outcome_within_ms, Some(3_000));
    /// ```
    #[must_use]
    pub fn waiting(self, within: Duration) -> Self {
        let within = within.min(Self::LONGEST_WAIT).as_millis();
        Self { outcome_within_ms: u32::try_from(within).ok(), ..self }
    }

    /// For how long the answer may wait, as far as the call's deadline is not looked at; none is at once.
    pub fn patience(&self) -> Option<Duration> {
        let within = Duration::from_millis(self.outcome_within_ms?.into()).min(Self::LONGEST_WAIT);
        (!within.is_zero()).then_some(within)
    }
}

/// Asks for the orders of one customer.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct OrdersQuery {
    /// Whose.
    #[wire(1)]
    pub customer: Customer,
    /// Only those placed before this one; none starts with the newest.
    #[wire(2)]
    pub after: Option<OrderId>,
    /// At most so many: 1 to 100.
    #[wire(3)]
    pub limit: u32,
}

/// A page of orders.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Orders {
    /// The orders, newest first.
    #[wire(1)]
    pub items: Vec<Order>,
    /// Where the next page begins; none after the last.
    #[wire(2)]
    pub next: Option<OrderId>,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Order {
    /// Which one.
    #[wire(1)]
    pub id: OrderId,
    /// Who ordered.
    #[wire(2)]
    pub customer: Customer,
    /// What has become of it.
    #[wire(3)]
    pub status: OrderStatus,
    /// What was ordered.
    #[wire(4)]
    pub lines: Vec<OrderLine>,
    /// The sum of its lines.
    #[wire(5)]
    pub total: Money,
    /// Why it was rejected.
    #[wire(6)]
    pub reason: Option<Reason>,
    /// When it was placed.
    #[wire(7)]
    pub placed_at: OffsetDateTime,
}

/// Asks for the history of one customer's orders.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct HistoryQuery {
    /// Whose.
    #[wire(1)]
    pub customer: Customer,
    /// Only those placed before this one; none starts with the newest.
    #[wire(2)]
    pub after: Option<OrderId>,
    /// At most so many: 1 to 100.
    #[wire(3)]
    pub limit: u32,
}

/// A page of history.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct History {
    /// What has become of the orders, newest first.
    #[wire(1)]
    pub items: Vec<HistoryEntry>,
    /// Where the next page begins; none after the last.
    #[wire(2)]
    pub next: Option<OrderId>,
}

/// What has become of one order, and when, as far as it was told.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct HistoryEntry {
    /// Which one.
    #[wire(1)]
    pub order: OrderId,
    /// What has become of it.
    #[wire(2)]
    pub status: OrderStatus,
    /// The sum of its lines.
    #[wire(3)]
    pub total: Money,
    /// When it was placed.
    #[wire(4)]
    pub placed_at: OffsetDateTime,
    /// When it was confirmed; none if it was not, or if that was before anybody kept when.
    #[wire(5)]
    pub confirmed_at: Option<OffsetDateTime>,
    /// When it was rejected; none as above.
    #[wire(6)]
    pub rejected_at: Option<OffsetDateTime>,
    /// When it was cancelled; none as above.
    #[wire(7)]
    pub cancelled_at: Option<OffsetDateTime>,
    /// Why it was rejected.
    #[wire(8)]
    pub reason: Option<Reason>,
}

/// So many of one SKU, at a price.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct OrderLine {
    /// What.
    #[wire(1)]
    pub sku: Sku,
    /// How many.
    #[wire(2)]
    pub quantity: Quantity,
    /// What one of them costs, as it was when the order was placed.
    #[wire(3)]
    pub unit_price: Money,
}

/// What has become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
pub enum OrderStatus {
    /// It is being fulfilled.
    #[wire(1)]
    Placed,
    /// It is paid, and its goods have left.
    #[wire(2)]
    Confirmed,
    /// It could not be fulfilled; its reason says why.
    #[wire(3)]
    Rejected,
    /// It was called off.
    #[wire(4)]
    Cancelled,
}

/// Such as `rejected`.
impl std::fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Placed => "placed",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        })
    }
}

/// Why an order was rejected.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Reason {
    /// A stable code, such as `out-of-stock`.
    #[wire(1)]
    pub code: String,
    /// A sentence for people.
    #[wire(2)]
    pub message: String,
}
