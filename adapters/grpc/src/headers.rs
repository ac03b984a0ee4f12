//! The context of a call, as headers: the table in the crate's documentation.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use outgrow::{CallContext, CallError, CauseKind, IdGen, IdempotencyKey, TraceContext};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use crate::timeout;

static TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
static KEY: HeaderName = HeaderName::from_static("idempotency-key");
static CALLER: HeaderName = HeaderName::from_static("outgrow-caller");
static PRINCIPAL: HeaderName = HeaderName::from_static("outgrow-principal");
static CORRELATION: HeaderName = HeaderName::from_static("outgrow-correlation");
static CAUSATION: HeaderName = HeaderName::from_static("outgrow-causation");
static TRACE: HeaderName = HeaderName::from_static("traceparent");

/// What a header cannot hold, and what percent-encoding needs for itself. Everything beyond ASCII is encoded anyway.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%').add(b' ');

/// Appends the context to the headers of a request.
pub(crate) fn write(cx: &CallContext, headers: &mut HeaderMap) {
    let mut put = |name: &HeaderName, value: Option<HeaderValue>| {
        if let Some(value) = value {
            headers.insert(name.clone(), value);
        }
    };
    put(&TIMEOUT, cx.remaining().and_then(timeout::encode));
    put(&CALLER, text(cx.caller()));
    put(&CORRELATION, id(cx.correlation()));
    put(&KEY, cx.key().and_then(|key| HeaderValue::from_str(key.as_str()).ok()));
    put(&PRINCIPAL, cx.principal().and_then(text));
    put(&CAUSATION, cx.causation().and_then(id));
    put(&TRACE, cx.trace().and_then(|trace| HeaderValue::try_from(trace.to_string()).ok()));
}

fn id(id: Uuid) -> Option<HeaderValue> {
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())).ok()
}

fn text(text: &str) -> Option<HeaderValue> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'%');
    if plain {
        HeaderValue::from_str(text).ok()
    } else {
        HeaderValue::try_from(utf8_percent_encode(text, ENCODED).to_string()).ok()
    }
}

/// The context that the headers of a request describe.
///
/// # Errors
/// Not executed, a bad request, naming the header that cannot be read.
pub(crate) fn read<E>(headers: &HeaderMap, ids: &dyn IdGen) -> Result<CallContext, CallError<E>> {
    let correlation = uuid(headers, &CORRELATION)?.unwrap_or_else(|| ids.uuid());
    let mut cx = CallContext::new(decoded(headers, &CALLER)?.unwrap_or_default(), correlation);
    if let Some(text) = value(headers, &TIMEOUT)? {
        let what = "not 1 to 8 digits and one of H M S m u n";
        cx = cx.within(timeout::decode(text).ok_or_else(|| unreadable(&TIMEOUT, what))?);
    }
    if let Some(text) = value(headers, &KEY)? {
        let key: IdempotencyKey = text.parse().map_err(|error| unreadable(&KEY, error))?;
        cx = cx.with_key(key);
    }
    if let Some(principal) = decoded(headers, &PRINCIPAL)? {
        cx = cx.for_principal(&principal);
    }
    if let Some(causation) = uuid(headers, &CAUSATION)? {
        cx = cx.caused_by(causation);
    }
    // One that cannot be read is as good as none, as the standard says: it comes from whoever is in between.
    let trace = headers.get(&TRACE).and_then(|text| text.to_str().ok()?.parse::<TraceContext>().ok());
    Ok(match trace {
        Some(trace) => cx.traced(trace),
        None => cx,
    })
}

fn value<'h, E>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, CallError<E>> {
    headers.get(name).map(|value| value.to_str().map_err(|error| unreadable(name, error))).transpose()
}

fn uuid<E>(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Uuid>, CallError<E>> {
    let parsed = value(headers, name)?.map(Uuid::try_parse).transpose();
    parsed.map_err(|error| unreadable(name, error))
}

fn decoded<E>(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, CallError<E>> {
    let Some(text) = value(headers, name)? else { return Ok(None) };
    let text = percent_decode_str(text).decode_utf8().map_err(|error| unreadable(name, error))?;
    Ok(Some(text.into_owned()))
}

#[cold]
fn unreadable<E>(name: &HeaderName, why: impl fmt::Display) -> CallError<E> {
    CallError::not_executed(CauseKind::BadRequest, format!("header `{name}` cannot be read: {why}"))
}
