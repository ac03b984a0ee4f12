//! What happens to an order after it was placed: the statements of the shop's saga.
//!
//! Whoever takes an order has it for a while; should the process end, it is found again after that. Each step of it is
//! done in transactions of whom it concerns, and then it is kept that it is done, in another, with an entry in the log.

use std::time::Duration;

use sqlx::Row as _;
use uuid::Uuid;

use super::{
    ANY_DUE, Result, TAKE, Tx, after, begin, jot, now,
    payments::{self, AUTHORIZE, CAPTURE},
    stock,
    store::{Kept, Store},
    telling,
};
use crate::body::Reason;

const SAGA: &str = "fulfilment";
const STEPS: [&str; 5] = ["reserve", "authorize", "capture", "ship", "confirm"];

/// How long an order that was taken is not taken again.
const LEASE: Duration = Duration::from_secs(6);

/// An order on its way.
pub(crate) struct Underway {
    order: Uuid,
    /// Which of the steps is the next.
    step: i64,
    revision: i64,
}

/// What came of a step.
enum Turn<'a> {
    Did,
    Refused(&'a Reason),
}

/// The fulfilment of an order begins, in the transaction that places it.
pub(crate) async fn began(tx: &mut Tx, order: Uuid) -> Result<()> {
    let at = now();
    sqlx::query(
        "insert into outgrow_sagas (saga, id, version, phase, step, attempts, lost, round, parked, reason_code,
                                    reason, trouble, revision, live, next_at, since, began_at)
         values ($1, $2, 1, 'forward', 0, 0, 0, 0, $3, null, null, null, 1, $4, $5, $6, $7)",
    )
    .bind(SAGA)
    .bind(order)
    .bind(false)
    .bind(true)
    .bind(at)
    .bind(at)
    .bind(at)
    .execute(&mut **tx)
    .await?;
    log(tx, order, 1, "began", None, None).await
}

/// Takes at most so many orders of which something is to be done.
pub(crate) async fn take(store: &Store, most: usize) -> Result<Vec<Underway>> {
    let any = sqlx::query(ANY_DUE).bind(SAGA).bind(now()).fetch_optional(&store.ordering.read);
    if any.await?.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = jot(&store.ordering.write).await?;
    let take = sqlx::query(TAKE).bind(SAGA).bind(now()).bind(i64::try_from(most).unwrap_or_default());
    let taken = take.bind(after(LEASE)).fetch_all(&mut *tx).await?;
    tx.commit().await?;
    let underway = taken.iter().map(|row| {
        Ok(Underway {
            order: row.try_get("id")?,
            step: row.try_get("step")?,
            revision: row.try_get("revision")?,
        })
    });
    underway.collect()
}

/// Carries an order on to its end.
pub(crate) async fn carry_on(store: &Store, mut at: Underway) -> Result<()> {
    while let Some(next) = step(store, at).await? {
        at = next;
    }
    Ok(())
}

/// One step. None if it was the last.
async fn step(store: &Store, at: Underway) -> Result<Option<Underway>> {
    let Some(kept) = store.order(at.order).await? else { return Ok(None) };
    match at.step {
        0 => {
            if let Some(reason) = stock::reserve(store, &kept).await? {
                return end(store, &at, &kept, Some(&reason)).await;
            }
        }
        1 => payments::pay(store, &kept, &AUTHORIZE).await?,
        2 => payments::pay(store, &kept, &CAPTURE).await?,
        3 => stock::ship(store, &kept).await?,
        _ => return end(store, &at, &kept, None).await,
    }
    let mut tx = begin(&store.ordering.write).await?;
    advance(&mut tx, &at, &Turn::Did).await?;
    tx.commit().await?;
    Ok(Some(Underway { step: at.step + 1, revision: at.revision + 1, ..at }))
}

/// The order has come to its end, and so has its fulfilment.
async fn end(store: &Store, at: &Underway, kept: &Kept, reason: Option<&Reason>) -> Result<Option<Underway>> {
    let mut tx = begin(&store.ordering.write).await?;
    sqlx::query(
        "update orders set status = $3, reason_code = $4, reason = $5, version = version + 1
         where id = $1 and version = $2",
    )
    .bind(kept.order.id)
    .bind(kept.version)
    .bind(if reason.is_some() { "rejected" } else { "confirmed" })
    .bind(reason.map(|reason| &reason.code))
    .bind(reason.map(|reason| &reason.message))
    .execute(&mut *tx)
    .await?;
    telling::ended(&mut tx, &kept.order, reason).await?;
    advance(&mut tx, at, &reason.map_or(Turn::Did, Turn::Refused)).await?;
    tx.commit().await?;
    Ok(None)
}

/// Keeps that a step is done, or refused: before it nothing was done that would have to be undone.
async fn advance(tx: &mut Tx, at: &Underway, turn: &Turn<'_>) -> Result<()> {
    let (phase, step, word, reason) = match turn {
        Turn::Did if at.step + 1 < 5 => ("forward", at.step + 1, "did", None),
        Turn::Did => ("done", at.step + 1, "did", None),
        Turn::Refused(reason) => ("undone", 0, "refused", Some(*reason)),
    };
    sqlx::query(MOVE)
        .bind(SAGA)
        .bind(at.order)
        .bind(phase)
        .bind(step)
        .bind(reason.map(|reason| &reason.code))
        .bind(reason.map(|reason| &reason.message))
        .bind(at.revision + 1)
        .bind(phase == "forward")
        .bind(after(LEASE))
        .bind(now())
        .bind(at.revision)
        .execute(&mut **tx)
        .await?;
    let did = usize::try_from(at.step).ok().and_then(|step| STEPS.get(step).copied());
    let note = reason.map(|reason| format!("{}: {}", reason.code, reason.message));
    log(tx, at.order, at.revision + 1, word, did, note).await
}

const MOVE: &str = "
    update outgrow_sagas
    set version = 1, phase = $3, step = $4, attempts = 1, lost = 1, round = 0, reason_code = $5, reason = $6,
        trouble = null, revision = $7, live = $8, next_at = $9, since = $10
    where saga = $1 and id = $2 and revision = $11";

async fn log(
    tx: &mut Tx,
    order: Uuid,
    revision: i64,
    what: &str,
    step: Option<&str>,
    note: Option<String>,
) -> Result<()> {
    sqlx::query(
        "insert into outgrow_saga_log (saga, id, revision, at, what, step, note, actor)
         values ($1, $2, $3, $4, $5, $6, $7, null)",
    )
    .bind(SAGA)
    .bind(order)
    .bind(revision)
    .bind(now())
    .bind(what)
    .bind(step)
    .bind(note)
    .execute(&mut **tx)
    .await
    .map(drop)
}
