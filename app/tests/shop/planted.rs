//! The oracle is tested by damage: each kind is planted in what a shop left, and exactly what it breaks is found.

use std::{collections::BTreeSet, fs};

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
type Damage = (&'static str, &'static ModuleSpec, &'static str, Invariant);

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

const STAYS_PLACED: &str = "
    insert into orders (id, customer, payment_token, currency, total, hold, status, placed_at, version)
    select hold, customer, payment_token, currency, total, id, 'placed', placed_at, 1 from orders limit 1";
const LIVES: &str = "update outgrow_sagas set phase = 'back', live = 1 where phase = 'done'";
const PARKS: &str = "update outgrow_sagas set parked = 1 where phase = 'done'";
const INTENDED: &str = "
    insert into payment_records (payment, version, kind, format, data, at)
    select payment, version + 1, 'refund-requested', format, '{}', at
    from payment_records where kind = 'captured' limit 1";
const MORE: &str = "update items set on_hand = on_hand + 1";
const RESERVED: &str = "update items set reserved = reserved + 1";
const RELEASED: &str = "update reservations set state = 'released' where state = 'shipped'";
const ORPHAN: &str =
    "insert into reservations (id, state, version) values (x'00112233445566778899aabbccddeeff', 'held', 1)";
const NO_ITEM: &str = "update items set on_hand = on_hand - 2";
const REFUNDED: &str = "
    insert into ledger_transfers (id, payment, movement, undoes, debit, credit, currency, amount, at)
    select payment, payment, 'refund', 'capture', 'customers', 'provider', currency, amount, at
    from ledger_transfers t where not exists (
        select 1 from ledger_transfers r where r.payment = t.payment and r.movement = 'refund')";
const SHOWN: &str = "update payment_overview set captured = 0 where status = 'captured'";
const TWICE: &str = "
    insert into sandbox_operations (key, payment, act, currency, amount, submissions, arrived, known_at)
    select key || '/again', payment, act, currency, amount, 1, 1, known_at
    from sandbox_operations where act = 'capture'";
const SET_ASIDE: &str = "delete from sandbox_operations where act in ('capture', 'refund') and payment in (
        select payment from sandbox_operations where act = 'refund')";
const HANDLED_TWICE: &str = "update outgrow_positions set handled = handled + 1";
const MISSING: &str = "delete from outgrow_outbox where kind = 'ordering.v1.order_placed'";
const PASSED_OVER: &str = "update outgrow_positions set handled = handled - 1";
const UNDELIVERED: &str = "
    insert into outgrow_deliveries (subscriber, event, shard) select 'notifications', id, 0 from outgrow_outbox limit 1";
const UNHANDLED: &str = "
    insert into outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, shard, ready, parked, attempts,
                               next_at, received_at)
    values ('ordering.v1.OrderEvent', 'k', 1, x'00', 'ordering.v1.order_placed', '{}', 0, x'00', 0, 1, 0, 0, 0, 0)";
const PARKED: &str = "
    insert into outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, shard, ready, parked, attempts,
                               reason, next_at, received_at)
    values ('ordering.v1.OrderEvent', 'k', 1, x'00112233445566778899aabbccddeeff', 'ordering.v1.order_placed', '{}', 0,
            x'00', 0, 0, 1, 5, 'a defect', 0, 0)";
const UNTOLD: &str = "delete from messages where outcome = 'rejected'";
const UNSENT: &str = "update messages set sent_at = null where outcome = 'cancelled'";
const INVENTED: &str = "
    insert into messages (id, order_id, outcome, recipient, subject, body, written_at, sent_at)
    select order_id, order_id, 'cancelled', recipient, subject, body, written_at, sent_at
    from messages where outcome = 'rejected' limit 1";

/// What a shop has left that took orders of every outcome, and what was asked of it.
async fn left() -> (System, Ran) {
    let mut shop = System::started(&[], "").await;
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

/// The breaches of a copy of what the shop has left, after this was done to it.
async fn damaged(
    shop: &System,
    spec: &'static ModuleSpec,
    statement: &'static str,
    ran: &Ran,
) -> Vec<Breach> {
    let copy = TestDir::new();
    fs::create_dir(copy.join("data")).unwrap();
    for file in fs::read_dir(shop.dir.join("data")).unwrap().flatten() {
        fs::copy(file.path(), copy.join("data").join(file.file_name())).unwrap();
    }
    let data = Data::Folder(copy.path().to_owned());
    let damage = async move |mut tx: adapter_sql::Tx| {
        let changed = tx.query(statement).execute().await?;
        assert!(changed > 0, "{statement} changes nothing");
        tx.commit(()).await
    };
    data.home(spec).await.db().write(damage).await.unwrap();
    Books::open(&data).await.breaches(ran).await
}

#[tokio::test]
async fn each_kind_of_damage_is_found_and_named() {
    let (shop, ran) = left().await;
    for (what, spec, statement, invariant) in DAMAGE {
        let found = damaged(&shop, spec, statement, &ran).await;
        let broken: BTreeSet<_> = found.iter().map(|breach| breach.invariant).collect();
        assert_eq!(broken, BTreeSet::from([*invariant]), "{what}: {found:#?}");
    }

    let books = Books::open(&shop.data).await;
    let unharmed = books.breaches(&ran).await;
    assert!(unharmed.is_empty(), "{unharmed:#?}");
    let lost = Uuid::from_u128(7);
    let found = books.breaches(&Ran { accepted: vec![lost], ..ran.clone() }).await;
    assert!(matches!(found[..], [Breach { invariant: Invariant::OrdersEnd, .. }]), "{found:#?}");
    let found = books.breaches(&Ran { poison: BTreeSet::from([lost]), ..ran.clone() }).await;
    assert!(matches!(found[..], [Breach { invariant: Invariant::NothingWaits, .. }]), "{found:#?}");
    assert_eq!(found[0].to_string(), format!("I6 NothingWaits: {lost} cannot be handled, and is not parked"));
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
