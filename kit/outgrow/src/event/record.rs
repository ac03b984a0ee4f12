//! An event on its way: as its publisher hands it over, as it is recorded and delivered, as a subscriber gets it.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Event, StreamDesc};
use crate::{CallContext, IdempotencyKey, Wire, WireError};

/// An event that a core hands to its store, to be committed with the change it tells of. Its id is made with it and
/// never changes: whoever gets it twice can tell.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Which event.
    pub id: Uuid,
    /// Its stream.
    pub stream: &'static StreamDesc,
    /// Which aggregate it happened to.
    pub key: String,
    /// Such as `ordering.v1.order_placed`.
    pub kind: String,
    /// What happened, as JSON.
    pub data: String,
    /// When.
    pub at: OffsetDateTime,
    /// Groups everything that followed from one beginning.
    pub correlation: Uuid,
    /// The message this followed from.
    pub causation: Option<Uuid>,
}

impl Outgoing {
    /// An event that happened while `cx` was served.
    ///
    /// # Errors
    /// For an event that this build does not know: nobody publishes what somebody else told.
    pub fn of<E: Event>(
        event: &E,
        id: Uuid,
        at: OffsetDateTime,
        cx: &CallContext,
    ) -> Result<Self, WireError> {
        let (kind, data) = event.to_json()?;
        let key = event.key().ok_or_else(WireError::no_variant)?;
        let (correlation, causation) = (cx.correlation(), cx.causation());
        Ok(Self { id, stream: E::STREAM, key, kind, data, at, correlation, causation })
    }
}

/// An event as it was recorded with the change it tells of, and as it is delivered.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
#[wire(package = "outgrow.v1")]
pub struct Recorded {
    /// Which event: whoever gets it twice can tell.
    #[wire(1)]
    pub id: Uuid,
    /// Its stream, such as `ordering.v1.OrderEvent`.
    #[wire(2)]
    pub stream: String,
    /// Which aggregate it happened to.
    #[wire(3)]
    pub key: String,
    /// Its number in the stream of that key: from 1, without a gap.
    #[wire(4)]
    pub sequence: u64,
    /// Such as `ordering.v1.order_placed`.
    #[wire(5)]
    pub kind: String,
    /// What happened, as JSON.
    #[wire(6)]
    pub data: String,
    /// When.
    #[wire(7)]
    pub at: OffsetDateTime,
    /// Groups everything that followed from one beginning.
    #[wire(8)]
    pub correlation: Uuid,
    /// The message this followed from.
    #[wire(9)]
    pub causation: Option<Uuid>,
    /// The event of its key that this subscriber was told of last before it: its number, 0 if there is none. Left out
    /// where that is the number before.
    #[wire(10)]
    pub previous: Option<u64>,
}

impl Recorded {
    /// The longest key, in bytes: it stands in indexes.
    pub const LONGEST_KEY: usize = 512;

    /// The most that an event may tell, in bytes: one has to fit through every carrier.
    pub const LARGEST: usize = 512 * 1024;

    /// Why no inbox can keep it; none if any can. Whoever takes in what a peer has sent asks this first.
    pub fn unfit(&self) -> Option<String> {
        let Self { stream, key, sequence, kind, data, .. } = self;
        if key.len() > Self::LONGEST_KEY || data.len() > Self::LARGEST {
            let (key, data) = (key.len(), data.len());
            let (longest, largest) = (Self::LONGEST_KEY, Self::LARGEST);
            return Some(format!(
                "its key has {key} bytes, its data {data}: {longest} and {largest} can be kept"
            ));
        }
        if [stream, key, kind, data].iter().any(|text| text.contains('\0')) {
            return Some("it has a NUL in a text".to_owned());
        }
        let numbers = 1..=i64::MAX.unsigned_abs();
        let numbered = numbers.contains(sequence) && self.follows() < *sequence;
        (!numbered).then(|| format!("#{sequence} after #{} is no number of an event", self.follows()))
    }

    /// The number of the event that has to be handled before this one; 0 for none.
    pub fn follows(&self) -> u64 {
        self.previous.unwrap_or_else(|| self.sequence.saturating_sub(1))
    }

    /// The mark of its handling.
    pub fn mark(&self) -> Mark {
        Mark { stream: self.stream.clone(), key: self.key.clone(), sequence: self.sequence }
    }
}

/// Some events for one subscriber: they are put into its inbox, all or none.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
#[wire(package = "outgrow.v1")]
pub struct Delivery {
    /// The events, in any order.
    #[wire(1)]
    pub events: Vec<Recorded>,
}

/// They are in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
#[wire(package = "outgrow.v1")]
pub struct Accepted {}

/// What says that an event was handled: committed with the effects of handling it, exactly once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The stream.
    pub stream: String,
    /// Which aggregate.
    pub key: String,
    /// The number of the event.
    pub sequence: u64,
}

/// An event for a core that listens.
#[derive(Clone, Debug)]
pub struct Delivered<E> {
    /// What happened.
    pub event: E,
    /// Which event.
    pub id: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// Commit it with the effects of handling the event.
    pub mark: Mark,
    /// The context of calls that handling it makes: its id is their idempotency key.
    pub cx: CallContext,
}

impl<E: Event> Delivered<E> {
    /// The recorded event, for `module`; none if this build does not know its kind.
    ///
    /// # Errors
    /// When its data are no such event.
    pub fn read(recorded: &Recorded, module: &'static str) -> Result<Option<Self>, WireError> {
        let Recorded { id, at, correlation, .. } = *recorded;
        let cx = CallContext::new(module, correlation).caused_by(id).with_key(IdempotencyKey::from(id));
        let event = E::from_json(&recorded.kind, &recorded.data)?;
        Ok(event.map(|event| Self { event, id, at, mark: recorded.mark(), cx }))
    }
}

/// What a core did with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it says whether the mark was committed"]
pub enum Handled {
    /// Its mark was committed, with the effects.
    Marked,
    /// There was nothing to do: the mark is still to be committed.
    Ignored,
}
