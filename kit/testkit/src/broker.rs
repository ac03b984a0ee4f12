//! A RabbitMQ of one's own: to be stopped, started, filled up and told what to do, which nobody does to a shared one.

use std::{
    env,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use crate::{LoopbackAddr, Process, TestDir, until};

/// How long it may take to start, to end, or to do as it is told.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where its programs are: on Debian what stands in `PATH` insists on a user of its own, what is here does not.
const FOLDERS: [&str; 2] = ["/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin"];

/// A private broker, from the installed programs, with an address, folders and a node of its own. It is gone when it
/// goes out of scope.
///
/// Starting it takes some seconds: tests that need one share it.
#[derive(Debug)]
pub struct TestBroker {
    address: SocketAddr,
    ports: Ports,
    server: Process,
    _names: Process,
    /// Gone last.
    folder: TestDir,
}

/// Where Erlang's nodes meet, all on 127.0.0.1: that is what `localhost` in their names means.
#[derive(Clone, Copy, Debug)]
struct Ports {
    /// Where their names are asked for: a server of our own, so that nothing is left behind.
    names: u16,
    server: u16,
    control: u16,
}

impl TestBroker {
    /// Starts one that takes messages of at most `max_message` bytes. It serves when this returns.
    ///
    /// # Panics
    /// When its programs are not installed, or do not start.
    #[track_caller]
    pub fn start(max_message: usize) -> Self {
        let (folder, address) = (TestDir::new(), LoopbackAddr::new().free());
        folder.write("rabbitmq.conf", format!("max_message_size = {max_message}\n"));
        let ports = Ports { names: free_port(), server: free_port(), control: free_port() };
        let mut names = Command::new(program("epmd"));
        names.args(["-address", "127.0.0.1", "-port", &ports.names.to_string()]);
        let names = Process::start(&mut names);
        let asked = || TcpStream::connect((Ipv4Addr::LOCALHOST, ports.names));
        until("the server of names answers", PATIENCE, asked);
        let server = Process::start(&mut command("rabbitmq-server", &folder, address, ports));
        let broker = Self { address, ports, server, _names: names, folder };
        broker.serves();
        broker
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its url, with the login it comes with.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address)
    }

    /// Asks it to end, and waits until it has: it says goodbye to its clients.
    #[track_caller]
    pub fn stop(&mut self) {
        self.server.terminate();
        self.server.exit(PATIENCE);
    }

    /// Kills it: it says nothing to anybody.
    #[track_caller]
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill), with what it has kept. It serves when this
    /// returns.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.server = Process::start(&mut command("rabbitmq-server", &self.folder, self.address, self.ports));
        self.serves();
    }

    /// `rabbitmqctl` with these arguments.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn control(&self, args: &[&str]) {
        let mut control = command("rabbitmqctl", &self.folder, self.address, self.ports);
        let mut control = Process::start(control.args(args));
        let status = control.exit(PATIENCE);
        assert!(status.success(), "rabbitmqctl {args:?}: {}", control.stderr().join("\n"));
    }

    #[track_caller]
    fn serves(&self) {
        until("the broker serves", PATIENCE, || greets(self.address));
    }
}

/// Who answers there speaks AMQP: it is the first to speak after the greeting.
fn greets(address: SocketAddr) -> Option<()> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(3))).ok()?;
    stream.write_all(b"AMQP\x00\x00\x09\x01").ok()?;
    let mut frame = [0; 7];
    stream.read_exact(&mut frame).ok()?;
    frame.starts_with(&[1, 0, 0]).then_some(())
}

/// One of its programs, as the node at `address`.
fn command(name: &str, folder: &TestDir, address: SocketAddr, ports: Ports) -> Command {
    let at = |name: &str| folder.join(name);
    let control = ports.control.to_string();
    let mut command = Command::new(program(name));
    command
        .current_dir(folder.path())
        // Where Erlang keeps the cookie that lets `rabbitmqctl` in.
        .env("HOME", folder.path())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("ERL_EPMD_PORT", ports.names.to_string())
        .env("RABBITMQ_NODENAME", format!("outgrow-{}@localhost", ports.server))
        .env("RABBITMQ_NODE_IP_ADDRESS", address.ip().to_string())
        .env("RABBITMQ_NODE_PORT", address.port().to_string())
        .env("RABBITMQ_DIST_PORT", ports.server.to_string())
        .env("RABBITMQ_CTL_DIST_PORT_MIN", &control)
        .env("RABBITMQ_CTL_DIST_PORT_MAX", &control)
        .env("RABBITMQ_MNESIA_BASE", at("data"))
        .env("RABBITMQ_LOG_BASE", at("logs"))
        .env("RABBITMQ_PID_FILE", at("pid"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins"))
        .env("RABBITMQ_CONFIG_FILE", at("rabbitmq"))
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        // The program is then the server itself and no script around it, so that signals reach it.
        .env("RUNNING_UNDER_SYSTEMD", "true")
        .env_remove("NOTIFY_SOCKET");
    command
}

#[track_caller]
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    match listener {
        Ok(address) => address.port(),
        Err(error) => panic!("there is no free port: {error}"),
    }
}

fn program(name: &str) -> PathBuf {
    let folders = FOLDERS.map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let all = folders.into_iter().chain(env::split_paths(&path)).map(|folder| folder.join(name));
    let found = all.into_iter().find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("there is no `{name}`: `cargo xtask test` installs RabbitMQ"))
}
