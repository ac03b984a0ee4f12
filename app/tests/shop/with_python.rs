//! Clients in Python, with nothing of ours but the exported files and the documentation: those of `docs/clients`.

use std::{path::Path, process::Command};

use inventory_contract::Inventory;
use outgrow::Port as _;
use outgrow_testkit::{Process, TestDir};
use serde_json::{Value, json};

use crate::{
    command_line::run,
    system::{SOON, System, order, rabbitmq},
};

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/clients");

/// Python in this folder.
fn command(folder: &Path, args: &[&str]) -> Command {
    let python = std::env::var_os("OUTGROW_TEST_PYTHON");
    let python = python.expect("where Python is: cargo xtask test --only python");
    let mut command = Command::new(python);
    command.current_dir(folder).env("PYTHONPATH", "gen").env("PYTHONDONTWRITEBYTECODE", "1").args(args);
    command
}

/// Runs Python in this folder, and returns what it printed.
fn python(folder: &Path, args: &[&str]) -> String {
    let output = command(folder, args).output().unwrap();
    let (said, complaint) = (String::from_utf8(output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complaint}");
    said.unwrap()
}

/// Generates a client from what the binary exports, as the scripts tell their readers to.
fn generate(shop: &System) {
    let (code, _, stderr) = run(&shop.dir, &["contracts", "export", "--out", "api"]);
    assert_eq!(code, 0, "{stderr}");
    std::fs::create_dir(shop.dir.join("gen")).unwrap();
    let protoc = ["-m", "grpc_tools.protoc", "-I", "api", "--python_out=gen", "--grpc_python_out=gen"];
    let files = ["inventory/v1/inventory.proto", "outgrow/v1/outgrow.proto"];
    python(shop.dir.path(), &[&protoc[..], &files].concat());
}

#[tokio::test]
#[ignore = "needs Python: cargo xtask test"]
async fn a_generated_client_reserves_stock_over_grpc_and_reads_a_refusal() {
    let mut shop = System::split(&[("stock", &["inventory"])], "");
    shop.start("stock");
    generate(&shop);
    shop.serves("stock").await;
    let address = shop.grpc["stock"].to_string();
    let said = python(shop.dir.path(), &[&format!("{CLIENTS}/over_grpc.py"), &address]);
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "received: available 5",
            "reserved: the same True state 1",
            "reserved: the same True state 1",
            "stock: reserved 2 available 3",
            "refused out_of_stock right sku True available 3",
            "EXECUTED_NOT_EXECUTED denied",
        ]
    );
}

#[tokio::test]
#[ignore = "needs Python and RabbitMQ: cargo xtask test"]
async fn a_client_of_the_broker_calls_a_port_as_documented() {
    let mut shop = System::split(&[("stock", &["inventory"])], "");
    let queue = shop.reach_over_rabbitmq().queue(<dyn Inventory>::DESC);
    let prefix = queue.strip_suffix(".call.inventory.v1.Inventory").expect("as documented");
    shop.start("stock");
    generate(&shop);
    shop.serves("stock").await;
    let said = python(shop.dir.path(), &[&format!("{CLIENTS}/over_rabbitmq.py"), &rabbitmq(), prefix]);
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "answered available 5",
            "answered state 1",
            "refused out_of_stock 3",
            "not-executed unserved",
            "not-executed unreachable",
        ]
    );
}

/// Hears one event, says so, and publishes it a second time, as a broker or a publisher may.
const REPEATED: &str = r##"
import sys, pika
url, exchange = sys.argv[1:]
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
channel.exchange_declare(exchange, exchange_type="topic", durable=True)
queue = channel.queue_declare("", exclusive=True).method.queue
channel.queue_bind(queue, exchange, routing_key="#")
print("listening", flush=True)
for method, properties, body in channel.consume(queue):
    channel.basic_publish(exchange, method.routing_key, body, properties)
    break
"##;

const SCHEMA: &str = "api/ordering/v1/ordering.v1.events.json";

/// A consumer that holds what it hears against the exported schema, and one that makes it hear something twice.
fn listening(shop: &System, prefix: &str) -> (Process, Process) {
    let (code, _, stderr) = run(&shop.dir, &["contracts", "export", "--out", "api"]);
    assert_eq!(code, 0, "{stderr}");
    let (script, exchange) = (format!("{CLIENTS}/events_over_rabbitmq.py"), format!("{prefix}.events"));
    let hears = [&script, &rabbitmq(), prefix, SCHEMA, "4"];
    let mut consumer = Process::start(&mut command(shop.dir.path(), &hears));
    let mut repeater =
        Process::start(&mut command(shop.dir.path(), &["-c", REPEATED, &rabbitmq(), &exchange]));
    consumer.line_with("listening", SOON);
    repeater.line_with("listening", SOON);
    (consumer, repeater)
}

#[tokio::test]
#[ignore = "needs Python and RabbitMQ: cargo xtask test"]
async fn a_consumer_of_the_broker_hears_each_event_once_as_the_schema_says() {
    let mail = [("mail", &["notifications"][..])];
    let mut shop = System::split(&mail, "");
    let exchange = shop.reach_over_rabbitmq().exchange();
    let prefix = exchange.strip_suffix(".events").expect("as documented");
    let (mut consumer, mut repeater) = listening(&shop, prefix);
    let shop = shop.start_all(&mail).await;
    shop.sell("mug", 1250, 5).await;
    let placed = async || shop.post("/v1/orders", &order("mug", 2)).await.json()["id"].clone();
    let first = placed().await;
    let again = consumer.line_with("again ", SOON);
    repeater.exit(SOON);
    let second = placed().await;
    assert!(consumer.exit(SOON).success());

    let said = consumer.stdout();
    let heard = said.iter().filter_map(|line| line.strip_prefix("event "));
    let heard: Vec<Value> = heard.map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |order: &Value, kind: &str| {
        heard.iter().filter(|it| it["data"]["order"] == *order && it["type"] == kind).count()
    };
    for order in [&first, &second] {
        let each = ["ordering.v1.order_placed", "ordering.v1.order_confirmed"].map(|kind| count(order, kind));
        assert_eq!(each, [1, 1], "{said:?}");
    }
    let event = &heard[0];
    assert_eq!(again, format!("again {}", event["id"].as_str().unwrap()));
    let attributes = |names: &[&str]| names.iter().map(|name| event[*name].clone()).collect::<Vec<_>>();
    assert_eq!(
        attributes(&["specversion", "source", "subject", "stream", "sequence"]),
        [
            json!("1.0"),
            json!(format!("{prefix}/ordering")),
            first,
            json!("ordering.v1.OrderEvent"),
            json!("00000000000000000001"),
        ],
    );
}

/// Holds one event against the schema, and says what is wrong with it.
const HELD: &str = r#"
import sys; sys.path.insert(0, sys.argv[1])
from events_over_rabbitmq import readers, package
known = readers(sys.argv[2])
order = "00000000-0000-0000-0000-000000000011"
whole = {"order": order, "customer": "ada", "total": {"amount": 1250, "currency": "EUR"}}
reader = known[package(sys.argv[2]) + ".order_confirmed"]
reader.validate({**whole, "gift": True})
for change in ({"order": None}, {"total": {"amount": "1250", "currency": "EUR"}}, {"customer": 7}):
    assert not reader.is_valid({**whole, **change}), change
for name in whole:
    assert not reader.is_valid({key: value for key, value in whole.items() if key != name}), name
print("held", *sorted(kind for kind in known if "order_" in kind))
"#;

#[test]
#[ignore = "needs Python: cargo xtask test"]
fn a_validator_of_another_language_reads_the_exported_schema() {
    let dir = TestDir::new();
    let (code, _, stderr) = run(&dir, &["contracts", "export", "--out", "api"]);
    assert_eq!(code, 0, "{stderr}");
    let kinds = ["cancelled", "confirmed", "placed", "rejected"].map(|it| format!("ordering.v1.order_{it}"));
    assert_eq!(
        python(dir.path(), &["-c", HELD, CLIENTS, SCHEMA]).trim(),
        format!("held {}", kinds.join(" "))
    );
}
