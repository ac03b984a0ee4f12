//! Crash points: named places between two durable steps, at which a test lets its process die.
//!
//! Without the feature `crash-points`, which only tests turn on, there is nothing at these places. With it,
//! `OUTGROW_CRASH=relay.delivered:3` kills the process the third time that it passes the place of that name, as
//! `kill -9` does: what it was about to do next is not done, and nobody is told.
//!
//! A name says what has happened just before. `uncommitted` is the last moment at which a transaction can still be
//! lost, `committed` the first at which it cannot.
//!
//! A defect can be planted the same way: `OUTGROW_PANIC=bomb` makes every handler panic that is given an event whose
//! data contain that text.

/// The place whose name has these parts; empty ones are left out.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub const fn point(_name: &[&str]) {}

/// The place whose name has these parts; empty ones are left out.
#[cfg(feature = "crash-points")]
pub fn point(name: &[&str]) {
    armed::pass(name);
}

/// A handler that is about to handle these data.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub const fn defect(_data: &str) {}

/// A handler that is about to handle these data: it panics if they contain what a test has planted.
#[cfg(feature = "crash-points")]
pub fn defect(data: &str) {
    armed::meet(data);
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

    /// What the data contain that handlers panic at.
    static DEFECT: LazyLock<Option<String>> = LazyLock::new(|| env::var("OUTGROW_PANIC").ok());

    #[expect(clippy::panic, reason = "it is the defect")]
    pub(super) fn meet(data: &str) {
        if let Some(text) = DEFECT.as_deref().filter(|text| data.contains(*text)) {
            panic!("a defect was planted for `{text}`");
        }
    }
}
