//! Projections that are made anew beside what is read of them.
//!
//! The rows of such a table stand in *generations*, and a table of one row says which of them is read and which is being
//! made. Whoever changes a row changes it in both. When the new generation has everything it is read instead, in one
//! transaction: nobody ever sees half of it, and nobody is kept waiting.
//!
//! A rebuild that died leaves rows that nobody reads; the next one takes them away.
//!
//! Deliberately absent: what a projection follows from, and how. A module goes through that itself, a batch at a time.

use outgrow::{CommitError, StoreError};

use crate::{Db, Sql, SqlError, Tx};

/// A table `T` whose key begins with `generation`, and the table `T_generations` (`id`, `live`, `building`, `last`)
/// beside it. Made by [`projection!`](crate::projection).
#[derive(Clone, Copy, Debug)]
pub struct Projection {
    #[doc(hidden)]
    pub begin: &'static str,
    #[doc(hidden)]
    pub building: Sql,
    #[doc(hidden)]
    pub swap: &'static str,
    #[doc(hidden)]
    pub clear: &'static str,
}

/// The projection in a table, given the rest of its key: `projection!("payment_overview", "payment")`.
#[macro_export]
macro_rules! projection {
    ($table:literal, $key:literal) => {
        $crate::Projection {
            begin: concat!(
                "update ",
                $table,
                "_generations set last = last + 1, building = last + 1 returning building"
            ),
            building: $crate::Sql {
                postgres: concat!("select id from ", $table, "_generations where building = $1 for share"),
                sqlite: concat!("select id from ", $table, "_generations where building = $1"),
            },
            swap: concat!(
                "update ",
                $table,
                "_generations set live = building, building = null where building = $1"
            ),
            clear: concat!(
                "delete from ",
                $table,
                " where (generation, ",
                $key,
                ") in (
                     select o.generation, o.",
                $key,
                " from ",
                $table,
                " o, ",
                $table,
                "_generations g
                     where o.generation < g.live limit 500)"
            ),
        }
    };
}

/// A statement that shows a row in a projection: an `insert … select generation, … from generations`. There are two
/// while one is being made, or one; it waits for a rebuild to begin or to end, and so knows of each.
///
/// ```
/// use adapter_sql::{Sql, shown};
///
/// /// In every generation, or in one.
/// const SHOW: Sql = shown!("stock_overview", "
///     insert into stock_overview (generation, sku, available)
///     select generation, $2, $3 from generations where generation = coalesce($1, generation)
///     on conflict (generation, sku) do update set available = excluded.available");
/// # assert!(SHOW.postgres.contains("for share") && !SHOW.sqlite.contains("for share"));
/// ```
#[macro_export]
macro_rules! shown {
    (@ $table:literal, $lock:literal, $insert:literal) => {
        concat!(
            "with named as (select live, building from ",
            $table,
            "_generations",
            $lock,
            "), generations as (
                 select live as generation from named
                 union all select building from named where building is not null)",
            $insert
        )
    };
    ($table:literal, $insert:literal) => {
        $crate::Sql {
            postgres: $crate::shown!(@ $table, " for share", $insert),
            sqlite: $crate::shown!(@ $table, "", $insert),
        }
    };
}

/// How far a rebuild is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What was shown anew.
    pub done: u64,
    /// What there was when it began.
    pub all: u64,
}

/// Why a projection was not made anew. What was read before is still read.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// What it follows from cannot be read, or does not hang together.
    #[error("what it follows from is damaged")]
    Damaged(#[source] StoreError),
    /// The home could not be read.
    #[error("cannot read what it follows from")]
    Unread(#[from] SqlError),
    /// The home could not be written to.
    #[error("cannot show it anew")]
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

impl Projection {
    /// Begins another generation. Waits for whoever does not know of it, and for nobody else.
    ///
    /// # Errors
    /// When it could not be kept.
    pub async fn begin(&self, db: &Db) -> Result<i64, CommitError> {
        let begin = self.begin;
        db.write(async move |mut tx| {
            let generation: i64 = tx.query(begin).one().await?.get("building")?;
            tx.commit(generation).await
        })
        .await
    }

    /// Makes sure that this generation is still the one that is being made: nobody begins another while this
    /// transaction lasts.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] if another has begun.
    pub async fn still(&self, tx: &mut Tx, generation: i64) -> Result<(), CommitError> {
        let ours = tx.query(self.building).bind(generation).optional().await?;
        ours.map(drop).ok_or(CommitError::Conflict)
    }

    /// From now on this generation is read. What was read before is taken away.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] if another has begun.
    pub async fn swap(&self, db: &Db, generation: i64) -> Result<(), CommitError> {
        let (swap, clear) = (self.swap, self.clear);
        db.write(async move |mut tx: Tx| {
            tx.query(swap).bind(generation).changed_one().await?;
            tx.commit(()).await
        })
        .await?;
        let some = || {
            db.write(async move |mut tx: Tx| {
                let cleared = tx.query(clear).execute().await?;
                tx.commit(cleared).await
            })
        };
        while some().await? > 0 {}
        Ok(())
    }
}
