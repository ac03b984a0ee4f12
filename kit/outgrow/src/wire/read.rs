//! Reading the parts that every value is made of. The only code that walks over foreign bytes.

use super::{Fault, Tag, Wire, WireError, WireType};

/// How deep values may be nested, texts and lists included: far deeper than real ones, far from the end of any stack.
const MAX_DEPTH: u8 = 64;

/// Bytes yet to be read: those of one message, or of one length-delimited value.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Reader<'a> {
    /// Reads an outermost message.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, depth: MAX_DEPTH }
    }

    /// Whether everything has been read.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next field; none at the end of the message.
    #[inline]
    pub fn tag(&mut self) -> Result<Option<Tag>, WireError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let raw = self.varint()?;
        Tag::parse(raw).map(Some)
    }

    /// An integer of variable length.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, WireError> {
        match self.rest {
            [byte @ 0..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.fixed()?;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(WireError::new(Fault::Overlong))
    }

    /// The next `N` bytes.
    #[inline]
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (head, tail) = self.rest.split_first_chunk().ok_or_else(|| WireError::new(Fault::Truncated))?;
        self.rest = tail;
        Ok(*head)
    }

    /// Everything that is left.
    pub const fn all(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.rest = &[];
        rest
    }

    /// Everything that is left, as text.
    pub fn text(&mut self) -> Result<&'a str, WireError> {
        str::from_utf8(self.all())
            .map_err(|error| WireError::malformed(format_args!("is not UTF-8: {error}")))
    }

    /// The next length-delimited value.
    #[inline]
    pub fn delimited(&mut self) -> Result<Reader<'a>, WireError> {
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        let (head, tail) =
            self.rest.split_at_checked(length).ok_or_else(|| WireError::new(Fault::Truncated))?;
        let depth = self.depth.checked_sub(1).ok_or_else(|| WireError::new(Fault::TooDeep))?;
        self.rest = tail;
        Ok(Reader { rest: head, depth })
    }

    /// The value after `tag`.
    #[inline]
    pub fn value<T: Wire>(&mut self, tag: Tag) -> Result<T, WireError> {
        if tag.wire != T::TYPE {
            return Err(WireError::new(Fault::WrongType));
        }
        if T::TYPE == WireType::Len { T::read(&mut self.delimited()?) } else { T::read(self) }
    }

    /// The message after `tag`, read by `read`: a variant whose fields stand in the enum itself.
    #[inline]
    pub fn nested<T>(
        &mut self,
        tag: Tag,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, WireError>,
    ) -> Result<T, WireError> {
        if tag.wire == WireType::Len {
            read(&mut self.delimited()?)
        } else {
            Err(WireError::new(Fault::WrongType))
        }
    }

    /// Passes over the value after `tag`.
    pub fn skip(&mut self, tag: Tag) -> Result<(), WireError> {
        match tag.wire {
            WireType::Varint => self.varint().map(drop),
            WireType::I64 => self.fixed::<8>().map(drop),
            WireType::Len => self.delimited().map(drop),
            WireType::I32 => self.fixed::<4>().map(drop),
            WireType::Group => self.skip_group(tag.number),
            WireType::EndGroup => Err(WireError::malformed("a group ends that did not begin")),
        }
    }

    fn skip_group(&mut self, number: u32) -> Result<(), WireError> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| WireError::new(Fault::TooDeep))?;
        loop {
            let tag = self.tag()?.ok_or_else(|| WireError::new(Fault::Truncated))?;
            if tag == (Tag { number, wire: WireType::EndGroup }) {
                break;
            }
            self.skip(tag)?;
        }
        self.depth += 1;
        Ok(())
    }

    /// The value after `tag` as it stands, with its length if it has one.
    pub(super) fn raw(&mut self, tag: Tag) -> Result<&'a [u8], WireError> {
        let before = self.rest;
        self.skip(tag)?;
        let read = before.len() - self.rest.len();
        Ok(before.get(..read).unwrap_or_default())
    }
}
