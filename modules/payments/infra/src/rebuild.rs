//! What others see of payments, made anew from the first record of each.
//!
//! Beside the generation that is read another one is made, of all payments, a batch at a time; from its beginning on,
//! whoever changes a payment shows that in both. When it has all of them it is read instead, in one transaction: nobody
//! ever sees half of it, and nobody is kept waiting. Snapshots are not read: they follow from the records, too.
//!
//! A rebuild that died leaves rows that nobody reads; the next one takes them away.

use adapter_sql::{Db, Home, Sql, SqlError, Tx};
use outgrow::{CommitError, StoreError};
use payments_contract::PaymentId;
use payments_core::Payment;
use uuid::Uuid;

use crate::store;

/// How many payments are shown in one transaction: so that others are not kept waiting.
const AT_ONCE: i64 = 100;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Payments shown anew.
    pub done: u64,
    /// Payments there were when it began.
    pub all: u64,
}

/// Why what is seen was not made anew. What was read before is still read.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Records cannot be read, or do not follow each other.
    #[error("the records are damaged")]
    Damaged(#[source] StoreError),
    /// The home could not be read.
    #[error("cannot read the payments")]
    Unread(#[from] SqlError),
    /// The home could not be written to.
    #[error("cannot show the payments anew")]
    Unwritten(#[source] CommitError),
    /// Another rebuild has begun.
    #[error("another rebuild has begun meanwhile")]
    Overtaken,
}

impl From<CommitError> for RebuildError {
    fn from(error: CommitError) -> Self {
        if matches!(error, CommitError::Conflict) { Self::Overtaken } else { Self::Unwritten(error) }
    }
}

/// Makes what others see of payments anew. `tell` is called after each batch. Returns how many payments there are.
///
/// # Errors
/// See [`RebuildError`].
pub async fn rebuild(home: &Home, mut tell: impl FnMut(Progress)) -> Result<u64, RebuildError> {
    let db = home.db();
    let generation = begin(&db).await?;
    let all =
        db.query("select count(*) as n from payment_records where version = 1").one().await?.u64("n")?;
    let (mut after, mut done) = (Uuid::nil(), 0);
    loop {
        let batch = batch(&db, after).await?;
        let Some(last) = batch.last() else { break };
        after = last.id.0;
        done += u64::try_from(batch.len()).unwrap_or(u64::MAX);
        show(&db, generation, batch).await?;
        tell(Progress { done, all: all.max(done) });
    }
    swap(&db, generation).await?;
    while clear(&db).await? > 0 {}
    Ok(done)
}

/// Begins another generation. Waits for whoever does not know of it, and for nobody else.
async fn begin(db: &Db) -> Result<i64, CommitError> {
    db.write(async move |mut tx| {
        let begun = tx.query(
            "update payment_overview_generations set last = last + 1, building = last + 1 returning building",
        );
        let generation: i64 = begun.one().await?.get("building")?;
        tx.commit(generation).await
    })
    .await
}

const BATCH: &str = "
    with batch as (select payment from payment_records where version = 1 and payment > $1 order by payment limit $2)
    select r.payment, r.kind, r.format, r.data from batch b join payment_records r on r.payment = b.payment
    order by r.payment, r.version";

/// The next payments, as they follow from their records.
async fn batch(db: &Db, after: Uuid) -> Result<Vec<Payment>, RebuildError> {
    let mut payments: Vec<Payment> = Vec::new();
    for row in db.query(BATCH).bind(after).bind(AT_ONCE).all().await? {
        let id = PaymentId(row.get("payment")?);
        let before = payments.pop_if(|last| last.id == id).unwrap_or_else(|| Payment::new(id));
        let after = store::record(&row).and_then(|record| Ok(before.then(record)?));
        payments.push(after.map_err(RebuildError::Damaged)?);
    }
    Ok(payments)
}

/// Still ours: nobody begins another while this transaction lasts.
const OURS: Sql = Sql {
    postgres: "select id from payment_overview_generations where building = $1 for share",
    sqlite: "select id from payment_overview_generations where building = $1",
};

async fn show(db: &Db, generation: i64, batch: Vec<Payment>) -> Result<(), CommitError> {
    let write = move |mut tx: Tx| async move {
        if tx.query(OURS).bind(generation).optional().await?.is_none() {
            return Err(CommitError::Conflict);
        }
        for payment in &batch {
            store::see_in(&mut tx, generation, payment).await?;
        }
        tx.commit(()).await
    };
    db.write(write).await
}

/// From now on this generation is read.
async fn swap(db: &Db, generation: i64) -> Result<(), CommitError> {
    let write = move |mut tx: Tx| async move {
        let swap =
            "update payment_overview_generations set live = building, building = null where building = $1";
        tx.query(swap).bind(generation).changed_one().await?;
        tx.commit(()).await
    };
    db.write(write).await
}

/// Takes some of what nobody reads away, and tells how many rows.
async fn clear(db: &Db) -> Result<u64, CommitError> {
    let write = move |mut tx: Tx| async move {
        let clear = tx.query(
            "delete from payment_overview where (generation, payment) in (
                 select o.generation, o.payment from payment_overview o, payment_overview_generations g
                 where o.generation < g.live limit 500)",
        );
        let cleared = clear.execute().await?;
        tx.commit(cleared).await
    };
    db.write(write).await
}
