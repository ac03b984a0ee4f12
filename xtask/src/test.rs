//! `cargo xtask test`: everything that must hold before a change goes in.
//!
//! Every step runs, whatever became of the others, so one run shows all there is to mend. The services that some tests
//! need are found, started or installed first: see `services`.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;

use crate::{
    services::{self, Install},
    step::{Outcome, Step},
    tally::{Count, Tally},
};

/// In the order in which they run: what is quick to mend comes first.
const STEPS: [Step; 7] = [
    Step::check("fmt", "fmt --all --check"),
    Step::check("clippy", "clippy --workspace --all-targets -- -D warnings"),
    Step::check("build", "build --bin shop"),
    Step::tests("unit", "test --workspace --no-fail-fast --lib --bins"),
    Step::tests("integration", "test --workspace --no-fail-fast --test * -- --include-ignored"),
    Step::tests("doc", "test --workspace --no-fail-fast --doc"),
    Step::check("rustdoc", r#"doc --workspace --no-deps --config build.rustdocflags=["-D","warnings"]"#),
];

/// Check everything: formatting, lints, build, unit, integration and doc tests, documentation.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test --only fmt,clippy")]
pub(crate) struct Args {
    /// Run only these steps.
    #[arg(long, value_delimiter = ',', value_name = "STEP,…", value_parser = PossibleValuesParser::new(STEPS.map(|step| step.name)))]
    only: Vec<String>,
    /// Install nothing: fail if a service is neither running nor installed.
    #[arg(long)]
    no_install: bool,
}

/// Runs the steps and says what became of them. The last line counts failed tests and other failed steps alike.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let wanted = |step: &&Step| args.only.is_empty() || args.only.iter().any(|name| name == step.name);
    let wanted: Vec<_> = STEPS.iter().filter(wanted).collect();
    let install = if args.no_install { Install::Forbidden } else { Install::Allowed };
    let needed = wanted.iter().any(|step| step.needs_services());
    let services = if needed { services::find(install)? } else { Vec::new() };
    let outcomes = wanted.iter().map(|step| step.run(&services)).collect::<anyhow::Result<Vec<_>>>()?;
    println!("\n{}", summary(&outcomes));
    let well = outcomes.iter().all(|outcome| outcome.problem().is_none());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A table, the names of the failed tests, and the verdict alone on the last line.
fn summary(outcomes: &[Outcome]) -> String {
    let mut lines = vec![format!(
        "{:<14} {:<12} {:>7} {:>7} {:>8} {:>8}",
        "step", "outcome", "passed", "failed", "ignored", "seconds"
    )];
    for outcome in outcomes {
        let verdict = outcome.problem().unwrap_or("ok");
        let counts = outcome.tally.as_ref().map_or_else(|| " ".repeat(24), |tally| columns(tally.total()));
        lines.push(format!(
            "{:<14} {verdict:<12} {counts} {:>8.1}",
            outcome.name,
            outcome.took.as_secs_f64()
        ));
        let areas = outcome.tally.iter().flat_map(Tally::areas);
        lines.extend(areas.map(|(area, count)| format!("  {area:<25} {}", columns(count))));
    }
    let failures = outcomes.iter().filter_map(|outcome| outcome.tally.as_ref()).flat_map(Tally::failures);
    lines.extend(failures.map(|test| format!("failed: {test}")));

    let total = outcomes
        .iter()
        .filter_map(|it| it.tally.as_ref())
        .map(Tally::total)
        .fold(Count::default(), Count::plus);
    let other = outcomes.iter().filter(|it| it.problem().is_some() && failed_tests(it) == 0).count();
    let failed = total.failed + u64::try_from(other).unwrap_or(u64::MAX);
    lines.extend([String::new(), format!("{} passed, {failed} failed", total.passed)]);
    lines.join("\n")
}

fn columns(count: Count) -> String {
    format!("{:>7} {:>7} {:>8}", count.passed, count.failed, count.ignored)
}

fn failed_tests(outcome: &Outcome) -> u64 {
    outcome.tally.as_ref().map_or(0, |tally| tally.total().failed)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn outcome(name: &'static str, success: bool, output: Option<&str>) -> Outcome {
        let tally = output.map(|output| {
            let mut tally = Tally::default();
            output.lines().for_each(|line| tally.read(line));
            tally
        });
        Outcome { name, success, tally, took: Duration::from_millis(1_250) }
    }

    #[test]
    fn the_summary_shows_what_ran_and_ends_with_the_verdict() {
        let summary = summary(&[
            outcome("fmt", true, None),
            outcome("clippy", false, None),
            outcome("unit", true, Some("test result: ok. 5 passed; 0 failed; 0 ignored")),
            outcome(
                "integration",
                false,
                Some(
                    "Running tests/edge.rs (x)\ntest a::b ... FAILED\ntest result: FAILED. 7 passed; 1 failed; 2 ignored",
                ),
            ),
        ]);
        assert_eq!(
            summary.lines().collect::<Vec<_>>(),
            [
                "step           outcome       passed  failed  ignored  seconds",
                "fmt            ok                                         1.2",
                "clippy         failed                                     1.2",
                "unit           ok                 5       0        0      1.2",
                "integration    failed             7       1        2      1.2",
                "  edge                            7       1        2",
                "failed: a::b",
                "",
                "12 passed, 2 failed",
            ]
        );
    }

    #[test]
    fn a_step_that_found_no_test_counts_as_failed() {
        assert!(summary(&[outcome("doc", true, Some(""))]).ends_with("\n0 passed, 1 failed"));
    }
}
