//! Lists of products.

use std::sync::Arc;

use catalog_contract::{Catalog as _, CatalogRefusal, Products, ProductsQuery, Sku};
use catalog_core::Assortment;
use outgrow::CallError;

use crate::{
    calls::{cx, keyed},
    memory::MemoryProductStore,
    sample::{publish, sku},
};

/// Products `00` to one below `count`.
async fn catalog(count: u32) -> Assortment {
    let catalog = Assortment::new(Arc::new(MemoryProductStore::default()));
    for number in 0..count {
        let of = name(number);
        catalog.publish(&keyed(&of), publish(&of, 1)).await.unwrap();
    }
    catalog
}

fn name(number: u32) -> String {
    format!("{number:03}")
}

fn skus(count: u32) -> Vec<Sku> {
    (0..count).map(|number| sku(&name(number))).collect()
}

fn found(products: &Products) -> Vec<&str> {
    products.items.iter().map(|product| product.sku.as_str()).collect()
}

#[tokio::test]
async fn an_empty_catalogue_is_one_empty_page() {
    let products = catalog(0).await.products(&cx(), ProductsQuery::default()).await;
    assert_eq!(products, Ok(Products { items: vec![], next: None }));
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_overlap() {
    let catalog = catalog(5).await;
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let request = ProductsQuery { after, limit: Some(2), ..ProductsQuery::default() };
        let page = catalog.products(&cx(), request).await.unwrap();
        pages.push(found(&page).join(" "));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, ["000 001", "002 003", "004"]);
}

#[tokio::test]
async fn a_last_page_that_is_full_has_no_next() {
    let request = ProductsQuery { limit: Some(2), ..ProductsQuery::default() };
    let page = catalog(2).await.products(&cx(), request).await.unwrap();
    assert_eq!((found(&page).len(), page.next), (2, None));
}

#[tokio::test]
async fn fifty_of_all_are_answered_if_nothing_is_said() {
    let page = catalog(51).await.products(&cx(), ProductsQuery::default()).await.unwrap();
    assert_eq!((found(&page).len(), page.next), (50, Some(sku("049"))));
}

#[tokio::test]
async fn all_of_the_skus_asked_for_are_answered_if_nothing_is_said() {
    let catalog = catalog(100).await;
    let request = ProductsQuery { skus: skus(100), ..ProductsQuery::default() };
    let page = catalog.products(&cx(), request).await.unwrap();
    assert_eq!((found(&page).len(), page.next), (100, None));
}

#[tokio::test]
async fn skus_that_are_not_published_are_missing_from_the_answer() {
    let request = ProductsQuery { skus: ["nothing", "001"].map(sku).to_vec(), ..ProductsQuery::default() };
    let page = catalog(3).await.products(&cx(), request).await.unwrap();
    assert_eq!((found(&page), page.next.clone()), (vec!["001"], None));
}

#[tokio::test]
async fn a_limit_out_of_range_is_refused() {
    let catalog = catalog(1).await;
    for limit in [0, 101, u32::MAX] {
        let request = ProductsQuery { limit: Some(limit), ..ProductsQuery::default() };
        let refused = CallError::Refused(CatalogRefusal::LimitOutOfRange { limit });
        assert_eq!(catalog.products(&cx(), request).await, Err(refused));
    }
}

#[tokio::test]
async fn more_than_a_hundred_skus_are_refused() {
    let request = ProductsQuery { skus: skus(101), ..ProductsQuery::default() };
    let refused = CallError::Refused(CatalogRefusal::TooManySkus { skus: 101 });
    assert_eq!(catalog(0).await.products(&cx(), request).await, Err(refused));
}
