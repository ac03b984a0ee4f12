//! A port whose package has no major version.

use outgrow::{Answer, CallContext, Unread, Wire, port};

#[port("notes")]
pub trait Notes {
    #[query]
    async fn read(&self, cx: &CallContext, request: Ask) -> Answer<Ask, Refusal>;
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
