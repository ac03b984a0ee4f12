//! What others may ask of Parcels: version 2 weighs in grams.

use outgrow::{Answer, CallContext, Unread, Wire, port};

/// Parcels, booked and looked up.
#[port("parcels.v2")]
pub(crate) trait Parcels {
    /// Books a parcel.
    #[command(idempotent)]
    async fn book(&self, cx: &CallContext, request: BookParcel) -> Answer<Parcel, ParcelsRefusal>;

    /// How many were booked.
    #[query]
    async fn booked(&self, cx: &CallContext, request: BookedQuery) -> Answer<Booked, ParcelsRefusal>;
}

/// Asks for a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub(crate) struct BookParcel {
    #[wire(1)]
    pub(crate) grams: u64,
}

/// A booked parcel.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub(crate) struct Parcel {
    #[wire(1)]
    pub(crate) number: u32,
    #[wire(2)]
    pub(crate) grams: u64,
}

/// Asks how many were booked.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub(crate) struct BookedQuery;

/// How many were booked.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub(crate) struct Booked {
    #[wire(1)]
    pub(crate) parcels: u32,
}

/// Why Parcels says no.
#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub(crate) enum ParcelsRefusal {
    /// It is too heavy.
    #[error("a parcel weighs at most {grams} g")]
    #[wire(1)]
    TooHeavy {
        #[wire(1)]
        grams: u64,
    },
    /// A refusal of a newer version.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}
