//! The answers that a home remembers, so that a repeated command has its effect once.
//!
//! Every home has the table `outgrow_answers`, from the kit's own migrations. An answer is written in the transaction
//! that has the effects it answers for; its primary key settles the race of two calls with one key.

use std::time::Duration;

use async_trait::async_trait;
use outgrow::{Answers, CommandId, CommitError, Fingerprint, Migration, Remembered, StoreError, Turn};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Bell, Db, Home, Sql, Timestamp, Tx,
    held::{Statement, Values},
};

/// How long an answer is kept.
const KEPT: time::Duration = time::Duration::days(7);
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// So that a purge never keeps other writers waiting for long.
const FORGET_AT_ONCE: i64 = 500;

/// What every home has besides its module's own tables.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_answers",
        sqlite: include_str!("../../../migrations/kit/sqlite/0001_answers.sql"),
        postgres: include_str!("../../../migrations/kit/postgres/0001_answers.sql"),
    },
    Migration {
        name: "0002_events",
        sqlite: include_str!("../../../migrations/kit/sqlite/0002_events.sql"),
        postgres: include_str!("../../../migrations/kit/postgres/0002_events.sql"),
    },
    Migration {
        name: "0003_audience",
        sqlite: include_str!("../../../migrations/kit/sqlite/0003_audience.sql"),
        postgres: include_str!("../../../migrations/kit/postgres/0003_audience.sql"),
    },
    Migration {
        name: "0004_handled",
        sqlite: include_str!("../../../migrations/kit/sqlite/0004_handled.sql"),
        postgres: include_str!("../../../migrations/kit/postgres/0004_handled.sql"),
    },
    Migration {
        name: "0005_sagas",
        sqlite: include_str!("../../../migrations/kit/sqlite/0005_sagas.sql"),
        postgres: include_str!("../../../migrations/kit/postgres/0005_sagas.sql"),
    },
    Migration {
        name: "0006_parked",
        sqlite: include_str!("../../../migrations/kit/sqlite/0006_parked.sql"),
        postgres: include_str!("../../../migrations/kit/postgres/0006_parked.sql"),
    },
];

#[async_trait]
impl Answers for Db {
    async fn recall(&self, command: &CommandId) -> Result<Option<Remembered>, StoreError> {
        let found = self
            .query(
                "select fingerprint, refused, body from outgrow_answers
                 where principal = $1 and caller = $2 and method = $3 and key = $4",
            )
            .bind(&command.principal)
            .bind(&command.caller)
            .bind(&command.method)
            .bind(&command.key)
            .optional()
            .await?;
        let Some(row) = found else { return Ok(None) };
        Ok(Some(Remembered {
            command: command.clone(),
            fingerprint: Fingerprint(row.get::<Uuid>("fingerprint")?),
            refused: row.get("refused")?,
            body: row.get::<Vec<u8>>("body")?.into(),
        }))
    }

    async fn begin(&self, command: &CommandId, patience: Option<Duration>) -> Option<Turn> {
        self.turns().begin(command, patience).await
    }

    async fn turn(&self) -> Turn {
        self.turns().next().await
    }
}

/// An answer that is to be remembered.
struct Remember<'a>(&'a Remembered, OffsetDateTime);

impl Statement for Remember<'_> {
    const NAME: &'static str = "remember";
    const SQL: Sql = Sql::of(
        "insert into outgrow_answers (principal, caller, method, key, fingerprint, refused, body, answered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    );

    fn values<V: Values>(&self, to: V) -> V {
        let Self(answer, at) = self;
        let CommandId { principal, caller, method, key } = &answer.command;
        let to = to.value(principal).value(caller).value(method).value(key).value(answer.fingerprint.0);
        to.value(answer.refused).value(answer.body.to_vec()).value(Timestamp(*at))
    }
}

pub(crate) fn remember(tx: &mut Tx, answer: &Remembered, at: OffsetDateTime) {
    tx.hold(&Remember(answer, at));
}

/// Forgets, hourly, the answers that are older than seven days.
pub(crate) fn forget_hourly(home: &Home) {
    let (db, clock) = (home.db(), home.clock());
    home.tasks().chore("forget answers", FORGET_EVERY, &Bell::default(), move || {
        let (db, before) = (db.clone(), clock.now() - KEPT);
        async move {
            if let Err(error) = forget(&db, before).await {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(home = db.module(), %error, cause, "old answers are kept until the next try");
            }
        }
    });
}

async fn forget(db: &Db, before: OffsetDateTime) -> Result<(), CommitError> {
    let batch = async move |mut tx: Tx| {
        let forgotten = tx
            .query(
                "delete from outgrow_answers where (principal, caller, method, key) in
                 (select principal, caller, method, key from outgrow_answers
                  where answered_at < $1 order by answered_at limit $2)",
            )
            .bind(Timestamp(before))
            .bind(FORGET_AT_ONCE)
            .execute()
            .await?;
        tx.commit(forgotten).await
    };
    while db.write(batch).await? > 0 {}
    Ok(())
}
