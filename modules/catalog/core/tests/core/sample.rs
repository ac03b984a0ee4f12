//! Values to test with.

use catalog_contract::{Product, PublishProduct, Sku};
use outgrow::{CommandId, Fingerprint, Money, Remembered};

pub(crate) fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

pub(crate) fn eur(amount: i64) -> Money {
    Money { amount, currency: "EUR".parse().unwrap() }
}

pub(crate) fn product(of: &str, amount: i64) -> Product {
    Product { sku: sku(of), name: format!("The {of}").parse().unwrap(), price: eur(amount) }
}

pub(crate) fn publish(of: &str, amount: i64) -> PublishProduct {
    let Product { sku, name, price } = product(of, amount);
    PublishProduct { sku, name, price }
}

pub(crate) fn answer(key: &str) -> Remembered {
    let command = CommandId {
        principal: String::new(),
        caller: "tests".to_owned(),
        method: "catalog.v1.Catalog/Publish".to_owned(),
        key: key.to_owned(),
    };
    Remembered {
        command,
        fingerprint: Fingerprint::of(key.as_bytes()),
        refused: false,
        body: b"\x01".to_vec().into(),
    }
}
