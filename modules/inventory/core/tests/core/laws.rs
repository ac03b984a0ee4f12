//! What every store of stock keeps to, in memory or in SQL.
//!
//! Each law gets an empty store. [`on_each_law`] makes a test of each; a law that it does not name is dead code.

use inventory_contract::{ReservationState, StockLevel};
use inventory_core::{Change, Hold, Item, StockStore};
use outgrow::CommitError;

use crate::sample::{answer, level, line, reservation, sku};

/// A test of each law, for [`test_laws`](outgrow_testkit::test_laws).
macro_rules! on_each_law {
    ($($empty:tt)*) => {
        outgrow_testkit::test_laws! { [$($empty)*]
            an_empty_store_has_nothing
            an_item_comes_back_as_it_was_committed
            of_the_skus_asked_for_those_received_are_found
            a_hold_comes_back_as_it_was_committed
            a_hold_without_lines_comes_back
            an_item_is_new_once
            a_hold_is_new_once
            a_change_of_a_stale_item_is_a_conflict
            a_change_of_a_stale_hold_is_a_conflict
            of_two_changes_at_once_one_is_kept
            changes_of_the_same_items_in_any_order_all_end
            a_command_is_answered_once_and_has_its_effect_once
            a_conflict_leaves_nothing_behind
        }
    };
}
pub(crate) use on_each_law;

type Store = dyn StockStore;

fn change(key: &str, items: Vec<Item>, hold: Option<Hold>) -> Change {
    Change { items, hold, answer: answer(key) }
}

/// A new item.
fn received(of: &str, quantity: u32) -> Item {
    let mut item = Item::new(sku(of));
    item.receive(quantity).unwrap();
    item
}

/// The item as it is kept.
async fn item(store: &Store, of: &str) -> Item {
    store.items(&[sku(of)]).await.unwrap().pop().unwrap()
}

/// The item as it is kept, with some more of it reserved.
async fn reserved(store: &Store, of: &str, quantity: u32) -> Item {
    let mut item = item(store, of).await;
    item.reserve(quantity).unwrap();
    item
}

async fn levels(store: &Store, skus: &[&str]) -> Vec<StockLevel> {
    let skus: Vec<_> = skus.iter().map(|of| sku(of)).collect();
    let mut levels: Vec<_> = store.items(&skus).await.unwrap().iter().map(Item::level).collect();
    levels.sort_by(|one, other| one.sku.cmp(&other.sku));
    levels
}

fn new_hold(number: u64) -> Hold {
    Hold::new(reservation(number), &[line("mug", 2), line("jug", 1), line("mug", 3)]).unwrap()
}

/// Ten mugs and ten jugs.
async fn stock(store: &Store) {
    store.commit(change("stock", vec![received("mug", 10), received("jug", 10)], None)).await.unwrap();
}

fn is_conflict(ended: &Result<(), CommitError>) -> bool {
    matches!(ended, Err(CommitError::Conflict))
}

pub(crate) async fn an_empty_store_has_nothing(store: &Store) {
    assert_eq!(store.items(&[sku("mug")]).await.unwrap(), []);
    assert_eq!(store.hold(reservation(1)).await.unwrap(), None);
    assert_eq!(store.answers().recall(&answer("k").command).await.unwrap(), None);
}

pub(crate) async fn an_item_comes_back_as_it_was_committed(store: &Store) {
    store.commit(change("1", vec![received("A.b_c-9", u32::MAX)], None)).await.unwrap();
    assert_eq!(item(store, "A.b_c-9").await, Item::kept(sku("A.b_c-9"), u32::MAX, 0, 1));
    let all = reserved(store, "A.b_c-9", u32::MAX).await;
    store.commit(change("2", vec![all], None)).await.unwrap();
    assert_eq!(item(store, "A.b_c-9").await, Item::kept(sku("A.b_c-9"), u32::MAX, u32::MAX, 2));
}

pub(crate) async fn of_the_skus_asked_for_those_received_are_found(store: &Store) {
    stock(store).await;
    store.commit(change("pan", vec![received("pan", 3)], None)).await.unwrap();
    assert_eq!(levels(store, &["pan", "nothing", "mug"]).await, [level("mug", 10, 0), level("pan", 3, 0)]);
    assert_eq!(levels(store, &["MUG"]).await, [], "upper and lower case are two SKUs");
    assert_eq!(levels(store, &[]).await, []);
}

pub(crate) async fn a_hold_comes_back_as_it_was_committed(store: &Store) {
    stock(store).await;
    let hold = new_hold(1);
    store.commit(change("1", vec![], Some(hold.clone()))).await.unwrap();
    let mut kept = Hold { version: 1, ..hold };
    assert_eq!(store.hold(reservation(1)).await.unwrap(), Some(kept.clone()));
    assert_eq!(store.hold(reservation(2)).await.unwrap(), None);
    kept.end(ReservationState::Shipped).unwrap();
    store.commit(change("2", vec![], Some(kept.clone()))).await.unwrap();
    assert_eq!(store.hold(reservation(1)).await.unwrap(), Some(Hold { version: 2, ..kept }));
}

pub(crate) async fn a_hold_without_lines_comes_back(store: &Store) {
    let early = Hold::released_early(reservation(1));
    store.commit(change("1", vec![], Some(early.clone()))).await.unwrap();
    assert_eq!(store.hold(reservation(1)).await.unwrap(), Some(Hold { version: 1, ..early }));
}

pub(crate) async fn an_item_is_new_once(store: &Store) {
    stock(store).await;
    let again = store.commit(change("2", vec![received("mug", 5)], None)).await;
    assert!(is_conflict(&again), "{again:?}");
    assert_eq!(item(store, "mug").await, Item::kept(sku("mug"), 10, 0, 1));
}

pub(crate) async fn a_hold_is_new_once(store: &Store) {
    stock(store).await;
    store.commit(change("1", vec![], Some(new_hold(1)))).await.unwrap();
    let again = store.commit(change("2", vec![], Some(Hold::released_early(reservation(1))))).await;
    assert!(is_conflict(&again), "{again:?}");
    assert_eq!(store.hold(reservation(1)).await.unwrap(), Some(Hold { version: 1, ..new_hold(1) }));
}

pub(crate) async fn a_change_of_a_stale_item_is_a_conflict(store: &Store) {
    stock(store).await;
    let (stale, fresh) = (reserved(store, "mug", 1).await, reserved(store, "jug", 1).await);
    store.commit(change("1", vec![reserved(store, "mug", 2).await], None)).await.unwrap();
    let second = store.commit(change("2", vec![fresh, stale], Some(new_hold(1)))).await;
    assert!(is_conflict(&second), "{second:?}");
    assert_eq!(levels(store, &["mug", "jug"]).await, [level("jug", 10, 0), level("mug", 10, 2)]);
    assert_eq!(store.hold(reservation(1)).await.unwrap(), None);
}

pub(crate) async fn a_change_of_a_stale_hold_is_a_conflict(store: &Store) {
    stock(store).await;
    store.commit(change("1", vec![], Some(new_hold(1)))).await.unwrap();
    let held = store.hold(reservation(1)).await.unwrap().unwrap();
    let [shipped, released] = [ReservationState::Shipped, ReservationState::Released].map(|state| {
        let mut hold = held.clone();
        hold.end(state).unwrap();
        hold
    });
    store.commit(change("2", vec![], Some(shipped))).await.unwrap();
    let second = store.commit(change("3", vec![reserved(store, "mug", 1).await], Some(released))).await;
    assert!(is_conflict(&second), "{second:?}");
    assert_eq!(store.hold(reservation(1)).await.unwrap().unwrap().state, ReservationState::Shipped);
    assert_eq!(levels(store, &["mug"]).await, [level("mug", 10, 0)]);
}

pub(crate) async fn of_two_changes_at_once_one_is_kept(store: &Store) {
    stock(store).await;
    let one = change("1", vec![reserved(store, "mug", 1).await], None);
    let other = change("2", vec![reserved(store, "mug", 2).await], None);
    let (one, other) = tokio::join!(store.commit(one), store.commit(other));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let kept = if one.is_ok() { 1 } else { 2 };
    assert_eq!(item(store, "mug").await, Item::kept(sku("mug"), 10, kept, 2));
}

pub(crate) async fn changes_of_the_same_items_in_any_order_all_end(store: &Store) {
    stock(store).await;
    for round in 0..20 {
        let (mug, jug) = (item(store, "mug").await, item(store, "jug").await);
        let one = change(&format!("{round}-1"), vec![mug.clone(), jug.clone()], None);
        let other = change(&format!("{round}-2"), vec![jug, mug], None);
        let (one, other) = tokio::join!(store.commit(one), store.commit(other));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }
}

pub(crate) async fn a_command_is_answered_once_and_has_its_effect_once(store: &Store) {
    stock(store).await;
    assert_eq!(store.answers().recall(&answer("stock").command).await.unwrap(), Some(answer("stock")));
    let second = store.commit(change("stock", vec![received("pan", 1)], Some(new_hold(1)))).await;
    assert!(is_conflict(&second), "{second:?}");
    assert_eq!(levels(store, &["pan"]).await, []);
    assert_eq!(store.hold(reservation(1)).await.unwrap(), None);
}

pub(crate) async fn a_conflict_leaves_nothing_behind(store: &Store) {
    stock(store).await;
    let conflict =
        store.commit(change("1", vec![received("pan", 1), received("mug", 1)], Some(new_hold(1)))).await;
    assert!(is_conflict(&conflict), "{conflict:?}");
    assert_eq!(store.answers().recall(&answer("1").command).await.unwrap(), None);
    assert_eq!(levels(store, &["pan"]).await, []);
    assert_eq!(store.hold(reservation(1)).await.unwrap(), None);
    store.commit(change("1", vec![], None)).await.unwrap();
    assert_eq!(store.answers().recall(&answer("1").command).await.unwrap(), Some(answer("1")));
}
