//! Lists: a page of items, and where the next one begins.
#![expect(unused_qualifications, reason = "in what utoipa derives for a generic type")]

use std::{fmt, str::FromStr};

use axum::http::StatusCode;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::{PartialSchema, ToSchema, openapi};

use crate::{FieldError, Place, Problem};

/// A part of a list. The last one has no `next`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Where the next page begins: the value of `after`. None if this is the last one.
    pub next: Option<Cursor>,
}

/// A place in a list, opaque to clients and safe in URLs.
///
/// It hides a text (the id after which to go on) behind a check, so that a cursor that was made up, cut off or taken
/// from another list is told from one that we made for this list. It is no secret and no signature.
///
/// ```
/// use adapter_http::Cursor;
///
/// let cursor = Cursor::after("products", &"sku-17");
/// assert_eq!(cursor.read::<String>("products")?, "sku-17");
/// assert!(cursor.read::<String>("orders").is_err());
/// # Ok::<(), adapter_http::Problem>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, description = "A place in a list: the `next` of one page is the `after` of the following.")]
pub struct Cursor(String);

impl Cursor {
    /// The cursor after the item of this id, in the list of this name.
    pub fn after(list: &str, id: &impl fmt::Display) -> Self {
        let id = id.to_string();
        let mut bytes = check(list, id.as_bytes()).to_vec();
        bytes.extend_from_slice(id.as_bytes());
        Self(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The id it was made of.
    ///
    /// # Errors
    /// 400 `invalid-cursor` if it was not made here, for this list.
    pub fn read<T: FromStr>(&self, list: &str) -> Result<T, Problem> {
        self.hidden(list).ok_or_else(|| {
            let detail = "is not a cursor of this list: take it from `next` of the page before".into();
            let error = FieldError { place: Place::Query, pointer: "/after".to_owned(), detail };
            Problem::new(StatusCode::BAD_REQUEST, "invalid-cursor", "This is not a cursor")
                .detail(error.to_string())
                .error(error)
        })
    }

    fn hidden<T: FromStr>(&self, list: &str) -> Option<T> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&self.0).ok()?;
        let (checked, id) = bytes.split_first_chunk()?;
        if *checked != check(list, id) {
            return None;
        }
        str::from_utf8(id).ok()?.parse().ok()
    }
}

/// FNV-1a, 32 bits.
fn check(list: &str, id: &[u8]) -> [u8; 4] {
    let bytes = list.bytes().chain([0]).chain(id.iter().copied());
    bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)).to_be_bytes()
}

/// How many items a page has at most: 1 to 100, and 20 if nothing is said. A parameter of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Limit(u32);

impl Limit {
    /// The most items of a page.
    pub const MOST: u32 = 100;

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<String> for Limit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let limit = text.parse().ok().filter(|limit| (1..=Self::MOST).contains(limit));
        limit.map(Self).ok_or_else(|| format!("must be a whole number from 1 to {}", Self::MOST))
    }
}

impl PartialSchema for Limit {
    fn schema() -> openapi::RefOr<openapi::Schema> {
        openapi::ObjectBuilder::new()
            .schema_type(openapi::Type::Integer)
            .minimum(Some(1))
            .maximum(Some(Self::MOST))
            .default(Some(Self::default().0.into()))
            .into()
    }
}

impl ToSchema for Limit {}
