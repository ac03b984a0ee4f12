//! A checked newtype that does not say how it is checked.

use outgrow::Wire;

#[derive(Wire)]
#[wire(checked)]
pub struct Sku(String);

fn main() {}
