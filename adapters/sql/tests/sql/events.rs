//! Events in a home: published with their change, delivered until settled, handled once, of each key in order.

use std::time::Duration;

use adapter_sql::{Db, Homes};
use outgrow::{
    CallContext, CommitError, Event, ModuleSpec, Outgoing, Unread, Wire,
    event::{Mark, Recorded},
};
use outgrow_runtime::events::{Attempt, Inbox, Lease, Leases as _, Outbox, Poison, SHARDS};
use outgrow_testkit::until_async;
use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

use super::place::{ITEMS, LONG, Place, insert, on_hand, spec};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
pub(crate) const TERM: Duration = Duration::from_mins(1);
pub(crate) const ONE: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

/// What happens to an item.
#[derive(Clone, Debug, PartialEq, Wire, Event)]
#[event("shelf.v1", key = "sku")]
enum ItemEvent {
    /// Some were put there.
    #[wire(1)]
    Put {
        #[wire(1)]
        sku: String,
        #[wire(2)]
        quantity: u32,
    },
    #[wire(other)]
    Other(Unread),
}

pub(crate) const STREAM: &str = "shelf.v1.ItemEvent";
pub(crate) const SHELF: &ModuleSpec =
    &ModuleSpec { publishes: &[ItemEvent::STREAM], ..spec("shelf", &[ITEMS]) };
pub(crate) const EAR: &ModuleSpec = &ModuleSpec { subscribes: &[ItemEvent::STREAM], ..spec("ear", &[]) };
pub(crate) const EYE: &ModuleSpec = &ModuleSpec { subscribes: &[ItemEvent::STREAM], ..spec("eye", &[]) };

pub(crate) async fn an_event_is_published_with_its_change_or_not_at_all(place: &Place) {
    let (_homes, db) = shelf(place).await;
    let undone = db
        .write::<(), _, _>(async |mut tx| {
            tx.publish(&put("bolt", 1))?;
            tx.query("insert into items (sku, on_hand, version) values ('bolt', 1, 1)").execute().await?;
            tx.query("insert into items (sku, on_hand, version) values ('bolt', 1, 1)").execute().await?;
            tx.commit(()).await
        })
        .await;
    assert!(matches!(undone, Err(CommitError::Conflict)), "{undone:?}");
    assert_eq!(due(&db, "ear", 10).await, []);

    let event = put("bolt", 5);
    let published = event.clone();
    db.write(async move |mut tx| {
        tx.publish(&published)?;
        tx.query("insert into items (sku, on_hand, version) values ('bolt', 5, 1)").execute().await?;
        tx.commit(()).await
    })
    .await
    .unwrap();
    assert_eq!(on_hand(&db, "bolt").await, Some(5));
    let expected = recorded(&event, 1);
    assert_eq!(due(&db, "ear", 10).await, std::slice::from_ref(&expected));
    assert_eq!(due(&db, "eye", 10).await, [expected]);
}

pub(crate) async fn only_what_the_spec_publishes_is_published(place: &Place) {
    let (_homes, home) = place.open(super::place::SHELF).await.unwrap();
    let error = publish(&home.db(), put("bolt", 1)).await.unwrap_err();
    let cause = std::error::Error::source(&error).and_then(std::error::Error::source).unwrap().to_string();
    assert_eq!(cause, "shelf does not publish `shelf.v1.ItemEvent`: add it to its ModuleSpec");
}

pub(crate) async fn the_events_of_a_key_are_numbered_from_one_without_a_gap(place: &Place) {
    let (_homes, db) = shelf(place).await;
    let publishers: Vec<_> = (0..40_u32)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                let event = put(if n % 2 == 0 { "bolt" } else { "nut" }, n);
                if n % 5 == 0 {
                    let undone = db.write::<(), _, _>(async move |mut tx| {
                        tx.publish(&event)?;
                        Err(CommitError::Conflict)
                    });
                    undone.await.unwrap_err();
                } else {
                    publish(&db, event).await.unwrap();
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.unwrap();
    }
    let all = due(&db, "ear", 100).await;
    for key in ["bolt", "nut"] {
        let mut numbers: Vec<_> =
            all.iter().filter(|event| event.key == key).map(|event| event.sequence).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=16).collect::<Vec<_>>(), "{key}");
    }
}

pub(crate) async fn what_a_subscriber_has_is_settled_by_id_and_for_it_alone(place: &Place) {
    let (_homes, db) = shelf(place).await;
    for n in 1..=5 {
        publish(&db, put("bolt", n)).await.unwrap();
    }
    let (held, all) = (db.take("relay", ONE, TERM).await.unwrap(), due(&db, "ear", 10).await);
    db.settle("ear", &held, &[all[1].id, all[3].id]).await.unwrap();
    let left: Vec<_> = due(&db, "ear", 10).await.iter().map(|event| event.sequence).collect();
    assert_eq!(left, [1, 3, 5]);
    assert_eq!(due(&db, "eye", 10).await.len(), 5);
    assert_eq!(due(&db, "eye", 2).await.len(), 2);
    assert!(Outbox::any_due(&db, "ear").await.unwrap() && !Outbox::any_due(&db, "nobody").await.unwrap());
}

pub(crate) async fn a_shard_is_held_by_one_until_its_lease_ends(place: &Place) {
    let (_homes, db) = shelf(place).await;
    let short = Duration::from_millis(200);
    let first = db.take("relay", ONE, short).await.unwrap();
    assert_eq!(first.len(), usize::from(SHARDS));
    assert_eq!(db.take("relay", ONE, short).await.unwrap(), first, "renewing is no change of hands");
    assert_eq!(
        db.take("worker", OTHER, TERM).await.unwrap().len(),
        usize::from(SHARDS),
        "another kind of work"
    );
    until_async("the lease ends", LONG, async || {
        let second = db.take("relay", OTHER, TERM).await.unwrap();
        second.len() == first.len() && second.iter().zip(&first).all(|(now, was)| now.term == was.term + 1)
    })
    .await;
    assert_eq!(db.take("relay", ONE, TERM).await.unwrap(), []);
}

pub(crate) async fn who_has_lost_the_lease_settles_and_begins_nothing(place: &Place) {
    let (_homes, db) = shelf(place).await;
    publish(&db, put("bolt", 1)).await.unwrap();
    let events = due(&db, "ear", 10).await;
    db.accept(&events).await.unwrap();
    let stale = |work: &'static str| {
        let db = &db;
        async move {
            let stale = db.take(work, ONE, Duration::ZERO).await.unwrap();
            until_async("it is taken", LONG, async || !db.take(work, OTHER, TERM).await.unwrap().is_empty())
                .await;
            stale
        }
    };
    db.settle("ear", &stale("relay").await, &[events[0].id]).await.unwrap();
    assert_eq!(due(&db, "ear", 10).await.len(), 1);
    assert_eq!(db.begin(&stale("worker").await, 10).await.unwrap(), []);
}

pub(crate) async fn of_each_key_the_next_event_is_begun_whatever_the_order_they_came_in(place: &Place) {
    let (_homes, db) = shelf(place).await;
    let event = |key: &str, number| Recorded { sequence: number, key: key.to_owned(), ..some(number) };
    db.accept(&[event("bolt", 3), event("nut", 1), event("bolt", 2)]).await.unwrap();
    db.accept(&[event("nut", 1), event("nut", 2)]).await.unwrap();
    assert_eq!(handle_all(&db).await, [("nut".to_owned(), 1), ("nut".to_owned(), 2)]);
    db.accept(&[event("bolt", 1), event("nut", 2), event("nut", 1)]).await.unwrap();
    assert_eq!(handle_all(&db).await, [1, 2, 3].map(|n| ("bolt".to_owned(), n)));
    assert!(!Inbox::any_due(&db).await.unwrap());
}

pub(crate) async fn an_event_is_marked_once_and_the_mark_is_undone_with_its_effects(place: &Place) {
    let (homes, db) = shelf(place).await;
    let upkeep = homes.home(SHELF).await.unwrap().upkeep();
    db.accept(&[some(1), some(2)]).await.unwrap();
    let mark = some(1).mark();
    let marking = mark.clone();
    let undone = db.write::<(), _, _>(async move |mut tx| {
        tx.mark(&marking).await?;
        Err(CommitError::Conflict)
    });
    undone.await.unwrap_err();
    assert_eq!(begin(&db).await[0].event.sequence, 1, "it was not handled");
    Inbox::mark(&db, &mark).await.unwrap();
    assert!(matches!(Inbox::mark(&db, &mark).await, Err(CommitError::Conflict)), "it is handled twice");
    db.accept(&[some(1)]).await.unwrap();
    assert!(matches!(Inbox::mark(&db, &mark).await, Err(CommitError::Conflict)), "it came again, and counts");
    assert_eq!(begin(&db).await[0].event.sequence, 2);
    let waiting = upkeep.waiting().await.unwrap();
    assert_eq!(
        (waiting[0].handled, waiting[0].depth),
        (1, 1),
        "what was undone or came again does not count"
    );
}

pub(crate) async fn what_comes_of_an_event_at_home_is_kept_with_its_mark_and_tells_nobody(place: &Place) {
    let (_homes, db) = shelf(place).await;
    db.accept(&[some(1), some(2)]).await.unwrap();
    let put_there = async |number: u64| {
        db.handle(&some(number).mark(), async |mut tx| {
            tx.query("update items set on_hand = on_hand + 1 where sku = 'washer'").changed_one().await?;
            tx.commit(()).await
        })
        .await
    };
    put_there(1).await.unwrap();
    assert!(matches!(put_there(1).await, Err(CommitError::Conflict)), "it is handled twice");
    assert_eq!(on_hand(&db, "washer").await, Some(2));
    let mark = some(2).mark();
    let told = db.handle::<(), _, _>(&mark, async |mut tx| {
        tx.publish(&put("bolt", 1))?;
        tx.commit(()).await
    });
    let error = told.await.unwrap_err();
    let cause = std::error::Error::source(&error).and_then(std::error::Error::source).unwrap().to_string();
    assert_eq!(cause, "what a loss of power may take back cannot publish: use `Db::write` (ADR 0023)");
    assert_eq!((begin(&db).await[0].event.sequence, due(&db, "ear", 10).await), (2, vec![]));
}

pub(crate) async fn attempts_are_counted_as_they_begin_and_what_ended_a_process_comes_alone(place: &Place) {
    let (_homes, db) = shelf(place).await;
    let keys = ["a", "b", "c"];
    let events: Vec<_> = keys.map(|key| Recorded { key: key.to_owned(), ..some(1) }).into();
    db.accept(&events).await.unwrap();
    let numbers = |attempts: &[Attempt]| attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>();
    assert_eq!(numbers(&begin(&db).await), [1, 1, 1]);
    // Nobody said what became of them: the process has ended. One of them may be why.
    let alone = begin(&db).await;
    assert_eq!(numbers(&alone), [2]);
    // It comes before new ones, or it would never have its turn where new ones always come.
    db.accept(&[Recorded { key: "d".to_owned(), ..some(1) }]).await.unwrap();
    let first = begin(&db).await;
    assert!(first.len() == 1 && first[0].event.key != "d", "{first:?}");
    // Those that told why they failed are no suspects.
    for event in &events {
        db.put_off(&event.mark(), "no", Duration::ZERO).await.unwrap();
    }
    assert_eq!(begin(&db).await.len(), 4);
    for event in &events {
        db.put_off(&event.mark(), "no", Duration::from_mins(10)).await.unwrap();
    }
    let again = begin(&db).await;
    assert!(again.len() == 1 && again[0].event.key == "d", "{again:?}");
}

pub(crate) async fn what_would_not_fit_through_a_carrier_is_not_published(place: &Place) {
    let (_homes, db) = shelf(place).await;
    for (key, data) in [("k".repeat(513), String::new()), ("bolt".to_owned(), "d".repeat(512 * 1024 + 1))] {
        let error = publish(&db, Outgoing { key, data, ..put("bolt", 1) }).await.unwrap_err();
        let cause =
            std::error::Error::source(&error).and_then(std::error::Error::source).unwrap().to_string();
        assert!(cause.contains("at most 524288 and 512 can be told"), "{cause}");
    }
    publish(&db, Outgoing { key: "k".repeat(512), data: "d".repeat(512 * 1024), ..put("bolt", 1) })
        .await
        .unwrap();
}

pub(crate) async fn a_parked_event_keeps_its_key_waiting_or_is_skipped(place: &Place) {
    let (_homes, db) = shelf(place).await;
    let event = |key: &str, number| Recorded { sequence: number, key: key.to_owned(), ..some(number) };
    let events = ["blocked", "skipped"].map(|key| [event(key, 1), event(key, 2)]).concat();
    db.accept(&events).await.unwrap();
    assert_eq!(begin(&db).await.len(), 2);
    db.park(&event("blocked", 1).mark(), "poison", Poison::Blocks).await.unwrap();
    db.park(&event("skipped", 1).mark(), "poison", Poison::IsSkipped).await.unwrap();
    assert_eq!(handle_all(&db).await, [("skipped".to_owned(), 2)]);
    let parked =
        db.query("select key, reason from outgrow_inbox where parked order by key").all().await.unwrap();
    let parked: Vec<String> = parked.iter().map(|row| row.get("key").unwrap()).collect();
    assert_eq!(parked, ["blocked", "skipped"]);
    // Coming again changes nothing.
    db.accept(&events).await.unwrap();
    assert_eq!(begin(&db).await, []);
}

pub(crate) async fn no_event_is_overlooked_that_becomes_the_next_while_it_comes(place: &Place) {
    let (_homes, db) = shelf(place).await;
    for number in 1..=150 {
        db.accept(&[some(number)]).await.unwrap();
        assert_eq!(begin(&db).await[0].event.sequence, number);
        // The next comes while this one is marked: whoever is second sees the other.
        let next = [some(number + 1)];
        let mark = some(number).mark();
        let (accepted, marked) = tokio::join!(db.accept(&next), Inbox::mark(&db, &mark));
        accepted.unwrap();
        marked.unwrap();
        assert!(Inbox::any_due(&db).await.unwrap(), "event {} is overlooked", number + 1);
    }
}

pub(crate) async fn what_everybody_has_is_forgotten_after_seven_days(place: &Place) {
    place.clock.set(NOW);
    let (_homes, db) = shelf(place).await;
    let old = NOW - time::Duration::days(8);
    for n in 1..=3 {
        publish(&db, Outgoing { at: if n < 3 { old } else { NOW }, ..put("bolt", n) }).await.unwrap();
    }
    let (held, all) = (db.take("relay", ONE, TERM).await.unwrap(), due(&db, "ear", 10).await);
    let ids: Vec<_> = all.iter().map(|event| event.id).collect();
    db.settle("ear", &held, &ids).await.unwrap();
    db.settle("eye", &held, &ids[..1]).await.unwrap();
    place.tasks.start();
    until_async("the first one is forgotten", LONG, async || kept(&db).await == [2, 3]).await;
    assert_eq!(due(&db, "eye", 10).await.len(), 2, "nothing is forgotten that somebody still has to get");
    assert!(place.tasks.drain(LONG).await);
}

async fn kept(db: &Db) -> Vec<i64> {
    let rows = db.query("select sequence from outgrow_outbox order by sequence").all().await.unwrap();
    rows.iter().map(|row| row.get("sequence").unwrap()).collect()
}

/// The home of a module that publishes; two others listen.
pub(crate) async fn shelf(place: &Place) -> (Homes, Db) {
    if !place.is_sqlite() {
        place.migrate(SHELF).await.unwrap();
    }
    let homes = place.homes().await.among(&[SHELF, EAR, EYE]);
    let db = homes.home(SHELF).await.unwrap().db();
    let _kept = insert(&db, "washer", 1).await;
    (homes, db)
}

pub(crate) fn put(sku: &str, quantity: u32) -> Outgoing {
    let event = ItemEvent::Put { sku: sku.to_owned(), quantity };
    let cx = CallContext::new("edge", Uuid::from_u128(7)).caused_by(Uuid::from_u128(8));
    Outgoing::of(&event, id(), NOW, &cx).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "ids that grow with time, as the system's do")]
fn id() -> Uuid {
    Uuid::now_v7()
}

fn recorded(event: &Outgoing, sequence: u64) -> Recorded {
    let Outgoing { id, stream, key, kind, data, at, correlation, causation } = event.clone();
    let (stream, previous) = (stream.to_string(), None);
    Recorded { id, stream, key, sequence, kind, data, at, correlation, causation, previous }
}

/// The event of that number, of a key.
fn some(sequence: u64) -> Recorded {
    Recorded { id: Uuid::from_u128(sequence.into()), ..recorded(&put("bolt", 1), sequence) }
}

pub(crate) async fn publish(db: &Db, event: Outgoing) -> Result<(), CommitError> {
    db.write(async move |mut tx| {
        tx.publish(&event)?;
        tx.commit(()).await
    })
    .await
}

pub(crate) async fn due(db: &Db, subscriber: &str, limit: u32) -> Vec<Recorded> {
    let all: Vec<_> = (0..SHARDS).map(|shard| Lease { shard, term: 0 }).collect();
    db.due(subscriber, &all, limit).await.unwrap()
}

async fn begin(db: &Db) -> Vec<Attempt> {
    let held = db.take("worker", ONE, TERM).await.unwrap();
    db.begin(&held, 10).await.unwrap()
}

/// Handles all that can be; tells the keys and numbers in the order they came.
pub(crate) async fn handle_all(db: &Db) -> Vec<(String, u64)> {
    let mut handled = Vec::new();
    loop {
        let begun = begin(db).await;
        if begun.is_empty() {
            return handled;
        }
        for Attempt { event, .. } in begun {
            let Mark { stream, key, sequence } = event.mark();
            assert_eq!(stream, STREAM);
            Inbox::mark(db, &event.mark()).await.unwrap();
            handled.push((key, sequence));
        }
    }
}
