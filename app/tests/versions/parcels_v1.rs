//! What others may ask of Parcels: version 1.

use outgrow::{Answer, CallContext, Unread, Wire, port};

/// Parcels, booked and looked up.
#[port("parcels.v1")]
pub(crate) trait Parcels {
    /// Books a parcel.
    #[command(idempotent)]
    async fn book(&self, cx: &CallContext, request: BookParcel) -> Answer<Parcel, ParcelsRefusal>;

    /// How many were booked.
    #[query]
    async fn booked(&self, cx: &CallContext, request: BookedQuery) -> Answer<Booked, ParcelsRefusal>;
}

/// Asks for a parcel of whole kilograms.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub(crate) struct BookParcel {
    #[wire(1)]
    pub(crate) kilograms: u32,
}

/// A booked parcel.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub(crate) struct Parcel {
    #[wire(1)]
    pub(crate) number: u32,
    #[wire(2)]
    pub(crate) kilograms: u32,
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
    #[error("a parcel weighs at most {kilograms} kg")]
    #[wire(1)]
    TooHeavy {
        #[wire(1)]
        kilograms: u32,
    },
    /// A refusal of a newer version.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}
