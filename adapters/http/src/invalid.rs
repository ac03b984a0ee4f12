//! What is wrong with a body that could be read: every field at once, not one per attempt.

use std::{borrow::Cow, fmt};

use axum::http::StatusCode;

use crate::{FieldError, Place, Problem};

/// Collects what is wrong with a body, field by field: 422 `invalid-request`.
///
/// ```
/// use adapter_http::{Invalid, Problem};
///
/// fn read(name: &str, age: &str) -> Result<(String, u8), Problem> {
///     let mut invalid = Invalid::default();
///     if name.is_empty() {
///         invalid.refuse("/name", "must not be empty");
///     }
///     let age = invalid.take("/age", age.parse::<u8>());
///     invalid.finish(|| Some((name.to_owned(), age?)))
/// }
/// assert!(read("Ann", "42").is_ok());
/// assert!(read("", "-1").is_err());
/// ```
#[derive(Debug, Default)]
pub struct Invalid {
    errors: Vec<FieldError>,
    more: usize,
}

impl Invalid {
    /// How many fields are named; more are counted.
    pub const MOST: usize = 20;

    /// One field that is wrong, such as `/lines/0/quantity`.
    pub fn at(pointer: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut invalid = Self::default();
        invalid.refuse(pointer, detail);
        invalid
    }

    /// This field is wrong, too.
    pub fn refuse(&mut self, pointer: impl Into<String>, detail: impl Into<Cow<'static, str>>) {
        if self.errors.len() < Self::MOST {
            let (pointer, detail) = (pointer.into(), detail.into());
            self.errors.push(FieldError { place: Place::Body, pointer, detail });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// The value of a field, if it could be read; else what is wrong with it, in the words of its error.
    pub fn take<T, E: fmt::Display>(&mut self, pointer: impl Into<String>, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.refuse(pointer, error.to_string())).ok()
    }

    /// The value of a field, if there is one that is allowed; else `detail` says what is.
    pub fn need<T>(
        &mut self,
        pointer: impl Into<String>,
        value: Option<T>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Option<T> {
        if value.is_none() {
            self.refuse(pointer, detail);
        }
        value
    }

    /// The value, if nothing was wrong.
    ///
    /// # Errors
    /// Everything that was wrong.
    pub fn finish<T>(self, value: impl FnOnce() -> Option<T>) -> Result<T, Problem> {
        if self.errors.is_empty()
            && let Some(value) = value()
        {
            return Ok(value);
        }
        Err(self.into())
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let shown = invalid.errors.len();
        let rest = match shown.saturating_add(invalid.more).saturating_sub(1) {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let first = invalid.errors.first().map(|error| format!("{error}{rest}"));
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", "The body is not valid");
        let problem = invalid.errors.into_iter().fold(problem, Self::error);
        first.into_iter().fold(problem, Self::detail)
    }
}

/// Such as `/lines/0/quantity: must be a whole number from 1 to 1000`; the body as a whole has no pointer.
impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "the body" } else { &self.pointer };
        write!(f, "{pointer}: {}", self.detail)
    }
}
