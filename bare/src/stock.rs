//! Goods: they are held, and sent off.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::Row as _;
use uuid::Uuid;

use super::{
    ITEMS, Result, Tx, begin,
    store::{Answer, Kept, Store, remember, small},
};
use crate::body::{Level, Order, Reason};

const RESERVE: [&str; 2] = ["ordering", "inventory.v1.Inventory/Reserve"];
const SHIP: [&str; 2] = ["ordering", "inventory.v1.Inventory/Ship"];

/// One row a line; one without a SKU if there are no lines.
const HOLD: &str = "
    select r.state, r.version, l.sku, l.quantity
    from reservations r left join reservation_lines l on l.reservation = r.id
    where r.id = $1";

/// What an item is to be: its SKU, the version it was read at, what is on hand and what of it is reserved.
type Change<'a> = (&'a str, i64, i64, i64);

/// Reserves the goods of an order, or says why it cannot.
pub(crate) async fn reserve(store: &Store, kept: &Kept) -> Result<Option<Reason>> {
    loop {
        if let Some(outcome) = try_to_reserve(store, kept).await? {
            return Ok(outcome);
        }
    }
}

/// None if somebody else was first.
async fn try_to_reserve(store: &Store, kept: &Kept) -> Result<Option<Option<Reason>>> {
    if store.inventory.recall(RESERVE, &kept.hold.to_string()).await?.is_some() {
        return Ok(Some(None));
    }
    if !sqlx::query(HOLD).bind(kept.hold).fetch_all(&store.inventory.read).await?.is_empty() {
        return Ok(Some(None));
    }
    let goods = goods(&kept.order);
    let items = items(store, goods.keys().copied().collect()).await?;
    let mut changes = Vec::with_capacity(goods.len());
    for (sku, quantity) in &goods {
        let item =
            items.iter().find(|(of, on_hand, reserved, _)| of == sku && on_hand - reserved >= *quantity);
        let Some((_, on_hand, reserved, version)) = item else {
            let (code, message) = ("out-of-stock".to_owned(), format!("not enough of {sku}"));
            return Ok(Some(Some(Reason { code, message })));
        };
        changes.push((*sku, *version, *on_hand, reserved + quantity));
    }
    let mut tx = begin(&store.inventory.write).await?;
    remember(&mut tx, &answer(RESERVE, kept.hold, b"held")).await?;
    if !change(&mut tx, &changes).await? {
        return Ok(None);
    }
    sqlx::query("insert into reservations (id, state, version) values ($1, $2, 1)")
        .bind(kept.hold)
        .bind("held")
        .execute(&mut *tx)
        .await?;
    for (sku, quantity) in goods {
        sqlx::query("insert into reservation_lines (reservation, sku, quantity) values ($1, $2, $3)")
            .bind(kept.hold)
            .bind(sku)
            .bind(quantity)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(Some(None))
}

/// Sends the goods of an order off.
pub(crate) async fn ship(store: &Store, kept: &Kept) -> Result<()> {
    while !try_to_ship(store, kept).await? {}
    Ok(())
}

/// False if somebody else was first.
async fn try_to_ship(store: &Store, kept: &Kept) -> Result<bool> {
    if store.inventory.recall(SHIP, &kept.hold.to_string()).await?.is_some() {
        return Ok(true);
    }
    let hold = sqlx::query(HOLD).bind(kept.hold).fetch_all(&store.inventory.read).await?;
    let Some(first) = hold.first() else { return Err(sqlx::Error::RowNotFound) };
    let version: i64 = first.try_get("version")?;
    let goods = goods(&kept.order);
    let items = items(store, goods.keys().copied().collect()).await?;
    let shipped = items.iter().map(|(sku, on_hand, reserved, version)| {
        let quantity = goods.get(&**sku).copied().unwrap_or_default();
        (&**sku, *version, on_hand - quantity, reserved - quantity)
    });
    let mut changes: Vec<Change<'_>> = shipped.collect();
    changes.sort_unstable();
    let mut tx = begin(&store.inventory.write).await?;
    remember(&mut tx, &answer(SHIP, kept.hold, b"shipped")).await?;
    if !change(&mut tx, &changes).await? {
        return Ok(false);
    }
    let ship = sqlx::query(
        "update reservations set state = $3, version = version + 1 where id = $1 and version = $2",
    );
    let shipped = ship.bind(kept.hold).bind(version).bind("shipped").execute(&mut *tx).await?;
    if shipped.rows_affected() != 1 {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

pub(crate) async fn level(store: &Store, sku: &str) -> Result<Option<Level>> {
    let item = items(store, vec![sku]).await?.pop();
    Ok(item.map(|(sku, on_hand, reserved, _)| {
        let (on_hand, reserved) = (small(on_hand), small(reserved));
        Level { sku, on_hand, reserved, available: on_hand.saturating_sub(reserved) }
    }))
}

async fn items(store: &Store, skus: Vec<&str>) -> Result<Vec<(String, i64, i64, i64)>> {
    sqlx::query_as(ITEMS).bind(Value::from(skus)).fetch_all(&store.inventory.read).await
}

/// Changes items. False if one of them was changed since it was read.
async fn change(tx: &mut Tx, changes: &[Change<'_>]) -> Result<bool> {
    for (sku, version, on_hand, reserved) in changes {
        let change = sqlx::query(
            "update items set on_hand = $3, reserved = $4, version = version + 1
             where sku = $1 and version = $2",
        );
        let changed = change.bind(*sku).bind(version).bind(on_hand).bind(reserved).execute(&mut **tx).await?;
        if changed.rows_affected() != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn answer(command: [&'static str; 2], hold: Uuid, body: &[u8]) -> Answer {
    let key = hold.to_string();
    let fingerprint = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes());
    Answer { command, key, fingerprint, body: body.to_vec() }
}

/// The goods of an order, each SKU once; in one order for all, so that two orders wait for each other instead of for
/// ever.
fn goods(order: &Order) -> BTreeMap<&str, i64> {
    let mut goods = BTreeMap::new();
    for line in &order.lines {
        *goods.entry(&*line.sku).or_default() += i64::from(line.quantity);
    }
    goods
}
