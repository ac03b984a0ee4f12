//! A method for any type: which one would travel?

use outgrow::{Answer, CallContext, Unread, Wire, port};

#[port("notes.v1")]
pub trait Notes {
    #[query]
    async fn read<T>(&self, cx: &CallContext, request: T) -> Answer<Ask, Refusal>;
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
