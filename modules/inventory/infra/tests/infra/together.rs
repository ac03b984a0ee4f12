//! The port on its real store: a life of some reservations, and many callers at once.

use std::sync::Arc;

use inventory_contract::{
    InventoryRefusal, ReceiveStock, ReleaseStock, ReservationState, ReserveStock, ShipStock, StockQuery,
};
use outgrow::{CallContext, CallError};
use outgrow_testkit::{SequentialIds, TestHome};
use tokio::task::JoinSet;

use crate::sample::{level, line, reservation, sku};

fn keyed(key: &str) -> CallContext {
    CallContext::new("tests", SequentialIds::nth(1)).with_key(key.parse().unwrap())
}

fn mugs(number: u64, quantity: u32) -> ReserveStock {
    ReserveStock { reservation: reservation(number), lines: vec![line("mug", quantity)] }
}

#[tokio::test]
async fn goods_are_received_reserved_released_and_shipped() {
    let place = TestHome::sqlite(&inventory_infra::SPEC).await;
    let inventory = inventory_infra::build(place.home());
    let receive = ReceiveStock { sku: sku("mug"), quantity: line("mug", 10).quantity };
    for _ in 0..2 {
        inventory.receive(&keyed("receive"), receive.clone()).await.unwrap();
        inventory.reserve(&keyed("one"), mugs(1, 3)).await.unwrap();
        inventory.reserve(&keyed("two"), mugs(2, 4)).await.unwrap();
        let shipped = inventory.ship(&keyed("ship"), ShipStock { reservation: reservation(1) }).await;
        assert_eq!(shipped.unwrap().state, ReservationState::Shipped);
        let released =
            inventory.release(&keyed("release"), ReleaseStock { reservation: reservation(2) }).await;
        assert_eq!(released.unwrap().state, ReservationState::Released);
    }
    let stock = inventory.stock(&keyed("stock"), StockQuery { sku: sku("mug") }).await;
    assert_eq!(stock, Ok(level("mug", 7, 0)), "every command twice, each effect once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_at_once_reserve_ten_of_ten() {
    let place = TestHome::sqlite(&inventory_infra::SPEC).await;
    let inventory = inventory_infra::build(place.home());
    let receive = ReceiveStock { sku: sku("mug"), quantity: line("mug", 10).quantity };
    inventory.receive(&keyed("receive"), receive).await.unwrap();
    let mut at_once: JoinSet<_> = (1..=20)
        .map(|number| {
            let inventory = Arc::clone(&inventory);
            async move { inventory.reserve(&keyed(&number.to_string()), mugs(number, 1)).await }
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
    let stock = inventory.stock(&keyed("stock"), StockQuery { sku: sku("mug") }).await;
    assert_eq!(stock, Ok(level("mug", 10, 10)));
}
