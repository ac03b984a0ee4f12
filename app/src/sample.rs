//! A small catalogue with stock, so that an empty shop can be tried at once.
//!
//! It goes through the ports like everybody else, under fixed keys: loading it twice, from two processes, or after a
//! crash in between, changes nothing. A shop that sells anything else is left alone; what is published has had its
//! stock received before.

use std::sync::Arc;

use catalog_contract::{Catalog, CatalogRefusal, Product, ProductsQuery, PublishProduct};
use inventory_contract::{Inventory, Quantity, ReceiveStock};
use outgrow::{CallContext, CallError, Money, call::OPERATOR};
use outgrow_cli::Host;

/// SKU, name, price in euro cents, how many.
const SAMPLE: &[(&str, &str, i64, u32)] = &[
    ("mug-blue", "Blue mug", 1250, 40),
    ("mug-white", "White mug", 1150, 40),
    ("teapot", "Teapot for two", 3400, 12),
    ("tea-assam", "Assam, 100 g", 690, 200),
    ("kettle-last", "Kettle, the last one", 8900, 1),
];

/// Fills an empty shop once it serves.
pub(crate) fn fill(host: &Host, catalog: Arc<dyn Catalog>, inventory: Arc<dyn Inventory>) {
    let ids = host.ids();
    host.sample(move || {
        let (catalog, inventory) = (Arc::clone(&catalog), Arc::clone(&inventory));
        let cx = CallContext::new(OPERATOR, ids.uuid());
        async move {
            match load(&cx, &*catalog, &*inventory).await {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!(error, "the sample catalogue is not loaded yet");
                    false
                }
            }
        }
    });
}

async fn load(cx: &CallContext, catalog: &dyn Catalog, inventory: &dyn Inventory) -> Result<(), String> {
    let any = ProductsQuery { skus: Vec::new(), after: None, limit: Some(100) };
    let products = catalog.products(cx, any).await.map_err(|error| error.to_string())?;
    let ours = |product: &Product| {
        SAMPLE.iter().any(|(sku, name, ..)| (*sku, *name) == (product.sku.as_str(), product.name.as_str()))
    };
    if !products.items.iter().all(ours) {
        return Ok(());
    }
    let published = |sku: &str| products.items.iter().any(|product| product.sku.as_str() == sku);
    for (sku, name, price, quantity) in SAMPLE.iter().filter(|(sku, ..)| !published(sku)) {
        receive(cx, inventory, sku, *quantity).await?;
        publish(cx, catalog, sku, name, *price).await?;
    }
    Ok(())
}

async fn publish(
    cx: &CallContext,
    catalog: &dyn Catalog,
    sku: &str,
    name: &str,
    price: i64,
) -> Result<(), String> {
    let request = PublishProduct {
        sku: parsed(sku)?,
        name: parsed(name)?,
        price: Money { amount: price, currency: parsed("EUR")? },
    };
    match catalog.publish(&keyed(cx, "publish", sku)?, request).await {
        Ok(_) | Err(CallError::Refused(CatalogRefusal::AlreadyPublished { .. })) => Ok(()),
        Err(failure) => Err(failure.to_string()),
    }
}

async fn receive(
    cx: &CallContext,
    inventory: &dyn Inventory,
    sku: &str,
    quantity: u32,
) -> Result<(), String> {
    let quantity = Quantity::try_from(quantity).map_err(|error| error.to_string())?;
    let request = ReceiveStock { sku: parsed(sku)?, quantity };
    match inventory.receive(&keyed(cx, "receive", sku)?, request).await {
        Ok(_) => Ok(()),
        Err(failure) => Err(failure.to_string()),
    }
}

fn keyed(cx: &CallContext, what: &str, sku: &str) -> Result<CallContext, String> {
    Ok(cx.clone().with_key(parsed(&format!("sample/{what}/{sku}"))?))
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}
