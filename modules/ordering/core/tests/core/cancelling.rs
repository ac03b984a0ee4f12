//! Cancelling an order, at every moment of its life.

use std::sync::atomic::Ordering as Atomic;

use ordering_contract::{OrderStatus, OrderingRefusal};
use ordering_core::{Change, OrderStore as _, Stock as _};
use outgrow::{CallError, CommitError};

use crate::{
    sample::id,
    shop::{Fate, Shop, cx},
};

#[tokio::test]
async fn a_placed_order_is_stopped_and_its_goods_cannot_be_held_any_more() {
    let shop = Shop::new();
    let order = shop.placed().await;
    assert_eq!(shop.cancel("cancel", order).await.unwrap().status, OrderStatus::Cancelled);
    assert_eq!(shop.nudges.load(Atomic::SeqCst), 2, "somebody is to give its goods back");
    assert!(shop.fulfilment.carry_on(order).await);
    assert_eq!((shop.stock.held(), shop.fulfilment.due().await), (0, vec![]));
    let hold = shop.store.order(order).await.unwrap().unwrap().hold;
    assert!(shop.stock.hold(&cx("late"), hold, &[]).await.unwrap().is_err(), "a late hold is refused");
}

#[tokio::test]
async fn the_goods_of_a_confirmed_order_return_to_stock() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.fulfilment.carry_on(order).await;
    assert_eq!(shop.stock.held(), 1);
    shop.cancel("cancel", order).await.unwrap();
    shop.stock.script.lock().unwrap().extend([Fate::Away, Fate::Lost]);
    while !shop.fulfilment.due().await.is_empty() {
        shop.fulfilment.carry_on(order).await;
    }
    assert_eq!((shop.order(order).await.status, shop.stock.held()), (OrderStatus::Cancelled, 0));
}

#[tokio::test]
async fn an_order_cancelled_while_its_goods_are_being_held_gives_them_back() {
    let shop = Shop::new();
    let order = shop.placed().await;
    let read = shop.store.order(order).await.unwrap().unwrap();
    shop.stock.hold(&cx("hold"), read.hold, &read.lines).await.unwrap().unwrap();
    shop.cancel("cancel", order).await.unwrap();
    let late = Change { order: Some(read.held(Ok(())).0), ..Change::default() };
    let outcome = shop.store.commit(late).await;
    assert!(matches!(outcome, Err(CommitError::Conflict)), "it is too late to confirm it");
    assert!(shop.fulfilment.carry_on(order).await);
    assert_eq!((shop.order(order).await.status, shop.stock.held()), (OrderStatus::Cancelled, 0));
}

#[tokio::test]
async fn cancelling_again_changes_nothing_and_what_was_rejected_cannot_be_cancelled() {
    let shop = Shop::new();
    let order = shop.placed().await;
    let first = shop.cancel("one", order).await.unwrap();
    assert_eq!(shop.cancel("two", order).await.unwrap(), first);
    let rejected = shop.place("more", &[("mug", 6)]).await.unwrap().id;
    shop.fulfilment.carry_on(rejected).await;
    let refusal = OrderingRefusal::NotCancellable { order: rejected, status: OrderStatus::Rejected };
    assert_eq!(shop.cancel("three", rejected).await, Err(CallError::Refused(refusal)));
    let unknown = OrderingRefusal::UnknownOrder { order: id(404) };
    assert_eq!(shop.cancel("four", id(404)).await, Err(CallError::Refused(unknown)));
}
