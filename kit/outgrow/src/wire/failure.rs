//! The failure of a call, for carriers that need it as a message.

use crate::Wire;

/// How a call failed without a refusal, for clients in any language: gRPC sends it as a status detail.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
#[wire(package = "outgrow.v1")]
pub struct CallFailure {
    /// Whether the call may have had its effect.
    #[wire(1)]
    pub executed: Executed,
    /// The stable code of the cause, such as `overloaded`.
    #[wire(2)]
    pub kind: String,
    /// The cause in a sentence, for people.
    #[wire(3)]
    pub detail: String,
}

/// Whether a failed call may have had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
#[wire(package = "outgrow.v1")]
pub enum Executed {
    /// It certainly had no effect.
    #[wire(1)]
    NotExecuted,
    /// It may have had its effect.
    #[wire(2)]
    InDoubt,
}
