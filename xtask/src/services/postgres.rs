//! PostgreSQL for tests.

use std::{
    env,
    fs::{self, File},
    path::PathBuf,
    process::Command,
};

use anyhow::Context as _;

use super::{Install, Private, Service, User, command, done, folder, free_port, install, program};

const VARIABLE: &str = "OUTGROW_TEST_POSTGRES";

/// Where it usually runs.
const USUAL: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// A server in which tests may make databases and roles.
pub(super) fn find(allowed: Install) -> anyhow::Result<Service> {
    let service = |url, origin, private| Service::new(VARIABLE, url, origin, private);
    if let Ok(url) = env::var(VARIABLE) {
        return Ok(service(url, "as the environment says", Vec::new()));
    }
    if runs(USUAL) {
        return Ok(service(USUAL.to_owned(), "running here", Vec::new()));
    }
    if server().is_none() {
        install("postgresql", allowed)
            .with_context(|| format!("PostgreSQL: set {VARIABLE} to use another one"))?;
    }
    let (url, private) = start().context("PostgreSQL cannot be started")?;
    Ok(service(url, "started for this run", vec![private]))
}

/// Whether somebody is there who lets us in as a superuser, without a password.
fn runs(url: &str) -> bool {
    let ask = ["-w", "-t", "-A", "-c", "select rolsuper from pg_roles where rolname = current_user", url];
    let answer = Command::new("psql").args(ask).env("PGCONNECT_TIMEOUT", "3").output();
    answer.is_ok_and(|answer| answer.status.success() && answer.stdout == b"t\n")
}

/// The programs `initdb` and `postgres`. Debian keeps them out of the way.
fn server() -> Option<(PathBuf, PathBuf)> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    Some((program("initdb", &folders)?, program("postgres", &folders)?))
}

fn start() -> anyhow::Result<(String, Private)> {
    let (initdb, postgres) = server().context("there is no `initdb` and `postgres`")?;
    let user = User::unprivileged("postgres")?;
    let folder = folder("postgres", user.as_ref())?;
    let data = folder.join("data");
    let options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"];
    done(command(&initdb, user.as_ref(), &folder).args(options).arg(&data))?;
    let address = free_port()?;
    let log = File::create(folder.join("log"))?;
    let server = command(&postgres, user.as_ref(), &folder)
        .arg("-D")
        .arg(&data)
        .args(["-p", &address.port().to_string(), "-c", "listen_addresses=127.0.0.1", "-k", ""])
        .args(["-c", "max_connections=300"])
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    let private = Private { server, folder: Some(folder) }.ready(address)?;
    Ok((format!("postgres://postgres@{address}/postgres"), private))
}
