//! Who takes turns with whom, and how they compare.
#![expect(clippy::float_arithmetic, reason = "comparing is dividing")]

use std::{
    fmt,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{Client, Failure};

/// Every order of three: nobody always comes first, or always after the same.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [2, 0, 1], [1, 0, 2]];

/// How often each order is run in one contest.
const ROUNDS: usize = 9;

/// What each contestant does in a round: so many calls one after the other, or so many by each of so many callers.
const SEQUENTIAL: u64 = 1_000;
const CALLERS: u64 = 64;
const CALLS_EACH: u64 = 60;

/// What is compared.
#[derive(Clone, Copy)]
pub(crate) enum Contest {
    /// The median of sequential calls, in microseconds.
    Latency,
    /// Calls per second of many callers.
    Throughput,
}

/// Those who are compared with the bare one: the port, and the control.
pub(crate) struct Contestants<B, P> {
    pub(crate) bare: B,
    pub(crate) port: P,
    pub(crate) again: B,
}

/// How one of them compares with the bare one.
pub(crate) struct Row {
    name: String,
    figure: f64,
    bare: f64,
    ratio: f64,
}

impl<B: Client, P: Client> Contestants<B, P> {
    /// All rounds, after one of each order that does not count.
    pub(crate) async fn compete(&self, contest: Contest) -> Result<[Row; 2], Failure> {
        let mut rounds = Vec::new();
        for (round, order) in (0..=ROUNDS).flat_map(|round| ORDERS.map(|order| (round, order))) {
            let mut scores = [0.0; 3];
            for turn in order {
                match turn {
                    0 => scores[0] = contest.score(&self.bare).await?,
                    1 => scores[1] = contest.score(&self.port).await?,
                    _ => scores[2] = contest.score(&self.again).await?,
                }
            }
            if round > 0 {
                rounds.push(scores);
            }
        }
        let all = |of: fn(&[f64; 3]) -> f64| median(rounds.iter().map(of).collect());
        let row = |who: &str, figure, ratio| Row {
            name: format!("{contest} {who}"),
            figure: all(figure),
            bare: all(|[bare, ..]| *bare),
            ratio: all(ratio),
        };
        Ok([
            row("control", |[.., again]| *again, |[bare, _, again]| again / bare),
            row("port", |[_, port, _]| *port, |[bare, port, _]| port / bare),
        ])
    }
}

impl Contest {
    async fn score<C: Client>(self, client: &C) -> Result<f64, Failure> {
        match self {
            Self::Latency => latency(client).await,
            Self::Throughput => throughput(client).await,
        }
    }
}

async fn latency<C: Client>(client: &C) -> Result<f64, Failure> {
    let mut micros = Vec::new();
    for nth in 0..SEQUENTIAL {
        let begun = Instant::now();
        client.quote(nth).await?;
        micros.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(micros))
}

async fn throughput<C: Client>(client: &C) -> Result<f64, Failure> {
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let client = client.clone();
        callers.spawn(async move {
            for nth in 0..CALLS_EACH {
                client.quote(caller * CALLS_EACH + nth).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    Ok(per_second(CALLERS * CALLS_EACH, begun.elapsed()))
}

fn per_second(calls: u64, took: Duration) -> f64 {
    u32::try_from(calls).map_or(f64::INFINITY, f64::from) / took.as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

impl fmt::Display for Contest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Latency => "latency",
            Self::Throughput => "throughput",
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, figure, bare, ratio } = self;
        write!(f, "{name}\t{figure}\t{bare}\t{ratio}")
    }
}
