//! `grpc-timeout`: what remains of a time budget, as the gRPC specification writes it.

use std::time::Duration;

use http::HeaderValue;

/// The largest amount: eight digits.
const MOST: u128 = 99_999_999;

/// The finest unit that has room. A budget of more than three years is sent as three years.
pub(crate) fn encode(budget: Duration) -> Option<HeaderValue> {
    let units = [
        (budget.as_nanos(), 'n'),
        (budget.as_micros(), 'u'),
        (budget.as_millis(), 'm'),
        (u128::from(budget.as_secs()), 'S'),
    ];
    let (amount, unit) = units.into_iter().find(|(amount, _)| *amount <= MOST).unwrap_or((MOST, 'S'));
    HeaderValue::try_from(format!("{amount}{unit}")).ok()
}

/// None if it is not 1 to 8 digits and a unit.
pub(crate) fn decode(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_hours(amount),
        "M" => Duration::from_mins(amount),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_sent_in_the_finest_unit_that_has_room() {
        let sent = |budget| encode(budget).unwrap().to_str().unwrap().to_owned();
        assert_eq!(sent(Duration::from_nanos(1)), "1n");
        assert_eq!(sent(Duration::from_millis(99)), "99000000n");
        assert_eq!(sent(Duration::from_secs(5)), "5000000u");
        assert_eq!(sent(Duration::from_hours(1)), "3600000m");
        assert_eq!(sent(Duration::from_secs(100_000_000 - 1)), "99999999S");
        assert_eq!(sent(Duration::MAX), "99999999S");
    }

    #[test]
    fn every_unit_is_read() {
        let read = |text| decode(text).unwrap();
        assert_eq!(read("2H"), Duration::from_hours(2));
        assert_eq!(read("3M"), Duration::from_mins(3));
        assert_eq!(read("4S"), Duration::from_secs(4));
        assert_eq!(read("5m"), Duration::from_millis(5));
        assert_eq!(read("6u"), Duration::from_micros(6));
        assert_eq!(read("7n"), Duration::from_nanos(7));
        assert_eq!(read("99999999H"), Duration::from_hours(99_999_999));
    }

    #[test]
    fn what_is_not_a_timeout_is_not_read() {
        for text in ["", "S", "5", "5s", "-5S", "+5S", "5.0S", "123456789S", " 5S", "5é", "é"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
