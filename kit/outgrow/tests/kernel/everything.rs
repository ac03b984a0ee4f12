//! A message with everything that can stand in one, and random values of it.
#![expect(unreachable_pub, reason = "written as in a contract crate, where it is reachable")]

use bytes::Bytes;
use outgrow::{Answer, CallContext, Currency, Money, Unread, Wire, port};
use proptest::{collection::vec, option, prelude::*};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::contract::{HoldState, ReservationId, Sku, StockLine};

/// Answers what it is asked.
#[port("mirror.v1")]
pub trait Mirror {
    /// Says it back.
    #[query]
    async fn reflect(&self, cx: &CallContext, request: Everything) -> Answer<Everything, MirrorRefusal>;
}

/// All there is.
#[derive(Clone, Debug, PartialEq, Wire)]
pub struct Everything {
    #[wire(1)]
    pub yes: bool,
    #[wire(2)]
    pub small: u16,
    #[wire(3)]
    pub medium: u32,
    #[wire(4)]
    pub large: u64,
    #[wire(5)]
    pub signed: i32,
    #[wire(6)]
    pub long: i64,
    #[wire(7)]
    pub real: f64,
    #[wire(8)]
    pub text: String,
    #[wire(9)]
    pub blob: Bytes,
    #[wire(10)]
    pub id: ReservationId,
    #[wire(11)]
    pub at: OffsetDateTime,
    #[wire(12)]
    pub sku: Sku,
    #[wire(13)]
    pub price: Money,
    #[wire(14)]
    pub state: HoldState,
    #[wire(15)]
    pub line: StockLine,
    #[wire(16)]
    pub choice: Choice,
    #[wire(17)]
    pub tree: Tree,
    #[wire(18)]
    pub maybe_number: Option<u32>,
    #[wire(19)]
    pub maybe_text: Option<String>,
    #[wire(20)]
    pub maybe_state: Option<HoldState>,
    #[wire(21)]
    pub maybe_choice: Option<Choice>,
    #[wire(22)]
    pub numbers: Vec<i64>,
    #[wire(23)]
    pub flags: Vec<bool>,
    #[wire(24)]
    pub reals: Vec<f64>,
    #[wire(25)]
    pub states: Vec<HoldState>,
    #[wire(26)]
    pub words: Vec<String>,
    #[wire(27)]
    pub lines: Vec<StockLine>,
    #[wire(28)]
    pub choices: Vec<Choice>,
    /// Its name is a keyword, and its number needs three bytes.
    #[wire(20_000)]
    pub r#type: Option<i32>,
}

/// One of these.
#[derive(Clone, Debug, PartialEq, Wire)]
pub enum Choice {
    #[wire(1)]
    Nothing,
    #[wire(2)]
    Number(i64),
    #[wire(3)]
    Pair {
        #[wire(1)]
        left: String,
        #[wire(2)]
        right: Option<u32>,
        /// Named as what the macro uses.
        #[wire(3)]
        from: Vec<u32>,
        #[wire(4)]
        out: Option<String>,
    },
    #[wire(4)]
    State(HoldState),
    #[wire(5)]
    Line(StockLine),
    /// Hides the message of its name from the others here.
    #[wire(6)]
    StockLine,
}

/// A message in itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Wire)]
pub struct Tree {
    #[wire(1)]
    pub leaf: Option<u32>,
    #[wire(2)]
    pub branches: Vec<Tree>,
}

#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub enum MirrorRefusal {
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

/// So many random cases. Failures are printed, not kept in a file: what fails becomes a test by hand.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

pub fn sku() -> impl Strategy<Value = Sku> {
    "[A-Za-z0-9._-]{1,40}".prop_map(|text| Sku::try_from(text).expect("a SKU"))
}

fn line() -> impl Strategy<Value = StockLine> {
    (sku(), any::<u32>()).prop_map(|(sku, quantity)| StockLine { sku, quantity })
}

fn state() -> impl Strategy<Value = HoldState> {
    prop_oneof![Just(HoldState::Held), Just(HoldState::Shipped), Just(HoldState::Released)]
}

fn choice() -> impl Strategy<Value = Choice> {
    let pair = (any::<String>(), any::<Option<u32>>(), any::<Vec<u32>>(), any::<Option<String>>());
    prop_oneof![
        Just(Choice::Nothing),
        any::<i64>().prop_map(Choice::Number),
        pair.prop_map(|(left, right, from, out)| Choice::Pair { left, right, from, out }),
        state().prop_map(Choice::State),
        line().prop_map(Choice::Line),
        Just(Choice::StockLine),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<Option<u32>>().prop_map(|leaf| Tree { leaf, branches: Vec::new() });
    leaf.prop_recursive(4, 16, 3, |branch| {
        (any::<Option<u32>>(), vec(branch, 0..3)).prop_map(|(leaf, branches)| Tree { leaf, branches })
    })
}

/// A moment between the years 1 and 9999, to the nanosecond.
fn moment() -> impl Strategy<Value = OffsetDateTime> {
    (-62_135_596_800_i64..253_402_300_800, 0..1_000_000_000_i64).prop_map(|(seconds, nanos)| {
        OffsetDateTime::from_unix_timestamp(seconds).expect("in range") + Duration::nanoseconds(nanos)
    })
}

fn money() -> impl Strategy<Value = Money> {
    (any::<i64>(), "[A-Z]{3}").prop_map(|(amount, currency)| {
        let currency: Currency = currency.parse().expect("three letters");
        Money { amount, currency }
    })
}

pub fn everything() -> impl Strategy<Value = Everything> {
    let scalars = (any::<bool>(), any::<u16>(), any::<u32>(), any::<u64>(), any::<i32>(), any::<i64>());
    let values =
        (any::<f64>(), any::<String>(), vec(any::<u8>(), 0..200), any::<u128>(), moment(), sku(), money());
    let nested = (state(), line(), choice(), tree());
    let options = (any::<Option<u32>>(), any::<Option<String>>(), option::of(state()), option::of(choice()));
    let lists = (any::<Vec<i64>>(), any::<Vec<bool>>(), vec(any::<f64>(), 0..5), vec(state(), 0..5));
    let more = (vec(any::<String>(), 0..4), vec(line(), 0..4), vec(choice(), 0..4), any::<Option<i32>>());
    (scalars, values, nested, options, lists, more).prop_map(
        |(
            (yes, small, medium, large, signed, long),
            (real, text, blob, id, at, sku, price),
            (state, line, choice, tree),
            (maybe_number, maybe_text, maybe_state, maybe_choice),
            (numbers, flags, reals, states),
            (words, lines, choices, r#type),
        )| {
            let (blob, id) = (Bytes::from(blob), ReservationId(Uuid::from_u128(id)));
            Everything {
                yes,
                small,
                medium,
                large,
                signed,
                long,
                real,
                text,
                blob,
                id,
                at,
                sku,
                price,
                state,
                line,
                choice,
                tree,
                maybe_number,
                maybe_text,
                maybe_state,
                maybe_choice,
                numbers,
                flags,
                reals,
                states,
                words,
                lines,
                choices,
                r#type,
            }
        },
    )
}

/// One value, the same every time, with something in every field.
pub fn sample() -> Everything {
    let sku = Sku::try_from("tea".to_owned()).expect("a SKU");
    let line = StockLine { sku: sku.clone(), quantity: 3 };
    Everything {
        yes: true,
        small: 7,
        medium: 300,
        large: u64::MAX,
        signed: -1,
        long: i64::MIN,
        real: 0.5,
        text: "größer".to_owned(),
        blob: Bytes::from_static(&[0, 255, 128]),
        id: ReservationId(Uuid::from_u128(0x1234)),
        at: OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(-1500),
        sku,
        price: Money { amount: -1250, currency: "EUR".parse().expect("a currency") },
        state: HoldState::Held,
        line: line.clone(),
        choice: Choice::Pair {
            left: "l".to_owned(),
            right: Some(0),
            from: vec![1, 300],
            out: Some(String::new()),
        },
        tree: Tree {
            leaf: None,
            branches: vec![Tree::default(), Tree { leaf: Some(0), branches: Vec::new() }],
        },
        maybe_number: Some(0),
        maybe_text: Some("x".repeat(128)),
        maybe_state: Some(HoldState::Released),
        maybe_choice: Some(Choice::Nothing),
        numbers: vec![0, -1, 1, i64::MAX],
        flags: vec![true, false],
        reals: vec![-0.25],
        states: vec![HoldState::Held, HoldState::Shipped],
        words: vec![String::new(), "w".to_owned()],
        lines: vec![line.clone(), line.clone()],
        choices: vec![
            Choice::Line(line),
            Choice::Number(-5),
            Choice::StockLine,
            Choice::State(HoldState::Held),
        ],
        r#type: Some(-7),
    }
}
