//! The headers and the body of a reply over RabbitMQ.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| adapter_rabbitmq::fuzzing::reply(bytes));
