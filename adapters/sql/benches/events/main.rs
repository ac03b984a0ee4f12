//! Events in homes: what it costs to publish one, to be told one, and to have very many.
//!
//! `events turns` compares, on SQLite and on PostgreSQL: a transaction that publishes with the same one that does not;
//! events that come through the inbox with a consumer that does the same for each and keeps no mark of it. It also says
//! how long it takes from a commit to who listens, in one process. `events backlog EVENTS` asks for what is
//! due where that many events wait, and where a thousand do. PostgreSQL is at `OUTGROW_TEST_POSTGRES`.
//!
//! One line a row, for `cargo xtask bench`: its name, the figure, the bare one, and the median of their ratios.
#![expect(clippy::print_stdout, reason = "its figures are what it is for")]
#![expect(clippy::float_arithmetic, reason = "per second is a quotient")]

mod arrival;
mod backlog;
mod inbox;
mod outbox;
mod shelf;

use std::env;

use outgrow_testkit::contest::{Contest, Contestants, Failure, Row, in_turns, one_thread};

use shelf::{Engine, Place};

/// How often each order of the three is run.
const LAPS: usize = 3;

fn main() -> Result<(), Failure> {
    // Cargo itself adds a `--bench`.
    let args: Vec<String> = env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let rows = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["turns"] => one_thread()?.block_on(turns())?,
        ["backlog", events] => one_thread()?.block_on(backlog::measure(events.parse()?))?.into(),
        _ => {
            println!("events turns | events backlog EVENTS; `cargo xtask bench` runs both");
            return Ok(());
        }
    };
    for row in rows {
        println!("{row}");
    }
    Ok(())
}

async fn turns() -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let name = |what: &str| format!("{} {what}", engine.name());
        let places = [Place::new(engine).await?, Place::new(engine).await?, Place::new(engine).await?];
        let [bare, candidate, again] = &places;
        let writers = Contestants {
            bare: outbox::Writer::silent(bare),
            candidate: outbox::Writer::telling(candidate),
            again: outbox::Writer::silent(again),
        };
        rows.extend(writers.compete(&name("outbox"), Contest::Latency { calls: 100 }, LAPS).await?);
        let listener = inbox::Listener::of(candidate);
        let rounds = in_turns(LAPS, async |who| match who {
            0 => inbox::bare(bare).await,
            1 => listener.handle().await,
            _ => inbox::bare(again).await,
        });
        rows.extend(Row::both(&name("inbox"), &rounds.await?));
        rows.push(Row::alone(name("arrival"), arrival::measure(&Place::new(engine).await?).await?));
    }
    Ok(rows)
}
