//! A payment: what follows from its records.
//!
//! Invariants: records follow each other as [`Payment::then`] says and not otherwise; at most one thing is intended
//! whose outcome is not known.

use outgrow::{Currency, Money, StoreError};
use payments_contract::{Payment as Shown, PaymentId, PaymentStatus, Reason};

use crate::{Record, Stream, Terms};

/// A payment as its records left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Which one.
    pub id: PaymentId,
    /// How far it has certainly come.
    pub stage: Stage,
    /// What the provider is to do, or has done: what came of it is not known.
    pub intent: Option<Intent>,
    /// What is paid, and how; none before it began, and if it ended before.
    pub terms: Option<Terms>,
    /// Why the provider said no.
    pub reason: Option<Reason>,
    /// How many records it follows from.
    pub version: u32,
}

/// How far a payment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing has come of it yet.
    New,
    /// Its amount is set aside.
    Authorized,
    /// The provider said no.
    Declined,
    /// Its amount was taken.
    Captured,
    /// Nothing was taken, nor will be.
    Voided,
    /// What was taken was given back.
    Refunded,
}

/// What the provider is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Set the amount aside.
    Authorize,
    /// Take what was set aside.
    Capture,
    /// Let go what was set aside.
    Void,
    /// Give back what was taken.
    Refund,
}

/// Records that do not follow each other: somebody else has written them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {} of payment {payment} cannot follow on {stage:?}, {intent:?}", version + 1)]
pub struct Unfit {
    /// Which payment.
    pub payment: PaymentId,
    /// How far it had come.
    pub stage: Stage,
    /// What was intended.
    pub intent: Option<Intent>,
    /// After how many records.
    pub version: u32,
}

impl From<Unfit> for StoreError {
    fn from(unfit: Unfit) -> Self {
        Self::new(unfit)
    }
}

impl Payment {
    /// One that nobody has heard of.
    pub fn new(id: PaymentId) -> Self {
        Self { id, stage: Stage::New, intent: None, terms: None, reason: None, version: 0 }
    }

    /// What follows from what is kept.
    ///
    /// # Errors
    /// When the records do not follow each other.
    pub fn folded(id: PaymentId, Stream { snapshot, tail }: Stream) -> Result<Self, Unfit> {
        tail.into_iter().try_fold(snapshot.unwrap_or_else(|| Self::new(id)), Self::then)
    }

    /// What follows from one record more.
    ///
    /// # Errors
    /// When it cannot follow.
    pub fn then(mut self, record: Record) -> Result<Self, Unfit> {
        (self.stage, self.intent) = match (self.stage, self.intent, record) {
            (Stage::New, None, Record::AuthorizationRequested(terms)) => {
                self.terms = Some(terms);
                (Stage::New, Some(Intent::Authorize))
            }
            (Stage::New, Some(Intent::Authorize), Record::Authorized) => (Stage::Authorized, None),
            (Stage::New, Some(Intent::Authorize), Record::Declined(reason)) => {
                self.reason = Some(reason);
                (Stage::Declined, None)
            }
            (Stage::Authorized, None, Record::CaptureRequested) => (Stage::Authorized, Some(Intent::Capture)),
            (Stage::Authorized, Some(Intent::Capture), Record::Captured) => (Stage::Captured, None),
            (Stage::Authorized, Some(Intent::Capture), Record::CaptureDeclined(reason)) => {
                self.reason = Some(reason);
                (Stage::Authorized, None)
            }
            (Stage::Authorized, None, Record::VoidRequested) => (Stage::Authorized, Some(Intent::Void)),
            (Stage::Authorized, Some(Intent::Void), Record::Voided)
            | (Stage::New, None, Record::EndedEarly) => (Stage::Voided, None),
            (Stage::Captured, None, Record::RefundRequested) => (Stage::Captured, Some(Intent::Refund)),
            (Stage::Captured, Some(Intent::Refund), Record::Refunded) => (Stage::Refunded, None),
            (stage, intent, _) => {
                return Err(Unfit { payment: self.id, stage, intent, version: self.version });
            }
        };
        self.version += 1;
        Ok(self)
    }

    /// What is paid; nothing, in no currency, if it ended before it began.
    pub fn amount(&self) -> Money {
        self.terms.as_ref().map_or_else(nothing, |terms| terms.amount)
    }

    /// What others may know of it.
    pub fn shown(&self) -> Shown {
        let amount = self.amount();
        let all_if = |yes| if yes { amount } else { Money::zero(amount.currency) };
        Shown {
            id: self.id,
            status: self.status(),
            amount,
            captured: all_if(matches!(self.stage, Stage::Captured | Stage::Refunded)),
            refunded: all_if(self.stage == Stage::Refunded),
            reason: self.reason.clone(),
        }
    }

    fn status(&self) -> PaymentStatus {
        if self.intent.is_some() {
            return PaymentStatus::Pending;
        }
        match self.stage {
            Stage::New => PaymentStatus::Pending,
            Stage::Authorized => PaymentStatus::Authorized,
            Stage::Declined => PaymentStatus::Declined,
            Stage::Captured => PaymentStatus::Captured,
            Stage::Voided => PaymentStatus::Voided,
            Stage::Refunded => PaymentStatus::Refunded,
        }
    }
}

#[expect(clippy::expect_used, reason = "three capital letters are a currency")]
fn nothing() -> Money {
    Money::zero("XXX".parse::<Currency>().expect("ISO 4217: no currency"))
}
