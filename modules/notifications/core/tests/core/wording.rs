//! What customers read.

use notifications_core::News;
use outgrow::Money;

use crate::sample::{confirmed, notice, order};

fn text(news: News) -> String {
    notice(1, news).letter().text
}

fn price(amount: i64, currency: &str) -> String {
    let text = text(News::Confirmed { total: Money { amount, currency: currency.parse().unwrap() } });
    text.split("it comes to ").nth(1).unwrap().split(".\n").next().unwrap().to_owned()
}

#[test]
fn a_confirmed_order_is_told_with_what_it_comes_to() {
    let letter = notice(1, confirmed()).letter();
    assert_eq!(letter.subject, "Your order is confirmed");
    let told = "your order is confirmed, and its goods are on their way; it comes to 12.50 EUR.";
    assert_eq!(letter.text, format!("Dear ada,\n\n{told}\n\nYour order: {}\n", order(1)));
}

#[test]
fn a_rejected_order_is_told_with_the_reason_and_a_cancelled_one_without() {
    let rejected = notice(1, News::Rejected { why: "only 3 of mug available".to_owned() }).letter();
    assert_eq!(rejected.subject, "Your order is rejected");
    assert!(rejected.text.contains("could not be fulfilled (only 3 of mug available)."), "{}", rejected.text);
    let cancelled = notice(1, News::Cancelled).letter();
    assert_eq!(cancelled.subject, "Your order is cancelled");
    assert!(cancelled.text.contains("as you asked"), "{}", cancelled.text);
}

#[test]
fn amounts_have_the_decimals_of_their_currency() {
    assert_eq!(price(5, "EUR"), "0.05 EUR");
    assert_eq!(price(-1_250, "EUR"), "-12.50 EUR");
    assert_eq!(price(1250, "JPY"), "1250 JPY");
    assert_eq!(price(1250, "KWD"), "1.250 KWD");
    assert_eq!(price(i64::MIN, "EUR"), "-92233720368547758.08 EUR");
}

#[test]
fn a_reason_stays_in_its_line_and_is_not_told_for_ever() {
    let long = format!("a\r\nBcc: eve\n{}", "x".repeat(1_000));
    let text = text(News::Rejected { why: long });
    assert!(text.contains("(a  Bcc: eve x") && text.len() < 400, "{text}");
}
