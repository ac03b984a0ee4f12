//! A refusal that would lose what newer versions say.

use outgrow::{Answer, CallContext, Wire, port};

#[port("notes.v1")]
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
    #[error("there is no note {0}")]
    #[wire(1)]
    Unknown(String),
}

fn main() {}
