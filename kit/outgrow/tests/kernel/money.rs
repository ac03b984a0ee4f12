//! Money adds up, or says why not.

use outgrow::{Currency, Message as _, Money, money::MoneyError};

fn money(amount: i64, currency: &str) -> Money {
    Money { amount, currency: currency.parse().expect("a currency") }
}

#[test]
fn amounts_of_one_currency_are_added_and_multiplied() {
    assert_eq!(money(1250, "EUR").checked_add(money(-50, "EUR")), Ok(money(1200, "EUR")));
    assert_eq!(money(1250, "EUR").checked_mul(3), Ok(money(3750, "EUR")));
}

#[test]
fn amounts_of_two_currencies_are_not_added() {
    let mixed = money(1, "EUR").checked_add(money(1, "USD"));
    assert_eq!(mixed.unwrap_err().to_string(), "EUR and USD cannot be added");
}

#[test]
fn an_amount_beyond_64_bits_is_refused() {
    assert_eq!(money(i64::MAX, "EUR").checked_add(money(1, "EUR")), Err(MoneyError::Overflow));
    assert_eq!(money(i64::MIN, "EUR").checked_mul(2), Err(MoneyError::Overflow));
}

#[test]
fn a_currency_is_three_capital_letters() {
    for wrong in ["", "EU", "EURO", "eur", "E1R", "ÄR"] {
        assert!(wrong.parse::<Currency>().is_err(), "{wrong}");
    }
    let bytes = b"\x08\x02\x12\x03eur";
    let error = Money::from_bytes(bytes).unwrap_err();
    assert_eq!(error.to_string(), "currency: a currency is three capital letters, such as EUR");
}

#[test]
fn money_is_the_same_as_json() {
    let json = r#"{"amount":1250,"currency":"EUR"}"#;
    assert_eq!(serde_json::to_string(&money(1250, "EUR")).expect("JSON"), json);
    assert_eq!(serde_json::from_str::<Money>(json).expect("money"), money(1250, "EUR"));
    assert!(serde_json::from_str::<Money>(r#"{"amount":1,"currency":"eur"}"#).is_err());
}
