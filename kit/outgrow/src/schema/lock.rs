//! The lock of a contract: every number, method and stream it ever had, in a file that people can read.
//!
//! ```text
//! format 2
//! service inventory.v1.Inventory
//!   rpc Reserve idempotent inventory.v1.ReserveStock -> inventory.v1.Reservation | inventory.v1.InventoryRefusal
//! message inventory.v1.ReserveStock
//!   1 reservation required string(uuid)
//!   2 lines repeated inventory.v1.StockLine
//!   reserved 3 note
//! oneof inventory.v1.InventoryRefusal open
//!   1 out_of_stock inventory.v1.InventoryRefusal.OutOfStock
//! enum inventory.v1.HoldState
//!   1 Held
//! ```
//!
//! A stream of events is one line more, `stream ordering.v1.OrderEvent key order`, and its types stand among the others.
//!
//! A oneof is *open* if a variant that a reader does not know is kept, as in every refusal. In brackets stands which
//! values of a Protobuf type are read: `uint32(16)` is a `u16`, `string(uuid)` a `Uuid`. What a checked newtype accepts
//! (`Sku`: 1 to 40 characters) is code, cannot be compared, and is not here. A lock of format 1, without a line that
//! says so, knows neither of the two; then what the code says now is taken for what it said.
//!
//! In the data of an event no oneof is open: they are JSON, in which nobody keeps what he does not know.
//!
//! What may change from one lock to the next stands in [`breach`](super::breach).

mod text;

use std::collections::BTreeMap;

use super::{
    Breach, Contract, KERNEL, breach,
    package::{Package, Packages},
    type_name,
};
use crate::{
    Kind,
    wire::{MessageDesc, Presence, Scalar, Shape},
};

pub use text::LockError;
pub(in crate::schema) use text::{kind_word, presence_word};

/// Every number, every method and every stream that some packages ever had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By full name: methods by name.
    pub(super) services: BTreeMap<String, BTreeMap<String, Rpc>>,
    /// By full name: the keys.
    pub(super) streams: BTreeMap<String, String>,
    /// By full name.
    pub(super) types: BTreeMap<String, Entry>,
    /// Whether it was written before locks said what is open, and which values are read.
    pub(super) terse: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rpc {
    pub(super) kind: Kind,
    pub(super) request: String,
    pub(super) answer: String,
    pub(super) refusal: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) form: Form,
    /// Whether a variant that a reader does not know is kept.
    pub(super) open: bool,
    pub(super) numbers: BTreeMap<u32, Use>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Message,
    Oneof,
    Enum,
}

/// What a number stands for, or stood for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Field { name: String, presence: Presence, ty: String },
    Variant { name: String, ty: String },
    Plain { name: String },
    Reserved { name: String },
}

impl Use {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Field { name, .. }
            | Self::Variant { name, .. }
            | Self::Plain { name }
            | Self::Reserved { name } => name,
        }
    }
}

impl Lock {
    /// Reads a lock. An empty text is the lock of a contract that was never exported.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        text.parse()
    }

    /// The ports it locks, such as `inventory.v1.Inventory`.
    pub fn ports(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(|name| &**name)
    }

    /// What the code of this contract says now.
    pub fn of(contract: impl Into<Contract>) -> Self {
        let contract = contract.into();
        let mut lock = Self::default();
        lock.add(&contract.package());
        let streams: Vec<_> =
            contract.streams().map(|stream| type_name(stream.package, (stream.shape)())).collect();
        let told = Packages::default().and(contract.streams()).take(contract.port.package).messages;
        for name in told.into_iter().map(|desc| type_name(contract.port.package, Shape::Message(desc))) {
            if let Some(entry) = lock.types.get_mut(&name).filter(|_| !streams.contains(&name)) {
                entry.open = false;
            }
        }
        lock
    }

    /// What the code of the types that all contracts share says now.
    pub fn kernel() -> Self {
        let mut lock = Self::default();
        lock.add(&Packages::kernel().take(KERNEL));
        lock
    }

    /// The lock after the change to what the code says `now`: everything ever used, with what is gone reserved.
    pub fn update(&self, now: &Self) -> Result<Self, Vec<Breach>> {
        breach::update(self, now)
    }

    /// The numbers of a message that are no longer used, and the names they had.
    pub(super) fn reserved(&self, message: &str) -> Vec<(u32, &str)> {
        let numbers = self.types.get(message).into_iter().flat_map(|entry| &entry.numbers);
        numbers
            .filter(|(_, used)| matches!(used, Use::Reserved { .. }))
            .map(|(number, used)| (*number, used.name()))
            .collect()
    }

    pub(super) fn add(&mut self, package: &Package<'_>) {
        for port in &package.ports {
            let full = |shape: fn() -> Shape| type_name(port.package, shape());
            let methods = port.methods.iter().map(|method| {
                let (request, answer, refusal) =
                    (full(method.request), full(method.answer), full(method.refusal));
                (method.name.to_owned(), Rpc { kind: method.kind, request, answer, refusal })
            });
            self.services.insert(port.to_string(), methods.collect());
        }
        let streams = package.streams.iter().map(|stream| (stream.to_string(), stream.key.to_owned()));
        self.streams.extend(streams);
        for desc in &package.messages {
            self.add_message(package.name, desc);
        }
        for desc in &package.enums {
            let plain =
                desc.variants.iter().map(|each| (each.number, Use::Plain { name: each.name.to_owned() }));
            let entry = Entry { form: Form::Enum, open: false, numbers: plain.collect() };
            self.types.insert(type_name(package.name, Shape::Enum(desc)), entry);
        }
    }

    fn add_message(&mut self, package: &str, desc: &'static MessageDesc) {
        let numbers = desc.fields.iter().map(|field| {
            let (name, ty) = (field.name.to_owned(), read_as(package, (field.shape)()));
            let used = if desc.oneof {
                Use::Variant { name, ty }
            } else {
                Use::Field { name, presence: field.presence, ty }
            };
            (field.number, used)
        });
        let form = if desc.oneof { Form::Oneof } else { Form::Message };
        let entry = Entry { form, open: desc.open, numbers: numbers.collect() };
        self.types.insert(type_name(package, Shape::Message(desc)), entry);
        for nested in desc.nested {
            self.add_message(package, nested);
        }
    }
}

/// The type of a field, with which of its values are read.
fn read_as(package: &str, shape: Shape) -> String {
    let name = type_name(package, shape);
    match shape {
        Shape::Scalar(Scalar::U16) => name + "(16)",
        Shape::Scalar(Scalar::Uuid) => name + "(uuid)",
        Shape::Scalar(_) | Shape::Message(_) | Shape::Enum(_) | Shape::Timestamp => name,
    }
}
