//! Money: the one value type that contexts share.
//!
//! An amount in the minor unit of its currency (cents), and the currency. No floats, no rounding, no conversion:
//! what divides or converts money is a domain's business.
//!
//! ```
//! use outgrow::{Currency, Money};
//!
//! let eur: Currency = "EUR".parse()?;
//! let price = Money { amount: 1250, currency: eur };
//! assert_eq!(price.checked_mul(3)?.to_string(), "3750 EUR");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    Wire,
    wire::{Reader, Scalar, Shape, WireError, WireType},
};

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Wire)]
#[serde(deny_unknown_fields)]
#[wire(package = "outgrow.v1")]
pub struct Money {
    /// In minor units of the currency, such as cents.
    #[wire(1)]
    pub amount: i64,
    /// Three letters of ISO 4217, such as `EUR`.
    #[wire(2)]
    pub currency: Currency,
}

impl Money {
    /// Nothing, in this currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// The sum of two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies { left: self.currency, right: other.currency });
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// This many times the amount.
    pub fn checked_mul(self, times: u32) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(i64::from(times)).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// Why amounts cannot be calculated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Amounts of two currencies have no sum.
    #[error("{left} and {right} cannot be added")]
    MixedCurrencies {
        /// The currency of the one.
        left: Currency,
        /// The currency of the other.
        right: Currency,
    },
    /// The result is beyond 64 bits.
    #[error("the amount is too large")]
    Overflow,
}

/// A currency: three capital letters, as ISO 4217 names them. That it exists is not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The three letters.
    pub fn as_str(&self) -> &str {
        // Only capital letters get in.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// This is not a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three capital letters, such as EUR")]
pub struct NotACurrency;

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(NotACurrency),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;

    fn try_from(text: String) -> Result<Self, NotACurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A string on the wire. By hand, since what is inside is not what travels.
impl Wire for Currency {
    const TYPE: WireType = WireType::Len;

    fn shape() -> Shape {
        Shape::Scalar(Scalar::String)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        from.text()?.parse().map_err(WireError::malformed)
    }
}
