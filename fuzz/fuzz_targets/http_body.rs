//! The JSON body of an HTTP request.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapter_http::fuzzing::body(bytes));
