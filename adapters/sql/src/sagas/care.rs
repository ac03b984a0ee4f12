//! What people see of the sagas of a home, and what they may do about them.

use std::{collections::BTreeMap, time::Duration};

use outgrow::{
    CommitError, Saga, StoreError,
    saga::{Instance, Transition, Turn},
};
use outgrow_runtime::sagas::SagaStore as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Bell, columns, instance};
use crate::{Db, Home, Row, Sql, SqlError, Timestamp, Tx};

/// How long a saga that has ended is kept, with its log.
const KEPT: time::Duration = time::Duration::days(30);
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// So that a purge never keeps other writers waiting for long.
const FORGET_AT_ONCE: i64 = 500;

/// A saga, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// Such as `fulfilment`.
    pub saga: String,
    /// Where it is.
    pub instance: Instance,
    /// When it began.
    pub began: OffsetDateTime,
    /// When it is to be carried on; none if it has ended, or is parked.
    pub next: Option<OffsetDateTime>,
}

/// What happened to a saga once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which transition, from 1.
    pub revision: u64,
    /// When.
    pub at: OffsetDateTime,
    /// Such as `did`.
    pub what: String,
    /// Which step that was about.
    pub step: Option<String>,
    /// Why.
    pub note: Option<String>,
    /// Who made it happen; none if it was the saga itself.
    pub actor: Option<String>,
}

const PARKED_FIRST: Sql = Sql {
    postgres: concat!(
        "select ",
        columns!(postgres),
        " from outgrow_sagas where phase in ('forward', 'back') order by parked desc, since limit $1"
    ),
    sqlite: concat!(
        "select ",
        columns!(sqlite),
        " from outgrow_sagas where phase in ('forward', 'back') order by parked desc, since limit $1"
    ),
};
/// They are few among many that have ended, and have an index of their own.
const PARKED: Sql = Sql {
    postgres: concat!("select ", columns!(postgres), " from outgrow_sagas where parked order by saga, since"),
    sqlite: concat!("select ", columns!(sqlite), " from outgrow_sagas where parked = 1 order by saga, since"),
};
const PARKED_OF_EACH: Sql = Sql {
    postgres: "select saga, count(*) as parked from outgrow_sagas where parked group by saga",
    sqlite: "select saga, count(*) as parked from outgrow_sagas where parked = 1 group by saga",
};
const BY_ID: Sql = Sql {
    postgres: concat!("select ", columns!(postgres), " from outgrow_sagas where id = $1 order by saga"),
    sqlite: concat!("select ", columns!(sqlite), " from outgrow_sagas where id = $1 order by saga"),
};
const ENTRIES: &str = "select * from outgrow_saga_log where saga = $1 and id = $2 order by revision";

/// The sagas of a home, for who looks after them.
#[derive(Clone, Debug)]
pub struct SagaUpkeep(pub(crate) Db);

impl SagaUpkeep {
    /// At most `limit` that have not ended: those that are parked, then the others, longest at their step first.
    ///
    /// # Errors
    /// When the home cannot be read.
    pub async fn unfinished(&self, limit: u32) -> Result<Vec<Tracked>, StoreError> {
        let rows = self.0.query(PARKED_FIRST).bind(i64::from(limit)).all().await?;
        Ok(rows.iter().map(underway).collect::<Result<_, _>>()?)
    }

    /// How many are parked, by the name of their saga; none of those of which none is.
    ///
    /// # Errors
    /// When the home cannot be read.
    pub async fn parked_of_each(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows = self.0.query(PARKED_OF_EACH).all().await?;
        let counted: Result<_, SqlError> =
            rows.iter().map(|row| Ok((row.get("saga")?, row.u64("parked")?))).collect();
        Ok(counted?)
    }

    /// All that are parked, of each saga longest first.
    ///
    /// # Errors
    /// When the home cannot be read.
    pub async fn parked(&self) -> Result<Vec<Tracked>, StoreError> {
        let rows = self.0.query(PARKED).all().await?;
        Ok(rows.iter().map(underway).collect::<Result<_, _>>()?)
    }

    /// Those of this id, ended or not, each with what happened to it.
    ///
    /// # Errors
    /// When the home cannot be read.
    pub async fn of(&self, id: Uuid) -> Result<Vec<(Tracked, Vec<Entry>)>, StoreError> {
        let mut found = Vec::new();
        for row in self.0.query(BY_ID).bind(id).all().await? {
            let underway = underway(&row)?;
            let log = self.0.query(ENTRIES).bind(&underway.saga).bind(id).all().await?;
            found.push((underway, log.iter().map(entry).collect::<Result<_, _>>()?));
        }
        Ok(found)
    }

    /// Changes a saga by hand: `by` is who, and stands in its log. The instance afterwards; none if nothing changes.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] if it cannot be changed so where it is now, or if there is none of this id.
    pub async fn change(
        &self,
        saga: &'static Saga,
        id: Uuid,
        turn: Turn,
        by: &str,
    ) -> Result<Option<Instance>, CommitError> {
        self.0.advance(Transition { saga, id, turn, at: None, by: Some(by.to_owned()) }).await
    }
}

fn underway(row: &Row) -> Result<Tracked, SqlError> {
    let instance = instance(row)?;
    let next = if instance.live() { Some(row.time("next_at")?) } else { None };
    Ok(Tracked { saga: row.get("saga")?, instance, began: row.time("began_at")?, next })
}

fn entry(row: &Row) -> Result<Entry, SqlError> {
    Ok(Entry {
        revision: row.u64("revision")?,
        at: row.time("at")?,
        what: row.get("what")?,
        step: row.get("step")?,
        note: row.get("note")?,
        actor: row.get("actor")?,
    })
}

/// Forgets, hourly, the sagas that have ended long ago.
pub(crate) fn forget_hourly(home: &Home) {
    let (db, clock) = (home.db(), home.clock());
    home.tasks().chore("forget sagas", FORGET_EVERY, &Bell::default(), move || {
        let (db, before) = (db.clone(), clock.now() - KEPT);
        async move {
            if let Err(error) = forget(&db, before).await {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(home = db.module(), %error, cause, "old sagas are kept until the next try");
            }
        }
    });
}

async fn forget(db: &Db, before: OffsetDateTime) -> Result<(), CommitError> {
    const SAGAS: &str = "
        delete from outgrow_sagas where (saga, id) in (
            select saga, id from outgrow_sagas
            where phase in ('done', 'undone') and since < $1 order by since limit $2)
        and phase in ('done', 'undone') and since < $1 -- once more: it may have been called off meanwhile
        returning saga, id";
    let batch = async move |mut tx: Tx| {
        let gone = tx.query(SAGAS).bind(Timestamp(before)).bind(FORGET_AT_ONCE).all().await?;
        for row in &gone {
            let log = tx.query("delete from outgrow_saga_log where saga = $1 and id = $2");
            log.bind(row.get::<String>("saga")?).bind(row.get::<Uuid>("id")?).execute().await?;
        }
        tx.commit(gone.len()).await
    };
    while db.write(batch).await? > 0 {}
    Ok(())
}
