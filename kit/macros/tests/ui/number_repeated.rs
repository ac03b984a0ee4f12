//! A number used twice, in a message, in a variant and in an enum.

use outgrow::Wire;

#[derive(Wire)]
pub struct Ask {
    #[wire(1)]
    pub text: String,
    #[wire(1)]
    pub size: u32,
}

#[derive(Wire)]
pub enum Shape {
    #[wire(1)]
    Square {
        #[wire(2)]
        side: u32,
        #[wire(2)]
        colour: u32,
    },
}

#[derive(Wire)]
pub enum Colour {
    #[wire(1)]
    Red,
    #[wire(1)]
    Green,
}

fn main() {}
