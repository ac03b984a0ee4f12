//! The JSON Schema of events, in a validator of somebody else's: it takes what is written, and nothing that is not read.

use jsonschema::Validator;
use outgrow::{
    Answer, CallContext, Event, Port as _, Unread, Wire,
    event::StreamDesc,
    port,
    schema::{self, Contract},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    event::{ParcelEvent, sent},
    everything::{Everything, MirrorRefusal, cases, everything, sample},
};

/// Where parcels are told of.
#[port("parcels.v1")]
trait Parcels {
    /// Says it back.
    #[query]
    async fn reflect(&self, cx: &CallContext, request: Everything) -> Answer<Everything, MirrorRefusal>;
}

const STREAMS: &[&StreamDesc] = &[ParcelEvent::STREAM];

/// The schema of the events of a contract.
pub(super) fn exported(contract: impl Into<Contract>) -> Value {
    serde_json::from_str(&schema::events(contract).expect("events")).expect("JSON")
}

/// What takes the data of one kind of event, formats included.
pub(super) fn reader(document: &Value, kind: &str) -> Validator {
    let mut schema = document.clone();
    assert!(schema["$defs"][kind].is_object(), "{kind}: {schema}");
    schema["$ref"] = json!(format!("#/$defs/{kind}"));
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

fn parcel_packed() -> Validator {
    reader(&exported((<dyn Parcels>::DESC, STREAMS)), "parcels.v1.parcel_packed")
}

fn packed(parcel: u64, with: Everything) -> Value {
    let (_, data) = ParcelEvent::ParcelPacked { parcel, with }.to_json().unwrap();
    serde_json::from_str(&data).unwrap()
}

/// Where in a document there is anything, as JSON Pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, value) in inner {
        let at = format!("{at}/{name}");
        found.push(at.clone());
        places(value, &at, found);
    }
}

/// The same, without what stands there.
fn without(whole: &Value, place: &str) -> Value {
    let (mut rest, (within, name)) = (whole.clone(), place.rsplit_once('/').unwrap());
    match rest.pointer_mut(within).unwrap() {
        Value::Object(object) => drop(object.remove(name)),
        Value::Array(list) => drop(list.remove(name.parse().unwrap())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => panic!("{place} is in nothing"),
    }
    rest
}

#[test]
fn the_schema_says_what_a_kind_is_and_where_it_comes_from() {
    let document = exported((<dyn Parcels>::DESC, STREAMS));
    let sent = &document["$defs"]["parcels.v1.parcel_sent"];
    assert_eq!(sent, &json!({ "$ref": "#/$defs/parcels.v1.Sent", "description": "It was sent." }));
    let state = &document["$defs"]["parcels.v1.HoldState"]["oneOf"][0];
    assert_eq!(state["const"], "held", "{document:#}");
    assert_eq!(document["$defs"]["parcels.v1.Sent"]["required"], json!(["parcel"]), "lists came later");
    assert!(document["$defs"]["outgrow.v1.Money"].is_object(), "it needs no other file");
    assert_eq!(schema::events(<dyn Parcels>::DESC), None, "a port alone has no events");
}

#[test]
fn whatever_a_reader_would_miss_the_schema_misses_too() {
    let (schema, whole) = (parcel_packed(), packed(u64::MAX, sample()));
    schema.validate(&whole).unwrap();
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    assert!(all.len() > 60, "{all:?}");
    for place in &all {
        let rest = without(&whole, place);
        let read = ParcelEvent::from_json("parcels.v1.parcel_packed", &rest.to_string());
        assert_eq!(schema.is_valid(&rest), read.is_ok(), "without {place}: {read:?}");
    }
}

#[test]
fn what_is_not_of_its_type_is_not_valid_wherever_it_stands() {
    let (schema, whole) = (parcel_packed(), packed(7, sample()));
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    for place in &all {
        let mut other = whole.clone();
        *other.pointer_mut(place).unwrap() = Value::Null;
        assert!(!schema.is_valid(&other), "{place}");
    }
    for (place, wrong) in [
        ("/parcel", json!(-1)),
        ("/parcel", json!("7")),
        ("/with/small", json!(65_536)),
        ("/with/medium", json!(4_294_967_296_u64)),
        ("/with/signed", json!(2_147_483_648_i64)),
        ("/with/real", json!("0.5")),
        ("/with/blob", json!("0F")),
        ("/with/blob", json!("0")),
        ("/with/id", json!("17")),
        ("/with/at", json!("yesterday")),
        ("/with/state", json!("lost")),
        ("/with/choice", json!({ "nothing": {}, "number": 1 })),
        ("/with/choice", json!({ "colour": {} })),
        ("/with/tree/branches", json!({})),
    ] {
        let mut other = whole.clone();
        *other.pointer_mut(place).unwrap() = wrong.clone();
        assert!(!schema.is_valid(&other), "{place}: {wrong}");
    }
}

#[test]
fn what_a_newer_version_adds_is_let_pass() {
    let (schema, mut whole) = (parcel_packed(), packed(7, sample()));
    whole["weight"] = json!({ "grams": 3 });
    whole["with"]["tree"]["roots"] = json!([null]);
    schema.validate(&whole).unwrap();
}

#[test]
fn a_schema_that_differs_is_shown_with_the_line_and_the_remedy() {
    let contract = (<dyn Parcels>::DESC, STREAMS);
    let text = schema::events(contract).unwrap();
    assert_eq!(schema::check_events(contract, &text), Ok(()));
    let said = schema::check_events(contract, &text.replace("It was sent.", "It left.")).unwrap_err();
    let [said] = &said[..] else { panic!("{said:?}") };
    assert!(said.starts_with("parcels.v1.events.json, line ") && said.contains("It left."), "{said}");
    assert!(said.ends_with("run `shop contracts export` and commit what it writes"), "{said}");
    schema::check_events(<dyn Parcels>::DESC, &text).unwrap_err();
}

#[test]
fn two_kinds_of_one_name_are_no_contract() {
    #[derive(Clone, Debug, PartialEq, Wire, Event)]
    #[event("parcels.v1", key = "van")]
    enum VanEvent {
        #[wire(1)]
        ParcelSent {
            #[wire(1)]
            van: String,
        },
        #[wire(other)]
        Other(Unread),
    }
    let said = schema::export((<dyn Parcels>::DESC, &[ParcelEvent::STREAM, VanEvent::STREAM][..]), "");
    let said = said.unwrap_err();
    assert_eq!(said, ["parcels.v1.parcel_sent: two events are of this kind; rename one of them"]);
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn whatever_is_written_is_valid(parcel: u64, with in everything(), note: Option<String>) {
        let document = exported((<dyn Parcels>::DESC, STREAMS));
        let whole = packed(parcel, with);
        prop_assert!(reader(&document, "parcels.v1.parcel_packed").is_valid(&whole), "{whole:#}");
        let (kind, data) = sent(note.as_deref()).to_json().unwrap();
        prop_assert!(reader(&document, &kind).is_valid(&serde_json::from_str(&data).unwrap()), "{data}");
    }
}
