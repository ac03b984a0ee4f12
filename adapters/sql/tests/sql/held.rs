//! What the kit adds goes with COMMIT: all of it as it was given, or nothing.

use adapter_sql::{Db, Tx};
use outgrow::{Answers as _, CommandId, CommitError, Fingerprint, Outgoing, Remembered, saga::Transition};
use outgrow_runtime::sagas::SagaStore as _;
use outgrow_testkit::SequentialIds;
use time::{OffsetDateTime, macros::datetime};

use super::{
    events::{NOW, due, publish, put, shelf},
    place::{Place, insert, on_hand},
    sagas::PACKING,
};

/// What could end a literal, a text or a block around it.
const AWKWARD: [&str; 7] = [
    "it's",
    r"\",
    r"\'; drop table items; --",
    "'');commit;",
    "$do$ $prepare$ $1 :name ?",
    "line\nbreak\ttab\u{1}",
    "Größe 🦀 \u{2028}",
];

pub(crate) async fn what_goes_with_commit_is_kept_to_the_letter(place: &Place) {
    let (_homes, db) = shelf(place).await;
    let times = [NOW, OffsetDateTime::UNIX_EPOCH, datetime!(1999-12-31 23:59:59.999_999 UTC)];
    for (text, at) in AWKWARD.into_iter().zip(times.into_iter().cycle()) {
        let caused = put(text, u32::MAX);
        let event = Outgoing { at, causation: None, data: format!("{{\"of\":{text:?}}}"), ..put(text, 0) };
        let answer = Remembered { body: (0..=u8::MAX).collect(), ..answer(text) };
        let (published, remembered) = ([caused.clone(), event.clone()], answer.clone());
        db.write(async move |mut tx| {
            for event in &published {
                tx.publish(event)?;
            }
            tx.remember(&remembered, at)?;
            tx.commit(()).await
        })
        .await
        .unwrap();
        assert_eq!(db.recall(&answer.command).await.unwrap(), Some(answer));
        let kept: Vec<_> = due(&db, "ear", 100).await.into_iter().filter(|kept| kept.key == text).collect();
        assert_eq!(kept.iter().map(|kept| kept.sequence).collect::<Vec<_>>(), [1, 2]);
        for (kept, given) in kept.iter().zip([caused, event]) {
            assert_eq!((&kept.kind, &kept.data, kept.at), (&given.kind, &given.data, given.at));
            assert_eq!(
                (kept.id, kept.correlation, kept.causation),
                (given.id, given.correlation, given.causation)
            );
        }
    }
}

pub(crate) async fn what_goes_with_commit_is_kept_together_or_not_at_all(place: &Place) {
    let (_homes, db) = shelf(place).await;
    write(&db, "one", "bolt").await.unwrap();
    let again = write(&db, "one", "nut").await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    write(&db, "two", "nut").await.unwrap();
    assert_eq!(due(&db, "ear", 10).await.len(), 2);
    for sku in ["bolt", "nut"] {
        assert_eq!(on_hand(&db, sku).await, Some(1));
        assert!(db.instance(&PACKING, saga(sku)).await.unwrap().is_some());
    }
}

/// An item with its event and its saga, answered under a key.
async fn write(db: &Db, key: &'static str, sku: &'static str) -> Result<(), CommitError> {
    let answer = answer(key);
    db.write(async move |mut tx: Tx| {
        tx.publish(&put(sku, 1))?;
        tx.advance(&Transition::began(&PACKING, saga(sku))).await?;
        tx.remember(&answer, NOW)?;
        let item = "insert into items (sku, on_hand, version) values ($1, 1, 1)";
        tx.query(item).bind(sku).execute().await?;
        tx.commit(()).await
    })
    .await
}

/// The engine says no before COMMIT: so nobody is in doubt of it.
pub(crate) async fn what_cannot_go_with_commit_is_certainly_not_committed(place: &Place) {
    let (_homes, db) = shelf(place).await;
    insert(&db, "bolt", 10).await.unwrap();
    publish(&db, put("bolt", 1)).await.unwrap();
    let mut locked = None;
    if place.is_sqlite() {
        db.write(async |mut tx| {
            tx.query("update outgrow_streams set told = 'no JSON'").execute().await?;
            tx.commit(()).await
        })
        .await
        .unwrap();
    } else {
        locked = Some(place.database().lock("shelf.outgrow_streams").await);
    }
    let failed = db
        .write(async move |mut tx| {
            tx.query("update items set on_hand = 0").execute().await?;
            tx.publish(&put("bolt", 1))?;
            tx.commit(()).await
        })
        .await;
    assert!(matches!(failed, Err(CommitError::NotCommitted(_))), "{failed:?}");
    if let Some(locked) = locked {
        locked.release().await;
    }
    assert_eq!(on_hand(&db, "bolt").await, Some(10));
    assert_eq!(due(&db, "ear", 10).await.len(), 1);
}

fn saga(sku: &str) -> uuid::Uuid {
    SequentialIds::nth(sku.len().try_into().unwrap())
}

fn answer(key: &str) -> Remembered {
    let command = CommandId {
        principal: key.to_owned(),
        caller: String::new(),
        method: "shelf.v1.Shelf/Take".to_owned(),
        key: key.to_owned(),
    };
    Remembered { command, fingerprint: Fingerprint::of(key.as_bytes()), refused: true, body: vec![].into() }
}
