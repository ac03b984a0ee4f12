//! What goes over HTTP: the public shape of a message, apart from the contract's.

use notifications_contract::{Message, Outcome, Sent, Undeliverable};
use serde::Serialize;
use utoipa::ToSchema;

/// The messages about an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Messages)]
pub(super) struct SentBody {
    /// Those that were sent, oldest first.
    items: Vec<MessageBody>,
    /// There is no next page.
    next: Option<String>,
    /// Those that will never be sent, oldest first.
    undeliverable: Vec<UndeliverableBody>,
}

/// A message that will never be sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Undeliverable)]
struct UndeliverableBody {
    /// Which one.
    #[schema(format = "uuid")]
    id: String,
    /// What it tells.
    outcome: OutcomeBody,
    /// Who was to get it.
    to: String,
    /// Why they will not.
    reason: String,
}

impl From<Sent> for SentBody {
    fn from(sent: Sent) -> Self {
        Self {
            items: sent.messages.into_iter().map(MessageBody::from).collect(),
            next: None,
            undeliverable: sent.undeliverable.into_iter().map(UndeliverableBody::from).collect(),
        }
    }
}

impl From<Undeliverable> for UndeliverableBody {
    fn from(message: Undeliverable) -> Self {
        Self {
            id: message.id.to_string(),
            outcome: message.outcome.into(),
            to: message.to.to_string(),
            reason: message.why,
        }
    }
}

/// A message that was sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
struct MessageBody {
    /// Which one: the same however often it was sent.
    #[schema(format = "uuid")]
    id: String,
    /// The order it is about.
    #[schema(format = "uuid")]
    order: String,
    /// What it tells.
    outcome: OutcomeBody,
    /// Who got it.
    to: String,
    /// Its subject, in one line.
    subject: String,
    /// Its text.
    text: String,
}

/// How an order came out.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Outcome)]
#[serde(rename_all = "lowercase")]
enum OutcomeBody {
    Confirmed,
    Rejected,
    Cancelled,
}

impl From<Outcome> for OutcomeBody {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Confirmed => Self::Confirmed,
            Outcome::Rejected => Self::Rejected,
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        Self {
            id: message.id.to_string(),
            order: message.order.to_string(),
            outcome: message.outcome.into(),
            to: message.to.to_string(),
            subject: message.subject,
            text: message.text,
        }
    }
}
