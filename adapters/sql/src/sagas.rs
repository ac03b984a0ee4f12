//! The sagas of a home: where each is, and the log of what happened to it.
//!
//! They are tables of the home, from the kit's own migrations, so a transition is committed with what it is about
//! ([`Tx::advance`](crate::Tx::advance)). What a transition leads to is decided by the kernel; here it is kept, if
//! nobody was first. Time is the engine's: processes with wrong clocks share one opinion of when a lease or a patience
//! ends.

mod care;

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use outgrow::{
    CommitError, Saga, StoreError,
    saga::{Instance, Phase, Transition, Turn, Why},
};
use outgrow_runtime::{
    Bell, crash,
    sagas::{LEASE, SagaStore},
};
use serde_json::Value;
use uuid::Uuid;

pub(crate) use care::forget_hourly;
pub use care::{Entry, SagaUpkeep, Tracked};

use crate::{
    Db, Query, Row, Sql, SqlError, Tx,
    db::{Begin, lasts},
    events::now,
    held::{Statement, Values},
};

/// A statement in which `{now}` is the engine's clock and `{micros}` what makes a duration of a number.
macro_rules! timed {
    (@ $engine:ident [$($done:expr,)*] now $($rest:tt)*) => { timed!(@ $engine [$($done,)* now!($engine),] $($rest)*) };
    (@ postgres [$($done:expr,)*] micros $($rest:tt)*) => {
        timed!(@ postgres [$($done,)* " * interval '1 microsecond'",] $($rest)*)
    };
    (@ sqlite [$($done:expr,)*] micros $($rest:tt)*) => { timed!(@ sqlite [$($done,)*] $($rest)*) };
    (@ $engine:ident [$($done:expr,)*] $text:literal $($rest:tt)*) => { timed!(@ $engine [$($done,)* $text,] $($rest)*) };
    (@ $engine:ident [$($done:expr,)*]) => { concat!($($done,)*) };
    ($($part:tt)*) => {
        Sql { postgres: timed!(@ postgres [] $($part)*), sqlite: timed!(@ sqlite [] $($part)*) }
    };
}

/// The same, and then the entry of the log. One row if there was something to be changed.
macro_rules! with_log {
    ($returned:expr; $($part:tt)*) => {
        Sql {
            postgres: concat!(
                "with kept as (", timed!(@ postgres [] $($part)*), " returning 1 as kept) ", log!(postgres),
                " returning ", $returned
            ),
            sqlite: concat!(timed!(@ sqlite [] $($part)*), " returning 1; ", log!(sqlite)),
        }
    };
}

/// What has to be read of an instance, with how long it has been where it is.
macro_rules! columns {
    (postgres) => {
        "*, (extract(epoch from clock_timestamp() - since) * 1000000)::bigint as waited"
    };
    (sqlite) => {
        "*, cast(unixepoch('subsec') * 1000000 as integer) - since as waited"
    };
}
use columns;

const ANY_DUE: Sql = Sql {
    postgres: "
        select 1 from outgrow_sagas
        where live and saga = $1 and next_at <= statement_timestamp()
        and version in (select value::bigint from jsonb_array_elements($2)) limit 1",
    sqlite: "
        select 1 from outgrow_sagas
        where live = 1 and saga = $1 and next_at <= cast(unixepoch('subsec') * 1000000 as integer)
        and version in (select value from json_each($2)) limit 1",
};

/// PostgreSQL may run a subquery of an update more than once and take more than the limit, but an array once; and it
/// finds a row by where it is, whatever it believes of the table. What is changed meanwhile is left to the next look.
/// What was due when the statement began is found in the index, which a clock that goes on would go through.
const TAKE: Sql = Sql {
    postgres: concat!(
        "update outgrow_sagas
         set attempts = attempts + 1, lost = lost + 1,
             next_at = clock_timestamp() + $4 * interval '1 microsecond'
         where ctid = any(array(
             select ctid from outgrow_sagas
             where live and saga = $1 and next_at <= statement_timestamp()
             and version = any(array(select value::bigint from jsonb_array_elements($2)))
             order by next_at limit $3 for update skip locked))
         returning ",
        columns!(postgres)
    ),
    sqlite: concat!(
        "update outgrow_sagas
         set attempts = attempts + 1, lost = lost + 1,
             next_at = cast(unixepoch('subsec') * 1000000 as integer) + $4
         where saga = $1 and id in (
             select id from outgrow_sagas
             where live = 1 and saga = $1 and next_at <= cast(unixepoch('subsec') * 1000000 as integer)
             and version in (select value from json_each($2))
             order by next_at limit $3)
         returning ",
        columns!(sqlite)
    ),
};

const ONE: Sql = Sql {
    postgres: concat!("select ", columns!(postgres), " from outgrow_sagas where saga = $1 and id = $2"),
    sqlite: concat!("select ", columns!(sqlite), " from outgrow_sagas where saga = $1 and id = $2"),
};
/// On SQLite whoever writes is alone already.
const ONE_TO_CHANGE: Sql = Sql {
    postgres: concat!(
        "select ",
        columns!(postgres),
        " from outgrow_sagas where saga = $1 and id = $2 for update"
    ),
    sqlite: ONE.sqlite,
};

/// An entry of the log: `$15` is what happened, `$16` at which step, `$17` why, `$18` who did it.
macro_rules! log {
    (postgres) => {
        "insert into outgrow_saga_log (saga, id, revision, at, what, step, note, actor)
         select $1, $2, $13, clock_timestamp(), $15, $16, $17, $18 from kept"
    };
    (sqlite) => {
        "insert into outgrow_saga_log (saga, id, revision, at, what, step, note, actor)
         select $1, $2, $13, cast(unixepoch('subsec') * 1000000 as integer), $15, $16, $17, $18
         from outgrow_sagas where saga = $1 and id = $2 and revision = $13"
    };
}

/// A saga begins.
struct Begun<'a>(&'a Transition, &'a Instance);

impl Statement for Begun<'_> {
    const NAME: &'static str = "begin_saga";
    const SQL: Sql = with_log!(
        "1";
        "insert into outgrow_sagas (saga, id, version, phase, step, attempts, lost, round, parked, reason_code, reason,
                                    trouble, revision, live, next_at, since, began_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, " now ", " now ", " now ")"
    );

    fn values<V: Values>(&self, to: V) -> V {
        afterwards(to, self.0, None, self.1)
    }
}

/// `$19` is the revision that it was read at, `$20` for how long it stays taken, `$21` whether it stays at its step. Where
/// it was is compared, too: a loss of power takes revisions back, and others may have given them again since.
macro_rules! moved {
    ($returned:expr) => {
        with_log!(
            $returned;
            "update outgrow_sagas
             set version = $3, phase = $4, step = $5, attempts = $6, lost = $7, round = $8, parked = $9,
                 reason_code = $10, reason = $11, trouble = $12, revision = $13, live = $14,
                 next_at = " now " + $20" micros ", since = case when $21 then since else " now " end
             where saga = $1 and id = $2 and revision = $19
               and phase = $22 and step = $23 and round = $24 and parked = $25"
        )
    };
}
const MOVE: Sql = moved!(lasts!());
/// The same, jotted.
const NOTE: Sql = moved!("1");

/// Whoever takes an instance raises its attempts and not its revision: `$6` tells who was late from who has it. `coalesce`
/// keeps PostgreSQL from looking among all that are live.
const PUT_OFF: Sql = timed!(
    "update outgrow_sagas set next_at = " now " + $4" micros ", trouble = coalesce($5, trouble), lost = 0
     where saga = $1 and id = $2 and revision = $3 and attempts = $6
       and coalesce(live, false)"
);

/// Wakes those who carry sagas on.
#[derive(Default)]
pub(crate) struct Bells(Mutex<Vec<Bell>>);

impl Bells {
    fn another(&self) -> Bell {
        let bell = Bell::default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(bell.clone());
        bell
    }

    /// There is something to do.
    pub(crate) fn ring(&self) {
        for bell in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            bell.ring();
        }
    }
}

/// Keeps a transition, in the transaction with what it is about. The instance afterwards; none if nothing changes.
pub(crate) async fn advance(tx: &mut Tx, transition: &Transition) -> Result<Option<Instance>, CommitError> {
    let (saga, id) = (transition.saga.name, transition.id);
    let before = match (&transition.at, &transition.turn) {
        (Some(at), _) => Some(at.clone()),
        (None, Turn::Began) => None,
        (None, _) => {
            let row = tx.query(ONE_TO_CHANGE).bind(saga).bind(id).optional().await?;
            row.as_ref().map(instance).transpose()?
        }
    };
    let Some(after) = transition.apply(before.as_ref())? else { return Ok(None) };
    let Some(before) = before else {
        tx.hold(&Begun(transition, &after));
        return Ok(Some(after));
    };
    let kept = moved(tx.batch(MOVE), transition, &before, &after).all().await?;
    one(&kept).map(|()| Some(after))
}

/// The same in a transaction of its own, of who has taken the saga. What comes to the same again if a loss of power takes
/// it back is jotted: a step was done, or undone.
async fn advance_alone(
    db: &Db,
    transition: Transition,
    before: Instance,
) -> Result<Option<Instance>, CommitError> {
    let Some(after) = transition.apply(Some(&before))? else { return Ok(None) };
    let ([step, way], to) = (turned(&transition), after.clone());
    let (begin, sql) = if transition.comes_again() { (Begin::JOTTED, NOTE) } else { (Begin::LASTING, MOVE) };
    crash::point(&["saga", step, way, "uncommitted"]);
    let kept = db.at_once(begin, sql, move |row| moved(row, &transition, &before, &to)).await?;
    crash::point(&["saga", step, way, "committed"]);
    one(&kept).map(|()| Some(after))
}

fn one(rows: &[Row]) -> Result<(), CommitError> {
    if rows.len() == 1 { Ok(()) } else { Err(CommitError::Conflict) }
}

/// What is kept of an instance, with the entry of the log.
fn afterwards<V: Values>(to: V, transition: &Transition, step: Option<&'static str>, after: &Instance) -> V {
    let to = to.value(transition.saga.name).value(transition.id);
    let to = to.value(i64::from(after.version)).value(word(after.phase)).value(i64::from(after.step));
    let to = to.value(i64::from(after.attempts)).value(i64::from(after.lost)).value(i64::from(after.round));
    let to = to.value(after.parked).value(after.why.as_ref().map(|why| why.code.clone()));
    let to = to.value(after.why.as_ref().map(|why| why.message.clone())).value(after.trouble.clone());
    let to = to.value(number(after.revision)).value(after.live());
    to.value(transition.turn.word()).value(step).value(transition.turn.note()).value(transition.by.clone())
}

/// The values of [`MOVE`].
fn moved<'q>(row: Query<'q>, transition: &Transition, before: &Instance, after: &Instance) -> Query<'q> {
    let step = before.step_of(transition.saga).map(|step| step.name);
    let row = afterwards(row, transition, step, after);
    let stays = (before.phase, before.step) == (after.phase, after.step) && after.parked;
    let taken = if transition.at.is_some() { LEASE } else { Duration::ZERO };
    let row = row.bind(number(before.revision)).bind(micros(taken)).bind(stays);
    let row = row.bind(word(before.phase)).bind(i64::from(before.step)).bind(i64::from(before.round));
    row.bind(before.parked)
}

#[async_trait]
impl SagaStore for Db {
    fn bell(&self) -> Bell {
        self.sagas().another()
    }

    async fn any_due(&self, saga: &'static Saga) -> Result<bool, StoreError> {
        let known: Value = saga.versions().collect();
        Ok(self.query(ANY_DUE).bind(saga.name).bind(known).optional().await?.is_some())
    }

    async fn take(
        &self,
        saga: &'static Saga,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<Instance>, CommitError> {
        let known: Value = saga.versions().collect();
        let taken = self.jot_at_once(TAKE, move |take| {
            take.bind(saga.name).bind(known).bind(i64::from(limit)).bind(micros(lease))
        });
        Ok(taken.await?.iter().map(instance).collect::<Result<_, _>>()?)
    }

    async fn instance(&self, saga: &'static Saga, id: Uuid) -> Result<Option<Instance>, StoreError> {
        let row = self.query(ONE).bind(saga.name).bind(id).optional().await?;
        Ok(row.as_ref().map(instance).transpose()?)
    }

    async fn advance(&self, transition: Transition) -> Result<Option<Instance>, CommitError> {
        if let Some(before) = transition.at.clone() {
            return advance_alone(self, transition, before).await;
        }
        let advance = async move |mut tx: Tx| {
            let after = tx.advance(&transition).await?;
            tx.commit(after).await
        };
        self.write(advance).await
    }

    async fn put_off(
        &self,
        saga: &'static Saga,
        at: &Instance,
        why: Option<&str>,
        pause: Duration,
    ) -> Result<(), CommitError> {
        let (id, revision, attempts) = (at.id, number(at.revision), i64::from(at.attempts));
        let why = why.map(ToOwned::to_owned);
        let put_off = self.jot_at_once(PUT_OFF, move |row| {
            row.bind(saga.name).bind(id).bind(revision).bind(micros(pause)).bind(why).bind(attempts)
        });
        put_off.await.map(drop)
    }
}

fn instance(row: &Row) -> Result<Instance, SqlError> {
    let why = match (row.get("reason_code")?, row.get("reason")?) {
        (Some(code), Some(message)) => Some(Why { code, message }),
        _ => None,
    };
    Ok(Instance {
        id: row.get("id")?,
        version: row.map("version", |version: i64| u16::try_from(version).ok())?,
        phase: row.map("phase", |word: String| phase(&word))?,
        step: row.u32("step")?,
        attempts: row.u32("attempts")?,
        lost: row.u32("lost")?,
        round: row.u32("round")?,
        parked: row.get("parked")?,
        why,
        trouble: row.get("trouble")?,
        revision: row.u64("revision")?,
        // Clocks of databases are set back now and then.
        waited: Duration::from_micros(u64::try_from(row.get::<i64>("waited")?).unwrap_or_default()),
    })
}

/// A turn as crash points name it: `reserve` and `do`, or `undo`; or `began`.
pub(crate) fn turned(transition: &Transition) -> [&'static str; 2] {
    match (&transition.at, &transition.turn) {
        (Some(at), _) => {
            let step = at.step_of(transition.saga).map_or("", |step| step.name);
            [step, if at.phase == Phase::Back { "undo" } else { "do" }]
        }
        (None, Turn::Began) => ["began", ""],
        (None, _) => ["called-off", ""],
    }
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Forward => "forward",
        Phase::Back => "back",
        Phase::Done => "done",
        Phase::Undone => "undone",
    }
}

fn phase(word: &str) -> Option<Phase> {
    [Phase::Forward, Phase::Back, Phase::Done, Phase::Undone]
        .into_iter()
        .find(|phase| self::word(*phase) == word)
}

fn number(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
