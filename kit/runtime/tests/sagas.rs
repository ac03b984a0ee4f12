//! Sagas, simulated: the runtime's own runner, over a store and two neighbours in memory, in virtual time, in worlds
//! where everything that can go wrong does.
//!
//! Read [`world`] (who there is and what goes wrong), [`trip`] (the saga), [`store`] and [`others`] (whom it asks), then
//! the [`laws`]. As in `simulation.rs`, a world is made from its seed alone, a failure names it, and this replays it:
//!
//! ```text
//! OUTGROW_SEED=17 cargo test -p outgrow-runtime --test sagas
//! ```
//!
//! A simulation that finds nothing may be blind. So [`bugs`] are planted, one at a time, and each must be found.
#![cfg(test)]
#![expect(
    clippy::clone_on_ref_ptr,
    clippy::unwrap_in_result,
    reason = "what is shared is plain to see in a test, no lock is poisoned"
)]

#[path = "sagas/bugs.rs"]
mod bugs;
#[expect(dead_code, reason = "what the other simulation needs besides")]
#[path = "simulation/fate.rs"]
mod fate;
#[path = "sagas/home.rs"]
mod home;
#[path = "sagas/laws.rs"]
mod laws;
#[path = "simulation/life.rs"]
mod life;
#[path = "sagas/others.rs"]
mod others;
#[path = "sagas/store.rs"]
mod store;
#[path = "sagas/trip.rs"]
mod trip;
#[path = "sagas/world.rs"]
mod world;

use std::{io::Write as _, thread};

use bugs::Bug;
use fate::Seen;

/// How many worlds there are.
const SEEDS: u64 = 10_000;
/// In how many of them a planted bug must have been found.
const SOON: u64 = 500;

/// What must go wrong somewhere, or the worlds are too kind.
const FAULTS: [&str; 12] = [
    "a COMMIT was lost",
    "a process died",
    "a process stood still",
    "a question arrived late",
    "a question was lost",
    "a read failed",
    "a trip was called off",
    "a trip was refused",
    "a write was not committed",
    "an answer was lost",
    "a neighbour was away for long",
    "the answer to a COMMIT was lost",
];

/// The seed to replay, if one is given: then nothing else runs.
fn wanted() -> Option<u64> {
    std::env::var("OUTGROW_SEED").ok().map(|seed| seed.parse().expect("OUTGROW_SEED is a number"))
}

/// The whole story of a world that went wrong.
fn tell(seed: u64, bug: Option<Bug>) -> String {
    let outcome = world::run(seed, bug, true);
    format!("{}\nseed {seed}: {}\n", outcome.trace.join("\n"), outcome.breaches.join("\n"))
}

/// Runs these worlds; whatever went wrong in them is counted.
fn survey(seeds: impl Iterator<Item = u64>) -> Seen {
    let mut seen = Seen::new();
    for seed in seeds {
        let outcome = world::run(seed, None, false);
        assert!(
            outcome.breaches.is_empty(),
            "{}replay it: OUTGROW_SEED={seed} cargo test -p outgrow-runtime --test sagas",
            tell(seed, None)
        );
        for (what, often) in outcome.seen {
            *seen.entry(what).or_default() += often;
        }
    }
    seen
}

#[test]
fn in_every_world_each_trip_is_made_whole_or_not_at_all() {
    if let Some(seed) = wanted() {
        let story = tell(seed, None);
        std::io::stderr().write_all(story.as_bytes()).unwrap();
        survey(seed..=seed);
        return;
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let surveys: Vec<_> = (0..threads)
        .map(|first| thread::spawn(move || survey((0..SEEDS).skip(first).step_by(threads))))
        .collect();
    let mut seen = Seen::new();
    for survey in surveys {
        for (what, often) in survey.join().expect("a world went wrong: see above") {
            *seen.entry(what).or_default() += often;
        }
    }
    println!("what went wrong in {SEEDS} worlds: {seen:#?}");
    let missing: Vec<_> = FAULTS.iter().filter(|fault| !seen.contains_key(*fault)).collect();
    assert!(missing.is_empty(), "these never happened, so they prove nothing: {missing:?}");
}

#[test]
fn the_same_seed_is_the_same_world() {
    if wanted().is_some() {
        return;
    }
    for seed in 0..50 {
        let once = world::run(seed, None, true).trace;
        let again = world::run(seed, None, true).trace;
        assert_eq!(once, again, "seed {seed}");
        assert!(once.len() > 20, "seed {seed} tells little: {once:#?}");
    }
}

#[test]
fn every_planted_bug_is_found() {
    if wanted().is_some() {
        return;
    }
    let mut hidden = Vec::new();
    for bug in Bug::ALL {
        match (0..SOON).find(|seed| !world::run(*seed, Some(bug), false).breaches.is_empty()) {
            Some(seed) => println!("{bug:?} is found in world {seed}"),
            None => hidden.push(bug),
        }
    }
    assert!(hidden.is_empty(), "not found in {SOON} worlds: {hidden:?}");
}
