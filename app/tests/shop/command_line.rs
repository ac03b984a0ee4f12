//! The command line: what it says, where, and with which exit code.

use std::{process::Output, time::Duration};

use outgrow_testkit::{LoopbackAddr, Process, TestDir};
use serde_json::Value;

use crate::system::{SOON, System, shop};

pub(crate) fn run(dir: &TestDir, args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = shop().current_dir(dir.path()).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[tokio::test]
async fn asked_to_end_while_it_starts_it_ends_well() {
    for _ in 0..5 {
        let mut shop = System::split(&[], "");
        shop.start("main");
        shop.process("main").line_with("try:", SOON);
        shop.process("main").terminate();
        assert!(shop.process("main").exit(SOON).success());
    }
}

#[test]
fn topology_shows_who_is_where_and_who_calls_whom() {
    let (dir, nowhere) = (TestDir::new(), LoopbackAddr::new().free());
    let stock = format!("[services.stock]\nmodules = [\"inventory\"]\naddress = \"grpc://{nowhere}\"\n");
    dir.write(
        "outgrow.toml",
        format!("{stock}listen = \"grpc://0.0.0.0:7101\"\nhttp = \"127.0.0.1:8081\"\n[services.spare]\n"),
    );
    let (code, stdout, _) = run(&dir, &["topology"]);
    assert_eq!(code, 0);
    let golden = format!(
        "\
outgrow.toml

service       module        http                    address
main          catalog       127.0.0.1:8080
              payments
              ordering
              notifications
spare         (none yet)    -
stock         inventory     127.0.0.1:8081          grpc://{nowhere}, listens at grpc://0.0.0.0:7101

from          to            placement
edge          catalog       local
edge          inventory     grpc
edge          payments      local
edge          ordering      local
edge          notifications local
ordering      catalog       local
ordering      inventory     grpc
ordering      payments      local

events                      heard by      placement
ordering.v1.OrderEvent      ordering      local
ordering.v1.OrderEvent      notifications local

port                        address                     now
inventory.v1.Inventory      {:<28}nobody answers
",
        format!("grpc://{nowhere}")
    );
    assert_eq!(stdout, golden);
    let json: Value = serde_json::from_str(&run(&dir, &["topology", "--json"]).1).unwrap();
    let stock = serde_json::json!({
        "modules": ["inventory"],
        "http": "127.0.0.1:8081",
        "address": [format!("grpc://{nowhere}")],
        "listen": "grpc://0.0.0.0:7101",
    });
    assert_eq!(json["services"]["stock"], stock);
    assert_eq!(json["calls"][1]["placement"], "grpc");
    let hears = |module| serde_json::json!({ "stream": "ordering.v1.OrderEvent", "heard_by": module, "placement": "local" });
    assert_eq!(json["events"], serde_json::json!([hears("ordering"), hears("notifications")]));
    assert_eq!(json["contracts"][0]["contract"], "unreachable");
}

#[test]
fn wrong_usage_ends_with_64_and_says_what_is_right() {
    let dir = TestDir::new();
    let (code, _, stderr) = run(&dir, &["serve", "stok"]);
    assert_eq!(code, 64);
    assert!(stderr.contains("there is no service `stok`") && stderr.contains("main"), "{stderr}");
    assert_eq!(run(&dir, &["sevre"]).0, 64);
    assert_eq!(run(&dir, &["--http", "127.0.0.1:1", "check"]).0, 64);
    assert_eq!(run(&dir, &["--config", "none.toml", "check"]).0, 64);
    dir.write("outgrow.toml", "data = [");
    let (code, _, stderr) = run(&dir, &["check"]);
    assert_eq!((code, stderr.contains("outgrow.toml")), (64, true), "{stderr}");
}

#[test]
fn help_has_examples_everywhere() {
    let dir = TestDir::new();
    let commands = [
        "",
        "serve",
        "check",
        "topology",
        "contracts",
        "contracts export",
        "contracts check",
        "events archive",
        "migrate",
        "import",
        "orders",
        "orders rebuild-history",
        "payments",
        "payments rebuild",
    ];
    for command in commands {
        let args: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        let (code, stdout, _) = run(&dir, &args);
        assert_eq!((code, stdout.contains("Examples:")), (0, true), "{args:?}\n{stdout}");
    }
}

#[test]
fn it_has_the_name_of_its_application() {
    let dir = TestDir::new();
    assert!(run(&dir, &["--version"]).1.starts_with("shop "));
    assert!(run(&dir, &["--help"]).1.contains("A small shop"));
}

#[tokio::test]
async fn it_says_where_everything_is_and_what_to_try() {
    let mut shop = System::started(&[("stock", &["inventory"])], "").await;
    let main = shop.main;
    let said = shop.process("main").stdout().join("\n");
    for part in
        ["catalog       local", "inventory     grpc", &format!("try: curl -s http://{main}/v1/products")]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[tokio::test]
async fn asked_to_end_it_ends_well() {
    let mut shop = System::started(&[("stock", &["inventory"])], "").await;
    for service in ["stock", "main"] {
        shop.process(service).terminate();
        assert!(shop.process(service).exit(Duration::from_secs(20)).success(), "{service}");
    }
}

#[tokio::test]
async fn a_taken_port_ends_it_at_once_and_is_named() {
    let mut taken = System::started(&[], "").await;
    let dir = TestDir::new();
    for args in [&["serve", "--http"][..], &["--http"]] {
        let (code, _, stderr) = run(&dir, &[args, &[&taken.main.to_string()]].concat());
        assert_eq!((code, stderr.contains(&taken.main.to_string())), (69, true), "{stderr}");
    }
    assert!(taken.process("main").is_running());
}

#[test]
fn data_that_is_not_what_it_should_be_ends_it_with_65() {
    let dir = TestDir::new();
    assert_eq!(run(&dir, &["migrate"]).0, 0);
    let (code, stdout, _) = run(&dir, &["migrate"]);
    assert_eq!((code, stdout.contains("inventory: up to date")), (0, true), "{stdout}");
    dir.write(
        "data/ordering.db",
        "this is not a database, and long enough to be told from an empty one".repeat(100),
    );
    let (code, _, stderr) = run(&dir, &["migrate"]);
    assert_eq!((code, stderr.contains("ordering")), (65, true), "{stderr}");
}

#[test]
fn an_empty_shop_is_filled_with_a_sample_once() {
    let (dir, http) = (TestDir::new(), LoopbackAddr::new().free().to_string());
    for start in 0..2 {
        let mut process = Process::start(shop().current_dir(dir.path()).args(["serve", "--http", &http]));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let client = outgrow_testkit::Http::at(&http);
        let stock = runtime.block_on(outgrow_testkit::until_async("the sample is there", SOON, async || {
            let products = client.get("/v1/products").send().await.ok()?.json();
            let stock = client.get("/v1/stock/kettle-last").send().await.ok()?;
            (products["items"].as_array()?.len() == 5 && stock.status == 200).then(|| stock.json())
        }));
        assert_eq!(stock["on_hand"], 1, "start {start}");
        process.terminate();
        assert!(process.exit(SOON).success());
    }
}

#[tokio::test]
async fn the_sample_waits_for_whom_it_needs_and_nobody_waits_for_the_sample() {
    let mut shop = System::split(&[("stock", &["inventory"])], "");
    shop.set("OUTGROW__DATA__SAMPLE", "true");
    shop.start("main");
    shop.serves("main").await;
    shop.process("main").line_with("the sample catalogue is not loaded yet", SOON);
    assert_eq!(shop.get("/v1/products").await.json()["items"], serde_json::json!([]), "stock comes first");
    shop.start("stock");
    let filled = async || shop.get("/v1/products").await.json()["items"].as_array().unwrap().len() == 5;
    outgrow_testkit::until_async("the sample is there", SOON, filled).await;
}
