//! For how long the answer to a query waits for the outcome of its order.

use std::time::Duration;

use ordering_contract::{OrderQuery, OrderStatus, Ordering as _, OrderingRefusal};
use outgrow::{CallContext, CallError};
use tokio::join;

use crate::{
    sample::id,
    shop::{Shop, cx},
};

/// For how long the store is asked to wait when this is asked for, of an order that has ended.
async fn waited(cx: CallContext, outcome_within_ms: Option<u32>) -> Option<Duration> {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.cancel("cancel", order).await.unwrap();
    let found = shop.sales.order(&cx, OrderQuery { order, outcome_within_ms }).await.unwrap();
    assert_eq!(found.status, OrderStatus::Cancelled);
    let waited = shop.store.waited.lock().unwrap();
    assert!(waited.len() < 2, "{waited:?}");
    waited.first().copied()
}

#[tokio::test]
async fn it_waits_as_long_as_it_may_and_five_seconds_at_most() {
    for (asked, waits) in [
        (None, None),
        (Some(0), None),
        (Some(1), Some(Duration::from_millis(1))),
        (Some(5_000), Some(Duration::from_secs(5))),
        (Some(5_001), Some(Duration::from_secs(5))),
        (Some(u32::MAX), Some(Duration::from_secs(5))),
    ] {
        assert_eq!(waited(cx("any"), asked).await, waits, "{asked:?}");
        assert_eq!(waited(cx("any").within(Duration::from_mins(1)), asked).await, waits, "{asked:?}");
    }
}

#[tokio::test]
async fn the_answer_still_arrives_before_the_deadline() {
    let budget = Duration::from_secs(2);
    let waits = waited(cx("any").within(budget), Some(5_000)).await.unwrap();
    assert!(waits <= Duration::from_millis(1_900), "{waits:?}");
    assert!(waits > Duration::from_millis(100), "what there is of it is used: {waits:?}");
    let hardly_any = cx("any").within(Duration::from_millis(90));
    assert_eq!(waited(hardly_any, Some(5_000)).await, None, "there is no time to wait");
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_the_order_once_it_has_ended_or_as_it_is_in_the_end() {
    let shop = Shop::new();
    let order = shop.placed().await;
    let query = OrderQuery::of(order).waiting(Duration::from_secs(1));
    let as_it_is = shop.sales.order(&cx("any"), query.clone()).await.unwrap();
    assert_eq!(as_it_is.status, OrderStatus::Placed);
    let any = cx("any");
    let (outcome, cancelled) = join!(shop.sales.order(&any, query), shop.cancel("cancel", order));
    assert_eq!(outcome.unwrap(), cancelled.unwrap());
    let unknown = shop.sales.order(&any, OrderQuery::of(id(404)).waiting(Duration::from_secs(1))).await;
    assert_eq!(unknown, Err(CallError::Refused(OrderingRefusal::UnknownOrder { order: id(404) })));
}
