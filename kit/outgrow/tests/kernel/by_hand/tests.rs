//! The port by hand and the port by macro are the same, to callers, to carriers and in the schema.

use std::sync::Arc;

use outgrow::{
    Answer, CallContext, CallError, CauseKind, Loopback, Message as _, Method, Port as _, Remote, Served,
    Unread, port::Dispatch as _, wire::Shape,
};
use uuid::Uuid;

use super::{Inventory, InventoryRefusal, StockLevel, StockQuery};
use crate::kernel::contract::{self, Sku};

/// A module behind the port by hand, and behind the port by macro.
struct Shelf;

#[async_trait::async_trait]
impl Inventory for Shelf {
    async fn stock(&self, _cx: &CallContext, request: StockQuery) -> Answer<StockLevel, InventoryRefusal> {
        Err(CallError::Refused(match request.sku.to_string().as_str() {
            "frozen" => InventoryRefusal::Frozen,
            "unknown" => InventoryRefusal::UnknownSku(request.sku),
            "out" => InventoryRefusal::OutOfStock { sku: request.sku, available: 3 },
            "other" => InventoryRefusal::Other(Unread::new(9, b"new")),
            _ => return Ok(StockLevel { on_hand: 5, available: 0 }),
        }))
    }
}

#[async_trait::async_trait]
impl contract::Inventory for Shelf {
    async fn reserve(
        &self,
        _cx: &CallContext,
        _request: contract::ReserveStock,
    ) -> Answer<contract::Reservation, contract::InventoryRefusal> {
        Err(CallError::Refused(contract::InventoryRefusal::Frozen))
    }

    async fn stock(
        &self,
        _cx: &CallContext,
        request: contract::StockQuery,
    ) -> Answer<StockLevel, contract::InventoryRefusal> {
        Err(CallError::Refused(match request.sku.to_string().as_str() {
            "frozen" => contract::InventoryRefusal::Frozen,
            "unknown" => contract::InventoryRefusal::UnknownSku(request.sku),
            "out" => contract::InventoryRefusal::OutOfStock { sku: request.sku, available: 3 },
            "other" => contract::InventoryRefusal::Other(Unread::new(9, b"new")),
            _ => return Ok(StockLevel { on_hand: 5, available: 0 }),
        }))
    }

    async fn ring(
        &self,
        _cx: &CallContext,
        request: contract::Ring,
    ) -> Answer<contract::Ring, contract::InventoryRefusal> {
        Ok(request)
    }
}

const SKUS: [&str; 5] = ["tea", "frozen", "unknown", "out", "other"];

fn sku(text: &str) -> Sku {
    Sku::try_from(text.to_owned()).expect("a SKU")
}

fn cx() -> CallContext {
    CallContext::new("test", Uuid::nil())
}

/// What a descriptor says, and all it refers to.
fn described(method: &Method) -> String {
    let mut out = vec![format!("{method} {:?} {}", method.kind, method.doc)];
    for shape in [method.request, method.answer, method.refusal] {
        describe(shape(), &mut out);
    }
    // Functions are shown by their addresses.
    let text = out.join("\n");
    text.split("0x").map(|part| part.trim_start_matches(|c: char| c.is_ascii_hexdigit())).collect()
}

fn describe(shape: Shape, out: &mut Vec<String>) {
    out.push(format!("{shape:?}"));
    if let Shape::Message(desc) = shape {
        for field in desc.fields {
            describe((field.shape)(), out);
        }
    }
}

#[tokio::test]
async fn the_port_by_hand_is_served_as_the_one_by_macro() {
    let hand = Served::<dyn Inventory>(Arc::new(Shelf));
    let macros = Served::<dyn contract::Inventory>(Arc::new(Shelf));
    let mut bodies: Vec<Vec<u8>> =
        SKUS.iter().map(|text| StockQuery { sku: sku(text) }.to_bytes().into()).collect();
    bodies.extend([vec![], vec![0x0a, 0], vec![0x08, 1], vec![0xff], b"\x10\x01\x0a\x03tea".to_vec()]);
    for body in bodies {
        let one = hand.dispatch(<dyn Inventory>::STOCK, &cx(), &body).await;
        let other = macros.dispatch(<dyn contract::Inventory>::STOCK, &cx(), &body).await;
        assert_eq!(one, other, "{body:?}");
    }
}

#[tokio::test]
async fn the_port_by_hand_is_called_as_the_one_by_macro() {
    let hand =
        <dyn Inventory>::via(Remote(Arc::new(Loopback(Arc::new(Served::<dyn Inventory>(Arc::new(Shelf)))))));
    let crossed =
        <dyn contract::Inventory>::via(Remote(Arc::new(Loopback(Arc::new(
            Served::<dyn contract::Inventory>(Arc::new(Shelf)),
        )))));
    for text in SKUS {
        let one = hand.stock(&cx(), StockQuery { sku: sku(text) }).await;
        let direct = Inventory::stock(&Shelf, &cx(), StockQuery { sku: sku(text) }).await;
        assert_eq!(one, direct, "{text}");
        let other = crossed.stock(&cx(), contract::StockQuery { sku: sku(text) }).await;
        assert_eq!(
            one.map_err(|error| error.to_string()),
            other.map_err(|error| error.to_string()),
            "{text}"
        );
    }
}

#[test]
fn the_port_by_hand_is_described_as_the_one_by_macro() {
    assert_eq!(described(<dyn Inventory>::STOCK), described(<dyn contract::Inventory>::STOCK));
}

#[tokio::test]
async fn a_method_of_another_port_is_unserved() {
    let served = Served::<dyn Inventory>(Arc::new(Shelf));
    let reply = served.dispatch(<dyn contract::Inventory>::RING, &cx(), &[]).await;
    let detail = "inventory.v1.Inventory/Ring is of another port";
    assert_eq!(reply, Err(CallError::not_executed(CauseKind::Unserved, detail)));
}
