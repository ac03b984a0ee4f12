//! A field and a variant without a number.

use outgrow::Wire;

#[derive(Wire)]
pub struct Ask {
    #[wire(1)]
    pub text: String,
    pub size: u32,
}

#[derive(Wire)]
pub enum Colour {
    Red,
}

fn main() {}
