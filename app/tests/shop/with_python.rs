//! Clients in Python, with nothing of ours but the exported files and the documentation: those of `docs/clients`.

use std::{path::Path, process::Command};

use inventory_contract::Inventory;
use outgrow::Port as _;

use crate::{
    command_line::run,
    system::{System, rabbitmq},
};

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/clients");

/// Runs Python in this folder, and returns what it printed.
fn python(folder: &Path, args: &[&str]) -> String {
    let python = std::env::var_os("OUTGROW_TEST_PYTHON");
    let python = python.expect("where Python is: cargo xtask test --only python");
    let mut command = Command::new(python);
    command.current_dir(folder).env("PYTHONPATH", "gen").env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.args(args).output().unwrap();
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
