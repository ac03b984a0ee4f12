//! Placing an order: priced, kept, answered; and everything that is refused.

use ordering_contract::{OrderStatus, Ordering as _, OrderingRefusal, OrdersQuery};
use outgrow::{CallError, CauseKind};

use crate::{
    memory::Failure,
    sample::{euro, sku},
    shop::{Shop, cx},
};

#[tokio::test]
async fn an_order_is_placed_at_the_prices_of_this_moment() {
    let shop = Shop::new();
    let order = shop.place("key", &[("mug", 2), ("mug", 1)]).await.unwrap();
    assert_eq!((order.status, order.total, order.lines.len()), (OrderStatus::Placed, euro(3750), 2));
    assert_eq!(
        (shop.stock.script.asked(), shop.till.script.asked()),
        (0, 0),
        "nothing is asked of anybody yet"
    );
    assert_eq!(shop.begun(), [order.id], "its fulfilment begins with it");
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused_and_nothing_is_kept() {
    let shop = Shop::new();
    let hundred_and_one = vec![("mug", 1); 101];
    let currency = "USD".parse().unwrap();
    let cases: [(&[(&str, u32)], OrderingRefusal); 5] = [
        (&[], OrderingRefusal::WrongNumberOfLines { lines: 0 }),
        (&hundred_and_one, OrderingRefusal::WrongNumberOfLines { lines: 101 }),
        (&[("mug", 1), ("nil", 1)], OrderingRefusal::UnknownSku { sku: sku("nil"), line: 1 }),
        (&[("mug", 1), ("usd", 1)], OrderingRefusal::MixedCurrencies { line: 1, currency }),
        (&[("pot", 2)], OrderingRefusal::TotalTooLarge),
    ];
    for (number, (lines, refusal)) in cases.into_iter().enumerate() {
        let answer = shop.place(&format!("key-{number}"), lines).await;
        assert_eq!(answer, Err(CallError::Refused(refusal)));
    }
    assert_eq!(
        shop.place("key-9", &[("pot", 1), ("mug", 1)]).await,
        Err(CallError::Refused(OrderingRefusal::TotalTooLarge))
    );
    assert_eq!(shop.begun(), []);
}

#[tokio::test]
async fn the_same_key_places_one_order_and_another_request_under_it_is_refused() {
    let shop = Shop::new();
    let first = shop.place("key", &[("mug", 1)]).await.unwrap();
    assert_eq!(shop.place("key", &[("mug", 1)]).await.unwrap(), first);
    let other = shop.place("key", &[("mug", 2)]).await.unwrap_err();
    assert_eq!(other.why().map(|cause| cause.kind), Some(CauseKind::KeyReused));
    assert_eq!(shop.begun(), [first.id]);
}

#[tokio::test]
async fn while_the_catalogue_is_away_nothing_is_placed_and_the_caller_is_told_so() {
    let shop = Shop::new();
    *shop.prices.away.lock().unwrap() = true;
    let answer = shop.place("key", &[("mug", 1)]).await;
    assert!(
        matches!(&answer, Err(CallError::NotExecuted(cause)) if cause.kind == CauseKind::Dependency),
        "{answer:?}"
    );
    *shop.prices.away.lock().unwrap() = false;
    assert!(shop.place("key", &[("mug", 1)]).await.is_ok(), "the key was not used up");
}

#[tokio::test]
async fn only_what_was_certainly_not_committed_is_called_not_executed() {
    let shop = Shop::new();
    shop.store.commits_fail.lock().unwrap().extend([Failure::NotCommitted, Failure::InDoubt]);
    let lost = shop.place("key", &[("mug", 1)]).await;
    assert!(
        matches!(&lost, Err(CallError::NotExecuted(cause)) if cause.kind == CauseKind::Storage),
        "{lost:?}"
    );
    let doubt = shop.place("key", &[("mug", 1)]).await;
    assert!(
        matches!(&doubt, Err(CallError::InDoubt(cause)) if cause.kind == CauseKind::Storage),
        "{doubt:?}"
    );
    let order = shop.place("key", &[("mug", 1)]).await.unwrap();
    assert_eq!(shop.begun(), [order.id], "repeating it finds the one that was kept");
}

#[tokio::test]
async fn the_orders_of_a_customer_come_in_pages() {
    let shop = Shop::new();
    let mut placed = Vec::new();
    for number in 0..5 {
        placed.push(shop.place(&format!("key-{number}"), &[("mug", 1)]).await.unwrap().id);
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let request = OrdersQuery { customer: "ada".parse().unwrap(), after, limit: 2 };
        let page = shop.sales.orders(&cx("any"), request).await.unwrap();
        seen.extend(page.items.iter().map(|order| order.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    placed.reverse();
    assert_eq!(seen, placed);
    for limit in [0, 101] {
        let request = OrdersQuery { customer: "ada".parse().unwrap(), after: None, limit };
        let refused = shop.sales.orders(&cx("any"), request).await.unwrap_err();
        assert_eq!(refused, CallError::Refused(OrderingRefusal::WrongLimit { limit }));
    }
}
