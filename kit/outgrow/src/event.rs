//! Events: what a module tells, after it happened, whoever listens.
//!
//! Everything that happens to one *aggregate* (one order, say) is told in one **stream**: an enum with a variant for
//! each kind of event, and one field, the key, that names the aggregate. `#[derive(Event)]` says so:
//!
//! ```
//! use outgrow::{Event, Unread, Wire, event::StreamDesc};
//!
//! /// What happens to an order.
//! #[derive(Clone, Debug, PartialEq, Wire, Event)]
//! #[event("ordering.v1", key = "order")]
//! pub enum OrderEvent {
//!     /// It was taken.
//!     #[wire(1)]
//!     OrderPlaced {
//!         #[wire(1)]
//!         order: String,
//!         #[wire(2)]
//!         customer: String,
//!     },
//!     /// An event of a newer version.
//!     #[wire(other)]
//!     Other(Unread),
//! }
//!
//! let event = OrderEvent::OrderPlaced { order: "17".to_owned(), customer: "ada".to_owned() };
//! assert_eq!(event.key().as_deref(), Some("17"));
//! assert_eq!(OrderEvent::STREAM.to_string(), "ordering.v1.OrderEvent");
//!
//! let (kind, data) = event.to_json()?;
//! assert_eq!(kind, "ordering.v1.order_placed");
//! assert_eq!(data, r#"{"customer":"ada","order":"17"}"#);
//! assert_eq!(OrderEvent::from_json(&kind, &data)?, Some(event));
//! # Ok::<(), outgrow::WireError>(())
//! ```
//!
//! An event is *published* with the change that it tells of, in one transaction, and numbered there: each stream of
//! each key counts from 1 without a gap. It is *delivered* to every subscriber at least once, *handled* by each in the
//! order of those numbers, and has its effects exactly once (ADR 0017, ADR 0018).
//!
//! Deliberately absent: how events travel, and where they are kept.

mod record;

use std::fmt;

use crate::{
    Message, WireError,
    port::module_of,
    wire::{FieldDesc, Open, Reader, Shape, Tag, json},
};

pub use record::{Accepted, Delivered, Delivery, Handled, Mark, Outgoing, Recorded};

/// A stream of events, described.
#[derive(Debug)]
pub struct StreamDesc {
    /// Such as `ordering.v1`.
    pub package: &'static str,
    /// Such as `OrderEvent`.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// The field that names the aggregate, such as `order`.
    pub key: &'static str,
    /// The shape of its enum: a field for each kind of event.
    pub shape: fn() -> Shape,
}

impl StreamDesc {
    /// The module that publishes it: `ordering` of `ordering.v1`.
    pub fn module(&self) -> &'static str {
        module_of(self.package)
    }

    /// Its kinds of events, as fields of its enum.
    pub fn kinds(&self) -> &'static [FieldDesc] {
        match (self.shape)() {
            Shape::Message(desc) => desc.fields,
            Shape::Scalar(_) | Shape::Enum(_) | Shape::Timestamp => &[],
        }
    }

    /// What one of its kinds is called among all: `ordering.v1.order_placed`.
    pub fn kind(&self, kind: &FieldDesc) -> String {
        format!("{}.{}", self.package, kind.name)
    }
}

/// Such as `ordering.v1.OrderEvent`.
impl fmt::Display for StreamDesc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.package, self.name)
    }
}

/// What happens to one kind of aggregate. Derive it; it keeps what newer versions will tell (`#[wire(other)]`).
pub trait Event: Message + Open {
    /// Its stream.
    const STREAM: &'static StreamDesc;

    /// Which aggregate it happened to; none for an event that this build does not know.
    fn key(&self) -> Option<String>;

    /// Its kind, such as `ordering.v1.order_placed` (the attribute `type` of `CloudEvents`), and what happened, as JSON.
    ///
    /// # Errors
    /// For an event that this build does not know.
    fn to_json(&self) -> Result<(String, String), WireError> {
        let bytes = self.to_bytes();
        let mut from = Reader::new(&bytes);
        let tag = from.tag()?.ok_or_else(WireError::no_variant)?;
        let kind = Self::STREAM.kinds().iter().find(|kind| kind.number == tag.number);
        let kind = kind.ok_or_else(|| WireError::unknown_variant(tag.number.into()))?;
        let data = json::read((kind.shape)(), tag, &mut from)?;
        Ok((Self::STREAM.kind(kind), data.to_string()))
    }

    /// The event of that kind, in which that happened; none if this build does not know the kind.
    ///
    /// # Errors
    /// When the data are no such event, naming the field.
    fn from_json(kind: &str, data: &str) -> Result<Option<Self>, WireError> {
        let name = kind.strip_prefix(Self::STREAM.package).and_then(|rest| rest.strip_prefix('.'));
        let Some(kind) = Self::STREAM.kinds().iter().find(|kind| Some(kind.name) == name) else {
            return Ok(None);
        };
        let data = serde_json::from_str(data)
            .map_err(|error| WireError::malformed(format_args!("is not JSON: {error}")))?;
        let shape = (kind.shape)();
        let mut out = Vec::new();
        Tag { number: kind.number, wire: json::wire_type(shape) }.write(&mut out);
        json::write(shape, &data, &mut out)?;
        Self::from_bytes(&out).map(Some)
    }
}
