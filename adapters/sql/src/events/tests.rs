//! How PostgreSQL goes about a backlog that it has no statistics of, and about an archive.

use outgrow_testkit::TestDatabase;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::{archive, inbox, outbox};
use crate::{Sql, db::tests::home, postgres::SETTINGS_OF_KIT};

/// As nobody can have looked at yet.
const BACKLOG: &str = "
    insert into shelf.outgrow_outbox (id, stream, key, sequence, kind, data, at, correlation)
    select lpad(to_hex(n), 32, '0')::uuid, 's', n::text, 1, 'k', '{}', now(), gen_random_uuid()
    from generate_series(1, 20000) n;
    insert into shelf.outgrow_deliveries (subscriber, event, shard)
    select 'ear', lpad(to_hex(n), 32, '0')::uuid, n % 16 from generate_series(1, 20000) n;
    insert into shelf.outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, shard, ready, parked,
                                     attempts, next_at, received_at)
    select 's', n::text, 1, gen_random_uuid(), 'k', '{}', now(), gen_random_uuid(), n % 16, true, false, 0, now(), now()
    from generate_series(1, 20000) n";

/// The plan of a statement that was prepared and kept while all tables were empty, as it is run when they are not.
struct Kept<'a> {
    name: &'a str,
    of: &'a str,
    values: String,
}

impl Kept<'_> {
    /// Often enough that PostgreSQL keeps the plan.
    async fn prepare(&self, session: &mut PgConnection, types: &str, statement: Sql) {
        let Self { name, values, .. } = self;
        run(session, format!("prepare {name} ({types}) as {}", statement.postgres)).await;
        for _ in 0..8 {
            run(session, format!("execute {name} ({values})")).await;
        }
    }

    async fn assert_by(&self, session: &mut PgConnection, index: &str) {
        let Self { name, of, values } = self;
        let explain = AssertSqlSafe(format!("explain execute {name} ({values})"));
        let lines = sqlx::raw_sql(explain).fetch_all(&mut *session).await.unwrap();
        let plan: Vec<String> = lines.iter().map(|line| line.get(0)).collect();
        let has = |words: &str| plan.iter().any(|line| line.contains(words));
        assert!(has(index), "{plan:#?}");
        assert!(!has(&format!("Seq Scan on {of}")) && !has("Sort Key: outgrow_"), "{plan:#?}");
    }
}

async fn run(session: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(session).await.unwrap();
}

/// A session in a home that is empty, and stays without statistics.
async fn empty(database: &TestDatabase) -> PgConnection {
    let _migrated = home(&database.url().parse().unwrap()).await;
    let mut session = PgConnection::connect(&database.url()).await.unwrap();
    run(&mut session, "set search_path = shelf".to_owned()).await;
    for (name, value) in SETTINGS_OF_KIT {
        run(&mut session, format!("set {name} = '{value}'")).await;
    }
    for table in ["outbox", "deliveries", "inbox"] {
        run(&mut session, format!("alter table outgrow_{table} set (autovacuum_enabled = off)")).await;
        run(&mut session, format!("vacuum analyze outgrow_{table}")).await;
    }
    session
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn an_archive_is_read_by_its_indexes() {
    let database = TestDatabase::new().await;
    let mut session = empty(&database).await;
    let read =
        |name, values: &str| Kept { name, of: "outgrow_", values: format!("'2026-11-26', 100, {values}") };
    let (first, key) = ("'00000000-0000-0000-0000-000000000007', null", "'s', '7'");
    let (newest, since) = (read("newest", first), read("since", first));
    let (of_key, of_key_since) = (read("of_key", key), read("of_key_since", key));
    newest.prepare(&mut session, "timestamptz, bigint, uuid, text", archive::NEWEST.into()).await;
    since.prepare(&mut session, "timestamptz, bigint, uuid, text", archive::SINCE.into()).await;
    of_key.prepare(&mut session, "timestamptz, bigint, text, text", archive::NEWEST_OF_KEY.into()).await;
    of_key_since.prepare(&mut session, "timestamptz, bigint, text, text", archive::OF_KEY_SINCE.into()).await;
    run(&mut session, BACKLOG.to_owned()).await;
    newest.assert_by(&mut session, "Index Scan Backward using outgrow_outbox_pkey").await;
    since.assert_by(&mut session, "Index Scan using outgrow_outbox_pkey").await;
    of_key.assert_by(&mut session, "Index Scan Backward using outgrow_outbox_sequence_key").await;
    of_key_since.assert_by(&mut session, "Index Scan using outgrow_outbox_sequence_key").await;
    for read in [newest, since, of_key, of_key_since] {
        read.assert_by(&mut session, "using outgrow_deliveries_event").await;
    }
    session.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_backlog_without_statistics_is_followed_by_its_index() {
    let database = TestDatabase::new().await;
    let mut session = empty(&database).await;
    let shards: Value = (0..16).map(|shard| json!([shard, 1])).collect();
    let ids: Value = (1..=64).map(|n| format!("00000000-0000-0000-0000-{n:012x}")).collect();
    let due = Kept { name: "due", of: "outgrow_deliveries", values: format!("'ear', '{shards}', 64") };
    let settle =
        Kept { name: "settle", of: "outgrow_deliveries", values: format!("'ear', '{ids}', '{shards}'") };
    let begin = Kept { name: "attempt", of: "outgrow_inbox", values: format!("'{shards}', 64") };
    due.prepare(&mut session, "text, jsonb, bigint", outbox::DUE).await;
    settle.prepare(&mut session, "text, jsonb, jsonb", outbox::SETTLE).await;
    begin.prepare(&mut session, "jsonb, bigint", inbox::BEGIN).await;
    run(&mut session, BACKLOG.to_owned()).await;
    due.assert_by(&mut session, "Index Scan using outgrow_deliveries_pkey").await;
    settle.assert_by(&mut session, "Index Scan using outgrow_deliveries_pkey").await;
    begin.assert_by(&mut session, "Index Scan using outgrow_inbox_due").await;
    session.close().await.unwrap();
}
