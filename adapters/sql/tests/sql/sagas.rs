//! Sagas in a home: each transition once, each instance carried on by one, by the clock of the engine.

use std::time::Duration;

use adapter_sql::{Db, Tx};
use outgrow::{
    CommitError, ModuleSpec, Saga,
    saga::{Instance, Phase, Step, Transition, Turn, Underway, Why},
};
use outgrow_runtime::sagas::SagaStore as _;
use outgrow_testkit::{SequentialIds, until_async};
use uuid::Uuid;

use super::place::{ITEMS, LONG, Place, spec};

pub(super) static PACKING: Saga =
    Saga::new("packing", 2, &[Step::compensatable("fetch"), Step::pivot("seal"), Step::retriable("post")])
        .after(&[&PACKING_BEFORE]);
static PACKING_BEFORE: Saga = Saga::new("packing", 1, &[Step::compensatable("fetch")]);
/// The same, to a build that knows version 1 only.
static PACKING_OLDER: Saga = Saga::new("packing", 1, &[Step::compensatable("fetch")]);

pub(super) const SHELF: &ModuleSpec = &spec("shelf", &[ITEMS]);
/// Long after all that happens here.
pub(super) const LATER: time::OffsetDateTime = time::macros::datetime!(2200-01-01 00:00 UTC);
const LEASE: Duration = Duration::from_mins(1);

fn id(number: u64) -> Uuid {
    SequentialIds::nth(number)
}

fn why() -> Why {
    Why::new("no", "because")
}

async fn begin(db: &Db, number: u64) -> Instance {
    db.advance(Transition::began(&PACKING, id(number))).await.unwrap().unwrap()
}

async fn take(db: &Db, limit: u32, lease: Duration) -> Vec<Instance> {
    db.take(&PACKING, limit, lease).await.unwrap()
}

fn underway(instance: &Instance) -> Underway {
    Underway::of(&PACKING, instance.clone()).unwrap()
}

fn places(instance: &Instance) -> (Phase, u32, u64) {
    (instance.phase, instance.step, instance.revision)
}

pub(crate) async fn what_a_transaction_begins_it_does_not_call_off(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    let both = db
        .write::<(), _, _>(async |mut tx| {
            tx.advance(&Transition::began(&PACKING, id(1))).await?;
            tx.advance(&Transition::called_off(&PACKING, id(1), why())).await?;
            tx.commit(()).await
        })
        .await;
    assert!(matches!(both, Err(CommitError::NotCommitted(_))), "{both:?}");
    assert_eq!(db.instance(&PACKING, id(1)).await.unwrap(), None);
}

pub(crate) async fn a_transition_is_kept_with_what_it_is_about_or_not_at_all(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    let undone = db
        .write::<(), _, _>(async |mut tx| {
            tx.advance(&Transition::began(&PACKING, id(1))).await?;
            Err(CommitError::Conflict)
        })
        .await;
    assert!(undone.is_err());
    assert_eq!(db.instance(&PACKING, id(1)).await.unwrap(), None);
    begin(&db, 1).await;
    let again = db.advance(Transition::began(&PACKING, id(1))).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    let kept = db.instance(&PACKING, id(1)).await.unwrap().unwrap();
    assert_eq!(places(&kept), (Phase::Forward, 0, 1));
}

pub(crate) async fn an_instance_comes_back_as_it_was_kept(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    let first = begin(&db, 1).await;
    let second = db.advance(underway(&first).done()).await.unwrap().unwrap();
    let parked = underway(&second).turn(Turn::Parked("the glue is out; ask \"Ada\"".to_owned()));
    let parked = db.advance(parked).await.unwrap().unwrap();
    let kept = db.instance(&PACKING, id(1)).await.unwrap().unwrap();
    assert_eq!(
        Instance { waited: Duration::ZERO, ..kept.clone() },
        Instance { waited: Duration::ZERO, ..parked }
    );
    assert!(kept.parked && !kept.live());
    assert_eq!(take(&db, 10, LEASE).await, [], "who is parked is not carried on");
    let back = db.advance(Transition::called_off(&PACKING, id(1), why())).await.unwrap().unwrap();
    let kept = db.instance(&PACKING, id(1)).await.unwrap().unwrap();
    assert_eq!(
        Instance { waited: Duration::ZERO, ..kept },
        Instance { waited: Duration::ZERO, ..back.clone() }
    );
    assert_eq!((places(&back), back.why), ((Phase::Back, 0, 4), Some(why())));
}

pub(crate) async fn of_two_transitions_at_one_place_one_is_kept(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    for number in 1..=10 {
        let first = begin(&db, number).await;
        let at = underway(&first);
        let both = [at.done(), at.refused(why()), at.turn(Turn::GaveUp(why()))];
        let both = both.map(|transition| {
            let db = db.clone();
            tokio::spawn(async move { db.advance(transition).await })
        });
        let mut kept = 0;
        for one in both {
            match one.await.unwrap() {
                Ok(_) => kept += 1,
                Err(error) => assert!(matches!(error, CommitError::Conflict), "{error:?}"),
            }
        }
        assert_eq!(kept, 1);
    }
}

/// A loss of power takes back that a step was done, and somebody else makes a transition of the same number: whoever still
/// goes on from what was taken back is not there any more.
pub(crate) async fn a_revision_that_was_taken_back_and_given_again_is_another(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    let first = begin(&db, 1).await;
    let second = db.advance(underway(&first).done()).await.unwrap().unwrap();
    let (step, revision) = (i64::from(first.step), i64::try_from(first.revision).unwrap());
    let taken_back = async move |mut tx: Tx| {
        let back = tx.query("update outgrow_sagas set step = $1, revision = $2").bind(step).bind(revision);
        back.changed_one().await?;
        tx.query("delete from outgrow_saga_log where revision > $1").bind(revision).execute().await?;
        tx.commit(()).await
    };
    db.write(taken_back).await.unwrap();
    let off = db.advance(Transition::called_off(&PACKING, first.id, why())).await.unwrap().unwrap();
    assert_eq!((off.revision, off.phase), (second.revision, Phase::Back));
    for late in [underway(&second).done(), underway(&second).turn(Turn::Parked("late".to_owned()))] {
        assert!(matches!(db.advance(late).await, Err(CommitError::Conflict)));
    }
    assert_eq!(db.instance(&PACKING, first.id).await.unwrap().map(|now| now.phase), Some(Phase::Back));
}

pub(crate) async fn who_is_taken_is_nobody_elses_until_the_lease_ends(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    for number in 1..=3 {
        begin(&db, number).await;
    }
    let first = take(&db, 2, Duration::from_millis(400)).await;
    let rest = take(&db, 10, LEASE).await;
    assert_eq!((first.len(), rest.len()), (2, 1));
    assert_eq!(take(&db, 10, LEASE).await, []);
    assert!(!db.any_due(&PACKING).await.unwrap());
    let again = until_async("the lease ends", LONG, async || {
        let taken = take(&db, 10, LEASE).await;
        (!taken.is_empty()).then_some(taken)
    })
    .await;
    assert!(again.iter().all(|instance| (instance.attempts, instance.lost) == (2, 2)), "{again:?}");
    assert_eq!(db.take(&PACKING, 10, LEASE).await.unwrap(), []);
}

pub(crate) async fn who_decides_at_a_step_keeps_the_next_and_who_is_called_off_is_for_anybody(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    begin(&db, 1).await;
    let taken = take(&db, 1, LEASE).await.remove(0);
    let next = db.advance(underway(&taken).done()).await.unwrap().unwrap();
    assert_eq!((next.step, next.attempts), (1, 1), "it has begun");
    assert_eq!(take(&db, 1, LEASE).await, [], "by who did the first");
    db.advance(Transition::called_off(&PACKING, id(1), why())).await.unwrap();
    let back = take(&db, 1, LEASE).await.remove(0);
    assert_eq!((places(&back), back.attempts), ((Phase::Back, 0, 3), 1));
}

pub(crate) async fn who_is_put_off_rests_and_says_why_unless_it_has_moved_on(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    begin(&db, 1).await;
    let taken = take(&db, 1, LEASE).await.remove(0);
    db.put_off(&PACKING, &taken, Some("stock is away"), Duration::ZERO).await.unwrap();
    let again = take(&db, 1, LEASE).await.remove(0);
    assert_eq!((again.attempts, again.lost, again.trouble.as_deref()), (2, 1, Some("stock is away")));
    assert!(again.waited > Duration::ZERO && again.waited < LONG, "{:?} by the engine's clock", again.waited);
    let next = db.advance(underway(&again).done()).await.unwrap().unwrap();
    assert_eq!(next.trouble, None);
    db.put_off(&PACKING, &again, Some("late"), Duration::ZERO).await.unwrap();
    assert_eq!(take(&db, 1, LEASE).await, [], "who was late puts nothing off");
}

pub(crate) async fn who_has_lost_the_lease_puts_nothing_off(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    begin(&db, 1).await;
    let late = take(&db, 1, Duration::ZERO).await.remove(0);
    let now = take(&db, 1, LEASE).await.remove(0);
    assert_eq!(late.revision, now.revision, "taking is no transition");
    db.put_off(&PACKING, &late, Some("late"), Duration::ZERO).await.unwrap();
    assert_eq!(take(&db, 1, LEASE).await, [], "it is somebody else's by now");
    let kept = db.instance(&PACKING, id(1)).await.unwrap().unwrap();
    assert_eq!((kept.attempts, kept.lost, kept.trouble), (2, 2, None));
    db.put_off(&PACKING, &now, Some("in time"), Duration::ZERO).await.unwrap();
    let again = take(&db, 1, LEASE).await.remove(0);
    assert_eq!((again.attempts, again.lost, again.trouble.as_deref()), (3, 1, Some("in time")));
}

pub(crate) async fn a_version_that_a_build_does_not_know_is_left_to_others(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    begin(&db, 1).await;
    db.advance(Transition::began(&PACKING_OLDER, id(2))).await.unwrap();
    let older = db.take(&PACKING_OLDER, 10, Duration::ZERO).await.unwrap();
    assert_eq!(older.iter().map(|instance| instance.id).collect::<Vec<_>>(), [id(2)]);
    assert_eq!(take(&db, 10, Duration::ZERO).await.len(), 2, "a newer build knows both");
    let off = db.advance(Transition::called_off(&PACKING_OLDER, id(1), why())).await;
    assert!(matches!(off, Err(CommitError::NotCommitted(_))), "{off:?}");
}

pub(crate) async fn every_transition_is_in_the_log_with_who_made_it(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let (db, upkeep) = (home.db(), home.saga_upkeep());
    let first = begin(&db, 1).await;
    db.advance(underway(&first).turn(Turn::Parked("no string".to_owned()))).await.unwrap();
    assert_eq!(upkeep.unfinished(10).await.unwrap().len(), 1);
    let retry = Turn::Retried("there is string again".to_owned());
    upkeep.change(&PACKING, id(1), retry, "ada").await.unwrap();
    let refused = upkeep.change(&PACKING, id(9), Turn::Skipped("none".to_owned()), "ada").await;
    assert!(matches!(refused, Err(CommitError::Conflict)), "{refused:?}");
    let (tracked, log) = upkeep.of(id(1)).await.unwrap().remove(0);
    assert_eq!((&*tracked.saga, tracked.instance.round, tracked.next.is_some()), ("packing", 1, true));
    let log: Vec<_> = log
        .iter()
        .map(|entry| (&*entry.what, entry.step.as_deref(), entry.note.as_deref(), entry.actor.as_deref()))
        .collect();
    assert_eq!(
        log,
        [
            ("began", None, None, None),
            ("parked", Some("fetch"), Some("no string"), None),
            ("retried", Some("fetch"), Some("there is string again"), Some("ada")),
        ]
    );
}

pub(crate) async fn what_has_ended_is_forgotten_after_thirty_days(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    for number in 1..=2 {
        let first = begin(&db, number).await;
        if number == 1 {
            db.advance(underway(&first).refused(why())).await.unwrap();
        }
    }
    place.clock.set(LATER);
    place.tasks.start();
    until_async("it is forgotten", LONG, async || db.instance(&PACKING, id(1)).await.unwrap().is_none())
        .await;
    assert_eq!(home.saga_upkeep().of(id(1)).await.unwrap(), []);
    assert!(db.instance(&PACKING, id(2)).await.unwrap().is_some(), "it has not ended");
}
