//! Contracts that change while others call by the version before or after: over both carriers.
#![cfg(test)]
#![expect(
    clippy::clone_on_ref_ptr,
    clippy::as_conversions,
    reason = "what is shared is plain to see in a test"
)]

#[path = "versions/carried.rs"]
mod carried;
#[path = "versions/evolved.rs"]
mod evolved;
#[path = "versions/guide.rs"]
mod guide;
#[path = "versions/parcels_older.rs"]
mod parcels_older;
#[path = "versions/parcels_v1.rs"]
mod parcels_v1;
#[path = "versions/parcels_v2.rs"]
mod parcels_v2;
#[path = "versions/side_by_side.rs"]
mod side_by_side;
#[path = "versions/three.rs"]
mod three;
