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

    /// A value as `of` takes it; a value of another kind is a flaw.
    fn take<T>(
        &mut self,
        key: &str,
        of: impl FnOnce(Value) -> Option<T>,
        not: &str,
        remedy: &str,
    ) -> Option<T> {
        let value = self.dict.remove(key)?;
        let kind = kind(&value);
        let taken = of(value);
        if taken.is_none() {
            self.flaw(key, format!("is {kind}, not {not}"), remedy);
        }
        taken
    }

    pub(super) fn table(&mut self, key: &str) -> Dict {
        self.take(key, Value::into_dict, "a table", &format!("write [{key}]")).unwrap_or_default()
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.take(key, Value::into_string, "text", "write one text, in quotes")
    }

    /// Whatever else is said, as texts: somebody else knows which keys there are.
    pub(super) fn rest(mut self) -> Vec<(String, String)> {
        let keys: Vec<_> = self.dict.keys().cloned().collect();
        keys.into_iter().filter_map(|key| Some((key.clone(), self.text(&key)?))).collect()
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        self.take(key, |value| value.to_bool(), "true or false", "write true or false")
    }

    pub(super) fn choice(&mut self, key: &str, choices: &[&str], remedy: &str) -> Option<String> {
        let text = self.text(key)?;
        if choices.contains(&&*text) {
            return Some(text);
        }
        self.flaw(
            key,
            format!("cannot be `{text}`"),
            format!("use {}, or nothing: {remedy}", choices.join(" or ")),
        );
        None
    }

    /// A list of texts; a single text is a list of one.
    pub(super) fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.dict.remove(key) else { return Vec::new() };
        let values = value.clone().into_array().unwrap_or_else(|| vec![value]);
        let mut texts = Vec::new();
        for value in values {
            let kind = kind(&value);
            match value.into_string() {
                Some(text) => texts.push(text),
                None => self.flaw(key, format!("holds {kind}, not text"), "put it in quotes"),
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

    /// This setting means nothing without that one.
    pub(super) fn stands_alone(&mut self, key: &str, without: &str) {
        let remedy = format!("add {}, or leave it out", self.path(without));
        self.flaw(key, format!("means nothing without `{without}`"), remedy);
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
        let kind = kind(&value);
        match value.into_dict() {
            Some(dict) => tables.push((name, dict)),
            None => flaws.push(Flaw {
                key: format!("{key}.{name}"),
                what: format!("is {kind}, not a table"),
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
