//! The outbox: events that are committed with what they tell of, and stay until every subscriber has them.
//!
//! An event is one row, and one more for each subscriber that still has to get it. To settle is to delete the latter:
//! by id, never by "all before". What everybody has stays for a while, then it is [forgotten](super::forget).

use async_trait::async_trait;
use outgrow::{CommitError, Outgoing, StoreError, event::Recorded};
use outgrow_runtime::{
    crash,
    events::{Lease, Outbox, shard},
};
use serde_json::Value;
use uuid::Uuid;

use super::list;
use crate::{
    Bell, Db, Row, Sql, SqlError, Timestamp, Tx,
    held::{Statement, Values},
};

/// Of each subscriber it is kept of which event it was told last, and before that: so each event knows which one it
/// follows there. Once a build that does not keep that has written, `known` stays behind `last` for good, and every
/// event of the key is said to follow the one before it: nobody guesses who was told.
struct Publish<'a> {
    event: &'a Outgoing,
    stream: String,
    audience: Value,
}

impl Statement for Publish<'_> {
    const NAME: &'static str = "publish";
    const SQL: Sql = Sql {
        postgres: "
        with numbered as (
            insert into outgrow_streams as s (stream, key, last, known, told)
            select $1, $2, 1, 1, coalesce(jsonb_object_agg(value, '[0, 1]'::jsonb), '{}')
            from jsonb_array_elements_text($10)
            on conflict (stream, key) do update set
                last = s.last + 1,
                known = case when s.known = s.last then s.last + 1 else 0 end,
                told = s.told || (
                    select coalesce(jsonb_object_agg(value, jsonb_build_array(
                        coalesce(s.told->value->1, '0'), s.last + 1)), '{}')
                    from jsonb_array_elements_text($10))
            returning last, known, told
        ), kept as (
            insert into outgrow_outbox (id, stream, key, sequence, kind, data, at, correlation, causation)
            select $3, $1, $2, last, $4, $5, $6, $7, $8 from numbered
        )
        insert into outgrow_deliveries (subscriber, event, shard, previous)
        select value, $3, $9, case when known = last then nullif((told->value->>0)::bigint, last - 1) end
        from numbered, jsonb_array_elements_text($10)",
        sqlite: "
        insert into outgrow_streams as s (stream, key, last, known, told)
        select $1, $2, 1, 1, json_group_object(value, json('[0, 1]')) from json_each($10) where true
        on conflict (stream, key) do update set
            last = s.last + 1,
            known = case when s.known = s.last then s.last + 1 else 0 end,
            told = json_patch(s.told, (
                select json_group_object(a.value, json_array(coalesce(s.told->a.value->>1, 0), s.last + 1))
                from json_each($10) a));
        insert into outgrow_outbox (id, stream, key, sequence, kind, data, at, correlation, causation)
        select $3, $1, $2, last, $4, $5, $6, $7, $8 from outgrow_streams where stream = $1 and key = $2;
        insert into outgrow_deliveries (subscriber, event, shard, previous)
        select a.value, $3, $9, case when s.known = s.last then nullif(s.told->a.value->>0, s.last - 1) end
        from json_each($10) a join outgrow_streams s on s.stream = $1 and s.key = $2",
    };

    fn values<V: Values>(&self, to: V) -> V {
        let Self { event, stream, audience } = self;
        let to = to.value(stream).value(&event.key).value(event.id).value(&event.kind).value(&event.data);
        let to = to.value(Timestamp(event.at)).value(event.correlation).value(event.causation);
        to.value(i64::from(shard(&event.key))).value(audience)
    }
}

/// What is due is picked first: else a planner with old statistics walks through all that was ever settled. It is read by
/// its index ([`Db::query_by_index`]): a backlog is not sorted for each window. PostgreSQL is left one way to do it: only
/// the primary key has this order, and `offset` keeps the two from being joined the other way round.
pub(super) const DUE: Sql = Sql {
    postgres: "
        with due as materialized (
            select event, previous from outgrow_deliveries
            where subscriber between $1 and $1
            and shard = any(array(select (value->>0)::bigint from jsonb_array_elements($2)))
            order by subscriber, event limit $3)
        select o.*, due.previous
        from due cross join lateral (select * from outgrow_outbox where id = due.event offset 0) o",
    sqlite: "
        with due as materialized (
            select event, previous from outgrow_deliveries
            where subscriber = $1 and shard in (select json_extract(value, '$[0]') from json_each($2))
            order by event limit $3)
        select o.*, due.previous from due join outgrow_outbox o on o.id = due.event",
};

/// PostgreSQL looks each one up and deletes it where it is: else it would go through a backlog for every window.
pub(super) const SETTLE: Sql = Sql {
    postgres: "
        delete from outgrow_deliveries where ctid = any(array(
            select d.ctid from jsonb_array_elements_text($2) settled
            cross join lateral (
                select ctid from outgrow_deliveries
                where subscriber = $1 and event = settled.value::uuid
                and shard = any(array(
                    select shard from outgrow_leases where work = 'relay' and (shard, term) in
                    (select (value->>0)::bigint, (value->>1)::bigint from jsonb_array_elements($3))))
                offset 0) d))",
    sqlite: "
        delete from outgrow_deliveries
        where subscriber = $1 and event in (select unhex(value, '-') from json_each($2))
        and shard in (
            select shard from outgrow_leases where work = 'relay' and (shard, term) in
            (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each($3)))",
};

fn refused<T>(why: String) -> Result<T, CommitError> {
    Err(CommitError::NotCommitted(StoreError::new(why)))
}

/// Adds an event to the outbox, in the transaction that makes it true.
pub(crate) fn publish(tx: &mut Tx, db: &Db, event: &Outgoing) -> Result<(), CommitError> {
    let Some(audience) = db.events().audience(event.stream) else {
        return refused(format!(
            "{} does not publish `{}`: add it to its ModuleSpec",
            db.module(),
            event.stream
        ));
    };
    let (longest, largest) = (Recorded::LONGEST_KEY, Recorded::LARGEST);
    if event.key.len() > longest || event.data.len() > largest {
        let (kind, key, data) = (&event.kind, event.key.len(), event.data.len());
        return refused(format!(
            "a {kind} of {data} bytes with a key of {key}: at most {largest} and {longest} can be told"
        ));
    }
    let (stream, audience) = (event.stream.to_string(), audience.iter().copied().collect());
    tx.hold(&Publish { event, stream, audience });
    Ok(())
}

#[async_trait]
impl Outbox for Db {
    fn bell(&self) -> Bell {
        self.events().relay_bell()
    }

    async fn any_due(&self, subscriber: &str) -> Result<bool, StoreError> {
        let any = "select 1 from outgrow_deliveries where subscriber = $1 limit 1";
        Ok(self.query(any).bind(subscriber).optional().await?.is_some())
    }

    async fn due(&self, subscriber: &str, shards: &[Lease], limit: u32) -> Result<Vec<Recorded>, StoreError> {
        let due = self.query_by_index(DUE).bind(subscriber).bind(list(shards)).bind(i64::from(limit));
        let due = due.all().await?;
        let mut due: Vec<_> = due.iter().map(recorded).collect::<Result<_, SqlError>>()?;
        due.sort_unstable_by_key(|event| event.id);
        if !due.is_empty() {
            crash::point(&["relay", "read"]);
        }
        Ok(due)
    }

    async fn settle(&self, subscriber: &str, shards: &[Lease], events: &[Uuid]) -> Result<(), CommitError> {
        crash::point(&["relay", "delivered"]);
        let (subscriber, shards) = (subscriber.to_owned(), list(shards));
        let events: Value = events.iter().map(Uuid::to_string).collect();
        self.jot_at_once(SETTLE, |settle| settle.bind(subscriber).bind(events).bind(shards)).await?;
        crash::point(&["relay", "settled"]);
        Ok(())
    }
}

/// A row of the outbox or of the inbox.
pub(super) fn recorded(row: &Row) -> Result<Recorded, SqlError> {
    Ok(Recorded {
        id: row.get("id")?,
        stream: row.get("stream")?,
        key: row.get("key")?,
        sequence: row.u64("sequence")?,
        kind: row.get("kind")?,
        data: row.get("data")?,
        at: row.time("at")?,
        correlation: row.get("correlation")?,
        causation: row.get("causation")?,
        previous: row.get::<Option<i64>>("previous")?.and_then(|number| u64::try_from(number).ok()),
    })
}
