//! buf, which the Protobuf world knows, on what we export and on what we serve.

use std::{path::Path, process::Command};

use outgrow_testkit::TestDir;
use serde_json::{Value, json};

use crate::{command_line::run, system::System};

/// What a run of buf in this folder ended with, said and complained about.
fn buf(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let buf = std::env::var_os("OUTGROW_TEST_BUF").expect("where buf is: cargo xtask test --only buf");
    let output = Command::new(buf).args(args).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The contracts, as a client gets them.
fn exported() -> TestDir {
    let dir = TestDir::new();
    let (code, _, stderr) = run(&dir, &["contracts", "export", "--out", "api"]);
    assert_eq!(code, 0, "{stderr}");
    dir
}

#[test]
#[ignore = "needs buf: cargo xtask test"]
fn the_exported_contracts_are_clean_but_for_the_named_exceptions() {
    let dir = exported();
    let api = dir.join("api");
    assert_eq!(buf(&api, &["lint"]), (0, String::new(), String::new()));

    // Without the exceptions it finds just these: it looks, and no exception is idle.
    let config = std::fs::read_to_string(api.join("buf.yaml")).unwrap();
    let mut lint = config.split("  except:\n");
    let (before, after) = (lint.next().unwrap(), lint.next().unwrap());
    let (except, breaking) = after.split_once("breaking:").unwrap();
    dir.write("api/buf.yaml", format!("{before}breaking:{breaking}"));
    let (code, found, _) = buf(&api, &["lint", "--error-format", "json"]);
    let rule = |line: &str| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned();
    let mut found: Vec<String> = found.lines().map(rule).collect();
    found.sort_unstable();
    found.dedup();
    let mut excepted: Vec<_> = except.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect();
    excepted.sort_unstable();
    assert_eq!((code, found.iter().map(String::as_str).collect()), (100, excepted));
}

/// What a call of Inventory by reflection comes to: nothing but the address and the name is known here.
fn curl(shop: &System, method: &str, key: &str, request: &Value) -> Result<Value, Value> {
    let url = format!("http://{}/inventory.v1.Inventory/{method}", shop.grpc["stock"]);
    let (request, key) = (request.to_string(), format!("idempotency-key: {key}"));
    let args = ["curl", "--protocol", "grpc", "--http2-prior-knowledge", "-H", "outgrow-caller: operator"];
    let (code, stdout, stderr) =
        buf(shop.dir.path(), &[&args[..], &["-H", &key, "-d", &request, &url]].concat());
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| panic!("{stdout}\n{stderr}"));
    if code == 0 { Ok(parsed(&stdout)) } else { Err(parsed(&stderr)) }
}

#[tokio::test]
#[ignore = "needs buf: cargo xtask test"]
async fn a_running_service_is_called_by_reflection_and_its_refusal_is_typed() {
    let mut shop = System::split(&[("stock", &["inventory"])], "");
    shop.start("stock");
    shop.serves("stock").await;
    let level = curl(&shop, "Receive", "1", &json!({ "sku": "mug", "quantity": 5 })).unwrap();
    assert_eq!(level, json!({ "sku": "mug", "onHand": 5, "reserved": 0, "available": 5 }));

    let id = "0197f0e5-0000-7000-8000-000000000001";
    let order =
        |quantity: u32| json!({ "reservation": id, "lines": [{ "sku": "mug", "quantity": quantity }] });
    let refused = curl(&shop, "Reserve", "2", &order(6)).unwrap_err();
    assert_eq!(
        (&refused["code"], &refused["message"], &refused["details"][0]["type"]),
        (
            &json!("failed_precondition"),
            &json!("only 5 of mug available"),
            &json!("inventory.v1.InventoryRefusal")
        )
    );
    let held = curl(&shop, "Reserve", "3", &order(2)).unwrap();
    assert_eq!(held, json!({ "id": id, "state": "RESERVATION_STATE_HELD" }));
}
