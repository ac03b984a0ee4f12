//! What load is put on: shops of one process or two, and the bare program, each on data of its own.

use std::{fs, net::SocketAddr, process::Command, time::Duration};

use outgrow_testkit::{LoopbackAddr, Process, TestDatabase, TestDir, contest::Failure, until_async};
use serde_json::json;
use tokio::task::JoinSet;

use crate::http::Http;

/// How many products there are, a million of each on hand.
pub(crate) const SKUS: u32 = 500;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where data are.
#[derive(Clone, Copy)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// How a shop is split: those who are asked for an order in a service of their own, reached so; the rest in `main`.
pub(crate) enum Split {
    Not,
    Grpc,
    RabbitMq { broker: String, prefix: String },
}

impl Split {
    /// What the file says of it; `http` is for the operations of the second service.
    fn configured(&self, host: &LoopbackAddr, http: SocketAddr) -> String {
        let service = |address: &str| {
            format!(
                "\n[services.stock]\nmodules = [\"catalog\", \"inventory\", \"payments\"]\naddress = \"{address}\"\nhttp = \"{http}\"\n"
            )
        };
        match self {
            Self::Not => String::new(),
            Self::Grpc => service(&format!("grpc://{}", host.free())),
            Self::RabbitMq { broker, prefix } => {
                service("rabbitmq") + &format!("\n[broker]\nurl = \"{broker}\"\nprefix = \"{prefix}\"\n")
            }
        }
    }
}

/// Running processes, and their data. All is gone when it goes out of scope.
pub(crate) struct System {
    pub(crate) http: Http,
    processes: Vec<Process>,
    _database: Option<TestDatabase>,
    _dir: TestDir,
}

impl System {
    /// The bare program.
    pub(crate) async fn bare(program: &str, engine: Engine) -> Self {
        let (dir, at) = (TestDir::new(), LoopbackAddr::new().free());
        let (database, url) = data(engine, &dir).await;
        let mut command = Command::new(program);
        command.args([&url, &at.to_string(), &SKUS.to_string()]);
        let processes = vec![Process::start(&mut command)];
        Self { http: ready(at).await, processes, _database: database, _dir: dir }
    }

    /// A shop.
    pub(crate) async fn shop(program: &str, engine: Engine, split: Split) -> Result<Self, Failure> {
        let (dir, host) = (TestDir::new(), LoopbackAddr::new());
        let (database, url) = data(engine, &dir).await;
        let (main, stock) = (host.free(), host.free());
        let file = format!("[data]\nurl = \"{url}\"\nsample = false\n\n[services.main]\nhttp = \"{main}\"\n");
        dir.write("outgrow.toml", file + &split.configured(&host, stock));
        let shop = |args: &[&str]| {
            let mut command = Command::new(program);
            command.args(args).current_dir(dir.path());
            Process::start(&mut command)
        };
        let migrated = shop(&["migrate"]).exit(PATIENCE);
        if !migrated.success() {
            return Err(format!("{program} migrate: {migrated}").into());
        }
        let mut processes = Vec::new();
        if !matches!(split, Split::Not) {
            processes.push(shop(&["serve", "stock"]));
            ready(stock).await;
        }
        processes.push(shop(&["serve"]));
        let system = Self { http: ready(main).await, processes, _database: database, _dir: dir };
        system.fill().await?;
        Ok(system)
    }

    /// Publishes and receives all products, as anybody would.
    async fn fill(&self) -> Result<(), Failure> {
        let mut filling = JoinSet::new();
        for number in 0..SKUS {
            let http = self.http.clone();
            filling.spawn(async move {
                let sku = format!("sku-{number}");
                let price = json!({ "amount": 1250, "currency": "EUR" });
                let product = json!({ "sku": sku, "name": sku, "price": price });
                http.post("/v1/products", &product).await?;
                http.post(&format!("/v1/stock/{sku}/receipts"), &json!({ "quantity": 1_000_000 })).await
            });
        }
        while let Some(filled) = filling.join_next().await {
            filled??;
        }
        Ok(())
    }

    /// What its processes have used of processors so far, user and system.
    pub(crate) fn processor_time(&self) -> Result<Duration, Failure> {
        let mut total = Duration::ZERO;
        for process in &self.processes {
            let stat = fs::read_to_string(format!("/proc/{}/stat", process.id()))?;
            total += TICK * ticks_of(&stat).ok_or("/proc tells nothing of processor time")?;
        }
        Ok(total)
    }
}

/// What Linux counts processor time in for users, whatever its own clock.
const TICK: Duration = Duration::from_millis(10);

/// The ticks of `/proc/<pid>/stat`: the 14th and 15th of its fields, the second of which is a name that may hold spaces.
fn ticks_of(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields.split(' ').skip(11).map(|ticks| ticks.parse::<u32>().ok());
    Some(ticks.next()?? + ticks.next()??)
}

async fn data(engine: Engine, dir: &TestDir) -> (Option<TestDatabase>, String) {
    match engine {
        Engine::Sqlite => (None, format!("sqlite:{}", dir.join("data").display())),
        Engine::Postgres => {
            let database = TestDatabase::new().await;
            let url = database.url();
            (Some(database), url)
        }
    }
}

async fn ready(at: SocketAddr) -> Http {
    let http = Http::at(at);
    until_async(&format!("{at} is ready"), PATIENCE, async || http.is_ready().await).await;
    http
}
