//! Surveys of many worlds: each must keep the laws, and everything that can go wrong must have gone wrong in one.

use std::{io::Write as _, thread};

use crate::fate::Seen;

/// What came of one world: what did not hold, what went wrong, and its story if that was asked for.
pub(crate) type Told = (Vec<String>, Seen, Vec<String>);

/// The world of a seed, with its story or without.
pub(crate) type Run = fn(u64, bool) -> Told;

/// The seed to replay, if one is given: then nothing else runs.
pub(crate) fn wanted() -> Option<u64> {
    std::env::var("OUTGROW_SEED").ok().map(|seed| seed.parse().expect("OUTGROW_SEED is a number"))
}

/// The whole story of a world.
fn tell(run: Run, seed: u64) -> String {
    let (breaches, _, trace) = run(seed, true);
    format!("{}\nseed {seed}: {}\n", trace.join("\n"), breaches.join("\n"))
}

/// Runs these worlds; whatever went wrong in them is counted.
fn survey(run: Run, test: &str, seeds: impl Iterator<Item = u64>) -> Seen {
    let mut seen = Seen::new();
    for seed in seeds {
        let (breaches, happened, _) = run(seed, false);
        assert!(
            breaches.is_empty(),
            "{}replay it: OUTGROW_SEED={seed} cargo test -p outgrow-runtime --test {test}",
            tell(run, seed)
        );
        for (what, often) in happened {
            *seen.entry(what).or_default() += often;
        }
    }
    seen
}

/// Looks at so many worlds, in all of which the laws hold; each of `faults` happened in one. Or replays the one wanted.
pub(crate) fn in_every_world(run: Run, test: &'static str, seeds: u64, faults: &[&str]) {
    if let Some(seed) = wanted() {
        std::io::stderr().write_all(tell(run, seed).as_bytes()).unwrap();
        survey(run, test, seed..=seed);
        return;
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let surveys: Vec<_> = (0..threads)
        .map(|first| thread::spawn(move || survey(run, test, (0..seeds).skip(first).step_by(threads))))
        .collect();
    let mut seen = Seen::new();
    for survey in surveys {
        for (what, often) in survey.join().expect("a world went wrong: see above") {
            *seen.entry(what).or_default() += often;
        }
    }
    println!("what went wrong in {seeds} worlds: {seen:#?}");
    let missing: Vec<_> = faults.iter().filter(|fault| !seen.contains_key(*fault)).collect();
    assert!(missing.is_empty(), "these never happened, so they prove nothing: {missing:?}");
}

/// Looks at some worlds twice: nothing but the seed makes them.
pub(crate) fn the_same_again(run: Run) {
    for seed in (0..50).filter(|_| wanted().is_none()) {
        let (once, again) = (run(seed, true).2, run(seed, true).2);
        assert_eq!(once, again, "seed {seed}");
        assert!(once.len() > 20, "seed {seed} tells little: {once:#?}");
    }
}
