//! `Prefer`, `Idempotency-Key`, `X-Correlation-Id` and `traceparent`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapter_http::fuzzing::headers(bytes));
