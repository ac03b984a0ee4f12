//! The services that some tests need: found where they run, else started in private, else installed. What was used is
//! said; nothing is skipped.

mod postgres;
mod rabbitmq;

use std::{
    ffi::OsString,
    fmt, fs,
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

/// How long a private server may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// A service, ready for tests.
pub(crate) struct Service {
    /// What tests find it by.
    pub(crate) variable: &'static str,
    /// The value of that variable.
    pub(crate) url: String,
    /// Where it comes from, for people.
    origin: &'static str,
    /// Ends with the tests, if it was started for them.
    _private: Vec<Private>,
}

impl Service {
    fn new(variable: &'static str, url: String, origin: &'static str, private: Vec<Private>) -> Self {
        Self { variable, url, origin, _private: private }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={} ({})", self.variable, self.url, self.origin)
    }
}

/// Whether programs may be installed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Install {
    Allowed,
    Forbidden,
}

/// All that tests need.
pub(crate) fn find(install: Install) -> anyhow::Result<Vec<Service>> {
    Ok(vec![postgres(install)?, rabbitmq(install)?])
}

/// A PostgreSQL server.
pub(crate) fn postgres(install: Install) -> anyhow::Result<Service> {
    postgres::find(install).inspect(|found| println!("{found}"))
}

/// A RabbitMQ broker.
pub(crate) fn rabbitmq(install: Install) -> anyhow::Result<Service> {
    rabbitmq::find(install).inspect(|found| println!("{found}"))
}

/// A server that was started for this run, and its folder if it has one of its own. Both are gone when it is dropped.
struct Private {
    server: Child,
    folder: Option<PathBuf>,
}

impl Private {
    /// Waits until somebody answers at `address`.
    fn ready(mut self, address: SocketAddr) -> anyhow::Result<Self> {
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            if let Some(status) = self.server.try_wait()? {
                let log = self.folder.as_ref().map(|folder| folder.join("log"));
                let said = log.and_then(|log| fs::read_to_string(log).ok()).unwrap_or_default();
                bail!("the server ended with {status}: {}", said.trim());
            }
            if Instant::now() > end {
                bail!("the server does not answer at {address} within {PATIENCE:?}");
            }
            sleep(Duration::from_millis(50));
        }
        Ok(self)
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // Its whole group: some are scripts around the server.
        let group = format!("-{}", self.server.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        let ended = killed.and_then(|_| self.server.wait());
        let removed = self.folder.as_ref().map_or(Ok(()), fs::remove_dir_all);
        if let Err(error) = ended.and(removed) {
            println!("{:?} is left behind: {error}", self.folder);
        }
    }
}

/// A free port, for a server that is started at once.
fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// A program, in `PATH` or in one of these folders.
fn program(name: &str, elsewhere: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(elsewhere.iter().cloned());
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Somebody who is not root: servers refuse to be run by root.
struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// Who a server is run by: the user of this name if we are root, else nobody else.
    fn unprivileged(preferred: &str) -> anyhow::Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let named = |name: &str| {
            let mut fields =
                users.lines().map(|line| line.split(':')).find(|user| user.clone().next() == Some(name))?;
            Some(Self { uid: fields.nth(2)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
        };
        let user = named(preferred).or_else(|| named("nobody"));
        user.map(Some).with_context(|| format!("there is neither a user `{preferred}` nor `nobody`"))
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|us| std::os::unix::fs::MetadataExt::uid(&us) == 0)
}

/// A fresh folder that belongs to `user`.
fn folder(name: &str, user: Option<&User>) -> anyhow::Result<PathBuf> {
    for number in 0.. {
        let folder = std::env::temp_dir().join(format!("outgrow-{name}-{}-{number}", std::process::id()));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("cannot make {}", folder.display())),
            Ok(()) => {
                if let Some(user) = user {
                    chown(&folder, Some(user.uid), Some(user.gid))?;
                }
                return Ok(folder);
            }
        }
    }
    bail!("there is no room for a folder in {}", std::env::temp_dir().display())
}

/// A command that is run by `user`, in `folder`.
fn command(program: &Path, user: Option<&User>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).process_group(0);
    if let Some(user) = user {
        command.gid(user.gid).uid(user.uid).env("HOME", folder);
    }
    command
}

/// Runs a command to its end; what it said is the error if it failed.
fn done(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{command:?} failed with {}: {}", output.status, said.trim())
}

/// Installs a package of Debian's, or says why that cannot be.
fn install(package: &str, install: Install) -> anyhow::Result<()> {
    let remedy = format!("install {package}, or say where it runs");
    if install == Install::Forbidden {
        bail!("{package} is not there, and nothing may be installed: {remedy}");
    }
    if !is_root() || program("apt-get", &[]).is_none() {
        bail!("{package} is not there, and only root can install it, with apt-get: {remedy}");
    }
    println!("installing {package} with apt-get");
    let apt = |args: &[&str]| {
        let quiet = [("DEBIAN_FRONTEND", OsString::from("noninteractive"))];
        done(Command::new("apt-get").args(args).envs(quiet))
    };
    apt(&["update"])?;
    apt(&["install", "-y", "--no-install-recommends", package])
}
