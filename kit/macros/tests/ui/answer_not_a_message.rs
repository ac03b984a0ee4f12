//! An answer that is a value, but not a message of its own.

use outgrow::{Answer, CallContext, Unread, Wire, port};

#[port("notes.v1")]
pub trait Notes {
    #[query]
    async fn count(&self, cx: &CallContext, request: Ask) -> Answer<u32, Refusal>;
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
