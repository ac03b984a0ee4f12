//! Reserving: all lines or none, and never more than there is.

use std::sync::Arc;

use inventory_contract::{InventoryRefusal, Reservation, ReservationState};
use inventory_core::{Change, Item};
use outgrow::CallError;
use tokio::task::JoinSet;

use crate::{
    memory::{Failure, Shop},
    sample::{answer, level, reservation, sku},
};

const HELD: fn(u64) -> Reservation =
    |number| Reservation { id: reservation(number), state: ReservationState::Held };

#[tokio::test]
async fn what_is_reserved_is_on_hand_but_not_available() {
    let shop = Shop::with(&[("mug", 5), ("jug", 2)]).await;
    assert_eq!(shop.reserve("1", 1, &[("mug", 3), ("jug", 2)]).await, Ok(HELD(1)));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 3)));
    assert_eq!(shop.stock("jug").await, Ok(level("jug", 2, 2)));
}

#[tokio::test]
async fn lines_of_one_sku_add_up() {
    let shop = Shop::with(&[("mug", 5)]).await;
    shop.reserve("1", 1, &[("mug", 2), ("mug", 2)]).await.unwrap();
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 4)));
    let short = shop.reserve("2", 2, &[("mug", 1), ("mug", 1)]).await;
    let refused = InventoryRefusal::OutOfStock { sku: sku("mug"), available: 1 };
    assert_eq!(short, Err(CallError::Refused(refused)));
}

#[tokio::test]
async fn a_line_that_falls_short_leaves_the_others_unreserved() {
    let shop = Shop::with(&[("jug", 5), ("mug", 1)]).await;
    let refused = InventoryRefusal::OutOfStock { sku: sku("mug"), available: 1 };
    let short = shop.reserve("1", 1, &[("jug", 1), ("mug", 2)]).await;
    assert_eq!(short, Err(CallError::Refused(refused)));
    assert_eq!(shop.stock("jug").await, Ok(level("jug", 5, 0)));
}

#[tokio::test]
async fn what_was_never_received_cannot_be_reserved() {
    let shop = Shop::with(&[("jug", 5)]).await;
    let refused = CallError::Refused(InventoryRefusal::NeverReceived { sku: sku("mug") });
    assert_eq!(shop.reserve("1", 1, &[("jug", 1), ("mug", 1)]).await, Err(refused));
    assert_eq!(shop.stock("jug").await, Ok(level("jug", 5, 0)));
}

#[tokio::test]
async fn a_reservation_has_one_to_a_hundred_lines() {
    let shop = Shop::with(&[("mug", 1_000)]).await;
    for lines in [0, 101] {
        let refused = InventoryRefusal::WrongNumberOfLines { lines };
        let lines = vec![("mug", 1); usize::try_from(lines).unwrap()];
        assert_eq!(
            shop.reserve(&format!("n{}", lines.len()), 1, &lines).await,
            Err(CallError::Refused(refused))
        );
    }
    assert_eq!(shop.reserve("100", 1, &[("mug", 1); 100]).await, Ok(HELD(1)));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 1_000, 100)));
}

#[tokio::test]
async fn a_reservation_made_again_under_another_key_holds_once() {
    let shop = Shop::with(&[("mug", 5)]).await;
    shop.reserve("1", 1, &[("mug", 2), ("mug", 1)]).await.unwrap();
    assert_eq!(shop.reserve("2", 1, &[("mug", 3)]).await, Ok(HELD(1)), "the lines add up to the same");
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 3)));
}

#[tokio::test]
async fn a_reservation_made_again_with_other_lines_is_refused() {
    let shop = Shop::with(&[("mug", 5)]).await;
    shop.reserve("1", 1, &[("mug", 2)]).await.unwrap();
    let refused = CallError::Refused(InventoryRefusal::ReservedOtherwise { reservation: reservation(1) });
    assert_eq!(shop.reserve("2", 1, &[("mug", 3)]).await, Err(refused));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 2)));
}

#[tokio::test]
async fn who_loses_a_race_for_the_last_goods_is_refused() {
    let shop = Shop::with(&[("mug", 1)]).await;
    let taken = Change { items: vec![Item::kept(sku("mug"), 1, 1, 1)], hold: None, answer: answer("other") };
    shop.store.commits_fail.lock().unwrap().push_back(Failure::Overtaken(Box::new(taken)));
    let refused = InventoryRefusal::OutOfStock { sku: sku("mug"), available: 0 };
    assert_eq!(shop.reserve("1", 1, &[("mug", 1)]).await, Err(CallError::Refused(refused)));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 1, 1)));
}

#[tokio::test]
async fn twenty_at_once_reserve_ten_of_ten() {
    let shop = Arc::new(Shop::with(&[("mug", 10)]).await);
    let mut at_once: JoinSet<_> = (1..=20)
        .map(|number| {
            let shop = Arc::clone(&shop);
            async move { shop.reserve(&number.to_string(), number, &[("mug", 1)]).await }
        })
        .collect();
    let (mut held, mut refused) = (0, 0);
    while let Some(answer) = at_once.join_next().await {
        match answer.unwrap() {
            Ok(_) => held += 1,
            Err(CallError::Refused(InventoryRefusal::OutOfStock { available: 0, .. })) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((held, refused), (10, 10));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 10, 10)));
}
