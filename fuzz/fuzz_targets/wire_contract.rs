//! What a peer says of its contract.
#![no_main]
#![allow(dead_code, reason = "the tests of the kernel use more of it")]

#[path = "../../kit/outgrow/tests/kernel/contract.rs"]
mod contract;
#[path = "../../kit/outgrow/tests/kernel/decoders.rs"]
mod decoders;
#[path = "../../kit/outgrow/tests/kernel/everything.rs"]
mod everything;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decoders::contract(bytes));
