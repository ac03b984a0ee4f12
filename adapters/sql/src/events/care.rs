//! What people see of the events of a home, and what they may do with those that were set aside.

use outgrow::{CommitError, StoreError, event::Recorded};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Archived, Excerpt, archive, now, outbox::recorded};
use crate::{Db, Row, Sql, SqlError, Tx};

/// Events that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// For which subscriber of this module; none are those that were delivered to it and are not handled yet.
    pub subscriber: Option<String>,
    /// Whether that is no module that listens, as far as this build knows: after seven days without another event for it
    /// they are given up.
    pub unknown: bool,
    /// How many.
    pub depth: u64,
    /// When the oldest of them happened.
    pub oldest: Option<OffsetDateTime>,
    /// How many more were set aside.
    pub parked: u64,
    /// How many were handled so far: what looks twice knows how fast that goes. Of what waits for a subscriber of this
    /// module nobody counts that here.
    pub handled: u64,
}

/// An event that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The event.
    pub event: Recorded,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was set aside.
    pub reason: String,
}

const OUTBOX: &str = "
    select d.subscriber, o.stream, count(*) as depth, min(o.at) as oldest
    from outgrow_deliveries d join outgrow_outbox o on o.id = d.event
    group by d.subscriber, o.stream order by d.subscriber, o.stream";
const INBOX: Sql = Sql {
    postgres: "
        select count(*) filter (where not parked) as depth, min(at) filter (where not parked) as oldest,
               count(*) filter (where parked) as parked
        from outgrow_inbox",
    sqlite: "
        select count(*) filter (where not parked) as depth, min(at) filter (where not parked) as oldest,
               count(*) filter (where parked) as parked
        from outgrow_inbox",
};
const HANDLED: &str = "select cast(coalesce(sum(handled), 0) as bigint) as handled from outgrow_positions";
const PARKED: Sql = Sql {
    postgres: "select * from outgrow_inbox where parked order by received_at, stream, key, sequence limit $1",
    sqlite: "select * from outgrow_inbox where parked = 1 order by received_at, stream, key, sequence limit $1",
};
const PARKED_IDS: Sql = Sql {
    postgres: "select id from outgrow_inbox where parked and (cast($1 as text) is null or kind = $1) order by id",
    sqlite: "select id from outgrow_inbox where parked = 1 and (cast($1 as text) is null or kind = $1) order by id",
};
const HOW_MANY_PARKED: Sql = Sql {
    postgres: "select count(*) as parked from outgrow_inbox where parked",
    sqlite: "select count(*) as parked from outgrow_inbox where parked = 1",
};
const REPLAY: Sql = Sql {
    postgres: concat!(
        "update outgrow_inbox set parked = false, ready = true, attempts = 0, reason = null, next_at = ",
        now!(postgres),
        " where id = $1 and parked"
    ),
    sqlite: concat!(
        "update outgrow_inbox set parked = false, ready = true, attempts = 0, reason = null, next_at = ",
        now!(sqlite),
        " where id = $1 and parked"
    ),
};

/// The events of a home, for who looks after them.
#[derive(Clone, Debug)]
pub struct Upkeep(pub(crate) Db);

impl Upkeep {
    /// What waits in the outbox, for each subscriber for which anything does, then what waits in the inbox.
    ///
    /// # Errors
    /// When the home cannot be read.
    pub async fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let db = &self.0;
        let mut waiting: Vec<Waiting> = Vec::new();
        for row in db.query(OUTBOX).all().await? {
            let next = outgoing(db, &row)?;
            match waiting.last_mut() {
                Some(last) if (&last.subscriber, last.unknown) == (&next.subscriber, next.unknown) => {
                    last.depth += next.depth;
                    last.oldest = last.oldest.min(next.oldest);
                }
                _ => waiting.push(next),
            }
        }
        let row = db.query(INBOX).one().await?;
        let handled = db.query(HANDLED).one().await?.u64("handled")?;
        waiting.push(Waiting { parked: row.u64("parked")?, handled, ..depth(&row)? });
        Ok(waiting)
    }

    /// How many events were set aside.
    ///
    /// # Errors
    /// When the home cannot be read.
    pub async fn how_many_parked(&self) -> Result<u64, StoreError> {
        Ok(self.0.query(HOW_MANY_PARKED).one().await?.u64("parked")?)
    }

    /// At most `limit` of the events that were set aside, oldest first.
    ///
    /// # Errors
    /// When the home cannot be read.
    pub async fn parked(&self, limit: u32) -> Result<Vec<Parked>, StoreError> {
        let rows = self.0.query(PARKED).bind(i64::from(limit)).all().await?;
        let parked: Result<_, SqlError> = rows.iter().map(parked).collect();
        Ok(parked?)
    }

    /// The newest `limit` events that the outbox keeps, or, of those that tell of `since` or later, the first. The newest
    /// comes last, by id; an event may tell of a moment a little before that of the one with the id before, so who goes on
    /// where an answer ended begins a little earlier.
    ///
    /// # Errors
    /// When the home cannot be read.
    pub async fn archive(
        &self,
        which: Excerpt<'_>,
        since: Option<OffsetDateTime>,
        limit: u32,
    ) -> Result<Vec<Archived>, StoreError> {
        archive::read(&self.0, which, since, limit).await
    }

    /// The ids of all events that were set aside, of one kind if it is given.
    ///
    /// # Errors
    /// When the home cannot be read.
    pub async fn parked_ids(&self, kind: Option<&str>) -> Result<Vec<Uuid>, StoreError> {
        let rows = self.0.query(PARKED_IDS).bind(kind.map(ToOwned::to_owned)).all().await?;
        let ids: Result<_, SqlError> = rows.iter().map(|row| row.get("id")).collect();
        Ok(ids?)
    }

    /// Lets a parked event be tried again, from the first attempt on. False if there is none of this id.
    ///
    /// # Errors
    /// When that was not committed.
    pub async fn replay(&self, event: Uuid) -> Result<bool, CommitError> {
        let replay = async move |mut tx: Tx| {
            let replayed = tx.query(REPLAY).bind(event).execute().await?;
            tx.commit(replayed > 0).await
        };
        self.0.write(replay).await
    }

    /// Gives a parked event up: it counts as handled, and the later ones of its key go on. False if there is none of
    /// this id.
    ///
    /// # Errors
    /// When that was not committed.
    pub async fn discard(&self, event: Uuid) -> Result<bool, CommitError> {
        let discard = async move |mut tx: Tx| {
            let found = "select * from outgrow_inbox where id = $1 and parked";
            let Some(row) = tx.query(found).bind(event).optional().await? else {
                return tx.commit(false).await;
            };
            tx.mark(&recorded(&row)?.mark()).await?;
            tx.commit(true).await
        };
        self.0.write(discard).await
    }
}

fn outgoing(db: &Db, row: &Row) -> Result<Waiting, SqlError> {
    let (subscriber, stream) = (row.get::<String>("subscriber")?, row.get::<String>("stream")?);
    let unknown = !db.events().listens(&subscriber, &stream);
    Ok(Waiting { subscriber: Some(subscriber), unknown, ..depth(row)? })
}

fn depth(row: &Row) -> Result<Waiting, SqlError> {
    let oldest = row.get::<Option<crate::Timestamp>>("oldest")?.map(OffsetDateTime::from);
    Ok(Waiting { subscriber: None, unknown: false, depth: row.u64("depth")?, oldest, parked: 0, handled: 0 })
}

fn parked(row: &Row) -> Result<Parked, SqlError> {
    let reason = row.get::<Option<String>>("reason")?.unwrap_or_default();
    Ok(Parked { event: recorded(row)?, attempts: row.u32("attempts")?, reason })
}
