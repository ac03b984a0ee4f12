//! A whole shop in a directory of its own, at an address of its own: any number of processes by one `outgrow.toml`.

use std::{collections::BTreeMap, net::SocketAddr, process::Command, time::Duration};

use outgrow_testkit::{Http, LoopbackAddr, Process, TestDir, http::Reply, until_async};
use serde_json::{Value, json};

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
    processes: BTreeMap<String, Process>,
}

impl System {
    /// A shop whose named services host these modules; `more` is added to its file. Nothing runs yet.
    pub(crate) fn split(services: &[(&str, &[&str])], more: &str) -> Self {
        let (dir, host) = (TestDir::new(), LoopbackAddr::new());
        let (main, mut grpc) = (host.free(), BTreeMap::new());
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
        }
        file.push(more.to_owned());
        dir.write("outgrow.toml", file.join("\n"));
        Self { dir, main, grpc, processes: BTreeMap::new() }
    }

    /// The same, and every process of it runs and is ready.
    pub(crate) async fn started(services: &[(&str, &[&str])], more: &str) -> Self {
        let mut system = Self::split(services, more);
        for (name, _) in services {
            system.start(name);
        }
        system.start("main");
        system.ready().await;
        system
    }

    pub(crate) fn start(&mut self, service: &str) {
        let mut command = shop();
        command.current_dir(self.dir.path()).args(["serve", service]);
        self.processes.insert(service.to_owned(), Process::start(&mut command));
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

/// An order of so many of one SKU.
pub(crate) fn order(sku: &str, quantity: u32) -> Value {
    json!({"customer": "ada", "lines": [{"sku": sku, "quantity": quantity}], "payment_token": "tok_ok"})
}
