//! A stream that would not be read once a newer version tells more.

use outgrow::{Event, Wire};

#[derive(Wire, Event)]
#[event("notes.v1", key = "note")]
pub enum NoteEvent {
    #[wire(1)]
    NoteTaken {
        #[wire(1)]
        note: String,
    },
}

fn main() {}
