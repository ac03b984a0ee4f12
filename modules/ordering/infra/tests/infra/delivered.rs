//! The history of a home, to which every event that it is to mark was delivered before, as it always is.

use std::sync::Arc;

use async_trait::async_trait;
use ordering_contract::{Customer, OrderId};
use ordering_core::{Entry, Fact, HistoryStore};
use ordering_infra::SqlHistoryStore;
use outgrow::{
    CommitError, StoreError,
    event::{Mark, Recorded},
};
use outgrow_runtime::events::Inbox;
use outgrow_testkit::TestHome;

pub(crate) struct Delivered {
    store: SqlHistoryStore,
    inbox: Arc<dyn Inbox>,
}

impl Delivered {
    pub(crate) fn to(place: &TestHome) -> Self {
        let home = place.home();
        Self { store: SqlHistoryStore::new(&home), inbox: home.events().inbox }
    }
}

#[async_trait]
impl HistoryStore for Delivered {
    async fn keep(&self, fact: Fact, mark: Mark) -> Result<(), CommitError> {
        let Mark { stream, key, sequence } = mark.clone();
        let event = Recorded {
            id: fact.order.0,
            stream,
            key,
            sequence,
            kind: "ordering.v1.order_confirmed".to_owned(),
            data: "{}".to_owned(),
            at: fact.at,
            correlation: fact.order.0,
            causation: None,
            previous: None,
        };
        self.inbox.accept(&[event]).await?;
        self.store.keep(fact, mark).await
    }

    async fn history_of(
        &self,
        customer: &Customer,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        self.store.history_of(customer, after, limit).await
    }
}
