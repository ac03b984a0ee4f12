//! What follows from records: the same from a snapshot and the rest, from wherever that was taken; and from nothing else.

use outgrow::Money;
use payments_core::{Payment, Record, Stream};
use proptest::prelude::*;

use crate::sample::{euro, id, life, reason, terms};

/// One of the records that can be kept.
fn record() -> impl Strategy<Value = Record> {
    let all = vec![
        Record::AuthorizationRequested(terms()),
        Record::Authorized,
        Record::Declined(reason()),
        Record::CaptureRequested,
        Record::Captured,
        Record::CaptureDeclined(reason()),
        Record::VoidRequested,
        Record::Voided,
        Record::RefundRequested,
        Record::Refunded,
        Record::EndedEarly,
    ];
    prop::sample::select(all)
}

/// A life: of any records, those that can follow.
fn a_life(records: Vec<Record>) -> (Payment, Vec<Record>) {
    let (mut payment, mut life) = (Payment::new(id(1)), Vec::new());
    for record in records {
        if let Ok(next) = payment.clone().then(record.clone()) {
            payment = next;
            life.push(record);
        }
    }
    (payment, life)
}

proptest! {
    #[test]
    fn a_snapshot_and_the_records_since_give_the_same_as_all_records(
        records in prop::collection::vec(record(), 0..200),
        at in any::<prop::sample::Index>(),
    ) {
        let (payment, life) = a_life(records);
        let cut = at.index(life.len() + 1);
        let of = |snapshot, tail: &[Record]| {
            Payment::folded(id(1), Stream { snapshot, tail: tail.to_vec() }).unwrap()
        };
        let snapshot = of(None, &life[..cut]);
        prop_assert_eq!(usize::try_from(snapshot.version).unwrap(), cut);
        prop_assert_eq!(&of(Some(snapshot), &life[cut..]), &payment);
        prop_assert_eq!(&of(None, &life), &payment);
    }

    #[test]
    fn whatever_happens_no_more_is_given_back_than_was_taken(
        records in prop::collection::vec(record(), 0..200),
    ) {
        let shown = a_life(records).0.shown();
        let Money { amount, .. } = shown.amount;
        prop_assert!(0 <= shown.refunded.amount && shown.refunded.amount <= shown.captured.amount);
        prop_assert!(shown.captured.amount <= amount);
    }
}

#[test]
fn a_record_that_cannot_follow_is_an_error_and_not_passed_over() {
    let mut records = life();
    records.remove(1);
    let error = Payment::folded(id(1), Stream { snapshot: None, tail: records }).unwrap_err();
    assert!(error.to_string().starts_with("record 2 of payment "), "{error}");
}

#[test]
fn a_life_leads_to_its_end() {
    let shown = Payment::folded(id(1), Stream { snapshot: None, tail: life() }).unwrap().shown();
    assert_eq!((shown.captured, shown.refunded, shown.reason), (euro(1250), euro(1250), Some(reason())));
}
