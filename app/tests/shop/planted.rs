//! The oracle is tested by damage: each kind is planted in what a shop left, and exactly what it breaks is found.

use std::{collections::BTreeSet, fs};

use adapter_sql::Sql;
use outgrow::ModuleSpec;
use outgrow_testkit::TestDir;
use serde_json::json;
use uuid::Uuid;

use crate::{
    books::Books,
    data::Data,
    oracle::{Breach, Invariant, Ran, holds},
    system::{SOON, System},
};

/// Kinds of damage: what it is, in whose home, by which statement, and what it breaks.
type Damage = (&'static str, &'static ModuleSpec, Sql, Invariant);

/// They are done to a shop of four orders: one confirmed, one declined, one out of stock, one cancelled.
const DAMAGE: &[Damage] = &[
    ("an order stays placed", &ordering_infra::SPEC, STAYS_PLACED, Invariant::NothingIsHalfDone),
    ("a saga does not end", &ordering_infra::SPEC, LIVES, Invariant::NothingIsHalfDone),
    ("a saga is parked", &ordering_infra::SPEC, PARKS, Invariant::NothingIsHalfDone),
    ("nobody has asked what came of it", &payments_infra::SPEC, INTENDED, Invariant::NothingIsHalfDone),
    ("goods come from nowhere", &inventory_infra::SPEC, MORE, Invariant::StockAddsUp),
    ("more is reserved than held", &inventory_infra::SPEC, RESERVED, Invariant::StockAddsUp),
    ("goods were given back by halves", &inventory_infra::SPEC, RELEASED, Invariant::StockAddsUp),
    ("goods are held for nobody", &inventory_infra::SPEC, ORPHAN, Invariant::StockAddsUp),
    ("the books have two goods too few", &inventory_infra::SPEC, NO_ITEM, Invariant::StockAddsUp),
    ("money was given back", &payments_infra::SPEC, REFUNDED, Invariant::MoneyFollows),
    ("what is shown was not taken", &payments_infra::SPEC, SHOWN, Invariant::MoneyFollows),
    ("the provider took it twice", &payments_infra::SPEC, TWICE, Invariant::MoneyFollows),
    ("money stays set aside", &payments_infra::SPEC, SET_ASIDE, Invariant::MoneyFollows),
    ("an event was handled twice", &notifications_infra::SPEC, HANDLED_TWICE, Invariant::OneEffect),
    ("an event is missing", &ordering_infra::SPEC, MISSING, Invariant::EventsFollow),
    ("an event was passed over", &notifications_infra::SPEC, PASSED_OVER, Invariant::EventsFollow),
    ("an event waits in the outbox", &ordering_infra::SPEC, UNDELIVERED, Invariant::NothingWaits),
    ("an event waits in the inbox", &notifications_infra::SPEC, UNHANDLED, Invariant::NothingWaits),
    ("an event is parked", &notifications_infra::SPEC, PARKED, Invariant::NothingWaits),
    ("an outcome was not told", &notifications_infra::SPEC, UNTOLD, Invariant::OutcomesAreTold),
    ("a letter was not sent", &notifications_infra::SPEC, UNSENT, Invariant::OutcomesAreTold),
    ("a letter tells what never happened", &notifications_infra::SPEC, INVENTED, Invariant::OutcomesAreTold),
];

/// A statement that both engines understand.
const fn both(sql: &'static str) -> Sql {
    Sql { postgres: sql, sqlite: sql }
}

/// An event in an inbox: whether it is ready and parked, how often it was tried, and why it was not handled.
macro_rules! arrived {
    ($how:literal) => {
        arrived!($how, "'00112233-4455-6677-8899-aabbccddeeff'", "timestamptz 'epoch'", "x'00112233445566778899aabbccddeeff'", "0")
    };
    ($how:literal, $uuid:literal, $epoch:literal, $blob:literal, $zero:literal) => {
        Sql { postgres: arrived!(@ $how, $uuid, $epoch), sqlite: arrived!(@ $how, $blob, $zero) }
    };
    (@ $how:literal, $id:literal, $at:literal) => {
        concat!(
            "insert into outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, shard,
                                        ready, parked, attempts, reason, next_at, received_at)
             values ('ordering.v1.OrderEvent', 'k', 1, ", $id, ", 'ordering.v1.order_placed', '{}', ", $at, ", ", $id, ", 0,
                     ", $how, ", ", $at, ", ", $at, ")"
        )
    };
}

const STAYS_PLACED: Sql = both(
    "
    insert into orders (id, customer, payment_token, currency, total, hold, status, placed_at, version)
    select hold, customer, payment_token, currency, total, id, 'placed', placed_at, 1 from orders limit 1",
);
const LIVES: Sql = both("update outgrow_sagas set phase = 'back', live = true where phase = 'done'");
const PARKS: Sql = both("update outgrow_sagas set parked = true where phase = 'done'");
const INTENDED: Sql = both(
    "
    insert into payment_records (payment, version, kind, format, data, at)
    select payment, version + 1, 'refund-requested', format, '{}', at
    from payment_records where kind = 'captured' limit 1",
);
const MORE: Sql = both("update items set on_hand = on_hand + 1");
const RESERVED: Sql = both("update items set reserved = reserved + 1");
const RELEASED: Sql = both("update reservations set state = 'released' where state = 'shipped'");
const ORPHAN: Sql = Sql {
    postgres: "insert into reservations (id, state, version) values ('00112233-4455-6677-8899-aabbccddeeff', 'held', 1)",
    sqlite: "insert into reservations (id, state, version) values (x'00112233445566778899aabbccddeeff', 'held', 1)",
};
const NO_ITEM: Sql = both("update items set on_hand = on_hand - 2");
const REFUNDED: Sql = both(
    "
    insert into ledger_transfers (id, payment, movement, undoes, debit, credit, currency, amount, at)
    select payment, payment, 'refund', 'capture', 'customers', 'provider', currency, amount, at
    from ledger_transfers t where not exists (
        select 1 from ledger_transfers r where r.payment = t.payment and r.movement = 'refund')",
);
const SHOWN: Sql = both("update payment_overview set captured = 0 where status = 'captured'");
const TWICE: Sql = both(
    "
    insert into sandbox_operations (key, payment, act, currency, amount, submissions, arrived, known_at)
    select key || '/again', payment, act, currency, amount, 1, true, known_at
    from sandbox_operations where act = 'capture'",
);
const SET_ASIDE: Sql = both(
    "delete from sandbox_operations where act in ('capture', 'refund') and payment in (
        select payment from sandbox_operations where act = 'refund')",
);
const HANDLED_TWICE: Sql = both("update outgrow_positions set handled = handled + 1");
const MISSING: Sql = both("delete from outgrow_outbox where kind = 'ordering.v1.order_placed'");
const PASSED_OVER: Sql = both("update outgrow_positions set handled = handled - 1");
const UNDELIVERED: Sql = both("
    insert into outgrow_deliveries (subscriber, event, shard) select 'notifications', id, 0 from outgrow_outbox limit 1");
const UNHANDLED: Sql = arrived!("true, false, 0, null");
const PARKED: Sql = arrived!("false, true, 5, 'a defect'");
const UNTOLD: Sql = both("delete from messages where outcome = 'rejected'");
const UNSENT: Sql = both("update messages set sent_at = null where outcome = 'cancelled'");
const INVENTED: Sql = both(
    "
    insert into messages (id, order_id, outcome, recipient, subject, body, written_at, sent_at)
    select order_id, order_id, 'cancelled', recipient, subject, body, written_at, sent_at
    from messages where outcome = 'rejected' limit 1",
);

/// Keeps a copy of every table.
const KEEP: &str = "
    do $$ declare t record; begin
        create schema kept;
        for t in select schemaname s, tablename n from pg_tables
                 where schemaname not in ('pg_catalog', 'information_schema', 'kept') loop
            execute format('create table kept.%I as table %I.%I', t.s || '.' || t.n, t.s, t.n);
        end loop;
    end $$";
/// Makes every table what it was, past all its triggers and keys.
const RESTORE: &str = "
    do $$ declare t record; begin
        perform set_config('session_replication_role', 'replica', true);
        for t in select schemaname s, tablename n from pg_tables
                 where schemaname not in ('pg_catalog', 'information_schema', 'kept') loop
            execute format('delete from %I.%I', t.s, t.n);
            execute format('insert into %I.%I select * from kept.%I', t.s, t.n, t.s || '.' || t.n);
        end loop;
    end $$";

/// What a shop has left that took orders of every outcome, and what was asked of it.
async fn left(mut shop: System) -> (System, Ran) {
    shop.sell("mug", 1250, 5).await;
    let mut orders = Vec::new();
    for (quantity, token, outcome) in [
        (2, "tok_ok", "confirmed"),
        (1, "tok_declined", "rejected"),
        (9, "tok_ok", "rejected"),
        (1, "tok_ok", "confirmed"),
    ] {
        let line = json!({"sku": "mug", "quantity": quantity});
        let order = json!({"customer": "ada", "lines": [line], "payment_token": token});
        let id = shop.post("/v1/orders", &order).await.json()["id"].as_str().unwrap().to_owned();
        shop.order_becomes(&id, outcome).await;
        orders.push(id);
    }
    let cancelled = shop.post(&format!("/v1/orders/{}/cancellation", orders[3]), &json!({})).await;
    assert_eq!(cancelled.status, 200);
    let ran = Ran::new("mug", 5).accepted(&orders);
    holds(&shop, &ran).await;
    shop.process("main").terminate();
    assert!(shop.process("main").exit(SOON).success());
    (shop, ran)
}

/// Does this to what a shop has left.
async fn damage(data: &Data, spec: &'static ModuleSpec, statement: Sql) {
    let damage = async move |mut tx: adapter_sql::Tx| {
        let changed = tx.query(statement).execute().await?;
        assert!(changed > 0, "{statement:?} changes nothing");
        tx.commit(()).await
    };
    data.home(spec).await.db().write(damage).await.unwrap();
}

/// The breaches after this was done, which is undone again.
async fn damaged(
    left: &Data,
    books: &Books,
    spec: &'static ModuleSpec,
    statement: Sql,
    ran: &Ran,
) -> Vec<Breach> {
    match left {
        Data::Folder(folder) => {
            let copy = TestDir::new();
            fs::create_dir(copy.join("data")).unwrap();
            for file in fs::read_dir(folder.join("data")).unwrap().flatten() {
                fs::copy(file.path(), copy.join("data").join(file.file_name())).unwrap();
            }
            let data = Data::Folder(copy.path().to_owned());
            damage(&data, spec, statement).await;
            Books::open(&data).await.breaches(ran).await
        }
        Data::Database(database) => {
            damage(left, spec, statement).await;
            let breaches = books.breaches(ran).await;
            database.alter(RESTORE).await;
            breaches
        }
    }
}

async fn each_is_found(shop: System) {
    let (shop, ran) = left(shop).await;
    if let Data::Database(database) = &shop.data {
        database.alter(KEEP).await;
    }
    let books = Books::open(&shop.data).await;
    for (what, spec, statement, invariant) in DAMAGE {
        let found = damaged(&shop.data, &books, spec, *statement, &ran).await;
        let broken: BTreeSet<_> = found.iter().map(|breach| breach.invariant).collect();
        assert_eq!(broken, BTreeSet::from([*invariant]), "{what}: {found:#?}");
    }

    let unharmed = books.breaches(&ran).await;
    assert!(unharmed.is_empty(), "{unharmed:#?}");
    let lost = Uuid::from_u128(7);
    let found = books.breaches(&Ran { accepted: vec![lost], ..ran.clone() }).await;
    assert!(matches!(found[..], [Breach { invariant: Invariant::OrdersEnd, .. }]), "{found:#?}");
    let found = books.breaches(&Ran { poison: BTreeSet::from([lost]), ..ran.clone() }).await;
    assert!(matches!(found[..], [Breach { invariant: Invariant::NothingWaits, .. }]), "{found:#?}");
    assert_eq!(found[0].to_string(), format!("I6 NothingWaits: {lost} cannot be handled, and is not parked"));
}

#[tokio::test]
async fn each_kind_of_damage_is_found_and_named() {
    each_is_found(System::started(&[], "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_each_kind_of_damage_is_found_and_named() {
    each_is_found(System::started_on_postgres(&[], "").await).await;
}

#[test]
fn damage_of_every_kind_is_planted() {
    let planted: BTreeSet<_> = DAMAGE.iter().map(|(_, _, _, invariant)| *invariant).collect();
    assert_eq!(
        planted.len(),
        7,
        "all but orders that are lost, which is planted in what was asked: {planted:?}"
    );
}
