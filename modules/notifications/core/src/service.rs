//! The port of Notifications, answered; and what it does with what it hears.

use std::sync::Arc;

use async_trait::async_trait;
use notifications_contract::{MessageId, Notifications, NotificationsRefusal, Sent, SentQuery};
use outgrow::{
    Answer, CallContext, Clock,
    command::Undecided,
    event::{Handled, Mark},
};

use crate::{Message, MessageStore, Notice};

/// Notifications itself.
pub struct Mailroom {
    messages: Arc<dyn MessageStore>,
    clock: Arc<dyn Clock>,
    /// Says that a message is to be sent. Nothing depends on it being heard.
    nudge: Box<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Mailroom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mailroom")
    }
}

impl Mailroom {
    /// Notifications, kept by `messages`. `nudge` is called when there is something to send.
    pub fn new(
        messages: Arc<dyn MessageStore>,
        clock: Arc<dyn Clock>,
        nudge: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self { messages, clock, nudge: Box::new(nudge) }
    }

    /// Hears of an outcome by an event: writes the message that tells it, to be sent afterwards. `id` follows from the
    /// event. The mark of the event is kept with the message, so that each event makes one.
    ///
    /// # Errors
    /// When it could not be kept, or perhaps not; and when others were first.
    pub async fn hear(&self, id: MessageId, notice: Notice, mark: Mark) -> Result<Handled, Undecided> {
        self.messages.intend(Message::of(id, notice, self.clock.now()), mark).await?;
        (self.nudge)();
        Ok(Handled::Marked)
    }
}

#[async_trait]
impl Notifications for Mailroom {
    async fn sent(&self, _cx: &CallContext, request: SentQuery) -> Answer<Sent, NotificationsRefusal> {
        let messages = self.messages.sent(request.order).await?;
        let refused = self.messages.refused(request.order).await?;
        Ok(Sent {
            messages: messages.into_iter().filter_map(Message::shown).collect(),
            undeliverable: refused.into_iter().filter_map(Message::undeliverable).collect(),
        })
    }
}
