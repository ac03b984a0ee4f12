//! The end of an order that another process brought about: nobody tells of it here, and it is found all the same.

use std::time::Duration;

use ordering_contract::OrderStatus;
use ordering_core::{Change, OrderStore as _};
use ordering_infra::{SPEC, SqlOrderStore};
use outgrow_testkit::TestHome;
use tokio::{join, time::timeout};

use crate::sample::{id, order};

async fn what_another_process_ends_is_found_by_looking(place: TestHome) {
    let (ours, theirs) = (SqlOrderStore::new(&place.home()), SqlOrderStore::new(&place.home()));
    ours.commit(Change { order: Some(order(1, "ada")), ..Change::default() }).await.unwrap();
    let end = async {
        let read = theirs.order(id(1)).await.unwrap().unwrap();
        theirs.commit(Change { order: Some(read.confirm().unwrap().0), ..Change::default() }).await.unwrap();
    };
    let waiting = timeout(Duration::from_secs(30), ours.outcome(id(1), Duration::from_mins(1)));
    let (outcome, ()) = join!(waiting, end);
    let outcome = outcome.expect("it looks before its time is over").unwrap().unwrap();
    assert_eq!(outcome.status, OrderStatus::Confirmed);
}

#[tokio::test]
async fn what_another_process_ends_is_found_by_looking_on_sqlite() {
    what_another_process_ends_is_found_by_looking(TestHome::sqlite(&SPEC).await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn what_another_process_ends_is_found_by_looking_on_postgresql() {
    what_another_process_ends_is_found_by_looking(TestHome::postgres(&SPEC).await).await;
}
