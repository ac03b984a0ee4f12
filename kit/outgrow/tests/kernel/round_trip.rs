//! What is written is read back, and is written the same every time.

use outgrow::{Message as _, Wire, wire::Reader};
use proptest::prelude::*;
use time::{OffsetDateTime, UtcOffset};

use super::everything::{Choice, Everything, Tree, cases, everything, sample};

/// Reads a value that fills these bytes.
fn read<T: Wire>(bytes: &[u8]) -> Result<T, String> {
    T::read(&mut Reader::new(bytes)).map_err(|error| error.to_string())
}

#[derive(Debug, PartialEq, Wire)]
struct Choices {
    #[wire(1)]
    choices: Vec<Choice>,
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn every_value_is_read_back_as_it_was_written(value in everything()) {
        prop_assert_eq!(Everything::from_bytes(&value.to_bytes()), Ok(value));
    }

    #[test]
    fn numbers_are_as_short_on_the_wire_as_protobuf_says(value: i64) {
        let mut out = Vec::new();
        value.write(&mut out);
        let bits = 64 - value.unsigned_abs().saturating_sub(u64::from(value < 0)).leading_zeros();
        prop_assert_eq!(out.len(), usize::try_from((bits + 1).div_ceil(7).max(1)).expect("small"));
    }
}

#[test]
fn fields_are_written_in_ascending_order_of_their_numbers() {
    /// Written in another order than numbered.
    #[derive(Wire)]
    struct Shuffled {
        #[wire(300)]
        last: u32,
        #[wire(1)]
        first: u32,
        #[wire(2)]
        second: Vec<u32>,
    }
    let shuffled = Shuffled { last: 1, first: 2, second: vec![3, 4] };
    assert_eq!(&shuffled.to_bytes()[..], [0x08, 2, 0x12, 2, 3, 4, 0xe0, 0x12, 1]);
}

#[test]
fn a_required_zero_is_written_and_an_empty_list_is_not() {
    #[derive(Wire)]
    struct Zeros {
        #[wire(1)]
        zero: u32,
        #[wire(2)]
        empty: String,
        #[wire(3)]
        list: Vec<u32>,
        #[wire(4)]
        none: Option<u32>,
    }
    let zeros = Zeros { zero: 0, empty: String::new(), list: Vec::new(), none: None };
    assert_eq!(&zeros.to_bytes()[..], [0x08, 0, 0x12, 0]);
}

#[test]
fn lengths_of_any_size_are_written_at_every_depth() {
    for length in [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
        let value = Everything { text: "x".repeat(length), ..sample() };
        let list = Choices {
            choices: vec![Choice::Pair {
                left: value.text.clone(),
                right: None,
                from: vec![1; length],
                out: None,
            }],
        };
        assert_eq!(Everything::from_bytes(&value.to_bytes()), Ok(value), "{length}");
        assert_eq!(Choices::from_bytes(&list.to_bytes()), Ok(list), "{length}");
    }
}

#[test]
fn a_list_of_numbers_is_read_packed_unpacked_and_mixed() {
    #[derive(Debug, PartialEq, Wire)]
    struct List {
        #[wire(1)]
        numbers: Vec<u32>,
    }
    let numbers = vec![1, 300, 2];
    let mixed = [0x08, 1, 0x0a, 2, 0xac, 0x02, 0x08, 2];
    assert_eq!(List::from_bytes(&mixed), Ok(List { numbers: numbers.clone() }));
    assert_eq!(&List { numbers }.to_bytes()[..], [0x0a, 4, 1, 0xac, 0x02, 2]);
}

#[test]
fn a_singular_field_that_comes_twice_counts_as_it_came_last() {
    let (mut once, mut twice) = (sample(), sample());
    once.tree = Tree { leaf: Some(9), branches: Vec::new() };
    twice.numbers = Vec::new();
    twice.flags = Vec::new();
    twice.reals = Vec::new();
    twice.states = Vec::new();
    twice.words = Vec::new();
    twice.lines = Vec::new();
    twice.choices = Vec::new();
    let bytes = [twice.to_bytes(), once.to_bytes()].concat();
    assert_eq!(Everything::from_bytes(&bytes), Ok(once), "replaced, not merged");
}

#[test]
fn a_moment_is_the_same_moment_whatever_its_offset() {
    let here = sample().at.to_offset(UtcOffset::from_hms(5, 30, 0).expect("an offset"));
    let mut out = Vec::new();
    here.write(&mut out);
    let back: OffsetDateTime = read(&out).expect("a moment");
    assert_eq!((back, back.offset()), (here, UtcOffset::UTC));
}

#[test]
fn numbers_out_of_the_range_of_their_type_are_refused() {
    let too_much = [0xff, 0xff, 0xff, 0xff, 0x1f];
    assert_eq!(read::<u16>(&[0x80, 0x80, 0x04]), Err("65536 is out of range".to_owned()));
    assert_eq!(read::<u32>(&too_much), Err("8589934591 is out of range".to_owned()));
    assert_eq!(read::<i32>(&too_much), Err("-4294967296 is out of range".to_owned()));
    assert_eq!(read::<i32>(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Ok(i32::MIN));
}

#[test]
fn a_moment_that_cannot_be_is_refused() {
    let refused = |bytes: &[u8]| read::<OffsetDateTime>(bytes).unwrap_err();
    assert_eq!(refused(&[0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03]), "0 s 1000000000 ns is not a moment in time");
    let minus_one = [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(refused(&minus_one), "0 s -1 ns is not a moment in time");
    let year_10000 = [0x08, 0x80, 0x83, 0xd1, 0xff, 0xaf, 0x07];
    assert_eq!(refused(&year_10000), "253402300800 s 0 ns is not a moment in time");
}
