//! A query in one process: instructions by callgrind, allocations by memcheck.
//!
//! Each way is run with n and with 2n calls, and the difference is divided by n, so that what is not a call cancels
//! out. Two things to know when reading the figures. An allocation and its release are instructions, too, and more
//! than half of the bare call. And a look at the clock is a system call under valgrind, of which only the way there
//! counts, while for real it takes some 25 ns: the router looks once a call, and thrice for one in sixteen.
#![expect(clippy::float_arithmetic, reason = "per call is a quotient")]

use std::{io::ErrorKind, path::Path, process::Command};

use anyhow::{Context as _, bail, ensure};

use super::{
    built,
    table::{Bare, Row, Target, Unit},
};

const N: u32 = 8_000;

const BARE: &str = "bare";

/// Which way, what people call it, and what it is to reach.
const WAYS: [(&str, &str, Option<Target>, Option<Target>); 4] = [
    ("bare-again", "control: bare `Arc<dyn>` again", None, None),
    ("port", "port, local, without policies", Some(Target::RatioAtMost(1.3)), None),
    (
        "policies",
        "port, local, with all policies",
        Some(Target::AtMost(900.0)),
        Some(Target::AtMostMore(1.0)),
    ),
    ("loopback", "port, through the wire, with all", None, None),
];

/// What is counted, and how.
struct Counter {
    unit: Unit,
    valgrind: &'static [&'static str],
    /// The words before the total, in what valgrind prints at the end.
    before: &'static str,
}

const COUNTERS: [Counter; 2] = [
    Counter {
        unit: Unit::Instructions,
        valgrind: &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
        before: "Collected :",
    },
    Counter {
        unit: Unit::Allocations,
        valgrind: &["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"],
        before: "total heap usage:",
    },
];

pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let calls = built::executable("bench --no-run --package outgrow-runtime --bench calls", "calls")?;
    let [instructions, allocations] = &COUNTERS;
    let bare = (instructions.per_call(&calls, BARE)?, allocations.per_call(&calls, BARE)?);
    let mut rows = Vec::new();
    for (way, what, few_instructions, few_allocations) in WAYS {
        for (counter, bare, target) in
            [(instructions, bare.0, few_instructions), (allocations, bare.1, few_allocations)]
        {
            let figure = counter.per_call(&calls, way)?;
            let bare = Some(Bare::of(figure, bare));
            rows.push(Row { what: what.to_owned(), unit: counter.unit, figure, bare, target });
        }
    }
    Ok(rows)
}

impl Counter {
    fn per_call(&self, calls: &Path, way: &str) -> anyhow::Result<f64> {
        let (once, twice) = (self.total(calls, way, N)?, self.total(calls, way, 2 * N)?);
        Ok((twice - once) / f64::from(N))
    }

    fn total(&self, calls: &Path, way: &str, n: u32) -> anyhow::Result<f64> {
        let mut command = Command::new("valgrind");
        command.args(self.valgrind).arg(calls).args([way, &n.to_string()]);
        let output = match command.output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!("valgrind is not installed (Debian, Ubuntu: apt install valgrind)")
            }
            output => output.context("valgrind cannot be run")?,
        };
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "calls {way} failed under valgrind:\n{said}");
        number_after(&said, self.before).with_context(|| format!("valgrind has not counted:\n{said}"))
    }
}

/// The number that follows these words: `total heap usage: 1,234 allocs` is 1234.
fn number_after(text: &str, words: &str) -> Option<f64> {
    let (_, rest) = text.split_once(words)?;
    rest.split_whitespace().next()?.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_from_what_valgrind_prints() {
        let callgrind = "==7== Events    : Ir\n==7== Collected : 1204017\n";
        let memcheck = "==7==   total heap usage: 8,123 allocs, 8,120 frees, 1,024 bytes allocated\n";
        let [instructions, allocations] = &COUNTERS;
        assert_eq!(number_after(callgrind, instructions.before), Some(1_204_017.0));
        assert_eq!(number_after(memcheck, allocations.before), Some(8_123.0));
        assert_eq!(number_after("==7== killed", instructions.before), None);
    }
}
