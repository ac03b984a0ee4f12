//! The store of a home, to which every event that it is to mark was delivered before, as it always is.

use std::sync::Arc;

use async_trait::async_trait;
use notifications_contract::{MessageId, OrderId};
use notifications_core::{Message, MessageStore};
use notifications_infra::SqlMessageStore;
use outgrow::{
    CommitError, StoreError,
    event::{Mark, Recorded},
};
use outgrow_runtime::events::Inbox;
use outgrow_testkit::TestHome;
use time::OffsetDateTime;

pub(crate) struct Delivered {
    store: SqlMessageStore,
    inbox: Arc<dyn Inbox>,
}

impl Delivered {
    pub(crate) fn to(place: &TestHome) -> Self {
        let home = place.home();
        Self { store: SqlMessageStore::new(&home), inbox: home.events().inbox }
    }
}

#[async_trait]
impl MessageStore for Delivered {
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.store.message(id).await
    }

    async fn sent(&self, order: OrderId) -> Result<Vec<Message>, StoreError> {
        self.store.sent(order).await
    }

    async fn to_send(&self, after: Option<MessageId>, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        self.store.to_send(after, limit).await
    }

    async fn intend(&self, message: Message, mark: Mark) -> Result<(), CommitError> {
        let Mark { stream, key, sequence } = mark.clone();
        let (kind, data) = ("ordering.v1.order_confirmed".to_owned(), "{}".to_owned());
        let (id, at, correlation) = (message.id.0, message.written_at, message.order.0);
        let event = Recorded {
            id,
            stream,
            key,
            sequence,
            kind,
            data,
            at,
            correlation,
            causation: None,
            previous: None,
        };
        self.inbox.accept(&[event]).await?;
        self.store.intend(message, mark).await
    }

    async fn refused(&self, order: OrderId) -> Result<Vec<Message>, StoreError> {
        self.store.refused(order).await
    }

    async fn mark_refused(&self, id: MessageId, why: &str) -> Result<(), CommitError> {
        self.store.mark_refused(id, why).await
    }

    async fn mark_sent(&self, id: MessageId, at: OffsetDateTime) -> Result<(), CommitError> {
        self.store.mark_sent(id, at).await
    }
}
