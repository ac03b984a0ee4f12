//! What `cargo test` says, added up.

use std::collections::BTreeMap;

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

/// The tests of one step, by area: an integration-test binary is one (`tests/boundaries.rs` is `boundaries`); unit
/// and doc tests have none.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<String, Count>,
    area: String,
    failures: Vec<String>,
}

impl Tally {
    /// Takes note of a line, if it is one of the few that matter.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(running) = line.strip_prefix("Running ") {
            let file = running.strip_prefix("tests/").and_then(|rest| rest.split_once(".rs"));
            self.area = file.map(|(area, _)| area.to_owned()).unwrap_or_default();
        } else if line.starts_with("Doc-tests ") {
            self.area.clear();
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.counts.entry(self.area.clone()).or_default().add(result);
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failures.push(name.to_owned());
        }
    }

    /// All areas together.
    pub(crate) fn total(&self) -> Count {
        self.counts.values().copied().fold(Count::default(), Count::plus)
    }

    /// Each area, in alphabetical order.
    pub(crate) fn areas(&self) -> impl Iterator<Item = (&str, Count)> {
        self.counts.iter().filter(|(area, _)| !area.is_empty()).map(|(area, count)| (area.as_str(), *count))
    }

    /// The names of the tests that failed.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }
}

impl Count {
    /// How many tests ran.
    pub(crate) fn ran(self) -> u64 {
        self.passed + self.failed
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            ignored: self.ignored + other.ignored,
        }
    }

    /// Adds the numbers of `ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, result: &str) {
        let words: Vec<&str> = result.split([' ', ';']).collect();
        let number = |what: &str| {
            let before = words.windows(2).find_map(|pair| match pair {
                [number, word] if *word == what => number.parse().ok(),
                _ => None,
            });
            before.unwrap_or(0)
        };
        *self = self.plus(Self {
            passed: number("passed"),
            failed: number("failed"),
            ignored: number("ignored"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cargo 1.95 wrote.
    const OUTPUT: &str = "
     Running unittests src/lib.rs (target/debug/deps/outgrow-0a1b)
test wire::a_number_survives ... ok
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running tests/boundaries.rs (target/debug/deps/boundaries-2c3d)
test boundaries::law::every_crate_keeps_to_its_layer ... FAILED
test result: FAILED. 10 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s
   Doc-tests outgrow
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.30s
";

    fn tally() -> Tally {
        let mut tally = Tally::default();
        OUTPUT.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn results_are_added_up() {
        assert_eq!(tally().total(), Count { passed: 15, failed: 1, ignored: 1 });
        assert_eq!(tally().total().ran(), 16);
    }

    #[test]
    fn an_integration_test_binary_is_an_area() {
        let count = Count { passed: 10, failed: 1, ignored: 0 };
        assert_eq!(tally().areas().collect::<Vec<_>>(), [("boundaries", count)]);
    }

    #[test]
    fn failed_tests_are_named() {
        assert_eq!(tally().failures(), ["boundaries::law::every_crate_keeps_to_its_layer"]);
    }
}
