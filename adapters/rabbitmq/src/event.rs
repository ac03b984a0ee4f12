//! Events as messages: `CloudEvents` in binary mode, by its binding to AMQP. The table is in the crate's documentation.
//!
//! What cannot be read here could not be kept either; so whatever is read is an event that any inbox has room for.

use lapin::{
    BasicProperties,
    types::{FieldTable, ShortString},
};
use outgrow::event::Recorded;
use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    broker,
    message::{Failure, Headers, parsed, text},
};

/// Of the name of each header. Beside it there is `cloudEvents:`, which some clients cannot name.
macro_rules! prefix {
    () => {
        "cloudEvents_"
    };
}

macro_rules! attribute {
    ($name:literal) => {
        concat!(prefix!(), $name)
    };
}

pub(crate) const VERSION: &str = attribute!("specversion");
pub(crate) const ID: &str = attribute!("id");
pub(crate) const SOURCE: &str = attribute!("source");
pub(crate) const TYPE: &str = attribute!("type");
pub(crate) const SUBJECT: &str = attribute!("subject");
pub(crate) const TIME: &str = attribute!("time");
pub(crate) const STREAM: &str = attribute!("stream");
pub(crate) const SEQUENCE: &str = attribute!("sequence");
pub(crate) const CORRELATION: &str = attribute!("correlationid");
pub(crate) const CAUSATION: &str = attribute!("causationid");
const PREVIOUS: &str = attribute!("previous");

/// Of what is published.
pub(crate) const CLOUD_EVENTS: &str = "1.0";
pub(crate) const JSON: &str = "application/json";

/// On disk before it is confirmed.
pub(crate) const PERSISTENT: u8 = 2;

/// The properties of an event of `source`, such as `shop/ordering`; its data are the body. `previous` is between the
/// publisher and one subscriber: a copy for everybody says nothing of it.
///
/// # Errors
/// When its moment is in no year from 0 to 9999.
pub(crate) fn properties(
    source: &str,
    event: &Recorded,
    previous: Option<u64>,
) -> Result<BasicProperties, String> {
    let at = event.at.format(&Rfc3339).map_err(|error| error.to_string())?;
    let headers = Headers::default()
        .put(VERSION, Some(CLOUD_EVENTS))
        .put(ID, Some(event.id))
        .put(SOURCE, Some(source))
        .put(TYPE, Some(&event.kind))
        .put(SUBJECT, Some(&event.key))
        .put(TIME, Some(at))
        .put(STREAM, Some(&event.stream))
        // As many digits as there can be: the standard wants numbers that are ordered as texts are.
        .put(SEQUENCE, Some(format_args!("{:020}", event.sequence)))
        .put(PREVIOUS, previous.map(|number| format!("{number:020}")))
        .put(CORRELATION, Some(event.correlation))
        .put(CAUSATION, event.causation);
    Ok(BasicProperties::default()
        .with_content_type(JSON.into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(event.id.to_string().into())
        .with_headers(headers.into()))
}

/// An event of a module as a `CloudEvent` in structured mode, for who gets it otherwise than over the broker: what a copy
/// of it says there, in one JSON object. `names` is the prefix of the broker's names, as of [`asyncapi`](crate::asyncapi()).
///
/// # Errors
/// When its moment is in no year from 0 to 9999.
pub fn cloud_event(names: &str, module: &str, event: &Recorded) -> Result<Value, String> {
    let properties = properties(&broker::source(names, module), event, None)?;
    let headers = properties.headers().clone().unwrap_or_default();
    let mut object = Map::new();
    for header in headers.inner().keys().map(ShortString::as_str) {
        let value = needed(&headers, header)?;
        object.insert(header.strip_prefix(prefix!()).unwrap_or(header).to_owned(), value.into());
    }
    let data = serde_json::from_str(&event.data).unwrap_or_else(|_no_json| Value::from(&*event.data));
    object.insert("datacontenttype".to_owned(), JSON.into());
    object.insert("data".to_owned(), data);
    Ok(object.into())
}

/// The event that a message is, and the module that published it.
///
/// # Errors
/// Why it is none.
pub(crate) fn read(properties: &BasicProperties, body: Vec<u8>) -> Result<(String, Recorded), String> {
    let none = FieldTable::default();
    let headers = properties.headers().as_ref().unwrap_or(&none);
    let version = needed(headers, VERSION)?;
    if version != CLOUD_EVENTS {
        return Err(format!("`{version}` is no version of CloudEvents that is known"));
    }
    let source = needed(headers, SOURCE)?;
    let publisher = source.rsplit('/').next().unwrap_or_default().to_owned();
    let sequence = needed(headers, SEQUENCE)?;
    let sequence = sequence.parse().map_err(|error| format!("`{SEQUENCE}` is no number: {error}"))?;
    let at = OffsetDateTime::parse(&needed(headers, TIME)?, &Rfc3339);
    let event = Recorded {
        id: uuid(headers, ID)?.ok_or_else(|| missing(ID))?,
        stream: needed(headers, STREAM)?,
        key: needed(headers, SUBJECT)?,
        sequence,
        kind: needed(headers, TYPE)?,
        data: json(body)?,
        at: at.map_err(|error| format!("`{TIME}` is no moment: {error}"))?,
        correlation: uuid(headers, CORRELATION)?.ok_or_else(|| missing(CORRELATION))?,
        causation: uuid(headers, CAUSATION)?,
        previous: parsed(headers, PREVIOUS).map_err(|failure| said(&failure))?,
    };
    match event.unfit() {
        Some(why) => Err(why),
        None => Ok((publisher, event)),
    }
}

/// Which event a message is that came back.
pub(crate) fn id(properties: &BasicProperties) -> Option<Uuid> {
    properties.message_id().as_ref()?.as_str().parse().ok()
}

fn json(body: Vec<u8>) -> Result<String, String> {
    let data = String::from_utf8(body).map_err(|_invalid| "the body is not text".to_owned())?;
    let read = serde_json::from_str::<Value>(&data);
    read.map(|_any| data).map_err(|error| format!("the body is not JSON: {error}"))
}

fn uuid(headers: &FieldTable, name: &str) -> Result<Option<Uuid>, String> {
    parsed(headers, name).map_err(|failure| said(&failure))
}

/// An attribute that must be there.
fn needed(headers: &FieldTable, name: &str) -> Result<String, String> {
    text(headers, name).map_err(|failure| said(&failure))?.ok_or_else(|| missing(name))
}

fn said(failure: &Failure) -> String {
    failure.why().map(|cause| cause.detail.to_string()).unwrap_or_default()
}

fn missing(name: &str) -> String {
    format!("`{name}` is missing")
}

#[cfg(test)]
mod tests {
    use lapin::types::AMQPValue;
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn event() -> Recorded {
        Recorded {
            id: Uuid::from_u128(7),
            stream: "ordering.v1.OrderEvent".to_owned(),
            key: "17 ü".to_owned(),
            sequence: 3,
            kind: "ordering.v1.order_placed".to_owned(),
            data: r#"{"order":"17 ü"}"#.to_owned(),
            at: datetime!(2026-11-26 03:04:05.678901 UTC),
            correlation: Uuid::from_u128(8),
            causation: None,
            previous: None,
        }
    }

    #[test]
    fn an_event_is_read_as_it_was_written() {
        for (causation, previous) in [(None, None), (Some(Uuid::from_u128(9)), Some(0)), (None, Some(2))] {
            let event = Recorded { causation, previous, ..event() };
            let properties = properties("shop/ordering", &event, previous).unwrap();
            assert_eq!(id(&properties), Some(event.id));
            let read = read(&properties, event.data.clone().into_bytes());
            assert_eq!(read, Ok(("ordering".to_owned(), event)));
        }
    }

    #[test]
    fn outside_the_broker_an_event_says_what_a_copy_of_it_says() {
        let event = Recorded { causation: Some(Uuid::from_u128(9)), previous: Some(1), ..event() };
        let expected = json!({
            "specversion": "1.0",
            "id": "00000000-0000-0000-0000-000000000007",
            "source": "shop/ordering",
            "type": "ordering.v1.order_placed",
            "subject": "17 ü",
            "time": "2026-11-26T03:04:05.678901Z",
            "stream": "ordering.v1.OrderEvent",
            "sequence": "00000000000000000003",
            "correlationid": "00000000-0000-0000-0000-000000000008",
            "causationid": "00000000-0000-0000-0000-000000000009",
            "datacontenttype": "application/json",
            "data": { "order": "17 ü" },
        });
        assert_eq!(cloud_event("shop", "ordering", &event), Ok(expected));
    }

    #[test]
    fn what_is_no_event_says_why() {
        let well = properties("shop/ordering", &event(), None).unwrap();
        let but = |name: &str, value: Option<&str>| {
            let mut headers = FieldTable::default();
            let others = well.headers().as_ref().unwrap().inner().iter();
            for (other, value) in others.filter(|(other, _)| other.as_str() != name) {
                headers.insert(other.clone(), value.clone());
            }
            if let Some(value) = value {
                headers.insert(name.into(), AMQPValue::LongString(value.into()));
            }
            read(&well.clone().with_headers(headers), b"{}".to_vec())
        };
        for name in [VERSION, ID, SOURCE, TYPE, SUBJECT, TIME, STREAM, SEQUENCE, CORRELATION] {
            assert_eq!(but(name, None), Err(format!("`{name}` is missing")));
        }
        let largest = i64::MAX.to_string();
        assert_eq!(but(SEQUENCE, Some(&largest)).unwrap().1.sequence, i64::MAX.unsigned_abs());
        for (name, value) in [
            (VERSION, "0.3"),
            (ID, "17"),
            (TIME, "yesterday"),
            (SEQUENCE, "third"),
            (CORRELATION, "17"),
            (CAUSATION, ""),
            (PREVIOUS, ""),
            (PREVIOUS, "-1"),
        ] {
            assert!(but(name, Some(value)).unwrap_err().contains(name) || name == VERSION, "{name}: {value}");
        }
        let unfit = |name: &str, value: &str| but(name, Some(value)).unwrap_err();
        assert_eq!(unfit(SUBJECT, "a\0b"), "it has a NUL in a text");
        assert!(unfit(SUBJECT, &"k".repeat(513)).contains("its key has 513 bytes"));
        for (name, value) in [(SEQUENCE, "0"), (SEQUENCE, "9223372036854775808"), (PREVIOUS, "3")] {
            assert!(unfit(name, value).ends_with("is no number of an event"), "{name}: {value}");
        }
        let large = format!("\"{}\"", "d".repeat(Recorded::LARGEST));
        assert!(read(&well, large.into_bytes()).unwrap_err().contains("its data 524290"));
        for body in ["", "{", "\u{0}"] {
            assert!(read(&well, body.as_bytes().to_vec()).unwrap_err().contains("not JSON"), "{body}");
        }
        assert_eq!(read(&well, vec![0xff]), Err("the body is not text".to_owned()));
        assert!(read(&BasicProperties::default(), b"{}".to_vec()).is_err());
    }
}
