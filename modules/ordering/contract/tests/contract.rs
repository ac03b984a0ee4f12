//! What is in the tree for peers in other languages is what the code says.

use ordering_contract::{OrderEvent, OrderId, Reason};
use outgrow::{Event as _, Money, Port as _, event::StreamDesc, schema};
use serde_json::{Value, json};
use uuid::Uuid;

const STREAMS: &[&StreamDesc] = &[OrderEvent::STREAM];
const EVENTS: &str = include_str!("../ordering.v1.events.json");

#[test]
fn the_proto_file_and_the_lock_say_what_the_code_says() {
    let (proto, lock) = (include_str!("../ordering.v1.proto"), include_str!("../wire.lock"));
    let contract = (<dyn ordering_contract::Ordering>::DESC, STREAMS);
    let wrong = schema::check(contract, proto, lock).err().unwrap_or_default();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_of_the_events_says_what_the_code_says() {
    let contract = (<dyn ordering_contract::Ordering>::DESC, STREAMS);
    let wrong = schema::check_events(contract, EVENTS).err().unwrap_or_default();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_event_is_valid_by_the_schema_that_others_have() {
    let (order, customer) = (OrderId(Uuid::from_u128(17)), "ada".parse().unwrap());
    let total = Money { amount: 2500, currency: "EUR".parse().unwrap() };
    let reason = Reason { code: "out-of-stock".to_owned(), message: "only 3 of mug available".to_owned() };
    let events = [
        OrderEvent::OrderPlaced { order, customer, total },
        OrderEvent::OrderConfirmed { order, customer: "bob".parse().unwrap(), total },
        OrderEvent::OrderRejected { order, customer: "eve".parse().unwrap(), reason },
        OrderEvent::OrderCancelled { order, customer: "joe".parse().unwrap() },
    ];
    assert_eq!(events.len(), OrderEvent::STREAM.kinds().len(), "one of each kind");
    for event in events {
        let (kind, data) = event.to_json().unwrap();
        let mut schema: Value = serde_json::from_str(EVENTS).unwrap();
        schema["$ref"] = json!(format!("#/$defs/{kind}"));
        let reader = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let mut data: Value = serde_json::from_str(&data).unwrap();
        reader.validate(&data).unwrap();
        for missing in ["order", "customer"] {
            let was = data[missing].take();
            assert!(!reader.is_valid(&data), "{kind} without {missing}");
            data[missing] = was;
        }
    }
}
