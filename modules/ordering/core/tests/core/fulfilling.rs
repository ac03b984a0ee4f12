//! What happens to an order afterwards, whatever is lost on the way: it ends, its goods leave once, its money is taken
//! once; or nothing of either.

use ordering_contract::OrderStatus;
use ordering_core::FULFILMENT;
use outgrow::saga::{Phase, Stepped, Transition, Turn, Why};
use outgrow_testkit::sagas::keeps_the_laws;

use crate::{
    memory::Failure,
    shelf::Fate,
    shop::{Begun, Shop},
};

#[tokio::test]
async fn fulfilment_keeps_the_laws_of_sagas() {
    keeps_the_laws(&FULFILMENT, async || {
        let shop = Shop::new();
        let order = shop.placed().await;
        Begun(shop, order)
    })
    .await;
}

#[tokio::test]
async fn an_order_whose_goods_are_there_and_that_is_paid_is_confirmed() {
    let shop = Shop::new();
    let order = shop.placed().await;
    assert!(shop.carry_on(order).await);
    assert_eq!(shop.order(order).await.status, OrderStatus::Confirmed);
    assert_eq!((shop.stock.held(), shop.stock.shipped(), shop.till.money()), (0, 1, (0, 1250)));
    assert_eq!(shop.saga(order).phase, Phase::Done);
}

#[tokio::test]
async fn an_order_whose_goods_are_not_there_is_rejected_with_the_reason_and_nothing_is_paid() {
    let shop = Shop::new();
    let order = shop.place("key", &[("mug", 6)]).await.unwrap().id;
    assert!(shop.carry_on(order).await);
    let shown = shop.order(order).await;
    assert_eq!(
        (shown.status, shown.reason.unwrap().code),
        (OrderStatus::Rejected, "out-of-stock".to_owned())
    );
    assert_eq!((shop.stock.held(), shop.till.script.asked()), (0, 0));
    assert_eq!(shop.saga(order).phase, Phase::Undone);
}

#[tokio::test]
async fn an_order_that_is_not_paid_is_rejected_at_once_and_its_goods_are_given_back() {
    let shop = Shop::new();
    let order = shop.placed_with("tok_declined").await;
    shop.carry_on_by(order, 2).await;
    let shown = shop.order(order).await;
    let reason = shown.reason.unwrap();
    assert_eq!((shown.status, &*reason.code), (OrderStatus::Rejected, "payment-declined"));
    assert_eq!(shop.stock.held(), 1, "not yet");
    assert!(shop.carry_on(order).await);
    assert_eq!((shop.stock.held(), shop.saga(order).phase), (0, Phase::Undone));
}

#[tokio::test]
async fn an_order_waits_while_somebody_is_away() {
    for away_at_the_till in [false, true] {
        let shop = Shop::new();
        let order = shop.placed().await;
        let script = if away_at_the_till { &shop.till.script } else { &shop.stock.script };
        script.then([Fate::Away]);
        assert!(!shop.carry_on(order).await);
        assert_eq!(shop.order(order).await.status, OrderStatus::Placed);
        assert!(shop.carry_on(order).await);
        assert_eq!(shop.order(order).await.status, OrderStatus::Confirmed);
    }
}

#[tokio::test]
async fn whatever_is_lost_on_the_way_goods_and_money_go_once() {
    for lost in [None, Some(Failure::NotCommitted), Some(Failure::InDoubt)] {
        for of_stock in [None, Some(Fate::Away), Some(Fate::Lost)] {
            for of_till in [None, Some(Fate::Away), Some(Fate::Lost)] {
                let shop = Shop::new();
                let order = shop.placed().await;
                shop.stock.script.then(of_stock);
                shop.till.script.then(of_till);
                shop.store.commits_fail.lock().unwrap().extend(lost);
                let mut rounds = 0;
                while !shop.carry_on(order).await {
                    rounds += 1;
                    assert!(rounds < 5, "it does not end");
                }
                assert_eq!(shop.order(order).await.status, OrderStatus::Confirmed);
                assert_eq!((shop.stock.shipped(), shop.till.money()), (1, (0, 1250)), "once");
            }
        }
    }
}

#[tokio::test]
async fn an_order_that_was_tried_for_too_long_is_rejected_and_what_was_set_aside_late_is_given_back() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.carry_on_by(order, 1).await;
    let at = shop.underway(order).unwrap();
    shop.till.script.then([Fate::Lost]); // the money is set aside, and nobody knows
    assert!(shop.attempt(&at).await.is_err());
    assert_eq!(shop.till.money(), (1250, 0));
    shop.store.sagas.advance(&at.turn(Turn::GaveUp(Why::new("out-of-patience", "too long")))).unwrap();
    assert!(shop.carry_on(order).await);
    let shown = shop.order(order).await;
    assert_eq!(
        (shown.status, shown.reason.unwrap().code),
        (OrderStatus::Rejected, "took-too-long".to_owned())
    );
    assert_eq!((shop.stock.held(), shop.till.money()), (0, (0, 0)));
}

#[tokio::test]
async fn what_is_called_off_by_people_is_rejected_and_their_words_are_not_told() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.carry_on_by(order, 2).await;
    let words = Why::new("called-off", "the customer is a fraud");
    shop.store.sagas.advance(&Transition::called_off(&FULFILMENT, order.0, words)).unwrap();
    assert!(shop.carry_on(order).await);
    let shown = shop.order(order).await;
    assert_eq!(shown.status, OrderStatus::Rejected);
    let reason = shown.reason.unwrap();
    assert_eq!((&*reason.code, &*reason.message), ("called-off", "the order was called off"));
}

#[tokio::test]
async fn goods_that_cannot_be_shipped_park_the_fulfilment_and_the_order_waits_for_people() {
    let shop = Shop::new();
    let order = shop.placed().await;
    shop.carry_on_by(order, 3).await;
    shop.stock.lose_everything();
    assert!(shop.carry_on(order).await, "nothing is to be done by itself");
    let saga = shop.saga(order);
    assert!(saga.parked && saga.trouble.as_deref() == Some("not held"), "{saga:?}");
    assert_eq!(shop.order(order).await.status, OrderStatus::Placed);
}

#[tokio::test]
async fn two_who_carry_on_the_same_order_end_it_once() {
    let shop = Shop::new();
    let order = shop.placed().await;
    let at = shop.underway(order).unwrap();
    for outcome in [shop.attempt(&at).await, shop.attempt(&at).await] {
        assert_eq!(outcome.unwrap(), Stepped::Done);
    }
    assert!(shop.store.sagas.advance(&at.done()).is_ok() && shop.store.sagas.advance(&at.done()).is_err());
    assert!(shop.carry_on(order).await);
    assert_eq!((shop.order(order).await.status, shop.stock.shipped()), (OrderStatus::Confirmed, 1));
}
