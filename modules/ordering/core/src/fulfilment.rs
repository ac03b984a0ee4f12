//! What happens to an order after it was placed: its saga.
//!
//! ```text
//! reserve ──► authorize ──► (capture) ──► ship ──► confirm
//!  goods        money         money       goods    the order
//! ```
//!
//! A step that is refused ends the order at once: it is *rejected* with the reason, and what was done before is given
//! back, the last first. An order that is cancelled is called off, however far it is: money and goods are given back,
//! also those that arrive late. Each question has an id that was decided with the order, so asking again is asking for
//! the same.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ordering_contract::{OrderEvent, OrderId, OrderStatus, Reason};
use outgrow::{
    Cause, CauseKind, Clock, IdGen, Outgoing, Saga, Steps, WireError,
    command::Undecided,
    saga::{Step, Stepped, Transition, Underway, Why},
};

use crate::{Change, Order, OrderStore, Stock, Till};

/// How an order is fulfilled. Payments that do not answer for so long are as good as refused: what they may have set
/// aside is given back. A stockroom may be away for as long as it likes.
pub static FULFILMENT: Saga = Saga::new(
    "fulfilment",
    1,
    &[
        Step::compensatable(RESERVE),
        Step::compensatable(AUTHORIZE).within(Duration::from_mins(15)),
        Step::pivot(CAPTURE).within(Duration::from_hours(1)),
        Step::retriable(SHIP).within(Duration::from_hours(24)),
        Step::retriable(CONFIRM).within(Duration::from_hours(1)).at_home(),
    ],
);

const RESERVE: &str = "reserve";
const AUTHORIZE: &str = "authorize";
const CAPTURE: &str = "capture";
const SHIP: &str = "ship";
const CONFIRM: &str = "confirm";

/// Fulfils orders.
pub struct Fulfilment {
    orders: Arc<dyn OrderStore>,
    stock: Arc<dyn Stock>,
    till: Arc<dyn Till>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
}

impl std::fmt::Debug for Fulfilment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fulfilment")
    }
}

#[async_trait]
impl Steps for Fulfilment {
    async fn act(&self, at: &Underway) -> Result<Stepped, Undecided> {
        let (order, cx) = (self.order(at).await?, at.cx("ordering"));
        let done = match at.step.name {
            RESERVE => self.stock.hold(&cx, order.hold, &order.lines).await?,
            AUTHORIZE => self.till.authorize(&cx, &order).await?,
            CAPTURE => self.till.capture(&cx, &order).await?,
            SHIP => {
                return Ok(self.stock.ship(&cx, order.hold).await?.map_or_else(refused, |()| Stepped::Done));
            }
            CONFIRM => return self.end(at, at.done(), order.confirm()).await,
            _ => return Err(unknown(at)),
        };
        match done {
            Ok(()) => Ok(Stepped::Done),
            Err(reason) => {
                let turned = at.refused(Why::new(reason.code.clone(), reason.message.clone()));
                self.end(at, turned, order.reject(reason)).await
            }
        }
    }

    async fn undo(&self, at: &Underway) -> Result<Stepped, Undecided> {
        let (order, cx) = (self.order(at).await?, at.cx("ordering"));
        let given_back = match at.step.name {
            AUTHORIZE => self.till.give_back(&cx, order.id).await?,
            RESERVE => self.stock.give_back(&cx, order.hold).await?,
            _ => return Err(unknown(at)),
        };
        match given_back {
            Err(reason) => Ok(refused(reason)), // people have to look
            // The last thing to be undone. If nobody ended the order, that it took too long, or people, did.
            Ok(()) if at.step.name == RESERVE && order.status == OrderStatus::Placed => {
                self.end(at, at.done(), order.reject(given_up(at))).await
            }
            Ok(()) => Ok(Stepped::Done),
        }
    }
}

impl Fulfilment {
    /// Fulfils the orders of this store, with goods of this stock, paid at this till.
    pub fn new(
        orders: Arc<dyn OrderStore>,
        stock: Arc<dyn Stock>,
        till: Arc<dyn Till>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
    ) -> Self {
        Self { orders, stock, till, clock, ids }
    }

    async fn order(&self, at: &Underway) -> Result<Order, Undecided> {
        let order = self.orders.order(OrderId(at.instance.id)).await?;
        order.ok_or_else(|| defect(format!("there is no order {}", at.instance.id)))
    }

    /// Ends the order, and tells of it, together with the transition that does. If it was ended before, by somebody
    /// who was faster, so was the saga.
    async fn end(
        &self,
        at: &Underway,
        transition: Transition,
        ended: Option<(Order, OrderEvent)>,
    ) -> Result<Stepped, Undecided> {
        let (order, event) = ended.ok_or(Undecided::Conflict)?;
        let told = Outgoing::of(&event, self.ids.uuid(), self.clock.now(), &at.cx("ordering"));
        let events = vec![told.map_err(untold)?];
        self.orders
            .commit(Change { order: Some(order), events, saga: Some(transition), answer: None })
            .await?;
        Ok(Stepped::Kept)
    }
}

fn refused(reason: Reason) -> Stepped {
    Stepped::Refused(Why::new(reason.code, reason.message))
}

/// Why an order was given up that nobody refused, in words for its customer. Those of who called it off are for the
/// journal.
fn given_up(at: &Underway) -> Reason {
    let (code, message) = match &at.instance.why {
        Some(why) if why.code != "out-of-patience" => (&*why.code, "the order was called off"),
        _ => ("took-too-long", "the order could not be fulfilled in time"),
    };
    Reason { code: code.to_owned(), message: message.to_owned() }
}

/// An event of ours that could not be put into words: a defect, and nothing was changed.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
pub(crate) fn untold(error: WireError) -> Undecided {
    defect(error.to_string())
}

fn unknown(at: &Underway) -> Undecided {
    defect(format!("there is no step {}", at.step.name))
}

fn defect(why: String) -> Undecided {
    Undecided::NotExecuted(Cause::new(CauseKind::Internal, why))
}
