//! What a client sent, as a tree: JSON, or the parameters of a URL.

use std::{borrow::Cow, cell::RefCell, collections::HashSet, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, error::Category};

use super::{At, Fault};

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

/// Why bytes are no tree.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// They are not JSON, in a sentence.
    Malformed(Cow<'static, str>),
    /// They are JSON, but one value is too much.
    Fault(Fault),
}

/// At most how many values there are: what begins or parts them is counted, outside of texts.
fn values(json: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

impl Node {
    /// More values than this are not read: a tree of tiny ones would take many times the memory of their bytes.
    pub(crate) const MOST: usize = 100_000;

    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, Unreadable> {
        if values(bytes) > Self::MOST {
            return Err(Unreadable::Malformed(Cow::Borrowed("The JSON has too many values.")));
        }
        let path = Path::default();
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let tree = Tree(&path).deserialize(&mut json).and_then(|tree| json.end().map(|()| tree));
        tree.map_err(|error| {
            let what = match error.classify() {
                Category::Eof if bytes.trim_ascii().is_empty() => {
                    return Unreadable::Malformed(Cow::Borrowed("There is no body; JSON is expected."));
                }
                // It is of the syntax of JSON, but of no size that a number has here.
                Category::Syntax if error.to_string().starts_with("number out of range") => {
                    return Unreadable::Fault(Fault::new("is too large a number").at(path.pointer()));
                }
                Category::Syntax if error.to_string().starts_with("recursion limit") => {
                    "The JSON is nested too deeply"
                }
                Category::Eof => "The JSON ends too early",
                Category::Data => "A name is given twice in one object",
                Category::Syntax | Category::Io => "This is not JSON",
            };
            let at = format!("{what}: line {}, column {}.", error.line(), error.column());
            Unreadable::Malformed(Cow::Owned(at))
        })
    }

    /// A number beyond all that have 64 bits.
    pub(super) fn is_huge(&self) -> bool {
        const BOUND: f64 = 9.2e18;
        match self {
            Self::Number(number) => number.as_f64().is_some_and(|number| number.abs() > BOUND),
            Self::Null | Self::Bool(_) | Self::Text(_) | Self::Raw(_) | Self::List(_) | Self::Object(_) => {
                false
            }
        }
    }

    /// The parameters of a URL, each given once.
    pub(crate) fn from_query(query: &str) -> Result<Self, Fault> {
        let mut fields: Vec<(String, Self)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let wrong = |detail| Err(Fault::new(detail).located(&At::Name(&At::Root, &name)));
            if value.contains(char::REPLACEMENT_CHARACTER) {
                return wrong("must be UTF-8, without U+FFFD, the mark of lost text");
            }
            if fields.iter().any(|(known, _)| *known == name) {
                return wrong("is given twice");
            }
            fields.push((name.into_owned(), Self::Raw(value.into_owned())));
        }
        Ok(Self::Object(fields))
    }
}

/// Where in the tree the reading is; after a failure, where it failed.
#[derive(Default)]
struct Path(RefCell<Vec<Step>>);

enum Step {
    Name(String),
    Index(usize),
}

impl Path {
    fn read<T, E>(&self, step: Step, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.0.borrow_mut().push(step);
        let value = read()?;
        self.0.borrow_mut().pop();
        Ok(value)
    }

    fn pointer(&self) -> String {
        let steps = self.0.borrow();
        let steps = steps.iter().map(|step| match step {
            Step::Name(name) => At::Name(&At::Root, name).to_string(),
            Step::Index(index) => At::Index(&At::Root, *index).to_string(),
        });
        steps.collect()
    }
}

struct Tree<'a>(&'a Path);

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
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
        let mut next = |index| self.0.read(Step::Index(index), || seq.next_element_seed(Tree(self.0)));
        while let Some(item) = next(list.len())? {
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
            let value = self.0.read(Step::Name(name.clone()), || map.next_value_seed(Tree(self.0)))?;
            fields.push((name, value));
        }
        Ok(Node::Object(fields))
    }
}
