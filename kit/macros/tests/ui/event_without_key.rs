//! An event that does not say to what it happened.

use outgrow::{Event, Unread, Wire};

#[derive(Wire, Event)]
#[event("notes.v1", key = "note")]
pub enum NoteEvent {
    #[wire(1)]
    NoteTaken {
        #[wire(1)]
        text: String,
    },
    #[wire(other)]
    Other(Unread),
}

fn main() {}
