//! `#[wire(…)]`, and errors that say what to do.

use std::collections::HashMap;

use syn::{Attribute, Error, Ident, LitInt, LitStr, Result, Token, parse::ParseStream, spanned::Spanned};

use crate::text::is_package;

/// The options of one item.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) number: Option<u32>,
    pub(crate) package: Option<String>,
    pub(crate) checked: bool,
    pub(crate) other: bool,
}

/// An error at `at`.
pub(crate) fn refuse<T>(at: &impl Spanned, why: impl std::fmt::Display) -> Result<T> {
    Err(Error::new(at.span(), why))
}

impl Options {
    /// Reads the `#[wire(…)]` of an item, of which it may use these.
    pub(crate) fn parse(attrs: &[Attribute], allowed: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("wire")) {
            attr.parse_args_with(|input: ParseStream<'_>| {
                while !input.is_empty() {
                    options.option(input, allowed)?;
                    if !input.is_empty() {
                        input.parse::<Token![,]>()?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(options)
    }

    fn option(&mut self, input: ParseStream<'_>, allowed: &[&str]) -> Result<()> {
        let expected = || format!("expected {} here", allowed.join(" or "));
        if input.peek(LitInt) {
            let literal: LitInt = input.parse()?;
            if !allowed.contains(&"its number") {
                return refuse(&literal, expected());
            }
            return number(&literal).map(|number| self.number = Some(number));
        }
        let name: Ident = input.parse()?;
        match name.to_string().as_str() {
            "checked" if allowed.contains(&"`checked`") => self.checked = true,
            "other" if allowed.contains(&"`other`") => self.other = true,
            "package" if allowed.contains(&"`package = \"…\"`") => {
                input.parse::<Token![=]>()?;
                self.package = Some(package(&input.parse()?)?);
            }
            _ => return refuse(&name, expected()),
        }
        Ok(())
    }
}

/// The number of a field or variant.
fn number(literal: &LitInt) -> Result<u32> {
    match literal.base10_parse()? {
        19_000..20_000 => refuse(literal, "19000 to 19999 are Protobuf's own: take another number"),
        number @ 1..=536_870_911 => Ok(number),
        _ => refuse(literal, "a number is at least 1 and at most 536870911"),
    }
}

/// The name of a package.
pub(crate) fn package(literal: &LitStr) -> Result<String> {
    let package = literal.value();
    if is_package(&package) {
        return Ok(package);
    }
    refuse(literal, "a package is a name and a major version: `inventory.v1`")
}

/// The numbers given so far in one message or enum.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<u32, String>);

impl Numbers {
    /// The number of `name`, which must be there and be the first of its kind.
    pub(crate) fn take(&mut self, number: Option<u32>, name: &Ident) -> Result<u32> {
        let Some(number) = number else {
            let free = self.0.keys().max().map_or(1, |highest| highest + 1);
            return refuse(
                name,
                format!("`{name}` has no number: write `#[wire({free})]`, or the next that was never used"),
            );
        };
        match self.0.insert(number, name.to_string()) {
            None => Ok(number),
            Some(other) => {
                refuse(name, format!("number {number} is already `{other}`: give `{name}` a new one"))
            }
        }
    }
}
