//! Fields that cannot leave the process.

use std::sync::Arc;

use outgrow::Wire;

#[derive(Wire)]
pub struct Ask {
    #[wire(1)]
    pub text: Arc<str>,
    #[wire(2)]
    pub blob: Vec<u8>,
}

fn main() {}
