//! Records as older builds wrote them are read as if they were new; those of newer builds are refused.

use adapter_sql::Timestamp;
use outgrow::Clock as _;
use outgrow_testkit::{FixedClock, TestHome};
use payments_core::{Payment, PaymentStore as _, Record, Terms};
use payments_infra::{FORMAT, SqlPaymentStore, Unreadable, read};
use serde_json::Value;

use crate::{
    on_both_engines,
    sample::{change, euro, id, life, reason, terms},
};

on_both_engines! {
    a_payment_of_an_older_build_goes_on
    what_a_newer_build_has_written_is_left_alone
}

/// As the builds of format 1 have kept them: never to be changed.
const FORMAT_1: &str = include_str!("format-1.json");

/// The kinds and the data of an example's records.
fn example(name: &str) -> Vec<(String, String)> {
    let examples: Value = serde_json::from_str(FORMAT_1).unwrap();
    let records = examples[name].as_array().unwrap().iter();
    records.map(|record| (record["kind"].as_str().unwrap().to_owned(), record["data"].to_string())).collect()
}

fn upcast(name: &str) -> Vec<Record> {
    example(name).iter().map(|(kind, data)| read(kind, 1, data).unwrap()).collect()
}

#[test]
fn records_of_format_1_are_read_as_if_they_were_new() {
    let said = |code: &str| payments_contract::Reason {
        code: code.to_owned(),
        message: "the provider said no".to_owned(),
    };
    let requested = |token: &str| {
        Record::AuthorizationRequested(Terms { token: token.parse().unwrap(), amount: euro(1250) })
    };
    assert_eq!(upcast("declined"), [requested("tok_declined"), Record::Declined(said("card-declined"))]);
    let captured = [
        requested("tok_ok"),
        Record::Authorized,
        Record::CaptureRequested,
        Record::CaptureDeclined(said("try-again")),
        Record::CaptureRequested,
        Record::Captured,
    ];
    assert_eq!(upcast("captured"), captured);
}

#[test]
fn the_example_needs_its_upcaster() {
    let (kind, data) = &example("captured")[0];
    assert!(
        matches!(read(kind, FORMAT, data), Err(Unreadable::NoRecord(_))),
        "it is no record of our format"
    );
}

/// Puts records there as they stand.
async fn keep(place: &TestHome, format: u32, records: Vec<(String, String)>) {
    let write = async move |mut tx: adapter_sql::Tx| {
        for (version, (kind, data)) in (1_i64..).zip(records) {
            tx.query("insert into payment_records (payment, version, kind, format, data, at) values ($1, $2, $3, $4, $5, $6)")
                .bind(id(1).0)
                .bind(version)
                .bind(kind)
                .bind(i64::from(format))
                .bind(data)
                .bind(Timestamp(FixedClock::new().now()))
                .changed_one()
                .await?;
        }
        tx.commit(()).await
    };
    place.home().db().write(write).await.unwrap();
}

async fn a_payment_of_an_older_build_goes_on(place: TestHome) {
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    keep(&place, 1, example("captured")).await;
    let folded = async || Payment::folded(id(1), store.stream(id(1)).await.unwrap()).unwrap();
    assert_eq!(folded().await.shown().captured, euro(1250));
    // The transfer of the capture is not there: those builds are an example only.
    let refund = change(folded().await, Record::RefundRequested);
    store.commit(refund).await.unwrap();
    assert_eq!(folded().await.version, 7);
    let formats = db.query("select format from payment_records order by version").all().await.unwrap();
    let formats: Vec<i64> = formats.iter().map(|row| row.get("format").unwrap()).collect();
    assert_eq!(formats, [1, 1, 1, 1, 1, 1, i64::from(FORMAT)], "what is kept is not rewritten");
}

async fn what_a_newer_build_has_written_is_left_alone(place: TestHome) {
    let store = SqlPaymentStore::new(&place.home());
    keep(&place, FORMAT + 1, vec![("authorized".to_owned(), "{}".to_owned())]).await;
    let error = store.stream(id(1)).await.unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("a newer build has written"), "{why}");
}

#[tokio::test]
async fn what_is_written_now_is_what_the_next_build_will_have_to_read() {
    let place = TestHome::sqlite(&payments_infra::SPEC).await;
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    let mut payment = Payment::new(id(1));
    for record in life() {
        let change = change(payment, record);
        payment = change.payment.clone();
        store.commit(change).await.unwrap();
    }
    let rows = db.query("select kind, data from payment_records order by version").all().await.unwrap();
    let kept = rows.iter().map(|row| {
        format!("{} {}\n", row.get::<String>("kind").unwrap(), row.get::<String>("data").unwrap())
    });
    assert_eq!(kept.collect::<String>(), include_str!("format-2.txt"));
    assert_eq!((terms().token.as_str(), reason().code.as_str()), ("tok_ok", "card-declined"));
}
