//! `cargo xtask test`: everything that must hold before a change goes in.
//!
//! Every step runs, whatever became of the others, so one run shows all there is to mend. The services that some tests
//! need are found, started or installed first: see `services`. The tools of other languages that some need are fetched;
//! where that cannot be, those are not run, and listed so: see `tools`.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;

use crate::{
    services::{self, Install},
    step::{Outcome, Step},
    tally::{Count, Tally},
    tools::Tool,
};

/// In the order in which they run: what is quick to mend comes first.
const STEPS: [Step; 12] = [
    Step::check("fmt", "fmt --all --check"),
    Step::check("clippy", "clippy --workspace --all-targets -- -D warnings"),
    Step::check("build", "build --bin shop"),
    Step::tests("unit", "test --workspace --no-fail-fast --lib --bins"),
    Step::tests(
        "integration",
        "test --workspace --no-fail-fast --test * -- --include-ignored --skip with_asyncapi:: --skip with_buf:: --skip with_python:: --skip with_smtp::",
    )
    .with_services(),
    Step::tests("asyncapi", "test --workspace --no-fail-fast --test shop -- --ignored with_asyncapi::")
        .with(Tool::AsyncApi),
    Step::tests(
        "buf",
        "test --workspace --no-fail-fast --test kernel --test shop -- --ignored with_buf::",
    )
    .with(Tool::Buf),
    Step::tests("python", "test --workspace --no-fail-fast --test shop -- --ignored with_python::")
        .with_services()
        .with(Tool::Python),
    Step::tests("smtp", "test --workspace --no-fail-fast --test smtp --test shop -- --ignored with_smtp::")
        .with_services()
        .with(Tool::Smtp),
    Step::tests("doc", "test --workspace --no-fail-fast --doc"),
    Step::check("rustdoc", r#"doc --workspace --no-deps --config build.rustdocflags=["-D","warnings"]"#),
    Step::check("guides", "xtask guides"),
];

/// Check everything: formatting, lints, build, unit, integration and doc tests, foreign tools, documentation, guides.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test --only fmt,clippy")]
pub(crate) struct Args {
    /// Run only these steps.
    #[arg(long, value_delimiter = ',', value_name = "STEP,…", value_parser = PossibleValuesParser::new(STEPS.map(|step| step.name)))]
    only: Vec<String>,
    /// Install nothing: fail if a service is neither running nor installed, and do without tools that are not there.
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
    let outcomes =
        wanted.iter().map(|step| step.run(&services, install)).collect::<anyhow::Result<Vec<_>>>()?;
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
        let verdict = outcome.verdict();
        let counts = outcome.tally.as_ref().map_or_else(|| " ".repeat(24), |tally| columns(tally.total()));
        lines.push(format!(
            "{:<14} {verdict:<12} {counts} {:>8.1}",
            outcome.name,
            outcome.took.as_secs_f64()
        ));
        let areas = outcome.tally.iter().flat_map(Tally::areas);
        lines.extend(areas.map(|(area, count)| format!("  {area:<25} {}", columns(count))));
    }
    let not_run = outcomes.iter().filter_map(|outcome| Some((outcome.name, outcome.not_run.as_ref()?)));
    lines.extend(not_run.map(|(step, why)| format!("not run: {step}: {why}")));
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
        Outcome { name, success, tally, not_run: None, took: Duration::from_millis(1_250) }
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
    #[test]
    fn what_was_not_run_is_listed_with_the_reason_and_fails_nothing() {
        let why = Some("`npm` cannot be run".to_owned());
        let summary = summary(&[
            outcome("unit", true, Some("test result: ok. 5 passed; 0 failed; 0 ignored")),
            Outcome { not_run: why, ..outcome("buf", true, None) },
        ]);
        let lines: Vec<_> = summary.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "buf            not run                                    1.2",
                "not run: buf: `npm` cannot be run",
                "",
                "5 passed, 0 failed",
            ]
        );
    }

    #[test]
    fn a_test_that_needs_a_tool_is_run_with_it_and_never_without() {
        let [integration] = STEPS.iter().filter(|step| step.name == "integration").collect::<Vec<_>>()[..]
        else {
            panic!("one step");
        };
        let skipped = integration.words().filter(|word| word.starts_with("with_")).collect::<Vec<_>>();
        let tools = STEPS.iter().filter(|step| step.needs_a_tool());
        assert_eq!(tools.filter_map(|step| step.words().last()).collect::<Vec<_>>(), skipped);
    }
}
