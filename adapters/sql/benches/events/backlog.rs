//! What is due, where very many events wait for a subscriber, and where few do.

use std::time::Duration;

use adapter_sql::Db;
use outgrow::{IdGen as _, SystemIds};
use outgrow_runtime::events::{Lease, Leases as _, Outbox as _};
use outgrow_testkit::{
    TestDatabase,
    contest::{Client, Contest, Contestants, Failure, Row},
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::{
    LAPS,
    shelf::{Engine, Place},
};

const FEW: u32 = 1_000;
/// How many are added at once.
const BATCH: u32 = 1_000_000;
/// How many are claimed at once, as by the relay.
const WINDOW: u32 = 128;

pub(crate) async fn measure(many: u32) -> Result<[Row; 2], Failure> {
    let [bare, candidate, again] =
        [Claimant::of(FEW).await?, Claimant::of(many).await?, Claimant::of(FEW).await?];
    let claims = Contestants { bare: bare.claims(), candidate: candidate.claims(), again: again.claims() };
    claims.compete("backlog", Contest::Latency { calls: 100 }, LAPS).await
}

/// A home in which so many events wait.
struct Claimant {
    place: Place,
    shards: Vec<Lease>,
}

#[derive(Clone)]
struct Claims {
    db: Db,
    shards: Vec<Lease>,
}

impl Claimant {
    async fn of(events: u32) -> Result<Self, Failure> {
        let place = Place::new(Engine::Postgres).await?;
        let url = place.database.as_ref().map(TestDatabase::url).ok_or("no database")?;
        let mut session = PgConnection::connect(&url).await?;
        for first in (0..events).step_by(usize::try_from(BATCH)?) {
            let last = (first + BATCH).min(events);
            for statement in [EVENTS, DELIVERIES] {
                let statement = statement.replace("FIRST", &(first + 1).to_string());
                let statement = statement.replace("LAST", &last.to_string());
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut session).await?;
            }
        }
        // The server has no statistics of them yet.
        let shards = place.shelf.db().take("relay", SystemIds.uuid(), Duration::from_hours(1)).await?;
        Ok(Self { place, shards })
    }

    fn claims(&self) -> Claims {
        Claims { db: self.place.shelf.db(), shards: self.shards.clone() }
    }
}

/// Ids that grow, each event the first of its key.
const EVENTS: &str = "
    insert into shelf.outgrow_outbox (id, stream, key, sequence, kind, data, at, correlation, causation)
    select lpad(to_hex(n), 32, '0')::uuid, 'shelf.v1.ParcelEvent', n::text, 1, 'shelf.v1.packed',
           '{\"parcel\": \"' || n || '\", \"pieces\": 2}', clock_timestamp(), lpad(to_hex(n), 32, '0')::uuid, null
    from generate_series(FIRST, LAST) n";
const DELIVERIES: &str = "
    insert into shelf.outgrow_deliveries (subscriber, event, shard)
    select 'ear', lpad(to_hex(n), 32, '0')::uuid, n % 16 from generate_series(FIRST, LAST) n";

impl Client for Claims {
    async fn call(&self, _: u64) -> Result<(), Failure> {
        if !self.db.any_due("ear").await? {
            return Err("nothing is due".into());
        }
        let due = self.db.due("ear", &self.shards, WINDOW).await?;
        if due.len() == usize::try_from(WINDOW)? {
            Ok(())
        } else {
            Err("not all that is due is found".into())
        }
    }
}
