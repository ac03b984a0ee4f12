//! What is to be done next for a command, given how far its payment has come.
//!
//! Whatever the command: what is intended and not known comes first. A command is done when the answer is a step.

use outgrow::Money;
use payments_contract::{AuthorizePayment, PaymentId, PaymentsRefusal, Reason};

use crate::{Intent, Payment, Record, Stage, Terms};

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Find out what came of what was intended.
    FindOut(Operation),
    /// Keep this.
    Keep(Record),
    /// Nothing: the payment as it is is the answer, or the command is refused.
    Answer(Result<(), PaymentsRefusal>),
}

/// What a command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked<'a> {
    /// That an amount is set aside.
    Authorize(&'a AuthorizePayment),
    /// That it is taken.
    Capture,
    /// That the payment ends.
    Refund,
}

/// What the provider is to do for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// For which payment.
    pub payment: PaymentId,
    /// What.
    pub act: Act,
}

/// What the provider can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Set an amount aside.
    Authorize(Terms),
    /// Take what was set aside.
    Capture(Money),
    /// Let go what was set aside.
    Void,
    /// Give back what was taken.
    Refund(Money),
}

/// What came of an operation, for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// The provider said no, and nothing was done.
    Declined(Reason),
}

impl Operation {
    /// Its idempotency key. It follows from what is asked and nothing else: however often, and by whomever it is
    /// repeated, it is the same operation.
    pub fn key(&self) -> String {
        format!("{}/{}", self.payment, self.act.name())
    }

    /// What is to be kept of its outcome.
    ///
    /// # Errors
    /// The reason, when the provider will not let go or give back. Nothing is kept of that: the payment is still to be
    /// ended, and whoever asks again asks the provider again, until somebody has settled it there.
    pub fn record(&self, outcome: Outcome) -> Result<Record, Reason> {
        match (&self.act, outcome) {
            (Act::Authorize(_), Outcome::Done) => Ok(Record::Authorized),
            (Act::Authorize(_), Outcome::Declined(reason)) => Ok(Record::Declined(reason)),
            (Act::Capture(_), Outcome::Done) => Ok(Record::Captured),
            (Act::Capture(_), Outcome::Declined(reason)) => Ok(Record::CaptureDeclined(reason)),
            (Act::Void, Outcome::Done) => Ok(Record::Voided),
            (Act::Refund(_), Outcome::Done) => Ok(Record::Refunded),
            (Act::Void | Act::Refund(_), Outcome::Declined(reason)) => Err(reason),
        }
    }
}

impl Act {
    /// Such as `authorize`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Authorize(_) => "authorize",
            Self::Capture(_) => "capture",
            Self::Void => "void",
            Self::Refund(_) => "refund",
        }
    }
}

impl Asked<'_> {
    /// The next step of this command.
    pub fn step(self, payment: &Payment) -> Step {
        if let Some(operation) = intended(payment) {
            return Step::FindOut(operation);
        }
        match self {
            Self::Authorize(request) => authorize(payment, request),
            Self::Capture => capture(payment),
            Self::Refund => refund(payment),
        }
    }

    /// What this command is answered when the provider will not let go or give back.
    ///
    /// # Errors
    /// Unless that is what it asks for, it is neither done nor refused: a payment that is to end may hold money, and
    /// whoever is told no to their own question would believe that there is none.
    pub fn unended(self, reason: &Reason) -> Result<PaymentsRefusal, String> {
        match self {
            Self::Refund => Ok(declined(Some(reason))),
            Self::Authorize(_) | Self::Capture => {
                let Reason { code, message } = reason;
                Err(format!("the payment is to end, and the provider will not end it ({code}): {message}"))
            }
        }
    }
}

/// The next step of an authorization.
fn authorize(payment: &Payment, request: &AuthorizePayment) -> Step {
    let (id, amount) = (payment.id, request.amount);
    let asked = Terms { token: request.token.clone(), amount };
    let otherwise = payment.terms.as_ref().is_some_and(|terms| *terms != asked);
    let refusal = match payment.stage {
        Stage::New if amount.amount > 0 => return Step::Keep(Record::AuthorizationRequested(asked)),
        Stage::New => PaymentsRefusal::WrongAmount { amount },
        _ if otherwise => PaymentsRefusal::AuthorizedOtherwise { payment: id },
        Stage::Authorized | Stage::Captured => return Step::Answer(Ok(())),
        Stage::Declined => declined(payment.reason.as_ref()),
        Stage::Voided | Stage::Refunded => PaymentsRefusal::Ended { payment: id },
    };
    Step::Answer(Err(refusal))
}

/// The next step of a capture.
fn capture(payment: &Payment) -> Step {
    let id = payment.id;
    let refusal = match payment.stage {
        Stage::New => PaymentsRefusal::UnknownPayment { payment: id },
        Stage::Authorized if payment.reason.is_some() => declined(payment.reason.as_ref()),
        Stage::Authorized => return Step::Keep(Record::CaptureRequested),
        Stage::Captured => return Step::Answer(Ok(())),
        Stage::Declined => PaymentsRefusal::NotAuthorized { payment: id },
        Stage::Voided | Stage::Refunded => PaymentsRefusal::Ended { payment: id },
    };
    Step::Answer(Err(refusal))
}

/// The next step of a refund.
fn refund(payment: &Payment) -> Step {
    match payment.stage {
        Stage::New => Step::Keep(Record::EndedEarly),
        Stage::Authorized => Step::Keep(Record::VoidRequested),
        Stage::Captured => Step::Keep(Record::RefundRequested),
        Stage::Declined | Stage::Voided | Stage::Refunded => Step::Answer(Ok(())),
    }
}

/// What is intended and not known.
fn intended(payment: &Payment) -> Option<Operation> {
    let terms = payment.terms.as_ref()?;
    let act = match payment.intent? {
        Intent::Authorize => Act::Authorize(terms.clone()),
        Intent::Capture => Act::Capture(terms.amount),
        Intent::Void => Act::Void,
        Intent::Refund => Act::Refund(terms.amount),
    };
    Some(Operation { payment: payment.id, act })
}

/// The refusal of what the provider said no to.
fn declined(reason: Option<&Reason>) -> PaymentsRefusal {
    let Reason { code, message } = reason.cloned().unwrap_or_else(|| Reason {
        code: "declined".to_owned(),
        message: "the provider gave no reason".to_owned(),
    });
    PaymentsRefusal::Declined { code, message }
}
