//! A started binary: what it prints, how it is told to stop, how it ends.

use std::{
    fmt, fs,
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::until;

/// How long a killed process may take to be gone, and a dead one's last words to be read.
const GONE: Duration = Duration::from_secs(10);

/// A running process, killed when it goes out of scope. If the test is failing by then, its output is shown.
///
/// ```
/// use std::{process::Command, time::Duration};
/// use outgrow_testkit::Process;
///
/// let mut greeter = Process::start(Command::new("sh").args(["-c", "echo ready; cat; exit 3"]));
/// assert_eq!(greeter.line_with("ready", Duration::from_secs(10)), "ready");
/// assert_eq!(greeter.exit(Duration::from_secs(10)).code(), Some(3));
/// ```
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: Output,
    readers: Vec<JoinHandle<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

#[derive(Clone, Debug, Default)]
struct Output(Arc<Mutex<Vec<(Stream, String)>>>);

impl Process {
    /// Starts `command` (with its arguments, environment and directory), with nothing to read on its standard input.
    ///
    /// # Panics
    /// When it cannot be started.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let name = format!("{command:?}");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let output = Output::default();
        let readers = [
            child.stdout.take().map(|from| output.read(Stream::Out, from)),
            child.stderr.take().map(|from| output.read(Stream::Err, from)),
        ];
        Self { name, child, output, readers: readers.into_iter().flatten().collect() }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines it has written to standard output so far.
    pub fn stdout(&self) -> Vec<String> {
        self.output.lines(|stream| stream == Stream::Out)
    }

    /// The lines it has written to standard error so far.
    pub fn stderr(&self) -> Vec<String> {
        self.output.lines(|stream| stream == Stream::Err)
    }

    /// Waits until it has written a line that contains `part`, to either stream, and returns the first such line.
    ///
    /// # Panics
    /// When that has not happened `within` the time, or cannot happen any more because it has ended.
    #[track_caller]
    pub fn line_with(&mut self, part: &str, within: Duration) -> String {
        let found = until(&format!("{} wrote {part:?}\n{}", self.name, self.output), within, || {
            let over = !self.is_running() && self.all_read();
            let found = self.output.lines(|_| true).into_iter().find(|line| line.contains(part));
            (found.is_some() || over).then_some(found)
        });
        found.unwrap_or_else(|| panic!("{} ended without writing {part:?}\n{}", self.name, self.output))
    }

    /// Whether it has not ended yet. A frozen process runs, too.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it has ended, by itself or by a signal, and all it wrote is read.
    ///
    /// # Panics
    /// When it has not ended `within` the time.
    #[track_caller]
    pub fn exit(&mut self, within: Duration) -> ExitStatus {
        let status = until(&format!("{} ended\n{}", self.name, self.output), within, || {
            self.child.try_wait().ok().flatten()
        });
        until("its output was read", GONE, || self.all_read());
        status
    }

    /// Kills it as `kill -9` does: it cannot prepare for it. Returns when it is gone.
    #[track_caller]
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.exit(GONE);
    }

    /// Asks it to end (SIGTERM). Does not wait: see [`exit`](Self::exit).
    #[track_caller]
    pub fn terminate(&mut self) {
        self.signal(Signal::TERM);
    }

    /// Stops it where it is (SIGSTOP): it keeps its connections and answers nothing.
    #[track_caller]
    pub fn freeze(&mut self) {
        self.signal(Signal::STOP);
        let id = self.id();
        until("every thread of it stands still", GONE, || stands_still(id));
    }

    /// Lets it go on after [`freeze`](Self::freeze) (SIGCONT).
    #[track_caller]
    pub fn thaw(&mut self) {
        self.signal(Signal::CONT);
    }

    /// Nothing if it has ended: its id may be somebody else's by now.
    #[track_caller]
    fn signal(&mut self, signal: Signal) {
        if self.is_running()
            && let Err(error) = kill_process(Pid::from_child(&self.child), signal)
        {
            panic!("{} cannot be sent {signal:?}: {error}", self.name);
        }
    }

    fn all_read(&self) -> bool {
        self.readers.iter().all(JoinHandle::is_finished)
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "tells who reads the failure what the process said")]
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("{} cannot be killed: {error}", self.name);
        }
        if thread::panicking() {
            eprintln!("{} wrote:\n{}", self.name, self.output);
        }
    }
}

impl Output {
    fn read(&self, stream: Stream, from: impl Read + Send + 'static) -> JoinHandle<()> {
        let to = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                to.0.lock().unwrap_or_else(PoisonError::into_inner).push((stream, line));
            }
        })
    }

    fn lines(&self, wanted: impl Fn(Stream) -> bool) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter(|(stream, _)| wanted(*stream)).map(|(_, line)| line.clone()).collect()
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines(|_| true).iter().try_for_each(|line| writeln!(f, "  | {line}"))
    }
}

/// Whether none of its threads runs any more; where that cannot be seen, it is believed.
fn stands_still(id: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{id}/task")) else { return true };
    threads.flatten().all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('T'))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Process {
        Process::start(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn its_streams_are_told_apart_and_read_to_the_end() {
        let mut process = shell("echo said; echo complained >&2; exit 64");
        assert_eq!(process.exit(SOON).code(), Some(64));
        assert_eq!(process.stdout(), ["said"]);
        assert_eq!(process.stderr(), ["complained"]);
    }

    #[test]
    fn a_killed_process_cannot_prepare_for_it() {
        let mut process = shell("trap 'echo caught' TERM; echo ready; while :; do sleep 0.01; done");
        process.line_with("ready", SOON);
        process.terminate();
        process.line_with("caught", SOON);
        process.kill();
        assert!(!process.is_running());
        assert_eq!(process.exit(SOON).signal(), Some(9));
    }

    #[test]
    fn a_terminated_process_may_clean_up() {
        let mut process = shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
        process.line_with("ready", SOON);
        process.terminate();
        assert!(process.exit(SOON).success());
        assert_eq!(process.stdout(), ["ready", "bye"]);
    }

    #[test]
    fn a_frozen_process_goes_on_when_it_is_thawed() {
        let state = |id: u32| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            stat.rsplit(") ").next()?.chars().next()
        };
        let mut process = shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done");
        process.line_with("ready", SOON);
        process.freeze();
        if cfg!(target_os = "linux") {
            until("it is frozen", SOON, || state(process.id()) == Some('T'));
        }
        process.terminate();
        assert!(process.is_running(), "a frozen process does not even end when asked to");
        process.thaw();
        assert_eq!(process.exit(SOON).code(), Some(7));
    }

    #[test]
    #[should_panic(expected = "ended without writing \"ready\"")]
    fn waiting_for_a_line_ends_with_the_process() {
        shell("echo nothing of the kind").line_with("ready", Duration::from_mins(1));
    }

    #[test]
    fn it_is_gone_when_it_goes_out_of_scope() {
        let process = shell("echo ready; exec sleep 600");
        let pid = Pid::from_child(&process.child);
        drop(process);
        until("it is gone", SOON, || kill_process(pid, Signal::CONT).is_err());
    }
}
