//! The documents about events, held against the official schema of `AsyncAPI`.

use std::fs;

use outgrow_testkit::TestDir;
use serde_json::Value;

use crate::command_line::run;

fn read(path: impl AsRef<std::path::Path>) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn exported() -> Value {
    let dir = TestDir::new();
    let (code, _, stderr) = run(&dir, &["contracts", "export", "--out", "api"]);
    assert_eq!(code, 0, "{stderr}");
    read(dir.join("api/ordering/v1/ordering.v1.asyncapi.json"))
}

#[test]
#[ignore = "needs AsyncAPI: cargo xtask test"]
fn the_documents_about_events_are_valid_by_the_official_schema() {
    let official = std::env::var_os("OUTGROW_TEST_ASYNCAPI");
    let official = official.expect("where the schema is: cargo xtask test --only asyncapi");
    let official = jsonschema::validator_for(&read(official)).unwrap();
    let document = exported();
    let wrong: Vec<_> = official.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(wrong, Vec::<String>::new());

    // It looks: what is wrong somewhere deep down is found.
    for (place, value) in [
        ("/asyncapi", "2.0.0"),
        ("/channels/ordering.v1.OrderEvent/bindings/amqp/exchange/type", "tropical"),
        ("/operations/publish.ordering.v1.OrderEvent/action", "shout"),
        ("/components/messages/ordering.v1.order_placed/correlationId/location", "somewhere"),
    ] {
        let mut other = document.clone();
        *other.pointer_mut(place).unwrap() = value.into();
        assert!(!official.is_valid(&other), "{place}");
    }
}
