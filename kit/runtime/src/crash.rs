//! Crash points: named places between two durable steps, at which a test lets its process die.
//!
//! Without the feature `crash-points`, which only tests turn on, there is nothing at these places. With it,
//! `OUTGROW_CRASH=relay.delivered:3` kills the process the third time that it passes the place of that name, as
//! `kill -9` does: what it was about to do next is not done, and nobody is told.
//!
//! A name says what has happened just before. `uncommitted` is the last moment at which a transaction can still be
//! lost, `committed` the first at which it cannot.

/// The place whose name has these parts; empty ones are left out.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub const fn point(_name: &[&str]) {}

/// The place whose name has these parts; empty ones are left out.
#[cfg(feature = "crash-points")]
pub fn point(name: &[&str]) {
    armed::pass(name);
}

#[cfg(feature = "crash-points")]
mod armed {
    use std::{
        env, process,
        sync::{
            LazyLock,
            atomic::{AtomicU32, Ordering::Relaxed},
        },
    };

    use rustix::process::{Signal, getpid, kill_process};

    /// At which place to die, and which time.
    static WHERE: LazyLock<Option<(String, u32)>> = LazyLock::new(|| {
        let wanted = env::var("OUTGROW_CRASH").ok()?;
        let (name, nth) = wanted.split_once(':').unwrap_or((&wanted, "1"));
        Some((name.to_owned(), nth.parse().ok()?))
    });

    static PASSED: AtomicU32 = AtomicU32::new(0);

    pub(super) fn pass(name: &[&str]) {
        let Some((wanted, nth)) = &*WHERE else { return };
        let here = wanted.split('.').eq(name.iter().copied().filter(|part| !part.is_empty()));
        if here && PASSED.fetch_add(1, Relaxed) + 1 == *nth {
            _ = kill_process(getpid(), Signal::KILL);
            process::abort(); // nobody lives to get here
        }
    }
}
