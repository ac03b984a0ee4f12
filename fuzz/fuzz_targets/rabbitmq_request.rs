//! The headers of a request over RabbitMQ.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapter_rabbitmq::fuzzing::request(bytes));
