//! Writing the parts that every value is made of: tags, varints and lengths.

use super::{Fault, WireError};

/// How a value is delimited, so that even an unknown one can be skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireType {
    /// A variable-length integer.
    Varint,
    /// Eight bytes.
    I64,
    /// A length and that many bytes.
    Len,
    /// Fields up to the matching [`WireType::EndGroup`]. Never written here.
    Group,
    /// The end of a group. Never written here.
    EndGroup,
    /// Four bytes. Never written here.
    I32,
}

impl WireType {
    const fn bits(self) -> u64 {
        match self {
            Self::Varint => 0,
            Self::I64 => 1,
            Self::Len => 2,
            Self::Group => 3,
            Self::EndGroup => 4,
            Self::I32 => 5,
        }
    }
}

/// What precedes every value in a message: the number of its field, and how it is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The number of the field.
    pub number: u32,
    /// How its value is delimited.
    pub wire: WireType,
}

impl Tag {
    /// Appends the tag.
    #[inline]
    pub fn write(self, out: &mut Vec<u8>) {
        varint((u64::from(self.number) << 3) | self.wire.bits(), out);
    }

    pub(super) fn parse(raw: u64) -> Result<Self, WireError> {
        let wire = match raw & 7 {
            0 => WireType::Varint,
            1 => WireType::I64,
            2 => WireType::Len,
            3 => WireType::Group,
            4 => WireType::EndGroup,
            5 => WireType::I32,
            _ => return Err(WireError::new(Fault::WrongType)),
        };
        match u32::try_from(raw >> 3) {
            Ok(number @ 1..=0x1fff_ffff) => Ok(Self { number, wire }),
            _ => Err(WireError::malformed(format_args!("{} is not a field number", raw >> 3))),
        }
    }
}

/// Appends an integer, seven bits a byte, lowest first.
#[inline]
pub fn varint(mut value: u64, out: &mut Vec<u8>) {
    loop {
        let [low, ..] = value.to_le_bytes();
        if value < 0x80 {
            return out.push(low);
        }
        out.push(low | 0x80);
        value >>= 7;
    }
}

/// Appends what `write` appends, preceded by its length.
#[inline]
pub fn delimited(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.push(0); // the length: one byte does for most values
    write(out);
    let length = out.len() - at - 1;
    match (u8::try_from(length), out.get_mut(at)) {
        (Ok(short @ 0..0x80), Some(prefix)) => *prefix = short,
        _ => widen(out, at, length),
    }
}

/// Makes room for a length of more than one byte at `at`.
#[cold]
fn widen(out: &mut Vec<u8>, at: usize, length: usize) {
    let mut prefix = Vec::with_capacity(5);
    #[expect(clippy::as_conversions, reason = "a usize has at most 64 bits")]
    varint(length as u64, &mut prefix);
    drop(out.splice(at..=at, prefix));
}

/// Appends a field whose value is a message that `write` appends.
#[inline]
pub fn nested(number: u32, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    Tag { number, wire: WireType::Len }.write(out);
    delimited(out, write);
}
