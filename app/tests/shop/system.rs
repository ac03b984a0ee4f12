//! A whole shop in a directory of its own, at an address of its own: any number of processes by one `outgrow.toml`.

use std::{
    collections::BTreeMap,
    env,
    net::SocketAddr,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use adapter_rabbitmq::Broker;
use outgrow::ModuleSpec;
use outgrow_testkit::{Http, LoopbackAddr, Process, Proxy, TestDatabase, TestDir, http::Reply, until_async};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::data::Data;

pub(crate) const SOON: Duration = Duration::from_secs(30);

/// The binary under test.
pub(crate) fn shop() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.env_remove("OUTGROW_CONFIG").env_remove("OUTGROW_LOG").env_remove("RUST_LOG");
    command
}

/// A shop and its running processes.
pub(crate) struct System {
    pub(crate) dir: TestDir,
    pub(crate) main: SocketAddr,
    pub(crate) grpc: BTreeMap<String, SocketAddr>,
    /// Where the operations of each service are.
    pub(crate) operations: BTreeMap<String, SocketAddr>,
    /// What the processes find in their environment.
    env: Vec<(String, String)>,
    /// What those of one service find there beside it.
    own: BTreeMap<String, Vec<(String, String)>>,
    processes: BTreeMap<String, Process>,
    /// Where its services reach each other, if that is over the broker. Gone after its processes.
    broker: Option<Left>,
    /// Where its data are. Gone after its processes.
    pub(crate) data: Data,
}

impl System {
    /// A shop whose named services host these modules; `more` is added to its file. Nothing runs yet.
    pub(crate) fn split(services: &[(&str, &[&str])], more: &str) -> Self {
        let (dir, host) = (TestDir::new(), LoopbackAddr::new());
        let (main, mut grpc, mut operations) = (host.free(), BTreeMap::new(), BTreeMap::new());
        let mut file = vec![format!("[data]\nsample = false\n\n[services.main]\nhttp = \"{main}\"")];
        if !services.is_empty() {
            let address = host.free();
            file.push(format!("address = \"grpc://{address}\""));
            grpc.insert("main".to_owned(), address);
        }
        for (name, modules) in services {
            let (address, http) = (host.free(), host.free());
            file.push(format!("\n[services.{name}]\nmodules = {modules:?}"));
            file.push(format!("address = \"grpc://{address}\"\nhttp = \"{http}\""));
            grpc.insert((*name).to_owned(), address);
            operations.insert((*name).to_owned(), http);
        }
        file.push(more.to_owned());
        dir.write("outgrow.toml", file.join("\n"));
        let data = Data::Folder(dir.path().to_owned());
        let (env, own, processes) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { dir, main, grpc, operations, env, own, processes, broker: None, data }
    }

    /// The same on PostgreSQL: its processes log in as a user who may do nothing by itself, `migrate` as one who may
    /// do everything.
    pub(crate) async fn split_on_postgres(services: &[(&str, &[&str])], more: &str) -> Self {
        let mut system = Self::split(services, more);
        let database = TestDatabase::new().await;
        let login = format!("{}_login", database.name());
        database.administer(format!("create role {login} login")).await;
        system.env.push(("OUTGROW__DATA__URL".to_owned(), database.url_as(&login)));
        system.env.push(("OUTGROW__DATA__ADMIN_URL".to_owned(), database.url()));
        Self { data: Data::Database(database), ..system }
    }

    /// From the next start on, its services reach each other over the broker, under names of their own there.
    pub(crate) fn reach_over_rabbitmq(&mut self) -> Broker {
        let broker = self.reach_over(&rabbitmq());
        self.broker = Some(Left(broker.clone()));
        broker
    }

    /// The same over this broker, of which nobody takes anything away.
    pub(crate) fn reach_over(&mut self, url: &str) -> Broker {
        static SYSTEMS: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("s-{}-{}", std::process::id(), SYSTEMS.fetch_add(1, Ordering::Relaxed));
        self.set("OUTGROW__BROKER__URL", url);
        self.set("OUTGROW__BROKER__PREFIX", &prefix);
        let services: Vec<_> = self.grpc.keys().map(|name| name.to_uppercase()).collect();
        for service in services {
            self.set(&format!("OUTGROW__SERVICES__{service}__ADDRESS"), "rabbitmq");
        }
        Broker::new(url, &prefix).unwrap()
    }

    /// From the next start on, its services reach each other at addresses of their own again. The broker stays known.
    pub(crate) fn leave_rabbitmq(&mut self) {
        let services: Vec<_> = self.grpc.keys().cloned().collect();
        for service in services {
            self.reach_over_grpc(&service);
        }
    }

    /// From the next start on, this service is reached at an address of its own.
    pub(crate) fn reach_over_grpc(&mut self, service: &str) {
        let name = format!("OUTGROW__SERVICES__{}__ADDRESS", service.to_uppercase());
        self.set(&name, &format!("grpc://{}", self.grpc[service]));
    }

    /// From the next start on, this service reaches the broker through a proxy.
    pub(crate) async fn reach_the_broker_through_proxy(&mut self, service: &str) -> Proxy {
        let (url, through) = (rabbitmq(), LoopbackAddr::new().free());
        let (login, rest) = url.rsplit_once('@').unwrap();
        let (host, vhost) = rest.split_once('/').unwrap();
        let to = tokio::net::lookup_host(host).await.unwrap().next().unwrap();
        let url = format!("{login}@{through}/{vhost}");
        self.own.entry(service.to_owned()).or_default().push(("OUTGROW__BROKER__URL".to_owned(), url));
        Proxy::start(through, to).await.expect("the address is free")
    }

    /// Calls to this service go over the broker where its own address cannot be reached.
    pub(crate) fn also_reach_over_rabbitmq(&mut self, service: &str) {
        let name = format!("OUTGROW__SERVICES__{}__ADDRESS", service.to_uppercase());
        let (_, address) = self.env.iter().rfind(|(set, _)| *set == name).expect("it has an address").clone();
        self.set(&name, &format!("[\"{address}\", \"rabbitmq\"]"));
    }

    /// The same, and every process of it runs and is ready.
    pub(crate) async fn started_over_rabbitmq(services: &[(&str, &[&str])]) -> Self {
        let mut system = Self::split(services, "");
        system.reach_over_rabbitmq();
        system.start_all(services).await
    }

    /// Sets a variable in the environment of every process that is started from now on.
    pub(crate) fn set(&mut self, variable: &str, value: &str) {
        self.env.push((variable.to_owned(), value.to_owned()));
    }

    /// `shop` with these arguments, by the file of this shop.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = shop();
        command.current_dir(self.dir.path()).args(args).envs(self.env.iter().cloned());
        command
    }

    /// `shop migrate`, and what it said.
    pub(crate) fn migrate(&self) -> String {
        let output = self.command(&["migrate"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, and every process of it runs and is ready.
    pub(crate) async fn started(services: &[(&str, &[&str])], more: &str) -> Self {
        Self::split(services, more).start_all(services).await
    }

    /// The same on PostgreSQL.
    pub(crate) async fn started_on_postgres(services: &[(&str, &[&str])], more: &str) -> Self {
        let system = Self::split_on_postgres(services, more).await;
        system.migrate();
        system.start_all(services).await
    }

    /// Its processes run and are ready.
    pub(crate) async fn start_all(mut self, services: &[(&str, &[&str])]) -> Self {
        let system = &mut self;
        for (name, _) in services {
            system.start(name);
        }
        system.start("main");
        system.ready().await;
        self
    }

    pub(crate) fn start(&mut self, service: &str) {
        let mut command = self.command(&["serve", service]);
        command.envs(self.own.get(service).into_iter().flatten().cloned());
        self.processes.insert(service.to_owned(), Process::start(&mut command));
    }

    /// Starts another process of a service under another name, at an address of its own, which is returned.
    pub(crate) fn start_beside(&mut self, service: &str, name: &str) -> SocketAddr {
        let mut command = self.command(&["serve", service]);
        let at = LoopbackAddr::new().free();
        command.env(format!("OUTGROW__SERVICES__{}__HTTP", service.to_uppercase()), at.to_string());
        self.processes.insert(name.to_owned(), Process::start(&mut command));
        at
    }

    /// From the next start on, this service kills itself at the crash point of this name, or does not any more.
    pub(crate) fn crash_at(&mut self, service: &str, point: Option<&str>) {
        self.plant(service, "OUTGROW_CRASH", point);
    }

    /// From the next start on, this service has a defect: its handlers panic at events with this text, or do not any
    /// more.
    pub(crate) fn panic_at(&mut self, service: &str, text: Option<&str>) {
        self.plant(service, "OUTGROW_PANIC", text);
    }

    fn plant(&mut self, service: &str, variable: &str, what: Option<&str>) {
        let own = self.own.entry(service.to_owned()).or_default();
        own.retain(|(name, _)| name != variable);
        own.extend(what.map(|what| (variable.to_owned(), what.to_owned())));
    }

    /// From the next start on, calls to this service go through a proxy.
    pub(crate) async fn reach_through_proxy(&mut self, service: &str) -> Proxy {
        let (at, through) = (self.grpc[service], LoopbackAddr::new().free());
        let setting = |name: &str| format!("OUTGROW__SERVICES__{}__{name}", service.to_uppercase());
        self.env.push((setting("LISTEN"), format!("grpc://{at}")));
        self.env.push((setting("ADDRESS"), format!("grpc://{through}")));
        Proxy::start(through, at).await.expect("the address is free")
    }

    pub(crate) fn process(&mut self, service: &str) -> &mut Process {
        self.processes.get_mut(service).expect("it was started")
    }

    pub(crate) fn http(&self) -> Http {
        Http::at(self.main).within(Duration::from_secs(20))
    }

    /// Waits until `main` is ready and everything it calls answers.
    pub(crate) async fn ready(&self) {
        let http = self.http();
        until_async("the shop is ready", SOON, async || {
            let reply = http.get("/health/ready").send().await.ok()?;
            let components = reply.json()["components"].as_array().cloned().unwrap_or_default();
            (reply.status == 200 && components.iter().all(|component| component["up"] == true)).then_some(())
        })
        .await;
    }

    /// Where a service tells how it is.
    pub(crate) fn operations(&self, service: &str) -> Http {
        Http::at(self.operations.get(service).copied().unwrap_or(self.main))
    }

    /// Waits until this service is ready, whether others are there or not.
    pub(crate) async fn serves(&self, service: &str) {
        let http = self.operations(service);
        until_async(&format!("{service} serves"), SOON, async || {
            (http.get("/health/ready").send().await.ok()?.status == 200).then_some(())
        })
        .await;
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.http().get(path).send().await.expect("main answers")
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.http().post(path).json(body).send().await.expect("main answers")
    }

    /// Publishes a product and receives some of it.
    pub(crate) async fn sell(&self, sku: &str, price: i64, quantity: u32) {
        let product = json!({"sku": sku, "name": sku, "price": {"amount": price, "currency": "EUR"}});
        assert_eq!(self.post("/v1/products", &product).await.status, 201);
        let receipt = json!({"quantity": quantity});
        assert_eq!(self.post(&format!("/v1/stock/{sku}/receipts"), &receipt).await.status, 201);
    }

    /// What is on hand, reserved and available.
    pub(crate) async fn stock(&self, sku: &str) -> (u64, u64, u64) {
        let reply = self.get(&format!("/v1/stock/{sku}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let level = reply.json();
        let of = |field: &str| level[field].as_u64().expect("a number");
        (of("on_hand"), of("reserved"), of("available"))
    }

    /// Waits until an order has this status.
    pub(crate) async fn order_becomes(&self, id: &str, status: &str) -> Value {
        let path = format!("/v1/orders/{id}");
        until_async(&format!("order {id} is {status}"), SOON, async || {
            let order = self.http().get(&path).send().await.ok()?.json();
            (order["status"] == status).then_some(order)
        })
        .await
    }
}

/// What outlives the processes on a broker that others use, too: it is taken away.
struct Left(Broker);

/// The modules that listen to others, or to themselves: each has queues there.
const LISTENERS: [&ModuleSpec; 2] = [&notifications_infra::SPEC, &ordering_infra::SPEC];

impl Drop for Left {
    fn drop(&mut self) {
        let broker = self.0.clone();
        let forget = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let forgotten = until_async("nobody listens any more", SOON, async || {
                for listener in LISTENERS {
                    if broker.forget(listener.name).await.is_err() {
                        sleep(Duration::from_millis(100)).await; // each look is a connection
                        return false;
                    }
                }
                true
            });
            runtime.block_on(forgotten);
        };
        let forgotten = std::thread::spawn(forget).join();
        assert!(forgotten.is_ok() || std::thread::panicking(), "something is left at the broker");
    }
}

/// Where the broker is that all tests share.
pub(crate) fn rabbitmq() -> String {
    env::var("OUTGROW_TEST_RABBITMQ").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}

/// An order of so many of one SKU.
pub(crate) fn order(sku: &str, quantity: u32) -> Value {
    json!({"customer": "ada", "lines": [{"sku": sku, "quantity": quantity}], "payment_token": "tok_ok"})
}
