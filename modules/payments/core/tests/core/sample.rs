//! Values to test with.

use outgrow::{CommandId, Fingerprint, Money, Remembered};
use outgrow_testkit::SequentialIds;
use payments_contract::{PaymentId, Reason};
use payments_core::{Change, Payment, Record, Terms, Transfer, TransferId};

pub(crate) fn id(number: u64) -> PaymentId {
    PaymentId(SequentialIds::nth(number))
}

pub(crate) fn euro(amount: i64) -> Money {
    Money { amount, currency: "EUR".parse().unwrap() }
}

pub(crate) fn terms() -> Terms {
    Terms { token: "tok_ok".parse().unwrap(), amount: euro(1250) }
}

pub(crate) fn reason() -> Reason {
    Reason { code: "card-declined".to_owned(), message: "the card was declined".to_owned() }
}

/// Everything that can happen to a payment that is refunded.
pub(crate) fn life() -> Vec<Record> {
    vec![
        Record::AuthorizationRequested(terms()),
        Record::Authorized,
        Record::CaptureRequested,
        Record::CaptureDeclined(reason()),
        Record::CaptureRequested,
        Record::Captured,
        Record::RefundRequested,
        Record::Refunded,
    ]
}

/// The change by which a payment gets one record more, with nothing told or answered.
pub(crate) fn change(payment: Payment, record: Record) -> Change {
    let payment = payment.then(record.clone()).unwrap();
    let transfer = TransferId(SequentialIds::nth(1_000_000 + u64::from(payment.version)));
    let transfer = Transfer::of(&payment, &record, transfer);
    Change { payment, record: Some(record), transfer, event: None, answer: None }
}

pub(crate) fn answer(key: &str) -> Remembered {
    let command = CommandId {
        principal: String::new(),
        caller: "tests".to_owned(),
        method: "payments.v1.Payments/Authorize".to_owned(),
        key: key.to_owned(),
    };
    let fingerprint = Fingerprint::of(key.as_bytes());
    Remembered { command, fingerprint, refused: false, body: b"\x01".to_vec().into() }
}
