//! The inbox: events that were delivered to this module, until they are handled or parked.
//!
//! Of each stream of each key one event is *ready*: the one that follows the position. As a rule that is the next
//! number; one that says of itself which one it follows was the first, or the first again, that this module was told
//! of ([`Recorded::previous`]). Nothing that this module was told of lies in between, so none is passed over, in
//! whatever order they come. Whoever adds an event and whoever moves
//! the position both lock the position first, so no event that has become the next one is overlooked. To handle an
//! event is to delete it here, in the transaction with the effects: that succeeds once.

use std::time::Duration;

use async_trait::async_trait;
use outgrow::{
    CommitError, StoreError,
    event::{Mark, Recorded},
};
use outgrow_runtime::{
    Bell, crash,
    events::{Attempt, Inbox, Lease, Poison, shard},
};
use serde_json::{Value, json};
use sqlx::{Postgres, Sqlite};

use super::{by_now, list, now, outbox::recorded};
use crate::{
    Db, Query, Row, Sql, SqlError, Tx,
    held::{Call, Failed, Statement, Values},
    lender::Lent,
    query::Bound,
};

/// On PostgreSQL one statement adds what comes and locks the positions, whatever the planner believes of these tables:
/// it has no statistics of what was empty a moment ago. A position that is there is written as it is: only so is it
/// locked, and told as it is now. On SQLite whoever writes is alone already.
const ACCEPT: Sql = Sql {
    postgres: concat!(
        "with e as materialized (
             select * from jsonb_to_recordset($1) as e(stream text, key text, sequence bigint, id uuid, kind text,
                                                       data text, at bigint, correlation uuid, causation uuid,
                                                       shard bigint, previous bigint)
         ), p as (
             insert into outgrow_positions as p (stream, key, position)
             select stream, key, 0 from (select distinct stream, key from e) d
             order by stream collate \"C\", key collate \"C\"
             on conflict (stream, key) do update set position = p.position
             returning stream, key, position
         )
         insert into outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, causation, shard,
                                    previous, ready, parked, attempts, next_at, received_at)
         select e.stream, e.key, e.sequence, e.id, e.kind, e.data,
                timestamptz 'epoch' + e.at * interval '1 microsecond', e.correlation, e.causation, e.shard,
                e.previous, coalesce(e.previous, e.sequence - 1) <= p.position, false, 0, ",
        now!(postgres),
        ", ",
        now!(postgres),
        "
         from e join p on p.stream = e.stream and p.key = e.key
         where e.sequence > p.position
         on conflict (stream, key, sequence) do nothing"
    ),
    sqlite: concat!(
        "insert into outgrow_positions (stream, key, position)
         select distinct json_extract(value, '$.stream'), json_extract(value, '$.key'), 0
         from json_each($1) where true
         on conflict (stream, key) do nothing;
         insert into outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, causation, shard,
                                    previous, ready, parked, attempts, next_at, received_at)
         select e.value->>'stream', e.value->>'key', e.value->>'sequence', unhex(e.value->>'id', '-'),
                e.value->>'kind', e.value->>'data', e.value->>'at', unhex(e.value->>'correlation', '-'),
                unhex(e.value->>'causation', '-'), e.value->>'shard',
                e.value->>'previous', coalesce(e.value->>'previous', e.value->>'sequence' - 1) <= p.position, 0, 0, ", now!(sqlite), ", ", now!(sqlite), "
         from json_each($1) e
         join outgrow_positions p on p.stream = e.value->>'stream' and p.key = e.value->>'key'
         where e.value->>'sequence' > p.position
         on conflict (stream, key, sequence) do nothing"
    ),
};

/// How many events are added by one statement: about 8 KiB. sqlx 0.9.0 leaves Nagle's algorithm on
/// (transact-rs/sqlx#4335), so of what does not fit the buffer of a connection at once, 16 KiB when it is young, the
/// rest waits 40 ms for the server's delayed acknowledgement.
const TOGETHER: usize = 16;

const ANY_DUE: Sql = Sql {
    postgres: concat!(
        "select 1 from outgrow_inbox where ready and next_at <= ",
        by_now!(postgres),
        " limit 1"
    ),
    sqlite: concat!(
        "select 1 from outgrow_inbox where ready = 1 and next_at <= ",
        by_now!(sqlite),
        " limit 1"
    ),
};

/// `$1` are the shards with their terms, `$2` is how many. PostgreSQL may run a subquery of an update more than once and
/// begin more than that, but an array once; and it finds a row by where it is, whatever it believes of the table.
macro_rules! begin {
    ($which:literal) => {
        Sql {
            postgres: concat!(
                "update outgrow_inbox set attempts = attempts + 1, reason = null
                 where ctid = any(array(
                     select ctid from outgrow_inbox
                     where ready and next_at <= ", by_now!(postgres), " and ", $which, "
                     and shard = any(array(
                         select shard from outgrow_leases where work = 'worker' and (shard, term) in
                         (select (value->>0)::bigint, (value->>1)::bigint from jsonb_array_elements($1))))
                     order by next_at limit $2 for update skip locked))
                 returning *"
            ),
            sqlite: concat!(
                "update outgrow_inbox set attempts = attempts + 1, reason = null
                 where (stream, key, sequence) in (
                     select stream, key, sequence from outgrow_inbox
                     where ready = 1 and next_at <= ", by_now!(sqlite), " and ", $which, "
                     and shard in (
                         select shard from outgrow_leases where work = 'worker' and (shard, term) in
                         (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each($1)))
                     order by next_at limit $2)
                 returning *"
            ),
        }
    };
}
/// What was not tried yet, or failed and told why.
pub(super) const BEGIN: Sql = begin!("(attempts = 0 or reason is not null)");
/// What was being tried when its process ended, perhaps because of it.
pub(super) const BEGIN_ALONE: Sql = begin!("attempts > 0 and reason is null");
/// Whether there is any in these shards, `$1`: hardly ever, and to look costs less than to write.
pub(super) const ANY_INTERRUPTED: Sql = Sql {
    postgres: concat!(
        "select 1 from outgrow_inbox
         where ready and attempts > 0 and reason is null and next_at <= ",
        by_now!(postgres),
        " and shard = any(array(select (value->>0)::bigint from jsonb_array_elements($1))) limit 1"
    ),
    sqlite: concat!(
        "select 1 from outgrow_inbox
         where ready = 1 and attempts > 0 and reason is null and next_at <= ",
        by_now!(sqlite),
        " and shard in (select json_extract(value, '$[0]') from json_each($1)) limit 1"
    ),
};

pub(super) const PUT_OFF: Sql = Sql {
    postgres: concat!(
        "update outgrow_inbox set reason = $4, next_at = ",
        now!(postgres),
        " + $5 * interval '1 microsecond'
         where stream = $1 and key = $2 and sequence = $3"
    ),
    sqlite: concat!(
        "update outgrow_inbox set reason = $4, next_at = ",
        now!(sqlite),
        " + $5
         where stream = $1 and key = $2 and sequence = $3"
    ),
};

const MOVE_ON: &str = "
    update outgrow_positions set position = case when position < $3 then $3 else position end,
                                 handled = handled + $4
    where stream = $1 and key = $2";
/// Not in one statement with what locks the position: it has to see what was added until then.
macro_rules! next {
    () => {
        "update outgrow_inbox set ready = true where stream = $1 and key = $2 and not parked and sequence = (
             select sequence from outgrow_inbox
             where stream = $1 and key = $2 and sequence > $3 and coalesce(previous, sequence - 1) <= $3
             order by sequence limit 1)"
    };
}
/// The next one of its key is ready.
struct Next<'a>(&'a Mark, i64);

impl Statement for Next<'_> {
    const NAME: &'static str = "next";
    const SQL: Sql = Sql::of(next!());

    fn values<V: Values>(&self, to: V) -> V {
        to.value(&self.0.stream).value(&self.0.key).value(self.1)
    }
}

/// One row if it was not handled before. The position is locked first.
struct Handled<'a>(&'a Mark, i64);

impl Statement for Handled<'_> {
    const NAME: &'static str = "handled";
    const SQL: Sql = Sql {
        postgres: "
            with moved as (
                update outgrow_positions set position = greatest(position, $3), handled = handled + 1
                where stream = $1 and key = $2
                returning 1)
            delete from outgrow_inbox using moved where stream = $1 and key = $2 and sequence = $3
            returning 1",
        sqlite: concat!(
            "update outgrow_positions set position = max(position, $3), handled = handled + 1
             where stream = $1 and key = $2;
             delete from outgrow_inbox where stream = $1 and key = $2 and sequence = $3 returning 1;
             ",
            next!()
        ),
    };

    fn values<V: Values>(&self, to: V) -> V {
        to.value(&self.0.stream).value(&self.0.key).value(self.1)
    }
}

const PARK: &str = "
    update outgrow_inbox set parked = true, ready = false, reason = $4
    where stream = $1 and key = $2 and sequence = $3";

/// Marks an event as handled, in the transaction with what came of it.
pub(crate) async fn mark(tx: &mut Tx, mark: &Mark) -> Result<(), CommitError> {
    let (handled, next) = handling(mark)?;
    once(handled.values(tx.batch(Handled::SQL)).all().await?.len())?;
    if tx.is_postgres() {
        next.values(tx.query(Next::SQL)).execute().await?;
    }
    Ok(())
}

/// The same, as what a transaction begins with.
pub(crate) async fn begin_marking_on_postgres(
    lent: &mut Lent<Postgres>,
    begin: &'static str,
    mark: &Mark,
) -> Result<(), CommitError> {
    let (handled, next) = handling(mark)?;
    once(
        lent.begin_with(begin, vec![Call::of(&handled), Call::of(&next)])
            .await
            .map_err(Failed::into_inner)?,
    )
}

pub(crate) async fn begin_marking_on_sqlite(lent: &mut Lent<Sqlite>, mark: &Mark) -> Result<(), CommitError> {
    let (handled, _) = handling(mark)?;
    let query = handled.values(Query::of_kit(Bound::sqlite_conn(Handled::SQL, lent.conn())));
    once(query.begin_transaction().await?.len())
}

fn handling(mark: &Mark) -> Result<(Handled<'_>, Next<'_>), CommitError> {
    let number = number(mark)?;
    Ok((Handled(mark, number), Next(mark, number)))
}

fn once(handled: usize) -> Result<(), CommitError> {
    if handled == 1 { Ok(()) } else { Err(CommitError::Conflict) }
}

fn number(mark: &Mark) -> Result<i64, CommitError> {
    i64::try_from(mark.sequence).map_err(|error| CommitError::NotCommitted(StoreError::new(error)))
}

#[async_trait]
impl Inbox for Db {
    fn bell(&self) -> Bell {
        self.events().inbox_bell()
    }

    async fn accept(&self, events: &[Recorded]) -> Result<(), CommitError> {
        // In the order in which positions are locked, whoever else comes with the same ones.
        let mut events: Vec<&Recorded> = events.iter().collect();
        events.sort_by_key(|event| (&event.stream, &event.key));
        let parts: Vec<Value> =
            events.chunks(TOGETHER).map(|part| part.iter().copied().map(row).collect()).collect();
        let bell = self.events().inbox_bell();
        // Not at once: it may wait for who handles an event of the same key, which the kit's few sessions must not.
        let accept = async move |mut tx: Tx| {
            for part in &parts {
                tx.batch(ACCEPT).bind(part).execute().await?;
            }
            tx.commit(()).await
        };
        self.write(accept).await?;
        crash::point(&["inbox", "accepted"]);
        bell.ring();
        Ok(())
    }

    async fn any_due(&self) -> Result<bool, StoreError> {
        Ok(self.query(ANY_DUE).optional().await?.is_some())
    }

    async fn begin(&self, shards: &[Lease], limit: u32) -> Result<Vec<Attempt>, CommitError> {
        let shards = list(shards);
        let begin = |which: Sql, limit: i64| {
            let shards = shards.clone();
            self.jot_at_once(which, move |begin| begin.bind(shards).bind(limit))
        };
        let mut begun = Vec::new();
        // First, or it would never have its turn where new ones always come.
        if self.query_by_index(ANY_INTERRUPTED).bind(&shards).optional().await?.is_some() {
            begun = begin(BEGIN_ALONE, 1).await?;
        }
        if begun.is_empty() {
            begun = begin(BEGIN, i64::from(limit)).await?;
        }
        let begun: Vec<Attempt> = begun.iter().map(attempt).collect::<Result<_, _>>()?;
        if !begun.is_empty() {
            crash::point(&["inbox", "begun"]);
        }
        Ok(begun)
    }

    async fn mark(&self, mark: &Mark) -> Result<(), CommitError> {
        self.handle(mark, async move |tx: Tx| tx.commit(()).await).await
    }

    async fn put_off(&self, mark: &Mark, why: &str, pause: Duration) -> Result<(), CommitError> {
        let (mark, why, number) = (mark.clone(), why.to_owned(), number(mark)?);
        let micros = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
        let put_off = self.jot_at_once(PUT_OFF, move |set| {
            set.bind(mark.stream).bind(mark.key).bind(number).bind(why).bind(micros)
        });
        put_off.await.map(drop)
    }

    async fn park(&self, mark: &Mark, why: &str, poison: Poison) -> Result<(), CommitError> {
        let (mark, why, number) = (mark.clone(), why.to_owned(), number(mark)?);
        let write = async move |mut tx: Tx| {
            if poison == Poison::IsSkipped {
                let move_on = tx.query(MOVE_ON).bind(&mark.stream).bind(&mark.key).bind(number);
                move_on.bind(0_i64).execute().await?;
            }
            tx.query(PARK).bind(&mark.stream).bind(&mark.key).bind(number).bind(&why).execute().await?;
            if poison == Poison::IsSkipped {
                Next(&mark, number).values(tx.query(Next::SQL)).execute().await?;
            }
            tx.commit(()).await
        };
        self.write(write).await
    }
}

/// An event as a value of the list that [`ACCEPT`] takes.
fn row(event: &Recorded) -> Value {
    let micros = i64::try_from(event.at.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX);
    json!({
        "stream": event.stream, "key": event.key, "sequence": event.sequence, "id": event.id.to_string(),
        "kind": event.kind, "data": event.data, "at": micros,
        "correlation": event.correlation.to_string(),
        "causation": event.causation.map(|id| id.to_string()), "shard": shard(&event.key),
        "previous": event.previous,
    })
}

fn attempt(row: &Row) -> Result<Attempt, SqlError> {
    Ok(Attempt { event: recorded(row)?, number: row.u32("attempts")? })
}
