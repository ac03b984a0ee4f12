//! What is in the tree for peers in other languages is what the code says.

use outgrow::{Event as _, Port as _, event::StreamDesc, schema};
use payments_contract::{PaymentEvent, Payments};

const STREAMS: &[&StreamDesc] = &[PaymentEvent::STREAM];

#[test]
fn the_proto_file_and_the_lock_say_what_the_code_says() {
    let (proto, lock) = (include_str!("../payments.v1.proto"), include_str!("../wire.lock"));
    let wrong = schema::check((<dyn Payments>::DESC, STREAMS), proto, lock).err().unwrap_or_default();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_of_the_events_says_what_the_code_says() {
    let events = include_str!("../payments.v1.events.json");
    let wrong = schema::check_events((<dyn Payments>::DESC, STREAMS), events).err().unwrap_or_default();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
