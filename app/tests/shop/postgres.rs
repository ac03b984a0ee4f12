//! The shop on PostgreSQL: it waits to be migrated, and the database keeps its modules apart.

use std::sync::Arc;

use adapter_sql::{DataUrl, Homes, migrate};
use outgrow::{SystemClock, SystemIds};
use outgrow_runtime::Tasks;
use outgrow_testkit::{LoopbackAddr, TestDatabase, until_async};
use shop::MODULES;

use crate::{
    data::Data,
    system::{SOON, System, order},
};

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn it_waits_for_migrate_unready_and_saying_so() {
    let mut shop = System::split_on_postgres(&[], "").await;
    shop.start("main");
    let http = shop.http();
    let waiting = until_async("it answers", SOON, async || http.get("/health/ready").send().await.ok()).await;
    assert_eq!(waiting.status, 503);
    let why = waiting.json()["components"][0]["detail"].as_str().unwrap().to_owned();
    assert!(why.contains("catalog lacks") && why.contains("run `shop migrate`"), "{why}");
    assert_eq!(shop.get("/health/live").await.status, 200);
    let early = shop.get("/v1/products").await;
    assert_eq!((early.status.as_u16(), early.header("retry-after")), (503, Some("1")));
    assert_eq!(early.json()["type"], "urn:outgrow:problem:not-executed");
    shop.process("main").line_with("run `shop migrate`", SOON);

    let said = shop.migrate();
    assert!(
        said.contains(
            "inventory: applied kit/0001_answers, kit/0002_events, kit/0003_audience, kit/0004_handled, kit/0005_sagas, kit/0006_parked, inventory/0001_stock"
        ),
        "{said}"
    );
    shop.ready().await;
    shop.sell("mug", 1250, 5).await;
    assert_eq!(shop.migrate().matches("up to date").count(), TABLES.len());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn asked_to_end_while_it_waits_it_ends_well() {
    let mut shop = System::split_on_postgres(&[], "").await;
    shop.start("main");
    shop.process("main").line_with("run `shop migrate`", SOON);
    shop.process("main").terminate();
    assert!(shop.process("main").exit(SOON).success());
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for() {
    let mut shop = System::split(&[], "");
    let nowhere = LoopbackAddr::new().free();
    shop.set("OUTGROW__DATA__URL", &format!("postgres://shop@{nowhere}/shop"));
    shop.start("main");
    let http = shop.http();
    let waiting = until_async("it answers", SOON, async || http.get("/health/ready").send().await.ok()).await;
    assert_eq!(waiting.status, 503, "{}", waiting.text());
    assert!(shop.process("main").is_running());
}

/// A table of each module, as its neighbours would reach for it.
const TABLES: &[(&str, &str)] = &[
    ("catalog", "select count(*) from catalog.products"),
    ("inventory", "select count(*) from inventory.items"),
    ("payments", "select count(*) from payments.payment_records"),
    ("ordering", "select count(*) from ordering.orders"),
    ("notifications", "select count(*) from notifications.messages"),
];

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn every_module_is_refused_in_every_schema_but_its_own() {
    let database = TestDatabase::new().await;
    let url: DataUrl = database.url().parse().unwrap();
    migrate(&url, None, MODULES, &SystemClock).await.unwrap();
    let homes =
        Homes::open(&url, Tasks::default(), Arc::new(SystemClock), Arc::new(SystemIds)).await.unwrap();
    assert_eq!(
        TABLES.iter().map(|(module, _)| *module).collect::<Vec<_>>(),
        MODULES.iter().map(|spec| spec.name).collect::<Vec<_>>()
    );
    for spec in MODULES {
        let db = homes.home(spec).await.unwrap().db();
        for &(module, count) in TABLES {
            let answer = db.query(count).one().await.map(drop).map_err(|error| error.to_string());
            let denied = format!("permission denied for schema {module} (42501)");
            let expected = if module == spec.name { Ok(()) } else { Err(denied) };
            assert_eq!(answer, expected, "{} reaches for {module}", spec.name);
        }
    }
    homes.close().await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn with_a_login_for_each_module_the_database_alone_keeps_them_apart() {
    let mut shop = System::split_on_postgres(&[], "").await;
    let Data::Database(database) = &shop.data else { panic!("it is on PostgreSQL") };
    let logins: Vec<_> =
        MODULES.iter().map(|spec| (spec.name, format!("{}_{}_login", database.name(), spec.name))).collect();
    let mut urls = Vec::new();
    for (module, login) in &logins {
        database.administer(format!("create role {login} login")).await;
        urls.push((format!("OUTGROW__MODULES__{}__URL", module.to_uppercase()), database.url_as(login)));
    }
    for (variable, url) in urls {
        shop.set(&variable, &url);
    }
    shop.migrate();
    shop.start("main");
    shop.ready().await;
    shop.sell("mug", 1250, 5).await;
    let placed = shop.post("/v1/orders", &order("mug", 2)).await.json();
    shop.order_becomes(placed["id"].as_str().unwrap(), "confirmed").await;

    let Data::Database(database) = &shop.data else { panic!("it is on PostgreSQL") };
    let denied = Err("42501".to_owned());
    for (own, login) in &logins {
        for &(module, count) in TABLES {
            let role = format!("set role \"{}_{module}\"", database.name());
            let reach = [
                count.to_owned(),
                format!("delete from {module}.outgrow_answers"),
                format!("create table {module}.mine (id int)"),
                role,
            ];
            for statement in reach {
                let expected = if module == *own { Ok(()) } else { denied.clone() };
                assert_eq!(database.answer(login, &statement).await, expected, "{login}: {statement}");
            }
        }
    }
}
