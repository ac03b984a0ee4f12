//! What every store of messages keeps to, in memory or in SQL.
//!
//! Each law gets an empty store. [`on_each_law`] makes a test of each; a law that it does not name is dead code.

use notifications_contract::MessageId;
use notifications_core::{Message, MessageStore, News};
use outgrow::CommitError;

use crate::sample::{at, confirmed, id, mark, message, order};

/// A test of each law, for [`test_laws`](outgrow_testkit::test_laws).
macro_rules! on_each_law {
    ($($empty:tt)*) => {
        outgrow_testkit::test_laws! { [$($empty)*]
            an_empty_store_has_nothing
            a_message_comes_back_as_it_was_written
            a_message_comes_back_as_it_was_sent
            an_event_makes_one_message
            an_outcome_has_one_message_and_the_event_of_a_second_is_not_marked
            a_message_is_marked_as_sent_once
            messages_to_send_come_oldest_first_and_sent_ones_do_not
            the_messages_about_an_order_come_once_they_were_sent
            a_refused_message_is_kept_with_the_reason_and_not_to_be_sent
            what_was_sent_after_all_is_not_refused
        }
    };
}
pub(crate) use on_each_law;

type Store = dyn MessageStore;

/// Writes message `number`, about order `number`.
async fn written(store: &Store, number: u64) -> Message {
    let message = message(number, number, confirmed());
    store.intend(message.clone(), mark(number, 1)).await.unwrap();
    message
}

async fn sent(store: &Store, of: u64) -> Vec<MessageId> {
    store.sent(order(of)).await.unwrap().iter().map(|message| message.id).collect()
}

pub(crate) async fn an_empty_store_has_nothing(store: &Store) {
    assert_eq!(store.message(id(1)).await.unwrap(), None);
    assert_eq!(store.sent(order(1)).await.unwrap(), []);
    assert_eq!(store.to_send(None, 10).await.unwrap(), []);
    assert!(matches!(store.mark_sent(id(1), at(5)).await, Err(CommitError::Conflict)));
}

pub(crate) async fn a_message_comes_back_as_it_was_written(store: &Store) {
    for (number, news) in (1..).zip([confirmed(), News::Rejected { why: "'; ü\t".into() }, News::Cancelled])
    {
        let message = message(number, 1, news);
        store.intend(message.clone(), mark(1, number)).await.unwrap();
        assert_eq!(store.message(message.id).await.unwrap(), Some(message));
    }
}

pub(crate) async fn a_message_comes_back_as_it_was_sent(store: &Store) {
    let message = written(store, 1).await;
    store.mark_sent(id(1), at(1_234_567)).await.unwrap();
    let sent = Message { sent_at: Some(at(1_234_567)), ..message };
    assert_eq!(store.message(id(1)).await.unwrap(), Some(sent.clone()));
    assert_eq!(store.sent(order(1)).await.unwrap(), [sent]);
}

pub(crate) async fn an_event_makes_one_message(store: &Store) {
    written(store, 1).await;
    let again = store.intend(message(2, 1, News::Cancelled), mark(1, 1)).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    assert_eq!(store.message(id(2)).await.unwrap(), None);
}

pub(crate) async fn an_outcome_has_one_message_and_the_event_of_a_second_is_not_marked(store: &Store) {
    written(store, 1).await;
    let second = store.intend(message(2, 1, confirmed()), mark(1, 2)).await;
    assert!(matches!(second, Err(CommitError::Conflict)), "{second:?}");
    assert_eq!(store.message(id(2)).await.unwrap(), None);
    store.intend(message(3, 1, News::Cancelled), mark(1, 2)).await.unwrap();
    assert_eq!(store.to_send(None, 10).await.unwrap(), [id(1), id(3)]);
}

pub(crate) async fn a_message_is_marked_as_sent_once(store: &Store) {
    written(store, 1).await;
    store.mark_sent(id(1), at(5)).await.unwrap();
    assert!(matches!(store.mark_sent(id(1), at(6)).await, Err(CommitError::Conflict)));
    assert_eq!(store.message(id(1)).await.unwrap().unwrap().sent_at, Some(at(5)));
}

pub(crate) async fn messages_to_send_come_oldest_first_and_sent_ones_do_not(store: &Store) {
    for number in [3, 1, 4, 2] {
        written(store, number).await;
    }
    store.mark_sent(id(2), at(5)).await.unwrap();
    assert_eq!(store.to_send(None, 10).await.unwrap(), [id(1), id(3), id(4)]);
    assert_eq!(store.to_send(None, 2).await.unwrap(), [id(1), id(3)]);
    assert_eq!(store.to_send(Some(id(3)), 10).await.unwrap(), [id(4)]);
}

pub(crate) async fn the_messages_about_an_order_come_once_they_were_sent(store: &Store) {
    written(store, 1).await;
    written(store, 2).await;
    store.intend(message(3, 1, News::Cancelled), mark(1, 2)).await.unwrap();
    assert_eq!(sent(store, 1).await, []);
    store.mark_sent(id(3), at(5)).await.unwrap();
    assert_eq!(sent(store, 1).await, [id(3)]);
    store.mark_sent(id(1), at(6)).await.unwrap();
    assert_eq!((sent(store, 1).await, sent(store, 2).await), (vec![id(1), id(3)], vec![]), "oldest first");
}

pub(crate) async fn a_refused_message_is_kept_with_the_reason_and_not_to_be_sent(store: &Store) {
    let (message, _other) = (written(store, 1).await, written(store, 2).await);
    store.mark_refused(id(1), "no such mailbox; 'ü").await.unwrap();
    let refused = Message { refused: Some("no such mailbox; 'ü".to_owned()), ..message };
    assert_eq!(store.message(id(1)).await.unwrap(), Some(refused.clone()));
    assert_eq!(store.refused(order(1)).await.unwrap(), [refused]);
    assert_eq!((store.refused(order(2)).await.unwrap(), sent(store, 1).await), (vec![], vec![]));
    assert_eq!(store.to_send(None, 10).await.unwrap(), [id(2)]);
    assert!(matches!(store.mark_refused(id(1), "again").await, Err(CommitError::Conflict)));
    assert!(matches!(store.mark_refused(id(3), "nobody").await, Err(CommitError::Conflict)));
}

pub(crate) async fn what_was_sent_after_all_is_not_refused(store: &Store) {
    written(store, 1).await;
    store.mark_refused(id(1), "by one process").await.unwrap();
    store.mark_sent(id(1), at(5)).await.unwrap();
    assert_eq!((store.refused(order(1)).await.unwrap(), sent(store, 1).await), (vec![], vec![id(1)]));
    assert!(matches!(store.mark_refused(id(1), "too late").await, Err(CommitError::Conflict)));
}
