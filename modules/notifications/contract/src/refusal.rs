//! What Notifications says no to: nothing, so far.

use outgrow::{Unread, Wire};

/// Why Notifications refused.
#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub enum NotificationsRefusal {
    /// A refusal of a newer version.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}
