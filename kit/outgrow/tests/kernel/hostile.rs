//! Whatever a peer sends: no panic, no endless recursion, no more memory than a fixed multiple of it.

use bytes::Bytes;
use outgrow::{
    Message as _, Port as _, Unread, Wire,
    schema::answer,
    wire::{Fault, Greeting, WireError},
};
use proptest::{collection::vec, prelude::*};

use super::{
    contract::{Inventory, InventoryRefusal},
    decoders,
    everything::{Everything, Tree, cases, everything, sample},
};

/// Lists of the least there can be: what costs a peer the least and us the most.
#[derive(Debug, PartialEq, Wire)]
struct Hollow {
    #[wire(1)]
    nothing: Vec<Nothing>,
    #[wire(2)]
    flags: Vec<bool>,
    #[wire(3)]
    numbers: Vec<u64>,
    #[wire(4)]
    words: Vec<String>,
    #[wire(5)]
    roomy: Vec<Roomy>,
}

#[derive(Debug, PartialEq, Wire)]
struct Nothing {}

/// 128 bytes here, two on the wire.
#[derive(Debug, PartialEq, Wire)]
struct Roomy {
    #[wire(1)]
    a: Option<Bytes>,
    #[wire(2)]
    b: Option<Bytes>,
    #[wire(3)]
    c: Option<Bytes>,
    #[wire(4)]
    d: Option<Bytes>,
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn arbitrary_bytes_are_an_error_or_a_value(bytes in vec(any::<u8>(), 0..200)) {
        decoders::message(&bytes);
        drop(Hollow::from_bytes(&bytes));
    }

    #[test]
    fn arbitrary_words_are_an_error_or_a_value(
        bytes in vec(any::<u8>(), 0..300), text in "\\PC{0,20}", trace in "0[0-1]-[0-9a-fA-F]{31,33}-[0-9a-f]{16}-0[01]"
    ) {
        decoders::words(&bytes);
        decoders::words(text.as_bytes());
        decoders::words(trace.as_bytes());
    }

    #[test]
    fn arbitrary_contracts_are_compared_or_not_read(
        bytes in vec(any::<u8>(), 0..300), at: prop::sample::Index, cut in 0_usize..80,
        more in "(\n|  [0-9]{1,10} \\PC{0,9} (required|optional) \\PC{0,9}\n|\\PC{0,20})"
    ) {
        decoders::contract(&bytes);
        let mut ours = answer(<dyn Inventory>::DESC, &Greeting { hash: String::new() }).lock.unwrap();
        let start = at.index(ours.len());
        ours.replace_range(start..ours.len().min(start + cut), &more);
        decoders::contract(ours.as_bytes());
    }

    #[test]
    fn a_message_with_bytes_cut_out_or_put_in_is_an_error_or_a_value(
        value in everything(), at: prop::sample::Index, cut in 0_usize..20, more in vec(any::<u8>(), 0..20)
    ) {
        let mut bytes = value.to_bytes().to_vec();
        let start = at.index(bytes.len());
        let end = bytes.len().min(start + cut);
        drop(bytes.splice(start..end, more));
        decoders::message(&bytes);
    }
}

#[test]
fn every_message_with_one_byte_changed_is_an_error_or_a_value() {
    let bytes = sample().to_bytes().to_vec();
    for at in 0..bytes.len() {
        for flip in 1..=u8::MAX {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            decoders::message(&changed);
        }
    }
}

#[test]
fn every_message_cut_short_within_a_field_is_an_error_or_lacks_fields() {
    let bytes = sample().to_bytes();
    let whole = Everything::from_bytes(&bytes);
    for end in 0..bytes.len() {
        assert_ne!(Everything::from_bytes(&bytes[..end]), whole, "cut at {end}");
    }
}

#[test]
fn what_is_held_grows_with_what_was_sent_and_no_faster() {
    for count in [1, 10, 10_000] {
        // Two bytes an element, or packed with one byte an element.
        let mut sent = [[0x0a, 0], [0x10, 1], [0x18, 1], [0x22, 0], [0x2a, 0]].concat().repeat(count);
        for packed in [0x12, 0x1a] {
            sent.push(packed);
            outgrow::wire::varint(count.try_into().expect("small"), &mut sent);
            sent.resize(sent.len() + count, 1);
        }
        let Hollow { flags, numbers, words, roomy, .. } =
            Hollow::from_bytes(&sent).expect("nothing wrong with it");
        let room = [flags.capacity(), numbers.capacity(), words.capacity(), roomy.capacity()];
        let elements = [flags.len(), numbers.len(), words.len(), roomy.len()];
        assert_eq!(elements, [2 * count, 2 * count, count, count]);
        // A list has room for what it holds, up to twice that, and at least for a few.
        for (room, elements) in room.into_iter().zip(elements) {
            assert!(room <= (2 * elements).max(8), "room for {room}, {elements} sent");
        }
    }
}

#[test]
fn an_announced_length_is_not_believed() {
    for length in [1_u64 << 20, 1 << 31, 1 << 32, 1 << 62, u64::MAX] {
        for number in [1, 2, 3, 4, 9] {
            let mut bytes = vec![(number << 3) | 2];
            outgrow::wire::varint(length, &mut bytes);
            bytes.extend_from_slice(&[1, 2, 3]);
            let fault = Hollow::from_bytes(&bytes).map_err(|error| error.fault().clone());
            assert_eq!(fault, Err(Fault::Truncated), "field {number}, length {length}");
        }
    }
}

#[test]
fn messages_are_read_64_deep_and_no_deeper() {
    let nested =
        |depth: usize| (0..depth).fold(Tree::default(), |tree, _| Tree { leaf: None, branches: vec![tree] });
    assert_eq!(Tree::from_bytes(&nested(64).to_bytes()), Ok(nested(64)));
    let error = Tree::from_bytes(&nested(65).to_bytes()).unwrap_err();
    assert_eq!(error.fault(), &Fault::TooDeep);
    assert!(error.path().starts_with("branches[0].branches[0]."));
}

#[test]
fn groups_are_skipped_and_endless_ones_are_refused() {
    let group = [0x2b, 0x2b, 0x08, 1, 0x2c, 0x0a, 1, 7, 0x2c]; // 5 { 5 { 1: 1 } 1: "\x07" }
    let level = [&group[..], &[0x08, 3]].concat();
    assert_eq!(Tree::from_bytes(&level), Ok(Tree { leaf: Some(3), branches: Vec::new() }));
    let fault = |bytes: &[u8]| Tree::from_bytes(bytes).unwrap_err().fault().clone();
    assert_eq!(fault(&[0x2b; 1000]), Fault::TooDeep);
    assert_eq!(fault(&[0x2b, 0x08, 1]), Fault::Truncated);
    assert_eq!(fault(&[0x2b, 0x34]), Fault::Malformed("a group ends that did not begin".to_owned()));
}

#[test]
fn tags_and_numbers_that_cannot_be_are_refused() {
    let fault = |bytes: &[u8]| Tree::from_bytes(bytes).unwrap_err().fault().clone();
    assert_eq!(fault(&[0x00]), Fault::Malformed("0 is not a field number".to_owned()));
    assert_eq!(fault(&[0x0e]), Fault::WrongType, "wire type 6");
    assert_eq!(fault(&[0x0a, 0]), Fault::WrongType, "a message where a number is expected");
    assert_eq!(fault(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]), Fault::Overlong);
    assert_eq!(
        fault(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
        Fault::Malformed("4294967296 is not a field number".to_owned())
    );
}

#[test]
fn an_error_names_the_field() {
    let error = |change: fn(&mut Everything), find: &[u8], replace: &[u8]| {
        let mut value = sample();
        change(&mut value);
        let bytes = value.to_bytes();
        let at = bytes.windows(find.len()).rposition(|window| window == find).expect("it is in there");
        let bytes = [&bytes[..at], replace, &bytes[at + find.len()..]].concat();
        Everything::from_bytes(&bytes).unwrap_err().to_string()
    };
    assert_eq!(
        error(|_| {}, b"\x0a\x03tea\x10\x03", b"\x0a\x03\xff\xff\xff\x10\x03"),
        "choices[0].line.sku: is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0"
    );
    assert_eq!(
        error(|value| value.choices.clear(), b"\x0a\x03tea\x10\x03", b"\x0a\x03tea\x18\x03"),
        "lines[1].quantity: required, but missing"
    );
    assert_eq!(error(|_| {}, b"\x70\x01", b"\x70\x09"), "state: variant 9 is not known here");
    assert_eq!(
        error(|_| {}, b"\x12\x03EUR", b"\x12\x03EU\xc3"),
        "price.currency: is not UTF-8: incomplete utf-8 byte sequence from index 2"
    );
    assert_eq!(
        error(|_| {}, b"00000000-0000-0000-0000-000000001234", b"00000000-0000-0000-0000-00000000123g"),
        "id: is not a UUID"
    );
}

#[test]
fn a_variant_is_kept_unread_whatever_its_type_and_a_known_one_has_its_own() {
    for bytes in [
        &b"\x48\x96\x01"[..],
        b"\x4a\x02hi",
        b"\x49\x01\x02\x03\x04\x05\x06\x07\x08",
        b"\x4d\x01\x02\x03\x04",
    ] {
        let refusal = InventoryRefusal::from_bytes(bytes).expect("kept");
        assert!(matches!(&refusal, InventoryRefusal::Other(unread) if unread.number() == 9));
        assert_eq!(&refusal.to_bytes()[..], bytes);
    }
    assert_eq!(
        InventoryRefusal::from_bytes(b"\x4a\x02hi"),
        Ok(InventoryRefusal::Other(Unread::new(9, b"hi")))
    );
    let number_for_a_message = InventoryRefusal::from_bytes(&[0x18, 0]).unwrap_err();
    assert_eq!(number_for_a_message.to_string(), "frozen: is of another type on the wire");
    assert_eq!(InventoryRefusal::from_bytes(b""), Err(WireError::new(Fault::Missing)));
}
