//! The message on a stream of gRPC.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapter_grpc::fuzzing::frame(bytes));
