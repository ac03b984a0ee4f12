//! What every store of orders, and of their history, keeps to, in memory or in SQL.
//!
//! Each law gets an empty store. [`on_each_law`] and [`on_each_law_of_history`] make a test of each; a law that it does not name is dead code.

use std::{pin::pin, time::Duration};

use ordering_contract::{HistoryEntry, OrderId, OrderStatus};
use ordering_core::{Change, Entry, FULFILMENT, HistoryStore, Order, OrderStore};
use outgrow::{
    CommitError,
    saga::{Transition, Underway, Why},
};
use tokio::time::{Instant, timeout};

use crate::sample::{answer, at, fact, id, mark, order, out_of_stock};

/// A test of each law, for [`test_laws`](outgrow_testkit::test_laws).
macro_rules! on_each_law {
    ($($empty:tt)*) => {
        outgrow_testkit::test_laws! { [$($empty)*]
            an_empty_store_has_nothing
            an_order_comes_back_as_it_was_committed
            an_order_comes_back_as_it_ended
            an_order_is_new_once
            a_change_of_a_stale_order_is_a_conflict
            of_two_changes_at_once_one_is_kept
            a_command_is_answered_once_and_has_its_effect_once
            the_orders_of_a_customer_come_newest_first_page_by_page
            a_transition_is_kept_with_what_it_is_about_or_not_at_all
            an_outcome_is_told_to_who_waits_for_it
            an_order_that_does_not_end_in_time_is_as_it_is
        }
    };
}
pub(crate) use on_each_law;

/// The same of a history.
macro_rules! on_each_law_of_history {
    ($($empty:tt)*) => {
        outgrow_testkit::test_laws! { [$($empty)*]
            an_entry_follows_from_all_that_was_told
            a_fact_is_kept_once_with_the_mark_of_its_event
            an_order_whose_beginning_was_not_told_has_no_history_yet
            the_history_of_a_customer_comes_newest_first_page_by_page
        }
    };
}
pub(crate) use on_each_law_of_history;

type Store = dyn OrderStore;

async fn commit(store: &Store, order: Order) -> Result<(), CommitError> {
    store.commit(Change { order: Some(order), ..Change::default() }).await
}

/// The order as it is kept.
async fn kept(store: &Store, id: OrderId) -> Order {
    store.order(id).await.unwrap().unwrap()
}

pub(crate) async fn an_empty_store_has_nothing(store: &Store) {
    assert_eq!(store.order(id(1)).await.unwrap(), None);
    assert_eq!(store.orders_of(&"ada".parse().unwrap(), None, 10).await.unwrap(), vec![]);
    assert_eq!(store.answers().recall(&answer("key").command).await.unwrap(), None);
}

pub(crate) async fn an_order_comes_back_as_it_was_committed(store: &Store) {
    commit(store, order(1, "ada")).await.unwrap();
    assert_eq!(kept(store, id(1)).await, Order { version: 1, ..order(1, "ada") });
}

pub(crate) async fn an_order_comes_back_as_it_ended(store: &Store) {
    commit(store, order(1, "ada")).await.unwrap();
    commit(store, kept(store, id(1)).await.reject(out_of_stock()).unwrap().0).await.unwrap();
    let rejected = kept(store, id(1)).await;
    assert_eq!(
        (rejected.status, rejected.reason, rejected.version),
        (OrderStatus::Rejected, Some(out_of_stock()), 2)
    );
    commit(store, order(2, "ada")).await.unwrap();
    commit(store, kept(store, id(2)).await.cancel().unwrap().unwrap().0).await.unwrap();
    let cancelled = kept(store, id(2)).await;
    assert_eq!((cancelled.status, cancelled.reason), (OrderStatus::Cancelled, None));
}

pub(crate) async fn an_order_is_new_once(store: &Store) {
    commit(store, order(1, "ada")).await.unwrap();
    assert!(matches!(commit(store, order(1, "bob")).await, Err(CommitError::Conflict)));
    assert_eq!(kept(store, id(1)).await.customer.as_str(), "ada");
}

pub(crate) async fn a_change_of_a_stale_order_is_a_conflict(store: &Store) {
    commit(store, order(1, "ada")).await.unwrap();
    let stale = kept(store, id(1)).await;
    commit(store, stale.clone().cancel().unwrap().unwrap().0).await.unwrap();
    assert!(matches!(commit(store, stale.confirm().unwrap().0).await, Err(CommitError::Conflict)));
    assert_eq!(kept(store, id(1)).await.status, OrderStatus::Cancelled);
}

pub(crate) async fn of_two_changes_at_once_one_is_kept(store: &Store) {
    commit(store, order(1, "ada")).await.unwrap();
    let order = kept(store, id(1)).await;
    let (confirmed, cancelled) = (order.clone().confirm().unwrap().0, order.cancel().unwrap().unwrap().0);
    let both = [commit(store, confirmed).await, commit(store, cancelled).await];
    assert_eq!(both.iter().filter(|kept| kept.is_ok()).count(), 1);
}

pub(crate) async fn a_command_is_answered_once_and_has_its_effect_once(store: &Store) {
    let place = |number| Change {
        order: Some(order(number, "ada")),
        answer: Some(answer("key")),
        ..Change::default()
    };
    store.commit(place(1)).await.unwrap();
    assert!(matches!(store.commit(place(2)).await, Err(CommitError::Conflict)));
    assert_eq!(store.order(id(2)).await.unwrap(), None, "nothing of the second is kept");
    assert_eq!(store.answers().recall(&answer("key").command).await.unwrap(), Some(answer("key")));
    assert_eq!(store.answers().recall(&answer("other").command).await.unwrap(), None);
}

pub(crate) async fn the_orders_of_a_customer_come_newest_first_page_by_page(store: &Store) {
    for number in 1..=5 {
        commit(store, order(number, if number == 3 { "bob" } else { "ada" })).await.unwrap();
    }
    let ada = "ada".parse().unwrap();
    let page = async |after, limit| {
        let page = store.orders_of(&ada, after, limit).await.unwrap();
        page.iter().map(|order| (order.id, order.lines.len())).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [(id(5), 3), (id(4), 3)], "a limit counts orders, not lines");
    assert_eq!(page(Some(id(4)), 10).await, [(id(2), 3), (id(1), 3)]);
}

pub(crate) async fn a_transition_is_kept_with_what_it_is_about_or_not_at_all(store: &Store) {
    let began = |number| Change {
        order: Some(order(number, "ada")),
        saga: Some(Transition::began(&FULFILMENT, id(number).0)),
        ..Change::default()
    };
    store.commit(began(1)).await.unwrap();
    assert!(matches!(store.commit(began(1)).await, Err(CommitError::Conflict)), "it began once");
    let off = |number| Some(Transition::called_off(&FULFILMENT, id(number).0, Why::new("off", "off")));
    let stale = Change { order: Some(order(1, "ada")), saga: off(1), ..Change::default() };
    assert!(matches!(store.commit(stale).await, Err(CommitError::Conflict)));
    let cancelled = kept(store, id(1)).await.cancel().unwrap().unwrap().0;
    store.commit(Change { order: Some(cancelled), saga: off(1), ..Change::default() }).await.unwrap();
    assert_eq!(kept(store, id(1)).await.status, OrderStatus::Cancelled);
    let late = Change { order: Some(order(2, "ada")), saga: Some(did(1)), ..Change::default() };
    assert!(matches!(store.commit(late).await, Err(CommitError::Conflict)), "it was called off before");
    assert_eq!(store.order(id(2)).await.unwrap(), None, "nothing of it is kept");
}

pub(crate) async fn an_outcome_is_told_to_who_waits_for_it(store: &Store) {
    const LOOKING: Duration = Duration::from_millis(400);
    let mut fastest = Duration::MAX;
    for number in 1..=3 {
        commit(store, order(number, "ada")).await.unwrap();
        let mut waiting = pin!(store.outcome(id(number), Duration::from_mins(1)));
        // Who is not told looks at 350 ms and at 600 ms: by now that is a while off.
        assert!(timeout(LOOKING, &mut waiting).await.is_err(), "it has not ended");
        let read = kept(store, id(number)).await;
        let ended = match number {
            1 => read.confirm().unwrap().0,
            2 => read.reject(out_of_stock()).unwrap().0,
            _ => read.cancel().unwrap().unwrap().0,
        };
        let status = ended.status;
        commit(store, ended).await.unwrap();
        let since = Instant::now();
        assert_eq!(waiting.await.unwrap().unwrap().status, status);
        fastest = fastest.min(since.elapsed());
    }
    assert!(fastest < Duration::from_millis(50), "the fastest of three was not told: {fastest:?}");
    let ended = store.outcome(id(1), Duration::from_mins(1)).await.unwrap();
    assert_eq!(ended, Some(kept(store, id(1)).await), "what has ended is not waited for");
}

pub(crate) async fn an_order_that_does_not_end_in_time_is_as_it_is(store: &Store) {
    commit(store, order(1, "ada")).await.unwrap();
    let (since, within) = (Instant::now(), Duration::from_millis(60));
    assert_eq!(store.outcome(id(1), within).await.unwrap(), Some(kept(store, id(1)).await));
    assert!(since.elapsed() >= within, "{:?}", since.elapsed());
    assert_eq!(store.outcome(id(2), Duration::from_mins(1)).await.unwrap(), None, "nor what is not there");
}

/// The first step of the fulfilment of this order is done: as it is decided when it has just begun.
fn did(number: u64) -> Transition {
    let began = Transition::began(&FULFILMENT, id(number).0).apply(None).unwrap().unwrap();
    Underway::of(&FULFILMENT, began).unwrap().done()
}

type HistoryOf = dyn HistoryStore;

/// An event tells that this has become of the order.
async fn tell(history: &HistoryOf, of: &Order, number: u64, status: OrderStatus) -> Result<(), CommitError> {
    let fact = fact(of, number, status);
    let mark = mark(&fact);
    history.keep(fact, mark).await
}

async fn all(history: &HistoryOf, customer: &str) -> Vec<Entry> {
    history.history_of(&customer.parse().unwrap(), None, 100).await.unwrap()
}

/// What is shown of an order that was only placed.
fn placed(order: &Order) -> HistoryEntry {
    HistoryEntry {
        order: order.id,
        status: OrderStatus::Placed,
        total: order.total,
        placed_at: at(1),
        confirmed_at: None,
        rejected_at: None,
        cancelled_at: None,
        reason: None,
    }
}

pub(crate) async fn an_entry_follows_from_all_that_was_told(history: &HistoryOf) {
    use OrderStatus::{Cancelled, Confirmed, Placed, Rejected};
    let (one, two) = (order(1, "ada"), order(2, "bob"));
    tell(history, &one, 1, Placed).await.unwrap();
    let entry = |number, shown| Entry { customer: one.customer.clone(), shown, number };
    assert_eq!(all(history, "ada").await, [entry(1, placed(&one))]);
    tell(history, &one, 2, Confirmed).await.unwrap();
    let confirmed = HistoryEntry { status: Confirmed, confirmed_at: Some(at(2)), ..placed(&one) };
    assert_eq!(all(history, "ada").await, [entry(2, confirmed.clone())]);
    tell(history, &one, 3, Cancelled).await.unwrap();
    let cancelled = HistoryEntry { status: Cancelled, cancelled_at: Some(at(3)), ..confirmed };
    assert_eq!(all(history, "ada").await, [entry(3, cancelled)]);

    tell(history, &two, 1, Placed).await.unwrap();
    tell(history, &two, 2, Rejected).await.unwrap();
    let reason = Some(out_of_stock());
    let rejected = HistoryEntry { status: Rejected, rejected_at: Some(at(2)), reason, ..placed(&two) };
    assert_eq!(all(history, "bob").await, [Entry { customer: two.customer, shown: rejected, number: 2 }]);
}

pub(crate) async fn a_fact_is_kept_once_with_the_mark_of_its_event(history: &HistoryOf) {
    let order = order(1, "ada");
    tell(history, &order, 1, OrderStatus::Placed).await.unwrap();
    for status in [OrderStatus::Placed, OrderStatus::Cancelled] {
        assert!(matches!(tell(history, &order, 1, status).await, Err(CommitError::Conflict)));
    }
    let shown: Vec<_> = all(history, "ada").await.into_iter().map(|entry| entry.shown).collect();
    assert_eq!(shown, [placed(&order)]);
}

pub(crate) async fn an_order_whose_beginning_was_not_told_has_no_history_yet(history: &HistoryOf) {
    tell(history, &order(1, "ada"), 2, OrderStatus::Confirmed).await.unwrap();
    assert_eq!(all(history, "ada").await, []);
}

pub(crate) async fn the_history_of_a_customer_comes_newest_first_page_by_page(history: &HistoryOf) {
    for number in 1..=5 {
        let order = order(number, if number == 3 { "bob" } else { "ada" });
        tell(history, &order, 1, OrderStatus::Placed).await.unwrap();
    }
    let ada = "ada".parse().unwrap();
    let page = async |after, limit| {
        let page = history.history_of(&ada, after, limit).await.unwrap();
        page.iter().map(|entry| entry.shown.order).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [id(5), id(4)]);
    assert_eq!(page(Some(id(4)), 10).await, [id(2), id(1)]);
}
