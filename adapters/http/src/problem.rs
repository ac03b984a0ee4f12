//! Problems: how every error is answered (RFC 9457, `application/problem+json`).
//!
//! Clients decide by `type`, people read `title` and `detail`. A type is stable and has one status. Types are
//! `urn:outgrow:problem:<kind>`: an absolute name that needs no domain which somebody must own and keep alive (the
//! namespace `outgrow` is not registered with IANA; nobody is meant to resolve it).
//!
//! What went wrong inside is kept apart, by [`Problem::because`]: it is logged once, with the correlation id that the
//! client is told in a header, and never shown. A body holds nothing volatile: a refusal that is repeated under the same
//! idempotency key is the same byte for byte.

use std::{borrow::Cow, fmt};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// An error that can be answered. Its status is always one of 4xx and 5xx.
///
/// ```
/// use adapter_http::Problem;
/// use axum::http::StatusCode;
///
/// let problem = Problem::new(StatusCode::NOT_FOUND, "unknown-order", "There is no such order");
/// assert_eq!(problem.type_uri(), "urn:outgrow:problem:unknown-order");
/// ```
#[derive(Clone, Debug)]
pub struct Problem(Box<Facts>);

/// What is wrong, as RFC 9457 tells it.
// What is skipped is for the shell, not for the body.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Facts {
    /// What kind of problem this is. Stable: decide by it.
    #[serde(rename = "type")]
    #[schema(value_type = String, format = "uri", example = "urn:outgrow:problem:invalid-request")]
    kind: Kind,
    /// The kind of problem in words.
    title: Cow<'static, str>,
    /// The status code of the answer.
    status: u16,
    /// This occurrence of the problem in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    detail: Option<Cow<'static, str>>,
    /// The reason among those that one type has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    code: Option<&'static str>,
    /// What is wrong, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    #[serde(skip)]
    retry_after: Option<u32>,
    #[serde(skip)]
    names_key: bool,
    #[serde(skip)]
    cause: Option<String>,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Which part of the request this is about.
    #[serde(rename = "in")]
    pub place: Place,
    /// Where in that part: a JSON pointer (RFC 6901). The names of parameters and headers are its first segment.
    #[schema(example = "/lines/0/quantity")]
    pub pointer: String,
    /// What is wrong there, or what is expected.
    pub detail: Cow<'static, str>,
}

/// A part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The body.
    Body,
    /// The parameters after `?`.
    Query,
    /// The parameters within the path.
    Path,
    /// The headers.
    Header,
}

impl Problem {
    /// What the type of every problem begins with.
    pub const TYPES: &'static str = "urn:outgrow:problem:";
    /// The media type of problems.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem of this kind. `kind` is a stable name such as `unknown-order`, `title` the same in words.
    pub fn new(status: StatusCode, kind: &'static str, title: &'static str) -> Self {
        Self(Box::new(Facts { kind: Kind(Some(kind)), ..Facts::of(status, Cow::Borrowed(title)) }))
    }

    /// What an answer with nothing but a status means.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (kind, title, detail) = match status {
            StatusCode::NOT_FOUND => ("not-found", "Not found", "There is nothing at this path."),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method-not-allowed",
                "Method not allowed",
                "This path has other methods: see the header `Allow`.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "Too large", "The body is too large."),
            StatusCode::INTERNAL_SERVER_ERROR => return Self::internal("a handler answered 500"),
            other => {
                let title = other.canonical_reason().unwrap_or("Unknown");
                return Self(Box::new(Facts::of(other, Cow::Borrowed(title))));
            }
        };
        Self::new(status, kind, title).detail(detail)
    }

    /// A defect on our side: a 500 that tells the client nothing, and the log everything.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something is wrong on our side")
            .detail("This should not have happened. It has been logged under the correlation id.")
            .because(cause)
    }

    /// With this sentence about what happened this time.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// With this reason among those that the type has.
    pub fn code(mut self, code: &'static str) -> Self {
        self.0.code = Some(code);
        self
    }

    /// About this field of the body, such as `/lines/0/sku`.
    pub fn at(self, pointer: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        self.error(FieldError { place: Place::Body, pointer: pointer.into(), detail: detail.into() })
    }

    /// About this part of the request.
    pub fn error(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    /// Worth another try after this many seconds.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// Because of this: for the log, never for the client.
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// The answer names the idempotency key of the request, so that it can be repeated under it.
    pub(crate) fn naming_key(mut self) -> Self {
        self.0.names_key = true;
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Its type, such as `urn:outgrow:problem:unknown-order`.
    pub fn type_uri(&self) -> String {
        self.0.kind.to_string()
    }

    pub(crate) fn names_key(&self) -> bool {
        self.0.names_key
    }

    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The answer, on top of the headers that are already set.
    pub(crate) fn answer(self, mut headers: HeaderMap) -> Response {
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Self::MEDIA_TYPE));
        if let Some(seconds) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        *response.headers_mut() = headers;
        response
    }
}

impl Facts {
    fn of(status: StatusCode, title: Cow<'static, str>) -> Self {
        Self {
            kind: Kind(None),
            title,
            status: status.as_u16(),
            detail: None,
            code: None,
            errors: Vec::new(),
            retry_after: None,
            names_key: false,
            cause: None,
        }
    }
}

/// The shell finishes it: it is logged, and answered with the correlation id in a header.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.clone().answer(HeaderMap::new());
        response.extensions_mut().insert(self);
        response
    }
}

/// The last word of a type; a problem that its status says all about has none.
#[derive(Clone, Copy, Debug)]
struct Kind(Option<&'static str>);

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(kind) => write!(f, "{}{kind}", Problem::TYPES),
            None => f.write_str("about:blank"),
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
