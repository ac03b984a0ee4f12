//! The tools of other languages that some tests need: fetched once, from their own registries, into `target/foreign/`.
//!
//! Unlike a service, a tool that cannot be had fails nothing: what needs it is listed as not run, with the reason. So
//! everything can be checked without a network, and nobody takes that for more than it is.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};

use crate::services::Install;

/// How long fetching a tool may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// The version of buf, the tool for Protobuf schemas.
const BUF: &str = "1.75.0";

/// The version of the official schemas of `AsyncAPI`.
const ASYNC_API: &str = "6.11.1";

/// What the mail server of the tests is.
const SMTP: &str = "kit/testkit/requirements.txt";

/// What Python clients need, with versions. Users of other languages read it, too.
const PYTHON: &str = "docs/clients/requirements.txt";

/// A tool that is not made of Rust, or what is read by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// From npm: the schema of its documents.
    AsyncApi,
    /// From npm.
    Buf,
    /// A virtual environment, its packages from `PyPI`.
    Python,
    /// The same, with a mail server among its packages.
    Smtp,
}

impl Tool {
    /// What tests find it by.
    pub(crate) const fn variable(self) -> &'static str {
        match self {
            Self::AsyncApi => "OUTGROW_TEST_ASYNCAPI",
            Self::Buf => "OUTGROW_TEST_BUF",
            Self::Python => "OUTGROW_TEST_PYTHON",
            Self::Smtp => "OUTGROW_TEST_SMTP",
        }
    }

    /// The program: as the environment says, as it was fetched before, or fetched now. Otherwise, why there is none.
    pub(crate) fn find(self, install: Install) -> anyhow::Result<PathBuf> {
        if let Some(program) = env::var_os(self.variable()) {
            return Ok(program.into());
        }
        let folder = top().join("target/foreign").join(self.name());
        if self.is_there(&folder) {
            return Ok(self.program(&folder));
        }
        ensure!(install == Install::Allowed, "it is not there, and nothing may be installed");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        println!("fetching what `{}` needs into {}", self.name(), folder.display());
        match self {
            Self::AsyncApi => npm(&folder, "@asyncapi/specs", ASYNC_API)?,
            Self::Buf => npm(&folder, "@bufbuild/buf", BUF)?,
            Self::Python => pip(&folder, PYTHON)?,
            Self::Smtp => pip(&folder, SMTP)?,
        }
        ensure!(self.is_there(&folder), "it was fetched, and does not run");
        Ok(self.program(&folder))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::AsyncApi => "asyncapi",
            Self::Buf => "buf",
            Self::Python => "python",
            Self::Smtp => "smtp",
        }
    }

    fn program(self, folder: &Path) -> PathBuf {
        folder.join(match self {
            Self::AsyncApi => "node_modules/@asyncapi/specs/schemas/3.0.0.json",
            Self::Buf => "node_modules/.bin/buf",
            Self::Python | Self::Smtp => "bin/python",
        })
    }

    /// Whether it is the one that is wanted, and runs: an interrupted installation does not.
    fn is_there(self, folder: &Path) -> bool {
        let program = self.program(folder);
        let read = |path: PathBuf| fs::read_to_string(path).ok();
        let has = |requirements| {
            let installed = read(folder.join("installed"));
            installed.is_some() && installed == read(top().join(requirements))
        };
        match self {
            Self::AsyncApi => {
                let package = read(folder.join("node_modules/@asyncapi/specs/package.json"));
                let version = format!("\"version\": \"{ASYNC_API}\"");
                package.is_some_and(|package| package.contains(&version)) && program.is_file()
            }
            Self::Buf => version(&program).is_some_and(|version| version.trim() == BUF),
            Self::Python => version(&program).is_some() && has(PYTHON),
            Self::Smtp => version(&program).is_some() && has(SMTP),
        }
    }
}

/// What a program says its version is.
fn version(program: &Path) -> Option<String> {
    let said = Command::new(program).arg("--version").output().ok()?.stdout;
    Some(String::from_utf8_lossy(&said).into_owned()).filter(|said| !said.is_empty())
}

fn npm(folder: &Path, package: &str, version: &str) -> anyhow::Result<()> {
    let quietly = ["install", "--no-audit", "--no-fund", "--no-save", "--fetch-retries=1", "--prefix"];
    within(PATIENCE, Command::new("npm").args(quietly).arg(folder).arg(format!("{package}@{version}")))
}

fn pip(folder: &Path, requirements: &str) -> anyhow::Result<()> {
    let requirements = top().join(requirements);
    within(PATIENCE, Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let quietly = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries=1", "-r"];
    within(PATIENCE, Command::new(folder.join("bin/python")).args(quietly).arg(&requirements))?;
    // Written last: it is there if all else is.
    fs::copy(&requirements, folder.join("installed")).context("cannot remember what was installed")?;
    Ok(())
}

/// The top of the workspace.
fn top() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Runs a command to its end, or to that of our patience: a registry that swallows packets answers nobody.
fn within(patience: Duration, command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.stdin(Stdio::null()).spawn().with_context(|| format!("`{name}` cannot be run"))?;
    let end = Instant::now() + patience;
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => bail!("`{name}` failed with {status}; what it said stands above"),
            None if Instant::now() > end => {
                child.kill()?;
                child.wait()?;
                bail!("`{name}` did not end within {patience:?}");
            }
            None => sleep(Duration::from_millis(50)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_cannot_be_had_says_why() {
        let why = |command: &mut Command| within(PATIENCE, command).unwrap_err().to_string();
        assert_eq!(why(&mut Command::new("no-such-program")), "`no-such-program` cannot be run");
        assert!(why(&mut Command::new("false")).starts_with("`false` failed with exit status: 1"));
        let waited = within(Duration::ZERO, Command::new("sleep").arg("60")).unwrap_err();
        assert_eq!(waited.to_string(), "`sleep` did not end within 0ns");
    }

    #[test]
    fn what_is_not_there_is_not_taken_for_a_tool() {
        let nowhere = Path::new("/nowhere");
        for tool in [Tool::AsyncApi, Tool::Buf, Tool::Python, Tool::Smtp] {
            assert!(!tool.is_there(nowhere), "{tool:?}");
        }
    }
}
