//! How long a scenario goes on, under which load and by which limits, and what it measured.
//!
//! Alone, and in continuous integration, each is short and its limits are ten times what they should be: that holds on
//! a busy machine, too. With the time that `cargo xtask scenarios` gives it, it goes on under load and by the limits
//! themselves.

use std::{
    env,
    time::{Duration, Instant},
};

use crate::story::Load;

/// What a row measured, for `cargo xtask scenarios`.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) runs: u32,
    /// Messages that were certainly delivered more than once.
    pub(crate) duplicates: usize,
    /// Orders whose effects were judged.
    pub(crate) orders: usize,
    /// From the end of the fault until nothing was on its way.
    pub(crate) slowest: Duration,
    /// What else there is to know, in a few words.
    pub(crate) note: String,
}

impl Measured {
    /// One more run of so many orders, all well so long after the fault.
    pub(crate) fn run(&mut self, orders: usize, took: Duration) {
        self.runs += 1;
        self.orders += orders;
        self.slowest = self.slowest.max(took);
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let Self { runs, duplicates, orders, slowest, note } = self;
        println!("measured {runs} {duplicates} {orders} {:.1} {note}", slowest.as_secs_f64());
    }
}

/// How long a row may go on, if anybody said so.
pub(crate) fn patience() -> Option<Duration> {
    let seconds = env::var("OUTGROW_SCENARIO_SECONDS").ok()?;
    Some(Duration::from_secs(seconds.parse().unwrap()))
}

/// So many times, or as often as there is time.
pub(crate) fn rounds(short: u32) -> impl Iterator<Item = u32> {
    let (begun, patience) = (Instant::now(), patience());
    (0..).take_while(move |round| patience.map_or(*round < short, |patience| begun.elapsed() < patience))
}

/// This, or ten times as much where nobody gave it time.
pub(crate) fn limit(exact: Duration) -> Duration {
    patience().map_or(10 * exact, |_| exact)
}

/// How many orders arrive in a second, where there is time: as many as the scenarios want, or, of a build for
/// development, what that can take beside others.
pub(crate) const RATE: u32 = if cfg!(debug_assertions) { 20 } else { 100 };

/// So many stories of seven orders; where there is time, as many as make [`RATE`] for so many seconds.
pub(crate) fn load(short: Load, seconds: u32) -> Load {
    let long = Load { stories: (RATE * seconds).div_ceil(7), every: Duration::from_secs(7) / RATE };
    patience().map_or(short, |_| long)
}
