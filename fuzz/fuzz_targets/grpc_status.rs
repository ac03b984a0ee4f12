//! The trailers of a failed gRPC call.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapter_grpc::fuzzing::status(bytes));
