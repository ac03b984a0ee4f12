//! What happens to a message afterwards, whatever is lost on the way: it is sent, and a second one can be told.

use std::{collections::BTreeSet, sync::Arc};

use notifications_core::{MessageStore as _, Sending};
use outgrow_testkit::FixedClock;

use crate::{
    memory::{Failure, Fate, MemoryMessageStore, Postman},
    sample::{confirmed, id, mark, message, order},
};

struct Room {
    store: Arc<MemoryMessageStore>,
    postman: Arc<Postman>,
    sending: Sending,
}

impl Room {
    /// A room with so many messages to send.
    async fn with(messages: u64) -> Self {
        let (store, postman) = (Arc::new(MemoryMessageStore::default()), Arc::new(Postman::default()));
        for number in 1..=messages {
            store.intend(message(number, number, confirmed()), mark(number, 1)).await.unwrap();
        }
        let sending = sending(&store, &postman);
        Self { store, postman, sending }
    }

    /// The ids of the letters that were brought.
    fn brought(&self) -> Vec<notifications_contract::MessageId> {
        self.postman.brought.lock().unwrap().iter().map(|(id, _)| *id).collect()
    }

    /// Sends whatever is due until nothing is.
    async fn send_all(&self) {
        let mut rounds = 0;
        loop {
            let due = self.sending.due().await;
            if due.is_empty() {
                return;
            }
            for id in due {
                self.sending.send(id).await;
            }
            rounds += 1;
            assert!(rounds < 9, "it does not end");
        }
    }
}

/// As a process that has just been started sends.
fn sending(store: &Arc<MemoryMessageStore>, postman: &Arc<Postman>) -> Sending {
    Sending::new(store.clone(), postman.clone(), Arc::new(FixedClock::new()))
}

#[tokio::test]
async fn a_message_is_sent_once() {
    let room = Room::with(2).await;
    room.send_all().await;
    assert!(room.sending.send(id(1)).await, "there is nothing to do any more");
    assert_eq!(room.brought(), [id(1), id(2)]);
    assert_eq!(room.store.sent(order(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_waits_while_the_mailer_is_away() {
    let room = Room::with(1).await;
    room.postman.script.lock().unwrap().push_back(Fate::Away);
    assert!(!room.sending.send(id(1)).await);
    assert_eq!(room.store.to_send(None, 10).await.unwrap(), [id(1)]);
    room.send_all().await;
    assert_eq!(room.brought(), [id(1)]);
}

#[tokio::test]
async fn what_was_sent_and_could_not_be_kept_is_not_sent_again_by_the_same_process() {
    for failure in [Failure::NotCommitted, Failure::InDoubt] {
        let room = Room::with(1).await;
        room.store.commits_fail.lock().unwrap().push_back(failure);
        room.send_all().await;
        assert_eq!(room.brought(), [id(1)], "{failure:?}");
        assert_eq!(room.store.sent(order(1)).await.unwrap().len(), 1, "{failure:?}");
    }
}

#[tokio::test]
async fn whoever_dies_between_sending_and_keeping_leaves_it_to_be_sent_under_the_same_id() {
    let room = Room::with(1).await;
    room.store.commits_fail.lock().unwrap().push_back(Failure::NotCommitted);
    assert!(!room.sending.send(id(1)).await);
    let after_a_restart = sending(&room.store, &room.postman);
    assert!(after_a_restart.send(id(1)).await);
    let brought = room.postman.brought.lock().unwrap().clone();
    assert_eq!((brought.len(), &brought[0]), (2, &brought[1]), "the same letter, to the letter");
    assert_eq!(room.store.sent(order(1)).await.unwrap().len(), 1, "one message, for all that");
}

#[tokio::test]
async fn a_letter_of_which_nothing_was_heard_is_sent_again_under_the_same_id() {
    let room = Room::with(1).await;
    room.postman.script.lock().unwrap().push_back(Fate::Lost);
    room.send_all().await;
    assert_eq!(room.brought(), [id(1), id(1)]);
}

#[tokio::test]
async fn messages_that_cannot_be_sent_do_not_keep_the_others_from_their_turn() {
    let room = Room::with(300).await;
    let mut seen: BTreeSet<_> = room.sending.due().await.into_iter().collect();
    seen.extend(room.sending.due().await);
    assert_eq!(seen.len(), 300, "none of them was sent, and each had its turn");
    assert!(!room.sending.due().await.is_empty(), "and has one again");
}

#[tokio::test]
async fn who_has_just_come_is_first_in_the_next_round() {
    let room = Room::with(3).await;
    assert_eq!(room.sending.due().await, [id(1), id(2), id(3)]);
    room.store.intend(message(4, 4, confirmed()), mark(4, 1)).await.unwrap();
    assert_eq!(room.sending.due().await, [id(4), id(1), id(2), id(3)]);
}

#[tokio::test]
async fn a_letter_that_is_refused_is_not_tried_again_and_shows_why() {
    let room = Room::with(2).await;
    room.postman.script.lock().unwrap().push_back(Fate::Refused);
    room.send_all().await;
    assert_eq!(room.brought(), [id(2)], "and it keeps nobody from their turn");
    let refused = room.store.refused(order(1)).await.unwrap();
    assert_eq!(refused[0].clone().undeliverable().unwrap().why, "planted");
    room.send_all().await;
    assert_eq!(room.brought(), [id(2)]);
}

#[tokio::test]
async fn a_refusal_that_could_not_be_kept_is_asked_for_again() {
    let room = Room::with(1).await;
    room.postman.script.lock().unwrap().extend([Fate::Refused, Fate::Refused]);
    room.store.commits_fail.lock().unwrap().push_back(Failure::NotCommitted);
    assert!(!room.sending.send(id(1)).await);
    room.send_all().await;
    assert_eq!((room.brought(), room.store.refused(order(1)).await.unwrap().len()), (vec![], 1));
}
