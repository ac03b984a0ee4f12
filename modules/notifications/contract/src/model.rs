//! Requests and answers.

use outgrow::Wire;
use time::OffsetDateTime;

use crate::{MessageId, OrderId, Recipient};

/// Asks for the messages about one order.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct SentQuery {
    /// Which order. One that nobody has heard of has no messages.
    #[wire(1)]
    pub order: OrderId,
}

/// The messages about one order.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Sent {
    /// Those that were sent, oldest first: at most one for each outcome.
    #[wire(1)]
    pub messages: Vec<Message>,
    /// Those that will never be sent, oldest first.
    #[wire(2)]
    pub undeliverable: Vec<Undeliverable>,
}

/// A message that will never be sent.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Undeliverable {
    /// Which one.
    #[wire(1)]
    pub id: MessageId,
    /// The order it is about.
    #[wire(2)]
    pub order: OrderId,
    /// What it tells.
    #[wire(3)]
    pub outcome: Outcome,
    /// Who was to get it.
    #[wire(4)]
    pub to: Recipient,
    /// Why they will not, in a sentence for people.
    #[wire(5)]
    pub why: String,
}

/// A message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Message {
    /// Which one.
    #[wire(1)]
    pub id: MessageId,
    /// The order it is about.
    #[wire(2)]
    pub order: OrderId,
    /// What it tells.
    #[wire(3)]
    pub outcome: Outcome,
    /// Who got it.
    #[wire(4)]
    pub to: Recipient,
    /// Its subject, in one line.
    #[wire(5)]
    pub subject: String,
    /// Its text.
    #[wire(6)]
    pub text: String,
    /// When it was sent: when the mailer had taken it.
    #[wire(7)]
    pub sent_at: OffsetDateTime,
}

/// How an order came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
pub enum Outcome {
    /// It is paid, and its goods have left.
    #[wire(1)]
    Confirmed,
    /// It could not be fulfilled.
    #[wire(2)]
    Rejected,
    /// It was called off.
    #[wire(3)]
    Cancelled,
}

/// Such as `confirmed`.
impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        })
    }
}
