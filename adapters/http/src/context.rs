//! The context of a call, from the headers of a request.
//!
//! | header | becomes |
//! |---|---|
//! | `X-Correlation-Id` | the correlation id if it is a UUID, else a new one; every answer carries it |
//! | `Idempotency-Key` | the key; without one a new one, so that retries inside have one; a GET needs none |
//! | `traceparent` | the trace; a malformed one is ignored, as W3C Trace Context says |

use std::{borrow::Cow, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, Method, request::Parts},
};
use outgrow::{CallContext, IdGen, IdempotencyKey, TraceContext, call::EDGE};
use uuid::Uuid;

use crate::{FieldError, Place, Problem, query::invalid_parameter};

/// The time budget of a request.
pub const BUDGET: Duration = Duration::from_secs(5);

pub(crate) const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The context of the call that this request is, with [`BUDGET`] from now on.
///
/// An `Idempotency-Key` that is none, or comes twice, is 400 `invalid-parameter`.
#[derive(Clone, Debug)]
pub struct Cx(pub CallContext);

impl<S: Send + Sync> FromRequestParts<S> for Cx {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(call) = parts.extensions.get::<Call>() else {
            return Err(Problem::internal("a handler that takes a `Cx` runs outside of the shell"));
        };
        let key = call.key.clone().map_err(|detail| {
            let (place, pointer) = (Place::Header, "/Idempotency-Key".to_owned());
            invalid_parameter(FieldError { place, pointer, detail })
        })?;
        let mut cx = CallContext::new(EDGE, call.correlation).within(BUDGET);
        if let Some(key) = key {
            cx = cx.with_key(key);
        }
        if let Some(trace) = call.trace {
            cx = cx.traced(trace);
        }
        Ok(Self(cx))
    }
}

/// What the shell finds in the headers of a request, before a handler runs.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) correlation: Uuid,
    key: Result<Option<IdempotencyKey>, Cow<'static, str>>,
    trace: Option<TraceContext>,
}

impl Call {
    pub(crate) fn of(method: &Method, headers: &HeaderMap, ids: &dyn IdGen) -> Self {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        Self {
            correlation: text(CORRELATION).and_then(|id| id.parse().ok()).unwrap_or_else(|| ids.uuid()),
            key: key(headers, || (!method.is_safe()).then(|| ids.uuid().into())),
            trace: text(TRACEPARENT).and_then(|trace| trace.parse().ok()),
        }
    }

    /// The correlation id, for the headers of the answer.
    pub(crate) fn correlation_header(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.correlation.to_string()).ok()
    }

    /// The key that this request runs under, for the headers of the answer.
    pub(crate) fn key_header(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.key.as_ref().ok()?.as_ref()?.as_str()).ok()
    }
}

/// The key that was given, else the one that is made.
fn key(
    headers: &HeaderMap,
    make: impl FnOnce() -> Option<IdempotencyKey>,
) -> Result<Option<IdempotencyKey>, Cow<'static, str>> {
    let mut given = headers.get_all(KEY).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(make()),
        (Some(_), Some(_)) => Err(Cow::Borrowed("is given twice")),
        (Some(key), None) => {
            let key = key.to_str().unwrap_or_default();
            key.parse().map(Some).map_err(|error: outgrow::call::KeyError| Cow::Owned(error.to_string()))
        }
    }
}
