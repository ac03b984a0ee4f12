//! What an outbox does not keep: events that everybody has had for long, and what is addressed to who listens no more.

use std::{collections::BTreeMap, time::Duration};

use outgrow::CommitError;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Bell, Committed, Db, Home, Sql, SqlError, Timestamp, Tx};

/// How long an event that everybody has is kept, and how long nothing more must have been addressed to a module before
/// what was is given up: until then it may come back, as it does when a release is taken back.
const KEPT: time::Duration = time::Duration::days(7);
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// So that a purge never keeps other writers waiting for long.
const FORGET_AT_ONCE: i64 = 500;

/// An event goes once it is old, and older than all that is still to be delivered to anybody. Ids grow with time, so
/// only the first ones are looked at.
const FORGET: &str = "
    delete from outgrow_outbox where at < $1 and id in (
        select id from outgrow_outbox
        where id < coalesce((select event from outgrow_deliveries order by event limit 1), $3)
        order by id limit $2)";

/// Who is addressed, and not any more for long.
const SILENT: &str = "
    select d.subscriber, o.stream from outgrow_deliveries d join outgrow_outbox o on o.id = d.event
    group by d.subscriber, o.stream having max(o.at) < $1";

/// The first of what is addressed to one of them.
const UNHEARD: &str = "
    select o.id, o.key, coalesce(d.previous, o.sequence - 1) as previous
    from outgrow_deliveries d join outgrow_outbox o on o.id = d.event
    where d.subscriber = $1 and o.stream = $2 order by o.id limit $3";

/// If it comes back, it is told of this key as if the events that are given up had not been addressed to it.
const UNSAY: Sql = Sql {
    postgres: "
        update outgrow_streams set told = jsonb_set(told, array[$3], jsonb_build_array($4, $4))
        where stream = $1 and key = $2 and (told->$3->>1)::bigint > $4",
    sqlite: r#"
        update outgrow_streams set told = json_set(told, '$."' || $3 || '"', json_array($4, $4))
        where stream = $1 and key = $2 and told->$3->>1 > $4"#,
};

const GIVE_UP: Sql = Sql {
    postgres: "
        delete from outgrow_deliveries
        where subscriber = $1 and event = any(array(select value::uuid from jsonb_array_elements_text($2)))",
    sqlite: "
        delete from outgrow_deliveries
        where subscriber = $1 and event in (select unhex(value, '-') from json_each($2))",
};

/// Does so hourly.
pub(crate) fn forget_hourly(home: &Home) {
    let (db, clock) = (home.db(), home.clock());
    home.tasks().chore("forget events", FORGET_EVERY, &Bell::default(), move || {
        let (db, before) = (db.clone(), clock.now() - KEPT);
        async move {
            let forgotten = async {
                give_up(&db, before).await?;
                forget(&db, before).await
            };
            if let Err(error) = forgotten.await {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(home = db.module(), %error, cause, "old events are kept until the next try");
            }
        }
    });
}

async fn forget(db: &Db, before: OffsetDateTime) -> Result<(), CommitError> {
    let batch = async move |mut tx: Tx| {
        let forgotten = tx.query(FORGET).bind(Timestamp(before)).bind(FORGET_AT_ONCE).bind(Uuid::max());
        let forgotten = forgotten.execute().await?;
        tx.commit(forgotten).await
    };
    while db.write(batch).await? > 0 {}
    Ok(())
}

/// Gives up what is addressed to modules that do not listen any more: it would never leave, nor let anything else be
/// forgotten.
async fn give_up(db: &Db, before: OffsetDateTime) -> Result<(), CommitError> {
    for row in db.query(SILENT).bind(Timestamp(before)).all().await? {
        let (subscriber, stream) = (row.get::<String>("subscriber")?, row.get::<String>("stream")?);
        if db.events().listens(&subscriber, &stream) {
            continue;
        }
        let mut events = 0;
        loop {
            let (to, of) = (subscriber.clone(), stream.clone());
            let given_up = db.write(async move |tx: Tx| batch(tx, &to, &of).await).await?;
            if given_up == 0 {
                break;
            }
            events += given_up;
        }
        let home = db.module();
        tracing::warn!(home, stream, subscriber, events, "nobody listens any more: events are given up");
    }
    Ok(())
}

async fn batch(mut tx: Tx, subscriber: &str, stream: &str) -> Result<Committed<usize>, CommitError> {
    let unheard = tx.query(UNHEARD).bind(subscriber).bind(stream).bind(FORGET_AT_ONCE).all().await?;
    let mut firsts = BTreeMap::new();
    for row in &unheard {
        let (key, previous) = (row.get::<String>("key")?, row.get::<i64>("previous")?);
        firsts.entry(key).and_modify(|first: &mut i64| *first = previous.min(*first)).or_insert(previous);
    }
    for (key, previous) in firsts {
        tx.query(UNSAY).bind(stream).bind(&key).bind(subscriber).bind(previous).execute().await?;
    }
    let ids: Result<Value, SqlError> =
        unheard.iter().map(|row| Ok(json!(row.get::<Uuid>("id")?.to_string()))).collect();
    tx.query(GIVE_UP).bind(subscriber).bind(ids?).execute().await?;
    tx.commit(unheard.len()).await
}
