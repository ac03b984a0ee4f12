//! Why bytes are not the message they should be, and where.

use std::{error::Error, fmt};

/// Why bytes are not the message they should be, and in which field: `lines[2].sku: a SKU is never empty`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    path: String,
    fault: Fault,
}

/// What is wrong with some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A required field, or the one variant of an enum, is not there.
    Missing,
    /// A variant of this number is not known to this build.
    UnknownVariant(u64),
    /// The value breaks a rule of its type.
    Malformed(String),
    /// The field is of another type on the wire.
    WrongType,
    /// The bytes end within a value.
    Truncated,
    /// Messages are nested deeper than any real one.
    TooDeep,
    /// A variable-length integer has more than 64 bits.
    Overlong,
}

impl WireError {
    /// A fault, in a place yet to be named.
    #[cold]
    pub const fn new(fault: Fault) -> Self {
        Self { path: String::new(), fault }
    }

    /// A value that breaks a rule of its type.
    #[cold]
    pub fn malformed(why: impl fmt::Display) -> Self {
        Self::new(Fault::Malformed(why.to_string()))
    }

    /// A variant of this number is not known to this build.
    #[cold]
    pub const fn unknown_variant(number: u64) -> Self {
        Self::new(Fault::UnknownVariant(number))
    }

    /// An enum with data came without any variant.
    #[cold]
    pub const fn no_variant() -> Self {
        Self::new(Fault::Missing)
    }

    /// The same fault, seen from the message that has this field, or from the list that has this `[index]`.
    #[cold]
    #[must_use]
    pub fn within(mut self, field: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{field}{dot}{}", self.path);
        self
    }

    /// Where, such as `lines[2].sku`; empty if it is the message itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        match &self.fault {
            Fault::Missing => f.write_str("required, but missing"),
            Fault::UnknownVariant(number) => write!(f, "variant {number} is not known here"),
            Fault::Malformed(why) => f.write_str(why),
            Fault::WrongType => f.write_str("is of another type on the wire"),
            Fault::Truncated => f.write_str("ends too early"),
            Fault::TooDeep => f.write_str("is nested too deeply"),
            Fault::Overlong => f.write_str("is an integer of more than 64 bits"),
        }
    }
}

impl Error for WireError {}
