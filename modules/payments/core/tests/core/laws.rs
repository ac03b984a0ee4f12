//! What every store of payments keeps to, in memory or in SQL.
//!
//! Each law gets an empty store. [`on_each_law`] makes a test of each; a law that it does not name is dead code.

use outgrow::CommitError;
use payments_contract::PaymentId;
use payments_core::{Change, Payment, PaymentStore, Record};

use crate::sample::{answer, change, id, life, reason, terms};

/// A test of each law, for [`test_laws`](outgrow_testkit::test_laws).
macro_rules! on_each_law {
    ($($empty:tt)*) => {
        outgrow_testkit::test_laws! { [$($empty)*]
            an_empty_store_has_nothing
            a_payment_follows_from_what_was_committed_at_every_step
            every_kind_of_record_comes_back_as_it_was_committed
            what_others_see_is_what_follows_from_the_records
            reading_begins_at_the_last_snapshot
            of_two_who_add_to_the_same_payment_one_is_first
            payments_do_not_meet
            a_command_is_answered_once_and_has_its_effect_once
        }
    };
}
pub(crate) use on_each_law;

type Store = dyn PaymentStore;

/// The payment as it is kept.
async fn kept(store: &Store, id: PaymentId) -> Payment {
    Payment::folded(id, store.stream(id).await.unwrap()).unwrap()
}

/// Adds records, one after the other.
async fn add(store: &Store, id: PaymentId, records: impl IntoIterator<Item = Record>) {
    for record in records {
        store.commit(change(kept(store, id).await, record)).await.unwrap();
    }
}

pub(crate) async fn an_empty_store_has_nothing(store: &Store) {
    assert_eq!(kept(store, id(1)).await, Payment::new(id(1)));
    assert_eq!(store.overview(id(1)).await.unwrap(), None);
    assert_eq!(store.answers().recall(&answer("key").command).await.unwrap(), None);
}

pub(crate) async fn a_payment_follows_from_what_was_committed_at_every_step(store: &Store) {
    let mut payment = Payment::new(id(1));
    for record in life() {
        store.commit(change(payment.clone(), record.clone())).await.unwrap();
        payment = payment.then(record).unwrap();
        assert_eq!(kept(store, id(1)).await, payment);
    }
}

pub(crate) async fn every_kind_of_record_comes_back_as_it_was_committed(store: &Store) {
    let declined = vec![Record::AuthorizationRequested(terms()), Record::Declined(reason())];
    let voided = vec![Record::AuthorizationRequested(terms()), Record::Authorized, Record::VoidRequested];
    let lives = [declined, voided, vec![Record::EndedEarly], life()[..3].to_vec()];
    for (number, records) in (1..).zip(lives) {
        add(store, id(number), records.clone()).await;
        assert_eq!(store.stream(id(number)).await.unwrap().tail, records);
    }
    add(store, id(2), [Record::Voided]).await;
    add(store, id(4), [life()[3].clone()]).await;
    assert_eq!(kept(store, id(4)).await.reason, Some(reason()), "also in a snapshot");
}

pub(crate) async fn what_others_see_is_what_follows_from_the_records(store: &Store) {
    for record in life() {
        add(store, id(1), [record]).await;
        assert_eq!(store.overview(id(1)).await.unwrap(), Some(kept(store, id(1)).await.shown()));
    }
    add(store, id(2), [Record::EndedEarly]).await;
    assert_eq!(store.overview(id(2)).await.unwrap(), Some(kept(store, id(2)).await.shown()));
}

pub(crate) async fn reading_begins_at_the_last_snapshot(store: &Store) {
    let lengths = [1, 2, 3, 0, 1, 2, 3, 0];
    for (record, length) in life().into_iter().zip(lengths) {
        add(store, id(1), [record]).await;
        let stream = store.stream(id(1)).await.unwrap();
        assert_eq!(stream.tail.len(), length, "{stream:?}");
    }
}

pub(crate) async fn of_two_who_add_to_the_same_payment_one_is_first(store: &Store) {
    add(store, id(1), life()[..2].to_vec()).await;
    let read = kept(store, id(1)).await;
    store.commit(change(read.clone(), Record::CaptureRequested)).await.unwrap();
    let late = store.commit(change(read, Record::VoidRequested)).await;
    assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
    assert_eq!(store.stream(id(1)).await.unwrap().tail, life()[..3]);
}

pub(crate) async fn payments_do_not_meet(store: &Store) {
    add(store, id(1), life()).await;
    add(store, id(2), life()[..2].to_vec()).await;
    assert_eq!((kept(store, id(1)).await.version, kept(store, id(2)).await.version), (8, 2));
}

pub(crate) async fn a_command_is_answered_once_and_has_its_effect_once(store: &Store) {
    let requested = |number| Change {
        answer: Some(answer("key")),
        ..change(Payment::new(id(number)), Record::AuthorizationRequested(terms()))
    };
    store.commit(requested(1)).await.unwrap();
    assert!(matches!(store.commit(requested(2)).await, Err(CommitError::Conflict)));
    assert_eq!(kept(store, id(2)).await.version, 0, "nothing of the second is kept");
    assert_eq!(store.answers().recall(&answer("key").command).await.unwrap(), Some(answer("key")));
    assert_eq!(store.answers().recall(&answer("other").command).await.unwrap(), None);
}
