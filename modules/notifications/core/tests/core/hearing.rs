//! What is heard is written down once, and shown once it was sent.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use notifications_contract::{Message as Shown, Notifications as _, OrderId, SentQuery};
use notifications_core::{Mailroom, MessageStore as _, News};
use outgrow::{CallContext, Clock as _, command::Undecided, event::Handled};
use outgrow_testkit::{FixedClock, SequentialIds};

use crate::{
    memory::MemoryMessageStore,
    sample::{at, confirmed, id, mark, notice, order},
};

fn mailroom() -> (Arc<MemoryMessageStore>, Arc<AtomicUsize>, Mailroom) {
    let (store, nudges) = (Arc::new(MemoryMessageStore::default()), Arc::new(AtomicUsize::new(0)));
    let nudged = nudges.clone();
    let nudge = move || {
        nudged.fetch_add(1, Ordering::Relaxed);
    };
    let mailroom = Mailroom::new(store.clone(), Arc::new(FixedClock::new()), nudge);
    (store, nudges, mailroom)
}

async fn shown(mailroom: &Mailroom, order: OrderId) -> Vec<Shown> {
    let cx = CallContext::new("tests", SequentialIds::nth(7));
    mailroom.sent(&cx, SentQuery { order }).await.unwrap().messages
}

#[tokio::test]
async fn news_are_written_down_to_be_sent_and_shown_once_they_were() {
    let (store, nudges, mailroom) = mailroom();
    let heard = mailroom.hear(id(1), notice(1, confirmed()), mark(1, 2)).await;
    assert!(matches!(heard, Ok(Handled::Marked)), "{heard:?}");
    assert_eq!(nudges.load(Ordering::Relaxed), 1);
    assert_eq!(store.to_send(None, 10).await.unwrap(), [id(1)]);
    assert_eq!(store.message(id(1)).await.unwrap().unwrap().written_at, FixedClock::new().now());
    assert_eq!(shown(&mailroom, order(1)).await, []);
    store.mark_sent(id(1), at(5)).await.unwrap();
    let messages = shown(&mailroom, order(1)).await;
    assert_eq!(
        messages.iter().map(|message| (message.id, message.sent_at)).collect::<Vec<_>>(),
        [(id(1), at(5))]
    );
}

#[tokio::test]
async fn what_was_heard_before_is_not_written_down_again() {
    let (store, nudges, mailroom) = mailroom();
    let _marked = mailroom.hear(id(1), notice(1, confirmed()), mark(1, 2)).await.unwrap();
    for news in [confirmed(), News::Cancelled] {
        let again = mailroom.hear(id(1), notice(1, news), mark(1, 2)).await;
        assert!(matches!(again, Err(Undecided::Conflict)), "{again:?}");
    }
    assert_eq!(store.to_send(None, 10).await.unwrap(), [id(1)]);
    assert_eq!(nudges.load(Ordering::Relaxed), 1);
}
