//! The post room, which sends parcels.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use outgrow::{Answer, CallContext, CallError, Unread, Wire, port};
use serde::{Deserialize, Serialize};

/// What the rest of the application asks of the post room.
#[port("post.v1")]
pub(crate) trait PostRoom {
    /// Hands a parcel over. Each call is another parcel.
    #[command(once)]
    async fn send(&self, cx: &CallContext, parcel: Parcel) -> Answer<Sent, PostRefusal>;
}

/// Something to send.
#[derive(Clone, Debug, Deserialize, Wire)]
pub(crate) struct Parcel {
    #[wire(1)]
    pub(crate) country: String,
    #[wire(2)]
    pub(crate) grams: u32,
}

/// A parcel that is on its way.
#[derive(Clone, Debug, Serialize, Wire)]
pub(crate) struct Sent {
    #[wire(1)]
    pub(crate) number: u32,
    #[wire(2)]
    pub(crate) cents: u32,
}

/// Why the post room said no.
#[derive(Clone, Debug, Wire, thiserror::Error)]
pub(crate) enum PostRefusal {
    #[error("nothing is sent to {0}")]
    #[wire(1)]
    NoSuchCountry(String),
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

/// The post room itself: a tariff, and a count of what was sent.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    sent: AtomicU32,
}

impl Desk {
    fn price(parcel: &Parcel) -> Result<u32, PostRefusal> {
        let least = match &*parcel.country {
            "AT" => 490,
            "CH" | "DE" => 890,
            _ => return Err(PostRefusal::NoSuchCountry(parcel.country.clone())),
        };
        Ok(least + parcel.grams / 100 * 20)
    }
}

#[async_trait]
impl PostRoom for Desk {
    async fn send(&self, _cx: &CallContext, parcel: Parcel) -> Answer<Sent, PostRefusal> {
        let cents = Self::price(&parcel).map_err(CallError::Refused)?;
        Ok(Sent { number: self.sent.fetch_add(1, Ordering::Relaxed) + 1, cents })
    }
}
