//! What is wrong with a change: the table of the rules, and how each is said.

use std::fmt;

/// A change that peers of the version before would not understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Of what: `inventory.v1.ReserveStock.note = 3`.
    pub place: String,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What is wrong with a change, in terms of what was there before.
///
/// Each is a breach of one rule, whose name stays for scripts and searches. *Peers* are those of the version before,
/// who run beside the new one; of events, also those of a day before, and who reads them as JSON in another language.
///
/// | rule | why | the compatible way |
/// |---|---|---|
/// | `NUMBER_REUSED` | a number means one thing for ever: peers read the new thing as the old one | a new number |
/// | `NUMBER_CHANGED` | peers look for it under its number | its number again |
/// | `NUMBER_RESERVED` | requests of older peers may still hold what the number was | the lowest free number |
/// | `NUMBER_TOO_LOW` | nobody knows any more whether a gap was ever used | the lowest free number |
/// | `NAME_CHANGED` | it may be another thing; JSON and generated clients go by names | its name again; or a new optional field |
/// | `NAME_RESERVED` | as for numbers | another name |
/// | `TYPE_CHANGED` | peers cannot read it, or read something else | a new optional field of the new type |
/// | `VALUES_CHANGED` | the type reads more or fewer values (`u16`, `u32`): one side refuses what the other sends | a new optional field of the new type |
/// | `PRESENCE_CHANGED` | a list, a value and perhaps a value: one side misses what the other leaves out | a new optional field |
/// | `REQUIRED_ADDED` | peers do not send it | an `Option` or a `Vec`, and a rule for its absence |
/// | `FIELD_REMOVED` | it was required: peers refuse a message without it | go on sending it; end it with the major version |
/// | `VARIANT_ADDED` | the enum is closed: peers cannot read a variant they do not know | a new optional field; an open enum from the start |
/// | `VARIANT_REMOVED` | peers still send it | go on reading it; end it with the major version |
/// | `ENUM_CLOSED` | peers of the version after will send variants that this one then refuses | keep `#[wire(other)]` |
/// | `FORM_CHANGED` | a message, an enum with data, and one without are different bytes | a new type |
/// | `METHOD_REMOVED` | peers still call it | go on answering it; end it with the major version |
/// | `SIGNATURE_CHANGED` | peers send and expect the old types | a new method |
/// | `PROMISE_WEAKENED` | peers repeat a method because it promised that they may | a new method |
/// | `STREAM_REMOVED` | subscribers still listen to it | go on publishing it; end it with the major version |
/// | `KEY_CHANGED` | subscribers have the events of each key in order, and nothing across keys | a new stream |
/// | `CONTRACT_REMOVED` | peers still call its port | serve it until nobody does |
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The number was, and for the others still is, something else.
    Reused {
        /// What it was.
        was: String,
    },
    /// It had another number.
    Renumbered {
        /// That number.
        was: u32,
    },
    /// The number was used by a field that is gone.
    Reserved {
        /// The name of that field.
        was: String,
        /// The lowest number that is free.
        free: u32,
    },
    /// A new number is below one that was used before.
    TooLow {
        /// The lowest number that is free.
        free: u32,
    },
    /// It had another name.
    Renamed {
        /// That name.
        was: String,
    },
    /// The name was used by a field that is gone.
    NameReserved {
        /// The number of that field.
        was: u32,
    },
    /// It had another type.
    Retyped {
        /// That type.
        was: String,
    },
    /// Of the same type on the wire other values are read.
    Values {
        /// Which were.
        was: String,
    },
    /// It was required, optional or repeated, and now is another of the three.
    Presence {
        /// What it was.
        was: &'static str,
    },
    /// A new field is required, and the others do not send it.
    RequiredAdded,
    /// A required field is gone.
    FieldRemoved,
    /// A new variant of a closed enum, which the others cannot read.
    VariantAdded,
    /// A variant is gone.
    VariantRemoved,
    /// An enum no longer keeps the variants it does not know.
    Closed,
    /// A message became an enum, or the like.
    Form {
        /// What it was.
        was: &'static str,
    },
    /// A method is gone.
    MethodRemoved,
    /// The types of a method changed.
    Signature {
        /// What they were.
        was: String,
    },
    /// A method no longer keeps what it promised about being repeated.
    Promise {
        /// What it promised.
        was: &'static str,
    },
    /// A stream of events is gone.
    StreamRemoved,
    /// The events of a stream are of other aggregates.
    Key {
        /// The field that named them.
        was: String,
    },
    /// A whole contract is gone. No lock can tell: it is for those who know all contracts.
    ContractRemoved,
}

impl Wrong {
    /// The name of the rule.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Reused { .. } => "NUMBER_REUSED",
            Self::Renumbered { .. } => "NUMBER_CHANGED",
            Self::Reserved { .. } => "NUMBER_RESERVED",
            Self::TooLow { .. } => "NUMBER_TOO_LOW",
            Self::Renamed { .. } => "NAME_CHANGED",
            Self::NameReserved { .. } => "NAME_RESERVED",
            Self::Retyped { .. } => "TYPE_CHANGED",
            Self::Values { .. } => "VALUES_CHANGED",
            Self::Presence { .. } => "PRESENCE_CHANGED",
            Self::RequiredAdded => "REQUIRED_ADDED",
            Self::FieldRemoved => "FIELD_REMOVED",
            Self::VariantAdded => "VARIANT_ADDED",
            Self::VariantRemoved => "VARIANT_REMOVED",
            Self::Closed => "ENUM_CLOSED",
            Self::Form { .. } => "FORM_CHANGED",
            Self::MethodRemoved => "METHOD_REMOVED",
            Self::Signature { .. } => "SIGNATURE_CHANGED",
            Self::Promise { .. } => "PROMISE_WEAKENED",
            Self::StreamRemoved => "STREAM_REMOVED",
            Self::Key { .. } => "KEY_CHANGED",
            Self::ContractRemoved => "CONTRACT_REMOVED",
        }
    }
}

/// What is wrong, and the compatible way to do it.
impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reused { was } => {
                write!(f, "this number is `{was}`; leave it, and give what is new a new number")
            }
            Self::Renumbered { was } => write!(f, "it is number {was}; give it that number again"),
            Self::Reserved { was, free } => {
                write!(f, "this number is reserved, it was `{was}`; give the new field {free}")
            }
            Self::TooLow { free } => write!(f, "a higher number was used before; give it {free}"),
            Self::Renamed { was } => {
                write!(f, "it is called `{was}`; leave it, and give what is new a new number")
            }
            Self::NameReserved { was } => {
                write!(f, "this name is reserved, it was number {was}; give the new field another name")
            }
            Self::Retyped { was } => {
                write!(f, "its type is `{was}`; leave it, and add an optional field of the new type")
            }
            Self::Values { was } => write!(
                f,
                "its values are those of `{was}`; leave it, and add an optional field with the new values"
            ),
            Self::Presence { was } => write!(f, "it is {was}; leave it, and add a new optional field"),
            Self::RequiredAdded => f.write_str("peers do not send it yet; make it an `Option` or a `Vec`"),
            Self::VariantAdded => f.write_str(
                "peers cannot read it yet; say it in a new optional field, or start a new major version",
            ),
            Self::Closed => f.write_str(
                "what peers say next could not be read any more; put the `#[wire(other)]` variant back",
            ),
            Self::FieldRemoved | Self::VariantRemoved | Self::MethodRemoved | Self::StreamRemoved => {
                f.write_str("peers still use it; put it back, or start a new major version")
            }
            Self::Form { was } => {
                write!(f, "it is a `{was}`; leave it one, and give the new type another name")
            }
            Self::Signature { was } => {
                write!(f, "it is `{was}`; leave it, and add a method with the new types")
            }
            Self::Promise { was } => write!(f, "callers rely on `{was}`; leave it, and add another method"),
            Self::Key { was } => {
                write!(f, "its key is `{was}`; leave it, and tell what has another key in a new stream")
            }
            Self::ContractRemoved => f.write_str("the contract is gone, and peers still use it; put it back"),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.place, self.wrong, self.wrong.rule())
    }
}

impl std::error::Error for Breach {}
