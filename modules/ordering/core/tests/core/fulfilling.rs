//! What happens to an order afterwards, whatever is lost on the way: it ends, and its goods are held once.

use std::{collections::HashSet, sync::atomic::Ordering as Atomic};

use ordering_contract::OrderStatus;

use crate::{
    memory::Failure,
    shop::{Fate, Shop},
};

#[tokio::test]
async fn an_order_whose_goods_are_there_is_confirmed() {
    let shop = Shop::new();
    let order = shop.placed().await;
    assert!(shop.fulfilment.carry_on(order).await);
    assert_eq!(shop.order(order).await.status, OrderStatus::Confirmed);
    assert_eq!((shop.stock.held(), shop.fulfilment.due().await), (1, vec![]));
}

#[tokio::test]
async fn an_order_is_read_once_on_its_way_to_the_end() {
    let shop = Shop::new();
    let order = shop.placed().await;
    assert!(shop.fulfilment.carry_on(order).await);
    assert_eq!(shop.store.reads.load(Atomic::Relaxed), 1);
}

#[tokio::test]
async fn an_order_whose_goods_are_not_there_is_rejected_with_the_reason() {
    let shop = Shop::new();
    let order = shop.place("key", &[("mug", 6)]).await.unwrap().id;
    assert!(shop.fulfilment.carry_on(order).await);
    let order = shop.order(order).await;
    assert_eq!(
        (order.status, order.reason.unwrap().code),
        (OrderStatus::Rejected, "out-of-stock".to_owned())
    );
    assert_eq!(shop.stock.held(), 0);
}

#[tokio::test]
async fn an_order_waits_while_stock_is_away() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.stock.script.lock().unwrap().push_back(Fate::Away);
    assert!(!shop.fulfilment.carry_on(order).await);
    assert_eq!(shop.order(order).await.status, OrderStatus::Placed);
    assert_eq!(shop.fulfilment.due().await, vec![order]);
    assert!(shop.fulfilment.carry_on(order).await);
    assert_eq!(shop.order(order).await.status, OrderStatus::Confirmed);
}

#[tokio::test]
async fn whatever_is_lost_between_the_two_transactions_the_goods_are_held_once() {
    for lost in [None, Some(Failure::NotCommitted), Some(Failure::InDoubt)] {
        for fate in [None, Some(Fate::Away), Some(Fate::Lost)] {
            let shop = Shop::new();
            let order = shop.placed().await;
            shop.stock.script.lock().unwrap().extend(fate);
            shop.store.commits_fail.lock().unwrap().extend(lost);
            let mut rounds = 0;
            while !shop.fulfilment.due().await.is_empty() {
                shop.fulfilment.carry_on(order).await;
                rounds += 1;
                assert!(rounds < 5, "it does not end");
            }
            assert_eq!(shop.order(order).await.status, OrderStatus::Confirmed);
            assert_eq!(shop.stock.held(), 1, "held once");
        }
    }
}

#[tokio::test]
async fn two_who_carry_on_the_same_order_hold_its_goods_once() {
    let shop = Shop::new();
    let order = shop.placed().await;
    let (one, other) = (shop.fulfilment.clone(), shop.fulfilment.clone());
    let both = (
        tokio::spawn(async move { one.carry_on(order).await }),
        tokio::spawn(async move { other.carry_on(order).await }),
    );
    assert!(both.0.await.unwrap() && both.1.await.unwrap());
    assert_eq!((shop.order(order).await.status, shop.stock.held()), (OrderStatus::Confirmed, 1));
}

#[tokio::test]
async fn an_order_that_has_ended_asks_nothing_of_stock() {
    let shop = Shop::new();
    let order = shop.placed().await;
    assert!(shop.fulfilment.carry_on(order).await);
    let asked = shop.stock.asked.load(Atomic::SeqCst);
    assert!(shop.fulfilment.carry_on(order).await);
    assert_eq!(shop.stock.asked.load(Atomic::SeqCst), asked);
}

#[tokio::test]
async fn orders_that_cannot_move_do_not_keep_the_others_from_their_turn() {
    let shop = Shop::new();
    for number in 0..300 {
        shop.place(&format!("key-{number}"), &[("mug", 1)]).await.unwrap();
    }
    let mut seen = HashSet::new();
    for _ in 0..2 {
        seen.extend(shop.fulfilment.due().await);
    }
    assert_eq!(seen.len(), 300, "none of them moved, and each had its turn");
    assert!(!shop.fulfilment.due().await.is_empty(), "and has one again");
}
