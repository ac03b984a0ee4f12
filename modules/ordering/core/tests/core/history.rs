//! The history says of each order what was told of it, and so what the order itself says once all was told.

use ordering_contract::{History, HistoryQuery, OrderEvent, OrderStatus, Ordering as _, OrderingRefusal};
use ordering_core::{Entry, Fact, Order};
use outgrow::{
    CallError,
    command::Undecided,
    event::{Delivered, Handled, Recorded},
};

use crate::{
    sample::{at, fact, order, out_of_stock},
    shop::{Shop, cx},
};

async fn history(shop: &Shop, limit: u32) -> Result<History, CallError<OrderingRefusal>> {
    let request = HistoryQuery { customer: "ada".parse().unwrap(), after: None, limit };
    shop.sales.history(&cx("any"), request).await
}

/// What was told, as it is delivered to Ordering itself.
fn told(shop: &Shop) -> Vec<Delivered<OrderEvent>> {
    let mut numbers = std::collections::HashMap::new();
    let events = shop.store.events().into_iter().map(|event| {
        let sequence = numbers.entry(event.key.clone()).and_modify(|last| *last += 1).or_insert(1);
        let recorded = Recorded {
            id: event.id,
            stream: event.stream.to_string(),
            key: event.key,
            sequence: *sequence,
            kind: event.kind,
            data: event.data,
            at: event.at,
            correlation: event.correlation,
            causation: event.causation,
            previous: None,
        };
        Delivered::read(&recorded, "ordering").unwrap().unwrap()
    });
    events.collect()
}

#[tokio::test]
async fn the_history_lags_and_says_in_the_end_what_the_orders_say() {
    let shop = Shop::new();
    let (kept, refused) = (shop.placed().await, shop.place("much", &[("mug", 6)]).await.unwrap().id);
    shop.carry_on(kept).await;
    shop.carry_on(refused).await;
    shop.cancel("cancel", kept).await.unwrap();
    assert_eq!(history(&shop, 10).await.unwrap().items, [], "nothing was delivered yet");

    for event in told(&shop) {
        assert!(matches!(shop.chronicle.hear(event.clone()).await, Ok(Handled::Marked)));
        assert!(matches!(shop.chronicle.hear(event).await, Err(Undecided::Conflict)), "once");
    }
    let page = history(&shop, 10).await.unwrap();
    assert_eq!(page.items.iter().map(|entry| entry.order).collect::<Vec<_>>(), [refused, kept]);
    for entry in page.items {
        let order = shop.order(entry.order).await;
        assert_eq!(
            (entry.status, entry.total, entry.placed_at, entry.reason),
            (order.status, order.total, order.placed_at, order.reason)
        );
    }
}

#[tokio::test]
async fn it_comes_in_pages_and_a_limit_that_is_none_is_refused() {
    let shop = Shop::new();
    for key in ["one", "two", "three"] {
        shop.place(key, &[("mug", 1)]).await.unwrap();
    }
    for event in told(&shop) {
        let _marked = shop.chronicle.hear(event).await.unwrap();
    }
    let page = history(&shop, 2).await.unwrap();
    assert_eq!((page.items.len(), page.next), (2, Some(page.items[1].order)));
    assert_eq!(history(&shop, 3).await.unwrap().next, None);
    for limit in [0, 101] {
        let refused = history(&shop, limit).await;
        assert_eq!(refused, Err(CallError::Refused(OrderingRefusal::WrongLimit { limit })));
    }
}

#[test]
fn an_order_that_was_found_says_what_it_is_and_goes_on_with_what_is_told() {
    let rejected = Order { status: OrderStatus::Rejected, reason: Some(out_of_stock()), ..order(1, "ada") };
    let found = Entry::of(&[Fact::found(&rejected)]).unwrap();
    assert_eq!((found.shown.status, found.shown.reason), (OrderStatus::Rejected, Some(out_of_stock())));
    assert_eq!((found.shown.placed_at, found.shown.rejected_at, found.number), (rejected.placed_at, None, 0));

    let confirmed = Order { status: OrderStatus::Confirmed, ..order(2, "ada") };
    let facts = [Fact::found(&confirmed), fact(&confirmed, 3, OrderStatus::Cancelled)];
    let cancelled = Entry::of(&facts).unwrap();
    assert_eq!((cancelled.shown.status, cancelled.shown.cancelled_at), (OrderStatus::Cancelled, Some(at(3))));
    assert_eq!((cancelled.shown.confirmed_at, cancelled.number), (None, 3), "nobody kept when");
}
