//! What a shop keeps in its homes, and what does not hold there: the part of the oracle that reads.
//!
//! It is never served by anybody, so it can be asked of a shop that does not run, and of a copy of what one has left.

use std::collections::{BTreeMap, BTreeSet};

use adapter_sql::{Db, Row};
use ordering_contract::OrderEvent;
use outgrow::Event as _;
use outgrow_testkit::oracle::{self, rows};
use uuid::Uuid;

use crate::{
    data::Data,
    oracle::{Breach, Invariant, Ran},
};

/// What the homes of a shop say.
pub(crate) struct Books {
    ordering: Db,
    inventory: Db,
    payments: Db,
    notifications: Db,
}

/// An order as it is kept.
pub(crate) struct Order {
    pub(crate) status: String,
    pub(crate) total: i64,
    hold: Uuid,
}

fn text(row: &Row, column: &str) -> String {
    row.get::<String>(column).unwrap()
}

fn number(row: &Row, column: &str) -> i64 {
    row.get::<i64>(column).unwrap()
}

fn id(row: &Row, column: &str) -> Uuid {
    row.get::<Uuid>(column).unwrap()
}

impl Books {
    pub(crate) async fn open(data: &Data) -> Self {
        Self {
            ordering: data.home(&ordering_infra::SPEC).await.db(),
            inventory: data.home(&inventory_infra::SPEC).await.db(),
            payments: data.home(&payments_infra::SPEC).await.db(),
            notifications: data.home(&notifications_infra::SPEC).await.db(),
        }
    }

    fn homes(&self) -> [&Db; 4] {
        [&self.ordering, &self.inventory, &self.payments, &self.notifications]
    }

    /// Whether nothing is on its way any more.
    pub(crate) async fn are_quiet(&self) -> bool {
        const UNSENT: &str = "select id from messages where sent_at is null and refused is null";
        for home in self.homes() {
            if !oracle::is_quiet(home).await {
                return false;
            }
        }
        rows(&self.notifications, UNSENT).await.is_empty()
    }

    /// How many events are still to be delivered, though their subscriber has them: it will get them again.
    pub(crate) async fn delivered_again(&self) -> usize {
        self.delivered_again_to("notifications", &self.notifications).await
            + self.delivered_again_to("ordering", &self.ordering).await
    }

    async fn delivered_again_to(&self, subscriber: &str, home: &Db) -> usize {
        const TO_BE_DELIVERED: &str = "
            select d.subscriber, o.id, o.key, o.sequence
            from outgrow_deliveries d join outgrow_outbox o on o.id = d.event";
        let inbox = rows(home, "select id from outgrow_inbox").await;
        let inbox: BTreeSet<_> = inbox.iter().map(|row| id(row, "id")).collect();
        let positions = rows(home, "select key, position from outgrow_positions").await;
        let positions: BTreeMap<_, _> =
            positions.iter().map(|row| (text(row, "key"), number(row, "position"))).collect();
        let again = |row: &&Row| {
            let handled =
                positions.get(&text(row, "key")).is_some_and(|position| *position >= number(row, "sequence"));
            text(row, "subscriber") == subscriber && (handled || inbox.contains(&id(row, "id")))
        };
        rows(&self.ordering, TO_BE_DELIVERED).await.iter().filter(again).count()
    }

    /// Everything that does not hold.
    pub(crate) async fn breaches(&self, ran: &Ran) -> Vec<Breach> {
        let orders = self.orders().await;
        let handled = oracle::handled(&self.ordering, &self.notifications, OrderEvent::STREAM).await;
        let mut events = oracle::gaps(&self.ordering).await;
        events.extend(oracle::gaps(&self.payments).await);
        events.extend(self.off_course(&orders).await);
        events.extend(handled.missed);
        let found = [
            (Invariant::OrdersEnd, unended(&orders, ran)),
            (Invariant::StockAddsUp, self.stock(&orders, ran).await),
            (Invariant::MoneyFollows, self.money(&orders).await),
            (Invariant::OneEffect, handled.repeated),
            (Invariant::EventsFollow, events),
            (Invariant::NothingWaits, self.waiting(ran).await),
            (Invariant::NothingIsHalfDone, self.half_done(&orders, ran).await),
            (Invariant::OutcomesAreTold, self.untold().await),
        ];
        let breaches = |(invariant, found): (_, Vec<String>)| {
            found.into_iter().map(move |what| Breach { invariant, what })
        };
        found.into_iter().flat_map(breaches).collect()
    }

    pub(crate) async fn orders(&self) -> BTreeMap<Uuid, Order> {
        let rows = rows(&self.ordering, "select id, status, total, hold from orders").await;
        let order = |row: &Row| {
            (
                id(row, "id"),
                Order { status: text(row, "status"), total: number(row, "total"), hold: id(row, "hold") },
            )
        };
        rows.iter().map(order).collect()
    }

    async fn stock(&self, orders: &BTreeMap<Uuid, Order>, ran: &Ran) -> Vec<String> {
        const ITEMS: &str = "
            select i.sku, i.on_hand, i.reserved,
                   cast(coalesce(sum(case when r.state = 'held' then l.quantity end), 0) as bigint) as held,
                   cast(coalesce(sum(case when r.state = 'shipped' then l.quantity end), 0) as bigint) as shipped
            from items i left join reservation_lines l on l.sku = i.sku
                         left join reservations r on r.id = l.reservation
            group by i.sku, i.on_hand, i.reserved";
        let mut wrong = Vec::new();
        let mut lost = ran.received.clone();
        for row in rows(&self.inventory, ITEMS).await {
            let (sku, on_hand, reserved) =
                (text(&row, "sku"), number(&row, "on_hand"), number(&row, "reserved"));
            let (held, shipped) = (number(&row, "held"), number(&row, "shipped"));
            let received = lost.remove(&sku).unwrap_or(on_hand + shipped);
            if received != on_hand + shipped || reserved != held || !(0..=on_hand).contains(&reserved) {
                wrong.push(format!(
                    "{sku}: {received} received, {on_hand} on hand, {shipped} shipped; {reserved} reserved, {held} held"
                ));
            }
        }
        wrong.extend(lost.keys().map(|sku| format!("{sku} was received and is not there")));

        let holds = rows(&self.inventory, "select id, state from reservations").await;
        let mut holds: BTreeMap<_, _> = holds.iter().map(|row| (id(row, "id"), text(row, "state"))).collect();
        for (order, Order { status, hold, .. }) in orders {
            let state = holds.remove(hold);
            let right = match status.as_str() {
                "placed" => true, // not ended: that is another complaint
                "confirmed" => state.as_deref() == Some("shipped"),
                _ => state.as_deref().is_none_or(|state| state == "released"),
            };
            if !right {
                wrong.push(format!(
                    "order {order} is {status}, and its goods are {}",
                    state.unwrap_or("not there".to_owned())
                ));
            }
        }
        wrong.extend(holds.keys().map(|hold| format!("goods are held for {hold}, which is no order's")));
        wrong
    }

    /// By the ledger, by what is shown of payments, and by the provider.
    async fn money(&self, orders: &BTreeMap<Uuid, Order>) -> Vec<String> {
        const LEDGER: &str = "
            select payment, cast(sum(case movement when 'capture' then amount else -amount end) as bigint) as taken
            from ledger_transfers group by payment";
        const SHOWN: &str = "
            select o.payment, o.captured - o.refunded as taken
            from payment_overview o join payment_overview_generations g on g.live = o.generation";
        const PROVIDER: &str = "
            select payment,
                   cast(sum(case act when 'capture' then amount when 'refund' then -amount else 0 end) as bigint) as taken
            from sandbox_operations where arrived and code is null group by payment";
        const SET_ASIDE: &str = "
            select payment, count(*) as taken from sandbox_operations a
            where act = 'authorize' and arrived and code is null and not exists (
                select 1 from sandbox_operations b where b.payment = a.payment and b.act in ('capture', 'void')
                and b.arrived and b.code is null)
            group by payment";
        let mut wrong = Vec::new();
        for (by, sql) in [("ledger", LEDGER), ("overview", SHOWN), ("provider", PROVIDER)] {
            let taken = rows(&self.payments, sql).await;
            let mut taken: BTreeMap<_, _> =
                taken.iter().map(|row| (id(row, "payment"), number(row, "taken"))).collect();
            for (order, Order { status, total, .. }) in orders {
                let taken = taken.remove(order).unwrap_or_default();
                if taken != if status == "confirmed" { *total } else { 0 } {
                    wrong.push(format!(
                        "order {order} of {total} is {status}, and by the {by} {taken} was taken"
                    ));
                }
            }
            wrong.extend(
                taken.keys().map(|payment| format!("by the {by} {payment} is paid, which is no order")),
            );
        }
        let set_aside = rows(&self.payments, SET_ASIDE).await;
        wrong.extend(
            set_aside
                .iter()
                .map(|row| format!("the provider still sets money aside for {}", id(row, "payment"))),
        );
        wrong
    }

    /// Orders whose events tell another story than their status.
    async fn off_course(&self, orders: &BTreeMap<Uuid, Order>) -> Vec<String> {
        let mut told: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        for row in rows(&self.ordering, "select key, kind from outgrow_outbox order by key, sequence").await {
            let kind = text(&row, "kind").replace("ordering.v1.order_", "");
            told.entry(text(&row, "key").parse().unwrap()).or_default().push(kind);
        }
        let mut wrong = Vec::new();
        for (order, story) in told {
            let story: Vec<&str> = story.iter().map(String::as_str).collect();
            let possible = matches!(
                story[..],
                ["placed"]
                    | ["placed", "rejected" | "cancelled" | "confirmed"]
                    | ["placed", "confirmed", "cancelled"]
            );
            let status = orders.get(&order).map(|order| order.status.as_str());
            if !possible || story.last().copied() != status {
                wrong.push(format!(
                    "order {order} is {}, and was told to be {story:?}",
                    status.unwrap_or("not there")
                ));
            }
        }
        wrong
    }

    async fn waiting(&self, ran: &Ran) -> Vec<String> {
        let (mut wrong, mut parked) = (Vec::new(), BTreeMap::new());
        for home in self.homes() {
            wrong.extend(oracle::undelivered(home).await);
            parked.extend(oracle::parked(home).await);
        }
        let others = parked.iter().filter(|(event, _)| !ran.poison.contains(event));
        wrong.extend(others.map(|(event, why)| format!("{event} is parked: {why}")));
        let handled = ran.poison.iter().filter(|event| !parked.contains_key(event));
        wrong.extend(handled.map(|event| format!("{event} cannot be handled, and is not parked")));
        wrong
    }

    async fn half_done(&self, orders: &BTreeMap<Uuid, Order>, ran: &Ran) -> Vec<String> {
        const INTENDED: &str = "
            select payment, kind from payment_records r where kind like '%-requested' and version = (
                select max(version) from payment_records l where l.payment = r.payment)";
        let mut wrong = oracle::unended(&self.ordering).await;
        let placed =
            orders.iter().filter(|(id, order)| order.status == "placed" && !ran.accepted.contains(id));
        wrong.extend(placed.map(|(id, _)| format!("order {id}, which nobody was told of, is still placed")));
        let intended = rows(&self.payments, INTENDED).await;
        wrong.extend(
            intended
                .iter()
                .map(|row| format!("payment {} ends with {}", id(row, "payment"), text(row, "kind"))),
        );
        wrong
    }

    async fn untold(&self) -> Vec<String> {
        const OUTCOMES: &str =
            "select id, key, kind from outgrow_outbox where kind <> 'ordering.v1.order_placed'";
        const MESSAGES: &str = "select id, order_id, outcome, sent_at is not null as sent from messages";
        let mut messages = BTreeMap::new();
        for row in rows(&self.notifications, MESSAGES).await {
            let what = (id(&row, "order_id"), format!("ordering.v1.order_{}", text(&row, "outcome")));
            messages.insert(id(&row, "id"), (what, row.get::<bool>("sent").unwrap()));
        }
        let mut wrong = Vec::new();
        for row in rows(&self.ordering, OUTCOMES).await {
            let happened = (text(&row, "key").parse::<Uuid>().unwrap(), text(&row, "kind"));
            let (order, kind) = &happened;
            match messages.remove(&id(&row, "id")) {
                Some((told, true)) if told == happened => {}
                Some((told, true)) => wrong.push(format!("{kind} of {order} was told as {told:?}")),
                Some((_, false)) => wrong.push(format!("{kind} of {order} is written down and not sent")),
                None => wrong.push(format!("{kind} of {order} was never told")),
            }
        }
        let never = messages
            .values()
            .map(|((order, kind), _)| format!("{kind} of {order} was told and did not happen"));
        wrong.extend(never);
        wrong
    }
}

fn unended(orders: &BTreeMap<Uuid, Order>, ran: &Ran) -> Vec<String> {
    let wrong =
        ran.accepted.iter().filter_map(|id| match orders.get(id).map(|order| order.status.as_str()) {
            Some("confirmed" | "rejected" | "cancelled") => None,
            Some(status) => Some(format!("order {id} was accepted and is still {status}")),
            None => Some(format!("order {id} was accepted and is not there")),
        });
    wrong.collect()
}
