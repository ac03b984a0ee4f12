//! How long orders and their events took, by what a shop has written down: who waited longest for what.

use std::{collections::BTreeMap, time::Duration};

use adapter_sql::{Db, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::data::Data;

/// When what happened in the homes of a shop.
pub(crate) struct Times {
    ordering: Db,
    notifications: Db,
}

impl Times {
    pub(crate) async fn open(data: &Data) -> Self {
        Self {
            ordering: data.home(&ordering_infra::SPEC).await.db(),
            notifications: data.home(&notifications_infra::SPEC).await.db(),
        }
    }

    /// The events that tell what orders have come to, and when that was.
    pub(crate) async fn outcomes(&self) -> BTreeMap<Uuid, OffsetDateTime> {
        const OUTCOMES: &str = "select id, at from outgrow_outbox where kind <> 'ordering.v1.order_placed'";
        let rows = self.ordering.query(OUTCOMES).all().await.unwrap();
        rows.iter().map(|row| (row.get("id").unwrap(), row.time("at").unwrap())).collect()
    }

    /// The same events, as far as they were handled, and when.
    pub(crate) async fn told(&self) -> BTreeMap<Uuid, OffsetDateTime> {
        let rows = self.notifications.query("select id, written_at from messages").all().await.unwrap();
        rows.iter().map(|row| (row.get("id").unwrap(), row.time("written_at").unwrap())).collect()
    }

    /// The longest time between something that happened and its effect elsewhere.
    pub(crate) async fn longest_wait(&self) -> Duration {
        let (outcomes, told) = (self.outcomes().await, self.told().await);
        let waits = outcomes.iter().filter_map(|(id, at)| Some(between(*at, *told.get(id)?)));
        waits.max().unwrap_or_default()
    }

    /// The longest time that a saga took whose steps all went well.
    pub(crate) async fn longest_way(&self) -> Duration {
        const WAYS: &str = "
            select p.at as placed, c.at as confirmed
            from outgrow_outbox p join outgrow_outbox c on c.key = p.key
            where p.kind = 'ordering.v1.order_placed' and c.kind = 'ordering.v1.order_confirmed'";
        let rows = self.ordering.query(WAYS).all().await.unwrap();
        let way = |row: &Row| between(row.time("placed").unwrap(), row.time("confirmed").unwrap());
        rows.iter().map(way).max().unwrap_or_default()
    }

    /// Orders whose later news were told before the earlier.
    pub(crate) async fn out_of_order(&self) -> Vec<Uuid> {
        const OUT_OF_ORDER: &str = "
            select a.order_id from messages a join messages b on b.order_id = a.order_id
            where a.outcome = 'confirmed' and b.outcome = 'cancelled' and b.written_at < a.written_at";
        let rows = self.notifications.query(OUT_OF_ORDER).all().await.unwrap();
        rows.iter().map(|row| row.get("order_id").unwrap()).collect()
    }
}

fn between(earlier: OffsetDateTime, later: OffsetDateTime) -> Duration {
    (later - earlier).try_into().unwrap_or_default()
}
