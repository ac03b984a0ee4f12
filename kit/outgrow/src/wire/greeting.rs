//! What two ends of a port tell each other when they meet: which contract each of them has.

use crate::Wire;

/// What a caller says of the contract that it was built with.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
#[wire(package = "outgrow.v1")]
pub struct Greeting {
    /// The hash of its contract.
    #[wire(1)]
    pub hash: String,
}

/// What the other end says of its own.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
#[wire(package = "outgrow.v1")]
pub struct Contract {
    /// The hash of its contract.
    #[wire(1)]
    pub hash: String,
    /// The contract, as the text of a lock; left out if it is the caller's own.
    #[wire(2)]
    pub lock: Option<String>,
}
