//! Waiting for the outcome of an order, told the same by the port's own trait on every placement and both engines.
//! Nobody carries orders on here: they stay placed until they are cancelled, in the process that Ordering is in.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use adapter_grpc::{GrpcAddress, GrpcTransport};
use adapter_rabbitmq::RabbitTransport;
use catalog_contract::PublishProduct;
use ordering_contract::{
    CancelOrder, Line, OrderId, OrderQuery, OrderStatus, Ordering, PlaceOrder, Quantity,
};
use outgrow::{
    CallContext, Currency, Dispatch, IdGen as _, Loopback, ModuleSpec, Money, Port as _, Served, SystemIds,
    Transport,
};
use outgrow_runtime::{Access, Door, Policies, Router, Target, router::Route};
use outgrow_testkit::TestDir;
use serde_json::json;
use shop::MODULES;
use tokio::join;

use crate::{data::Data, system::System};

/// Stock is not started: no order gets any further.
const APART: &[(&str, &[&str])] = &[("orders", &["ordering"]), ("stock", &["inventory"])];

const NEEDED: [&ModuleSpec; 4] =
    [&catalog_infra::SPEC, &inventory_infra::SPEC, &ordering_infra::SPEC, &payments_infra::SPEC];

fn policies() -> Policies {
    Policies::new(Access::to(<dyn Ordering>::DESC, MODULES))
}

/// Ordering in this process, with a mug for sale.
async fn here(data: &Data) -> Arc<dyn Ordering> {
    let catalog = catalog_infra::build(data.home(&catalog_infra::SPEC).await);
    let inventory = inventory_infra::build(data.home(&inventory_infra::SPEC).await);
    let payments = payments_infra::build(data.home(&payments_infra::SPEC).await);
    let price = Money { amount: 1250, currency: "EUR".parse::<Currency>().unwrap() };
    let mug =
        PublishProduct { sku: "mug".parse().unwrap(), name: "A mug".to_owned().try_into().unwrap(), price };
    catalog.publish(&cx("mug"), mug).await.unwrap();
    ordering_infra::build(data.home(&ordering_infra::SPEC).await, catalog, inventory, payments)
}

async fn local(data: &Data) {
    let router = Router::new(Some(here(data).await), Route::Local, policies());
    body(&*<dyn Ordering>::via(router)).await;
}

async fn loopback(data: &Data) {
    let door: Arc<dyn Dispatch> = Arc::new(Door::new(Arc::new(Served(here(data).await)), policies()));
    remote(Arc::new(Loopback(door))).await;
}

async fn grpc_in_another_process(mut shop: System) {
    begin(&mut shop).await;
    let address: GrpcAddress = format!("grpc://{}", shop.grpc["orders"]).parse().unwrap();
    remote(Arc::new(GrpcTransport::connect(&address))).await;
}

async fn rabbitmq_to_another_process(mut shop: System) {
    let broker = shop.reach_over_rabbitmq();
    begin(&mut shop).await;
    remote(Arc::new(RabbitTransport::connect(&broker))).await;
}

async fn begin(shop: &mut System) {
    for service in ["orders", "main"] {
        shop.start(service);
        shop.serves(service).await;
    }
    let mug = json!({"sku": "mug", "name": "A mug", "price": {"amount": 1250, "currency": "EUR"}});
    assert_eq!(shop.post("/v1/products", &mug).await.status, 201);
}

async fn remote(transport: Arc<dyn Transport>) {
    let target = Target::new("orders", transport);
    let router = Router::new(None, Route::Remote(vec![Arc::clone(&target)]), policies());
    body(&*<dyn Ordering>::via(router)).await;
    assert!(target.figures.snapshot().answered > 5, "it really went there");
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
        super::grpc_in_another_process(System::split(APART, "")).await;
    }

    #[tokio::test]
    #[ignore = "needs RabbitMQ: cargo xtask test"]
    async fn rabbitmq_to_another_process() {
        super::rabbitmq_to_another_process(System::split(APART, "")).await;
    }
}

mod on_postgresql {
    use super::*;

    #[tokio::test]
    #[ignore = "needs PostgreSQL: cargo xtask test"]
    async fn local() {
        super::local(&Data::migrated(&NEEDED).await).await;
    }

    #[tokio::test]
    #[ignore = "needs PostgreSQL: cargo xtask test"]
    async fn loopback() {
        super::loopback(&Data::migrated(&NEEDED).await).await;
    }

    #[tokio::test]
    #[ignore = "needs PostgreSQL: cargo xtask test"]
    async fn grpc_in_another_process() {
        let shop = System::split_on_postgres(APART, "").await;
        shop.migrate();
        super::grpc_in_another_process(shop).await;
    }

    #[tokio::test]
    #[ignore = "needs PostgreSQL and RabbitMQ: cargo xtask test"]
    async fn rabbitmq_to_another_process() {
        let shop = System::split_on_postgres(APART, "").await;
        shop.migrate();
        super::rabbitmq_to_another_process(shop).await;
    }
}

fn cx(key: &str) -> CallContext {
    CallContext::new("edge", SystemIds.uuid()).with_key(key.parse().unwrap())
}

async fn placed(ordering: &dyn Ordering, key: &str) -> OrderId {
    let line = Line { sku: "mug".parse().unwrap(), quantity: Quantity::try_from(1).unwrap() };
    let request = PlaceOrder {
        customer: "ada".parse().unwrap(),
        lines: vec![line],
        payment_token: "tok_ok".parse().unwrap(),
    };
    ordering.place(&cx(key), request).await.unwrap().id
}

/// What is told to every placement, on every engine.
async fn body(ordering: &dyn Ordering) {
    an_order_that_does_not_end_in_time_is_answered_as_it_is(ordering).await;
    an_outcome_is_answered_once_it_is_there(ordering).await;
    the_answer_arrives_before_the_deadline(ordering).await;
}

async fn an_order_that_does_not_end_in_time_is_answered_as_it_is(ordering: &dyn Ordering) {
    let (order, since) = (placed(ordering, "one").await, Instant::now());
    let at_once = ordering.order(&cx("any"), OrderQuery::of(order)).await.unwrap();
    let within = Duration::from_millis(300);
    let later = ordering.order(&cx("any"), OrderQuery::of(order).waiting(within)).await.unwrap();
    assert_eq!((at_once.status, &later), (OrderStatus::Placed, &at_once));
    assert!(since.elapsed() >= within, "{:?}", since.elapsed());
}

async fn an_outcome_is_answered_once_it_is_there(ordering: &dyn Ordering) {
    let (order, since) = (placed(ordering, "two").await, Instant::now());
    let (context, cancelling) = (cx("any"), cx("cancel"));
    let waiting = ordering.order(&context, OrderQuery::of(order).waiting(OrderQuery::LONGEST_WAIT));
    let (outcome, cancelled) = join!(waiting, ordering.cancel(&cancelling, CancelOrder { order }));
    assert_eq!(outcome.unwrap(), cancelled.unwrap());
    assert!(since.elapsed() < Duration::from_secs(4), "it did not wait for its end: {:?}", since.elapsed());
}

async fn the_answer_arrives_before_the_deadline(ordering: &dyn Ordering) {
    let (order, budget) = (placed(ordering, "three").await, Duration::from_secs(1));
    let (short, since) = (cx("any").within(budget), Instant::now());
    let waiting = OrderQuery::of(order).waiting(OrderQuery::LONGEST_WAIT);
    let in_time = ordering.order(&short, waiting).await.unwrap();
    assert_eq!(in_time.status, OrderStatus::Placed);
    assert!(since.elapsed() > budget / 2, "it waited as long as there was time: {:?}", since.elapsed());
}
