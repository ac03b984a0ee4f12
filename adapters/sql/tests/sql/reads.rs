//! Reads: they cannot write, and a snapshot stands still.

use super::place::{Place, on_hand, take};

pub(crate) async fn a_query_outside_a_write_cannot_write(place: &Place) {
    let db = place.db().await;
    let error = db.query("update items set on_hand = 0").execute().await.unwrap_err();
    assert!(error.to_string().contains("read"), "{error}"); // "readonly database", "read-only transaction"
    db.query("delete from items returning sku").optional().await.unwrap_err();
    db.query("with gone as (select 1) insert into items (sku, on_hand, version) values ('nut', 1, 1)")
        .execute()
        .await
        .unwrap_err();
    let mut snapshot = db.read().await.unwrap();
    snapshot.query("update items set on_hand = 0").execute().await.unwrap_err();
    assert_eq!(on_hand(&db, "bolt").await, Some(10));
}

pub(crate) async fn a_snapshot_sees_the_same_to_its_end(place: &Place) {
    const ON_HAND: &str = "select on_hand from items where sku = 'bolt'";
    let db = place.db().await;
    let mut snapshot = db.read().await.unwrap();
    let before = snapshot.query(ON_HAND).one().await.unwrap();
    take(&db, "bolt", 1).await.unwrap();
    let after = snapshot.query(ON_HAND).one().await.unwrap();
    assert_eq!((before.u32("on_hand").unwrap(), after.u32("on_hand").unwrap()), (10, 10));
    drop(snapshot);
    assert_eq!(on_hand(&db, "bolt").await, Some(9));
}

pub(crate) async fn only_single_statements_on_data_pass(place: &Place) {
    const REFUSED: [&str; 8] = [
        "attach database 'other.db' as other",
        "pragma query_only = off",
        "reset role",
        "set search_path = other",
        "commit",
        " \n begin",
        "select 1; drop table items",
        "",
    ];
    let db = place.db().await;
    for sql in REFUSED {
        let error = db.query(sql).execute().await.unwrap_err().to_string();
        assert!(error.contains("only select") || error.contains("one statement"), "{sql}: {error}");
    }
    for sql in ["select 1", "SELECT\n1", "with one as (select 1) select * from one", "values(1)"] {
        db.query(sql).execute().await.unwrap();
    }
}
