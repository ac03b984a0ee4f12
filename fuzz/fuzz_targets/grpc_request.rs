//! The headers of a gRPC request.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapter_grpc::fuzzing::request(bytes));
