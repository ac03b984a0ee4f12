//! The text of a lock: one line for each number or method, so that a change is a readable diff.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::{Entry, Form, Lock, Rpc, Use};
use crate::{Kind, wire::Presence};

/// A line of a lock cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the lock cannot be read: `{text}`; restore it from the history")]
pub struct LockError {
    /// Counted from 1.
    pub line: usize,
    /// The line.
    pub text: String,
}

/// What the lines that follow belong to.
enum Section {
    Service(String),
    Type(String),
}

impl FromStr for Lock {
    type Err = LockError;

    fn from_str(text: &str) -> Result<Self, LockError> {
        let mut parser = Parser { lock: Lock { terse: true, ..Lock::default() }, section: None };
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.first().is_none_or(|first| first.starts_with('#')) {
                continue;
            }
            parser.line(&words).ok_or_else(|| LockError { line: index + 1, text: line.trim().to_owned() })?;
        }
        Ok(parser.lock)
    }
}

struct Parser {
    lock: Lock,
    section: Option<Section>,
}

impl Parser {
    /// Takes in one line; none if it makes no sense here.
    fn line(&mut self, words: &[&str]) -> Option<()> {
        let Self { lock, section } = self;
        match (words, &section) {
            (["format", "2"], None) if lock.streams.is_empty() => {
                lock.terse = false;
                Some(())
            }
            (["service", name], _) => {
                *section = Some(Section::Service((*name).to_owned()));
                lock.services.insert((*name).to_owned(), BTreeMap::new()).is_none().then_some(())
            }
            (["stream", name, "key", key], _) => {
                *section = None;
                lock.streams.insert((*name).to_owned(), (*key).to_owned()).is_none().then_some(())
            }
            ([form @ ("message" | "oneof" | "enum"), name] | [form @ "oneof", name, "open"], _) => {
                *section = Some(Section::Type((*name).to_owned()));
                let open = words.len() > 2;
                let entry = Entry { form: Form::parse(form)?, open, numbers: BTreeMap::new() };
                lock.types.insert((*name).to_owned(), entry).is_none().then_some(())
            }
            (["rpc", name, kind, request, "->", answer, "|", refusal], Some(Section::Service(service))) => {
                let [request, answer, refusal] = [request, answer, refusal].map(|name| (*name).to_owned());
                let rpc = Rpc { kind: parse_kind(kind)?, request, answer, refusal };
                lock.services.get_mut(service)?.insert((*name).to_owned(), rpc).is_none().then_some(())
            }
            (words, Some(Section::Type(of))) => {
                let entry = lock.types.get_mut(of)?;
                let (number, used) = match (words, entry.form) {
                    (["reserved", number, name], _) => (number, Use::Reserved { name: (*name).to_owned() }),
                    ([number, name, presence, ty], Form::Message) => {
                        let (name, ty) = ((*name).to_owned(), (*ty).to_owned());
                        (number, Use::Field { name, presence: parse_presence(presence)?, ty })
                    }
                    ([number, name, ty], Form::Oneof) => {
                        (number, Use::Variant { name: (*name).to_owned(), ty: (*ty).to_owned() })
                    }
                    ([number, name], Form::Enum) => (number, Use::Plain { name: (*name).to_owned() }),
                    _ => return None,
                };
                entry.numbers.insert(number_of(number)?, used).is_none().then_some(())
            }
            _ => None,
        }
    }
}

/// A number that Protobuf allows: 1 to 2^29 - 1.
fn number_of(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| (1..1 << 29).contains(number))
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Every number and method this contract ever had. Written by `shop contracts export`; keep it."
        )?;
        if !self.terse {
            writeln!(f, "format 2")?;
        }
        for (name, methods) in &self.services {
            writeln!(f, "\nservice {name}")?;
            for (name, Rpc { kind, request, answer, refusal }) in methods {
                writeln!(f, "  rpc {name} {} {request} -> {answer} | {refusal}", kind_word(*kind))?;
            }
        }
        if !self.streams.is_empty() {
            writeln!(f)?;
        }
        for (name, key) in &self.streams {
            writeln!(f, "stream {name} key {key}")?;
        }
        for (name, entry) in &self.types {
            let open = if entry.open { " open" } else { "" };
            writeln!(f, "\n{} {name}{open}", entry.form.word())?;
            for (number, used) in &entry.numbers {
                match used {
                    Use::Field { name, presence, ty } => {
                        writeln!(f, "  {number} {name} {} {ty}", presence_word(*presence))?;
                    }
                    Use::Variant { name, ty } => writeln!(f, "  {number} {name} {ty}")?,
                    Use::Plain { name } => writeln!(f, "  {number} {name}")?,
                    Use::Reserved { name } => writeln!(f, "  reserved {number} {name}")?,
                }
            }
        }
        Ok(())
    }
}

impl Form {
    pub(in crate::schema) const fn word(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Oneof => "oneof",
            Self::Enum => "enum",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Message, Self::Oneof, Self::Enum].into_iter().find(|form| form.word() == word)
    }
}

pub(in crate::schema) const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Query => "query",
        Kind::Idempotent => "idempotent",
        Kind::Once => "once",
    }
}

fn parse_kind(word: &str) -> Option<Kind> {
    [Kind::Query, Kind::Idempotent, Kind::Once].into_iter().find(|kind| kind_word(*kind) == word)
}

pub(in crate::schema) const fn presence_word(presence: Presence) -> &'static str {
    match presence {
        Presence::Required => "required",
        Presence::Optional => "optional",
        Presence::Repeated => "repeated",
    }
}

fn parse_presence(word: &str) -> Option<Presence> {
    [Presence::Required, Presence::Optional, Presence::Repeated]
        .into_iter()
        .find(|presence| presence_word(*presence) == word)
}
