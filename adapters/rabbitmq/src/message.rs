//! Calls and replies as messages: the tables in the crate's documentation. Events are `event`'s.

use std::{fmt, time::Duration};

use bytes::Bytes;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, LongString},
};
use outgrow::{
    CallContext, CallError, Cause, CauseKind, IdGen, IdempotencyKey, Method, RawRefusal, Reply, TraceContext,
};
use uuid::Uuid;

const METHOD: &str = "outgrow-method";
const BUDGET: &str = "outgrow-budget-ms";
const KEY: &str = "idempotency-key";
const CALLER: &str = "outgrow-caller";
const PRINCIPAL: &str = "outgrow-principal";
const CORRELATION: &str = "outgrow-correlation";
const CAUSATION: &str = "outgrow-causation";
const TRACE: &str = "traceparent";

const OUTCOME: &str = "outgrow-outcome";
const TYPE: &str = "outgrow-type";
const MESSAGE: &str = "outgrow-message";
const CAUSE: &str = "outgrow-cause";

const ANSWERED: &str = "answered";
const REFUSED: &str = "refused";
const NOT_EXECUTED: &str = "not-executed";
const IN_DOUBT: &str = "in-doubt";

pub(crate) type Failure = CallError<RawRefusal>;

/// Headers, all of them text.
#[derive(Default)]
pub(crate) struct Headers(FieldTable);

impl Headers {
    pub(crate) fn put(mut self, name: &str, value: Option<impl fmt::Display>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.into(), AMQPValue::LongString(LongString::from(value.to_string())));
        }
        self
    }
}

impl From<Headers> for FieldTable {
    fn from(headers: Headers) -> Self {
        headers.0
    }
}

/// A header; one that is not text is unreadable.
pub(crate) fn text(headers: &FieldTable, name: &str) -> Result<Option<String>, Failure> {
    match headers.inner().get(name) {
        None => Ok(None),
        Some(AMQPValue::LongString(text)) => {
            let text = str::from_utf8(text.as_bytes()).map_err(|error| unreadable(name, error))?;
            Ok(Some(text.to_owned()))
        }
        Some(AMQPValue::ShortString(text)) => Ok(Some(text.to_string())),
        Some(_) => Err(unreadable(name, "it is not text")),
    }
}

#[cold]
fn unreadable(name: &str, why: impl fmt::Display) -> Failure {
    CallError::not_executed(CauseKind::BadRequest, format!("header `{name}` cannot be read: {why}"))
}

/// The properties of a request that has this much time left.
pub(crate) fn request(method: &Method, cx: &CallContext, left: Option<Duration>) -> BasicProperties {
    let millis = left.map(|left| left.as_millis().max(1));
    let headers = Headers::default()
        .put(METHOD, Some(method.name))
        .put(BUDGET, millis)
        .put(CALLER, Some(cx.caller()))
        .put(CORRELATION, Some(cx.correlation()))
        .put(KEY, cx.key())
        .put(PRINCIPAL, cx.principal())
        .put(CAUSATION, cx.causation())
        .put(TRACE, cx.trace());
    let properties = BasicProperties::default().with_headers(headers.0);
    match millis {
        Some(millis) => properties.with_expiration(millis.to_string().into()),
        None => properties,
    }
}

/// Which method a request is for, and its context.
pub(crate) fn read_request(
    properties: &BasicProperties,
    ids: &dyn IdGen,
) -> Result<(String, CallContext), Failure> {
    let none = FieldTable::default();
    let headers = properties.headers().as_ref().unwrap_or(&none);
    let method = text(headers, METHOD)?.unwrap_or_default();
    let correlation = parsed::<Uuid>(headers, CORRELATION)?.unwrap_or_else(|| ids.uuid());
    let mut cx = CallContext::new(text(headers, CALLER)?.unwrap_or_default(), correlation);
    if let Some(millis) = parsed(headers, BUDGET)? {
        cx = cx.within(Duration::from_millis(millis));
    }
    if let Some(key) = parsed::<IdempotencyKey>(headers, KEY)? {
        cx = cx.with_key(key);
    }
    if let Some(principal) = text(headers, PRINCIPAL)? {
        cx = cx.for_principal(&principal);
    }
    if let Some(causation) = parsed(headers, CAUSATION)? {
        cx = cx.caused_by(causation);
    }
    // One that cannot be read is as good as none, as the standard says.
    if let Ok(Some(trace)) = parsed::<TraceContext>(headers, TRACE) {
        cx = cx.traced(trace);
    }
    Ok((method, cx))
}

pub(crate) fn parsed<T: std::str::FromStr<Err: fmt::Display>>(
    headers: &FieldTable,
    name: &str,
) -> Result<Option<T>, Failure> {
    text(headers, name)?.map(|text| text.parse().map_err(|error| unreadable(name, error))).transpose()
}

/// The properties and the body of a reply.
pub(crate) fn reply(reply: Reply) -> (BasicProperties, Bytes) {
    let headers = Headers::default();
    let (headers, body) = match reply {
        Ok(answer) => (headers.put(OUTCOME, Some(ANSWERED)), answer),
        Err(CallError::Refused(refusal)) if refusal.body.len() > RawRefusal::MAX_BODY => {
            let detail = format!("a refusal of {} bytes is too large for some carriers", refusal.body.len());
            return self::reply(Err(CallError::in_doubt(CauseKind::BadAnswer, detail)));
        }
        Err(CallError::Refused(RawRefusal { type_name, message, body })) => {
            let message = cut(&message, RawRefusal::MAX_MESSAGE);
            (headers.put(OUTCOME, Some(REFUSED)).put(TYPE, Some(type_name)).put(MESSAGE, Some(message)), body)
        }
        Err(CallError::NotExecuted(cause)) => caused(headers, NOT_EXECUTED, &cause),
        Err(CallError::InDoubt(cause)) => caused(headers, IN_DOUBT, &cause),
    };
    (BasicProperties::default().with_headers(headers.0), body)
}

fn caused(headers: Headers, outcome: &str, cause: &Cause) -> (Headers, Bytes) {
    let headers = headers.put(OUTCOME, Some(outcome)).put(CAUSE, Some(cause.kind.code()));
    (headers, cut(&cause.detail, Cause::MAX_DETAIL).into_bytes().into())
}

/// What a reply to a call of `package` says. Whatever is missing or unreadable leaves the call in doubt: it may have
/// run.
pub(crate) fn read_reply(properties: &BasicProperties, body: Vec<u8>, package: &str) -> Reply {
    read(properties, body, package).unwrap_or_else(|| {
        Err(CallError::in_doubt(CauseKind::BadAnswer, "the answer does not say what it is, as text"))
    })
}

fn read(properties: &BasicProperties, body: Vec<u8>, package: &str) -> Option<Reply> {
    let headers = properties.headers().as_ref()?;
    let header = |name| text(headers, name).ok().flatten();
    let cause = |body: &[u8]| {
        let kind = CauseKind::from_code(&header(CAUSE)?);
        Some(Cause::new(kind, cut(str::from_utf8(body).ok()?, Cause::MAX_DETAIL)))
    };
    Some(match &*header(OUTCOME)? {
        ANSWERED => Ok(body.into()),
        REFUSED => {
            let type_name = header(TYPE)?;
            type_name.strip_prefix(package).filter(|name| name.starts_with('.'))?;
            let message = cut(&header(MESSAGE).unwrap_or_default(), RawRefusal::MAX_MESSAGE);
            Err(CallError::Refused(RawRefusal { type_name, message, body: body.into() }))
        }
        NOT_EXECUTED => Err(CallError::NotExecuted(cause(&body)?)),
        IN_DOUBT => Err(CallError::InDoubt(cause(&body)?)),
        _ => return None,
    })
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
