//! The shop is killed between every two of its durable steps, and survives each.
//!
//! `points.rs` names them all; each is really passed by the story, or its test fails. The binary that tests start has
//! them, by a feature that nothing that ships turns on: see `kit/runtime/src/crash.rs`.

use std::{
    os::unix::process::ExitStatusExt as _,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::join_all, stream};
use outgrow_testkit::until_async;

use crate::{
    books::Books,
    measured::{Measured, patience},
    oracle::{Ran, holds},
    points::{OVER_RABBITMQ, POINTS, Points},
    story::Story,
    system::{SOON, System, order},
};

/// How many shops are killed side by side: they mostly wait.
const AT_ONCE: usize = 8;

/// The same of shops in several processes: a PostgreSQL as it comes has room for a hundred connections, a RabbitMQ for a
/// thousand files.
const APART: usize = 2;

/// Where a module is, as its neighbours reach it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Local,
    Grpc,
    Rabbitmq,
}

const PLACES: [Place; 3] = [Place::Local, Place::Grpc, Place::Rabbitmq];

fn all(points: Points) -> Vec<(&'static str, &'static str)> {
    points.iter().flat_map(|(victim, names)| names.iter().map(move |name| (*victim, *name))).collect()
}

/// Where events have arrived, and whoever has sent them dies before that is kept.
const DELIVERED: [&str; 2] = ["relay.delivered", "courier.published"];

/// What came of one death.
struct Survived {
    orders: usize,
    again: usize,
    took: Duration,
}

/// Plays the story at a shop whose `victim` dies at this point, is started again, and goes on.
async fn killed_at(mut shop: System, victim: &str, point: &str) -> Survived {
    let services: Vec<_> = shop.grpc.keys().cloned().collect();
    let victim = if services.iter().any(|service| service == victim) { victim } else { "main" };
    shop.crash_at(victim, Some(point));
    for service in services.iter().map(String::as_str).filter(|service| *service != "main").chain(["main"]) {
        shop.start(service);
    }
    shop.ready().await;
    let (story, books) = (Story::at(&shop).await, Books::open(&shop.data).await);
    let revived = async {
        until_async(&format!("{point} is passed"), SOON, async || !shop.process(victim).is_running()).await;
        assert_eq!(shop.process(victim).exit(SOON).signal(), Some(9), "{point}");
        let again = if DELIVERED.contains(&point) {
            let again = async || Some(books.delivered_again().await).filter(|again| *again > 0);
            until_async("what is not settled was delivered", SOON, again).await
        } else {
            0
        };
        shop.crash_at(victim, None);
        shop.start(victim);
        (again, Instant::now())
    };
    let (ran, (again, since)) = tokio::join!(story.play(), revived);
    holds(&shop, &ran).await;
    let took = since.elapsed();
    println!("{point}: all was well {took:?} after the restart");
    Survived { orders: ran.accepted.len(), again, took }
}

/// Who dies where, in which shop.
#[derive(Debug)]
struct Death {
    victim: &'static str,
    point: &'static str,
    /// Whether it is on PostgreSQL, and where payments and notifications are.
    at: (bool, Place, Place),
}

/// Every point on both engines with every pair of places; in an order of which each part has some of everything.
fn product() -> Vec<Death> {
    let mut all = Vec::new();
    for on_postgres in [false, true] {
        for payments in PLACES {
            for notifications in PLACES {
                let over_rabbitmq = if notifications == Place::Rabbitmq { OVER_RABBITMQ } else { &[] };
                for (victim, point) in self::all(POINTS).into_iter().chain(self::all(over_rabbitmq)) {
                    all.push(Death { victim, point, at: (on_postgres, payments, notifications) });
                }
            }
        }
    }
    // By their number in the golden ratio: any so many that follow each other lie evenly among all.
    let mut numbered: Vec<_> = (0_u32..).map(|number| number.wrapping_mul(0x9e37_79b9)).zip(all).collect();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, death)| death).collect()
}

/// Kills a new shop at each of these points.
async fn killed_at_each<F>(at_once: usize, points: Vec<(&str, &str)>, shop: impl Fn(usize) -> F) -> Measured
where
    F: Future<Output = System>,
{
    let shops = points.into_iter().enumerate().map(|(number, (victim, point))| {
        let shop = shop(number);
        async move { killed_at(shop.await, victim, point).await }
    });
    let mut measured = Measured::default();
    for Survived { orders, again, took } in
        stream::iter(shops).buffer_unordered(at_once).collect::<Vec<_>>().await
    {
        measured.run(orders, took);
        measured.duplicates += again;
    }
    measured
}

/// A shop whose payments and notifications are there. Nothing runs yet.
async fn shop(on_postgres: bool, payments: Place, notifications: Place) -> System {
    let modules: [(&str, &[&str], Place); 2] =
        [("money", &["payments"], payments), ("mail", &["notifications"], notifications)];
    let apart: Vec<_> = modules.iter().filter(|(_, _, place)| *place != Place::Local).collect();
    let services: Vec<(&str, &[&str])> = apart.iter().map(|(name, hosts, _)| (*name, *hosts)).collect();
    let mut shop = if on_postgres {
        System::split_on_postgres(&services, "").await
    } else {
        System::split(&services, "")
    };
    if apart.iter().any(|(_, _, place)| *place == Place::Rabbitmq) {
        shop.reach_over_rabbitmq();
    }
    for (name, ..) in apart.iter().filter(|(_, _, place)| *place == Place::Grpc) {
        shop.reach_over_grpc(name);
    }
    if on_postgres {
        shop.migrate();
    }
    shop
}

#[tokio::test]
async fn killed_between_any_two_steps_a_shop_goes_on_as_if_nothing_had_happened() {
    killed_at_each(AT_ONCE, all(POINTS), |_| shop(false, Place::Local, Place::Local)).await;
}

/// Every fifth point once, and thereby all pairs of places; with time, every point on both engines with every pair.
#[tokio::test]
#[ignore = "needs PostgreSQL and RabbitMQ: cargo xtask test"]
async fn on_postgresql_and_apart_it_goes_on_as_well() {
    let Some(patience) = patience() else {
        let every_fifth = all(POINTS).into_iter().step_by(5).collect();
        let apart = |number: usize| shop(true, PLACES[number % 3], PLACES[number / 3 % 3]);
        killed_at_each(1, every_fifth, apart).await;
        return;
    };
    let all = product();
    let (begun, mut measured) = (Instant::now(), Measured::default());
    let deaths = |on_postgres: bool, at_once: usize| {
        let deaths = all.iter().filter(move |death| death.at.0 == on_postgres);
        let shops = deaths.take_while(move |_| begun.elapsed() < patience).map(|death| async move {
            let (on_postgres, payments, notifications) = death.at;
            println!("{death:?}");
            killed_at(shop(on_postgres, payments, notifications).await, death.victim, death.point).await
        });
        stream::iter(shops).buffer_unordered(at_once)
    };
    let mut survived = stream::select(deaths(false, APART), deaths(true, APART));
    while let Some(Survived { orders, again, took }) = survived.next().await {
        measured.run(orders, took);
        measured.duplicates += again;
    }
    measured.note = format!("{} of {} points, engines and places", measured.runs, all.len());
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn what_was_delivered_and_not_settled_is_delivered_again_and_has_its_effect_once() {
    let points = vec![("main", "relay.delivered"), ("main", "courier.published"), ("mail", "inbox.accepted")];
    let measured = killed_at_each(3, points, |_| shop(false, Place::Local, Place::Rabbitmq)).await;
    assert!(measured.duplicates > 0);
}

#[tokio::test]
async fn one_key_asked_for_fifty_times_at_once_places_one_order_though_the_shop_dies_meanwhile() {
    for point in ["saga.began.uncommitted", "saga.began.committed"] {
        let mut shop = System::split(&[], "");
        shop.crash_at("main", Some(point));
        shop.start("main");
        shop.ready().await;
        shop.sell("mug", 1250, 500).await;
        let http = shop.http();
        let ask = async || {
            let placed = http.post("/v1/orders").header("Idempotency-Key", "once").json(&order("mug", 1));
            placed.send().await.ok().filter(|reply| reply.status == 201)
        };
        let asked = (0..50).map(|_| until_async("it is answered", SOON, &ask));
        let revived = async {
            until_async(point, SOON, async || !shop.process("main").is_running()).await;
            shop.crash_at("main", None);
            shop.start("main");
        };
        let (answers, ()) = tokio::join!(join_all(asked), revived);
        let mut bodies: Vec<_> = answers.into_iter().map(|reply| reply.body).collect();
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{point}: every answer is the same byte for byte");
        let orders = shop.get("/v1/orders?customer=ada").await.json();
        assert_eq!(orders["items"].as_array().unwrap().len(), 1, "{point}");
        let id = orders["items"][0]["id"].as_str().unwrap().to_owned();
        holds(&shop, &Ran::new("mug", 500).accepted(&[id])).await;
    }
}
