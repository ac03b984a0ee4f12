//! How values become bytes: real Protobuf, as much of it as ports need.
//!
//! A type that crosses a port is [`Wire`]: it knows its [`Shape`], can write itself and can be read back. Usually
//! `#[derive(Wire)]` says so:
//!
//! ```
//! use outgrow::{Message, Wire};
//!
//! /// Never empty.
//! #[derive(Clone, Debug, PartialEq, Wire)]
//! #[wire(checked)]
//! pub struct Sku(String);
//!
//! impl TryFrom<String> for Sku {
//!     type Error = &'static str;
//!     fn try_from(text: String) -> Result<Self, Self::Error> {
//!         if text.is_empty() { Err("a SKU is never empty") } else { Ok(Self(text)) }
//!     }
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Wire)]
//! pub struct StockLine {
//!     #[wire(1)]
//!     pub sku: Sku,
//!     #[wire(2)]
//!     pub quantity: u32,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let line = StockLine { sku: Sku::try_from("tea".to_owned())?, quantity: 3 };
//! assert_eq!(&line.to_bytes()[..], b"\x0a\x03tea\x10\x03");
//! assert_eq!(StockLine::from_bytes(&line.to_bytes())?, line);
//!
//! let error = StockLine::from_bytes(b"\x0a\x00\x10\x03").unwrap_err();
//! assert_eq!(error.to_string(), "sku: a SKU is never empty");
//! # Ok(())
//! # }
//! ```
//!
//! Reading is strict. A missing required field, an unknown variant, a number out of range or a malformed id is an
//! error that names the field, never a default; nothing a peer sends can panic, recurse without end, or make us
//! hold more than a fixed multiple (by type) of what it sent. Fields this build does not know are skipped.
//! A singular field that comes twice counts as it came last, whole: messages replace, they are not merged.
//! Writing is deterministic: ascending numbers, and a required field is written even when it is zero.
//!
//! Deliberately absent: maps, groups (skipped when met), extensions, and reflection over values. Events are kept as
//! [`json`], by the same shapes.

mod desc;
mod error;
mod failure;
mod field;
mod greeting;
pub mod json;
mod open;
mod read;
mod value;
mod write;

pub use desc::{EnumDesc, FieldDesc, MessageDesc, Presence, Scalar, Shape, VariantDesc};
pub use error::{Fault, WireError};
pub use failure::{CallFailure, Executed};
pub use field::Field;
pub use greeting::{Contract, Greeting};
pub use open::{Open, Unread};
pub use read::Reader;
pub use write::{Tag, WireType, delimited, nested, varint};

use bytes::Bytes;

/// What can stand in a message: one value, without its tag.
///
/// Derive it; write it by hand only for a type with a representation of its own (as [`crate::Currency`] does).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross a port",
    label = "not a `Wire` type",
    note = "what crosses a port is made of `#[derive(Wire)]` types, String, bool, u16, u32, u64, i32, i64, f64, Bytes, Uuid and OffsetDateTime",
    note = "never of references, `Arc`s, connections, transactions, channels or closures: the other side may be another process"
)]
pub trait Wire: Sized + Send + 'static {
    /// How a value is delimited among others.
    const TYPE: WireType;

    /// Its type in the schema.
    fn shape() -> Shape;

    /// Appends the value; a length-delimited one without its length.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads a value; a length-delimited one from a reader that holds it and nothing else.
    fn read(from: &mut Reader<'_>) -> Result<Self, WireError>;
}

/// A [`Wire`] type that is a message of its own, and so can be a request, an answer or a refusal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "neither a request, an answer nor a refusal",
    note = "each is a message of its own: a `#[derive(Wire)]` struct with named fields, or an enum with data"
)]
pub trait Message: Wire {
    /// The encoded message.
    fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(64);
        self.write(&mut out);
        out.into()
    }

    /// The message that these bytes are.
    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        Self::read(&mut Reader::new(bytes))
    }
}
