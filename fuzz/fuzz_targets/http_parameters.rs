//! The parameters of a URL.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapter_http::fuzzing::parameters(bytes));
