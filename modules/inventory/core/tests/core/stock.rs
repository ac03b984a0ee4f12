//! Receiving, and what is there.

use inventory_contract::{InventoryRefusal, Quantity};
use inventory_core::Item;
use outgrow::CallError;

use crate::{
    memory::Shop,
    sample::{level, sku},
};

#[tokio::test]
async fn received_goods_are_on_hand_and_available() {
    let shop = Shop::with(&[]).await;
    assert_eq!(shop.receive("1", "mug", 5).await, Ok(level("mug", 5, 0)));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 0)));
}

#[tokio::test]
async fn goods_received_twice_add_up() {
    let shop = Shop::with(&[("mug", 5)]).await;
    assert_eq!(shop.receive("1", "mug", 3).await, Ok(level("mug", 8, 0)));
}

#[tokio::test]
async fn the_stock_of_what_was_never_received_is_refused() {
    let refused = CallError::Refused(InventoryRefusal::NeverReceived { sku: sku("mug") });
    assert_eq!(Shop::with(&[("jug", 1)]).await.stock("mug").await, Err(refused));
}

#[test]
fn more_than_can_be_counted_is_refused() {
    let mut item = Item::kept(sku("mug"), u32::MAX - 1, 0, 1);
    assert_eq!(item.receive(1), Ok(()));
    assert_eq!(item.receive(1), Err(InventoryRefusal::TooMuch { sku: sku("mug") }));
    assert_eq!(item.level(), level("mug", u32::MAX, 0));
}

#[test]
fn a_quantity_is_one_to_a_million() {
    let accepted = [0, 1, 1_000_000, 1_000_001].map(|number| Quantity::try_from(number).is_ok());
    assert_eq!(accepted, [false, true, true, false]);
}
