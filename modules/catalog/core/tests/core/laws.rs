//! What every store of products keeps to, in memory or in SQL.
//!
//! Each law gets an empty store. [`on_each_law`] makes a test of each; a law that it does not name is dead code.

use catalog_contract::Product;
use catalog_core::{Change, Entry, ProductStore, Which};
use outgrow::{CommitError, Money};

use crate::sample::{answer, eur, product, publish, sku};

/// A test of each law, for [`test_laws`](outgrow_testkit::test_laws).
macro_rules! on_each_law {
    ($($empty:tt)*) => {
        outgrow_testkit::test_laws! { [$($empty)*]
            an_empty_store_has_nothing
            a_product_comes_back_as_it_was_committed
            the_version_counts_the_changes
            a_sku_is_new_once
            a_change_of_a_stale_version_is_a_conflict
            of_two_changes_at_once_one_is_kept
            a_command_is_answered_once_and_has_its_effect_once
            a_conflict_leaves_nothing_behind
            products_are_in_the_order_of_the_bytes_of_their_skus
            a_page_begins_after_a_sku_and_ends_at_its_limit
            of_the_skus_asked_for_those_published_are_found
        }
    };
}
pub(crate) use on_each_law;

type Store = dyn ProductStore;

const ALL: Which<'_> = Which { skus: &[], after: None };

async fn keep(store: &Store, of: &str, key: &str) {
    let entry = Entry::new(publish(of, 100)).unwrap();
    store.commit(Change { entry: Some(entry), answer: answer(key) }).await.unwrap();
}

async fn entry(store: &Store, of: &str) -> Entry {
    store.entry(&sku(of)).await.unwrap().unwrap()
}

/// The entry as it is kept, with another price.
async fn repriced(store: &Store, of: &str, amount: i64) -> Entry {
    let mut entry = entry(store, of).await;
    entry.reprice(eur(amount)).unwrap();
    entry
}

fn skus(products: Vec<Product>) -> Vec<String> {
    products.into_iter().map(|product| product.sku.to_string()).collect()
}

pub(crate) async fn an_empty_store_has_nothing(store: &Store) {
    assert_eq!(store.entry(&sku("mug")).await.unwrap(), None);
    assert_eq!(store.products(ALL, 10).await.unwrap(), []);
    assert_eq!(store.products(Which { skus: &[sku("mug")], after: None }, 10).await.unwrap(), []);
    assert_eq!(store.answers().recall(&answer("k").command).await.unwrap(), None);
}

pub(crate) async fn a_product_comes_back_as_it_was_committed(store: &Store) {
    let price = Money { amount: 100_000_000_000, currency: "JPY".parse().unwrap() };
    let name = "Ünï\u{1f375} 'quoted' \"twice\" \\ % _".parse().unwrap();
    let request = catalog_contract::PublishProduct { sku: sku("A.b_c-9"), name, price };
    let new = Entry::new(request).unwrap();
    store.commit(Change { entry: Some(new.clone()), answer: answer("k") }).await.unwrap();
    assert_eq!(entry(store, "A.b_c-9").await, Entry::kept(new.product().clone(), 1));
    assert_eq!(store.products(ALL, 10).await.unwrap(), [new.product().clone()]);
}

pub(crate) async fn the_version_counts_the_changes(store: &Store) {
    keep(store, "mug", "1").await;
    for (amount, key) in [(200, "2"), (300, "3")] {
        let change = Change { entry: Some(repriced(store, "mug", amount).await), answer: answer(key) };
        store.commit(change).await.unwrap();
    }
    assert_eq!(entry(store, "mug").await, Entry::kept(product("mug", 300), 3));
}

pub(crate) async fn a_sku_is_new_once(store: &Store) {
    keep(store, "mug", "1").await;
    let again = Entry::new(publish("mug", 200)).unwrap();
    let second = store.commit(Change { entry: Some(again), answer: answer("2") }).await;
    assert!(matches!(second, Err(CommitError::Conflict)), "{second:?}");
    assert_eq!(entry(store, "mug").await, Entry::kept(product("mug", 100), 1));
}

pub(crate) async fn a_change_of_a_stale_version_is_a_conflict(store: &Store) {
    keep(store, "mug", "1").await;
    let stale = repriced(store, "mug", 200).await;
    let first = Change { entry: Some(repriced(store, "mug", 300).await), answer: answer("2") };
    store.commit(first).await.unwrap();
    let second = store.commit(Change { entry: Some(stale), answer: answer("3") }).await;
    assert!(matches!(second, Err(CommitError::Conflict)), "{second:?}");
    assert_eq!(entry(store, "mug").await, Entry::kept(product("mug", 300), 2));
}

pub(crate) async fn of_two_changes_at_once_one_is_kept(store: &Store) {
    keep(store, "mug", "1").await;
    let one = Change { entry: Some(repriced(store, "mug", 200).await), answer: answer("2") };
    let other = Change { entry: Some(repriced(store, "mug", 300).await), answer: answer("3") };
    let (one, other) = tokio::join!(store.commit(one), store.commit(other));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let amount = if one.is_ok() { 200 } else { 300 };
    assert_eq!(entry(store, "mug").await, Entry::kept(product("mug", amount), 2));
}

pub(crate) async fn a_command_is_answered_once_and_has_its_effect_once(store: &Store) {
    keep(store, "mug", "same").await;
    assert_eq!(store.answers().recall(&answer("same").command).await.unwrap(), Some(answer("same")));
    let other = Entry::new(publish("jug", 100)).unwrap();
    let second = store.commit(Change { entry: Some(other), answer: answer("same") }).await;
    assert!(matches!(second, Err(CommitError::Conflict)), "{second:?}");
    assert_eq!(store.entry(&sku("jug")).await.unwrap(), None);
}

pub(crate) async fn a_conflict_leaves_nothing_behind(store: &Store) {
    keep(store, "mug", "1").await;
    let again = Entry::new(publish("mug", 200)).unwrap();
    let conflict = store.commit(Change { entry: Some(again), answer: answer("2") }).await;
    assert!(matches!(conflict, Err(CommitError::Conflict)), "{conflict:?}");
    assert_eq!(store.answers().recall(&answer("2").command).await.unwrap(), None);
    store.commit(Change { entry: None, answer: answer("2") }).await.unwrap();
    assert_eq!(store.answers().recall(&answer("2").command).await.unwrap(), Some(answer("2")));
}

pub(crate) async fn products_are_in_the_order_of_the_bytes_of_their_skus(store: &Store) {
    for of in ["b", "A", "_", "a", "Z", "10", "9", "-", ".", "aa", "a-b", "ab"] {
        keep(store, of, of).await;
    }
    let found = skus(store.products(ALL, 100).await.unwrap());
    assert_eq!(found, ["-", ".", "10", "9", "A", "Z", "_", "a", "a-b", "aa", "ab", "b"]);
}

pub(crate) async fn a_page_begins_after_a_sku_and_ends_at_its_limit(store: &Store) {
    for of in ["B", "D", "a", "c"] {
        keep(store, of, of).await;
    }
    let found = async |after, limit| {
        let after: Option<&str> = after;
        let after = after.map(sku);
        skus(store.products(Which { skus: &[], after: after.as_ref() }, limit).await.unwrap())
    };
    assert_eq!(found(None, 2).await, ["B", "D"]);
    assert_eq!(found(Some("D"), 2).await, ["a", "c"]);
    assert_eq!(found(Some("C"), 1).await, ["D"], "the SKU to begin after need not exist");
    assert_eq!(found(Some("c"), 2).await, [""; 0]);
}

pub(crate) async fn of_the_skus_asked_for_those_published_are_found(store: &Store) {
    for of in ["B", "D", "a", "c"] {
        keep(store, of, of).await;
    }
    let asked = ["c", "nothing", "B", "c", "a"].map(sku);
    let found = async |after: Option<&str>, limit| {
        let after = after.map(sku);
        skus(store.products(Which { skus: &asked, after: after.as_ref() }, limit).await.unwrap())
    };
    assert_eq!(found(None, 10).await, ["B", "a", "c"]);
    assert_eq!(found(Some("B"), 1).await, ["a"]);
}
