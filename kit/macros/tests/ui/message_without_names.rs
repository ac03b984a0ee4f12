//! Types that are no message.

use outgrow::Wire;

#[derive(Wire)]
pub struct Pair(String, u32);

#[derive(Wire)]
pub struct Any<T> {
    #[wire(1)]
    pub value: T,
}

#[derive(Wire)]
pub enum Shape {
    #[wire(1)]
    Rectangle(u32, u32),
}

#[derive(Wire)]
pub enum Never {}

fn main() {}
