//! What is heard of an order, and how it is put into words. The wording is here and nowhere else.

use notifications_contract::{OrderId, Outcome, Recipient};
use outgrow::{Currency, Money};

/// How an order came out, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which order.
    pub order: OrderId,
    /// Who is to be told.
    pub to: Recipient,
    /// What.
    pub news: News,
}

/// How an order came out, with what is worth telling of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It is paid, and its goods have left.
    Confirmed {
        /// What it costs.
        total: Money,
    },
    /// It could not be fulfilled.
    Rejected {
        /// Why, as a sentence without its full stop.
        why: String,
    },
    /// It was called off.
    Cancelled,
}

/// Words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// In one line.
    pub subject: String,
    /// The rest.
    pub text: String,
}

impl News {
    /// The outcome that it is news of.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Confirmed { .. } => Outcome::Confirmed,
            Self::Rejected { .. } => Outcome::Rejected,
            Self::Cancelled => Outcome::Cancelled,
        }
    }
}

impl Notice {
    /// The letter that tells it. The same notice is always told in the same words.
    pub fn letter(&self) -> Letter {
        let (to, order, outcome) = (self.to.as_str(), self.order, self.news.outcome());
        let told = match &self.news {
            News::Confirmed { total } => {
                format!(
                    "your order is confirmed, and its goods are on their way; it comes to {}.",
                    price(*total)
                )
            }
            News::Rejected { why } => {
                format!("we are sorry: your order could not be fulfilled ({}).", line(why))
            }
            News::Cancelled => {
                "your order is cancelled, as you asked. Nothing more will happen to it.".to_owned()
            }
        };
        let subject = format!("Your order is {outcome}");
        Letter { subject, text: format!("Dear {to},\n\n{told}\n\nYour order: {order}\n") }
    }
}

/// An amount for people, such as `12.50 EUR`.
fn price(Money { amount, currency }: Money) -> String {
    let (digits, sign) = (decimals(currency), if amount < 0 { "-" } else { "" });
    let unit = 10_u64.pow(digits);
    let (whole, part) = (amount.unsigned_abs() / unit, amount.unsigned_abs() % unit);
    match usize::try_from(digits) {
        Ok(width) if width > 0 => format!("{sign}{whole}.{part:0width$} {currency}"),
        _ => format!("{sign}{whole} {currency}"),
    }
}

/// How many digits the minor unit of a currency takes (ISO 4217, list one).
fn decimals(currency: Currency) -> u32 {
    match currency.as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// Somebody else's words, in one line and not for ever: they are quoted, not obeyed.
fn line(words: &str) -> String {
    const LONGEST: usize = 200;
    words.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
