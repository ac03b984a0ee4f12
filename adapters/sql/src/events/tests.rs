//! How PostgreSQL goes about a backlog that it has no statistics of.

use outgrow::CommitError;
use outgrow_testkit::TestDatabase;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use super::{inbox, outbox};
use crate::{
    Db, Query, Sql, Tx,
    db::{Begin, tests::home},
};

/// As nobody can have looked at yet.
const BACKLOG: &str = "
    alter table shelf.outgrow_outbox set (autovacuum_enabled = off);
    alter table shelf.outgrow_deliveries set (autovacuum_enabled = off);
    alter table shelf.outgrow_inbox set (autovacuum_enabled = off);
    insert into shelf.outgrow_outbox (id, stream, key, sequence, kind, data, at, correlation)
    select lpad(to_hex(n), 32, '0')::uuid, 's', n::text, 1, 'k', '{}', now(), gen_random_uuid()
    from generate_series(1, 20000) n;
    insert into shelf.outgrow_deliveries (subscriber, event, shard)
    select 'ear', lpad(to_hex(n), 32, '0')::uuid, n % 16 from generate_series(1, 20000) n;
    insert into shelf.outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, shard, ready, parked,
                                     attempts, next_at, received_at)
    select 's', n::text, 1, gen_random_uuid(), 'k', '{}', now(), gen_random_uuid(), n % 16, true, false, 0, now(), now()
    from generate_series(1, 20000) n";

/// How a statement is planned, line by line.
async fn plan(
    db: &Db,
    begin: Begin,
    statement: Sql,
    values: impl for<'q> FnOnce(Query<'q>) -> Query<'q> + Send + 'static,
) -> Vec<String> {
    let explain = format!("explain {}", statement.postgres);
    let explain = Sql { postgres: explain.leak(), sqlite: "" };
    let explain = async move |mut tx: Tx| -> Result<_, CommitError> {
        let lines = values(tx.batch(explain)).all().await?;
        let lines: Result<Vec<String>, _> = lines.iter().map(|line| line.get("QUERY PLAN")).collect();
        tx.commit(lines?).await
    };
    db.write_so(begin, explain).await.unwrap()
}

fn has(plan: &[String], words: &str) -> bool {
    plan.iter().any(|line| line.contains(words))
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_backlog_without_statistics_is_followed_by_its_index() {
    let database = TestDatabase::new().await;
    let db = home(&database.url().parse().unwrap()).await;
    let mut server = PgConnection::connect(&database.url()).await.unwrap();
    sqlx::raw_sql(BACKLOG).execute(&mut server).await.unwrap();
    let shards: Value = (0..16).map(|shard| json!([shard, 1])).collect();

    let leases = shards.clone();
    let due = plan(&db, Begin::JOTTED_IN_ORDER, outbox::DUE, |due| due.bind("ear").bind(leases).bind(64_i64));
    let due = due.await;
    assert!(has(&due, "Index Scan using outgrow_deliveries_pkey") && !has(&due, "Seq Scan"), "{due:#?}");
    assert!(!has(&due, "Sort Key: outgrow_deliveries.event"), "{due:#?}");

    let leases = shards.clone();
    let ids: Value = (1..=64).map(|n| format!("00000000-0000-0000-0000-{n:012x}")).collect();
    let settle = plan(&db, Begin::JOTTED, outbox::SETTLE, |settle| settle.bind("ear").bind(ids).bind(leases));
    let settle = settle.await;
    assert!(has(&settle, "(event = ANY (") && has(&settle, "Index Cond: ((subscriber ="), "{settle:#?}");

    let begin =
        plan(&db, Begin::JOTTED_IN_ORDER, inbox::BEGIN, |begin| begin.bind(shards).bind(64_i64)).await;
    assert!(has(&begin, "Index Scan using outgrow_inbox_due"), "{begin:#?}");
    assert!(!has(&begin, "Sort Key"), "{begin:#?}");
    server.close().await.unwrap();
}
