//! A plain application adopts one port, and nothing else changes for those who use it.
//!
//! The same binary stands in the tree twice, before and after; the guide leads from the one to the other.
#![cfg(test)]

#[path = "adopting/guide.rs"]
mod guide;
#[path = "adopting/story.rs"]
mod story;
