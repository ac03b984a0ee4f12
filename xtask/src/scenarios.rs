//! `cargo xtask scenarios`: what the whole must survive, row by row of `docs/scenarios.md`, for as long as it is given.
//!
//! Each row is a test that continuous integration runs, too, only shorter: here it goes on for its share of the time,
//! and what it measured is collected in a table. A row that fails is shown as such, and so is the way to run it alone.

use std::{
    path::Path,
    process::{ExitCode, Stdio},
    time::Instant,
};

use anyhow::Context as _;

use crate::{
    cargo::cargo,
    services::{self, Install, Service},
};

/// Play the scenarios: crashes, outages, repetitions and poison under load, each judged by the oracle.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  cargo xtask scenarios\n  cargo xtask scenarios --minutes 60 --only 2,32"
)]
pub(crate) struct Args {
    /// How long all of them may take together, about; a row that has begun is played to its end.
    #[arg(long, default_value_t = 20)]
    minutes: u64,
    /// Play only these rows.
    #[arg(long, value_delimiter = ',', value_name = "ROW,…")]
    only: Vec<u32>,
    /// Build as for production: then a hundred orders arrive in a second instead of twenty.
    #[arg(long)]
    release: bool,
    /// Install nothing: fail if a service is neither running nor installed.
    #[arg(long)]
    no_install: bool,
}

/// A row: its number, its fault, whose tests show it, and which.
struct Row(u32, &'static str, &'static str, &'static str);

const SHOP: &str = "-p shop --test shop";

const ROWS: &[Row] = &[
    Row(
        1,
        "a service killed at random",
        SHOP,
        "scenarios::a_service_that_is_killed_at_random_is_missed_by_nobody",
    ),
    Row(2, "killed between any two steps", SHOP, "crash_points::on_postgresql_and_apart_it_goes_on_as_well"),
    Row(
        3,
        "killed between delivery and its settling",
        SHOP,
        "crash_points::what_was_delivered_and_not_settled_is_delivered_again_and_has_its_effect_once",
    ),
    Row(
        4,
        "the broker stopped and started",
        SHOP,
        "broker_away::a_broker_that_is_stopped_and_started_under_load_delays_events_and_no_order",
    ),
    Row(
        5,
        "the broker down for a minute",
        SHOP,
        "broker_away::while_the_broker_is_down_orders_are_taken_and_their_events_told_faster_than_they_piled_up",
    ),
    Row(
        7,
        "repeated and backwards",
        SHOP,
        "scenarios::events_that_come_many_times_and_backwards_have_their_effect_once",
    ),
    Row(
        7,
        "the same on PostgreSQL",
        SHOP,
        "scenarios::on_postgresql_events_that_come_many_times_and_backwards_have_their_effect_once",
    ),
    Row(8, "poison", SHOP, "poison::poison_among_the_events_is_parked_and_the_others_are_not_concerned"),
    Row(
        9,
        "the queue comes and goes",
        "-p adapter-rabbitmq --test rabbitmq",
        "events::while_its_queue_comes_and_goes_nothing_is_settled_that_the_queue_never_had",
    ),
    Row(
        13,
        "callers leave at random",
        "-p adapter-sql --test sql",
        "ten_thousand_who_leave_at_random_moments_leave_nothing_behind",
    ),
    Row(
        28,
        "a compensation fails, its process dies",
        SHOP,
        "scenarios::a_compensation_that_fails_and_whose_process_dies_is_done_in_the_end",
    ),
    Row(
        31,
        "one key 50 times, a crash in between",
        SHOP,
        "crash_points::one_key_asked_for_fifty_times_at_once_places_one_order_though_the_shop_dies_meanwhile",
    ),
    Row(
        32,
        "two of one service, one frozen",
        SHOP,
        "scenarios::on_postgresql_two_of_one_service_share_its_work_though_one_stands_still_at_times",
    ),
];

/// What a row has measured itself: runs, messages delivered again, orders judged, the slowest recovery in seconds, and
/// what else there is to know.
type Measured = Option<[String; 5]>;

struct Outcome {
    well: bool,
    measured: Measured,
    seconds: f64,
}

/// Plays the rows and shows the table. The last line is the verdict.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let wanted = |row: &&Row| args.only.is_empty() || args.only.contains(&row.0);
    let rows: Vec<_> = ROWS.iter().filter(wanted).collect();
    anyhow::ensure!(!rows.is_empty(), "there are no such rows");
    let install = if args.no_install { Install::Forbidden } else { Install::Allowed };
    let services = services::find(install)?;
    let seconds = args.minutes * 60 / u64::try_from(rows.len())?;
    let outcomes = rows
        .iter()
        .map(|row| play(row, seconds, args.release, &services))
        .collect::<anyhow::Result<Vec<_>>>()?;
    println!("\n{}", table(&rows, &outcomes));
    let failed = outcomes.iter().filter(|outcome| !outcome.well).count();
    println!("\n{} survived, {failed} failed", outcomes.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn play(
    Row(number, fault, target, test): &Row,
    seconds: u64,
    release: bool,
    services: &[Service],
) -> anyhow::Result<Outcome> {
    println!("--- {number}: {fault}: cargo test {target} -- --include-ignored {test}");
    let begun = Instant::now();
    let mut command = cargo();
    command.arg("test").args(release.then_some("--release")).args(target.split(' ')).args([
        "--",
        "--include-ignored",
        "--nocapture",
        test,
    ]);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    command.env("OUTGROW_SCENARIO_SECONDS", seconds.to_string());
    command.envs(services.iter().map(|service| (service.variable, &service.url)));
    let output = command.stderr(Stdio::inherit()).output().context("cargo could not be run")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let ran = !said.contains("\nrunning 0 tests\n") || said.contains("\nrunning 1 test");
    let well = output.status.success() && ran;
    if !well {
        println!("{said}");
    }
    Ok(Outcome { well, measured: measured(&said), seconds: begun.elapsed().as_secs_f64() })
}

/// The line in which a row says what it measured.
fn measured(said: &str) -> Measured {
    let line = said.lines().rev().find_map(|line| Some(line.split_once("measured ")?.1))?;
    let words: Vec<_> = line.splitn(5, ' ').map(str::to_owned).collect();
    words.try_into().ok()
}

fn table(rows: &[&Row], outcomes: &[Outcome]) -> String {
    let head = [
        "row",
        "fault",
        "runs",
        "delivered again",
        "orders judged",
        "slowest recovery",
        "seconds",
        "verdict",
        "",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    for (Row(number, fault, ..), Outcome { well, measured, seconds }) in rows.iter().zip(outcomes) {
        let [runs, again, orders, slowest, note] =
            measured.clone().unwrap_or(["1", "-", "-", "-", ""].map(str::to_owned));
        let verdict = if *well { "survived" } else { "failed" };
        let (row, fault) = (number.to_string(), (*fault).to_owned());
        let seconds = format!("{seconds:.0}");
        lines.push([row, fault, runs, again, orders, slowest, seconds, verdict.to_owned(), note]);
    }
    let widths: Vec<_> = (0..head.len())
        .map(|column| lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0))
        .collect();
    let padded = |line: &[String; 9]| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(padded).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_shown_with_what_it_measured_and_its_verdict() {
        let row = Row(3, "a fault", SHOP, "test");
        let outcome = |well, said| Outcome { well, measured: measured(said), seconds: 12.4 };
        let outcomes = [outcome(true, "test a ... measured 2 7 14 6.5 p99 is 3 ms\nok"), outcome(false, "")];
        assert_eq!(
            table(&[&row, &row], &outcomes).lines().collect::<Vec<_>>(),
            [
                "row  fault    runs  delivered again  orders judged  slowest recovery  seconds  verdict",
                "3    a fault  2     7                14             6.5               12       survived  p99 is 3 ms",
                "3    a fault  1     -                -              -                 12       failed",
            ]
        );
    }
}
