//! Waiting for the end of an order, on a clock that moves only when everybody waits.

use std::{
    cell::RefCell,
    future::{Ready, ready},
    pin::pin,
};

use futures_util::{FutureExt as _, future::join};
use ordering_core::HoldId;
use outgrow::Money;
use time::OffsetDateTime;
use tokio::time::{advance, sleep};
use uuid::Uuid;

use super::*;

const LONG: Duration = Duration::from_secs(5);

fn id(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(number))
}

fn order(status: OrderStatus) -> Order {
    Order {
        id: id(1),
        customer: "ada".parse().unwrap(),
        payment_token: "tok_ok".parse().unwrap(),
        lines: vec![],
        total: Money { amount: 1, currency: "EUR".parse().unwrap() },
        hold: HoldId(id(2).0),
        status,
        reason: None,
        placed_at: OffsetDateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One order that is kept somewhere, and when it was looked at.
struct Kept {
    ends: Ends,
    status: RefCell<OrderStatus>,
    looks: RefCell<Vec<Duration>>,
    since: Instant,
    /// When its process begins to end.
    until: Duration,
}

impl Kept {
    fn placed() -> Self {
        let status = RefCell::new(OrderStatus::Placed);
        Self {
            ends: Ends::default(),
            status,
            looks: RefCell::default(),
            since: Instant::now(),
            until: Duration::MAX,
        }
    }

    fn look(&self) -> Ready<Result<Option<Order>, StoreError>> {
        self.looks.borrow_mut().push(self.since.elapsed());
        ready(Ok(Some(order(*self.status.borrow()))))
    }

    fn ending(&self) -> bool {
        self.since.elapsed() >= self.until
    }

    fn end(&self) {
        *self.status.borrow_mut() = OrderStatus::Confirmed;
    }

    /// What a caller with this patience is answered, and when.
    async fn wait(&self, within: Duration) -> (OrderStatus, Duration) {
        let found = self.ends.wait(id(1), within, || self.ending(), || self.look()).await.unwrap().unwrap();
        (found.status, self.since.elapsed())
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_told_looks_at_once() {
    let kept = Kept::placed();
    let end = async {
        sleep(ms(7)).await;
        kept.end();
        kept.ends.tell(id(1));
    };
    let (answer, ()) = join(kept.wait(LONG), end).await;
    assert_eq!(answer, (OrderStatus::Confirmed, ms(7)));
    assert_eq!(*kept.looks.borrow(), [ms(0), ms(7)]);
}

#[tokio::test(start_paused = true)]
async fn an_end_while_the_first_look_is_on_its_way_is_not_missed() {
    let kept = Kept::placed();
    let look = async || {
        let found = kept.look().await;
        kept.end();
        kept.ends.tell(id(1));
        found
    };
    let found = kept.ends.wait(id(1), LONG, || false, look).await.unwrap().unwrap();
    assert_eq!((found.status, kept.since.elapsed()), (OrderStatus::Confirmed, ms(0)));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_tells_is_found_by_looking_less_and_less_often() {
    let kept = Kept::placed();
    let end = async {
        sleep(ms(700)).await;
        kept.end();
    };
    let (answer, ()) = join(kept.wait(LONG), end).await;
    assert_eq!(answer, (OrderStatus::Confirmed, ms(810)));
    assert_eq!(*kept.looks.borrow(), [0, 10, 30, 70, 150, 310, 560, 810].map(ms));
}

#[tokio::test(start_paused = true)]
async fn of_the_ends_of_others_who_waits_sees_nothing() {
    let kept = Kept::placed();
    let others = async {
        for number in 2..1_000 {
            kept.ends.tell(id(number));
            sleep(ms(1)).await;
        }
    };
    let (answer, ()) = join(kept.wait(ms(999)), others).await;
    assert_eq!(answer, (OrderStatus::Placed, ms(999)));
    assert_eq!(*kept.looks.borrow(), [0, 10, 30, 70, 150, 310, 560, 810, 999].map(ms), "as if nothing ended");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_in_time_is_as_it_is() {
    let kept = Kept::placed();
    assert_eq!(kept.wait(ms(60)).await, (OrderStatus::Placed, ms(60)));
    assert_eq!(*kept.looks.borrow(), [0, 10, 30, 60].map(ms));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_lets_nobody_wait() {
    let kept = Kept { until: ms(100), ..Kept::placed() };
    assert_eq!(kept.wait(LONG).await, (OrderStatus::Placed, ms(150)));
    assert_eq!(*kept.looks.borrow(), [0, 10, 30, 70, 150].map(ms));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_or_cannot_be_looked_at_is_not_waited_for() {
    let ends = Ends::default();
    assert_eq!(ends.wait(id(1), LONG, || false, async || Ok(None)).await.unwrap(), None);
    assert!(ends.wait(id(1), LONG, || false, async || Err(StoreError::new("planted"))).await.is_err());
    assert!(ends.awaited().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_is_dropped_leaves_nothing_behind_and_others_go_on_waiting() {
    let kept = Kept::placed();
    let mut staying = pin!(kept.wait(LONG));
    let mut leaving = Box::pin(kept.wait(LONG));
    assert_eq!((staying.as_mut().now_or_never(), leaving.as_mut().now_or_never()), (None, None));
    drop(leaving);
    advance(ms(7)).await;
    kept.end();
    kept.ends.tell(id(1));
    assert_eq!(staying.await, (OrderStatus::Confirmed, ms(7)));
    assert!(kept.ends.awaited().is_empty());
    assert_eq!(kept.ends.places.available_permits(), PLACES);
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_room_is_answered_at_once() {
    let kept = Kept::placed();
    let mut waiting: Vec<_> = (0..PLACES).map(|_| Box::pin(kept.wait(LONG))).collect();
    assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
    assert_eq!(kept.wait(LONG).await, (OrderStatus::Placed, ms(0)));
    waiting.pop();
    assert_eq!(kept.wait(ms(10)).await, (OrderStatus::Placed, ms(10)), "one has left");
}
