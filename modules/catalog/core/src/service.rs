//! The port of Catalog, answered.

use std::sync::Arc;

use async_trait::async_trait;
use catalog_contract::{
    Catalog, CatalogRefusal, MOST, Product, ProductQuery, Products, ProductsQuery, PublishProduct, Reprice,
};
use outgrow::{
    Answer, CallContext, CallError, StoreError,
    command::{self, Undecided},
};

use crate::{Change, Entry, ProductStore, Which};

/// How many products a page of all has, if nothing is said.
const PAGE: u32 = 50;

/// Catalog itself.
pub struct Assortment {
    store: Arc<dyn ProductStore>,
}

impl std::fmt::Debug for Assortment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Assortment")
    }
}

/// What a command decided: the product as it is now, and its entry if that changed; or a refusal.
type Decision = Result<(Product, Option<Entry>), CatalogRefusal>;

impl Assortment {
    /// Catalog, kept by `store`.
    pub fn new(store: Arc<dyn ProductStore>) -> Self {
        Self { store }
    }

    /// Commits what was decided together with the answer.
    async fn settle(
        &self,
        command: command::Command,
        decision: Decision,
    ) -> Result<Result<Product, CatalogRefusal>, Undecided> {
        let (answer, entry) = match decision {
            Ok((product, entry)) => (Ok(product), entry),
            Err(refusal) => (Err(refusal), None),
        };
        self.store.commit(Change { entry, answer: command.remember(&answer) }).await?;
        Ok(answer)
    }

    async fn decide_publish(&self, request: &PublishProduct) -> Result<Decision, StoreError> {
        if self.store.entry(&request.sku).await?.is_some() {
            return Ok(Err(CatalogRefusal::AlreadyPublished { sku: request.sku.clone() }));
        }
        Ok(Entry::new(request.clone()).map(|entry| (entry.product().clone(), Some(entry))))
    }

    async fn decide_reprice(&self, request: &Reprice) -> Result<Decision, StoreError> {
        let Some(mut entry) = self.store.entry(&request.sku).await? else {
            return Ok(Err(CatalogRefusal::UnknownSku { sku: request.sku.clone() }));
        };
        let changes = entry.reprice(request.price);
        Ok(changes.map(|changes| (entry.product().clone(), changes.then_some(entry))))
    }
}

#[async_trait]
impl Catalog for Assortment {
    async fn publish(&self, cx: &CallContext, request: PublishProduct) -> Answer<Product, CatalogRefusal> {
        let request = &request;
        command::execute(
            cx,
            <dyn Catalog>::PUBLISH,
            request,
            self.store.answers(),
            move |command| async move { self.settle(command, self.decide_publish(request).await?).await },
        )
        .await
    }

    async fn reprice(&self, cx: &CallContext, request: Reprice) -> Answer<Product, CatalogRefusal> {
        let request = &request;
        command::execute(
            cx,
            <dyn Catalog>::REPRICE,
            request,
            self.store.answers(),
            move |command| async move { self.settle(command, self.decide_reprice(request).await?).await },
        )
        .await
    }

    async fn product(&self, _cx: &CallContext, request: ProductQuery) -> Answer<Product, CatalogRefusal> {
        let entry = self.store.entry(&request.sku).await?;
        let unknown = || CallError::Refused(CatalogRefusal::UnknownSku { sku: request.sku.clone() });
        entry.map(|entry| entry.product().clone()).ok_or_else(unknown)
    }

    async fn products(&self, _cx: &CallContext, request: ProductsQuery) -> Answer<Products, CatalogRefusal> {
        let limit = limit(&request).map_err(CallError::Refused)?;
        let which = Which { skus: &request.skus, after: request.after.as_ref() };
        // One more than asked for tells whether there are more.
        let mut items = self.store.products(which, limit.saturating_add(1)).await?;
        let more = u32::try_from(items.len()).is_ok_and(|found| found > limit);
        if more {
            items.pop();
        }
        let next = items.last().filter(|_| more).map(|product| product.sku.clone());
        Ok(Products { items, next })
    }
}

/// How many products to answer with at most.
fn limit(request: &ProductsQuery) -> Result<u32, CatalogRefusal> {
    let skus = u32::try_from(request.skus.len()).unwrap_or(u32::MAX);
    let limit = request.limit.unwrap_or(if skus == 0 { PAGE } else { skus.min(MOST) });
    if skus > MOST {
        Err(CatalogRefusal::TooManySkus { skus })
    } else if !(1..=MOST).contains(&limit) {
        Err(CatalogRefusal::LimitOutOfRange { limit })
    } else {
        Ok(limit)
    }
}
