//! How much memory it takes to read what a peer sent: counted by the allocator, hence a binary of its own.
#![cfg(test)]

mod kernel {
    pub(crate) mod contract;
    #[expect(dead_code, reason = "it is made for the tests of the kernel, which use all of it")]
    pub(crate) mod everything;
}

use std::alloc::System;

use cap::Cap;
use kernel::{
    contract::{InventoryRefusal, ReserveStock},
    everything::{Everything, Tree, everything},
};
use outgrow::Message;
use proptest::{
    collection::vec,
    prelude::{Strategy as _, any},
    strategy::ValueTree as _,
    test_runner::TestRunner,
};

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// The most bytes that one byte of a peer's may cost, all allocations added up, those that are given back at once as
/// well. It is what a list of the least elements there can be costs: two bytes each on the wire, a whole struct here.
const MOST_A_BYTE: usize = 256;

/// What any message may cost besides.
const MOST_AT_ALL: usize = 4096;

fn cost<T: Message>(bytes: &[u8]) -> usize {
    let before = HEAP.total_allocated();
    let read = T::from_bytes(bytes);
    let cost = HEAP.total_allocated() - before;
    drop(read);
    cost
}

#[track_caller]
fn holds(bytes: &[u8]) {
    let costs = [
        cost::<Everything>(bytes),
        cost::<Tree>(bytes),
        cost::<ReserveStock>(bytes),
        cost::<InventoryRefusal>(bytes),
    ];
    let most = MOST_A_BYTE * bytes.len() + MOST_AT_ALL;
    assert!(costs.iter().all(|cost| *cost <= most), "{} bytes cost {costs:?}, more than {most}", bytes.len());
}

#[test]
fn whatever_a_peer_sends_costs_a_fixed_multiple_of_its_length() {
    let mut runner = TestRunner::deterministic();
    let noise = vec(any::<u8>(), 0..4096);
    for _ in 0..500 {
        holds(&noise.new_tree(&mut runner).expect("bytes").current());
        let value = everything().new_tree(&mut runner).expect("a message").current();
        let mut bytes = value.to_bytes().to_vec();
        holds(&bytes);
        if let Some(middle) = bytes.len().checked_div(2).filter(|middle| *middle > 0) {
            bytes[middle] ^= 0x55;
            holds(&bytes);
        }
    }
    // Every field number and wire type, as the least and as the emptiest element there can be, many times.
    for tag in 0..=u8::MAX {
        for element in [&[tag, 0][..], &[tag, 1, 0], &[tag, 2, 8, 0], &[tag, 0xff, 0xff, 0xff, 0xff, 0x0f]] {
            holds(&element.repeat(2_000));
        }
    }
}
