//! Who works on which shard of a home.

use std::time::Duration;

use async_trait::async_trait;
use outgrow::StoreError;
use outgrow_runtime::events::{Lease, Leases, SHARDS};
use serde_json::Value;
use uuid::Uuid;

use super::now;
use crate::{Db, Row, Sql, SqlError, db::lasts};

const TAKE: Sql = Sql {
    postgres: concat!(
        "insert into outgrow_leases (work, shard, holder, term, until)
         select $1, value::bigint, $2, 1, ",
        now!(postgres),
        " + $3 * interval '1 microsecond'
         from jsonb_array_elements_text($4)
         on conflict (work, shard) do update set
             term = outgrow_leases.term
                  + case when outgrow_leases.holder = excluded.holder then 0 else 1 end,
             holder = excluded.holder,
             until = excluded.until
         where outgrow_leases.holder = excluded.holder or outgrow_leases.until < ",
        now!(postgres),
        " returning shard, term, ",
        lasts!()
    ),
    sqlite: concat!(
        "insert into outgrow_leases (work, shard, holder, term, until)
         select $1, value, $2, 1, ",
        now!(sqlite),
        " + $3 from json_each($4) where true
         on conflict (work, shard) do update set
             term = outgrow_leases.term
                  + case when outgrow_leases.holder = excluded.holder then 0 else 1 end,
             holder = excluded.holder,
             until = excluded.until
         where outgrow_leases.holder = excluded.holder or outgrow_leases.until < ",
        now!(sqlite),
        "
         returning shard, term"
    ),
};

#[async_trait]
impl Leases for Db {
    async fn take(&self, work: &'static str, holder: Uuid, term: Duration) -> Result<Vec<Lease>, StoreError> {
        let micros = i64::try_from(term.as_micros()).unwrap_or(i64::MAX);
        let shards: Value = (0..SHARDS).collect();
        let taken =
            self.write_at_once(TAKE, move |take| take.bind(work).bind(holder).bind(micros).bind(shards));
        let taken = taken.await.map_err(StoreError::new)?;
        Ok(taken.iter().map(lease).collect::<Result<_, SqlError>>()?)
    }
}

fn lease(row: &Row) -> Result<Lease, SqlError> {
    let shard = row.map("shard", |shard: i64| u16::try_from(shard).ok())?;
    Ok(Lease { shard, term: row.u64("term")? })
}
