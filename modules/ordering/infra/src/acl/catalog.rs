//! Catalog, as Ordering sees it: a list of prices.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use catalog_contract::{Catalog, ProductsQuery};
use ordering_contract::Sku;
use ordering_core::{PriceList, Unavailable};
use outgrow::{CallContext, Money};

/// The prices of Catalog.
pub(crate) struct CatalogPrices {
    catalog: Arc<dyn Catalog>,
}

impl CatalogPrices {
    pub(crate) fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog }
    }
}

#[async_trait]
impl PriceList for CatalogPrices {
    async fn prices(&self, cx: &CallContext, skus: &[Sku]) -> Result<BTreeMap<Sku, Money>, Unavailable> {
        let skus = skus
            .iter()
            .map(|sku| sku.as_str().parse())
            .collect::<Result<_, _>>()
            .map_err(|why| unavailable(&why))?;
        let request = ProductsQuery { skus, after: None, limit: Some(100) };
        let products = self.catalog.products(cx, request).await.map_err(|why| unavailable(&why))?;
        let priced = products.items.iter().map(|product| Ok((product.sku.as_str().parse()?, product.price)));
        priced.collect::<Result<_, outgrow::NotText>>().map_err(|why| unavailable(&why))
    }
}

fn unavailable(why: &impl ToString) -> Unavailable {
    Unavailable { who: "the catalogue", why: why.to_string() }
}
