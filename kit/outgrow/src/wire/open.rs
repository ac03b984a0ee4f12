//! Enums that keep what they do not know.

use std::fmt;

use bytes::Bytes;

use super::{Reader, Tag, WireError, nested};

/// An enum with a variant for what newer versions will say: `#[wire(other)] Other(Unread)`.
///
/// Every refusal is one, so that a service in the middle passes on a refusal it has never heard of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not keep refusals of newer versions",
    label = "has no `other` variant",
    note = "add `#[wire(other)] Other(Unread)` to it: what this build does not know is then kept whole, and passed on whole"
)]
pub trait Open {}

/// A variant that this build does not know, kept as it came and passed on as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    number: u32,
    field: Bytes,
}

impl Unread {
    /// The variant `number` with an encoded message in it. For tests: it plays a newer version.
    pub fn new(number: u32, message: &[u8]) -> Self {
        let mut field = Vec::new();
        nested(number, &mut field, |out| out.extend_from_slice(message));
        Self { number, field: field.into() }
    }

    /// The number of the variant.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Appends it. Called by derived code.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.field);
    }

    /// Keeps what follows `tag`. Called by derived code.
    pub fn take(tag: Tag, from: &mut Reader<'_>) -> Result<Self, WireError> {
        let value = from.raw(tag)?;
        let mut field = Vec::with_capacity(value.len() + 5);
        tag.write(&mut field);
        field.extend_from_slice(value);
        Ok(Self { number: tag.number, field: field.into() })
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused for a reason unknown here (variant {})", self.number)
    }
}
