//! Reads a type from what a client sent, strictly, and says in plain words what is wrong and where.
//!
//! Serde's formats are lenient where an API must not be (a list is taken for an object, an unknown field is dropped,
//! a repeated one wins), and their errors name Rust types. This one knows what is wanted from what the type asks for
//! (`deserialize_u32`, `deserialize_struct`, …), so it needs no error text of anybody else.
//!
//! Deliberately absent: externally tagged enums with data (use `#[serde(tag)]`), and borrowed data.

mod error;
mod node;

pub(crate) use error::Fault;
pub(crate) use node::{Node, Unreadable};

use std::{borrow::Cow, fmt};

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};

/// The value that a tree describes.
pub(crate) fn read<T: DeserializeOwned>(tree: Node) -> Result<T, Fault> {
    T::deserialize(Reader { node: tree, at: At::Root })
}

/// A place in a tree. Displayed as a JSON pointer (RFC 6901).
#[derive(Clone, Copy)]
pub(crate) enum At<'a> {
    Root,
    Name(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

impl At<'_> {
    /// Says where a fault is, unless that is known more exactly.
    fn locate<T>(self, read: Result<T, Fault>) -> Result<T, Fault> {
        read.map_err(|fault| fault.located(&self))
    }

    fn wrong<T>(self, expected: impl Into<Cow<'static, str>>) -> Result<T, Fault> {
        self.locate(Err(Fault::new(expected)))
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Longer names are not ours: they are cut.
        const LONGEST: usize = 64;
        match self {
            Self::Root => Ok(()),
            Self::Name(up, name) => {
                let name: String = name.chars().take(LONGEST).collect();
                write!(f, "{up}/{}", name.replace('~', "~0").replace('/', "~1"))
            }
            Self::Index(up, index) => write!(f, "{up}/{index}"),
        }
    }
}

struct Reader<'a> {
    node: Node,
    at: At<'a>,
}

impl Reader<'_> {
    fn whole(&self, least: i128, most: i128) -> Result<i128, Fault> {
        let number = match &self.node {
            Node::Number(number) => {
                number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
            }
            Node::Raw(text) => text.parse().ok(),
            Node::Null | Node::Bool(_) | Node::Text(_) | Node::List(_) | Node::Object(_) => None,
        };
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(number),
            // A range of 64 bits is no help: the field has one of its own, told when it is looked at.
            None if most <= u32::MAX.into() => {
                self.at.wrong(format!("must be a whole number from {least} to {most}"))
            }
            None if self.node.is_huge() => self.at.wrong("is too large a number"),
            None => self.at.wrong("must be a whole number"),
        }
    }

    fn text(self) -> Result<String, Fault> {
        let (Node::Text(text) | Node::Raw(text)) = self.node else { return self.at.wrong("must be a text") };
        Ok(text)
    }
}

macro_rules! whole_numbers {
    ($($deserialize:ident $visit:ident $int:ty;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let number = self.whole(<$int>::MIN.into(), <$int>::MAX.into())?;
            let number = <$int>::try_from(number).map_err(Fault::custom)?;
            self.at.locate(visitor.$visit(number))
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    whole_numbers! {
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let value = match &self.node {
            Node::Bool(value) => Some(*value),
            Node::Raw(text) => text.parse().ok(),
            Node::Null | Node::Number(_) | Node::Text(_) | Node::List(_) | Node::Object(_) => None,
        };
        let Some(value) = value else { return self.at.wrong("must be true or false") };
        self.at.locate(visitor.visit_bool(value))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let at = self.at;
        at.locate(visitor.visit_string(self.text()?))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let at = self.at;
        at.locate(if matches!(self.node, Node::Null) {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let at = self.at;
        at.locate(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if matches!(self.node, Node::List(_)) {
            self.deserialize_any(visitor)
        } else {
            self.at.wrong("must be a list")
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if matches!(self.node, Node::Object(_)) {
            self.deserialize_any(visitor)
        } else {
            self.at.wrong("must be an object")
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let at = self.at;
        at.locate(visitor.visit_enum(IntoDeserializer::<Fault>::into_deserializer(self.text()?)))
    }

    /// What the type has no field for.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        self.at.wrong("is not known here")
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let at = self.at;
        at.locate(match self.node {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(value),
            Node::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
            },
            Node::Text(text) | Node::Raw(text) => visitor.visit_string(text),
            Node::List(items) => {
                let mut list = List { items: items.into_iter(), index: 0, at };
                let value = visitor.visit_seq(&mut list)?;
                if list.items.next().is_some() {
                    return at.wrong("has too many items");
                }
                Ok(value)
            }
            Node::Object(fields) => visitor.visit_map(Object { fields: fields.into_iter(), value: None, at }),
        })
    }

    serde::forward_to_deserialize_any! { i128 u128 f32 f64 char bytes byte_buf unit unit_struct identifier }
}

struct List<'a> {
    items: std::vec::IntoIter<Node>,
    index: usize,
    at: At<'a>,
}

impl<'de> SeqAccess<'de> for &mut List<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let at = At::Index(&self.at, self.index);
        self.index = self.index.saturating_add(1);
        at.locate(seed.deserialize(Reader { node, at })).map(Some)
    }
}

struct Object<'a> {
    fields: std::vec::IntoIter<(String, Node)>,
    value: Option<(String, Node)>,
    at: At<'a>,
}

impl<'de> MapAccess<'de> for Object<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((name, node)) = self.fields.next() else { return Ok(None) };
        let key = IntoDeserializer::<Fault>::into_deserializer(name.as_str());
        let key = At::Name(&self.at, &name).locate(seed.deserialize(key))?;
        self.value = Some((name, node));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, node)) = self.value.take() else { return Err(Fault::new("has no value")) };
        let at = At::Name(&self.at, &name);
        at.locate(seed.deserialize(Reader { node, at }))
    }
}
