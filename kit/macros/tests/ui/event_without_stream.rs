//! An event that does not say of which stream it is.

use outgrow::{Event, Unread, Wire};

#[derive(Wire, Event)]
pub enum NoteEvent {
    #[wire(1)]
    NoteTaken {
        #[wire(1)]
        note: String,
    },
    #[wire(other)]
    Other(Unread),
}

fn main() {}
