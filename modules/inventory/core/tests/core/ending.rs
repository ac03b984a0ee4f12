//! The two ends of a reservation: its goods leave, or become available again.

use inventory_contract::{InventoryRefusal, Reservation, ReservationState};
use outgrow::CallError;

use crate::{
    memory::Shop,
    sample::{level, reservation},
};

fn ended(state: ReservationState) -> Reservation {
    Reservation { id: reservation(1), state }
}

/// Three of five mugs and one of two jugs are reserved.
async fn reserved() -> Shop {
    let shop = Shop::with(&[("mug", 5), ("jug", 2)]).await;
    shop.reserve("reserve", 1, &[("mug", 3), ("jug", 1)]).await.unwrap();
    shop
}

#[tokio::test]
async fn released_goods_are_available_again() {
    let shop = reserved().await;
    assert_eq!(shop.release("1", 1).await, Ok(ended(ReservationState::Released)));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 0)));
    assert_eq!(shop.stock("jug").await, Ok(level("jug", 2, 0)));
}

#[tokio::test]
async fn shipped_goods_have_left() {
    let shop = reserved().await;
    assert_eq!(shop.ship("1", 1).await, Ok(ended(ReservationState::Shipped)));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 2, 0)));
    assert_eq!(shop.stock("jug").await, Ok(level("jug", 1, 0)));
}

#[tokio::test]
async fn ending_a_reservation_again_the_same_way_changes_nothing() {
    let shop = reserved().await;
    for key in ["1", "2"] {
        assert_eq!(shop.release(key, 1).await, Ok(ended(ReservationState::Released)));
    }
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 0)));

    let shop = reserved().await;
    for key in ["1", "2"] {
        assert_eq!(shop.ship(key, 1).await, Ok(ended(ReservationState::Shipped)));
    }
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 2, 0)));
}

#[tokio::test]
async fn what_was_released_cannot_be_shipped_and_what_was_shipped_can_come_back() {
    let shop = reserved().await;
    shop.release("1", 1).await.unwrap();
    let refused = CallError::Refused(InventoryRefusal::Released { reservation: reservation(1) });
    assert_eq!(shop.ship("2", 1).await, Err(refused.clone()));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 0)));

    let shop = reserved().await;
    shop.ship("1", 1).await.unwrap();
    for key in ["2", "3"] {
        assert_eq!(shop.release(key, 1).await, Ok(ended(ReservationState::Released)));
        assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 0)), "back on the shelf, once");
    }
    assert_eq!(shop.ship("4", 1).await, Err(refused), "and there it stays");
}

#[tokio::test]
async fn a_reservation_that_has_ended_cannot_be_made_again() {
    let shop = reserved().await;
    shop.release("1", 1).await.unwrap();
    let again = shop.reserve("2", 1, &[("mug", 3), ("jug", 1)]).await;
    let refused = InventoryRefusal::Released { reservation: reservation(1) };
    assert_eq!(again, Err(CallError::Refused(refused)));

    let shop = reserved().await;
    shop.ship("1", 1).await.unwrap();
    let again = shop.reserve("2", 1, &[("mug", 3), ("jug", 1)]).await;
    assert_eq!(again, Ok(ended(ReservationState::Shipped)), "it was made, and this is what became of it");
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 2, 0)));
}

#[tokio::test]
async fn a_reservation_released_before_it_was_made_stays_released() {
    let shop = Shop::with(&[("mug", 5)]).await;
    assert_eq!(shop.release("1", 1).await, Ok(ended(ReservationState::Released)));
    let refused = CallError::Refused(InventoryRefusal::Released { reservation: reservation(1) });
    assert_eq!(shop.reserve("2", 1, &[("mug", 3)]).await, Err(refused.clone()));
    assert_eq!(shop.ship("3", 1).await, Err(refused));
    assert_eq!(shop.release("4", 1).await, Ok(ended(ReservationState::Released)));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 0)));
}

#[tokio::test]
async fn a_reservation_that_does_not_exist_cannot_be_shipped() {
    let refused = CallError::Refused(InventoryRefusal::UnknownReservation { reservation: reservation(1) });
    assert_eq!(Shop::with(&[]).await.ship("1", 1).await, Err(refused));
}

#[tokio::test]
async fn ending_one_reservation_leaves_the_others_alone() {
    let shop = reserved().await;
    shop.reserve("other", 2, &[("mug", 2)]).await.unwrap();
    shop.ship("1", 1).await.unwrap();
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 2, 2)));
    shop.release("2", 2).await.unwrap();
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 2, 0)));
}
