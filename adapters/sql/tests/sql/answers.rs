//! Remembered answers: per command, once, with the effects, for seven days.

use adapter_sql::Db;
use outgrow::{Answers as _, CommandId, CommitError, Fingerprint, Remembered};
use outgrow_testkit::until_async;
use time::{Duration, OffsetDateTime, macros::datetime};

use super::place::{LONG, Place, SHELF, on_hand};

const SHORT: std::time::Duration = std::time::Duration::from_millis(10);
const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

pub(crate) async fn an_answer_is_recalled_as_it_was_remembered(place: &Place) {
    let db = place.db().await;
    let (yes, no) = (answer("yes", false), Remembered { body: vec![0, 255].into(), ..answer("no", true) });
    assert_eq!(db.recall(&yes.command).await.unwrap(), None);
    for answer in [&yes, &no] {
        remember(&db, answer, NOW).await.unwrap();
        assert_eq!(db.recall(&answer.command).await.unwrap().as_ref(), Some(answer));
    }
}

pub(crate) async fn the_same_key_of_another_principal_caller_or_method_is_another_command(place: &Place) {
    let db = place.db().await;
    let one = answer("key", false);
    remember(&db, &one, NOW).await.unwrap();
    let others = [
        CommandId { principal: String::new(), ..one.command.clone() },
        CommandId { caller: "payments".to_owned(), ..one.command.clone() },
        CommandId { method: "shelf.v1.Shelf/Put".to_owned(), ..one.command.clone() },
    ];
    for (n, command) in (0..).zip(others) {
        assert_eq!(db.recall(&command).await.unwrap(), None);
        let other = Remembered { command, body: vec![n].into(), ..one.clone() };
        remember(&db, &other, NOW).await.unwrap();
        assert_eq!(db.recall(&other.command).await.unwrap(), Some(other));
    }
    assert_eq!(db.recall(&one.command).await.unwrap(), Some(one));
}

pub(crate) async fn a_command_is_answered_once(place: &Place) {
    let db = place.db().await;
    let first = answer("key", false);
    remember(&db, &first, NOW).await.unwrap();
    let second = Remembered { refused: true, ..first.clone() };
    assert!(matches!(remember(&db, &second, NOW).await, Err(CommitError::Conflict)));
    assert_eq!(db.recall(&first.command).await.unwrap(), Some(first));
}

pub(crate) async fn an_answer_is_forgotten_with_its_effects(place: &Place) {
    let db = place.db().await;
    let (first, again) = (answer("key", false), answer("key", false));
    remember(&db, &first, NOW).await.unwrap();
    let error = db
        .write::<(), _, _>(async move |mut tx| {
            tx.query("update items set on_hand = 0").changed_one().await?;
            tx.remember(&answer("other", false), NOW)?;
            tx.remember(&again, NOW)?;
            tx.commit(()).await
        })
        .await
        .unwrap_err();
    assert!(matches!(error, CommitError::Conflict), "{error:?}");
    assert_eq!(db.recall(&answer("other", false).command).await.unwrap(), None);
    assert_eq!(on_hand(&db, "bolt").await, Some(10));
}

pub(crate) async fn answers_are_forgotten_after_seven_days(place: &Place) {
    place.clock.set(NOW);
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    let kept = answer("kept", false);
    remember(&db, &kept, NOW - Duration::days(7)).await.unwrap();
    let old = NOW - Duration::days(7) - Duration::SECOND;
    db.write(async move |mut tx| {
        for n in 0..1_234 {
            tx.remember(&answer(&format!("old {n}"), false), old)?; // more than one batch
        }
        tx.commit(()).await
    })
    .await
    .unwrap();

    place.tasks.start();
    until_async("the old ones are forgotten", LONG, async || {
        db.query("select 1 from outgrow_answers").all().await.unwrap().len() == 1
    })
    .await;
    assert_eq!(db.recall(&kept.command).await.unwrap(), Some(kept));
    assert!(place.tasks.drain(LONG).await);
}

pub(crate) async fn a_repeat_waits_for_the_command_that_it_repeats(place: &Place) {
    let db = place.db().await;
    let (one, other) = (answer("one", false).command, answer("other", false).command);
    let executing = db.begin(&one, None).await.unwrap();
    assert!(db.begin(&one, Some(SHORT)).await.is_none(), "it is executed twice at once");
    assert!(db.clone().begin(&one, Some(SHORT)).await.is_none(), "a clone is the same home");
    assert!(db.begin(&other, Some(SHORT)).await.is_some(), "another command has nothing to wait for");

    let repeats: Vec<_> = (0..100)
        .map(|_| {
            let (db, one) = (db.clone(), one.clone());
            tokio::spawn(async move { db.begin(&one, Some(LONG)).await.is_some() })
        })
        .collect();
    tokio::task::yield_now().await;
    drop(executing);
    for repeat in repeats {
        assert!(repeat.await.unwrap(), "it has ended: everybody gets their turn");
    }
}

fn answer(key: &str, refused: bool) -> Remembered {
    let command = CommandId {
        principal: "alice".to_owned(),
        caller: "ordering".to_owned(),
        method: "shelf.v1.Shelf/Take".to_owned(),
        key: key.to_owned(),
    };
    Remembered { command, fingerprint: Fingerprint::of(key.as_bytes()), refused, body: vec![1, 2, 3].into() }
}

async fn remember(db: &Db, answer: &Remembered, at: OffsetDateTime) -> Result<(), CommitError> {
    let answer = answer.clone();
    db.write(async move |mut tx| {
        tx.remember(&answer, at)?;
        tx.commit(()).await
    })
    .await
}
