//! Repeated commands, and a store that fails.

use std::sync::Arc;

use catalog_contract::{Catalog as _, CatalogRefusal, ProductQuery, ProductsQuery};
use catalog_core::Assortment;
use outgrow::{CallError, CauseKind};

use crate::{
    calls::{cx, keyed, reprice},
    memory::{Failure, MemoryProductStore},
    sample::{product, publish, sku},
};

fn catalog() -> (Arc<MemoryProductStore>, Assortment) {
    let store = Arc::new(MemoryProductStore::default());
    (Arc::clone(&store), Assortment::new(store))
}

#[tokio::test]
async fn a_repeated_command_has_its_effect_once_and_gets_its_first_answer() {
    let (_, catalog) = catalog();
    catalog.publish(&keyed("1"), publish("mug", 1)).await.unwrap();
    catalog.reprice(&keyed("2"), reprice("mug", 2)).await.unwrap();
    catalog.reprice(&keyed("3"), reprice("mug", 3)).await.unwrap();
    assert_eq!(catalog.publish(&keyed("1"), publish("mug", 1)).await, Ok(product("mug", 1)));
    assert_eq!(catalog.reprice(&keyed("2"), reprice("mug", 2)).await, Ok(product("mug", 2)));
    assert_eq!(catalog.product(&cx(), ProductQuery { sku: sku("mug") }).await, Ok(product("mug", 3)));
}

#[tokio::test]
async fn a_repeated_command_is_refused_again_even_if_it_could_be_done_now() {
    let (_, catalog) = catalog();
    let refused = Err(CallError::Refused(CatalogRefusal::UnknownSku { sku: sku("mug") }));
    assert_eq!(catalog.reprice(&keyed("1"), reprice("mug", 2)).await, refused);
    catalog.publish(&keyed("2"), publish("mug", 1)).await.unwrap();
    assert_eq!(catalog.reprice(&keyed("1"), reprice("mug", 2)).await, refused);
}

#[tokio::test]
async fn a_key_names_one_request() {
    let (_, catalog) = catalog();
    catalog.publish(&keyed("1"), publish("mug", 1)).await.unwrap();
    let error = catalog.publish(&keyed("1"), publish("jug", 1)).await.unwrap_err();
    assert!(
        matches!(&error, CallError::NotExecuted(cause) if cause.kind == CauseKind::KeyReused),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_command_without_a_key_is_not_executed() {
    let (_, catalog) = catalog();
    let errors = [
        catalog.publish(&cx(), publish("mug", 1)).await.unwrap_err(),
        catalog.reprice(&cx(), reprice("mug", 1)).await.unwrap_err(),
    ];
    for error in errors {
        assert!(
            matches!(&error, CallError::NotExecuted(cause) if cause.kind == CauseKind::BadRequest),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn what_was_not_committed_was_not_executed() {
    let (store, catalog) = catalog();
    store.commits_fail.lock().unwrap().push_back(Failure::NotCommitted);
    let error = catalog.publish(&keyed("1"), publish("mug", 1)).await.unwrap_err();
    assert!(matches!(&error, CallError::NotExecuted(cause) if cause.kind == CauseKind::Storage), "{error:?}");
    assert_eq!(catalog.publish(&keyed("1"), publish("mug", 1)).await, Ok(product("mug", 1)));
}

#[tokio::test]
async fn a_commit_in_doubt_is_in_doubt_and_its_repetition_finds_out() {
    let (store, catalog) = catalog();
    store.commits_fail.lock().unwrap().push_back(Failure::InDoubt);
    let error = catalog.publish(&keyed("1"), publish("mug", 1)).await.unwrap_err();
    assert!(matches!(&error, CallError::InDoubt(cause) if cause.kind == CauseKind::Storage), "{error:?}");
    assert_eq!(catalog.publish(&keyed("1"), publish("mug", 1)).await, Ok(product("mug", 1)));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_no_refusal() {
    let catalog = Assortment::new(Arc::new(MemoryProductStore::unreadable()));
    let errors = [
        catalog.publish(&keyed("1"), publish("mug", 1)).await.unwrap_err(),
        catalog.reprice(&keyed("2"), reprice("mug", 1)).await.unwrap_err(),
        catalog.product(&cx(), ProductQuery { sku: sku("mug") }).await.unwrap_err(),
        catalog.products(&cx(), ProductsQuery::default()).await.unwrap_err(),
    ];
    for error in errors {
        assert!(
            matches!(&error, CallError::NotExecuted(cause) if cause.kind == CauseKind::Storage),
            "{error:?}"
        );
    }
}
