//! Numbers that Protobuf does not have, or keeps to itself.

use outgrow::Wire;

#[derive(Wire)]
pub struct Zero {
    #[wire(0)]
    pub text: String,
}

#[derive(Wire)]
pub struct Reserved {
    #[wire(19500)]
    pub text: String,
}

#[derive(Wire)]
pub struct Huge {
    #[wire(536870912)]
    pub text: String,
}

fn main() {}
