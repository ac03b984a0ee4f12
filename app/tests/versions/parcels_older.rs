//! Version 1 of Parcels, said in the words of version 2.

use std::sync::Arc;

use async_trait::async_trait;
use outgrow::{Answer, Answers, CallContext, command};

use crate::{
    parcels_v1::{BookParcel, Booked, BookedQuery, Parcel, Parcels, ParcelsRefusal},
    parcels_v2 as v2,
};

/// Answers version 1 by version 2.
pub(crate) struct ParcelsV1 {
    pub(crate) newer: Arc<dyn v2::Parcels>,
    pub(crate) answers: Arc<dyn Answers>,
}

#[async_trait]
impl Parcels for ParcelsV1 {
    async fn book(&self, cx: &CallContext, request: BookParcel) -> Answer<Parcel, ParcelsRefusal> {
        // What version 1 answered while it was the only one.
        if let Some(answer) = command::answered(cx, <dyn Parcels>::BOOK, &request, &*self.answers).await {
            return answer;
        }
        let request = v2::BookParcel { grams: u64::from(request.kilograms) * 1000 };
        let answer = self.newer.book(cx, request).await;
        answer.map(|booked| parcel(&booked)).map_err(|failure| failure.map_refusal(refusal))
    }

    async fn booked(&self, cx: &CallContext, _: BookedQuery) -> Answer<Booked, ParcelsRefusal> {
        let answer = self.newer.booked(cx, v2::BookedQuery).await;
        let booked = |v2::Booked { parcels }| Booked { parcels };
        answer.map(booked).map_err(|failure| failure.map_refusal(refusal))
    }
}

/// Version 1 knows whole kilograms only: it is told the next one up.
fn parcel(parcel: &v2::Parcel) -> Parcel {
    Parcel { number: parcel.number, kilograms: kilograms(parcel.grams) }
}

fn refusal(refusal: v2::ParcelsRefusal) -> ParcelsRefusal {
    match refusal {
        v2::ParcelsRefusal::TooHeavy { grams } => ParcelsRefusal::TooHeavy { kilograms: kilograms(grams) },
        v2::ParcelsRefusal::Other(unread) => ParcelsRefusal::Other(unread),
    }
}

fn kilograms(grams: u64) -> u32 {
    u32::try_from(grams.div_ceil(1000)).unwrap_or(u32::MAX)
}
