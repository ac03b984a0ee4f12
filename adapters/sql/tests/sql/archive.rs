//! What an outbox keeps can be read: the newest, or from a moment on; all of it, of a stream, or of a key.

use adapter_sql::{Archived, Db, Excerpt, Homes, Upkeep};
use outgrow::{Outgoing, StoreError};
use outgrow_runtime::events::{Leases as _, Outbox as _};
use time::{Duration, OffsetDateTime};
use uuid::Builder;

use super::{
    events::{NOW, ONE, SHELF, STREAM, TERM, due, publish, put, shelf},
    place::Place,
};

const OF_BOLT: Excerpt<'_> = Excerpt::Key(STREAM, "bolt");

/// So many minutes later.
fn later(minutes: i64) -> OffsetDateTime {
    NOW + Duration::minutes(minutes)
}

/// An event that tells of a moment, with an id that was made so long after it.
fn told(sku: &str, at: OffsetDateTime, id_after: Duration) -> Outgoing {
    let millis = (at + id_after).unix_timestamp_nanos() / 1_000_000;
    let id = Builder::from_unix_timestamp_millis(millis.try_into().unwrap(), &[1; 10]).into_uuid();
    Outgoing { id, at, ..put(sku, 1) }
}

/// An event a minute: in turn of a bolt and of a nut, ten in all.
async fn ten(place: &Place) -> (Homes, Db, Upkeep) {
    let (homes, db) = shelf(place).await;
    for minute in 0..10 {
        let sku = if minute % 2 == 0 { "bolt" } else { "nut" };
        publish(&db, told(sku, later(minute), Duration::ZERO)).await.unwrap();
    }
    let upkeep = homes.home(SHELF).await.unwrap().upkeep();
    (homes, db, upkeep)
}

/// At which minutes they happened.
fn minutes(read: Result<Vec<Archived>, StoreError>) -> Vec<i64> {
    read.unwrap().iter().map(|kept| (kept.event.at - NOW).whole_minutes()).collect()
}

pub(crate) async fn an_archive_is_read_from_its_end_or_from_a_moment_on(place: &Place) {
    let (_homes, _db, upkeep) = ten(place).await;
    let read = async |which, since: Option<i64>, limit| {
        minutes(upkeep.archive(which, since.map(later), limit).await)
    };
    assert_eq!(read(Excerpt::All, None, 100).await, (0..10).collect::<Vec<_>>());
    assert_eq!(read(Excerpt::All, None, 3).await, [7, 8, 9]);
    assert_eq!(read(Excerpt::All, Some(4), 3).await, [4, 5, 6], "one goes on where it ended");
    assert_eq!(read(Excerpt::Stream(STREAM), Some(8), 100).await, [8, 9]);
    assert_eq!(read(Excerpt::Stream("shelf.v2.ItemEvent"), None, 100).await, [0_i64; 0]);
    assert_eq!(read(OF_BOLT, None, 2).await, [6, 8]);
    assert_eq!(read(OF_BOLT, Some(3), 2).await, [4, 6]);
    assert_eq!(read(Excerpt::Key(STREAM, "washer"), None, 2).await, [0_i64; 0]);
}

pub(crate) async fn of_a_moment_on_is_what_tells_of_it_whenever_its_id_was_made(place: &Place) {
    let (homes, db) = shelf(place).await;
    let seconds = Duration::seconds;
    for (sku, at, id_after) in [
        ("early", NOW - seconds(1), seconds(2)),
        ("late", NOW + seconds(1), seconds(-2)),
        ("later", NOW + seconds(9), seconds(300)),
    ] {
        publish(&db, told(sku, at, id_after)).await.unwrap();
    }
    let read = homes.home(SHELF).await.unwrap().upkeep().archive(Excerpt::All, Some(NOW), 9).await.unwrap();
    let keys: Vec<_> = read.iter().map(|kept| &*kept.event.key).collect();
    assert_eq!(keys, ["late", "later"]);
}

pub(crate) async fn what_is_read_says_who_still_has_to_get_it(place: &Place) {
    let (_homes, db, upkeep) = ten(place).await;
    let (held, all) = (db.take("relay", ONE, TERM).await.unwrap(), due(&db, "ear", 10).await);
    db.settle("ear", &held, &[all[0].id, all[1].id]).await.unwrap();
    db.settle("eye", &held, &[all[0].id]).await.unwrap();
    let read = upkeep.archive(Excerpt::All, Some(NOW), 3).await.unwrap();
    let waits: Vec<_> = read.iter().map(|kept| kept.waits_for.as_deref()).collect();
    assert_eq!(waits, [None, Some("eye"), Some("ear, eye")]);
    let events: Vec<_> = read.into_iter().map(|kept| kept.event).collect();
    assert_eq!(events, all[..3]);
}
