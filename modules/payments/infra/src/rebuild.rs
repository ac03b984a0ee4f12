//! What others see of payments, made anew from the first record of each.
//!
//! It is a [`Projection`](adapter_sql::Projection): another generation is made beside the one that is read, a batch at a
//! time, and swapped in. Snapshots are not read: they follow from the records, too.

use adapter_sql::{Db, Home, Progress, RebuildError, Tx};
use outgrow::CommitError;
use payments_contract::PaymentId;
use payments_core::Payment;
use uuid::Uuid;

use crate::store::{self, SEEN};

/// How many payments are shown in one transaction: so that others are not kept waiting.
const AT_ONCE: i64 = 100;

/// Makes what others see of payments anew. `tell` is called after each batch. Returns how many payments there are.
///
/// # Errors
/// See [`RebuildError`].
pub async fn rebuild(home: &Home, mut tell: impl FnMut(Progress)) -> Result<u64, RebuildError> {
    let db = home.db();
    let generation = SEEN.begin(&db).await?;
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
    SEEN.swap(&db, generation).await?;
    Ok(done)
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

async fn show(db: &Db, generation: i64, batch: Vec<Payment>) -> Result<(), CommitError> {
    let write = move |mut tx: Tx| async move {
        SEEN.still(&mut tx, generation).await?;
        for payment in &batch {
            store::see(&mut tx, Some(generation), payment).await?;
        }
        tx.commit(()).await
    };
    db.write(write).await
}
