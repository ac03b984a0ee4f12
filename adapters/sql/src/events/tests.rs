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

/// A statement that was prepared while all tables were empty, with the values that it is run with when they are not.
pub(crate) struct Kept {
    pub(crate) name: &'static str,
    pub(crate) values: String,
}

impl Kept {
    pub(crate) async fn prepare(
        session: &mut PgConnection,
        name: &'static str,
        types: &str,
        of: Sql,
        values: String,
    ) -> Self {
        let kept = Self { name, values };
        run(session, format!("prepare {name} {types} as {}", of.postgres)).await;
        run(session, kept.run()).await;
        kept
    }

    fn run(&self) -> String {
        let Self { name, values } = self;
        format!("execute {name} ({values})")
    }

    /// Its plan has all of these words, and nothing that goes through a table or sorts one.
    pub(crate) async fn assert_by(&self, session: &mut PgConnection, words: &[&str]) {
        let explain = AssertSqlSafe(format!("explain {}", self.run()));
        let lines = sqlx::raw_sql(explain).fetch_all(&mut *session).await.unwrap();
        let plan: Vec<String> = lines.iter().map(|line| line.get(0)).collect();
        let has = |words: &str| plan.iter().any(|line| line.contains(words));
        let missing: Vec<_> = words.iter().filter(|words| !has(words)).collect();
        assert!(missing.is_empty(), "{}: {missing:?} in {plan:#?}", self.name);
        assert!(!has("Seq Scan on outgrow_") && !has("Sort Key: outgrow_"), "{}: {plan:#?}", self.name);
    }
}

/// Each has all of these words in its plan: as it was made on empty tables, as it is made on full ones without
/// statistics, and with them.
pub(crate) async fn always_by(session: &mut PgConnection, kept: &[(Kept, &[&str])]) {
    for then in ["select 1", "discard plans", "analyze"] {
        run(session, then.to_owned()).await;
        for (kept, words) in kept {
            kept.assert_by(session, words).await;
        }
    }
}

pub(crate) async fn run(session: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(session).await.unwrap();
}

/// A session in a home that is empty, and stays without statistics.
pub(crate) async fn empty(database: &TestDatabase) -> PgConnection {
    let _migrated = home(&database.url().parse().unwrap()).await;
    let mut session = PgConnection::connect(&database.url()).await.unwrap();
    run(&mut session, "set search_path = shelf".to_owned()).await;
    for (name, value) in SETTINGS_OF_KIT {
        run(&mut session, format!("set {name} = '{value}'")).await;
    }
    for table in ["outbox", "deliveries", "inbox", "sagas"] {
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
    let (first, key) = ("'00000000-0000-0000-0000-000000000007', null", "'s', '7'");
    let mut kept = Vec::new();
    for (name, of, types, values, words) in [
        ("newest", archive::NEWEST, "uuid, text", first, "Index Scan Backward using outgrow_outbox_pkey"),
        ("since", archive::SINCE, "uuid, text", first, "Index Scan using outgrow_outbox_pkey"),
        (
            "of_key",
            archive::NEWEST_OF_KEY,
            "text, text",
            key,
            "Index Scan Backward using outgrow_outbox_sequence_key",
        ),
        (
            "of_key_since",
            archive::OF_KEY_SINCE,
            "text, text",
            key,
            "Index Scan using outgrow_outbox_sequence_key",
        ),
    ] {
        let types = format!("(timestamptz, bigint, {types})");
        let values = format!("'2026-11-26', 100, {values}");
        kept.push((Kept::prepare(&mut session, name, &types, of.into(), values).await, words));
    }
    run(&mut session, BACKLOG.to_owned()).await;
    for (kept, words) in kept {
        kept.assert_by(&mut session, &[words, "using outgrow_deliveries_event"]).await;
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
    let mut kept = Vec::new();
    for (name, of, types, values, words) in [
        (
            "due",
            outbox::DUE,
            "(text, jsonb, bigint)",
            format!("'ear', '{shards}', 64"),
            [
                "Index Scan using outgrow_deliveries_pkey",
                "Index Cond: ((subscriber >= $1) AND (subscriber <= $1))",
                "Index Scan using outgrow_outbox_pkey",
                "Index Cond: (id = due.event)",
            ]
            .as_slice(),
        ),
        (
            "settle",
            outbox::SETTLE,
            "(text, jsonb, jsonb)",
            format!("'ear', '{ids}', '{shards}'"),
            &["event = (settled.value)::uuid)", "TID Cond: (ctid = ANY"],
        ),
        (
            "attempt",
            inbox::BEGIN,
            "(jsonb, bigint)",
            format!("'{shards}', 64"),
            &["Index Scan using outgrow_inbox_due", "Index Cond: (next_at <= ", "TID Cond: (ctid = ANY"],
        ),
        (
            "alone",
            inbox::BEGIN_ALONE,
            "(jsonb, bigint)",
            format!("'{shards}', 1"),
            &[
                "Index Scan using outgrow_inbox_interrupted",
                "Index Cond: (next_at <= ",
                "TID Cond: (ctid = ANY",
            ],
        ),
        (
            "interrupted",
            inbox::ANY_INTERRUPTED,
            "(jsonb)",
            format!("'{shards}'"),
            &["Index Scan using outgrow_inbox_interrupted", "Index Cond: (next_at <= "],
        ),
        (
            "put_off",
            inbox::PUT_OFF,
            "(text, text, bigint, text, bigint)",
            "'s', '7', 1, 'why', 1".to_owned(),
            &["Index Cond: ((stream = $1) AND (key = $2) AND (sequence = $3))"],
        ),
    ] {
        kept.push((Kept::prepare(&mut session, name, types, of, values).await, words));
    }
    run(&mut session, BACKLOG.to_owned()).await;
    always_by(&mut session, &kept).await;
    session.close().await.unwrap();
}
