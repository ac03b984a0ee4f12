//! The port.

use outgrow::{Answer, CallContext, port};

use crate::{NotificationsRefusal, Sent, SentQuery};

/// Messages to those who order.
#[port("notifications.v1")]
pub trait Notifications {
    /// The messages about one order that were sent, and those that will never be.
    #[query]
    async fn sent(&self, cx: &CallContext, request: SentQuery) -> Answer<Sent, NotificationsRefusal>;
}
