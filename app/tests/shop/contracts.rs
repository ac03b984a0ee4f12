//! `shop contracts`: what other languages see, and what may never change.

use outgrow_testkit::TestDir;
use serde_json::{Value, json};

use crate::command_line::run;

#[test]
fn the_exported_contracts_are_what_the_code_says() {
    let dir = TestDir::new();
    let top = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let (code, _, stderr) = run(&dir, &["contracts", "export", "--check", "--dir", top]);
    assert_eq!((code, &*stderr), (0, ""), "run `cargo run -- contracts export`");
}

#[test]
fn a_binary_without_its_source_gives_its_clients_the_contracts() {
    let dir = TestDir::new();
    let (code, _, stderr) = run(&dir, &["contracts", "export", "--out", "api"]);
    assert_eq!((code, &*stderr), (0, ""));
    let read = |file: &str| std::fs::read_to_string(file).unwrap();
    for module in ["inventory", "ordering"] {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../modules");
        let golden = read(&format!("{golden}/{module}/contract/{module}.v1.proto"));
        assert_eq!(read(dir.join(format!("api/{module}/v1/{module}.proto")).to_str().unwrap()), golden);
    }
    for file in ["outgrow/v1/outgrow.proto", "buf.yaml"] {
        assert!(dir.join("api").join(file).exists(), "what they import, and what buf must know");
    }
}

#[test]
fn the_documents_about_events_speak_of_the_broker_that_is_configured() {
    let dir = TestDir::new();
    dir.write("outgrow.toml", "[broker]\nurl = \"amqp://127.0.0.1\"\nprefix = \"mine\"\n");
    let (code, _, stderr) = run(&dir, &["contracts", "export", "--out", "api"]);
    assert_eq!((code, &*stderr), (0, ""));
    let read = |file: &str| std::fs::read_to_string(dir.join("api/ordering/v1").join(file)).unwrap();
    let document: Value = serde_json::from_str(&read("ordering.v1.asyncapi.json")).unwrap();
    let exchange = &document["channels"]["ordering.v1.OrderEvent"]["bindings"]["amqp"]["exchange"]["name"];
    assert_eq!(exchange, "mine.events");
    let payload =
        &document["components"]["messages"]["ordering.v1.order_placed"]["payload"]["schema"]["$ref"];
    let (file, place) = payload.as_str().unwrap().split_once('#').unwrap();
    let schema: Value = serde_json::from_str(&read(file)).unwrap();
    assert_eq!(schema.pointer(place).unwrap()["type"], "object", "it is where the document says");
}

/// The locks of this version, in a folder of their own, one of them changed.
fn version(change: impl Fn(&str) -> String) -> TestDir {
    let (dir, top) = (TestDir::new(), concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    for path in [
        "kit/outgrow",
        "modules/catalog/contract",
        "modules/inventory/contract",
        "modules/notifications/contract",
        "modules/ordering/contract",
        "modules/payments/contract",
    ] {
        let lock = std::fs::read_to_string(format!("{top}/{path}/wire.lock")).unwrap();
        std::fs::create_dir_all(dir.join(path)).unwrap();
        dir.write(format!("{path}/wire.lock"), if path.contains("inventory") { change(&lock) } else { lock });
    }
    dir
}

#[test]
fn a_breaking_change_since_another_version_is_named_with_the_way_to_do_it() {
    let check = |change: &dyn Fn(&str) -> String| {
        let before = version(change);
        run(&before, &["contracts", "check", "--against", before.path().to_str().unwrap()])
    };
    let (code, said, stderr) = check(&str::to_owned);
    assert_eq!((code, said.matches("understand it").count(), &*stderr), (0, 6, ""), "nothing has changed");
    let added = check(&|lock| {
        lock.replace("  2 never_received inventory.v1.InventoryRefusal.NeverReceived\n", "")
            .replace("  8 shipped inventory.v1.InventoryRefusal.Shipped\n", "")
    });
    assert_eq!(added.0, 65, "a number below one that was used: {}", added.2);
    let added = check(&|lock| lock.replace("  8 shipped inventory.v1.InventoryRefusal.Shipped\n", ""));
    assert_eq!(added.0, 0, "an additive change: {}", added.2);

    for (was, is, says) in [
        (
            "  rpc Ship idempotent",
            "  rpc Dispatch query inventory.v1.A -> inventory.v1.B | inventory.v1.C\n  rpc Ship idempotent",
            "inventory.v1.Inventory/Dispatch: peers still use it; put it back, or start a new major version \
             [METHOD_REMOVED]",
        ),
        ("  rpc Ship idempotent", "  rpc Ship query", "Inventory/Ship: callers rely on `query`"),
        (
            "service inventory.v1.Inventory\n",
            "stream inventory.v1.StockEvent key sku\nservice inventory.v1.Inventory\n",
            "inventory.v1.StockEvent: peers still use it; put it back, or start a new major version [STREAM_REMOVED]",
        ),
        (
            "  2 quantity required uint32\n\nmessage inventory.v1.ReleaseStock",
            "\nmessage inventory.v1.ReleaseStock",
            "ReceiveStock.quantity = 2: peers do not send it yet",
        ),
        ("  3 Released\n", "", "ReservationState.Released = 3: peers cannot read it yet"),
        (
            "  1 sku required string\n  2 quantity",
            "  1 code required string\n  2 quantity",
            "ReceiveStock.sku = 1: it is called `code`",
        ),
        ("  1 reservation required string(uuid)", "  1 reservation required string", "[VALUES_CHANGED]"),
    ] {
        let (code, _, stderr) = check(&|lock| {
            assert!(lock.contains(was), "{was}");
            lock.replacen(was, is, 1)
        });
        assert_eq!((code, stderr.contains(says)), (65, true), "{says}\n{stderr}");
    }
}

#[test]
fn the_lock_of_a_version_that_moved_aside_is_found_by_what_it_says() {
    let before = version(|_| String::new());
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../modules/inventory/contract/wire.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    before.write(
        "modules/inventory/contract/inventory.v1.lock",
        lock.replace("rpc Ship idempotent", "rpc Ship query"),
    );
    let (code, _, stderr) =
        run(&before, &["contracts", "check", "--against", before.path().to_str().unwrap()]);
    assert_eq!((code, stderr.contains("Inventory/Ship: callers rely on `query`")), (65, true), "{stderr}");
}

#[test]
fn scripts_read_the_verdict_as_json() {
    let before = version(|lock| lock.replace("  rpc Ship idempotent", "  rpc Ship query"));
    let args = ["contracts", "check", "--json", "--against", before.path().to_str().unwrap()];
    let (code, stdout, _) = run(&before, &args);
    let verdict: Value = serde_json::from_str(&stdout).unwrap();
    let of = |contract: &str| {
        let mut all = verdict["contracts"].as_array().unwrap().iter();
        all.find(|it| it["contract"] == contract).unwrap()["breaches"].clone()
    };
    let breach = json!([{
        "place": "inventory.v1.Inventory/Ship",
        "rule": "PROMISE_WEAKENED",
        "says": "callers rely on `query`; leave it, and add another method",
    }]);
    assert_eq!((code, of("inventory.v1"), of("outgrow.v1")), (65, breach, json!([])));
}

#[test]
fn a_version_of_git_is_compared_with_whatever_became_of_its_locks_since() {
    let before = version(|lock| lock.replace("  rpc Ship idempotent", "  rpc Ship query"));
    std::fs::create_dir_all(before.join("modules/parcels/contract")).unwrap();
    before.write("modules/parcels/contract/wire.lock", "service parcels.v1.Parcels\n");
    let git = |args: &[&str]| {
        let names = ["-c", "user.name=tests", "-c", "user.email=tests@example.org"];
        let status =
            std::process::Command::new("git").args(names).args(args).current_dir(before.path()).output();
        assert!(status.unwrap().status.success(), "{args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "before"]);
    before.write("modules/inventory/contract/wire.lock", "");
    let (code, _, stderr) = run(&before, &["contracts", "check", "--against", "HEAD"]);
    assert_eq!(code, 65, "{stderr}");
    for says in [
        "Inventory/Ship: callers rely on `query`",
        "parcels.v1.Parcels: the contract is gone, and peers still use it; put it back [CONTRACT_REMOVED]",
    ] {
        assert!(stderr.contains(says), "{says}\n{stderr}");
    }
    let withdrawn = ["contracts", "check", "--against", "HEAD", "--withdrawn", "parcels.v1"];
    assert!(!run(&before, &withdrawn).2.contains("parcels"), "it is gone on purpose");
    let (code, _, stderr) = run(&before, &["contracts", "check", "--against", "v9"]);
    assert_eq!((code, stderr.contains("v9")), (64, true), "{stderr}");
    let empty = TestDir::new();
    let (code, _, stderr) = run(&empty, &["contracts", "check", "--against", empty.path().to_str().unwrap()]);
    assert_eq!((code, stderr.contains("nothing can be compared")), (64, true), "{stderr}");
}
