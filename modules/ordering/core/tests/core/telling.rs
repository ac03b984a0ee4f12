//! What is told of an order: exactly what happened to it, once, and nothing of what was not kept.

use ordering_contract::{OrderEvent, OrderId, Reason};
use outgrow::Clock as _;
use outgrow_testkit::FixedClock;

use crate::{
    memory::Failure,
    sample::{euro, id},
    shelf::Fate,
    shop::{Shop, cx},
};

fn placed(order: OrderId, amount: i64) -> OrderEvent {
    OrderEvent::OrderPlaced { order, customer: "ada".parse().unwrap(), total: euro(amount) }
}

fn confirmed(order: OrderId, amount: i64) -> OrderEvent {
    OrderEvent::OrderConfirmed { order, customer: "ada".parse().unwrap(), total: euro(amount) }
}

fn cancelled(order: OrderId) -> OrderEvent {
    OrderEvent::OrderCancelled { order, customer: "ada".parse().unwrap() }
}

fn rejected(order: OrderId, code: &str) -> OrderEvent {
    let reason = Reason { code: code.to_owned(), message: code.to_owned() };
    OrderEvent::OrderRejected { order, customer: "ada".parse().unwrap(), reason }
}

#[tokio::test]
async fn an_order_that_is_placed_confirmed_and_cancelled_tells_each_once() {
    let shop = Shop::new();
    let order = shop.placed().await;
    assert_eq!(shop.store.told(), [placed(order, 1250)]);
    shop.carry_on(order).await;
    assert_eq!(shop.store.told(), [placed(order, 1250), confirmed(order, 1250)]);
    shop.cancel("cancel", order).await.unwrap();
    shop.carry_on(order).await;
    let all = [placed(order, 1250), confirmed(order, 1250), cancelled(order)];
    assert_eq!(shop.store.told(), all, "what is given back is nobody's business");
}

#[tokio::test]
async fn an_order_that_cannot_be_fulfilled_tells_why() {
    let shop = Shop::new();
    let order = shop.place("key", &[("mug", 6)]).await.unwrap().id;
    shop.carry_on(order).await;
    assert_eq!(shop.store.told(), [placed(order, 7500), rejected(order, "out-of-stock")]);
}

#[tokio::test]
async fn a_command_that_is_repeated_or_changes_nothing_tells_nothing_more() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.placed().await;
    shop.cancel("one", order).await.unwrap();
    for key in ["one", "two"] {
        shop.cancel(key, order).await.unwrap();
    }
    assert!(shop.place("none", &[]).await.is_err() && shop.cancel("unknown", id(404)).await.is_err());
    assert_eq!(shop.store.told(), [placed(order, 1250), cancelled(order)]);
}

#[tokio::test]
async fn whatever_is_lost_on_the_way_the_outcome_is_told_once() {
    for lost in [None, Some(Failure::NotCommitted), Some(Failure::InDoubt)] {
        for fate in [None, Some(Fate::Away), Some(Fate::Lost)] {
            let shop = Shop::new();
            let order = shop.placed().await;
            shop.stock.script.then(fate);
            shop.store.commits_fail.lock().unwrap().extend(lost);
            while !shop.carry_on(order).await {}
            assert_eq!(shop.store.told(), [placed(order, 1250), confirmed(order, 1250)]);
        }
    }
}

#[tokio::test]
async fn a_step_that_loses_a_race_tells_nothing_of_it() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.store.commits_fail.lock().unwrap().push_back(Failure::Overtaken);
    assert!(shop.carry_on(order).await);
    assert_eq!(shop.store.told(), [placed(order, 1250), cancelled(order)]);
    assert_eq!(shop.stock.held(), 0, "and what it held is given back");
}

#[tokio::test]
async fn an_event_names_its_order_and_what_it_followed_from_and_has_an_id_of_its_own() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.carry_on(order).await;
    let [placed, confirmed] = &shop.store.events()[..] else { panic!("two were told") };
    assert_eq!((&placed.key, &confirmed.key), (&order.to_string(), &order.to_string()));
    assert!(placed.id < confirmed.id, "ids grow");
    assert_eq!((placed.at, confirmed.at), (FixedClock::new().now(), FixedClock::new().now()));
    assert_eq!(placed.correlation, cx("any").correlation());
    assert_eq!((confirmed.correlation, confirmed.causation), (order.0, Some(order.0)));
}
