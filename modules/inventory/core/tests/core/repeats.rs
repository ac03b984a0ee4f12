//! Repeated commands, and a store that fails.

use inventory_contract::{
    Inventory as _, InventoryRefusal, ReceiveStock, ReleaseStock, ReservationState, ReserveStock, ShipStock,
};
use outgrow::{Answer, CallError, CauseKind};

use crate::{
    memory::{Failure, MemoryStockStore, Shop, cx},
    sample::{level, line, reservation, sku},
};

/// The kind of the cause, and whether it may have been executed.
#[track_caller]
fn failed<T: std::fmt::Debug>(answer: Answer<T, InventoryRefusal>) -> (bool, CauseKind) {
    match answer.unwrap_err() {
        CallError::NotExecuted(cause) => (false, cause.kind),
        CallError::InDoubt(cause) => (true, cause.kind),
        CallError::Refused(refusal) => panic!("refused: {refusal}"),
    }
}

#[tokio::test]
async fn a_repeated_command_has_its_effect_once_and_gets_its_first_answer() {
    let shop = Shop::with(&[("mug", 5)]).await;
    for _ in 0..2 {
        assert_eq!(shop.receive("receive", "mug", 5).await, Ok(level("mug", 10, 0)));
        assert_eq!(shop.reserve("reserve", 1, &[("mug", 3)]).await.unwrap().state, ReservationState::Held);
        assert_eq!(shop.ship("ship", 1).await.unwrap().state, ReservationState::Shipped);
        shop.reserve("another", 2, &[("mug", 3)]).await.unwrap();
        assert_eq!(shop.release("release", 2).await.unwrap().state, ReservationState::Released);
    }
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 7, 0)));
}

#[tokio::test]
async fn a_repeated_command_is_refused_again_even_if_it_could_be_done_now() {
    let shop = Shop::with(&[("mug", 1)]).await;
    let refused = InventoryRefusal::OutOfStock { sku: sku("mug"), available: 1 };
    let refused = Err(CallError::Refused(refused));
    assert_eq!(shop.reserve("1", 1, &[("mug", 2)]).await, refused);
    shop.receive("2", "mug", 10).await.unwrap();
    assert_eq!(shop.reserve("1", 1, &[("mug", 2)]).await, refused);
    assert!(shop.reserve("3", 1, &[("mug", 2)]).await.is_ok(), "under another key it is another command");
}

#[tokio::test]
async fn a_key_names_one_request() {
    let shop = Shop::with(&[]).await;
    shop.receive("1", "mug", 5).await.unwrap();
    assert_eq!(failed(shop.receive("1", "mug", 6).await), (false, CauseKind::KeyReused));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 0)));
}

#[tokio::test]
async fn a_command_without_a_key_is_not_executed() {
    let shop = Shop::with(&[]).await;
    let (inventory, reservation) = (&shop.inventory, reservation(1));
    let mug = line("mug", 1);
    let receive = ReceiveStock { sku: mug.sku.clone(), quantity: mug.quantity };
    let ended = [
        failed(inventory.receive(&cx(), receive).await),
        failed(inventory.reserve(&cx(), ReserveStock { reservation, lines: vec![mug] }).await),
        failed(inventory.release(&cx(), ReleaseStock { reservation }).await),
        failed(inventory.ship(&cx(), ShipStock { reservation }).await),
    ];
    assert_eq!(ended, [(false, CauseKind::BadRequest); 4]);
}

#[tokio::test]
async fn what_was_not_committed_was_not_executed() {
    let shop = Shop::with(&[("mug", 5)]).await;
    shop.store.commits_fail.lock().unwrap().push_back(Failure::NotCommitted);
    assert_eq!(failed(shop.reserve("1", 1, &[("mug", 1)]).await), (false, CauseKind::Storage));
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 0)));
}

#[tokio::test]
async fn a_commit_in_doubt_is_in_doubt_and_its_repetition_finds_out() {
    let shop = Shop::with(&[("mug", 5)]).await;
    shop.store.commits_fail.lock().unwrap().push_back(Failure::InDoubt);
    assert_eq!(failed(shop.reserve("1", 1, &[("mug", 1)]).await), (true, CauseKind::Storage));
    assert!(shop.reserve("1", 1, &[("mug", 1)]).await.is_ok());
    assert_eq!(shop.stock("mug").await, Ok(level("mug", 5, 1)));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_no_refusal() {
    let shop = Shop::on(MemoryStockStore::unreadable());
    let ended = [
        failed(shop.receive("1", "mug", 1).await),
        failed(shop.reserve("2", 1, &[("mug", 1)]).await),
        failed(shop.release("3", 1).await),
        failed(shop.ship("4", 1).await),
        failed(shop.stock("mug").await),
    ];
    assert_eq!(ended, [(false, CauseKind::Storage); 5]);
}
