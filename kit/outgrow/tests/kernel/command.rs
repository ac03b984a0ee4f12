//! What becomes of a command that is being executed already.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use outgrow::{
    Answer, Answers, CallContext, CallError, CauseKind, CommandId, Remembered, StoreError, Turn,
    command::{self, Undecided},
};
use uuid::Uuid;

use super::contract::{Inventory, InventoryRefusal, Reservation, ReservationId, ReserveStock};

/// Answers of a home in which every command is being executed by somebody else.
#[derive(Default)]
struct Busy(Mutex<Option<Duration>>);

#[async_trait]
impl Answers for Busy {
    async fn recall(&self, _: &CommandId) -> Result<Option<Remembered>, StoreError> {
        Ok(None)
    }

    async fn begin(&self, _: &CommandId, patience: Option<Duration>) -> Option<Turn> {
        *self.0.lock().unwrap() = patience;
        None
    }
}

async fn reserve(cx: &CallContext, answers: &dyn Answers) -> Answer<Reservation, InventoryRefusal> {
    let request = ReserveStock { reservation: ReservationId(Uuid::nil()), lines: Vec::new(), note: None };
    let attempt = async |_| -> Result<Result<Reservation, InventoryRefusal>, Undecided> {
        unreachable!("it is executed twice at once")
    };
    command::execute(cx, <dyn Inventory>::RESERVE, &request, answers, attempt).await
}

#[tokio::test]
async fn a_repeat_that_has_waited_long_enough_is_not_executed_but_in_progress() {
    let busy = Busy::default();
    let cx = CallContext::new("tests", Uuid::nil()).with_key("key".parse().unwrap());
    let error = reserve(&cx, &busy).await.unwrap_err();
    assert!(
        matches!(&error, CallError::NotExecuted(cause) if cause.kind == CauseKind::InProgress),
        "{error:?}"
    );
    assert_eq!(*busy.0.lock().unwrap(), None, "who has all the time waits for ever");

    reserve(&cx.within(Duration::from_secs(10)), &busy).await.unwrap_err();
    let patience = busy.0.lock().unwrap().unwrap();
    let expected = Duration::from_secs(8)..=Duration::from_secs(9);
    assert!(expected.contains(&patience), "{patience:?}: some of the time is left to say so");
}
