//! What is wrong with one value, in words for the client.

use std::{borrow::Cow, error::Error, fmt};

use serde::de;

use super::At;

/// What is wrong, and where.
#[derive(Debug)]
pub(crate) struct Fault {
    pointer: Option<String>,
    detail: Cow<'static, str>,
    /// The field this is about, within the value that is being read.
    field: Option<&'static str>,
}

impl Fault {
    /// `detail` is a sentence without its subject, such as `must be a list`.
    pub(crate) fn new(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: None, detail: detail.into(), field: None }
    }

    pub(super) fn at(self, pointer: String) -> Self {
        Self { pointer: Some(pointer), ..self }
    }

    pub(super) fn located(self, at: &At<'_>) -> Self {
        let Self { pointer, detail, field } = self;
        let here = || field.map_or_else(|| at.to_string(), |field| At::Name(at, field).to_string());
        Self { pointer: Some(pointer.unwrap_or_else(here)), detail, field: None }
    }

    /// Where (a JSON pointer), and what.
    pub(crate) fn into_parts(self) -> (String, Cow<'static, str>) {
        (self.pointer.unwrap_or_default(), self.detail)
    }
}

impl de::Error for Fault {
    /// The words of a type that reads itself.
    fn custom<T: fmt::Display>(msg: T) -> Self {
        Self::new(msg.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self { field: Some(field), ..Self::new("is missing") }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self { field: Some(field), ..Self::new("is given twice") }
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("is not known here; known are: {}", expected.join(", ")))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("must be one of: {}", expected.join(", ")))
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self::new("has a wrong number of items")
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::new("is of a wrong type")
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::new("has a value that is not allowed")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Error for Fault {}
