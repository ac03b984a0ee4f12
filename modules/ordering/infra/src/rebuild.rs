//! The history of orders, made anew from the first fact about each.
//!
//! It is a [`Projection`](adapter_sql::Projection): another generation is made beside the one that is read, a batch at a
//! time, and swapped in. An order of which no beginning was told, because it is older than facts are, is *found* here:
//! what the order itself knows becomes its first fact.

use std::collections::HashMap;

use adapter_sql::{Db, Home, Progress, RebuildError, SqlError, Tx};
use ordering_contract::OrderId;
use ordering_core::{Entry, Fact};
use outgrow::CommitError;
use uuid::Uuid;

use crate::{
    history::{self, HISTORY},
    store,
};

/// How many orders are shown in one transaction: so that others are not kept waiting.
const AT_ONCE: i64 = 100;

/// Makes the history of orders anew. `tell` is called after each batch. Returns how many orders there are.
///
/// # Errors
/// See [`RebuildError`].
pub async fn rebuild_history(home: &Home, mut tell: impl FnMut(Progress)) -> Result<u64, RebuildError> {
    let db = home.db();
    let generation = HISTORY.begin(&db).await?;
    let all = db.query("select count(*) as n from orders").one().await?.u64("n")?;
    let (mut after, mut done) = (Uuid::nil(), 0);
    loop {
        let batch = batch(&db, after).await?;
        let Some((last, _)) = batch.last() else { break };
        after = last.0;
        done += u64::try_from(batch.len()).unwrap_or(u64::MAX);
        show(&db, generation, batch).await?;
        tell(Progress { done, all: all.max(done) });
    }
    HISTORY.swap(&db, generation).await?;
    Ok(done)
}

const ORDERS: &str = "
    select o.*, l.sku, l.quantity, l.unit_price
    from (select * from orders where id > $1 order by id limit $2) o
    join order_lines l on l.order_id = o.id
    order by o.id, l.position";

const FACTS: &str = "
    select f.* from order_facts f
    join (select id from orders where id > $1 order by id limit $2) o on o.id = f.order_id
    order by f.order_id, f.number";

/// The next orders, each with the facts about it.
async fn batch(db: &Db, after: Uuid) -> Result<Vec<(OrderId, Vec<Fact>)>, SqlError> {
    let orders = store::orders(&db.query(ORDERS).bind(after).bind(AT_ONCE).all().await?)?;
    let mut facts: HashMap<OrderId, Vec<Fact>> = HashMap::new();
    for row in db.query(FACTS).bind(after).bind(AT_ONCE).all().await? {
        let fact = history::fact(&row)?;
        facts.entry(fact.order).or_default().push(fact);
    }
    let batch = orders.iter().map(|order| {
        let mut facts = facts.remove(&order.id).unwrap_or_default();
        if !facts.first().is_some_and(Fact::begins) {
            facts.insert(0, Fact::found(order));
        }
        (order.id, facts)
    });
    Ok(batch.collect())
}

async fn show(db: &Db, generation: i64, batch: Vec<(OrderId, Vec<Fact>)>) -> Result<(), CommitError> {
    let write = move |mut tx: Tx| async move {
        HISTORY.still(&mut tx, generation).await?;
        for (_, facts) in &batch {
            for found in facts.iter().filter(|fact| fact.number == 0) {
                history::add(&mut tx, found).await?;
            }
            if let Some(entry) = Entry::of(facts) {
                history::show(&mut tx, Some(generation), &entry).await?;
            }
        }
        tx.commit(()).await
    };
    db.write(write).await
}
