//! Descriptions of `Wire` types: what schemas, locks and reflection are made from.
//!
//! They are statics, filled in by `#[derive(Wire)]`. Types refer to each other by function (`fn() -> Shape`), so a
//! message may contain itself.

/// The type of a value in the schema.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A number, text or bytes.
    Scalar(Scalar),
    /// A message.
    Message(&'static MessageDesc),
    /// An enum without data.
    Enum(&'static EnumDesc),
    /// `google.protobuf.Timestamp`.
    Timestamp,
}

/// A Protobuf scalar. Where fewer of its values are read than Protobuf can write, it is one of its own: schemas do not
/// show that, locks do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `bool`
    Bool,
    /// `uint32`, of which 16 bits are read
    U16,
    /// `uint32`
    U32,
    /// `uint64`
    U64,
    /// `sint32`
    S32,
    /// `sint64`
    S64,
    /// `double`
    Double,
    /// `string`
    String,
    /// `string`, of which UUIDs are read
    Uuid,
    /// `bytes`
    Bytes,
}

/// How often a field is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Exactly once: its absence is an error.
    Required,
    /// Once or not at all.
    Optional,
    /// Any number of times.
    Repeated,
}

/// A message.
#[derive(Debug)]
pub struct MessageDesc {
    /// Its name in its package or parent.
    pub name: &'static str,
    /// The package it is of, if that is not the package of whatever uses it.
    pub package: Option<&'static str>,
    /// The message it is nested in.
    pub parent: Option<&'static str>,
    /// Its documentation.
    pub doc: &'static str,
    /// Whether its fields are the variants of an enum: exactly one of them is there.
    pub oneof: bool,
    /// Whether a variant it does not know is kept, not refused: see [`Open`](super::Open).
    pub open: bool,
    /// Its fields, as written.
    pub fields: &'static [FieldDesc],
    /// The messages nested in it.
    pub nested: &'static [&'static MessageDesc],
}

/// A field of a message, or a variant of a oneof.
#[derive(Debug)]
pub struct FieldDesc {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub number: u32,
    /// Its documentation.
    pub doc: &'static str,
    /// How often it is there.
    pub presence: Presence,
    /// Its type.
    pub shape: fn() -> Shape,
}

/// An enum without data. Number 0 is always `UNSPECIFIED`, and never read.
#[derive(Debug)]
pub struct EnumDesc {
    /// Its name in its package.
    pub name: &'static str,
    /// The package it is of, if that is not the package of whatever uses it.
    pub package: Option<&'static str>,
    /// Its documentation.
    pub doc: &'static str,
    /// Its variants, as written.
    pub variants: &'static [VariantDesc],
}

/// A variant of an enum without data.
#[derive(Debug)]
pub struct VariantDesc {
    /// Its name, as in Rust.
    pub name: &'static str,
    /// Its number.
    pub number: u32,
    /// Its documentation.
    pub doc: &'static str,
}
