//! Payments, in SQL: records, snapshots, what others see of them, and the ledger.

use std::{fmt, sync::Arc};

use adapter_sql::{Db, Home, Projection, Row, Sql, SqlError, Timestamp, Tx, crash, projection, shown};
use async_trait::async_trait;
use outgrow::{Answers, Clock, CommitError, Money, StoreError};
use payments_contract::{Payment as Shown, PaymentId, PaymentStatus, Reason};
use payments_core::{Account, Change, Movement, Payment, PaymentStore, Record, Stream, Transfer};
use time::OffsetDateTime;

use crate::stored::{self, FORMAT};

/// Keeps payments in the module's home.
pub struct SqlPaymentStore {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for SqlPaymentStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlPaymentStore").field(&self.db).finish()
    }
}

impl SqlPaymentStore {
    /// The payments of this home.
    pub fn new(home: &Home) -> Self {
        Self { db: home.db(), clock: home.clock() }
    }
}

#[async_trait]
impl PaymentStore for SqlPaymentStore {
    fn answers(&self) -> &dyn Answers {
        &self.db
    }

    async fn stream(&self, id: PaymentId) -> Result<Stream, StoreError> {
        let rows = self.db.query(STREAM).bind(id.0).bind(i64::from(FORMAT)).all().await?;
        let mut stream = Stream::default();
        for row in &rows {
            if row.get::<String>("kind")? == SNAPSHOT {
                stream.snapshot = Some(snapshot(id, row)?);
            } else {
                stream.tail.push(record(row)?);
            }
        }
        Ok(stream)
    }

    async fn overview(&self, id: PaymentId) -> Result<Option<Shown>, StoreError> {
        let row = self.db.query(OVERVIEW).bind(id.0).optional().await?;
        Ok(row.map(|row| shown(id, &row)).transpose()?)
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        let now = self.clock.now();
        let intended = change.record.as_ref().and_then(intended);
        let write = move |mut tx: Tx| async move {
            if let Some(answer) = &change.answer {
                tx.remember(answer, now)?;
            }
            if let Some(record) = &change.record {
                append(&mut tx, &change.payment, record, now).await?;
                see(&mut tx, None, &change.payment).await?;
            }
            if let Some(payment) = change.snapshot() {
                keep(&mut tx, payment).await?;
            }
            if let Some(transfer) = &change.transfer {
                enter(&mut tx, transfer, now).await?;
            }
            if let Some(event) = &change.event {
                tx.publish(event)?;
            }
            tx.commit(()).await
        };
        self.db.write(write).await?;
        if let Some(act) = intended {
            crash::point(&["payment", act, "intended"]);
        }
        Ok(())
    }
}

/// What the provider is about to be asked for, once this record is kept.
fn intended(record: &Record) -> Option<&'static str> {
    match record {
        Record::AuthorizationRequested(_) => Some("authorize"),
        Record::CaptureRequested => Some("capture"),
        Record::VoidRequested => Some("void"),
        Record::RefundRequested => Some("refund"),
        Record::Authorized
        | Record::Declined(_)
        | Record::Captured
        | Record::CaptureDeclined(_)
        | Record::Voided
        | Record::Refunded
        | Record::EndedEarly => None,
    }
}

/// What marks the row of a snapshot among those of records.
const SNAPSHOT: &str = "snapshot";

/// The last snapshot that we can read, and the records since. A snapshot written meanwhile changes nothing: the records
/// before it stay.
const STREAM: &str = "
    select version, 'snapshot' as kind, format, data from payment_snapshots where payment = $1 and format = $2
    union all
    select version, kind, format, data from payment_records
    where payment = $1
      and version > coalesce((select version from payment_snapshots where payment = $1 and format = $2), 0)
    order by version";

const OVERVIEW: &str = "
    select o.* from payment_overview o
    join payment_overview_generations g on g.live = o.generation
    where o.payment = $1";

/// What others see.
pub(crate) const SEEN: Projection = projection!("payment_overview", "payment");

/// What is already newer stays.
const SEE: Sql = shown!(
    "payment_overview",
    "
    insert into payment_overview
        (generation, payment, status, currency, amount, captured, refunded, reason_code, reason, version)
    select generation, $2, $3, $4, $5, $6, $7, $8, $9, $10
    from generations where generation = coalesce($1, generation)
    on conflict (generation, payment) do update set
        status = excluded.status, currency = excluded.currency, amount = excluded.amount,
        captured = excluded.captured, refunded = excluded.refunded,
        reason_code = excluded.reason_code, reason = excluded.reason, version = excluded.version
    where excluded.version > payment_overview.version"
);

/// A record that exists breaks the key, which is a conflict: its writer has not read it.
async fn append(
    tx: &mut Tx,
    payment: &Payment,
    record: &Record,
    now: OffsetDateTime,
) -> Result<(), CommitError> {
    let (kind, data) =
        stored::write(record).map_err(|error| CommitError::NotCommitted(StoreError::new(error)))?;
    tx.query(
        "insert into payment_records (payment, version, kind, format, data, at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(payment.id.0)
    .bind(i64::from(payment.version))
    .bind(kind)
    .bind(i64::from(FORMAT))
    .bind(data)
    .bind(Timestamp(now))
    .changed_one()
    .await
}

/// Shows the payment as it is now in a generation, or in every one, unless a newer state of it is there.
pub(crate) async fn see(tx: &mut Tx, generation: Option<i64>, payment: &Payment) -> Result<(), SqlError> {
    let Shown { id, status, amount, captured, refunded, reason } = payment.shown();
    let (code, message) = reason.map(|Reason { code, message }| (code, message)).unzip();
    tx.query(SEE)
        .bind(generation)
        .bind(id.0)
        .bind(status.to_string())
        .bind(amount.currency.as_str())
        .bind(amount.amount)
        .bind(captured.amount)
        .bind(refunded.amount)
        .bind(code)
        .bind(message)
        .bind(i64::from(payment.version))
        .execute()
        .await?;
    Ok(())
}

async fn keep(tx: &mut Tx, payment: &Payment) -> Result<(), CommitError> {
    let data = stored::write_snapshot(payment);
    let data = data.map_err(|error| CommitError::NotCommitted(StoreError::new(error)))?;
    tx.query(
        "insert into payment_snapshots (payment, version, format, data) values ($1, $2, $3, $4)
         on conflict (payment) do update set
             version = excluded.version, format = excluded.format, data = excluded.data",
    )
    .bind(payment.id.0)
    .bind(i64::from(payment.version))
    .bind(i64::from(FORMAT))
    .bind(data)
    .changed_one()
    .await
}

async fn enter(tx: &mut Tx, transfer: &Transfer, now: OffsetDateTime) -> Result<(), CommitError> {
    let Transfer { id, payment, movement, amount } = transfer;
    let undoes = (*movement == Movement::Refund).then(|| code(Movement::Capture));
    tx.query(
        "insert into ledger_transfers (id, payment, movement, undoes, debit, credit, currency, amount, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id.0)
    .bind(payment.0)
    .bind(code(*movement))
    .bind(undoes)
    .bind(account(movement.debit()))
    .bind(account(movement.credit()))
    .bind(amount.currency.as_str())
    .bind(amount.amount)
    .bind(Timestamp(now))
    .changed_one()
    .await
}

/// The record in a row.
pub(crate) fn record(row: &Row) -> Result<Record, StoreError> {
    let (kind, data): (String, String) = (row.get("kind")?, row.get("data")?);
    stored::read(&kind, row.u32("format")?, &data).map_err(StoreError::new)
}

fn snapshot(id: PaymentId, row: &Row) -> Result<Payment, StoreError> {
    let data: String = row.get("data")?;
    stored::read_snapshot(id, row.u32("version")?, &data).map_err(StoreError::new)
}

fn shown(id: PaymentId, row: &Row) -> Result<Shown, SqlError> {
    let currency = row.parse("currency")?;
    let money = |column| Ok::<_, SqlError>(Money { amount: row.get(column)?, currency });
    let reason = match (row.get("reason_code")?, row.get("reason")?) {
        (Some(code), Some(message)) => Some(Reason { code, message }),
        _ => None,
    };
    Ok(Shown {
        id,
        status: row.map("status", |code: String| status(&code))?,
        amount: money("amount")?,
        captured: money("captured")?,
        refunded: money("refunded")?,
        reason,
    })
}

fn status(code: &str) -> Option<PaymentStatus> {
    use payments_contract::PaymentStatus::{Authorized, Captured, Declined, Pending, Refunded, Voided};
    let all = [Pending, Authorized, Declined, Captured, Refunded, Voided];
    all.into_iter().find(|status| status.to_string() == code)
}

fn code(movement: Movement) -> &'static str {
    match movement {
        Movement::Capture => "capture",
        Movement::Refund => "refund",
    }
}

fn account(account: Account) -> &'static str {
    match account {
        Account::Provider => "provider",
        Account::Customers => "customers",
    }
}
