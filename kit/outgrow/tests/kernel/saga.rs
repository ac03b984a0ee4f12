//! Sagas: every way that one can go, walked.

use std::collections::{HashSet, VecDeque};

use outgrow::{
    CommitError, IdempotencyKey, Saga,
    saga::{Instance, Phase, Step, Transition, Turn, Underway, Why},
};
use uuid::Uuid;

static ORDER: Saga = Saga::new(
    "order",
    2,
    &[
        Step::compensatable("reserve"),
        Step::compensatable("authorize"),
        Step::pivot("capture"),
        Step::retriable("ship"),
    ],
)
.after(&[&BEFORE]);
static BEFORE: Saga = Saga::new("order", 1, &[Step::compensatable("reserve"), Step::retriable("ship")]);
static ALL_RETRIABLE: Saga = Saga::new("letter", 1, &[Step::retriable("write"), Step::retriable("send")]);

static NONE: [Step; 0] = [];
static TWICE: [Step; 2] = [Step::compensatable("a"), Step::compensatable("a")];
static TWO_PIVOTS: [Step; 2] = [Step::pivot("a"), Step::pivot("b")];
static LATE: [Step; 2] = [Step::retriable("a"), Step::compensatable("b")];
static LATE_PIVOT: [Step; 2] = [Step::retriable("a"), Step::pivot("b")];

fn id() -> Uuid {
    Uuid::from_u128(1)
}

fn why() -> Why {
    Why::new("no", "because")
}

fn begun(saga: &'static Saga) -> Instance {
    Transition::began(saga, id()).apply(None).unwrap().unwrap()
}

fn at(saga: &'static Saga, instance: &Instance, turn: Turn) -> Transition {
    Transition { saga, id: id(), turn, at: Some(instance.clone()), by: None }
}

fn turns() -> [Turn; 9] {
    [
        Turn::Began,
        Turn::Did,
        Turn::Undid,
        Turn::Refused(why()),
        Turn::GaveUp(why()),
        Turn::CalledOff(why()),
        Turn::Parked("why".to_owned()),
        Turn::Retried("again".to_owned()),
        Turn::Skipped("by hand".to_owned()),
    ]
}

/// What counts of an instance when ways are told apart.
fn place(instance: &Instance) -> (Phase, u32, bool) {
    (instance.phase, instance.step, instance.parked)
}

/// Every instance that can be come to, each with the transitions that can be made from it.
fn walk(saga: &'static Saga) -> Vec<(Instance, Vec<(Turn, Instance)>)> {
    let (mut seen, mut next, mut walked) = (HashSet::new(), VecDeque::from([begun(saga)]), Vec::new());
    while let Some(from) = next.pop_front() {
        let name = |instance: &Instance| format!("{:?}", place(instance));
        if !seen.insert(name(&from)) {
            continue;
        }
        let made = turns().into_iter().filter_map(|turn| {
            let after = at(saga, &from, turn.clone()).apply(Some(&from)).ok().flatten()?;
            Some((turn, after))
        });
        let made: Vec<_> = made.collect();
        next.extend(made.iter().map(|(_, after)| after.clone()));
        walked.push((from, made));
    }
    walked
}

#[test]
fn every_transition_leads_one_step_on_or_back_and_raises_the_revision() {
    for saga in [&ORDER, &BEFORE, &ALL_RETRIABLE] {
        let steps = u32::try_from(saga.steps.len()).unwrap();
        for (from, made) in walk(saga) {
            for (turn, after) in made {
                let case = format!("{saga}: {:?} {turn:?} {:?}", place(&from), place(&after));
                assert_eq!(after.revision, from.revision + 1, "{case}");
                assert!(after.step <= steps, "{case}");
                match after.phase {
                    Phase::Forward => {
                        assert!(from.phase == Phase::Forward && after.step <= from.step + 1, "{case}");
                    }
                    Phase::Done => assert_eq!((from.phase, from.step + 1), (Phase::Forward, steps), "{case}"),
                    Phase::Back => {
                        let kind = saga.steps[usize::try_from(after.step).unwrap()].kind;
                        assert_eq!(kind, outgrow::saga::StepKind::Compensatable, "{case}");
                        // What takes it back for good takes back all that may have been done.
                        let for_good =
                            from.phase != Phase::Back && matches!(turn, Turn::GaveUp(_) | Turn::CalledOff(_));
                        let last = saga.steps.iter().rposition(|step| step.kind == kind);
                        let all = u32::try_from(last.unwrap()).unwrap();
                        assert!(if for_good { after.step == all } else { after.step <= from.step }, "{case}");
                        assert!(after.why.is_some(), "who turned back can say why: {case}");
                    }
                    Phase::Undone => assert!(!after.live(), "{case}"),
                }
            }
        }
    }
}

#[test]
fn what_has_ended_only_its_owner_can_turn_back() {
    for (from, made) in walk(&ORDER) {
        if matches!(from.phase, Phase::Done | Phase::Undone) {
            let turned: Vec<_> = made.iter().map(|(turn, _)| turn.word()).collect();
            let expected: &[&str] = if from.phase == Phase::Done { &["called off"] } else { &[] };
            assert_eq!(turned, expected);
        }
    }
}

#[test]
fn from_everywhere_it_can_come_to_an_end() {
    for saga in [&ORDER, &BEFORE, &ALL_RETRIABLE] {
        for (from, _) in walk(saga) {
            let mut instance = from.clone();
            let mut revisions = 0;
            while matches!(instance.phase, Phase::Forward | Phase::Back) {
                let turn = if instance.phase == Phase::Back { Turn::Undid } else { Turn::Did };
                instance = at(saga, &instance, turn).apply(Some(&instance)).unwrap().unwrap();
                revisions += 1;
                assert!(revisions <= saga.steps.len(), "{saga}: {:?}", place(&from));
            }
        }
    }
}

/// The place after these turns.
fn after(saga: &'static Saga, turns: &[Turn]) -> (Phase, u32, bool) {
    let instance = turns.iter().fold(begun(saga), |instance, turn| {
        at(saga, &instance, turn.clone()).apply(Some(&instance)).unwrap().unwrap_or(instance)
    });
    place(&instance)
}

#[test]
fn a_failure_means_what_the_kind_of_its_step_says() {
    use Turn::{Did, GaveUp, Refused, Undid};
    for (turns, place) in [
        (vec![Refused(why())], (Phase::Undone, 0, false)),
        (vec![GaveUp(why())], (Phase::Back, 1, false)),
        (vec![Turn::CalledOff(why())], (Phase::Back, 1, false)),
        (vec![Did, Refused(why())], (Phase::Back, 0, false)),
        (vec![Did, GaveUp(why())], (Phase::Back, 1, false)),
        (vec![Did, Did, Refused(why())], (Phase::Back, 1, false)),
        (vec![Did, Did, GaveUp(why())], (Phase::Forward, 2, true)),
        (vec![Did, Did, Did, Refused(why())], (Phase::Forward, 3, true)),
        (vec![Did, Did, Did, GaveUp(why())], (Phase::Forward, 3, true)),
        (vec![Did, Refused(why()), Refused(why())], (Phase::Back, 0, true)),
        (vec![Did, GaveUp(why()), Undid], (Phase::Back, 0, false)),
        (vec![Did, GaveUp(why()), Undid, Undid], (Phase::Undone, 0, false)),
        (vec![Did, Did, Did, Did], (Phase::Done, 4, false)),
        (vec![Did, Did, Did, Did, Turn::CalledOff(why())], (Phase::Back, 1, false)),
        (vec![Did, Did, Did, Turn::CalledOff(why())], (Phase::Back, 1, false)),
        (vec![Did, Turn::CalledOff(why()), Turn::CalledOff(why())], (Phase::Back, 1, false)),
    ] {
        assert_eq!(after(&ORDER, &turns), place, "{turns:?}");
    }
}

#[test]
fn what_comes_again_is_that_a_step_is_done_or_undone_but_not_that_the_pivot_is_reached() {
    let all: Vec<_> = walk(&ORDER).into_iter().map(|(from, _)| from).collect();
    for turn in turns() {
        let comes_again: HashSet<_> = all
            .iter()
            .filter(|from| at(&ORDER, from, turn.clone()).comes_again())
            .filter(|from| from.phase == Phase::Forward && !from.parked)
            .map(|from| from.step)
            .collect();
        let expected: &[u32] = if turn == Turn::Did {
            &[0, 2, 3] // with 1 it comes to the pivot
        } else if turn == Turn::Undid {
            &[0, 1, 2, 3]
        } else {
            &[]
        };
        assert_eq!(comes_again, expected.iter().copied().collect(), "{turn:?}");
    }
    assert!(!Transition::called_off(&ORDER, id(), why()).comes_again());
}

#[test]
fn what_was_decided_where_it_is_no_more_is_a_conflict() {
    let first = begun(&ORDER);
    let second = at(&ORDER, &first, Turn::Did).apply(Some(&first)).unwrap().unwrap();
    for turn in turns() {
        let late = at(&ORDER, &first, turn).apply(Some(&second));
        assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
    }
    assert!(matches!(Transition::began(&ORDER, id()).apply(Some(&first)), Err(CommitError::Conflict)));
    assert!(matches!(at(&ORDER, &first, Turn::Did).apply(None), Err(CommitError::Conflict)));
}

#[test]
fn what_has_begun_ends_by_the_steps_it_began_with() {
    let older = Instance { version: 1, ..begun(&ORDER) };
    let did = at(&ORDER, &older, Turn::Did).apply(Some(&older)).unwrap().unwrap();
    assert_eq!(Underway::of(&ORDER, did.clone()).unwrap().step.name, "ship");
    let done = at(&ORDER, &did, Turn::Did).apply(Some(&did)).unwrap().unwrap();
    assert_eq!((done.phase, done.version), (Phase::Done, 1));
    let newer = Instance { version: 3, ..begun(&ORDER) };
    assert!(Underway::of(&ORDER, newer.clone()).is_none());
    let unknown = at(&ORDER, &newer, Turn::Did).apply(Some(&newer)).unwrap_err();
    assert!(matches!(&unknown, CommitError::NotCommitted(_)), "{unknown:?}");
}

#[test]
fn what_is_done_at_home_is_not_skipped_and_its_undoing_is() {
    static STEPS: [Step; 2] = [Step::compensatable("book").at_home(), Step::retriable("send")];
    static TRIP: Saga = Saga::new("trip", 1, &STEPS);
    let turned = |from: &Instance, turn: Turn| at(&TRIP, from, turn).apply(Some(from));
    let skipped = |from: &Instance| {
        let parked = turned(from, Turn::Parked("why".to_owned())).unwrap().unwrap();
        turned(&parked, Turn::Skipped("by hand".to_owned()))
    };
    let first = begun(&TRIP);
    assert!(matches!(skipped(&first), Err(CommitError::Conflict)));
    let second = turned(&first, Turn::Did).unwrap().unwrap();
    assert_eq!(skipped(&second).unwrap().unwrap().phase, Phase::Done);
    let back = turned(&second, Turn::CalledOff(why())).unwrap().unwrap();
    assert_eq!(skipped(&back).unwrap().unwrap().phase, Phase::Undone);
}

#[test]
fn what_was_forgotten_can_still_be_called_off() {
    let back = Transition::called_off(&ORDER, id(), why()).apply(None).unwrap().unwrap();
    assert_eq!((place(&back), back.revision), ((Phase::Back, 1, false), 1));
    let nothing = Transition::called_off(&ALL_RETRIABLE, id(), why()).apply(None).unwrap().unwrap();
    assert_eq!(nothing.phase, Phase::Undone, "there is nothing that can be taken back");
}

#[test]
fn a_step_has_one_key_for_all_its_repetitions_and_another_for_its_undoing_and_once_people_let_it_be_tried_anew()
 {
    let key = |instance: &Instance| {
        Underway::of(&ORDER, instance.clone())
            .unwrap()
            .cx("ordering")
            .key()
            .map(IdempotencyKey::to_string)
            .unwrap()
    };
    let first = begun(&ORDER);
    let again = Instance { attempts: 7, lost: 2, ..first.clone() };
    assert_eq!(key(&first), key(&again));
    let back = Instance { phase: Phase::Back, ..first.clone() };
    let second = at(&ORDER, &first, Turn::Did).apply(Some(&first)).unwrap().unwrap();
    let retry = |from: &Instance| at(&ORDER, from, Turn::Retried("ada".to_owned())).apply(Some(from));
    assert!(matches!(retry(&first), Err(CommitError::Conflict)), "it is still being tried");
    let parked = at(&ORDER, &first, Turn::Parked("why".to_owned())).apply(Some(&first)).unwrap().unwrap();
    let retried = retry(&parked).unwrap().unwrap();
    let keys: HashSet<_> = [&first, &back, &second, &retried].into_iter().map(key).collect();
    assert_eq!(keys.len(), 4, "{keys:?}");
}

#[test]
fn a_list_that_could_not_be_taken_back_cannot_be_built() {
    let built = |steps: &'static [Step]| std::panic::catch_unwind(|| Saga::new("x", 1, steps)).is_ok();
    for steps in [&NONE[..], &TWICE, &TWO_PIVOTS, &LATE, &LATE_PIVOT] {
        assert!(!built(steps), "{steps:?}");
    }
    assert!(built(ORDER.steps));
}
