//! Who is where, and by which contract they answer: in `topology` and in the readiness of a process.

use serde_json::Value;

use crate::{command_line::run, system::System};

#[tokio::test]
async fn topology_and_readiness_say_who_answers_and_by_which_contract() {
    let mut shop = System::started(&[("stock", &["inventory"])], "").await;
    let now = |shop: &System| {
        let (code, stdout, _) = run(&shop.dir, &["topology", "--json"]);
        let json: Value = serde_json::from_str(&stdout).unwrap();
        (code, json["contracts"].as_array().unwrap().clone())
    };
    let (code, contracts) = now(&shop);
    let all: Vec<_> = contracts.iter().map(|it| (&it["port"], &it["contract"])).collect();
    assert_eq!(code, 0);
    for port in ["catalog.v1.Catalog", "inventory.v1.Inventory", "ordering.v1.Ordering"] {
        assert!(all.iter().any(|(name, contract)| *name == port && *contract == "same"), "{all:?}");
    }
    shop.process("stock").kill();
    let (_, contracts) = now(&shop);
    let stock = contracts.iter().find(|it| it["port"] == "inventory.v1.Inventory").unwrap();
    assert_eq!(stock["contract"], "unreachable");
    let components = shop.get("/health/ready").await.json()["components"].clone();
    let peer = components.as_array().unwrap().iter().find(|it| it["peer"] == true).unwrap().clone();
    assert_eq!(
        (&peer["up"], peer["name"].as_str().unwrap().starts_with("inventory.v1 at ")),
        (&Value::Bool(false), true)
    );
}
