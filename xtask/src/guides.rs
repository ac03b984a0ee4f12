//! `cargo xtask guides`: follows a guide to the letter, in a copy of the workspace.
//!
//! The copy is built where the workspace is. Cargo tells crates apart by where they are *in* their workspace, and files
//! by when they were changed: so what the guide leaves alone is not built again.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail, ensure};

use crate::cargo::{cargo, command};

/// Follow the guide `adding-a-module` to the letter, in a copy of the workspace.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// The guides that are followed so. The others are followed by tests, which need no workspace of their own.
const GUIDES: [&str; 1] = ["docs/guides/adding-a-module.md"];

/// The longest that a guide may be, in lines.
const LONGEST: usize = 150;

/// What is not copied, at the top of the workspace.
const LEFT_OUT: [&str; 3] = [".git", "data", "target"];

pub(crate) fn run(_: &Args) -> anyhow::Result<ExitCode> {
    let top = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| top.join("target"), PathBuf::from);
    let target = std::path::absolute(target)?;
    for guide in GUIDES {
        let text = fs::read_to_string(top.join(guide)).with_context(|| guide.to_owned())?;
        ensure!(text.lines().count() <= LONGEST, "{guide} has more than {LONGEST} lines");
        let copy = Copy { at: target.join("guides"), target: target.clone() };
        copy.make(&top)?;
        let steps = steps(&text)?;
        ensure!(!steps.is_empty(), "{guide} has no step");
        for step in steps {
            copy.follow(&step).with_context(|| format!("{guide} cannot be followed"))?;
        }
        fs::remove_dir_all(&copy.at)?;
    }
    // The binary where everybody looks for it is the one of the copy.
    let build = cargo().args(["build", "--bin", "shop"]).current_dir(&top).status()?;
    Ok(if build.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a guide asks of its reader, in its order.
#[derive(Debug, PartialEq)]
enum Step<'g> {
    /// A file has these lines.
    Look { file: &'g str, lines: &'g str },
    /// In a file, the one becomes the other.
    Change { file: &'g str, old: String, new: String },
    /// A command says these lines, among others.
    Run { command: &'g str, says: Vec<&'g str> },
}

/// The steps of a guide: its blocks of code. One of the language `sh` is only to be read.
fn steps(guide: &str) -> anyhow::Result<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    for block in guide.split("```").skip(1).step_by(2) {
        let (language, block) = block.split_once('\n').context("a block of code has one line")?;
        match language {
            "rust" | "sql" => {
                let (file, lines) = block.split_once('\n').context("a block names its file first")?;
                let file = file.trim_start_matches(['/', '-', ' ']);
                steps.push(Step::Look { file, lines });
            }
            "diff" => {
                for change in block.split("@@ ").skip(1) {
                    let (file, lines) = change.split_once('\n').context("a change names its file first")?;
                    let (old, new) = (side(lines, '-'), side(lines, '+'));
                    steps.push(Step::Change { file, old, new });
                }
            }
            "console" => {
                for command in block.split("$ ").skip(1) {
                    let mut lines = command.lines();
                    let command = lines.next().context("a `$` has a command")?;
                    steps.push(Step::Run { command, says: lines.collect() });
                }
            }
            "sh" => {}
            other => bail!("nobody follows a block of `{other}`"),
        }
    }
    Ok(steps)
}

/// What a change has before (`-`) or after (`+`) it is made.
fn side(lines: &str, mark: char) -> String {
    let lines = lines.lines().filter(|line| line.starts_with([' ', mark]));
    lines.flat_map(|line| [line.get(1..).unwrap_or_default(), "\n"]).collect()
}

/// A copy of the workspace.
struct Copy {
    at: PathBuf,
    /// Where it is built.
    target: PathBuf,
}

impl Copy {
    fn make(&self, top: &Path) -> anyhow::Result<()> {
        if self.at.exists() {
            fs::remove_dir_all(&self.at)?;
        }
        let left_out = |name: &std::ffi::OsStr| LEFT_OUT.iter().any(|it| name == *it);
        copy(top, &self.at, &left_out)
    }

    fn follow(&self, step: &Step<'_>) -> anyhow::Result<()> {
        match step {
            Step::Look { file, lines } => {
                // What is quoted stands in the guide's own folder until it is put where it belongs.
                let file = self.at.join("docs/guides/adding-a-module").join(file);
                let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
                ensure!(text.contains(lines), "{} does not have these lines:\n{lines}", file.display());
            }
            Step::Change { file, old, new } => {
                let path = self.at.join(file);
                let text = fs::read_to_string(&path).with_context(|| (*file).to_owned())?;
                let found = text.matches(old.as_str()).count();
                ensure!(found == 1, "{file} has these lines {found} times:\n{old}");
                fs::write(path, text.replace(old.as_str(), new))?;
            }
            Step::Run { command: line, says } => {
                println!("$ {line}");
                let mut shell = command("sh");
                shell.args(["-c", line]).current_dir(&self.at).env("CARGO_TARGET_DIR", &self.target);
                let output = shell.output()?;
                let said = String::from_utf8_lossy(&output.stdout);
                let complaint = String::from_utf8_lossy(&output.stderr);
                ensure!(output.status.success(), "`{line}` failed:\n{said}{complaint}");
                if let Some(missing) = says.iter().find(|line| !said.lines().any(|said| said == **line)) {
                    bail!("`{line}` does not say `{missing}`:\n{said}{complaint}");
                }
            }
        }
        Ok(())
    }
}

/// Copies a folder, and with each file the time at which it was changed.
fn copy(from: &Path, to: &Path, left_out: &dyn Fn(&std::ffi::OsStr) -> bool) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, to) = (entry.file_name(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            if !left_out(&name) {
                copy(&entry.path(), &to, &|_| false)?;
            }
        } else {
            fs::copy(entry.path(), &to)?;
            let changed = entry.metadata()?.modified()?;
            fs::File::options().append(true).open(&to)?.set_modified(changed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_a_guide_are_its_blocks_of_code() {
        let guide = "Look:\n```rust\n// a/b.rs\nfn b() {}\n```\nand\n```diff\n@@ c.toml\n a = 1\n-b = 2\n+b = 3\n```\n\
                     ```console\n$ cargo test\nok\n$ true\n```\n```sh\nrm -rf /\n```\n";
        let change = |text: &str| format!("a = 1\nb = {text}\n");
        assert_eq!(
            steps(guide).unwrap(),
            [
                Step::Look { file: "a/b.rs", lines: "fn b() {}\n" },
                Step::Change { file: "c.toml", old: change("2"), new: change("3") },
                Step::Run { command: "cargo test", says: vec!["ok"] },
                Step::Run { command: "true", says: vec![] },
            ]
        );
        assert!(steps("```python\nprint()\n```").is_err());
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        let copy = Copy { at: env::temp_dir(), target: env::temp_dir() };
        let fails = |step| copy.follow(&step).unwrap_err().to_string();
        let run = |command, says| fails(Step::Run { command, says });
        assert_eq!(run("echo no >&2; exit 3", vec![]), "`echo no >&2; exit 3` failed:\nno\n");
        assert_eq!(run("echo one", vec!["two"]), "`echo one` does not say `two`:\none\n");
        copy.follow(&Step::Run { command: "echo one; echo two", says: vec!["two"] }).unwrap();
    }
}
