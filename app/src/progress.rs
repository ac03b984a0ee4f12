//! How far it is, on stderr: at a terminal a line that changes, elsewhere a line now and then.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;

/// Between two looks at a terminal.
const REDRAW: Duration = Duration::from_millis(200);

/// Between the first two lines elsewhere; then twice as long each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Says how far it is until it is dropped, whether or not it gets on.
pub(crate) struct Progress {
    done: Arc<AtomicU64>,
    saying: JoinHandle<()>,
}

impl Progress {
    /// Nothing yet of so many, such as `products`.
    pub(crate) fn of(all: u64, what: &'static str) -> Self {
        let done = Arc::new(AtomicU64::new(0));
        let far = Arc::clone(&done);
        let text = move || format!("{} of {all} {what}", far.load(Ordering::Relaxed));
        let saying = async move {
            if io::stderr().is_terminal() {
                loop {
                    write(format_args!("\r{}\x1b[K", text()));
                    tokio::time::sleep(REDRAW).await;
                }
            }
            let mut pause = FIRST_PAUSE;
            loop {
                tokio::time::sleep(pause).await;
                write(format_args!("{}\n", text()));
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        };
        Self { done, saying: tokio::spawn(saying) }
    }

    /// So many.
    pub(crate) fn at(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.saying.abort();
        if io::stderr().is_terminal() {
            write(format_args!("\r\x1b[K"));
        }
    }
}

/// So many, in words: `1 line`, `2 lines`.
pub(crate) fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Nobody has to listen.
fn write(text: std::fmt::Arguments<'_>) {
    let mut stderr = io::stderr().lock();
    drop(stderr.write_fmt(text).and_then(|()| stderr.flush()));
}
