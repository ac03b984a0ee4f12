//! One port, told the same by its own trait on every placement and both engines: in process, through the wire, and over
//! gRPC or RabbitMQ in another process. Every query and every idempotent command is repeated on the way, to find those that lie.

use std::{sync::Arc, time::Duration};

use adapter_grpc::{GrpcAddress, GrpcTransport};
use adapter_rabbitmq::RabbitTransport;
use inventory_contract::{
    Inventory, InventoryRefusal, Quantity, ReceiveStock, ReleaseStock, ReservationId, ReservationState,
    ReserveStock, ShipStock, StockLine, StockQuery,
};
use outgrow::{
    CallContext, CallError, CauseKind, Dispatch, IdGen as _, Loopback, Port as _, Served, SystemIds,
    Transport,
};
use outgrow_runtime::{Access, Door, Policies, Router, Target, router::Route};
use outgrow_testkit::{TestDir, Twice};
use shop::MODULES;

use crate::{data::Data, system::System};

const STOCK: &[(&str, &[&str])] = &[("stock", &["inventory"])];

fn policies() -> Policies {
    Policies::new(Access::to(<dyn Inventory>::DESC, MODULES))
}

async fn here(data: &Data) -> Arc<dyn Inventory> {
    inventory_infra::build(data.home(&inventory_infra::SPEC).await)
}

fn routed(local: Option<Arc<dyn Inventory>>, route: Route) -> Arc<dyn Inventory> {
    <dyn Inventory>::via(Twice(Router::new(local, route, policies())))
}

async fn local(data: &Data) {
    body(&*routed(Some(here(data).await), Route::Local), data).await;
}

async fn loopback(data: &Data) {
    let door: Arc<dyn Dispatch> = Arc::new(Door::new(Arc::new(Served(here(data).await)), policies()));
    remote(data, Arc::new(Loopback(door))).await;
}

async fn grpc_in_another_process(shop: &System) {
    let address: GrpcAddress = format!("grpc://{}", shop.grpc["stock"]).parse().unwrap();
    remote(&shop.data, Arc::new(GrpcTransport::connect(&address))).await;
}

async fn rabbitmq_to_another_process(mut shop: System) {
    let broker = shop.reach_over_rabbitmq();
    let shop = shop.start_all(STOCK).await;
    remote(&shop.data, Arc::new(RabbitTransport::connect(&broker))).await;
}

async fn remote(data: &Data, transport: Arc<dyn Transport>) {
    let target = Target::new("stock", transport);
    body(&*routed(None, Route::Remote(vec![Arc::clone(&target)])), data).await;
    assert!(target.figures.snapshot().answered > 10, "it really went there");
}

mod on_sqlite {
    use super::*;

    #[tokio::test]
    async fn local() {
        let dir = TestDir::new();
        super::local(&Data::Folder(dir.path().to_owned())).await;
    }

    #[tokio::test]
    async fn loopback() {
        let dir = TestDir::new();
        super::loopback(&Data::Folder(dir.path().to_owned())).await;
    }

    #[tokio::test]
    async fn grpc_in_another_process() {
        super::grpc_in_another_process(&System::started(STOCK, "").await).await;
    }

    #[tokio::test]
    #[ignore = "needs RabbitMQ: cargo xtask test"]
    async fn rabbitmq_to_another_process() {
        super::rabbitmq_to_another_process(System::split(STOCK, "")).await;
    }
}

mod on_postgresql {
    use super::*;

    #[tokio::test]
    #[ignore = "needs PostgreSQL: cargo xtask test"]
    async fn local() {
        super::local(&Data::migrated(&[&inventory_infra::SPEC]).await).await;
    }

    #[tokio::test]
    #[ignore = "needs PostgreSQL: cargo xtask test"]
    async fn loopback() {
        super::loopback(&Data::migrated(&[&inventory_infra::SPEC]).await).await;
    }

    #[tokio::test]
    #[ignore = "needs PostgreSQL: cargo xtask test"]
    async fn grpc_in_another_process() {
        super::grpc_in_another_process(&System::started_on_postgres(STOCK, "").await).await;
    }

    #[tokio::test]
    #[ignore = "needs PostgreSQL and RabbitMQ: cargo xtask test"]
    async fn rabbitmq_to_another_process() {
        let shop = System::split_on_postgres(STOCK, "").await;
        shop.migrate();
        super::rabbitmq_to_another_process(shop).await;
    }
}

fn cx(key: &str) -> CallContext {
    CallContext::new("ordering", SystemIds.uuid()).with_key(key.parse().unwrap())
}

fn receive(sku: &str, quantity: u32) -> ReceiveStock {
    ReceiveStock { sku: sku.parse().unwrap(), quantity: Quantity::try_from(quantity).unwrap() }
}

fn reserve(reservation: ReservationId, lines: &[(&str, u32)]) -> ReserveStock {
    let line = |(sku, quantity): &(&str, u32)| StockLine {
        sku: sku.parse().unwrap(),
        quantity: Quantity::try_from(*quantity).unwrap(),
    };
    ReserveStock { reservation, lines: lines.iter().map(line).collect() }
}

fn kind<T: std::fmt::Debug>(answer: Result<T, CallError<InventoryRefusal>>) -> (bool, CauseKind) {
    match answer.unwrap_err() {
        CallError::NotExecuted(cause) => (false, cause.kind),
        CallError::InDoubt(cause) => (true, cause.kind),
        CallError::Refused(refusal) => panic!("refused: {refusal}"),
    }
}

/// What is told to every placement, on every engine.
async fn body(inventory: &dyn Inventory, data: &Data) {
    goods_are_received_and_held(inventory).await;
    refusals_are_typed(inventory).await;
    failures_mean_the_same(inventory).await;
    a_deadline_is_kept_and_a_command_is_not_cut_in_half(inventory, data).await;
}

async fn goods_are_received_and_held(inventory: &dyn Inventory) {
    let level = inventory.receive(&cx("r1"), receive("mug", 5)).await.unwrap();
    assert_eq!((level.on_hand, level.reserved, level.available), (5, 0, 5));
    let (first, second) = (ReservationId::new(&SystemIds), ReservationId::new(&SystemIds));
    let held = inventory.reserve(&cx("h1"), reserve(first, &[("mug", 2), ("mug", 1)])).await.unwrap();
    assert_eq!(held.state, ReservationState::Held);
    inventory.reserve(&cx("h2"), reserve(second, &[("mug", 2)])).await.unwrap();
    assert_eq!(
        inventory.ship(&cx("s1"), ShipStock { reservation: first }).await.unwrap().state,
        ReservationState::Shipped
    );
    let released = inventory.release(&cx("l1"), ReleaseStock { reservation: second }).await.unwrap();
    assert_eq!(released.state, ReservationState::Released);
    let level = inventory.stock(&cx("q"), StockQuery { sku: "mug".parse().unwrap() }).await.unwrap();
    assert_eq!((level.on_hand, level.reserved, level.available), (2, 0, 2));
}

async fn refusals_are_typed(inventory: &dyn Inventory) {
    let id = ReservationId::new(&SystemIds);
    let mug = || "mug".parse().unwrap();
    let too_many = inventory.reserve(&cx("x1"), reserve(id, &[("mug", 3)])).await.unwrap_err();
    assert_eq!(too_many, CallError::Refused(InventoryRefusal::OutOfStock { sku: mug(), available: 2 }));
    let never = inventory.stock(&cx("q"), StockQuery { sku: "nil".parse().unwrap() }).await.unwrap_err();
    assert_eq!(never, CallError::Refused(InventoryRefusal::NeverReceived { sku: "nil".parse().unwrap() }));
    let none = inventory.reserve(&cx("x2"), reserve(id, &[])).await.unwrap_err();
    assert_eq!(none, CallError::Refused(InventoryRefusal::WrongNumberOfLines { lines: 0 }));
    let unknown = inventory.ship(&cx("x3"), ShipStock { reservation: id }).await.unwrap_err();
    assert_eq!(unknown, CallError::Refused(InventoryRefusal::UnknownReservation { reservation: id }));
    inventory.release(&cx("x4"), ReleaseStock { reservation: id }).await.unwrap();
    let late = inventory.reserve(&cx("x5"), reserve(id, &[("mug", 1)])).await.unwrap_err();
    assert_eq!(
        late,
        CallError::Refused(InventoryRefusal::Released { reservation: id }),
        "released before it was made"
    );
}

async fn failures_mean_the_same(inventory: &dyn Inventory) {
    let reused = inventory.receive(&cx("r1"), receive("mug", 6)).await;
    assert_eq!(kind(reused), (false, CauseKind::KeyReused));
    let keyless = CallContext::new("ordering", SystemIds.uuid());
    assert_eq!(kind(inventory.receive(&keyless, receive("mug", 1)).await), (false, CauseKind::BadRequest));
    let stranger = CallContext::new("catalog", SystemIds.uuid()).with_key("k".parse().unwrap());
    assert_eq!(kind(inventory.receive(&stranger, receive("mug", 1)).await), (false, CauseKind::Denied));
    let late = cx("r2").within(Duration::ZERO);
    assert_eq!(kind(inventory.receive(&late, receive("mug", 1)).await), (false, CauseKind::Expired));
    let same_key_of_another_caller =
        CallContext::new("edge", SystemIds.uuid()).with_key("r1".parse().unwrap());
    let level = inventory.receive(&same_key_of_another_caller, receive("mug", 1)).await.unwrap();
    assert_eq!(level.on_hand, 3, "a key is its caller's own");
}

async fn a_deadline_is_kept_and_a_command_is_not_cut_in_half(inventory: &dyn Inventory, data: &Data) {
    let held = data.hold(&inventory_infra::SPEC, "items").await;
    let within = |millis| cx("d1").within(Duration::from_millis(millis));
    assert_eq!(kind(inventory.receive(&within(200), receive("jug", 2)).await), (true, CauseKind::Expired));
    let again = kind(inventory.receive(&within(1_000), receive("jug", 2)).await);
    assert_eq!(again, (false, CauseKind::InProgress), "the first has not ended");
    held.give_back().await;
    let level = inventory.receive(&cx("d1"), receive("jug", 2)).await.unwrap();
    assert_eq!(level.on_hand, 2, "received once");
}
