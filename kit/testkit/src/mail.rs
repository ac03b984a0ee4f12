//! A real mail server (Python's aiosmtpd) that gives everything away.

use std::{env, process::Command, time::Duration};

use serde_json::Value;

use crate::Process;

const SERVER: &str = include_str!("mail/server.py");

/// How long it may take to start.
const SOON: Duration = Duration::from_secs(30);

/// A mail server of a test's own. It takes letters for anybody but:
///
/// - `nobody@…`, who is refused for good (550), and `busy@…`, who is refused for now (451);
/// - `silent@…`, whose letters it takes without ever saying so.
///
/// Whoever logs in needs the password `secret`.
#[derive(Debug)]
pub struct TestMail {
    process: Process,
    port: u16,
}

impl TestMail {
    /// Starts one.
    ///
    /// # Panics
    /// When there is no Python with `kit/testkit/requirements.txt` at `OUTGROW_TEST_SMTP`.
    #[expect(clippy::new_without_default, reason = "starting a process is no default")]
    pub fn new() -> Self {
        let Some(python) = env::var_os("OUTGROW_TEST_SMTP") else {
            panic!("where is Python with aiosmtpd? cargo xtask test --only smtp");
        };
        let mut process = Process::start(Command::new(python).args(["-c", SERVER]));
        let line = process.line_with("listening", SOON);
        let Some(port) = line.rsplit(' ').next().and_then(|port| port.parse().ok()) else {
            panic!("a mail server that says `{line}`");
        };
        Self { process, port }
    }

    /// Where it is, for somebody who logs in if `login` says so (`ada:secret@`).
    pub fn url(&self, login: &str) -> String {
        format!("smtp://{login}127.0.0.1:{}?tls=none", self.port)
    }

    /// The letters it took so far: `Message-ID`, `From`, `To`, `Subject`, `text` and `login` of each.
    ///
    /// # Panics
    /// When they cannot be read.
    pub fn letters(&self) -> Vec<Value> {
        let lines = self.process.stdout();
        let letters = lines.iter().filter(|line| line.starts_with('{'));
        let read = |line: &String| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("a letter that says `{line}`: {error}"))
        };
        letters.map(read).collect()
    }

    /// The process, to be killed or frozen.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
