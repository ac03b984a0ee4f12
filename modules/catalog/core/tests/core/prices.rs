//! Publishing and repricing.

use std::sync::Arc;

use catalog_contract::{Catalog as _, CatalogRefusal, ProductQuery, Reprice};
use catalog_core::{Assortment, Change, Entry};
use outgrow::{CallError, Money};

use crate::{
    calls::{cx, keyed, reprice},
    memory::{Failure, MemoryProductStore},
    sample::{answer, eur, product, publish, sku},
};

fn catalog() -> Assortment {
    Assortment::new(Arc::new(MemoryProductStore::default()))
}

#[tokio::test]
async fn a_published_product_is_known() {
    let catalog = catalog();
    assert_eq!(catalog.publish(&keyed("1"), publish("mug", 1250)).await, Ok(product("mug", 1250)));
    let known = catalog.product(&cx(), ProductQuery { sku: sku("mug") }).await;
    assert_eq!(known, Ok(product("mug", 1250)));
}

#[tokio::test]
async fn a_product_that_was_not_published_is_refused() {
    let unknown = CallError::Refused(CatalogRefusal::UnknownSku { sku: sku("mug") });
    let asked = catalog().product(&cx(), ProductQuery { sku: sku("mug") }).await;
    assert_eq!(asked, Err(unknown.clone()));
    assert_eq!(catalog().reprice(&keyed("1"), reprice("mug", 1)).await, Err(unknown));
}

#[tokio::test]
async fn a_sku_is_published_once_even_with_the_same_name_and_price() {
    let catalog = catalog();
    catalog.publish(&keyed("1"), publish("mug", 1250)).await.unwrap();
    for (key, amount) in [("2", 1250), ("3", 1)] {
        let again = catalog.publish(&keyed(key), publish("mug", amount)).await;
        assert_eq!(again, Err(CallError::Refused(CatalogRefusal::AlreadyPublished { sku: sku("mug") })));
    }
    assert_eq!(catalog.product(&cx(), ProductQuery { sku: sku("mug") }).await, Ok(product("mug", 1250)));
}

#[tokio::test]
async fn a_price_within_its_range_is_taken() {
    let catalog = catalog();
    for (key, amount) in [("least", 1), ("most", 100_000_000_000)] {
        catalog.publish(&keyed(key), publish(key, amount)).await.unwrap();
        catalog.reprice(&keyed(key), reprice(key, amount)).await.unwrap();
    }
}

#[tokio::test]
async fn a_price_out_of_its_range_is_refused() {
    let catalog = catalog();
    catalog.publish(&keyed("jug"), publish("jug", 1)).await.unwrap();
    for amount in [i64::MIN, -1, 0, 100_000_000_001, i64::MAX] {
        let refused = CallError::Refused(CatalogRefusal::PriceOutOfRange { amount });
        let key = &keyed(&format!("key{amount}"));
        assert_eq!(catalog.publish(key, publish("mug", amount)).await, Err(refused.clone()));
        assert_eq!(catalog.reprice(key, reprice("jug", amount)).await, Err(refused));
    }
    assert_eq!(catalog.product(&cx(), ProductQuery { sku: sku("jug") }).await, Ok(product("jug", 1)));
}

#[tokio::test]
async fn repricing_changes_the_price_and_nothing_else() {
    let catalog = catalog();
    catalog.publish(&keyed("1"), publish("mug", 1250)).await.unwrap();
    assert_eq!(catalog.reprice(&keyed("2"), reprice("mug", 999)).await, Ok(product("mug", 999)));
    assert_eq!(catalog.product(&cx(), ProductQuery { sku: sku("mug") }).await, Ok(product("mug", 999)));
}

#[tokio::test]
async fn repricing_may_change_the_currency() {
    let catalog = catalog();
    catalog.publish(&keyed("1"), publish("mug", 1250)).await.unwrap();
    let price = Money { currency: "CHF".parse().unwrap(), ..eur(1250) };
    let repriced = catalog.reprice(&keyed("2"), Reprice { sku: sku("mug"), price }).await.unwrap();
    assert_eq!(repriced.price, price);
}

#[tokio::test]
async fn repricing_to_the_same_price_is_no_change_that_others_could_conflict_with() {
    let mut entry = Entry::kept(product("mug", 1250), 7);
    assert_eq!(entry.reprice(eur(1250)), Ok(false));
    assert_eq!(entry.reprice(eur(1251)), Ok(true));
    assert_eq!(entry, Entry::kept(product("mug", 1251), 7));
}

#[tokio::test]
async fn who_publishes_second_is_refused_even_if_nobody_was_there_when_it_looked() {
    let store = Arc::new(MemoryProductStore::default());
    let first = Change { entry: Some(Entry::new(publish("mug", 1)).unwrap()), answer: answer("other") };
    store.commits_fail.lock().unwrap().push_back(Failure::Overtaken(Box::new(first)));
    let second = Assortment::new(store).publish(&keyed("1"), publish("mug", 2)).await;
    assert_eq!(second, Err(CallError::Refused(CatalogRefusal::AlreadyPublished { sku: sku("mug") })));
}

#[tokio::test]
async fn who_reprices_second_has_the_last_word() {
    let store = Arc::new(MemoryProductStore::default());
    let catalog = Assortment::new(Arc::<MemoryProductStore>::clone(&store));
    catalog.publish(&keyed("1"), publish("mug", 1)).await.unwrap();
    let first = Change { entry: Some(Entry::kept(product("mug", 2), 1)), answer: answer("other") };
    store.commits_fail.lock().unwrap().push_back(Failure::Overtaken(Box::new(first)));
    assert_eq!(catalog.reprice(&keyed("2"), reprice("mug", 3)).await, Ok(product("mug", 3)));
    assert_eq!(catalog.product(&cx(), ProductQuery { sku: sku("mug") }).await, Ok(product("mug", 3)));
}
