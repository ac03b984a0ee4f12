//! Held to the standard: prost-reflect, which never saw our Rust types, reads the `.proto` we export (parsed by
//! protox) and agrees with our bytes in both directions.

use std::sync::LazyLock;

use outgrow::{Message as _, Port as _, schema};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage as _, Value,
    prost_types::{FileDescriptorProto, FileDescriptorSet},
};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

use super::{
    contract::{HoldState, Inventory, StockLine},
    everything::{Choice, Everything, Mirror, Tree, cases, everything},
};

/// The files we export, by name.
struct Exported;

impl FileResolver for Exported {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let source = match name {
            "inventory/v1/inventory.proto" => schema::proto(<dyn Inventory>::DESC),
            "mirror/v1/mirror.proto" => schema::proto(<dyn Mirror>::DESC),
            "outgrow/v1/outgrow.proto" => schema::kernel_proto(),
            _ => return Err(protox::Error::file_not_found(name)),
        };
        File::from_source(name, &source)
    }
}

/// What protox makes of the files.
fn compiled() -> FileDescriptorSet {
    let mut files = ChainFileResolver::new();
    files.add(Exported);
    files.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler.include_imports(true).include_source_info(false);
    compiler
        .open_files(["inventory/v1/inventory.proto", "mirror/v1/mirror.proto"])
        .expect("our export is valid Protobuf");
    compiler.file_descriptor_set()
}

static EVERYTHING: LazyLock<MessageDescriptor> = LazyLock::new(|| {
    let pool = DescriptorPool::from_file_descriptor_set(compiled()).expect("a valid set");
    pool.get_message_by_name("mirror.v1.Everything").expect("exported")
});

/// Sets a field; an empty list is none at all.
fn set(message: &mut DynamicMessage, field: &str, value: Value) {
    if !matches!(&value, Value::List(list) if list.is_empty()) {
        message.set_field_by_name(field, value);
    }
}

/// A message of the type of a field of `of`, with these fields.
fn message(of: &DynamicMessage, field: &str, fields: Vec<(&str, Value)>) -> Value {
    let field = of.descriptor().get_field_by_name(field).expect("a field");
    let mut message = DynamicMessage::new(field.kind().as_message().expect("a message").clone());
    for (name, value) in fields {
        set(&mut message, name, value);
    }
    Value::Message(message)
}

fn state(state: HoldState) -> Value {
    Value::EnumNumber(match state {
        HoldState::Held => 1,
        HoldState::Shipped => 2,
        HoldState::Released => 3,
    })
}

fn line(of: &DynamicMessage, field: &str, line: &StockLine) -> Value {
    message(
        of,
        field,
        vec![("sku", Value::String(line.sku.to_string())), ("quantity", Value::U32(line.quantity))],
    )
}

fn choice(of: &DynamicMessage, field: &str, choice: &Choice) -> Value {
    let Value::Message(empty) = message(of, field, vec![]) else { unreachable!("a message") };
    let variant = match choice {
        Choice::Nothing => ("nothing", message(&empty, "nothing", vec![])),
        Choice::Number(number) => ("number", Value::I64(*number)),
        Choice::Pair { left, right, from, out } => {
            let mut fields = vec![("left", Value::String(left.clone()))];
            fields.push(("from", Value::List(from.iter().map(|number| Value::U32(*number)).collect())));
            fields.extend(right.map(|right| ("right", Value::U32(right))));
            fields.extend(out.clone().map(|out| ("out", Value::String(out))));
            ("pair", message(&empty, "pair", fields))
        }
        Choice::State(held) => ("state", state(*held)),
        Choice::Line(value) => ("line", line(&empty, "line", value)),
        Choice::StockLine => ("stock_line", message(&empty, "stock_line", vec![])),
    };
    message(of, field, vec![variant])
}

fn tree(of: &DynamicMessage, field: &str, value: &Tree) -> Value {
    let Value::Message(empty) = message(of, field, vec![]) else { unreachable!("a message") };
    let branches = value.branches.iter().map(|branch| tree(&empty, "branches", branch)).collect();
    let leaf = value.leaf.map(|leaf| ("leaf", Value::U32(leaf)));
    message(of, field, leaf.into_iter().chain([("branches", Value::List(branches))]).collect())
}

fn timestamp(of: &DynamicMessage, field: &str, at: time::OffsetDateTime) -> Value {
    let nanos = i32::try_from(at.nanosecond()).expect("below a second");
    let fields = vec![("seconds", Value::I64(at.unix_timestamp())), ("nanos", Value::I32(nanos))];
    // As Protobuf has it, what is zero is not there.
    let zero = |value: &Value| matches!(value, Value::I64(0) | Value::I32(0));
    message(of, field, fields.into_iter().filter(|(_, value)| !zero(value)).collect())
}

/// The value as prost-reflect would have it.
fn dynamic(value: &Everything) -> DynamicMessage {
    let mut out = DynamicMessage::new(EVERYTHING.clone());
    let list = |values: &mut dyn Iterator<Item = Value>| Value::List(values.collect());
    let money = vec![
        ("amount", Value::I64(value.price.amount)),
        ("currency", Value::String(value.price.currency.to_string())),
    ];
    let mut fields = vec![
        ("yes", Value::Bool(value.yes)),
        ("small", Value::U32(value.small.into())),
        ("medium", Value::U32(value.medium)),
        ("large", Value::U64(value.large)),
        ("signed", Value::I32(value.signed)),
        ("long", Value::I64(value.long)),
        ("real", Value::F64(value.real)),
        ("text", Value::String(value.text.clone())),
        ("blob", Value::Bytes(value.blob.clone())),
        ("id", Value::String(value.id.0.to_string())),
        ("at", timestamp(&out, "at", value.at)),
        ("sku", Value::String(value.sku.to_string())),
        ("price", message(&out, "price", money)),
        ("state", state(value.state)),
        ("line", line(&out, "line", &value.line)),
        ("choice", choice(&out, "choice", &value.choice)),
        ("tree", tree(&out, "tree", &value.tree)),
        ("numbers", list(&mut value.numbers.iter().map(|number| Value::I64(*number)))),
        ("flags", list(&mut value.flags.iter().map(|flag| Value::Bool(*flag)))),
        ("reals", list(&mut value.reals.iter().map(|real| Value::F64(*real)))),
        ("states", list(&mut value.states.iter().map(|each| state(*each)))),
        ("words", list(&mut value.words.iter().map(|word| Value::String(word.clone())))),
        ("lines", list(&mut value.lines.iter().map(|each| line(&out, "lines", each)))),
        ("choices", list(&mut value.choices.iter().map(|each| choice(&out, "choices", each)))),
    ];
    fields.extend(value.maybe_number.map(|number| ("maybe_number", Value::U32(number))));
    fields.extend(value.maybe_text.clone().map(|text| ("maybe_text", Value::String(text))));
    fields.extend(value.maybe_state.map(|held| ("maybe_state", state(held))));
    fields
        .extend(value.maybe_choice.as_ref().map(|each| ("maybe_choice", choice(&out, "maybe_choice", each))));
    fields.extend(value.r#type.map(|number| ("type", Value::I32(number))));
    for (name, value) in fields {
        set(&mut out, name, value);
    }
    out
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_we_write_is_read_by_others_as_the_same_value(value in everything()) {
        let theirs = DynamicMessage::decode(EVERYTHING.clone(), value.to_bytes());
        prop_assert_eq!(theirs.expect("valid Protobuf"), dynamic(&value));
    }

    #[test]
    fn what_others_write_is_read_by_us_as_the_same_value(value in everything()) {
        prop_assert_eq!(Everything::from_bytes(&dynamic(&value).encode_to_vec()), Ok(value));
    }

    #[test]
    fn what_we_accept_others_accept_too(
        value in everything(), at: prop::sample::Index, cut in 0_usize..8, more in vec(any::<u8>(), 0..8)
    ) {
        let mut bytes = value.to_bytes().to_vec();
        let start = at.index(bytes.len());
        drop(bytes.splice(start..(start + cut).min(value.to_bytes().len()), more));
        if Everything::from_bytes(&bytes).is_ok() {
            prop_assert!(DynamicMessage::decode(EVERYTHING.clone(), &bytes[..]).is_ok());
        }
    }
}

#[test]
fn the_exported_text_and_the_descriptors_for_reflection_say_the_same() {
    let ours =
        FileDescriptorSet::decode(&schema::descriptor_set(&[<dyn Inventory>::DESC, <dyn Mirror>::DESC])[..]);
    let of_package = |set: FileDescriptorSet| -> Vec<FileDescriptorProto> {
        let mut files = set.file;
        // Google's own file has options and comments that we do not repeat.
        files.retain(|file| file.package() != "google.protobuf");
        files.sort_by(|a, b| a.name().cmp(b.name()));
        files
    };
    let (ours, theirs) = (of_package(ours.expect("a valid set")), of_package(compiled()));
    assert_eq!(ours.len(), 3);
    assert_eq!(ours, theirs);
}

#[test]
fn the_descriptors_for_reflection_are_complete_and_dependencies_come_first() {
    let set = schema::descriptor_set(&[<dyn Mirror>::DESC, <dyn Inventory>::DESC]);
    let files = FileDescriptorSet::decode(&set[..]).expect("a valid set").file;
    for (index, file) in files.iter().enumerate() {
        for dependency in &file.dependency {
            assert!(
                files[..index].iter().any(|before| before.name() == dependency),
                "{dependency} before {}",
                file.name()
            );
        }
    }
    let pool = DescriptorPool::decode(&set[..]).expect("nothing is missing");
    let service = pool.get_service_by_name("inventory.v1.Inventory").expect("served");
    assert_eq!(
        service.methods().map(|method| method.name().to_owned()).collect::<Vec<_>>(),
        ["Reserve", "Stock", "Ring"]
    );
    assert!(pool.get_message_by_name("outgrow.v1.CallFailure").is_some());
}
