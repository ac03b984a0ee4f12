//! Notifications, pure: what is told to whom, and that it is told once.
//!
//! Reading order: [`notice`] (what is heard, and how it is worded), [`message`] (what is kept), [`needs`] (what it wants
//! from outside), [`sending`] (what happens afterwards), [`service`] (the port, and the ear).

pub mod message;
pub mod needs;
pub mod notice;
pub mod sending;
pub mod service;

pub use message::Message;
pub use needs::{Mailer, MessageStore, Undelivered};
pub use notice::{Letter, News, Notice};
pub use sending::Sending;
pub use service::Mailroom;
