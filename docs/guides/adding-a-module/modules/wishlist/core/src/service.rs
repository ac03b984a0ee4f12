//! The port of Wishlist, answered.

use std::sync::Arc;

use async_trait::async_trait;
use outgrow::{
    Answer, CallContext, StoreError,
    command::{self, Undecided},
};
use wishlist_contract::{Customer, Wish, Wishes, WishesQuery, Wishlist, WishlistRefusal};

use crate::{Change, List, ListStore};

/// Wishlist itself.
pub struct Keeper {
    store: Arc<dyn ListStore>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keeper")
    }
}

impl Keeper {
    /// Wishlist, kept by `store`.
    pub fn new(store: Arc<dyn ListStore>) -> Self {
        Self { store }
    }

    async fn list(&self, customer: &Customer) -> Result<List, StoreError> {
        Ok(self.store.list(customer).await?.unwrap_or_else(|| List::empty(customer.clone())))
    }

    /// Reads, decides, and commits effects and answer together.
    async fn decide(
        &self,
        command: command::Command,
        request: &Wish,
    ) -> Result<Result<Wishes, WishlistRefusal>, Undecided> {
        let mut list = self.list(&request.customer).await?;
        let decision = list.wish(request.sku.clone());
        let changed = decision == Ok(true);
        let answer = decision.map(|_| list.wishes());
        let change = Change { list: changed.then_some(list), answer: command.remember(&answer) };
        self.store.commit(change).await?;
        Ok(answer)
    }
}

#[async_trait]
impl Wishlist for Keeper {
    async fn wish(&self, cx: &CallContext, request: Wish) -> Answer<Wishes, WishlistRefusal> {
        let request = &request;
        let decide = |command| self.decide(command, request);
        command::execute(cx, <dyn Wishlist>::WISH, request, self.store.answers(), decide).await
    }

    async fn wishes(&self, _cx: &CallContext, request: WishesQuery) -> Answer<Wishes, WishlistRefusal> {
        Ok(self.list(&request.customer).await?.wishes())
    }
}
