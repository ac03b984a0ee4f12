//! A request that cannot leave the process: a transaction.

use outgrow::{Answer, CallContext, Unread, Wire, port};

pub struct Transaction;

#[port("notes.v1")]
pub trait Notes {
    #[command(idempotent)]
    async fn take(&self, cx: &CallContext, request: Transaction) -> Answer<Ask, Refusal>;
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
