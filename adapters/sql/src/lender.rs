//! Lends connections, without asking each before and after whether it is still there.
//!
//! A pool of sqlx makes one round trip when a connection is returned, and on PostgreSQL another when it is acquired: as
//! many as most transactions have statements. Here a connection whose work ended well is kept at hand and lent
//! again, to who has waited longest. One that has lain idle is tested first. One that failed, or was left in the middle of its work, goes back to the pool,
//! which tests it, and takes along those at hand. So a server that comes back is met with at most one failure for each connection in use.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Connection as _, Database, PgConnection, Pool, Postgres, SqliteConnection, pool::PoolConnection};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    SqlError,
    held::{self, Call, Failed, Held},
};

/// A connection that was used so short a time ago is taken to be there.
const FRESH: Duration = Duration::from_secs(1);
/// How long one is waited for that was idle.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// After so long a connection passes through its pool, which replaces old ones.
const AWAY: Duration = Duration::from_mins(1);

/// Lends the connections of one pool. Clones are the same.
pub(crate) struct Lender<DB: Database>(Arc<Inner<DB>>);

struct Inner<DB: Database> {
    /// Whose home they are to.
    module: &'static str,
    pool: Pool<DB>,
    /// As many as the pool has connections: who has one finds a connection at hand, or room in the pool.
    places: Arc<Semaphore>,
    shelf: Mutex<Shelf<DB>>,
}

struct Shelf<DB: Database> {
    /// The latest last.
    at_hand: Vec<Kept<DB>>,
    closed: bool,
}

struct Kept<DB: Database> {
    loan: Loan<DB>,
    given_back: Instant,
}

/// A connection, as far as its lender knows it.
struct Loan<DB: Database> {
    conn: PoolConnection<DB>,
    left_pool: Instant,
    /// How its last transaction began, which may have set what stays set.
    began: &'static str,
    /// What it is known to have prepared by name.
    prepared: Vec<&'static str>,
}

/// Closes what is at hand; a pool would want a runtime to take it back.
impl<DB: Database> Drop for Inner<DB> {
    fn drop(&mut self) {
        let shelf = self.shelf.get_mut().unwrap_or_else(PoisonError::into_inner);
        for kept in shelf.at_hand.drain(..) {
            drop(kept.loan.conn.detach());
        }
    }
}

/// A connection on loan. Unless it is given back, its transaction is rolled back and its pool tests it.
pub(crate) struct Lent<DB: Database>
where
    DB::Connection: Raw,
{
    loan: Option<Loan<DB>>,
    open: bool,
    held: Vec<<DB::Connection as Raw>::Held>,
    lender: Lender<DB>,
    place: Option<OwnedSemaphorePermit>,
}

/// A connection that takes texts, and statements that were held.
pub(crate) trait Raw: Send {
    /// A statement that goes with COMMIT.
    type Held: Send;

    fn raw(&mut self, sql: &'static str) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Commits, with what was held until then. `prepared` is what it is known to have prepared by name.
    fn commit(
        &mut self,
        held: Vec<Self::Held>,
        prepared: &mut Vec<&'static str>,
    ) -> impl Future<Output = Result<(), Failed>> + Send;
}

impl Raw for PgConnection {
    type Held = Call;

    async fn raw(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(self).await.map(drop)
    }

    async fn commit(&mut self, held: Vec<Call>, prepared: &mut Vec<&'static str>) -> Result<(), Failed> {
        held::executed(self, prepared, None, held, Some("commit")).await.map(drop)
    }
}

impl Raw for SqliteConnection {
    type Held = Held;

    async fn raw(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(self).await.map(drop)
    }

    async fn commit(&mut self, held: Vec<Held>, _: &mut Vec<&'static str>) -> Result<(), Failed> {
        held::committed(self, held).await
    }
}

impl<DB: Database> Lender<DB>
where
    DB::Connection: Raw,
{
    pub(crate) fn new(module: &'static str, pool: Pool<DB>) -> Self {
        let places = pool.options().get_max_connections().try_into().unwrap_or(Semaphore::MAX_PERMITS);
        let shelf = Shelf { at_hand: Vec::new(), closed: false };
        let (places, shelf) = (Arc::new(Semaphore::new(places)), Mutex::new(shelf));
        Self(Arc::new(Inner { module, pool, places, shelf }))
    }

    /// Where it has them from.
    pub(crate) fn pool(&self) -> &Pool<DB> {
        &self.0.pool
    }

    /// A connection: one that is at hand, or else of the pool. All may have to be waited for, for as long as the pool
    /// says.
    pub(crate) async fn lend(&self) -> Result<Lent<DB>, SqlError> {
        let patience = self.0.pool.options().get_acquire_timeout();
        match timeout(patience, self.lend_in_turn()).await {
            Err(_) | Ok(Err(sqlx::Error::PoolTimedOut)) => {
                Err(SqlError::no_connection(self.0.module, patience))
            }
            Ok(lent) => Ok(lent?),
        }
    }

    async fn lend_in_turn(&self) -> Result<Lent<DB>, sqlx::Error> {
        let place = Arc::clone(&self.0.places).acquire_owned().await;
        let place = place.map_err(|_closed| sqlx::Error::PoolClosed)?;
        let (fresh, mut stale) = {
            let mut shelf = self.shelf();
            let fresh = shelf.at_hand.pop_if(|kept| kept.given_back.elapsed() < FRESH);
            // The latest was given back too long ago, if any: so were all.
            let stale = if fresh.is_none() { mem::take(&mut shelf.at_hand) } else { Vec::new() };
            (fresh, stale)
        };
        if let Some(Kept { loan, .. }) = fresh {
            return Ok(self.lent(loan, place));
        }
        // One of them is asked, lest another connection be made; the others go to the pool.
        let latest = stale.pop();
        drop(stale);
        if let Some(Kept { mut loan, .. }) = latest {
            if matches!(timeout(ANSWERS_WITHIN, loan.conn.ping()).await, Ok(Ok(()))) {
                return Ok(self.lent(loan, place));
            }
            drop(loan.conn.detach()); // its pool would ask it again, for as long as that takes
        }
        let conn = self.0.pool.acquire().await?;
        Ok(self.lent(Loan { conn, left_pool: Instant::now(), began: "", prepared: Vec::new() }, place))
    }

    /// A connection in a transaction.
    pub(crate) async fn begin(&self, sql: &'static str) -> Result<Lent<DB>, SqlError> {
        let mut lent = self.lend().await?;
        lent.open = true; // perhaps, from here on
        lent.loan().began = sql;
        lent.conn().raw(sql).await?;
        Ok(lent)
    }

    /// A connection for a text that begins a transaction itself, and perhaps commits it, with `setting` set, as in transactions
    /// that begin like `sql`.
    pub(crate) async fn for_a_transaction(
        &self,
        sql: &'static str,
        setting: &'static str,
    ) -> Result<Lent<DB>, SqlError> {
        let mut lent = self.lend().await?;
        if lent.loan().began != sql {
            lent.loan().began = sql;
            lent.conn().raw(setting).await?;
        }
        lent.open = true;
        Ok(lent)
    }

    /// Waits for all that are on loan, and closes every connection.
    pub(crate) async fn close(&self) {
        let kept = {
            let mut shelf = self.shelf();
            shelf.closed = true;
            mem::take(&mut shelf.at_hand)
        };
        drop(kept);
        self.0.places.close();
        self.0.pool.close().await;
    }

    fn lent(&self, loan: Loan<DB>, place: OwnedSemaphorePermit) -> Lent<DB> {
        Lent { loan: Some(loan), open: false, held: Vec::new(), lender: self.clone(), place: Some(place) }
    }
}

impl<DB: Database> Lender<DB> {
    fn shelf(&self) -> MutexGuard<'_, Shelf<DB>> {
        self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the pool test all that are at hand: where one is broken, others may be.
    fn distrust(&self) {
        let suspects = mem::take(&mut self.shelf().at_hand);
        drop(suspects);
    }

    /// Keeps a connection at hand, unless it should see its pool again.
    fn keep(&self, loan: Loan<DB>) {
        let kept = Kept { loan, given_back: Instant::now() };
        let to_pool = {
            let mut shelf = self.shelf();
            if shelf.closed || kept.loan.left_pool.elapsed() > AWAY {
                Some(kept)
            } else {
                shelf.at_hand.push(kept);
                None
            }
        };
        drop(to_pool);
    }
}

impl<DB: Database> Lent<DB>
where
    DB::Connection: Raw,
{
    pub(crate) fn conn(&mut self) -> &mut DB::Connection {
        &mut self.loan().conn
    }

    fn loan(&mut self) -> &mut Loan<DB> {
        #[expect(clippy::expect_used, reason = "it is taken only by what consumes or drops this")]
        self.loan.as_mut().expect("a connection on loan")
    }

    /// What goes with COMMIT.
    pub(crate) fn hold(&mut self, held: <DB::Connection as Raw>::Held) {
        self.held.push(held);
    }

    /// Commits its transaction, with what was held until then.
    pub(crate) async fn commit(mut self) -> Result<(), Failed> {
        let held = mem::take(&mut self.held);
        let Loan { conn, prepared, .. } = self.loan();
        Raw::commit(&mut **conn, held, prepared).await?;
        self.committed();
        Ok(())
    }

    /// Its transaction was committed.
    pub(crate) fn committed(mut self) {
        self.open = false;
        self.give_back();
    }

    /// Its work ended well.
    pub(crate) fn give_back(mut self) {
        if !self.open
            && let Some(loan) = self.loan.take()
        {
            self.lender.keep(loan);
        }
    }
}

impl Lent<Postgres> {
    /// Its transaction begins with what is executed at once. How many rows that had.
    pub(crate) async fn begin_with(
        &mut self,
        begin: &'static str,
        calls: Vec<Call>,
    ) -> Result<usize, Failed> {
        self.open = true; // perhaps, from here on
        let Loan { conn, prepared, .. } = self.loan();
        held::executed(conn, prepared, Some(begin), calls, None).await
    }
}

impl<DB: Database> Drop for Lent<DB>
where
    DB::Connection: Raw,
{
    fn drop(&mut self) {
        let Some(mut loan) = self.loan.take() else { return };
        if !self.open {
            return self.lender.distrust();
        }
        let Ok(runtime) = Handle::try_current() else {
            return drop(loan.conn.detach());
        };
        let (lender, place) = (self.lender.clone(), self.place.take());
        runtime.spawn(async move {
            let _until_it_is_back = place;
            if loan.conn.raw("rollback").await.is_ok() {
                loan.prepared.clear(); // perhaps that is what failed
                return lender.keep(loan);
            }
            // Some errors (a full disk, `on conflict rollback`) make SQLite roll back by itself.
            lender.distrust();
            drop(loan.conn.close().await);
        });
    }
}

impl<DB: Database> Clone for Lender<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests;
