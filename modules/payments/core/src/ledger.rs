//! Where the money is: double entry.
//!
//! Every movement is *one* transfer, which takes its amount from one account and puts it into another. So no transfer
//! can be out of balance, and the sum of all accounts is zero. An amount that is only set aside has not moved.

use outgrow::Money;
use payments_contract::PaymentId;

use crate::{Payment, Record};

outgrow::id! {
    /// Names one transfer.
    pub struct TransferId;
}

/// A movement of money from one account to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which one.
    pub id: TransferId,
    /// For which payment.
    pub payment: PaymentId,
    /// What it was: each at most once a payment.
    pub movement: Movement,
    /// How much.
    pub amount: Money,
}

/// What money moves for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// It was taken.
    Capture,
    /// It was given back.
    Refund,
}

/// Whose money it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// What the provider owes us.
    Provider,
    /// What customers have paid.
    Customers,
}

impl Transfer {
    /// What moves with the last record of a payment, if anything does.
    pub fn of(payment: &Payment, record: &Record, id: TransferId) -> Option<Self> {
        let movement = if *record == Record::Captured {
            Movement::Capture
        } else if *record == Record::Refunded {
            Movement::Refund
        } else {
            return None;
        };
        Some(Self { id, payment: payment.id, movement, amount: payment.amount() })
    }
}

impl Movement {
    /// The account that gets the amount.
    pub fn debit(self) -> Account {
        match self {
            Self::Capture => Account::Provider,
            Self::Refund => Account::Customers,
        }
    }

    /// The account that gives it.
    pub fn credit(self) -> Account {
        match self {
            Self::Capture => Account::Customers,
            Self::Refund => Account::Provider,
        }
    }
}
