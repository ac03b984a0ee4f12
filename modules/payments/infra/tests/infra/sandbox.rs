//! The sandbox, token by token: what it answers, what it loses, and that it tells the truth when it is asked.

use std::{collections::BTreeSet, sync::Arc};

use adapter_sql::Homes;
use outgrow::SystemIds;
use outgrow_runtime::Tasks;
use outgrow_testkit::{FixedClock, TestDir, TestHome};
use payments_core::{Act, NoAnswer, Operation, Outcome, PaymentProvider as _, Standing, Terms};
use payments_infra::{SPEC, Sandbox};
use time::Duration;

use crate::{
    on_both_engines,
    sample::{euro, id},
};

on_both_engines! {
    what_succeeds_is_done_once_however_often_it_is_asked_for
    what_is_declined_stays_declined
    of_what_is_lost_it_tells_the_truth_and_the_second_time_it_answers
    only_what_is_possible_is_done
}

fn authorize(number: u64, token: &str) -> Operation {
    let terms = Terms { token: token.parse().unwrap(), amount: euro(1250) };
    Operation { payment: id(number), act: Act::Authorize(terms) }
}

fn of(number: u64, act: Act) -> Operation {
    Operation { payment: id(number), act }
}

fn code(outcome: Result<Outcome, NoAnswer>) -> Option<String> {
    match outcome.unwrap() {
        Outcome::Done => None,
        Outcome::Declined(reason) => Some(reason.code),
    }
}

async fn what_succeeds_is_done_once_however_often_it_is_asked_for(place: TestHome) {
    let (sandbox, db) = (Sandbox::new(&place.home()), place.home().db());
    let all = [authorize(1, "tok_ok"), of(1, Act::Capture(euro(1250))), of(1, Act::Refund(euro(1250)))];
    for operation in &all {
        assert_eq!(sandbox.ask(operation).await, Ok(Standing::Unheard));
        for _ in 0..3 {
            assert_eq!(sandbox.submit(operation).await, Ok(Outcome::Done));
        }
        assert_eq!(sandbox.ask(operation).await, Ok(Standing::Settled(Outcome::Done)));
    }
    let rows = db.query("select submissions from sandbox_operations").all().await.unwrap();
    let submissions: Vec<i64> = rows.iter().map(|row| row.get("submissions").unwrap()).collect();
    assert_eq!(submissions, [3, 3, 3], "a key, an operation");
}

async fn what_is_declined_stays_declined(place: TestHome) {
    let sandbox = Sandbox::new(&place.home());
    for (number, token, why) in [(1, "tok_declined", "card-declined"), (2, "tok_stolen", "unknown-token")] {
        for _ in 0..2 {
            assert_eq!(code(sandbox.submit(&authorize(number, token)).await).as_deref(), Some(why));
        }
        assert!(matches!(
            sandbox.ask(&authorize(number, token)).await,
            Ok(Standing::Settled(Outcome::Declined(_)))
        ));
    }
}

async fn of_what_is_lost_it_tells_the_truth_and_the_second_time_it_answers(place: TestHome) {
    let sandbox = Sandbox::new(&place.home());
    let mut happened = BTreeSet::new();
    for number in 1..=20 {
        let operation = authorize(number, "tok_timeout");
        assert!(sandbox.submit(&operation).await.is_err());
        let standing = sandbox.ask(&operation).await.unwrap();
        assert_ne!(standing, Standing::InProgress);
        happened.insert(standing != Standing::Unheard);
        assert_eq!(sandbox.submit(&operation).await, Ok(Outcome::Done));
        assert_eq!(sandbox.ask(&operation).await, Ok(Standing::Settled(Outcome::Done)));
    }
    assert_eq!(happened, [false, true].into(), "some had happened, some had not");
}

async fn only_what_is_possible_is_done(place: TestHome) {
    let sandbox = Sandbox::new(&place.home());
    let submit = async |operation: Operation| code(sandbox.submit(&operation).await);
    assert_eq!(submit(of(1, Act::Capture(euro(1250)))).await.as_deref(), Some("not-authorized"));
    assert_eq!(submit(authorize(2, "tok_ok")).await, None);
    assert_eq!(submit(of(2, Act::Refund(euro(1250)))).await.as_deref(), Some("not-captured"));
    assert_eq!(submit(of(2, Act::Void)).await, None);
    assert_eq!(submit(of(2, Act::Capture(euro(1250)))).await.as_deref(), Some("not-authorized"));
    assert_eq!(submit(authorize(3, "tok_ok")).await, None);
    assert_eq!(submit(of(3, Act::Capture(euro(1250)))).await, None);
    assert_eq!(submit(of(3, Act::Void)).await.as_deref(), Some("not-voidable"));
}

#[tokio::test]
async fn what_is_late_is_not_known_for_two_seconds_and_then_succeeds() {
    let (dir, clock) = (TestDir::new(), FixedClock::new());
    let url = format!("sqlite:{}", dir.join("data").display()).parse().unwrap();
    let (theirs, ids) = (Arc::new(clock.clone()), Arc::new(SystemIds));
    let homes = Homes::open(&url, Tasks::default(), theirs, ids).await.unwrap();
    let home = homes.home(&SPEC).await.unwrap();
    let (sandbox, operation) = (Sandbox::new(&home), authorize(1, "tok_late"));
    for _ in 0..2 {
        assert!(sandbox.submit(&operation).await.is_err(), "it times out");
        assert_eq!(sandbox.ask(&operation).await, Ok(Standing::InProgress));
        clock.advance(Duration::milliseconds(999));
    }
    assert_eq!(sandbox.ask(&operation).await, Ok(Standing::InProgress));
    clock.advance(Duration::milliseconds(2));
    assert_eq!(sandbox.ask(&operation).await, Ok(Standing::Settled(Outcome::Done)));
    assert_eq!(sandbox.submit(&operation).await, Ok(Outcome::Done));
}
