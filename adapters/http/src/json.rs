//! JSON bodies: read strictly, written plainly.

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Invalid, Problem, body,
    read::{self, Fault, Node, Unreadable},
};

/// A body of JSON, of a request or of an answer.
///
/// | a request's body | is refused as |
/// |---|---|
/// | without a content type of JSON, or encoded otherwise | 415 `unsupported-media-type` |
/// | larger than [`BODY_LIMIT`](crate::BODY_LIMIT) | 413 `too-large` |
/// | that is not JSON, or names a field twice | 400 `malformed-json`, with line and column |
/// | with a missing, unknown or wrong field | 422 `invalid-request`, with its pointer |
///
/// Unknown fields are refused with or without `#[serde(deny_unknown_fields)]`; with it, the schema says so, too.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(req: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = req.into_parts();
        must_be_json(&parts.headers)?;
        parse(&body::read(&parts.headers, body).await?).map(Self)
    }
}

/// No body, for a request that needs none. `{}` is taken for none; anything else is refused as by [`Json`].
#[derive(Clone, Copy, Debug)]
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(req: Request, _: &S) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Nothing {}

        let (parts, body) = req.into_parts();
        let bytes = body::read(&parts.headers, body).await?;
        if !bytes.is_empty() {
            must_be_json(&parts.headers)?;
            let Nothing {} = parse(&bytes)?;
        }
        Ok(Self)
    }
}

fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let plain = headers.get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    if is_json(headers) && plain {
        return Ok(());
    }
    let (status, kind) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type");
    Err(Problem::new(status, kind, "The body is not JSON")
        .detail("Send JSON as it is, and say so: `Content-Type: application/json`, no `Content-Encoding`."))
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let invalid = |fault: Fault| {
        let (pointer, detail) = fault.into_parts();
        Invalid::at(pointer, detail).into()
    };
    let tree = Node::from_json(bytes).map_err(|unreadable| match unreadable {
        Unreadable::Fault(fault) => invalid(fault),
        Unreadable::Malformed(detail) => {
            Problem::new(StatusCode::BAD_REQUEST, "malformed-json", "The body is not JSON").detail(detail)
        }
    })?;
    read::read(tree).map_err(invalid)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

/// `application/json`, and what is JSON by its suffix (RFC 6839), such as `application/vnd.shop+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type
        .strip_prefix("application/")
        .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}
