//! The payment of an order: the statements of the shop's records, overview, ledger and sandbox provider.
//!
//! What the provider is to do is kept before it is asked to, so that whoever comes after a crash asks again, under the
//! same key. This provider always does it.

use serde_json::json;
use sqlx::Row as _;
use uuid::Uuid;

use super::{
    GENERATIONS, Result, Tx, begin, now, publish,
    store::{Answer, Kept, Store, remember},
    telling::Event,
};
use crate::body::new_id;

/// A command that pays: its name, and what is kept of it and told.
pub(crate) struct Pays {
    method: &'static str,
    act: &'static str,
    /// How many records there are before.
    after: i64,
    requested: &'static str,
    done: &'static str,
    told: &'static str,
}

pub(crate) const AUTHORIZE: Pays = Pays {
    method: "payments.v1.Payments/Authorize",
    act: "authorize",
    after: 0,
    requested: "authorization-requested",
    done: "authorized",
    told: "payments.v1.payment_authorized",
};
pub(crate) const CAPTURE: Pays = Pays {
    method: "payments.v1.Payments/Capture",
    act: "capture",
    after: 2,
    requested: "capture-requested",
    done: "captured",
    told: "payments.v1.payment_captured",
};

/// The version of what data looks like.
const FORMAT: i64 = 2;

const STREAM: &str = "
    select version, 'snapshot' as kind, format, data from payment_snapshots where payment = $1 and format = $2
    union all
    select version, kind, format, data from payment_records
    where payment = $1
      and version > coalesce((select version from payment_snapshots where payment = $1 and format = $2), 0)
    order by version";

/// Sets the total of an order aside, or takes it.
pub(crate) async fn pay(store: &Store, kept: &Kept, pays: &Pays) -> Result<()> {
    let (payment, command) = (kept.order.id, ["ordering", pays.method]);
    let key = payment.to_string();
    if store.payments.recall(command, &key).await?.is_some() {
        return Ok(());
    }
    let records = sqlx::query(STREAM).bind(payment).bind(FORMAT).fetch_all(&store.payments.read).await?;
    let version: i64 = records.last().map_or(Ok(0), |last| last.try_get("version"))?;
    if version == pays.after {
        let mut tx = begin(&store.payments.write).await?;
        let terms = json!({ "token": kept.payment_token, "amount": kept.order.total }).to_string();
        let data = if pays.after == 0 { terms } else { "{}".to_owned() };
        append(&mut tx, kept, version + 1, pays.requested, &data).await?;
        see(&mut tx, kept, version + 1, "pending", 0).await?;
        tx.commit().await?;
    }
    submit(store, kept, pays.act).await?;
    let fingerprint = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes());
    let version = pays.after + 2;
    let captured = if pays.act == "capture" { kept.order.total.amount } else { 0 };
    let mut tx = begin(&store.payments.write).await?;
    let body = pays.done.as_bytes().to_vec();
    remember(&mut tx, &Answer { command, key, fingerprint, body }).await?;
    append(&mut tx, kept, version, pays.done, "{}").await?;
    see(&mut tx, kept, version, pays.done, captured).await?;
    if captured > 0 {
        snapshot(&mut tx, kept, version).await?;
        enter(&mut tx, kept).await?;
    }
    let data = json!({ "payment": payment, "amount": kept.order.total }).to_string();
    let (stream, to) = ("payments.v1.PaymentEvent", &[][..]);
    publish(&mut tx, Event { id: new_id(), stream, order: payment, kind: pays.told, data, to }).await?;
    tx.commit().await
}

/// Asks the provider, which keeps what it is asked in transactions of its own.
async fn submit(store: &Store, kept: &Kept, act: &str) -> Result<()> {
    let (payment, key) = (kept.order.id, format!("{}/{act}", kept.order.id));
    let mut tx = begin(&store.payments.write).await?;
    let again = "update sandbox_operations set submissions = submissions + 1, arrived = $2 where key = $1
                 returning *";
    if sqlx::query(again).bind(&key).bind(true).fetch_optional(&mut *tx).await?.is_some() {
        return tx.commit().await;
    }
    if act == "capture" {
        let token = "select token from sandbox_operations where payment = $1 and act = 'authorize'";
        sqlx::query(token).bind(payment).fetch_optional(&mut *tx).await?;
        for done in ["authorize", "void"] {
            let query = "select key from sandbox_operations
                         where payment = $1 and act = $2 and arrived and code is null";
            sqlx::query(query).bind(payment).bind(done).fetch_optional(&mut *tx).await?;
        }
    }
    sqlx::query(
        "insert into sandbox_operations
             (key, payment, act, token, currency, amount, submissions, arrived, code, message, known_at)
         values ($1, $2, $3, $4, $5, $6, 1, $7, null, null, $8)",
    )
    .bind(key)
    .bind(payment)
    .bind(act)
    .bind((act == "authorize").then_some(&kept.payment_token))
    .bind(&kept.order.total.currency)
    .bind(kept.order.total.amount)
    .bind(true)
    .bind(now())
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

async fn append(tx: &mut Tx, kept: &Kept, version: i64, kind: &str, data: &str) -> Result<()> {
    sqlx::query(
        "insert into payment_records (payment, version, kind, format, data, at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(kept.order.id)
    .bind(version)
    .bind(kind)
    .bind(FORMAT)
    .bind(data)
    .bind(now())
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Shows the payment as it is now, in the generation that is read.
async fn see(tx: &mut Tx, kept: &Kept, version: i64, status: &str, captured: i64) -> Result<()> {
    let live: i64 = sqlx::query(GENERATIONS).fetch_one(&mut **tx).await?.try_get("live")?;
    sqlx::query(
        "insert into payment_overview
             (generation, payment, status, currency, amount, captured, refunded, reason_code, reason, version)
         values ($1, $2, $3, $4, $5, $6, 0, null, null, $7)
         on conflict (generation, payment) do update set
             status = excluded.status, currency = excluded.currency, amount = excluded.amount,
             captured = excluded.captured, refunded = excluded.refunded,
             reason_code = excluded.reason_code, reason = excluded.reason, version = excluded.version
         where excluded.version > payment_overview.version",
    )
    .bind(live)
    .bind(kept.order.id)
    .bind(status)
    .bind(&kept.order.total.currency)
    .bind(kept.order.total.amount)
    .bind(captured)
    .bind(version)
    .execute(&mut **tx)
    .await
    .map(drop)
}

async fn snapshot(tx: &mut Tx, kept: &Kept, version: i64) -> Result<()> {
    let terms = json!({ "token": kept.payment_token, "amount": kept.order.total });
    let data = json!({ "stage": "captured", "intent": null, "terms": terms, "reason": null });
    sqlx::query(
        "insert into payment_snapshots (payment, version, format, data) values ($1, $2, $3, $4)
         on conflict (payment) do update set
             version = excluded.version, format = excluded.format, data = excluded.data",
    )
    .bind(kept.order.id)
    .bind(version)
    .bind(FORMAT)
    .bind(data.to_string())
    .execute(&mut **tx)
    .await
    .map(drop)
}

async fn enter(tx: &mut Tx, kept: &Kept) -> Result<()> {
    sqlx::query(
        "insert into ledger_transfers (id, payment, movement, undoes, debit, credit, currency, amount, at)
         values ($1, $2, 'capture', null, 'provider', 'customers', $3, $4, $5)",
    )
    .bind(new_id())
    .bind(kept.order.id)
    .bind(&kept.order.total.currency)
    .bind(kept.order.total.amount)
    .bind(now())
    .execute(&mut **tx)
    .await
    .map(drop)
}
