//! The guide is followed to the letter: its changes are made, its commands are run.

use std::{collections::BTreeMap, net::SocketAddr, process::Command};

use outgrow_testkit::{Http, LoopbackAddr, Process, until_async};

use crate::story::{SOON, read};

/// The longest that a guide may be.
const LONGEST: usize = 150;

fn guide() -> String {
    read("../../docs/guides/adopting-one-port.md")
}

/// The blocks of code of this language.
fn blocks(guide: &str, language: &str) -> Vec<String> {
    let start = format!("```{language}\n");
    let blocks = guide.split(&start).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Changes the files of the application as the guide's blocks say, which name what they change by the lines around it.
fn followed(blocks: &[String]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for change in blocks.iter().flat_map(|block| block.split("@@ ").skip(1)) {
        let (name, lines) = change.split_once('\n').unwrap();
        let text = files.entry(name.to_owned()).or_insert_with(|| read(&format!("before/{name}")));
        let side = |mark: char| -> String {
            let lines = lines.lines().filter(|line| line.starts_with([' ', mark]));
            lines.flat_map(|line| [&line[1..], "\n"]).collect()
        };
        let (old, new) = (side('-'), side('+'));
        assert_eq!(text.matches(&old).count(), 1, "{name} has this once:\n{old}");
        *text = text.replace(&old, &new);
    }
    files
}

#[test]
fn the_changes_of_the_guide_lead_from_before_to_after() {
    let files = followed(&blocks(&guide(), "diff"));
    assert_eq!(files.keys().collect::<Vec<_>>(), ["http.rs", "main.rs", "post.rs"]);
    for (name, text) in files {
        assert!(text == read(&format!("after/{name}")), "after/{name} is not what the guide makes:\n{text}");
    }
}

#[test]
fn what_stands_still_after_two_steps_is_the_main_of_before() {
    let code = |path| {
        let text = read(path);
        let ours = |line: &&str| !line.starts_with("//!") && !line.starts_with("#[path");
        text.lines().filter(ours).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(code("halfway/main.rs"), code("before/main.rs"));
}

#[test]
fn the_guide_is_short() {
    let lines = guide().lines().count();
    assert!(lines <= LONGEST, "it has {lines} lines, more than {LONGEST}");
}

/// A terminal that understands the few commands a guide needs.
#[derive(Default)]
struct Terminal {
    jobs: Vec<Process>,
}

impl Terminal {
    /// What the command prints, once that is `expected`: jobs take their time to listen.
    async fn run(&mut self, command: &str, expected: &str) {
        let words = words(command);
        match words.iter().position(|word| !word.contains('=')).map(|at| (&words[..at], &*words[at])) {
            Some((env, "cargo")) => self.start(env, &words[env.len()..]),
            Some((_, "curl")) => {
                let said = async || curl(&words).await.filter(|said| like(said, expected));
                until_async(&format!("{command} says {expected}"), SOON, said).await;
            }
            Some((_, "kill")) => {
                let job: usize = words[1].trim_start_matches('%').parse().unwrap();
                self.jobs[job - 1].kill();
            }
            _ => panic!("what is {command}?"),
        }
    }

    fn start(&mut self, env: &[String], cargo: &[String]) {
        let known = ["cargo", "run", "-p", env!("CARGO_PKG_NAME"), "--bin", "after", "&"];
        assert_eq!(cargo, known, "the binary that was built for this test stands in for this command");
        let mut command = Command::new(env!("CARGO_BIN_EXE_after"));
        command.envs(env.iter().map(|variable| variable.split_once('=').unwrap()));
        self.jobs.push(Process::start(&mut command));
    }
}

/// The words of a command; what stands in single quotes is one.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (at, part) in command.split('\'').enumerate() {
        if at % 2 == 1 {
            words.last_mut().unwrap().push_str(part);
        } else {
            let mut parts = part.split(' ');
            words.last_mut().unwrap().push_str(parts.next().unwrap());
            words.extend(parts.map(str::to_owned));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The body that this `curl` prints, if somebody answers.
async fn curl(words: &[String]) -> Option<String> {
    let option = |name: &str| words.iter().position(|word| word == name).map(|at| words[at + 1].clone());
    let (host, path) = words.iter().find(|word| word.starts_with("127."))?.split_once('/')?;
    let (header, body) = (option("-H")?, option("-d")?);
    let (name, value) = header.split_once(": ")?;
    let call = Http::at(host).post(&format!("/{path}")).header(name, value).body(body);
    call.send().await.ok().map(|reply| reply.text())
}

/// Whether it is that, where `…` stands for anything.
fn like(said: &str, expected: &str) -> bool {
    let (start, end) = expected.split_once('…').unwrap_or((expected, ""));
    said == expected || expected.contains('…') && said.starts_with(start) && said.ends_with(end)
}

#[tokio::test]
async fn the_commands_of_the_guide_do_what_it_says() {
    let host = LoopbackAddr::new();
    let own = |text: &str, fixed: &str, own: SocketAddr| text.replace(fixed, &own.to_string());
    let [session] = &blocks(&guide(), "console")[..] else { panic!("one session") };
    let session = own(&own(session, "127.0.0.1:8000", host.free()), "127.0.0.1:7200", host.free());
    let mut terminal = Terminal::default();
    let commands: Vec<_> = session.split("$ ").skip(1).collect();
    assert!(commands.len() > 4, "{commands:?}");
    for command in commands {
        let (command, expected) = command.split_once('\n').unwrap();
        terminal.run(command, expected.trim_end()).await;
    }
}

#[test]
fn a_change_that_does_not_fit_is_found() {
    let followed = |change: &str| std::panic::catch_unwind(|| followed(&[change.to_owned()]));
    assert!(followed("@@ main.rs\n-fn nobody() {}\n+fn somebody() {}\n").is_err());
    assert!(!like("{\"number\":1}", "{\"number\":2}"));
    assert!(like("ab: no", "ab: …") && !like("ac: no", "ab: …"));
}
