//! Values: what was bound is what is read, the same on both engines.

use adapter_sql::{Db, Timestamp};
use outgrow::{Migration, ModuleSpec};
use outgrow_testkit::SequentialIds;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use super::place::{Place, spec};

const SAMPLES: &ModuleSpec = &spec(
    "samples",
    &[Migration {
        name: "0001_samples",
        sqlite: "create table samples (id blob not null primary key, number integer, flag integer, text text,
                                       bytes blob, at integer, json text) strict;",
        postgres:
            "create table samples (id uuid not null primary key, number bigint, flag boolean, text text,
                                         bytes bytea, at timestamptz, json jsonb);",
    }],
);

pub(crate) async fn values_come_back_as_they_were_bound(place: &Place) {
    let db = open(place).await;
    let (id, at) = (SequentialIds::nth(1), datetime!(2026-01-02 03:04:05.678901 UTC));
    db.write(async move |mut tx| {
        tx.query("insert into samples (id, number, flag, text, bytes, at, json) values ($1, $2, $3, $4, $5, $6, $7)")
            .bind(id)
            .bind(i64::MAX)
            .bind(true)
            .bind("it's ; ünïcode")
            .bind(vec![0_u8, 255])
            .bind(Timestamp(at))
            .bind(json!({ "lines": [1, null] }))
            .execute()
            .await?;
        tx.query("insert into samples (id, number, at) values ($1, $2, $3)")
            .bind(SequentialIds::nth(2))
            .bind(None::<i64>)
            .bind(None::<Timestamp>)
            .execute()
            .await?;
        tx.commit(()).await
    })
    .await
    .unwrap();

    let rows = db.query("select * from samples order by id").all().await.unwrap();
    assert_eq!(rows[0].get::<Uuid>("id").unwrap(), id);
    assert_eq!(rows[0].get::<i64>("number").unwrap(), i64::MAX);
    assert!(rows[0].get::<bool>("flag").unwrap());
    assert_eq!(rows[0].get::<String>("text").unwrap(), "it's ; ünïcode");
    assert_eq!(rows[0].get::<Vec<u8>>("bytes").unwrap(), [0, 255]);
    assert_eq!(rows[0].time("at").unwrap(), at);
    assert_eq!(rows[0].get::<Value>("json").unwrap(), json!({ "lines": [1, null] }));
    assert_eq!(rows[1].get::<Option<i64>>("number").unwrap(), None);
    assert_eq!(rows[1].get::<Option<Timestamp>>("at").unwrap(), None);
    // Null is no number, no text and no time.
    rows[1].get::<i64>("number").unwrap_err();
    rows[1].get::<String>("text").unwrap_err();
    rows[1].time("at").unwrap_err();
    rows[1].get::<i64>("nowhere").unwrap_err();
}

pub(crate) async fn time_is_kept_to_the_microsecond_and_in_order(place: &Place) {
    let db = open(place).await;
    let (day, step) = (datetime!(1969-12-31 23:59:59.9999 UTC), Duration::nanoseconds(33_333));
    let times: Vec<OffsetDateTime> = (0..20).map(|n| day + step * n).collect();
    let bound = times.clone();
    db.write(async move |mut tx| {
        for (n, at) in (1..).zip(bound.into_iter().rev()) {
            tx.query("insert into samples (id, at) values ($1, $2)")
                .bind(SequentialIds::nth(n))
                .bind(Timestamp(at))
                .execute()
                .await?;
        }
        tx.commit(()).await
    })
    .await
    .unwrap();
    let rows = db.query("select at from samples order by at").all().await.unwrap();
    for (row, at) in rows.iter().zip(times) {
        let cut = at.replace_nanosecond(at.nanosecond() / 1_000 * 1_000).unwrap();
        assert_eq!(row.time("at").unwrap(), cut);
    }
}

pub(crate) async fn a_number_out_of_range_is_an_error_that_names_its_column(place: &Place) {
    let db = open(place).await;
    let row =
        db.query("select cast(-1 as bigint) as low, cast(4294967296 as bigint) as high").one().await.unwrap();
    assert_eq!(row.u64("high").unwrap(), 4_294_967_296);
    let error = row.u32("high").unwrap_err().to_string();
    assert_eq!(error, "column high holds 4294967296, which is out of range");
    row.u64("low").unwrap_err();
}

pub(crate) async fn a_value_without_a_meaning_is_an_error_that_names_its_column(place: &Place) {
    let db = open(place).await;
    let row = db.query("select 'E42' as code, '7' as digit").one().await.unwrap();
    assert_eq!(row.parse::<u8>("digit").unwrap(), 7);
    let error = row.parse::<u8>("code").unwrap_err().to_string();
    assert_eq!(error, "column code holds what has no meaning here");
    let state = |code: String| (code == "E42").then_some(42);
    assert_eq!(row.map("code", state).unwrap(), 42);
    row.map("digit", state).unwrap_err();
}

async fn open(place: &Place) -> Db {
    place.open(SAMPLES).await.unwrap().1.db()
}
