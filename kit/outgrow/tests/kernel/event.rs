//! Events: their streams, and their data as JSON.

use outgrow::{CallContext, Event, Outgoing, Unread, Wire, event::Delivered};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::macros::datetime;
use uuid::Uuid;

use super::everything::{Everything, cases, everything, sample};

/// What happens to a parcel.
#[derive(Clone, Debug, PartialEq, Wire, Event)]
#[event("parcels.v1", key = "parcel")]
#[expect(clippy::large_enum_variant, reason = "everything there is, in one of them")]
pub(super) enum ParcelEvent {
    /// It was packed.
    #[wire(1)]
    ParcelPacked {
        #[wire(1)]
        parcel: u64,
        #[wire(2)]
        with: Everything,
    },
    /// It was sent.
    #[wire(2)]
    ParcelSent(Sent),
    #[wire(other)]
    Other(Unread),
}

#[derive(Clone, Debug, PartialEq, Wire)]
pub(super) struct Sent {
    #[wire(1)]
    parcel: String,
    #[wire(2)]
    note: Option<String>,
    #[wire(3)]
    stamps: Vec<u32>,
}

pub(super) fn sent(note: Option<&str>) -> ParcelEvent {
    let stamps = vec![90, 5];
    ParcelEvent::ParcelSent(Sent { parcel: "p-1".to_owned(), note: note.map(str::to_owned), stamps })
}

fn value(event: &ParcelEvent) -> Value {
    serde_json::from_str(&event.to_json().unwrap().1).unwrap()
}

#[test]
fn a_stream_says_what_it_is_and_each_event_whom_it_happened_to() {
    let stream = ParcelEvent::STREAM;
    assert_eq!(stream.to_string(), "parcels.v1.ParcelEvent");
    assert_eq!((stream.module(), stream.key, stream.doc), ("parcels", "parcel", "What happens to a parcel."));
    assert_eq!(sent(None).key().as_deref(), Some("p-1"));
    let packed = ParcelEvent::ParcelPacked { parcel: 7, with: sample() };
    assert_eq!(packed.key().as_deref(), Some("7"));
}

#[test]
fn an_event_reads_as_one_would_write_it() {
    assert_eq!(sent(Some("fragile")).to_json().unwrap().0, "parcels.v1.parcel_sent");
    assert_eq!(value(&sent(Some("fragile"))), json!({"parcel": "p-1", "note": "fragile", "stamps": [90, 5]}));
    assert_eq!(value(&sent(None)), json!({"parcel": "p-1", "stamps": [90, 5]}));
    let packed = value(&ParcelEvent::ParcelPacked { parcel: u64::MAX, with: sample() });
    assert_eq!(packed["parcel"], json!(u64::MAX));
    let with = packed["with"].as_object().unwrap();
    assert!(with["at"].as_str().unwrap().ends_with('Z'), "{with:?}");
    assert!(with["state"].is_string() && with["price"]["currency"].is_string(), "{with:?}");
}

#[test]
fn an_event_is_read_as_it_was_told() {
    for event in [sent(None), sent(Some("")), ParcelEvent::ParcelPacked { parcel: 0, with: sample() }] {
        let (kind, data) = event.to_json().unwrap();
        assert_eq!(ParcelEvent::from_json(&kind, &data), Ok(Some(event)));
    }
}

#[test]
fn what_a_newer_version_tells_is_passed_over_and_what_it_adds_is_skipped() {
    let read = |kind: &str, data: &str| ParcelEvent::from_json(kind, data);
    assert_eq!(read("parcels.v1.parcel_lost", "{}"), Ok(None));
    assert_eq!(read("parcels.v2.parcel_sent", "{}"), Ok(None));
    assert_eq!(read("parcel_sent", "{}"), Ok(None));
    let newer = r#"{"parcel":"p-1","stamps":[90,5],"weight":{"grams":3},"note":null}"#;
    assert_eq!(read("parcels.v1.parcel_sent", newer), Ok(Some(sent(None))));
}

#[test]
fn what_is_no_such_event_is_refused_with_its_place() {
    let said = |data: &str| ParcelEvent::from_json("parcels.v1.parcel_sent", data).unwrap_err().to_string();
    assert_eq!(said(r#"{"stamps":[]}"#), "parcel_sent.parcel: required, but missing");
    assert_eq!(said(r#"{"parcel":3}"#), "parcel: is not a text");
    assert_eq!(said(r#"{"parcel":"p","stamps":[1,-1]}"#), "stamps[1]: is not a whole number in range");
    assert_eq!(said(r#"{"parcel":"p","stamps":4}"#), "stamps: is not a list");
    assert_eq!(said("[]"), "is not an object");
    assert!(said("{").starts_with("is not JSON: "), "{}", said("{"));
}

#[test]
fn nobody_publishes_what_somebody_else_told() {
    let cx = CallContext::new("parcels", Uuid::nil());
    let other = ParcelEvent::Other(Unread::new(9, b""));
    assert_eq!(other.key(), None);
    Outgoing::of(&other, Uuid::nil(), datetime!(2026-03-01 12:00 UTC), &cx).unwrap_err();
}

#[test]
fn who_handles_an_event_acts_under_its_id_and_says_what_it_followed_from() {
    let (id, beginning, at) = (Uuid::from_u128(1), Uuid::from_u128(2), datetime!(2026-03-01 12:00 UTC));
    let cx = CallContext::new("parcels", beginning).caused_by(Uuid::from_u128(3));
    let out = Outgoing::of(&sent(None), id, at, &cx).unwrap();
    assert_eq!((out.correlation, out.causation), (beginning, Some(Uuid::from_u128(3))));
    let recorded = outgrow::event::Recorded {
        id,
        stream: out.stream.to_string(),
        key: out.key,
        sequence: 4,
        kind: out.kind,
        data: out.data,
        at,
        correlation: out.correlation,
        causation: out.causation,
        previous: None,
    };
    let told = Delivered::<ParcelEvent>::read(&recorded, "mail").unwrap().unwrap();
    assert_eq!((told.event, told.mark.sequence), (sent(None), 4));
    assert_eq!((told.cx.correlation(), told.cx.causation()), (beginning, Some(id)));
    assert_eq!((told.cx.caller(), told.cx.key().map(ToString::to_string)), ("mail", Some(id.to_string())));
}

proptest! {
    #![proptest_config(cases(256))]

    /// But for numbers that JSON does not have.
    #[test]
    fn every_event_is_read_back(parcel: u64, with in everything()) {
        let event = ParcelEvent::ParcelPacked { parcel, with };
        let (kind, data) = event.to_json().unwrap();
        prop_assert_eq!(ParcelEvent::from_json(&kind, &data), Ok(Some(event)));
    }

    #[test]
    fn no_data_can_do_harm(data: String, cut in 0_usize..400) {
        let kind = "parcels.v1.parcel_packed";
        let _error = ParcelEvent::from_json(kind, &data);
        let (_, whole) = ParcelEvent::ParcelPacked { parcel: 1, with: sample() }.to_json().unwrap();
        let cut: String = whole.chars().take(cut).collect();
        prop_assert!(ParcelEvent::from_json(kind, &cut).is_err());
        let mixed = whole.replacen("true", &data, 1).replacen(':', &data, 1);
        let _error = ParcelEvent::from_json(kind, &mixed);
    }
}
