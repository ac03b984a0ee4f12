//! The headers and the data of an event over RabbitMQ.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapter_rabbitmq::fuzzing::event(bytes));
