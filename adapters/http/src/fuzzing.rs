//! What the decoders of this crate keep to, whatever a client sends: said once, for the tests below, which try some
//! hundreds of inputs, and for the targets in `fuzz/`, which try as many as they are given time for.
//!
//! Not part of the crate as it ships.
#![expect(clippy::missing_panics_doc, reason = "a law that is broken panics: that is all they do")]

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use outgrow::SystemIds;
use serde::{Deserialize, Serialize};

use crate::{BUDGET, Cursor, Limit, MoneyJson, Prefer, Problem, context::Call, json, query};

/// A body with all that bodies have.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    count: u32,
    balance: i64,
    #[serde(default)]
    ready: bool,
    price: Option<MoneyJson>,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    inner: Vec<Self>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Plain,
    NotPlain,
}

/// Parameters with all that parameters have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    #[serde(default)]
    limit: Limit,
    after: Option<Cursor>,
    customer: Option<String>,
}

/// A body is a value that is written and read again as the same, or a problem that a client has made.
pub fn body(bytes: &[u8]) {
    match json::parse::<Body>(bytes) {
        Ok(value) => {
            let written = serde_json::to_vec(&value).unwrap_or_default();
            let again =
                json::parse::<Body>(&written).map(|again| serde_json::to_vec(&again).unwrap_or_default());
            assert_eq!(again.map_err(|problem| shown(&problem)), Ok(written));
        }
        Err(problem) => client_made(&problem),
    }
}

/// Parameters are values within their bounds, or a problem that a client has made.
pub fn parameters(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match query::parse::<Parameters>(text) {
        Ok(Parameters { limit, after, customer }) => {
            assert!((1..=Limit::MOST).contains(&limit.get()));
            assert!(customer.is_none_or(|customer| customer.len() <= text.len()));
            if let Some(Err(problem)) = after.map(|cursor| cursor.read::<String>("orders")) {
                client_made(&problem);
            }
        }
        Err(problem) => client_made(&problem),
    }
}

/// A cursor that is read is the one that is made after the same item.
pub fn cursor(bytes: &[u8]) {
    let text = serde_json::Value::String(String::from_utf8_lossy(bytes).into_owned());
    let Ok(cursor) = Cursor::deserialize(text) else { return };
    match cursor.read::<String>("orders") {
        Ok(id) => assert_eq!(cursor, Cursor::after("orders", &id)),
        Err(problem) => client_made(&problem),
    }
}

/// Headers are a wait within the budget, ids, and a key that is told back as it came.
pub fn headers(bytes: &[u8]) {
    let names = ["prefer", "idempotency-key", "x-correlation-id", "traceparent"];
    let header = |line: &[u8]| {
        let (first, value) = line.split_first()?;
        let name = names.get(usize::from(*first).checked_rem(names.len())?)?;
        Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in bytes.split(|byte| *byte == b'\n').filter_map(header) {
        headers.append(name, value);
    }
    assert!(Prefer::of(&headers).wait_time().is_none_or(|wait| wait <= BUDGET));
    let call = Call::of(&Method::POST, &headers, &SystemIds);
    assert!(call.correlation_header().is_some());
    let mut given = headers.get_all("idempotency-key").iter();
    match (given.next(), given.next(), call.key_header()) {
        (Some(given), None, Some(told)) => assert_eq!(given, &told),
        (Some(_), Some(_), told) => assert_eq!(told, None, "of two keys neither counts"),
        (None, _, told) => assert!(told.is_some(), "without a key a new one is made"),
        (Some(_), None, None) => {}
    }
}

fn shown(problem: &Problem) -> String {
    format!("{problem:?}")
}

fn client_made(problem: &Problem) {
    assert!(problem.status().is_client_error(), "{problem:?}");
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// A body that is one, but for some bytes.
    fn bodies() -> impl Strategy<Value = Vec<u8>> {
        const WHOLE: &str = r#"{"name":"ü\n","count":7,"balance":-7,"ready":true,"kind":"not-plain",
            "price":{"amount":1250,"currency":"EUR"},"inner":[{"name":"","count":0,"balance":0,"price":null}]}"#;
        (any::<prop::sample::Index>(), 0..20_usize, vec(any::<u8>(), 0..4)).prop_map(|(at, cut, more)| {
            let mut bytes = WHOLE.as_bytes().to_vec();
            let start = at.index(bytes.len());
            let end = bytes.len().min(start + cut);
            drop(bytes.splice(start..end, more));
            bytes
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn bodies_of_requests(bytes in vec(any::<u8>(), 0..80), whole in bodies()) {
            body(&bytes);
            body(&whole);
        }

        #[test]
        fn parameters_of_urls(bytes in "[a-z%0-9=&+]{0,60}", limit in "limit=[0-9]{0,4}(&after=[A-Za-z0-9_-]{0,20})?") {
            parameters(bytes.as_bytes());
            parameters(limit.as_bytes());
        }

        #[test]
        fn cursors(bytes in "[A-Za-z0-9_=-]{0,40}", id in "\\PC{0,20}", at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            cursor(bytes.as_bytes());
            let made = serde_json::to_value(Cursor::after("orders", &id)).unwrap();
            let mut made = made.as_str().unwrap().as_bytes().to_vec();
            cursor(&made);
            let at = at.index(made.len());
            made[at] = byte;
            cursor(&made);
        }

        #[test]
        fn headers_of_requests(
            lines in vec((any::<u8>(), prop_oneof![vec(any::<u8>(), 0..40), "wait=[0-9]{0,30}(;q=\"[,;]*\")?".prop_map(String::into_bytes)]), 0..6)
        ) {
            let lines = lines.into_iter().map(|(name, value)| [&[name], &value[..]].concat());
            headers(&lines.collect::<Vec<_>>().join(&b'\n'));
        }
    }

    #[test]
    fn a_body_of_ours_is_read() {
        let whole = br#"{"name":"x","count":1,"balance":1,"price":null}"#;
        assert!(json::parse::<Body>(whole).is_ok());
    }
}
