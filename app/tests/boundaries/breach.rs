//! A breach of the architecture, told so that whoever made it knows what to do.

use std::fmt;

pub(crate) const THREE_CRATES: &str = "docs/adr/0002-three-crates-a-context.md";
pub(crate) const CARRIERS: &str = "docs/adr/0005-carriers-know-no-module.md";
pub(crate) const PLACEMENT: &str = "docs/adr/0006-placement-is-configuration.md";
pub(crate) const COMPOSITION: &str = "docs/adr/0007-explicit-composition.md";
pub(crate) const CRASH_POINTS: &str = "docs/adr/0022-crash-points-are-compiled-into-tests-only.md";
pub(crate) const TWO_COMMITS: &str = "docs/adr/0023-what-is-only-remembered-to-save-work-is-not-synced.md";
pub(crate) const CONTRIBUTING: &str = "CONTRIBUTING.md";

/// What is wrong, where, by which decision, and what to do instead.
#[derive(Debug)]
pub(crate) struct Breach {
    pub(crate) place: String,
    pub(crate) what: String,
    /// The decision it goes against.
    pub(crate) law: &'static str,
    pub(crate) remedy: &'static str,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, what, law, remedy } = self;
        write!(f, "{place}: {what}\n    against  {law}\n    instead  {remedy}")
    }
}

/// Fails with all breaches at once, if there are any.
#[track_caller]
pub(crate) fn none(breaches: &[Breach]) {
    let told: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert!(breaches.is_empty(), "{} breach(es):\n\n{}\n", breaches.len(), told.join("\n\n"));
}

/// Holds that exactly these breaches were found: for planted ones.
#[track_caller]
pub(crate) fn found(breaches: &[Breach], expected: &[&str]) {
    let found: Vec<String> = breaches.iter().map(|it| format!("{}: {}", it.place, it.what)).collect();
    assert_eq!(found, expected);
}

#[test]
#[should_panic(expected = "a: b\n    against  docs/adr/0002-three-crates-a-context.md\n    instead  c")]
fn a_breach_says_where_what_by_which_decision_and_what_to_do() {
    none(&[Breach { place: "a".into(), what: "b".into(), law: THREE_CRATES, remedy: "c" }]);
}
