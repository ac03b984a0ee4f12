//! What goes over HTTP: the public shape of a message, apart from the contract's.

use notifications_contract::{Message, Outcome};
use serde::Serialize;
use utoipa::ToSchema;

/// A message that was sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(super) struct MessageBody {
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

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        Self {
            id: message.id.to_string(),
            order: message.order.to_string(),
            outcome: match message.outcome {
                Outcome::Confirmed => OutcomeBody::Confirmed,
                Outcome::Rejected => OutcomeBody::Rejected,
                Outcome::Cancelled => OutcomeBody::Cancelled,
            },
            to: message.to.to_string(),
            subject: message.subject,
            text: message.text,
        }
    }
}
