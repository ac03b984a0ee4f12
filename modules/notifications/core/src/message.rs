//! A message, as it is kept: written once, then sent.

use notifications_contract::{Message as Shown, MessageId, OrderId, Outcome, Recipient, Undeliverable};
use time::OffsetDateTime;

use crate::{Letter, Notice};

/// One message to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which one: it follows from the event that it tells of, so that whoever gets it twice can tell.
    pub id: MessageId,
    /// The order it is about.
    pub order: OrderId,
    /// What it tells.
    pub outcome: Outcome,
    /// Who is to get it.
    pub to: Recipient,
    /// What it says: it does not change any more, however long it waits.
    pub letter: Letter,
    /// When it was written.
    pub written_at: OffsetDateTime,
    /// When it was sent; none while it is still to be sent.
    pub sent_at: Option<OffsetDateTime>,
    /// Why it will never be sent; none if it was, or may still be.
    pub refused: Option<String>,
}

impl Message {
    /// The message that tells this, still to be sent.
    pub fn of(id: MessageId, notice: Notice, written_at: OffsetDateTime) -> Self {
        let (letter, outcome) = (notice.letter(), notice.news.outcome());
        let Notice { order, to, .. } = notice;
        Self { id, order, outcome, to, letter, written_at, sent_at: None, refused: None }
    }

    /// What others may know of it, once it was sent.
    pub fn shown(self) -> Option<Shown> {
        let Self { id, order, outcome, to, letter: Letter { subject, text }, sent_at, .. } = self;
        Some(Shown { id, order, outcome, to, subject, text, sent_at: sent_at? })
    }

    /// The same of one that will never be sent.
    pub fn undeliverable(self) -> Option<Undeliverable> {
        let Self { id, order, outcome, to, refused, .. } = self;
        Some(Undeliverable { id, order, outcome, to, why: refused? })
    }

    /// Whether nothing is to be done for it any more.
    pub fn is_settled(&self) -> bool {
        self.sent_at.is_some() || self.refused.is_some()
    }
}
