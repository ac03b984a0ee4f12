//! Options of `#[wire(…)]` where they mean nothing.

use outgrow::Wire;

#[derive(Wire)]
#[wire(checked)]
pub struct Ask {
    #[wire(1)]
    pub text: String,
}

#[derive(Wire)]
pub struct Sku {
    #[wire(1, optional)]
    pub text: String,
}

#[derive(Wire)]
pub enum Refusal {
    #[wire(other)]
    Other,
}

fn main() {}
