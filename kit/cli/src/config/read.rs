//! Reading one table, collecting every problem on the way.

use std::{fmt::Display, str::FromStr};

use figment::value::{Dict, Value};
use outgrow_runtime::topology::Flaw;

/// One table being read. What is taken is gone; what remains at the end is a wrong key.
pub(super) struct Section<'f> {
    key: String,
    dict: Dict,
    flaws: &'f mut Vec<Flaw>,
}

impl<'f> Section<'f> {
    pub(super) fn new(key: String, dict: Dict, flaws: &'f mut Vec<Flaw>) -> Self {
        Self { key, dict, flaws }
    }

    fn path(&self, key: &str) -> String {
        if self.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.key) }
    }

    fn flaw(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let key = self.path(key);
        self.flaws.push(Flaw { key, what: what.into(), remedy: remedy.into() });
    }

    pub(super) fn table(&mut self, key: &str) -> Dict {
        match self.dict.remove(key) {
            None => Dict::new(),
            Some(Value::Dict(_, dict)) => dict,
            Some(other) => {
                self.flaw(key, format!("is {}, not a table", kind(&other)), format!("write [{key}]"));
                Dict::new()
            }
        }
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.dict.remove(key)? {
            Value::String(_, text) => Some(text),
            other => {
                self.flaw(key, format!("is {}, not text", kind(&other)), "put it in quotes");
                None
            }
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.dict.remove(key)? {
            Value::Bool(_, flag) => Some(flag),
            other => {
                self.flaw(key, format!("is {}, not true or false", kind(&other)), "write true or false");
                None
            }
        }
    }

    pub(super) fn choice(&mut self, key: &str, choices: &[&str], remedy: &str) -> Option<String> {
        let text = self.text(key)?;
        if choices.contains(&&*text) {
            return Some(text);
        }
        self.flaw(key, format!("cannot be `{text}`"), format!("use {}, or nothing: {remedy}", choices.join(" or ")));
        None
    }

    /// A list of texts; a single text is a list of one.
    pub(super) fn texts(&mut self, key: &str) -> Vec<String> {
        let values = match self.dict.remove(key) {
            None => return Vec::new(),
            Some(Value::Array(_, values)) => values,
            Some(single) => vec![single],
        };
        let mut texts = Vec::new();
        for value in values {
            match value {
                Value::String(_, text) => texts.push(text),
                other => self.flaw(key, format!("holds {}, not text", kind(&other)), "put it in quotes"),
            }
        }
        texts
    }

    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<T> {
        let text = self.text(key)?;
        self.parse(key, &text)
    }

    pub(super) fn parsed_list<T: FromStr<Err: Display>>(&mut self, key: &str) -> Vec<T> {
        let texts = self.texts(key);
        texts.iter().filter_map(|text| self.parse(key, text)).collect()
    }

    fn parse<T: FromStr<Err: Display>>(&mut self, key: &str, text: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.flaw(key, format!("cannot be `{text}` ({error})"), "correct it, or leave it out");
                None
            }
        }
    }

    /// Nothing else may stand here.
    pub(super) fn end(mut self, known: &str) {
        for key in std::mem::take(&mut self.dict).into_keys() {
            self.flaw(&key, "is not a setting", format!("use one of: {known}"));
        }
    }
}

/// The tables of a table, each with its name.
pub(super) fn tables(key: &str, dict: Dict, flaws: &mut Vec<Flaw>) -> Vec<(String, Dict)> {
    let mut tables = Vec::new();
    for (name, value) in dict {
        match value {
            Value::Dict(_, dict) => tables.push((name, dict)),
            other => flaws.push(Flaw {
                key: format!("{key}.{name}"),
                what: format!("is {}, not a table", kind(&other)),
                remedy: format!("write [{key}.{name}]"),
            }),
        }
    }
    tables
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(..) => "text",
        Value::Char(..) => "a character",
        Value::Bool(..) => "true or false",
        Value::Num(..) => "a number",
        Value::Empty(..) => "nothing",
        Value::Dict(..) => "a table",
        Value::Array(..) => "a list",
    }
}
