//! What `#[port]` makes of a trait.

use std::sync::{Arc, Mutex};

use outgrow::{
    Answer, BoxFuture, CallContext, CallError, Caller, CauseKind, Kind, Local, Loopback, Message, Method,
    Port as _, Refusal, Remote, Served, port::Dispatch as _,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::contract::{
    HoldState, Inventory, InventoryRefusal, Reservation, ReservationId, ReserveStock, Ring, Sku, StockLevel,
    StockLine, StockQuery,
};

struct Shelf;

#[async_trait::async_trait]
impl Inventory for Shelf {
    async fn reserve(
        &self,
        _cx: &CallContext,
        request: ReserveStock,
    ) -> Answer<Reservation, InventoryRefusal> {
        if let Some(line) = request.lines.iter().find(|line| line.quantity > 5) {
            let refusal = InventoryRefusal::OutOfStock { sku: line.sku.clone(), available: 5 };
            return Err(CallError::Refused(refusal));
        }
        let value = outgrow::Money { amount: 100, currency: "EUR".parse().expect("a currency") };
        Ok(Reservation {
            id: request.reservation,
            at: OffsetDateTime::UNIX_EPOCH,
            state: HoldState::Held,
            value,
        })
    }

    async fn stock(&self, _cx: &CallContext, _request: StockQuery) -> Answer<StockLevel, InventoryRefusal> {
        Err(CallError::not_executed(CauseKind::Storage, "the shelf is locked"))
    }

    async fn ring(&self, _cx: &CallContext, _request: Ring) -> Answer<Ring, InventoryRefusal> {
        Err(CallError::in_doubt(CauseKind::Lost, "nobody picked up"))
    }
}

/// Notes what is called, and calls it on the shelf.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<String>>>);

impl Caller<dyn Inventory> for Noting {
    fn call<'a, Q: Message, T: Message, E: Refusal>(
        &'a self,
        cx: &'a CallContext,
        method: &'static Method,
        request: Q,
        local: Local<dyn Inventory, Q, T, E>,
    ) -> BoxFuture<'a, Answer<T, E>> {
        self.0.lock().expect("not poisoned").push(method.to_string());
        local(&Shelf, cx, request)
    }
}

fn reserve(quantity: u32) -> ReserveStock {
    let line = StockLine { sku: Sku::try_from("tea".to_owned()).expect("a SKU"), quantity };
    ReserveStock { reservation: ReservationId(Uuid::from_u128(7)), lines: vec![line], note: None }
}

fn query() -> StockQuery {
    StockQuery { sku: Sku::try_from("tea".to_owned()).expect("a SKU") }
}

fn cx() -> CallContext {
    CallContext::new("test", Uuid::nil())
}

#[test]
fn each_method_has_its_wire_name_its_kind_and_a_constant() {
    let methods: Vec<_> =
        <dyn Inventory>::DESC.methods.iter().map(|method| (method.name, method.kind)).collect();
    assert_eq!(methods, [("Reserve", Kind::Idempotent), ("Stock", Kind::Query), ("Ring", Kind::Once)]);
    for (index, method) in
        [<dyn Inventory>::RESERVE, <dyn Inventory>::STOCK, <dyn Inventory>::RING].iter().enumerate()
    {
        assert_eq!((method.index, method.name), (index, methods[index].0));
    }
    let doc = <dyn Inventory>::RESERVE.doc;
    assert_eq!(doc, "Holds stock for an order, all lines or none.\n\nRepeating it returns the first answer.");
}

#[tokio::test]
async fn a_port_via_a_caller_calls_it_with_the_method_and_the_local_way() {
    let noting = Noting::default();
    let port = <dyn Inventory>::via(noting.clone());
    let answer = port.reserve(&cx(), reserve(1)).await.expect("reserved");
    assert_eq!(answer.id, ReservationId(Uuid::from_u128(7)));
    drop(port.ring(&cx(), Ring).await);
    assert_eq!(
        *noting.0.lock().expect("not poisoned"),
        ["inventory.v1.Inventory/Reserve", "inventory.v1.Inventory/Ring"]
    );
}

#[tokio::test]
async fn answers_and_all_three_failures_are_the_same_through_the_wire() {
    let served = Served::<dyn Inventory>(Arc::new(Shelf));
    let port = <dyn Inventory>::via(Remote(Arc::new(Loopback(Arc::new(served)))));
    for quantity in [1, 6] {
        let direct = Shelf.reserve(&cx(), reserve(quantity)).await;
        assert_eq!(port.reserve(&cx(), reserve(quantity)).await, direct);
    }
    assert_eq!(port.stock(&cx(), query()).await, Shelf.stock(&cx(), query()).await);
    assert_eq!(port.ring(&cx(), Ring).await, Shelf.ring(&cx(), Ring).await);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_not_executed_and_names_the_field() {
    let served = Served::<dyn Inventory>(Arc::new(Shelf));
    let reply = served.dispatch(<dyn Inventory>::STOCK, &cx(), &[0x0a, 0]).await;
    let Err(CallError::NotExecuted(cause)) = reply else { panic!("executed") };
    assert_eq!((cause.kind, &*cause.detail), (CauseKind::BadRequest, "sku: a SKU has 1 to 40 characters"));
}
