//! Wishlist without any technology.
#![cfg(test)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use outgrow::{Answers, CallContext, CallError, CommitError, StoreError};
use outgrow_testkit::{MemoryAnswers, SequentialIds};
use wishlist_contract::{Customer, MOST, Sku, Wish, WishesQuery, Wishlist as _, WishlistRefusal};
use wishlist_core::{Change, Keeper, List, ListStore};

/// Keeps lists in memory.
#[derive(Default)]
struct MemoryListStore {
    lists: Mutex<BTreeMap<Customer, List>>,
    answers: MemoryAnswers,
}

#[async_trait]
impl ListStore for MemoryListStore {
    fn answers(&self) -> &dyn Answers {
        &self.answers
    }

    async fn list(&self, customer: &Customer) -> Result<Option<List>, StoreError> {
        Ok(self.lists.lock().unwrap().get(customer).cloned())
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        self.answers.remember(change.answer)?;
        if let Some(list) = change.list {
            let next = List::kept(list.customer().clone(), list.skus().clone(), list.version() + 1);
            self.lists.lock().unwrap().insert(list.customer().clone(), next);
        }
        Ok(())
    }
}

fn wishlist() -> Keeper {
    Keeper::new(Arc::new(MemoryListStore::default()))
}

fn cx(key: &str) -> CallContext {
    CallContext::new("tests", SequentialIds::nth(1)).with_key(key.parse().unwrap())
}

fn wish(sku: &str) -> Wish {
    Wish { customer: "ada".parse().unwrap(), sku: sku.parse().unwrap() }
}

#[tokio::test]
async fn what_was_wished_for_is_on_the_list_once_and_in_order() {
    let wishlist = wishlist();
    for (key, sku) in [("1", "teapot"), ("2", "mug"), ("3", "teapot")] {
        wishlist.wish(&cx(key), wish(sku)).await.unwrap();
    }
    let query = WishesQuery { customer: "ada".parse().unwrap() };
    let skus = wishlist.wishes(&cx("q"), query).await.unwrap().skus;
    assert_eq!(skus.iter().map(Sku::as_str).collect::<Vec<_>>(), ["mug", "teapot"]);
}

#[tokio::test]
async fn a_full_list_takes_no_other_wish() {
    let wishlist = wishlist();
    for number in 0..MOST {
        wishlist.wish(&cx(&number.to_string()), wish(&format!("sku-{number}"))).await.unwrap();
    }
    wishlist.wish(&cx("again"), wish("sku-0")).await.unwrap();
    let refused = wishlist.wish(&cx("more"), wish("more")).await.unwrap_err();
    assert_eq!(refused, CallError::Refused(WishlistRefusal::ListFull { most: MOST }));
}
