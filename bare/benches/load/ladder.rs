//! The same orders in one process, in two over gRPC, and in two over RabbitMQ, on PostgreSQL; and in one on SQLite.
//!
//! In the split ones catalog, inventory and payments are the other process, so an order makes five calls to it: one for
//! its prices, before it is answered, and one for each step of its fulfilment but the last.
#![expect(clippy::float_arithmetic, reason = "comparing is dividing")]

use std::{env, process, time::Duration};

use outgrow_testkit::contest::{Client, Contest, Crowd, Failure, Row, crowd, in_turns, median, quantile};

use crate::{
    client::{Awaited, Orders, Watched},
    system::{Engine, Split, System},
};

/// How often each order of the three is run.
const LAPS: usize = 3;

const CALLERS: u64 = 16;
const EACH: u64 = 15;

/// How often they come alone on SQLite.
const ROUNDS: usize = 7;

/// Orders that come one after the other.
const ALONE: Contest = Contest::Latency { calls: 20 };

/// What one of them did in a turn.
#[derive(Default)]
struct Turn {
    crowd: Crowd,
    processor_time: Duration,
}

pub(crate) async fn measure(shop: &str) -> Result<Vec<Row>, Failure> {
    let broker = env::var("OUTGROW_TEST_RABBITMQ");
    let broker = broker.unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned());
    let over_rabbitmq = Split::RabbitMq { broker, prefix: format!("bench-{}", process::id()) };
    let systems = [
        System::shop(shop, Engine::Postgres, Split::Not).await?,
        System::shop(shop, Engine::Postgres, Split::Grpc).await?,
        System::shop(shop, Engine::Postgres, over_rabbitmq).await?,
    ];
    let mut rows = on_sqlite(shop).await?;
    for (name, rounds) in [
        ("order", alone(&systems, |system| Watched(system.http.clone())).await?),
        ("awaited", alone(&systems, |system| Awaited(system.http.clone())).await?),
    ] {
        let of = |who: usize| rounds.iter().filter_map(move |round| round.get(who).copied());
        rows.push(Row::alone(format!("one {name}"), median(of(0).collect())));
        for (who, carrier) in [(1, "grpc"), (2, "rabbitmq")] {
            let ratios = of(who).zip(of(0)).map(|(split, one)| split / one).collect();
            let (split, one) = (median(of(who).collect()), median(of(0).collect()));
            rows.push(Row::new(format!("{carrier} {name}"), split, one, median(ratios)));
        }
    }
    let [one, grpc, rabbitmq] = systems.each_ref().map(|system| (system, Orders::of(&system.http)));
    let rounds = in_turns(LAPS, async |who| {
        let (system, orders) = match who {
            0 => &one,
            1 => &grpc,
            _ => &rabbitmq,
        };
        let before = system.processor_time()?;
        let crowd = crowd(orders, CALLERS, EACH).await?;
        Ok(Turn { crowd, processor_time: system.processor_time()?.saturating_sub(before) })
    });
    let rounds = rounds.await?;
    let [one, grpc, rabbitmq] =
        [0, 1, 2].map(|who| Course(rounds.iter().filter_map(|round| round.get(who)).collect()));
    rows.extend([grpc.beside(&one, "grpc"), rabbitmq.beside(&one, "rabbitmq")].concat());
    Ok(rows)
}

/// What one order at a time takes as the shop comes: one process, on SQLite.
async fn on_sqlite(shop: &str) -> Result<Vec<Row>, Failure> {
    let system = System::shop(shop, Engine::Sqlite, Split::Not).await?;
    let (watched, awaited) = (Watched(system.http.clone()), Awaited(system.http.clone()));
    let (mut orders, mut outcomes) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        orders.push(ALONE.score(&watched).await?);
        outcomes.push(ALONE.score(&awaited).await?);
    }
    Ok(vec![Row::alone("sqlite order", median(orders)), Row::alone("sqlite awaited", median(outcomes))])
}

/// What one order at a time takes in each of them, in each round.
async fn alone<C: Client>(systems: &[System; 3], client: fn(&System) -> C) -> Result<Vec<[f64; 3]>, Failure> {
    let [one, grpc, rabbitmq] = systems.each_ref().map(client);
    let turn = async |who| match who {
        0 => ALONE.score(&one).await,
        1 => ALONE.score(&grpc).await,
        _ => ALONE.score(&rabbitmq).await,
    };
    in_turns(1, turn).await
}

/// All turns of one of them.
struct Course<'a>(Vec<&'a Turn>);

impl Course<'_> {
    /// How it compares with one process: throughput within rounds, the rest over all of them.
    fn beside(&self, one: &Self, name: &str) -> [Row; 4] {
        let ratios = self.throughput().zip(one.throughput()).map(|(split, one)| split / one).collect();
        let (split, alone) = (median(self.throughput().collect()), median(one.throughput().collect()));
        let row =
            |what: &str, figure: f64, one: f64| Row::new(format!("{name} {what}"), figure, one, figure / one);
        [
            Row::new(format!("{name} throughput"), split, alone, median(ratios)),
            row("p50", self.latency(0.5), one.latency(0.5)),
            row("p99", self.latency(0.99), one.latency(0.99)),
            row("processor time", self.processor_time(), one.processor_time()),
        ]
    }

    fn throughput(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|turn| turn.crowd.per_second())
    }

    fn latency(&self, share: f64) -> f64 {
        quantile(self.0.iter().flat_map(|turn| turn.crowd.micros.clone()).collect(), share)
    }

    /// An order's, in microseconds.
    fn processor_time(&self) -> f64 {
        let orders: f64 = self.0.iter().flat_map(|turn| &turn.crowd.micros).map(|_| 1.0).sum();
        let total: Duration = self.0.iter().map(|turn| turn.processor_time).sum();
        total.as_secs_f64() * 1e6 / orders
    }
}
