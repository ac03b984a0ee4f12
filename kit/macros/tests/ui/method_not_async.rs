//! A method that answers at once, as none from another process can.

use outgrow::{Answer, CallContext, Unread, Wire, port};

#[port("notes.v1")]
pub trait Notes {
    #[query]
    fn read(&self, cx: &CallContext, request: Ask) -> Answer<Ask, Refusal>;
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
