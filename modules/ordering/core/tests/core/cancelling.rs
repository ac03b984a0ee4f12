//! Cancelling an order, at every moment of its life.

use std::sync::atomic::Ordering;

use ordering_contract::{OrderStatus, OrderingRefusal};
use ordering_core::{Change, FULFILMENT, OrderStore as _, Stock as _};
use outgrow::{
    CallError, CommitError,
    saga::{Phase, Transition, Turn},
};

use crate::{
    sample::id,
    shelf::Fate,
    shop::{Shop, cx},
};

#[tokio::test]
async fn a_placed_order_is_stopped_and_its_goods_cannot_be_held_any_more() {
    let shop = Shop::new();
    let order = shop.placed().await;
    assert_eq!(shop.cancel("cancel", order).await.unwrap().status, OrderStatus::Cancelled);
    assert!(shop.carry_on(order).await);
    assert_eq!((shop.stock.held(), shop.saga(order).phase), (0, Phase::Undone));
    let hold = shop.store.order(order).await.unwrap().unwrap().hold;
    assert!(shop.stock.hold(&cx("late"), hold, &[]).await.unwrap().is_err(), "a late hold is refused");
}

#[tokio::test]
async fn the_goods_of_a_confirmed_order_return_to_stock_and_its_money_to_the_customer() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.carry_on(order).await;
    assert_eq!((shop.stock.shipped(), shop.till.money()), (1, (0, 1250)));
    shop.cancel("cancel", order).await.unwrap();
    shop.stock.script.then([Fate::Away, Fate::Lost]);
    shop.till.script.then([Fate::Lost, Fate::Away]);
    while !shop.carry_on(order).await {}
    assert_eq!(shop.order(order).await.status, OrderStatus::Cancelled);
    assert_eq!((shop.stock.held(), shop.stock.shipped(), shop.till.money()), (0, 0, (0, 0)));
}

#[tokio::test]
async fn whenever_an_order_is_cancelled_nothing_of_it_is_left() {
    for steps in 0..=5 {
        for asked in [false, true] {
            let shop = Shop::new();
            let order = shop.placed().await;
            shop.carry_on_by(order, steps).await;
            let at = shop.underway(order);
            if let Some(at) = at.as_ref().filter(|_| asked && steps < 4) {
                drop(shop.attempt(at).await); // the answer is still under way
            }
            assert_eq!(shop.cancel("cancel", order).await.unwrap().status, OrderStatus::Cancelled);
            if let Some(at) = &at {
                assert!(shop.store.sagas.advance(&at.done()).is_err(), "it is too late to go on");
            }
            assert!(shop.carry_on(order).await);
            assert_eq!(shop.order(order).await.status, OrderStatus::Cancelled, "after {steps} steps");
            let left = (shop.stock.held(), shop.stock.shipped(), shop.till.money());
            assert_eq!(left, (0, 0, (0, 0)), "after {steps} steps");
        }
    }
}

#[tokio::test]
async fn money_that_is_not_given_back_is_not_forgotten() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.carry_on(order).await;
    shop.till.keeps.store(true, Ordering::Relaxed);
    shop.cancel("cancel", order).await.unwrap();
    assert!(shop.carry_on(order).await);
    let saga = shop.saga(order);
    assert!(saga.parked && saga.trouble.as_deref() == Some("the provider keeps it"), "{saga:?}");
    shop.till.keeps.store(false, Ordering::Relaxed);
    shop.store
        .sagas
        .advance(&Transition {
            saga: &FULFILMENT,
            id: order.0,
            turn: Turn::Retried("they do now".to_owned()),
            at: None,
            by: Some("ada".to_owned()),
        })
        .unwrap();
    assert!(shop.carry_on(order).await);
    assert_eq!((shop.till.money(), shop.saga(order).phase), ((0, 0), Phase::Undone));
}

#[tokio::test]
async fn an_order_that_is_cancelled_cannot_be_confirmed_any_more() {
    let shop = Shop::new();
    let order = shop.placed().await;
    let read = shop.store.order(order).await.unwrap().unwrap();
    shop.cancel("cancel", order).await.unwrap();
    let late = Change { order: Some(read.confirm().unwrap().0), ..Change::default() };
    assert!(matches!(shop.store.commit(late).await, Err(CommitError::Conflict)));
}

#[tokio::test]
async fn cancelling_again_changes_nothing_and_what_was_rejected_cannot_be_cancelled() {
    let shop = Shop::new();
    let order = shop.placed().await;
    let first = shop.cancel("one", order).await.unwrap();
    assert_eq!(shop.cancel("two", order).await.unwrap(), first);
    let rejected = shop.place("more", &[("mug", 6)]).await.unwrap().id;
    shop.carry_on(rejected).await;
    let refusal = OrderingRefusal::NotCancellable { order: rejected, status: OrderStatus::Rejected };
    assert_eq!(shop.cancel("three", rejected).await, Err(CallError::Refused(refusal)));
    let unknown = OrderingRefusal::UnknownOrder { order: id(404) };
    assert_eq!(shop.cancel("four", id(404)).await, Err(CallError::Refused(unknown)));
}
