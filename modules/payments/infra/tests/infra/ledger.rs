//! The ledger, as the database sees it: it balances, and what would unbalance it is refused by the database itself.

use adapter_sql::{Db, SqlError};
use outgrow::CommitError;
use outgrow_testkit::{SequentialIds, TestHome};
use payments_core::{Payment, PaymentStore as _, Record};
use payments_infra::SqlPaymentStore;

use crate::{
    on_both_engines,
    sample::{change, euro, id, life},
};

on_both_engines! {
    the_sum_of_all_accounts_is_zero_whatever_has_moved
    what_would_unbalance_the_ledger_is_refused_by_the_database
    what_is_in_the_ledger_stays_as_it_is
}

async fn live(store: &SqlPaymentStore, number: u64, records: impl IntoIterator<Item = Record>) {
    let mut payment = Payment::new(id(number));
    for record in records {
        let mut change = change(payment, record);
        if let Some(transfer) = &mut change.transfer {
            transfer.id.0 = SequentialIds::nth(number * 100 + u64::from(change.payment.version));
        }
        payment = change.payment.clone();
        store.commit(change).await.unwrap();
    }
}

/// What is in each account, and in all of them.
async fn balances(db: &Db) -> (Vec<(String, i64)>, i64) {
    let accounts = "select account, cast(sum(amount) as bigint) as balance from ledger_entries group by account order by account";
    let rows = db.query(accounts).all().await.unwrap();
    let each = rows.iter().map(|row| (row.get("account").unwrap(), row.get("balance").unwrap()));
    let all =
        db.query("select cast(coalesce(sum(amount), 0) as bigint) as sum from ledger_entries").one().await;
    (each.collect(), all.unwrap().get("sum").unwrap())
}

async fn the_sum_of_all_accounts_is_zero_whatever_has_moved(place: TestHome) {
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    for number in 1..=3 {
        live(&store, number, life().into_iter().take(6)).await;
    }
    live(&store, 4, life()).await;
    live(&store, 5, life().into_iter().take(2)).await;
    let all = 3 * euro(1250).amount;
    let accounts = vec![("customers".to_owned(), -all), ("provider".to_owned(), all)];
    assert_eq!(
        balances(&db).await,
        (accounts, 0),
        "three were captured, one was given back, one only set aside"
    );
}

const ENTER: &str = "
    insert into ledger_transfers (id, payment, movement, undoes, debit, credit, currency, amount, at)
    select $1, $2, $3, $4, $5, $6, $7, $8, at from payment_records limit 1";

#[derive(Clone, Copy)]
struct Entry {
    movement: &'static str,
    undoes: Option<&'static str>,
    debit: &'static str,
    credit: &'static str,
    currency: &'static str,
    amount: i64,
}

const CAPTURE: Entry = Entry {
    movement: "capture",
    undoes: None,
    debit: "provider",
    credit: "customers",
    currency: "EUR",
    amount: 1250,
};

const REFUND: Entry =
    Entry { movement: "refund", undoes: Some("capture"), debit: "customers", credit: "provider", ..CAPTURE };

async fn enter(db: &Db, payment: u64, entry: Entry) -> Result<(), CommitError> {
    db.write(async move |mut tx| {
        tx.query(ENTER)
            .bind(SequentialIds::nth(payment * 1_000 + u64::from(entry.undoes.is_some())))
            .bind(id(payment).0)
            .bind(entry.movement)
            .bind(entry.undoes)
            .bind(entry.debit)
            .bind(entry.credit)
            .bind(entry.currency)
            .bind(entry.amount)
            .changed_one()
            .await?;
        tx.commit(()).await
    })
    .await
}

async fn what_would_unbalance_the_ledger_is_refused_by_the_database(place: TestHome) {
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    live(&store, 1, life().into_iter().take(6)).await;
    let before = balances(&db).await;

    enter(&db, 2, CAPTURE).await.expect("the control: what is right is taken");
    enter(&db, 2, REFUND).await.expect("the control: what is right is taken");
    assert_eq!(balances(&db).await, before);

    let wrong = [
        ("nothing moves", 3, Entry { amount: 0, ..CAPTURE }),
        ("less than nothing moves", 3, Entry { amount: -1250, ..CAPTURE }),
        ("from an account to itself", 3, Entry { credit: "provider", ..CAPTURE }),
        ("to an account that does not exist", 3, Entry { debit: "somebody", ..CAPTURE }),
        ("a capture the wrong way round", 3, Entry { debit: "customers", credit: "provider", ..CAPTURE }),
        ("a movement that does not exist", 3, Entry { movement: "gift", ..CAPTURE }),
        ("a refund of nothing in particular", 1, Entry { undoes: None, ..REFUND }),
        ("a refund of what was never captured", 3, REFUND),
        ("a refund of more than was captured", 1, Entry { amount: 1251, ..REFUND }),
        ("a refund of less than was captured", 1, Entry { amount: 1249, ..REFUND }),
        ("a refund in another currency", 1, Entry { currency: "USD", ..REFUND }),
        ("a second capture", 1, CAPTURE),
        ("a second refund", 2, REFUND),
    ];
    for (what, payment, entry) in wrong {
        let refused = enter(&db, payment, entry).await;
        assert!(
            matches!(refused, Err(CommitError::NotCommitted(_) | CommitError::Conflict)),
            "{what}: {refused:?}"
        );
        assert_eq!(balances(&db).await, before, "{what}");
    }
}

async fn what_is_in_the_ledger_stays_as_it_is(place: TestHome) {
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    live(&store, 1, life().into_iter().take(6)).await;
    let changes = [
        "update ledger_transfers set amount = 1",
        "delete from ledger_transfers",
        "update payment_records set kind = 'voided'",
        "delete from payment_records",
    ];
    for change in changes {
        let refused = db
            .write(async move |mut tx| {
                let changed: Result<u64, SqlError> = tx.query(change).execute().await;
                tx.commit(changed?).await
            })
            .await;
        let Err(CommitError::NotCommitted(why)) = refused else { panic!("{change}: {refused:?}") };
        assert!(format!("{why:?}").contains("is only ever added to"), "{why:?}");
    }
}
