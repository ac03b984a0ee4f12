//! The events of a contract as an [AsyncAPI](https://www.asyncapi.com) 3 document: where anybody may have copies of
//! them, and what is in their headers. It is made of what the courier publishes by.
//!
//! What is in their bodies stands in the contract's own schema, beside this document.

use outgrow::{
    event::StreamDesc,
    schema::{Contract, events_file},
    wire::FieldDesc,
};
use serde_json::{Map, Value, json};

use crate::{broker, event};

const HOW: &str = "Bind a queue of your own to the exchange. An event may come more than once: the header \
                   `cloudEvents_id` tells. It may come in any order: the headers `cloudEvents_stream`, \
                   `cloudEvents_subject` and `cloudEvents_sequence` tell. Kinds of events, headers and properties that \
                   are not here are of a newer version: pass them over.";

/// The name of the file in which the document of a package is kept: `ordering.v1.asyncapi.json`.
pub fn asyncapi_file(package: &str) -> String {
    format!("{package}.asyncapi.json")
}

/// The text of that file, if there are events. `prefix` is that of the broker's names.
pub fn asyncapi(contract: impl Into<Contract>, prefix: &str) -> Option<String> {
    let contract = contract.into();
    let package = contract.port.package;
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    for stream in contract.streams() {
        channels.insert(stream.to_string(), channel(stream, prefix));
        operations.insert(format!("publish.{stream}"), operation(stream));
        let kinds = stream.kinds().iter();
        messages.extend(kinds.map(|kind| (stream.kind(kind), message(stream, kind))));
    }
    let document = json!({
        "asyncapi": "3.0.0",
        "x-comment": "Exported from the Rust contract by `shop contracts export`. Do not edit.",
        "info": {
            "title": format!("The events of {package}"),
            "version": package.rsplit('.').next(),
            "description": format!("{HOW} Names at the broker begin with `[broker] prefix`, which here is `{prefix}`."),
        },
        "defaultContentType": event::JSON,
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": { "attributes": attributes(&broker::source(prefix, contract.port.module())) },
        },
    });
    contract.streams().next().map(|_| format!("{document:#}\n"))
}

/// The copies of a stream: the exchange is that of all events, their routing keys are their kinds.
fn channel(stream: &StreamDesc, prefix: &str) -> Value {
    let kinds: Vec<_> = stream.kinds().iter().map(|kind| kind.name).collect();
    let reference = |kind| json!({ "$ref": format!("#/components/messages/{kind}") });
    let messages: Map<_, _> = stream
        .kinds()
        .iter()
        .map(|kind| stream.kind(kind))
        .map(|kind| (kind.clone(), reference(kind)))
        .collect();
    json!({
        "address": format!("{}.{{kind}}", stream.package),
        "description": stream.doc,
        "parameters": { "kind": { "description": "What happened.", "enum": kinds } },
        "messages": messages,
        "bindings": { "amqp": {
            "is": "routingKey",
            "exchange": { "name": broker::exchange(prefix), "type": "topic", "durable": true, "autoDelete": false },
            "bindingVersion": "0.3.0",
        } },
    })
}

fn operation(stream: &StreamDesc) -> Value {
    json!({
        "action": "send",
        "channel": { "$ref": format!("#/channels/{stream}") },
        "summary": format!("What happened to one `{}` at a time.", stream.key),
        "bindings": { "amqp": {
            "deliveryMode": event::PERSISTENT, "mandatory": false, "bindingVersion": "0.3.0",
        } },
    })
}

fn message(stream: &StreamDesc, kind: &FieldDesc) -> Value {
    let name = stream.kind(kind);
    let own = json!({ "type": "object", "properties": {
        event::TYPE: { "const": name },
        event::STREAM: { "const": stream.to_string() },
        event::SUBJECT: { "description": format!("Its key: the `{}` of the data.", stream.key) },
    } });
    json!({
        "name": name,
        "title": name,
        "summary": kind.doc,
        "contentType": event::JSON,
        "correlationId": { "location": format!("$message.header#/{}", event::CORRELATION) },
        "headers": { "allOf": [{ "$ref": "#/components/schemas/attributes" }, own] },
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": { "$ref": format!("./{}#/$defs/{name}", events_file(stream.package)) },
        },
    })
}

/// The headers that every event has.
fn attributes(source: &str) -> Value {
    let text = |what: &str| json!({ "type": "string", "description": what });
    let uuid = |what: &str| json!({ "type": "string", "format": "uuid", "description": what });
    json!({
        "type": "object",
        "description": "The attributes of a CloudEvent in binary mode, by its binding to AMQP.",
        "properties": {
            event::VERSION: { "const": event::CLOUD_EVENTS, "description": "The version of CloudEvents." },
            event::ID: uuid("Which event it is: whoever gets it twice can tell."),
            event::SOURCE: { "const": source, "description": "Who publishes it." },
            event::TYPE: text("Its kind; the routing key, too."),
            event::SUBJECT: text("Its key: which aggregate it happened to."),
            event::TIME: { "type": "string", "format": "date-time", "description": "When, by RFC 3339." },
            event::STREAM: text("Its stream."),
            event::SEQUENCE: {
                "type": "string", "pattern": "^[0-9]{20}$",
                "description": "Its number in the stream of its key, from 1 without a gap.",
            },
            event::CORRELATION: uuid("Of all that followed from one beginning."),
            event::CAUSATION: uuid("The message that this followed from, if any."),
        },
        "required": [
            event::VERSION, event::ID, event::SOURCE, event::TYPE, event::SUBJECT, event::TIME, event::STREAM,
            event::SEQUENCE, event::CORRELATION,
        ],
    })
}

#[cfg(test)]
mod tests {
    use lapin::types::AMQPValue;
    use outgrow::{Answer, CallContext, Event, Port as _, Unread, Wire, event::Recorded, port};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Wire)]
    struct Ask;

    #[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
    enum No {
        #[error("{0}")]
        #[wire(other)]
        Other(Unread),
    }

    #[port("parcels.v1")]
    trait Parcels {
        #[query]
        async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Ask, No>;
    }

    /// What happens to a parcel.
    #[derive(Clone, Debug, PartialEq, Wire, Event)]
    #[event("parcels.v1", key = "parcel")]
    enum ParcelEvent {
        /// It was packed.
        #[wire(1)]
        ParcelPacked {
            #[wire(1)]
            parcel: u32,
        },
        /// It was sent.
        #[wire(2)]
        ParcelSent {
            #[wire(1)]
            parcel: u32,
        },
        #[wire(other)]
        Other(Unread),
    }

    fn document() -> Value {
        let text = asyncapi((<dyn Parcels>::DESC, &[ParcelEvent::STREAM][..]), "shop").unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn published(causation: Option<Uuid>) -> Map<String, Value> {
        let (kind, data) = ParcelEvent::ParcelSent { parcel: 7 }.to_json().unwrap();
        let event = Recorded {
            id: Uuid::from_u128(1),
            stream: ParcelEvent::STREAM.to_string(),
            key: "7".to_owned(),
            sequence: 3,
            kind,
            data,
            at: OffsetDateTime::UNIX_EPOCH,
            correlation: Uuid::from_u128(2),
            causation,
            previous: None,
        };
        let properties = event::properties(&broker::source("shop", "parcels"), &event, None).unwrap();
        let headers = properties.headers().as_ref().unwrap().inner().iter();
        let text = |value: &AMQPValue| {
            let AMQPValue::LongString(text) = value else { panic!("{value:?} is no text") };
            text.to_string().into()
        };
        headers.map(|(name, value)| (name.to_string(), text(value))).collect()
    }

    /// What the document says the headers of an event that was sent are.
    fn headers() -> jsonschema::Validator {
        let document = document();
        let mut schema = document["components"]["messages"]["parcels.v1.parcel_sent"]["headers"].clone();
        schema["components"] = document["components"].clone();
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    }

    #[test]
    fn what_is_published_has_the_headers_that_are_documented_and_no_others() {
        let (headers, all) = (headers(), published(Some(Uuid::nil())));
        headers.validate(&Value::Object(all.clone())).unwrap();
        headers.validate(&Value::Object(published(None))).unwrap();
        let document = document();
        let documented = document["components"]["schemas"]["attributes"]["properties"].as_object().unwrap();
        assert!(documented.keys().eq(all.keys()), "{documented:?}");
        for name in all.keys() {
            let but = |value: Option<&str>| {
                let mut rest = all.clone();
                let _was = rest.remove(name);
                rest.extend(value.map(|value| (name.clone(), value.into())));
                headers.is_valid(&Value::Object(rest))
            };
            assert_eq!(but(None), name == event::CAUSATION, "without {name}");
            assert_eq!(but(Some("another")), name == event::SUBJECT, "another {name}");
        }
    }

    #[test]
    fn a_copy_is_routed_by_its_kind_as_the_channel_says() {
        let document = document();
        let channel = &document["channels"]["parcels.v1.ParcelEvent"];
        assert_eq!(channel["bindings"]["amqp"]["exchange"]["name"], "shop.events");
        let address = channel["address"].as_str().unwrap();
        let kinds = channel["parameters"]["kind"]["enum"].as_array().unwrap();
        let keys: Vec<_> =
            kinds.iter().map(|kind| address.replace("{kind}", kind.as_str().unwrap())).collect();
        assert_eq!(keys, ["parcels.v1.parcel_packed", "parcels.v1.parcel_sent"]);
        assert!(channel["messages"].as_object().unwrap().keys().eq(&keys), "{channel:#}");
    }

    #[test]
    fn a_contract_without_events_has_no_such_document() {
        assert_eq!(asyncapi(<dyn Parcels>::DESC, "shop"), None);
    }
}
