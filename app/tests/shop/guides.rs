//! The guides, followed to the letter: a reader who copies their blocks gets what they show.
//!
//! Of the fenced blocks of a guide,
//! - one that begins with `# NAME` is written to that file, and one that begins with `# added to NAME` to its end;
//! - in a `console` block, `$ COMMAND` is run by a shell in a fresh folder, and says what stands below it. `…` is
//!   anything. A command that shows nothing must succeed; what a plain `curl`, or a command that lists, shows may take a
//!   moment;
//! - `$ COMMAND # terminal NAME` is left running in a terminal of its own, and `^C # terminal NAME` ends it.
//!
//! Anything else is prose.

use std::{
    collections::BTreeMap,
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use outgrow_testkit::{LoopbackAddr, Process, TestDatabase, TestDir, until};

use crate::system::SOON;

#[tokio::test]
#[ignore = "needs PostgreSQL and RabbitMQ: cargo xtask test"]
async fn splitting_a_module() {
    let (database, host) = (TestDatabase::new().await, LoopbackAddr::new());
    let named = |what: &str| format!("{}_{what}", database.name());
    let broker = env::var("OUTGROW_TEST_RABBITMQ");
    let broker = broker.unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned());
    let mut guide = Guide::open("splitting-a-module.md");
    for at in ["127.0.0.1:8080", "127.0.0.1:7101", "127.0.0.1:8081"] {
        guide.reads(at, &host.free().to_string());
    }
    guide.reads("postgres://postgres:secret@127.0.0.1:5432/shop", &database.url());
    for (theirs, ours) in [("shop_login", named("common")), ("stock_login", named("own"))] {
        let url = format!("postgres://{theirs}:secret@127.0.0.1:5432/shop");
        guide.reads(&url, &database.url_as(&ours));
        guide.reads(theirs, &ours);
    }
    guide.reads("shop_inventory", &named("inventory"));
    guide.reads("amqp://guest:guest@127.0.0.1:5672/%2f", &broker);
    guide.reads("prefix = \"shop\"", &format!("prefix = \"{}\"", database.name().replace('_', "-")));
    guide.follow();
}

#[test]
fn evolving_a_contract() {
    let mut guide = Guide::open("evolving-a-contract.md");
    guide.reads("cargo run -- ", "shop ");
    // Tests of the workspace run with all the others.
    guide.reads("$ cargo test -p inventory-contract\n", "");
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for contract in [
        "kit/outgrow",
        "modules/catalog/contract",
        "modules/inventory/contract",
        "modules/notifications/contract",
        "modules/ordering/contract",
        "modules/payments/contract",
    ] {
        fs::create_dir_all(guide.folder.join(contract)).unwrap();
        let lock = fs::read_to_string(top.join(contract).join("wire.lock")).unwrap();
        guide.folder.write(format!("{contract}/wire.lock"), lock);
    }
    let release = |version: &str| {
        let commit = "git -c user.name=tests -c user.email=tests@example.org commit -q -m release";
        guide.say(&format!("git init -q && git add . && {commit} && git tag {version}"), "");
    };
    release("v1.4.0");
    fs::create_dir_all(guide.folder.join("modules/parcels/contract")).unwrap();
    guide.folder.write("modules/parcels/contract/parcels.v1.lock", "service parcels.v1.Parcels\n");
    release("v2.0.0");
    guide.follow();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn events_and_sagas() {
    let (database, host) = (TestDatabase::new().await, LoopbackAddr::new());
    let mut guide = Guide::open("events-and-sagas.md");
    for at in ["127.0.0.1:8080", "127.0.0.1:7101", "127.0.0.1:8081"] {
        guide.reads(at, &host.free().to_string());
    }
    guide.reads("postgres://postgres:secret@127.0.0.1:5432/shop", &database.url());
    guide.follow();
}

/// Leaves out how far its lines are indented.
fn flush(text: &str) -> String {
    text.lines().map(str::trim_start).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_block_of_rust_about_events_and_sagas_stands_in_the_file_named_before_it() {
    let text = Guide::open("events-and-sagas.md").text;
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let parts: Vec<_> = text.split("```rust\n").collect();
    assert!(parts.len() > 5, "the guide shows code");
    for pair in parts.windows(2) {
        let file = pair[0].rsplit('`').nth(1).unwrap();
        let block = pair[1].split("```").next().unwrap().trim_end();
        let source = fs::read_to_string(top.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(flush(&source).contains(&flush(block)), "not in {file}:\n{block}");
    }
}

/// A guide, and somebody who follows it.
struct Guide {
    text: String,
    folder: TestDir,
    terminals: BTreeMap<String, Process>,
}

impl Guide {
    fn open(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides").join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { text, folder: TestDir::new(), terminals: BTreeMap::new() }
    }

    /// Reads `ours` wherever the guide says `theirs`, so that followers do not meet.
    fn reads(&mut self, theirs: &str, ours: &str) {
        assert!(self.text.contains(theirs), "the guide does not say {theirs}");
        self.text = self.text.replace(theirs, ours);
    }

    fn follow(mut self) {
        let text = std::mem::take(&mut self.text);
        assert!(text.contains("```console\n$ "), "there is nothing to follow");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(kind) = line.strip_prefix("```") else { continue };
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            match block.first().and_then(|first| first.strip_prefix("# ")) {
                _ if kind == "console" => self.try_out(&block),
                Some(name) => self.write(name, &block.join("\n")),
                None => {}
            }
        }
    }

    /// Writes a file, or to its end; a sentence is no name.
    fn write(&self, name: &str, text: &str) {
        let (before, name) = match name.strip_prefix("added to ") {
            Some(name) => (fs::read_to_string(self.folder.join(name)).unwrap(), name),
            None => (String::new(), name),
        };
        if !name.contains(' ') {
            self.folder.write(name, format!("{before}{text}\n"));
        }
    }

    fn try_out(&mut self, block: &[&str]) {
        let mut lines = block.iter().peekable();
        while let Some(line) = lines.next() {
            let mut command = (*line).to_owned();
            while command.ends_with('\\') {
                command.push('\n');
                command.push_str(lines.next().expect("a command goes on"));
            }
            let shown: Vec<_> = std::iter::from_fn(|| {
                lines.next_if(|line| !line.starts_with("$ ") && !line.starts_with("^C"))
            })
            .copied()
            .collect();
            self.step(&command, &shown.join("\n"));
        }
    }

    fn step(&mut self, line: &str, shown: &str) {
        let (command, terminal) = match line.rsplit_once("# terminal ") {
            Some((command, terminal)) => (command.trim(), Some(terminal)),
            None => (line, None),
        };
        match (command, terminal) {
            ("^C", Some(terminal)) => {
                let mut process = self.terminals.remove(terminal).expect("it runs");
                process.terminate();
                assert!(process.exit(SOON).success(), "{line}");
            }
            (_, Some(terminal)) => {
                let mut process = self.run(&format!("exec {}", prompted(command)));
                until(&format!("{command} says\n{shown}"), SOON, || {
                    assert!(process.is_running(), "{command}: {:?}", process.stderr());
                    fits(&format!("…{shown}…"), &said(&process))
                });
                let before = self.terminals.insert(terminal.to_owned(), process);
                assert!(before.is_none(), "{line}: the terminal is taken");
            }
            (_, None) => self.say(prompted(command), shown),
        }
    }

    fn say(&self, command: &str, shown: &str) {
        let end = Instant::now() + if only_asks(command) { SOON } else { Duration::ZERO };
        loop {
            let mut process = self.run(command);
            let (status, said) = (process.exit(SOON), said(&process));
            let as_shown = if shown.is_empty() { status.success() } else { fits(shown, &said) };
            if as_shown {
                return;
            }
            assert!(Instant::now() < end, "$ {command}\nis to say\n{shown}\nand says\n{said}");
        }
    }

    fn run(&self, command: &str) -> Process {
        let shop = Path::new(env!("CARGO_BIN_EXE_shop")).parent().unwrap().to_owned();
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([shop].into_iter().chain(env::split_paths(&path))).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(self.folder.path()).env("PATH", path);
        for variable in ["OUTGROW_CONFIG", "OUTGROW_LOG", "RUST_LOG"] {
            shell.env_remove(variable);
        }
        Process::start(&mut shell)
    }
}

fn prompted(line: &str) -> &str {
    line.strip_prefix("$ ").unwrap_or_else(|| panic!("{line} is no command"))
}

/// Whether asking again does nothing.
fn only_asks(command: &str) -> bool {
    const LISTS: [&str; 4] = ["shop events lag", "shop events parked", "shop sagas list", "shop sagas show"];
    command.starts_with("curl ") && !command.contains(" -d ")
        || LISTS.iter().any(|list| command.starts_with(list))
}

/// All that a process has written, to whom does not matter.
fn said(process: &Process) -> String {
    [process.stdout(), process.stderr()].concat().join("\n")
}

/// Whether `said` is what is `shown`, in which `…` is anything.
fn fits(shown: &str, said: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = said.trim_end().strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let found = if last { rest.ends_with(part).then_some(0) } else { rest.find(part) };
        let Some(at) = found else { return false };
        rest = if last { "" } else { &rest[at + part.len()..] };
    }
    rest.is_empty()
}

#[test]
fn what_a_guide_shows_is_compared_with_what_is_said() {
    for (shown, said) in
        [("a", "a\n"), ("a…", "abc"), ("…c", "abc"), ("a…c…", "a\nb\nc\nd"), ("…", ""), ("a…c…", "abc")]
    {
        assert!(fits(shown, said), "{shown:?} {said:?}");
    }
    for (shown, said) in
        [("a", "ab"), ("a", ""), ("a…", "ba"), ("…c", "abcd"), ("a…c…b…", "abc"), ("a…a", "a")]
    {
        assert!(!fits(shown, said), "{shown:?} {said:?}");
    }
}

#[test]
fn a_guide_that_shows_something_else_is_found() {
    const FILE: &str = "```toml\n# outgrow.toml\n[services.stock]\nmodules = [\"inventory\"]\n```\n\
                        ```toml\n# added to outgrow.toml\naddress = \"grpc://127.0.0.1:7101\"\n```\n";
    let follow = |text: String| {
        let guide = Guide { text, folder: TestDir::new(), terminals: BTreeMap::new() };
        catch_unwind(AssertUnwindSafe(|| guide.follow())).is_ok()
    };
    let topology = |shows: &str| {
        follow(format!(
            "{FILE}Then:\n```console\n$ shop topology | \\\n    grep ^stock\n{shows}\n$ true\n```\n"
        ))
    };
    assert!(topology("stock         inventory     …grpc://127.0.0.1:7101"));
    assert!(!topology("stock         catalog       …grpc://127.0.0.1:7101"));
    assert!(!follow("```console\n$ false\n```".to_owned()));
    assert!(!follow("```console\n$ exit 3  # terminal one\nit runs\n```".to_owned()));
}
