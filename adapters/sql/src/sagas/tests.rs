//! How PostgreSQL goes about very many sagas that it has no statistics of.

use outgrow_testkit::TestDatabase;
use sqlx::Connection as _;

use super::{MOVE, PUT_OFF, TAKE};
use crate::events::tests::{Kept, always_by, empty, run};

/// As many that have ended as are to be carried on.
const MANY: &str = "
    insert into shelf.outgrow_sagas (saga, id, version, phase, step, attempts, lost, round, parked, revision, live,
                                     next_at, since, began_at)
    select 'packing', lpad(to_hex(n), 32, '0')::uuid, 1, case when n % 2 = 0 then 'done' else 'forward' end, 0, 0, 0, 0,
           false, 1, n % 2 = 1, now(), now(), now()
    from generate_series(1, 20000) n";

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn of_many_sagas_without_statistics_each_is_found_by_its_index() {
    let database = TestDatabase::new().await;
    let mut session = empty(&database).await;
    let id = "00000000-0000-0000-0000-000000000007";
    let by_id = ["Index Cond: ((saga = $1) AND (id = $2))"];
    let by_due = [
        "Index Scan using outgrow_sagas_due",
        "Index Cond: ((saga = $1) AND (next_at <= ",
        "TID Cond: (ctid = ANY",
    ];
    let to = "'done', 1, 0, 0, 0, false, null, null, null, 2, false, 'did', 'pack', null, null";
    let mut kept = Vec::new();
    for (name, of, types, values, words) in [
        (
            "take",
            TAKE,
            "(text, jsonb, bigint, bigint)",
            "'packing', '[1]', 64, 1".to_owned(),
            by_due.as_slice(),
        ),
        (
            "move",
            MOVE,
            "(text, uuid, bigint, text, bigint, bigint, bigint, bigint, bool, text, text, text, bigint, bool, text,
              text, text, text, bigint, bigint, bool, text, bigint, bigint, bool)",
            format!("'packing', '{id}', 1, {to}, 1, 0, false, 'forward', 0, 0, false"),
            &by_id,
        ),
        (
            "put_off",
            PUT_OFF,
            "(text, uuid, bigint, bigint, text, bigint)",
            format!("'packing', '{id}', 1, 1, null, 0"),
            &by_id,
        ),
    ] {
        kept.push((Kept::prepare(&mut session, name, types, of, values).await, words));
    }
    run(&mut session, MANY.to_owned()).await;
    always_by(&mut session, &kept).await;
    session.close().await.unwrap();
}
