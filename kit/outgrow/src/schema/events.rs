//! The data of events as a JSON Schema (2020-12), for everybody who reads them: what [`wire::json`](crate::wire::json)
//! writes, and no more.
//!
//! One document for the streams of a package, with a definition for each kind of event, and for each type they use,
//! whatever package that is of: it needs no other file. A list is always written, but it is not required, since events
//! may wait that are older than it. What is not named is let pass: newer versions say more.
//!
//! Deliberately absent: which attributes travel beside the data, and how. Carriers know that.

use serde_json::{Map, Value, json};

use super::{Contract, type_name};
use crate::{
    event::StreamDesc,
    wire::{EnumDesc, FieldDesc, MessageDesc, Presence, Scalar, Shape, json as wire_json},
};

const HOW: &str = "The data of an event of type T are valid by #/$defs/T. A type that is not here, or a property that is \
                   not, is of a newer version: pass it over.";

/// The name of the file in which the schema of a package's events is kept: `ordering.v1.events.json`.
pub fn events_file(package: &str) -> String {
    format!("{package}.events.json")
}

/// The text of that file, if there are events.
pub fn events(contract: impl Into<Contract>) -> Option<String> {
    let contract = contract.into();
    let mut defs = Definitions::default();
    for stream in contract.streams() {
        for kind in stream.kinds() {
            defs.kind(stream, kind);
        }
    }
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Exported from the Rust contract by `shop contracts export`. Do not edit.",
        "title": format!("The events of {}", contract.port.package),
        "description": HOW,
        "$defs": defs.0,
    });
    contract.streams().next().map(|_| format!("{document:#}\n"))
}

/// By the names of kinds and types.
#[derive(Default)]
struct Definitions(Map<String, Value>);

impl Definitions {
    fn kind(&mut self, stream: &StreamDesc, kind: &FieldDesc) {
        let shape = (kind.shape)();
        let schema = if let Shape::Message(desc) = shape
            && desc.parent.is_some()
        {
            // Written in place: nobody else refers to it.
            self.message(stream.package, desc)
        } else {
            self.value(stream.package, shape)
        };
        self.0.insert(stream.kind(kind), described(schema, kind.doc));
    }

    /// The schema of a value that a type of `package` has. Types are defined once, and referred to.
    fn value(&mut self, package: &str, shape: Shape) -> Value {
        let name = type_name(package, shape);
        let reference = json!({ "$ref": format!("#/$defs/{name}") });
        match shape {
            Shape::Scalar(of) => return scalar(of),
            Shape::Timestamp => return json!({ "type": "string", "format": "date-time" }),
            Shape::Message(_) | Shape::Enum(_) if self.0.contains_key(&name) => {}
            Shape::Enum(desc) => drop(self.0.insert(name, described(enumeration(desc), desc.doc))),
            Shape::Message(desc) => {
                // A message may contain itself: so its name is there before its fields are.
                self.0.insert(name.clone(), Value::Null);
                let schema = self.message(desc.package.unwrap_or(package), desc);
                self.0.insert(name, described(schema, desc.doc));
            }
        }
        reference
    }

    fn message(&mut self, package: &str, desc: &MessageDesc) -> Value {
        let properties: Map<_, _> = desc
            .fields
            .iter()
            .map(|field| (field.name.to_owned(), described(self.field(package, field), field.doc)))
            .collect();
        if desc.oneof {
            // Closed, even if it is open elsewhere: in JSON nobody keeps what he does not know.
            return json!({
                "type": "object", "properties": properties, "additionalProperties": false,
                "minProperties": 1, "maxProperties": 1,
            });
        }
        let required = desc.fields.iter().filter(|field| field.presence == Presence::Required);
        let required: Vec<_> = required.map(|field| field.name).collect();
        json!({ "type": "object", "properties": properties, "required": required })
    }

    fn field(&mut self, package: &str, field: &FieldDesc) -> Value {
        let value = self.value(package, (field.shape)());
        match field.presence {
            Presence::Required | Presence::Optional => value,
            Presence::Repeated => json!({ "type": "array", "items": value }),
        }
    }
}

fn scalar(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Bool => json!({ "type": "boolean" }),
        Scalar::U16 => json!({ "type": "integer", "minimum": 0, "maximum": u16::MAX }),
        Scalar::U32 => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        Scalar::U64 => json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX }),
        Scalar::S32 => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
        Scalar::S64 => json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX }),
        Scalar::Double => json!({ "type": "number" }),
        Scalar::String => json!({ "type": "string" }),
        Scalar::Uuid => json!({ "type": "string", "format": "uuid" }),
        Scalar::Bytes => {
            json!({ "type": "string", "contentEncoding": "base16", "pattern": "^([0-9a-f]{2})*$" })
        }
    }
}

fn enumeration(desc: &EnumDesc) -> Value {
    let variants = desc.variants.iter().map(|variant| {
        let name = wire_json::snake(variant.name);
        described(json!({ "const": name }), variant.doc)
    });
    json!({ "oneOf": variants.collect::<Vec<_>>() })
}

/// The same, with its documentation.
fn described(mut schema: Value, doc: &str) -> Value {
    if let Some(object) = schema.as_object_mut().filter(|_| !doc.is_empty()) {
        object.insert("description".to_owned(), doc.into());
    }
    schema
}
