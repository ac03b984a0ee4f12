//! What records and snapshots look like in the home, and how older ones are read.
//!
//! Records are kept for ever, so what they look like has a version: the **format**. A record is written in the newest,
//! never rewritten, and read by way of the formats in between, one step each ([`upcast`]). The types of this file are
//! nobody else's: neither the events that are told to others, nor the core's records, which have no old versions.
//!
//! | format | since then |
//! |---|---|
//! | 1 | as the module was first written; in no release. An amount stood in two fields, and a decline had a code only |
//! | 2 | an amount is one value, and a decline has a message for people |

use outgrow::Money;
use payments_contract::{PaymentId, Reason};
use payments_core::{Intent, Payment, Record, Stage, Terms};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The format in which records and snapshots are written.
pub const FORMAT: u32 = 2;

/// What is kept cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It was written by a newer build.
    #[error("it is of format {0}, which a newer build has written; this one knows {FORMAT}")]
    Newer(u32),
    /// It is no record of ours.
    #[error("it is no record: {0}")]
    NoRecord(serde_json::Error),
}

/// A record, beside its kind.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "kebab-case")]
#[expect(clippy::empty_enum_variants_with_brackets, reason = "kept as `{}`, which can get fields later")]
enum StoredRecord {
    AuthorizationRequested(StoredTerms),
    Authorized {},
    Declined(StoredReason),
    CaptureRequested {},
    Captured {},
    CaptureDeclined(StoredReason),
    VoidRequested {},
    Voided {},
    RefundRequested {},
    Refunded {},
    EndedEarly {},
}

#[derive(Serialize, Deserialize)]
struct StoredTerms {
    token: String,
    amount: Money,
}

#[derive(Serialize, Deserialize)]
struct StoredReason {
    code: String,
    message: String,
}

/// A snapshot, beside the payment and the version that it is of.
#[derive(Serialize, Deserialize)]
struct StoredPayment {
    stage: StoredStage,
    intent: Option<StoredIntent>,
    terms: Option<StoredTerms>,
    reason: Option<StoredReason>,
}

/// Reads a record of any format up to ours.
///
/// # Errors
/// When it is of a newer one, or no record.
pub fn read(kind: &str, format: u32, data: &str) -> Result<Record, Unreadable> {
    if format > FORMAT {
        return Err(Unreadable::Newer(format));
    }
    let read = || {
        let data = serde_json::from_str(data)?;
        let data = (format..FORMAT).try_fold(data, |data, format| upcast(kind, format, data))?;
        record(serde_json::from_value(json!({ "kind": kind, "data": data }))?)
    };
    read().map_err(Unreadable::NoRecord)
}

/// The data of a record in the next format.
fn upcast(kind: &str, format: u32, data: Value) -> Result<Value, serde_json::Error> {
    #[derive(Deserialize)]
    struct Terms1 {
        token: String,
        amount: i64,
        currency: String,
    }
    #[derive(Deserialize)]
    struct Reason1 {
        code: String,
    }
    Ok(match (format, kind) {
        (1, "authorization-requested") => {
            let Terms1 { token, amount, currency } = serde_json::from_value(data)?;
            json!({ "token": token, "amount": { "amount": amount, "currency": currency } })
        }
        (1, "declined" | "capture-declined") => {
            let Reason1 { code } = serde_json::from_value(data)?;
            json!({ "code": code, "message": "the provider said no" })
        }
        _ => data,
    })
}

/// The kind and the data of a record, in our format.
pub(crate) fn write(record: &Record) -> Result<(String, String), serde_json::Error> {
    #[derive(Deserialize)]
    struct Written {
        kind: String,
        data: Value,
    }
    let Written { kind, data } = serde_json::from_value(serde_json::to_value(stored(record))?)?;
    Ok((kind, data.to_string()))
}

/// The data of a snapshot.
pub(crate) fn write_snapshot(payment: &Payment) -> Result<String, serde_json::Error> {
    serde_json::to_string(&StoredPayment {
        stage: payment.stage.into(),
        intent: payment.intent.map(StoredIntent::from),
        terms: payment.terms.as_ref().map(StoredTerms::from),
        reason: payment.reason.as_ref().map(StoredReason::from),
    })
}

/// The payment of a snapshot.
pub(crate) fn read_snapshot(id: PaymentId, version: u32, data: &str) -> Result<Payment, serde_json::Error> {
    let StoredPayment { stage, intent, terms, reason } = serde_json::from_str(data)?;
    Ok(Payment {
        id,
        stage: stage.into(),
        intent: intent.map(Intent::from),
        terms: terms.map(Terms::try_from).transpose()?,
        reason: reason.map(Reason::from),
        version,
    })
}

fn record(stored: StoredRecord) -> Result<Record, serde_json::Error> {
    Ok(match stored {
        StoredRecord::AuthorizationRequested(terms) => Record::AuthorizationRequested(terms.try_into()?),
        StoredRecord::Authorized {} => Record::Authorized,
        StoredRecord::Declined(reason) => Record::Declined(reason.into()),
        StoredRecord::CaptureRequested {} => Record::CaptureRequested,
        StoredRecord::Captured {} => Record::Captured,
        StoredRecord::CaptureDeclined(reason) => Record::CaptureDeclined(reason.into()),
        StoredRecord::VoidRequested {} => Record::VoidRequested,
        StoredRecord::Voided {} => Record::Voided,
        StoredRecord::RefundRequested {} => Record::RefundRequested,
        StoredRecord::Refunded {} => Record::Refunded,
        StoredRecord::EndedEarly {} => Record::EndedEarly,
    })
}

fn stored(record: &Record) -> StoredRecord {
    match record {
        Record::AuthorizationRequested(terms) => StoredRecord::AuthorizationRequested(terms.into()),
        Record::Authorized => StoredRecord::Authorized {},
        Record::Declined(reason) => StoredRecord::Declined(reason.into()),
        Record::CaptureRequested => StoredRecord::CaptureRequested {},
        Record::Captured => StoredRecord::Captured {},
        Record::CaptureDeclined(reason) => StoredRecord::CaptureDeclined(reason.into()),
        Record::VoidRequested => StoredRecord::VoidRequested {},
        Record::Voided => StoredRecord::Voided {},
        Record::RefundRequested => StoredRecord::RefundRequested {},
        Record::Refunded => StoredRecord::Refunded {},
        Record::EndedEarly => StoredRecord::EndedEarly {},
    }
}

impl From<&Terms> for StoredTerms {
    fn from(terms: &Terms) -> Self {
        Self { token: terms.token.to_string(), amount: terms.amount }
    }
}

impl TryFrom<StoredTerms> for Terms {
    type Error = serde_json::Error;

    fn try_from(StoredTerms { token, amount }: StoredTerms) -> Result<Self, Self::Error> {
        Ok(Self { token: token.parse().map_err(serde::de::Error::custom)?, amount })
    }
}

impl From<&Reason> for StoredReason {
    fn from(Reason { code, message }: &Reason) -> Self {
        Self { code: code.clone(), message: message.clone() }
    }
}

impl From<StoredReason> for Reason {
    fn from(StoredReason { code, message }: StoredReason) -> Self {
        Self { code, message }
    }
}

/// The names of a core's own enum, as they are kept.
macro_rules! names {
    ($stored:ident of $core:ident: $($name:ident),*) => {
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum $stored { $($name),* }

        impl From<$core> for $stored {
            fn from(core: $core) -> Self {
                match core { $($core::$name => Self::$name),* }
            }
        }

        impl From<$stored> for $core {
            fn from(stored: $stored) -> Self {
                match stored { $($stored::$name => Self::$name),* }
            }
        }
    };
}

names!(StoredStage of Stage: New, Authorized, Declined, Captured, Voided, Refunded);
names!(StoredIntent of Intent: Authorize, Capture, Void, Refund);
