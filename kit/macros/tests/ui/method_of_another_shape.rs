//! Methods without a context, with two requests, and with another result.

use outgrow::{Answer, CallContext, Unread, Wire, port};

#[port("notes.v1")]
pub trait Notes {
    #[query]
    async fn read(&self, request: Ask) -> Answer<Ask, Refusal>;

    #[query]
    async fn find(&self, cx: &CallContext, one: Ask, other: Ask) -> Answer<Ask, Refusal>;

    #[query]
    async fn count(&self, cx: &CallContext, request: Ask) -> Result<Ask, Refusal>;
}

#[derive(Wire)]
pub struct Ask {
    #[wire(1)]
    pub text: String,
}

#[derive(Debug, Wire, thiserror::Error)]
pub enum Refusal {
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

fn main() {}
