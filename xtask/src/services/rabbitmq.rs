//! RabbitMQ for tests.

use std::{
    env,
    fs::File,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;

use super::{Install, Private, Service, User, command, folder, free_port, install, program};

const VARIABLE: &str = "OUTGROW_TEST_RABBITMQ";

/// Where it usually runs, with the login it comes with.
const USUAL: &str = "127.0.0.1:5672";

/// A broker on which tests may make queues. Its programs must be there whatever runs: tests that stop or fill a broker
/// start a private one.
pub(super) fn find(allowed: Install) -> anyhow::Result<Service> {
    let service = |url, origin, private| Service::new(VARIABLE, url, origin, private);
    let installed = server().is_none();
    if installed {
        install("rabbitmq-server", allowed).context("RabbitMQ: some tests start one of their own")?;
    }
    if let Ok(url) = env::var(VARIABLE) {
        return Ok(service(url, "as the environment says", Vec::new()));
    }
    if speaks_amqp(USUAL) {
        // Debian starts what it installs.
        return Ok(service(login(USUAL), if installed { "installed" } else { "running here" }, Vec::new()));
    }
    let (url, private) = start().context("RabbitMQ cannot be started")?;
    Ok(service(url, "started for this run", private))
}

fn login(address: &str) -> String {
    format!("amqp://guest:guest@{address}/%2f")
}

/// Whether a broker answers there: it is the first to speak after the greeting.
fn speaks_amqp(address: &str) -> bool {
    let greeted = || {
        let mut stream = TcpStream::connect_timeout(&address.parse().ok()?, Duration::from_secs(1)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(3))).ok()?;
        stream.write_all(b"AMQP\x00\x00\x09\x01").ok()?;
        let mut frame = [0; 7];
        stream.read_exact(&mut frame).ok()?;
        Some(frame.starts_with(&[1, 0, 0]))
    };
    greeted().unwrap_or(false)
}

/// The program itself: what stands in `PATH` on Debian changes its user.
fn server() -> Option<PathBuf> {
    let folders = ["/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin"].map(PathBuf::from);
    folders
        .iter()
        .map(|folder| folder.join("rabbitmq-server"))
        .find(|file| file.is_file())
        .or_else(|| program("rabbitmq-server", &[]))
}

fn start() -> anyhow::Result<(String, Vec<Private>)> {
    let server = server().context("there is no `rabbitmq-server`")?;
    let epmd = program("epmd", &[PathBuf::from("/usr/lib/erlang/bin")]).context("there is no `epmd`")?;
    let user = User::unprivileged("rabbitmq")?;
    let folder = folder("rabbitmq", user.as_ref())?;
    let (names, dist, address) = (free_port()?, free_port()?, free_port()?);
    // The names of Erlang's nodes: a server of our own, so that nothing of it is left behind.
    let names_of = |mut names_server: Command| -> anyhow::Result<Child> {
        let port = names.port().to_string();
        names_server
            .args(["-address", "127.0.0.1", "-port", &port])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(names_server.spawn()?)
    };
    let epmd = Private { server: names_of(command(&epmd, user.as_ref(), &folder))?, folder: None };
    let epmd = epmd.ready(names)?;
    let log = File::create(folder.join("log"))?;
    let at = |name: &str| folder.join(name).into_os_string();
    let server = command(&server, user.as_ref(), &folder)
        .env("ERL_EPMD_PORT", names.port().to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODENAME", format!("outgrow-{}@localhost", address.port()))
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", address.port().to_string())
        .env("RABBITMQ_DIST_PORT", dist.port().to_string())
        .env("RABBITMQ_MNESIA_BASE", at("data"))
        .env("RABBITMQ_LOG_BASE", at("logs"))
        .env("RABBITMQ_PID_FILE", at("pid"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins"))
        .env("RABBITMQ_CONFIG_FILE", at("config"))
        .env("RABBITMQ_CONF_ENV_FILE", Path::new("/dev/null"))
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    let server = Private { server, folder: Some(folder) }.ready(address)?;
    Ok((login(&address.to_string()), vec![server, epmd]))
}
