//! The values that Rust, `bytes`, `uuid` and `time` bring along.

use std::fmt;

use bytes::Bytes;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Fault, Reader, Scalar, Shape, Tag, Wire, WireError, WireType, varint};

/// `impl Wire` for an integer or bool: to and from the varint it is on the wire.
macro_rules! varints {
    ($($type:ty as $scalar:ident, |$value:ident| $to:expr, |$raw:ident| $from:expr;)*) => { $(
        impl Wire for $type {
            const TYPE: WireType = WireType::Varint;

            fn shape() -> Shape {
                Shape::Scalar(Scalar::$scalar)
            }

            #[inline]
            fn write(&self, out: &mut Vec<u8>) {
                let $value = *self;
                varint($to, out);
            }

            #[inline]
            fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
                let $raw = from.varint()?;
                $from
            }
        }
    )* };
}

varints! {
    bool as Bool, |value| u64::from(value), |raw| Ok(raw != 0);
    u16 as U16, |value| u64::from(value), |raw| in_range(raw);
    u32 as U32, |value| u64::from(value), |raw| in_range(raw);
    u64 as U64, |value| value, |raw| Ok(raw);
    i32 as S32, |value| zigzag(i64::from(value)), |raw| in_range(unzigzag(raw));
    i64 as S64, |value| zigzag(value), |raw| Ok(unzigzag(raw));
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

const fn unzigzag(raw: u64) -> i64 {
    (raw >> 1).cast_signed() ^ -((raw & 1).cast_signed())
}

fn in_range<T, U: TryInto<T> + fmt::Display + Copy>(raw: U) -> Result<T, WireError> {
    raw.try_into().map_err(|_out_of_range| WireError::malformed(format_args!("{raw} is out of range")))
}

impl Wire for f64 {
    const TYPE: WireType = WireType::I64;

    fn shape() -> Shape {
        Shape::Scalar(Scalar::Double)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        from.fixed().map(Self::from_le_bytes)
    }
}

impl Wire for String {
    const TYPE: WireType = WireType::Len;

    fn shape() -> Shape {
        Shape::Scalar(Scalar::String)
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        from.text().map(str::to_owned)
    }
}

impl Wire for Bytes {
    const TYPE: WireType = WireType::Len;

    fn shape() -> Shape {
        Shape::Scalar(Scalar::Bytes)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self::copy_from_slice(from.all()))
    }
}

/// As text, since that is how every other language reads one.
impl Wire for Uuid {
    const TYPE: WireType = WireType::Len;

    fn shape() -> Shape {
        Shape::Scalar(Scalar::Uuid)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.hyphenated().encode_lower(&mut Self::encode_buffer()).as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        Self::try_parse(from.text()?).map_err(|_not_one| WireError::malformed("is not a UUID"))
    }
}

/// `google.protobuf.Timestamp`: the moment, without the offset it was written in.
impl Wire for OffsetDateTime {
    const TYPE: WireType = WireType::Len;

    fn shape() -> Shape {
        Shape::Timestamp
    }

    fn write(&self, out: &mut Vec<u8>) {
        let (seconds, nanos) = (self.unix_timestamp(), self.nanosecond());
        if seconds != 0 {
            Tag { number: 1, wire: WireType::Varint }.write(out);
            varint(seconds.cast_unsigned(), out);
        }
        if nanos != 0 {
            Tag { number: 2, wire: WireType::Varint }.write(out);
            varint(u64::from(nanos), out);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        let (mut seconds, mut nanos) = (0, 0);
        while let Some(tag) = from.tag()? {
            match (tag.number, tag.wire) {
                (1, WireType::Varint) => seconds = from.varint()?.cast_signed(),
                (2, WireType::Varint) => nanos = from.varint()?.cast_signed(),
                (1 | 2, _) => return Err(WireError::new(Fault::WrongType)),
                _ => from.skip(tag)?,
            }
        }
        let moment = Self::from_unix_timestamp(seconds).ok().filter(|_| (0..1_000_000_000).contains(&nanos));
        moment.and_then(|moment| moment.checked_add(Duration::nanoseconds(nanos))).ok_or_else(|| {
            WireError::malformed(format_args!("{seconds} s {nanos} ns is not a moment in time"))
        })
    }
}
