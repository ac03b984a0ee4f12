//! Packages as a `FileDescriptorSet`, for reflection.
//!
//! The messages of `google/protobuf/descriptor.proto`, as far as we use them, are written with our own codec.

use super::{
    package::{Package, Packages},
    proto, type_name,
};
use crate::{
    Kind, Message as _, PortDesc, Wire,
    wire::{EnumDesc, FieldDesc, MessageDesc, Presence, Scalar, Shape},
};

const TIMESTAMP: &str = "google/protobuf/timestamp.proto";

#[derive(Wire)]
struct FileDescriptorSet {
    #[wire(1)]
    file: Vec<File>,
}

#[derive(Wire)]
struct File {
    #[wire(1)]
    name: String,
    #[wire(2)]
    package: String,
    #[wire(3)]
    dependency: Vec<String>,
    #[wire(4)]
    message_type: Vec<Message>,
    #[wire(5)]
    enum_type: Vec<Enum>,
    #[wire(6)]
    service: Vec<Service>,
    #[wire(12)]
    syntax: String,
}

#[derive(Wire)]
struct Message {
    #[wire(1)]
    name: String,
    #[wire(2)]
    field: Vec<Field>,
    #[wire(3)]
    nested_type: Vec<Message>,
    #[wire(8)]
    oneof_decl: Vec<Oneof>,
}

#[derive(Wire)]
struct Field {
    #[wire(1)]
    name: String,
    #[wire(3)]
    number: u32,
    #[wire(4)]
    label: u32,
    #[wire(5)]
    kind: u32,
    #[wire(6)]
    type_name: Option<String>,
    #[wire(9)]
    oneof_index: Option<u32>,
    #[wire(10)]
    json_name: String,
    #[wire(17)]
    proto3_optional: Option<bool>,
}

#[derive(Wire)]
struct Oneof {
    #[wire(1)]
    name: String,
}

#[derive(Wire)]
struct Enum {
    #[wire(1)]
    name: String,
    #[wire(2)]
    value: Vec<EnumValue>,
}

#[derive(Wire)]
struct EnumValue {
    #[wire(1)]
    name: String,
    #[wire(2)]
    number: u32,
}

#[derive(Wire)]
struct Service {
    #[wire(1)]
    name: String,
    #[wire(2)]
    method: Vec<Method>,
}

#[derive(Wire)]
struct Method {
    #[wire(1)]
    name: String,
    #[wire(2)]
    input_type: String,
    #[wire(3)]
    output_type: String,
    #[wire(4)]
    options: Option<MethodOptions>,
}

#[derive(Wire)]
struct MethodOptions {
    #[wire(34)]
    idempotency_level: u32,
}

pub(super) fn set(packages: &Packages<'_>) -> Vec<u8> {
    let packages = packages.dependencies_first();
    let timestamp = packages.iter().any(|package| package.timestamp).then(timestamp_file);
    let file = timestamp.into_iter().chain(packages.into_iter().map(file)).collect();
    FileDescriptorSet { file }.to_bytes().into()
}

fn file(package: &Package<'_>) -> File {
    let timestamp = package.timestamp.then(|| TIMESTAMP.to_owned());
    File {
        name: super::file(package.name),
        package: package.name.to_owned(),
        dependency: timestamp.into_iter().chain(package.uses.iter().copied().map(super::file)).collect(),
        message_type: package.messages.iter().map(|desc| message(package.name, desc)).collect(),
        enum_type: package.enums.iter().map(|desc| enumeration(desc)).collect(),
        service: package.ports.iter().map(|port| service(port)).collect(),
        syntax: "proto3".to_owned(),
    }
}

fn service(port: &PortDesc) -> Service {
    let full = |shape: fn() -> Shape| format!(".{}", type_name(port.package, shape()));
    let method = |method: &crate::Method| Method {
        name: method.name.to_owned(),
        input_type: full(method.request),
        output_type: full(method.answer),
        options: match method.kind {
            Kind::Once => None,
            Kind::Query => Some(MethodOptions { idempotency_level: 1 }),
            Kind::Idempotent => Some(MethodOptions { idempotency_level: 2 }),
        },
    };
    Service { name: port.name.to_owned(), method: port.methods.iter().map(method).collect() }
}

fn message(package: &str, desc: &MessageDesc) -> Message {
    let oneof = (desc.oneof && !desc.fields.is_empty()).then(|| "kind".to_owned());
    let singular = desc.fields.iter().filter(|field| !desc.oneof && field.presence != Presence::Repeated);
    let synthetic = singular.map(|field| format!("_{}", field.name));
    let mut next = 0..;
    Message {
        name: desc.name.to_owned(),
        field: desc
            .fields
            .iter()
            .map(|field| {
                let optional = !desc.oneof && field.presence != Presence::Repeated;
                let oneof = if desc.oneof { Some(0) } else { optional.then(|| next.next()).flatten() };
                self::field(package, field, oneof, optional)
            })
            .collect(),
        nested_type: desc.nested.iter().map(|nested| message(package, nested)).collect(),
        oneof_decl: oneof.into_iter().chain(synthetic).map(|name| Oneof { name }).collect(),
    }
}

fn field(package: &str, desc: &FieldDesc, oneof: Option<u32>, optional: bool) -> Field {
    let shape = (desc.shape)();
    let (kind, named) = match shape {
        Shape::Scalar(Scalar::Double) => (1, false),
        Shape::Scalar(Scalar::U64) => (4, false),
        Shape::Scalar(Scalar::Bool) => (8, false),
        Shape::Scalar(Scalar::String | Scalar::Uuid) => (9, false),
        Shape::Scalar(Scalar::Bytes) => (12, false),
        Shape::Scalar(Scalar::U16 | Scalar::U32) => (13, false),
        Shape::Scalar(Scalar::S32) => (17, false),
        Shape::Scalar(Scalar::S64) => (18, false),
        Shape::Message(_) | Shape::Timestamp => (11, true),
        Shape::Enum(_) => (14, true),
    };
    Field {
        name: desc.name.to_owned(),
        number: desc.number,
        label: if desc.presence == Presence::Repeated { 3 } else { 1 },
        kind,
        type_name: named.then(|| format!(".{}", type_name(package, shape))),
        oneof_index: oneof,
        json_name: camel(desc.name),
        proto3_optional: optional.then_some(true),
    }
}

fn enumeration(desc: &EnumDesc) -> Enum {
    let unspecified = EnumValue { name: proto::variant(desc, "Unspecified"), number: 0 };
    let variants = desc
        .variants
        .iter()
        .map(|each| EnumValue { name: proto::variant(desc, each.name), number: each.number });
    Enum { name: desc.name.to_owned(), value: std::iter::once(unspecified).chain(variants).collect() }
}

/// `on_hand` → `onHand`
fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut upper = false;
    for letter in name.chars() {
        if letter != '_' {
            out.push(if upper { letter.to_ascii_uppercase() } else { letter });
        }
        upper = letter == '_';
    }
    out
}

fn timestamp_file() -> File {
    let field = |name: &str, number, kind| Field {
        name: name.to_owned(),
        number,
        label: 1,
        kind,
        type_name: None,
        oneof_index: None,
        json_name: name.to_owned(),
        proto3_optional: None,
    };
    let timestamp = Message {
        name: "Timestamp".to_owned(),
        field: vec![field("seconds", 1, 3), field("nanos", 2, 5)],
        nested_type: Vec::new(),
        oneof_decl: Vec::new(),
    };
    File {
        name: TIMESTAMP.to_owned(),
        package: "google.protobuf".to_owned(),
        dependency: Vec::new(),
        message_type: vec![timestamp],
        enum_type: Vec::new(),
        service: Vec::new(),
        syntax: "proto3".to_owned(),
    }
}
