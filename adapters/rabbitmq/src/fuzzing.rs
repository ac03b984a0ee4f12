//! What the decoders of this crate keep to, whatever a peer sends: said once, for the tests below, which try some
//! hundreds of inputs, and for the targets in `fuzz/`, which try as many as they are given time for. (That frames hold
//! properties and headers at all is lapin's to see to.)
//!
//! Not part of the crate as it ships.
#![expect(clippy::missing_panics_doc, reason = "a law that is broken panics: that is all they do")]

use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};
use outgrow::{
    CallError, Cause, CauseKind, Kind, Method, RawRefusal, SystemIds, Wire as _, wire::CallFailure,
};

use crate::{event, message};

const PACKAGE: &str = "example.v1";

/// What is called.
static METHOD: Method = Method {
    index: 0,
    name: "Put",
    doc: "",
    kind: Kind::Idempotent,
    port: "Example",
    package: PACKAGE,
    request: CallFailure::shape,
    answer: CallFailure::shape,
    refusal: CallFailure::shape,
};

/// The headers of a request are a context that is written and read again as the same, or a bad request.
pub fn request(bytes: &[u8]) {
    let names = [
        "outgrow-method",
        "outgrow-budget-ms",
        "idempotency-key",
        "outgrow-caller",
        "outgrow-principal",
        "outgrow-correlation",
        "outgrow-causation",
        "traceparent",
    ];
    match message::read_request(&properties(bytes, &names), &SystemIds) {
        Ok((_, cx)) => {
            let again = message::read_request(&message::request(&METHOD, &cx, cx.remaining()), &SystemIds);
            let told = |cx: &outgrow::CallContext| {
                let (caller, principal) = (cx.caller().to_owned(), cx.principal().map(str::to_owned));
                (caller, principal, cx.key().cloned(), cx.correlation(), cx.causation(), cx.trace())
            };
            assert_eq!(again.as_ref().map(|(_, cx)| told(cx)), Ok(told(&cx)));
        }
        Err(failure) => assert!(
            matches!(&failure, CallError::NotExecuted(cause) if cause.kind == CauseKind::BadRequest),
            "{failure:?}"
        ),
    }
}

/// A reply says what its `outgrow-outcome` says, is not too large to travel on, or leaves the call in doubt.
pub fn reply(bytes: &[u8]) {
    let names = ["outgrow-outcome", "outgrow-type", "outgrow-message", "outgrow-cause"];
    let (body, headers) = bytes.split_at(bytes.len().min(usize::from(bytes.first().copied().unwrap_or(0))));
    let properties = properties(headers, &names);
    let outcome = properties.headers().as_ref().and_then(|headers| headers.inner().get(names[0]).cloned());
    let outcome = if let Some(AMQPValue::LongString(text)) = &outcome {
        str::from_utf8(text.as_bytes()).unwrap_or_default()
    } else if let Some(AMQPValue::ShortString(text)) = &outcome {
        text.as_str()
    } else {
        ""
    };
    match message::read_reply(&properties, body.to_vec(), PACKAGE) {
        Ok(answer) => assert_eq!((outcome, &answer[..]), ("answered", body)),
        Err(CallError::Refused(RawRefusal { type_name, message, .. })) => {
            assert!(outcome == "refused" && type_name.starts_with("example.v1."), "{outcome}: {type_name}");
            assert!(message.chars().count() <= RawRefusal::MAX_MESSAGE);
        }
        Err(CallError::NotExecuted(cause)) => {
            assert_eq!(outcome, "not-executed");
            assert!(cause.detail.chars().count() <= Cause::MAX_DETAIL);
        }
        Err(CallError::InDoubt(cause)) => {
            assert!(outcome == "in-doubt" || cause.kind == CauseKind::BadAnswer, "{outcome}: {cause}");
            assert!(cause.detail.chars().count() <= Cause::MAX_DETAIL);
        }
    }
}

/// A message is an event that is written and read again as the same, and that databases can keep, or it says why not.
pub fn event(bytes: &[u8]) {
    let names = [
        "cloudEvents_specversion",
        "cloudEvents_id",
        "cloudEvents_source",
        "cloudEvents_type",
        "cloudEvents_subject",
        "cloudEvents_time",
        "cloudEvents_stream",
        "cloudEvents_sequence",
        "cloudEvents_correlationid",
        "cloudEvents_causationid",
        "cloudEvents_previous",
    ];
    let (body, headers) = bytes.split_at(bytes.len().min(usize::from(bytes.first().copied().unwrap_or(0))));
    let body = body.get(1..).unwrap_or_default(); // its length is no JSON
    match event::read(&properties(headers, &names), body.to_vec()) {
        Ok((publisher, event)) => {
            let kept = [&event.stream, &event.key, &event.kind, &event.data];
            assert!(!kept.iter().any(|text| text.contains('\0')), "{event:?}");
            assert!((1..=i64::MAX.unsigned_abs()).contains(&event.sequence), "{event:?}");
            assert!(
                event.key.len() <= outgrow::event::Recorded::LONGEST_KEY && event.follows() < event.sequence,
                "{event:?}"
            );
            let written = event::properties(&format!("t/{publisher}"), &event, event.previous);
            let again = written.and_then(|it| event::read(&it, event.data.clone().into_bytes()));
            assert_eq!(again, Ok((publisher, event)));
        }
        Err(why) => assert!(!why.is_empty()),
    }
}

/// Lines of bytes as headers: the first byte of each picks its name, the second its type.
fn properties(bytes: &[u8], names: &[&'static str]) -> BasicProperties {
    let mut headers = FieldTable::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        let [first, second, value @ ..] = line else { continue };
        let Some(name) = usize::from(*first).checked_rem(names.len()).and_then(|nth| names.get(nth)) else {
            continue;
        };
        let value = match second % 8 {
            0 => AMQPValue::LongLongInt(value.len().try_into().unwrap_or(i64::MAX)),
            1 => AMQPValue::Void,
            2 => AMQPValue::ShortString(
                String::from_utf8_lossy(value).chars().take(60).collect::<String>().into(),
            ),
            _ => AMQPValue::LongString(value.into()),
        };
        headers.insert((*name).into(), value);
    }
    BasicProperties::default().with_headers(headers)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Lines that begin as headers do, and go on as they like.
    fn headers(values: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
        let value = prop_oneof![
            vec(any::<u8>(), 0..80),
            proptest::sample::select(values).prop_map(|value| value.as_bytes().to_vec()),
            any::<u128>().prop_map(|id| uuid::Uuid::from_u128(id).to_string().into_bytes()),
        ];
        let line = (any::<u8>(), any::<u8>(), value)
            .prop_map(|(name, kind, value)| [&[name, kind], &value[..]].concat());
        vec(line, 0..8).prop_map(|lines| lines.join(&b'\n'))
    }

    const REQUEST: &[&str] =
        &["Put", "5000", "k", "ada", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"];
    const REPLY: &[&str] = &["answered", "refused", "not-executed", "in-doubt", "example.v1.No", "storage"];

    /// Values of the headers of an event, in their order.
    const EVENT: [&str; 10] = [
        "1.0",
        "0af76519-16cd-43dd-8448-eb211c80319c",
        "shop/ordering",
        "ordering.v1.order_placed",
        "17",
        "2026-11-26T03:04:05.678901+01:00",
        "ordering.v1.OrderEvent",
        "00000000000000000017",
        "0af7651916cd43dd8448eb211c80319c",
        "",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn requests(bytes in headers(REQUEST)) {
            request(&bytes);
        }

        #[test]
        fn replies(body in vec(any::<u8>(), 0..20), headers in headers(REPLY)) {
            // Its first byte says how long the body is.
            let length = u8::try_from(body.len() + 1).unwrap();
            reply(&[&[length], &body[..], &headers].concat());
        }

        /// All of its headers but one, which says something else.
        #[test]
        fn events(body in "[{}\"a0:]{0,9}", other in 0..EVENT.len(), kind in 0_u8..8, value in ".{0,40}") {
            let lines = EVENT.iter().zip(0_u8..).map(|(usual, name)| {
                let changed = usize::from(name) == other;
                let (kind, value) = if changed { (kind, value.as_str()) } else { (3, *usual) };
                [&[name, kind], value.as_bytes()].concat()
            });
            let headers = lines.collect::<Vec<_>>().join(&b'\n');
            for body in [body.as_bytes(), b"{}"] {
                let length = u8::try_from(body.len() + 1).unwrap();
                event(&[&[length], body, &headers].concat());
            }
        }
    }
}
