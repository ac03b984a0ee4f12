//! Who is told of events: a subscriber may come later, leave and come back, and builds that know different ones may
//! publish side by side. Nobody passes over what it was told, and nobody waits for what it was not.

use std::collections::BTreeMap;

use adapter_sql::{Db, Homes};
use outgrow::{ModuleSpec, Outgoing, event::Recorded};
use outgrow_runtime::events::{Inbox as _, Leases as _, Outbox as _};
use outgrow_testkit::until_async;

use super::{
    events::{EAR, EYE, NOW, ONE, SHELF, STREAM, TERM, due, handle_all, publish, put},
    place::{LONG, Place},
};

const NOSE: &ModuleSpec = &ModuleSpec { name: "nose", ..*EAR };
const ALONE: &[&ModuleSpec] = &[SHELF, EAR];
const BOTH: &[&ModuleSpec] = &[SHELF, EAR, EYE];

pub(crate) async fn a_subscriber_added_later_handles_from_the_first_event_that_is_addressed_to_it(
    place: &Place,
) {
    let (_old, before) = build(place, ALONE).await;
    tell(&before, 2).await;
    let (_new, db) = build(place, BOTH).await;
    tell(&db, 3).await;
    assert_eq!(follows(&db, "ear").await, [(1, None), (2, None), (3, None), (4, None), (5, None)]);
    assert_eq!(follows(&db, "eye").await, [(3, Some(0)), (4, None), (5, None)]);

    let told = due(&db, "eye", 10).await;
    let (first, later) = told.split_at(1);
    db.accept(later).await.unwrap();
    assert_eq!(handle_all(&db).await, [], "what came early waits for the first");
    db.accept(first).await.unwrap();
    assert_eq!(numbers(&handle_all(&db).await), [3, 4, 5]);
    db.accept(&told).await.unwrap();
    assert_eq!(handle_all(&db).await, [], "it came again");
}

pub(crate) async fn who_comes_back_handles_what_it_was_told_before_first(place: &Place) {
    let (_with, with) = build(place, BOTH).await;
    let (_without, without) = build(place, ALONE).await;
    tell(&with, 2).await;
    tell(&without, 3).await;
    tell(&with, 1).await;
    assert_eq!(follows(&with, "eye").await, [(1, None), (2, None), (6, Some(2))]);

    let told = due(&with, "eye", 10).await;
    for event in told.iter().rev() {
        assert_eq!(handle_all(&with).await, []);
        with.accept(std::slice::from_ref(event)).await.unwrap();
    }
    assert_eq!(numbers(&handle_all(&with).await), [1, 2, 6]);
}

pub(crate) async fn builds_that_know_different_subscribers_tell_each_of_them_in_order(place: &Place) {
    let (_with, with) = build(place, BOTH).await;
    let (_without, without) = build(place, ALONE).await;
    let publishers: Vec<_> = (0..40_u32)
        .map(|n| {
            let db = if n % 3 == 0 { with.clone() } else { without.clone() };
            tokio::spawn(async move { publish(&db, put(if n % 2 == 0 { "bolt" } else { "nut" }, n)).await })
        })
        .collect();
    for publisher in publishers {
        publisher.await.unwrap().unwrap();
    }
    for (subscriber, many) in [("ear", 40), ("eye", 14)] {
        let told = due(&with, subscriber, 100).await;
        assert_eq!(told.len(), many);
        let mut by_key = BTreeMap::<&str, Vec<&Recorded>>::new();
        for event in &told {
            by_key.entry(&event.key).or_default().push(event);
        }
        for (key, mut told) in by_key {
            told.sort_by_key(|event| event.sequence);
            let mut last = 0;
            for event in told {
                assert_eq!(event.follows(), last, "{subscriber}: {key} #{}", event.sequence);
                last = event.sequence;
            }
        }
    }
}

pub(crate) async fn where_a_build_wrote_that_does_not_say_whom_it_told_nobody_passes_anything_over(
    place: &Place,
) {
    let (_old, before) = build(place, ALONE).await;
    let (_new, db) = build(place, BOTH).await;
    // A home from before: it has a key whose events are numbered, and no more is known of them.
    older(&db, "insert into outgrow_streams (stream, key, last) values ($1, 'bolt', 7)").await;
    tell(&db, 2).await;
    assert_eq!(follows(&db, "eye").await, [(8, None), (9, None)]);

    // One of its processes goes on beside newer ones.
    publish(&before, put("nut", 1)).await.unwrap();
    older(&db, "update outgrow_streams set last = last + 1 where stream = $1 and key = 'nut'").await;
    publish(&db, put("nut", 3)).await.unwrap();
    publish(&db, put("nut", 4)).await.unwrap();
    let nuts = due(&db, "eye", 10).await.into_iter().filter(|event| event.key == "nut");
    assert_eq!(nuts.map(|nut| (nut.sequence, nut.previous)).collect::<Vec<_>>(), [(3, None), (4, None)]);
}

pub(crate) async fn what_is_addressed_to_who_listens_no_more_is_given_up_after_seven_days(place: &Place) {
    place.clock.set(NOW);
    let days = |days| NOW - time::Duration::days(days);
    let ((_with, with), (without, db)) = (build(place, BOTH).await, build(place, ALONE).await);
    for (key, at) in [("bolt", days(30)), ("bolt", days(9)), ("nut", days(8))] {
        publish(&with, Outgoing { key: key.to_owned(), at, ..put(key, 1) }).await.unwrap();
    }
    let (_nose, with_nose) = build(place, &[SHELF, NOSE]).await;
    publish(&with_nose, Outgoing { at: days(6), ..put("bolt", 1) }).await.unwrap();
    // Everybody else has everything, and all but the first of `bolt` and that of `nut` had arrived.
    let (held, told) = (with.take("relay", ONE, TERM).await.unwrap(), due(&with, "eye", 10).await);
    let ids: Vec<_> = told.iter().map(|event| event.id).collect();
    with.settle("ear", &held, &ids).await.unwrap();
    with.settle("eye", &held, &ids[1..2]).await.unwrap();

    let upkeep = without.home(SHELF).await.unwrap().upkeep();
    let waiting = upkeep.waiting().await.unwrap();
    let waiting = waiting.into_iter().map(|it| (it.subscriber, it.unknown, it.depth));
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(
        waiting.collect::<Vec<_>>(),
        [(named("eye"), true, 2), (named("nose"), true, 1), (None, false, 0)]
    );

    place.tasks.start();
    let kept = async || db.query("select sequence from outgrow_outbox").all().await.unwrap().len();
    until_async("the old ones are forgotten", LONG, async || kept().await == 1).await;
    assert!(place.tasks.drain(LONG).await);
    assert_eq!(due(&db, "eye", 10).await, []);
    assert_eq!(due(&db, "nose", 10).await.len(), 1, "it may come back: a release can be taken back");

    // Who comes back later does not wait for what was given up.
    tell(&with, 1).await;
    assert_eq!(follows(&with, "eye").await, [(4, Some(0))]);
}

/// A build of the publisher, in a system of these modules.
async fn build(place: &Place, modules: &'static [&'static ModuleSpec]) -> (Homes, Db) {
    if !place.is_sqlite() {
        place.migrate(SHELF).await.unwrap();
    }
    let homes = place.homes().await.among(modules);
    let db = homes.home(SHELF).await.unwrap().db();
    (homes, db)
}

/// Publishes so many events of a key.
async fn tell(db: &Db, many: u32) {
    for n in 0..many {
        publish(db, put("bolt", n)).await.unwrap();
    }
}

/// What a build of before did.
async fn older(db: &Db, sql: &'static str) {
    db.write(async move |mut tx| {
        tx.query(sql).bind(STREAM).execute().await?;
        tx.commit(()).await
    })
    .await
    .unwrap();
}

/// What a subscriber is told of: the numbers, and which ones they are said to follow.
async fn follows(db: &Db, subscriber: &str) -> Vec<(u64, Option<u64>)> {
    due(db, subscriber, 10).await.iter().map(|event| (event.sequence, event.previous)).collect()
}

fn numbers(handled: &[(String, u64)]) -> Vec<u64> {
    handled.iter().map(|(_, number)| *number).collect()
}
