//! What the decoders of this crate keep to, whatever a peer sends: said once, for the tests below, which try some
//! hundreds of inputs, and for the targets in `fuzz/`, which try as many as they are given time for.
//!
//! Not part of the crate as it ships.
#![expect(clippy::missing_panics_doc, reason = "a law that is broken panics: that is all they do")]

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue};
use outgrow::{
    CallError, Cause, CauseKind, Kind, Method, RawRefusal, SystemIds, Wire as _, wire::CallFailure,
};

use crate::{frame, headers, status};

/// Whom the failures come from.
static METHOD: Method = Method {
    index: 0,
    name: "Put",
    doc: "",
    kind: Kind::Idempotent,
    port: "Example",
    package: "example.v1",
    request: CallFailure::shape,
    answer: CallFailure::shape,
    refusal: CallFailure::shape,
};

/// The data of a stream hold one message, which is wrapped as it came, or are an error.
pub fn frame(bytes: &[u8]) {
    let data = Bytes::copy_from_slice(bytes);
    if let Ok(message) = frame::unwrap(data.clone()) {
        let wrapped = frame::wrap(message, frame::MAX_MESSAGE);
        assert_eq!(wrapped.map(|mut frame| frame.copy_to_bytes(frame.remaining())), Some(data));
    }
}

/// Trailers are a failure that is not too large to travel on, and one that says "not executed" or "refused" only where
/// its details do.
pub fn status(bytes: &[u8]) {
    let names = ["grpc-status", "grpc-message", "grpc-status-details-bin"];
    let trailers = lines(bytes, &names);
    let detailed = trailers.contains_key(names[2]);
    match status::decode(trailers, &METHOD) {
        CallError::Refused(RawRefusal { type_name, message, .. }) => {
            assert!(detailed && type_name.starts_with("example.v1."), "{type_name}");
            assert!(message.chars().count() <= RawRefusal::MAX_MESSAGE);
        }
        CallError::NotExecuted(cause) => {
            assert!(detailed, "{cause}");
            assert!(cause.detail.chars().count() <= Cause::MAX_DETAIL);
        }
        CallError::InDoubt(cause) => assert!(cause.detail.chars().count() <= Cause::MAX_DETAIL),
    }
}

/// The headers of a request are a context that is written and read again as the same, or a bad request.
pub fn request(bytes: &[u8]) {
    let names = [
        "grpc-timeout",
        "idempotency-key",
        "outgrow-caller",
        "outgrow-principal",
        "outgrow-correlation",
        "outgrow-causation",
        "traceparent",
    ];
    match headers::read::<RawRefusal>(&lines(bytes, &names), &SystemIds) {
        Ok(cx) => {
            let mut written = HeaderMap::new();
            headers::write(&cx, &mut written);
            let again = headers::read::<RawRefusal>(&written, &SystemIds);
            let told = |cx: &outgrow::CallContext| {
                let (caller, principal) = (cx.caller().to_owned(), cx.principal().map(str::to_owned));
                (caller, principal, cx.key().cloned(), cx.correlation(), cx.causation(), cx.trace())
            };
            assert_eq!(again.as_ref().map(told), Ok(told(&cx)));
        }
        Err(failure) => assert!(
            matches!(&failure, CallError::NotExecuted(cause) if cause.kind == CauseKind::BadRequest),
            "{failure:?}"
        ),
    }
}

/// Lines of bytes as headers: the first byte of each picks its name.
fn lines(bytes: &[u8], names: &[&'static str]) -> HeaderMap {
    let header = |line: &[u8]| {
        let (first, value) = line.split_first()?;
        let name = names.get(usize::from(*first).checked_rem(names.len())?)?;
        Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
    };
    bytes.split(|byte| *byte == b'\n').filter_map(header).collect()
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
    use outgrow::{Message as _, wire::Executed};
    use proptest::{collection::vec, prelude::*, strategy::ValueTree as _};

    use super::*;

    /// Lines that begin as headers do, and go on as they like.
    fn headers() -> impl Strategy<Value = Vec<u8>> {
        let values = ["5S", "k", "%C3%A4", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0"];
        let value = prop_oneof![
            vec(any::<u8>(), 0..80),
            proptest::sample::select(values.to_vec()).prop_map(|value| value.as_bytes().to_vec()),
            any::<u128>().prop_map(|id| uuid::Uuid::from_u128(id).to_string().into_bytes()),
        ];
        let line = (any::<u8>(), value).prop_map(|(name, value)| [&[name], &value[..]].concat());
        vec(line, 0..8).prop_map(|lines| lines.join(&b'\n'))
    }

    /// Trailers with details that are a status of ours, but for some bytes.
    fn details() -> impl Strategy<Value = Vec<u8>> {
        (any::<prop::sample::Index>(), any::<u8>(), 0..2_usize).prop_map(|(at, byte, changed)| {
            let kind = CauseKind::Storage.code().to_owned();
            let said = CallFailure { executed: Executed::NotExecuted, kind, detail: "as told".to_owned() };
            let mut any = said.to_bytes().to_vec();
            let url = b"type.googleapis.com/outgrow.v1.CallFailure";
            any = [&[0x0a, 42][..], url, &[0x12, u8::try_from(any.len()).unwrap()], &any].concat();
            let mut all = [&[0x1a, u8::try_from(any.len()).unwrap()][..], &any].concat();
            if changed == 1 {
                let at = at.index(all.len());
                all[at] = byte;
            }
            // 0 is `grpc-status`, 2 the details.
            [&b"\x0014\n\x02"[..], BASE64_STANDARD_NO_PAD.encode(all).as_bytes()].concat()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn frames(bytes in vec(any::<u8>(), 0..40), flag in 0..3_u8, other in 0..40_u8) {
            frame(&bytes);
            for length in [other, u8::try_from(bytes.len()).unwrap()] {
                frame(&[&[flag, 0, 0, 0, length], &bytes[..]].concat());
            }
        }

        #[test]
        fn statuses(bytes in headers(), details in details()) {
            status(&bytes);
            status(&details);
        }

        #[test]
        fn requests(bytes in headers()) {
            request(&bytes);
        }
    }

    #[test]
    fn details_of_ours_are_read() {
        let lines = |bytes: &[u8]| lines(bytes, &["grpc-status", "grpc-message", "grpc-status-details-bin"]);
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let not_executed = (0..50).filter(|_| {
            let bytes = details().new_tree(&mut runner).unwrap().current();
            matches!(status::decode(lines(&bytes), &METHOD), CallError::NotExecuted(_))
        });
        assert!(not_executed.count() > 10, "the inputs reach the inside of the decoder");
    }
}
