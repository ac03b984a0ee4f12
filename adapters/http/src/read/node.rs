//! What a client sent, as a tree: JSON, or the parameters of a URL.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, error::Category};

use super::Fault;

/// A value as it was sent.
#[derive(Debug)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// Text of a URL, where numbers are texts, too.
    Raw(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// Why bytes are not JSON.
#[derive(Debug)]
pub(crate) struct Malformed(pub(crate) Cow<'static, str>);

impl Node {
    /// More values than this are not read: a tree of tiny ones would take many times the memory of their bytes.
    pub(crate) const MOST: usize = 100_000;

    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() > Self::MOST {
            return Err(Malformed(Cow::Borrowed("The JSON has too many values.")));
        }
        serde_json::from_slice(bytes).map_err(|error| {
            let what = match error.classify() {
                Category::Eof if bytes.trim_ascii().is_empty() => {
                    return Malformed(Cow::Borrowed("There is no body; JSON is expected."));
                }
                Category::Eof => "The JSON ends too early",
                Category::Data => "A name is given twice in one object",
                Category::Syntax | Category::Io => "This is not JSON",
            };
            Malformed(Cow::Owned(format!("{what}: line {}, column {}.", error.line(), error.column())))
        })
    }

    /// The parameters of a URL, each given once.
    pub(crate) fn from_query(query: &str) -> Result<Self, Fault> {
        let mut fields: Vec<(String, Self)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(Fault::new("is given twice").located(&super::At::Name(&super::At::Root, &name)));
            }
            fields.push((name.into_owned(), Self::Raw(value.into_owned())));
        }
        Ok(Self::Object(fields))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Node, E> {
        Ok(Node::Bool(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Node, E> {
        Ok(Node::Number(v.into()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Node, E> {
        Ok(Node::Number(v.into()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Node, E> {
        Ok(Number::from_f64(v).map_or(Node::Null, Node::Number))
    }

    fn visit_str<E>(self, v: &str) -> Result<Node, E> {
        Ok(Node::Text(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Node, E> {
        Ok(Node::Text(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields: Vec<(String, Node)> = Vec::new();
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("a name is given twice"));
            }
            fields.push((name, map.next_value()?));
        }
        Ok(Node::Object(fields))
    }
}
