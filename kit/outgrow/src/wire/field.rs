//! What can be a field of a message: a value, an `Option` of one, a `Vec` of them.

use super::{Fault, Presence, Reader, Shape, Tag, Wire, WireError, WireType, delimited};

/// What can be a field of a message: a [`Wire`] type, an `Option` of one, a `Vec` of them.
///
/// There is nothing to implement: these three are all there is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a message",
    label = "neither a `Wire` type, nor an `Option` or a `Vec` of one",
    note = "a field is made of `#[derive(Wire)]` types, String, bool, u16, u32, u64, i32, i64, f64, Bytes (not `Vec<u8>`), Uuid and OffsetDateTime",
    note = "never of references, `Arc`s, connections, transactions, channels or closures: the other side may be another process"
)]
pub trait Field: Sized {
    /// How often it is there.
    const PRESENCE: Presence;

    /// What has been read of it so far.
    type Slot: Default;

    /// The type of its value.
    fn shape() -> Shape;

    /// Nothing read yet.
    #[inline]
    fn slot() -> Self::Slot {
        Self::Slot::default()
    }

    /// Appends the field under this number, if there is anything to append.
    fn put(&self, number: u32, out: &mut Vec<u8>);

    /// Reads what follows `tag`. `name` is for the error.
    fn take(slot: &mut Self::Slot, name: &str, tag: Tag, from: &mut Reader<'_>) -> Result<(), WireError>;

    /// The field, when the message has been read to its end.
    fn finish(slot: Self::Slot, name: &str) -> Result<Self, WireError>;
}

impl<T: Wire> Field for T {
    const PRESENCE: Presence = Presence::Required;
    type Slot = Option<T>;

    fn shape() -> Shape {
        <T as Wire>::shape()
    }

    #[inline]
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        put(self, number, out);
    }

    #[inline]
    fn take(slot: &mut Option<T>, name: &str, tag: Tag, from: &mut Reader<'_>) -> Result<(), WireError> {
        *slot = Some(from.value(tag).map_err(|error| error.within(name))?);
        Ok(())
    }

    #[inline]
    fn finish(slot: Option<T>, name: &str) -> Result<T, WireError> {
        slot.ok_or_else(|| WireError::new(Fault::Missing).within(name))
    }
}

impl<T: Wire> Field for Option<T> {
    const PRESENCE: Presence = Presence::Optional;
    type Slot = Option<T>;

    fn shape() -> Shape {
        <T as Wire>::shape()
    }

    #[inline]
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        if let Some(value) = self {
            put(value, number, out);
        }
    }

    #[inline]
    fn take(slot: &mut Option<T>, name: &str, tag: Tag, from: &mut Reader<'_>) -> Result<(), WireError> {
        <T as Field>::take(slot, name, tag, from)
    }

    #[inline]
    fn finish(slot: Option<T>, _name: &str) -> Result<Self, WireError> {
        Ok(slot)
    }
}

/// Scalars are written packed, and read packed or one by one.
impl<T: Wire> Field for Vec<T> {
    const PRESENCE: Presence = Presence::Repeated;
    type Slot = Vec<T>;

    fn shape() -> Shape {
        <T as Wire>::shape()
    }

    #[inline]
    fn put(&self, number: u32, out: &mut Vec<u8>) {
        if T::TYPE == WireType::Len {
            for value in self {
                put(value, number, out);
            }
        } else if !self.is_empty() {
            Tag { number, wire: WireType::Len }.write(out);
            delimited(out, |out| self.iter().for_each(|value| value.write(out)));
        }
    }

    // Room is made as values come, never by a length that a peer announced.
    fn take(slot: &mut Vec<T>, name: &str, tag: Tag, from: &mut Reader<'_>) -> Result<(), WireError> {
        let at = |index: usize| move |error: WireError| error.within(&format!("[{index}]")).within(name);
        if tag.wire == WireType::Len && T::TYPE != WireType::Len {
            let mut packed = from.delimited().map_err(|error| error.within(name))?;
            while !packed.is_empty() {
                slot.push(T::read(&mut packed).map_err(at(slot.len()))?);
            }
        } else {
            slot.push(from.value(tag).map_err(at(slot.len()))?);
        }
        Ok(())
    }

    #[inline]
    fn finish(slot: Vec<T>, _name: &str) -> Result<Self, WireError> {
        Ok(slot)
    }
}

#[inline]
fn put<T: Wire>(value: &T, number: u32, out: &mut Vec<u8>) {
    Tag { number, wire: T::TYPE }.write(out);
    if T::TYPE == WireType::Len { delimited(out, |out| value.write(out)) } else { value.write(out) }
}
