//! The names of things in Ordering.

outgrow::id! {
    /// Names one order.
    pub struct OrderId;
}

outgrow::text! {
    /// Names what is ordered.
    pub struct Sku: 1..=40, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'),
        "a SKU has 1 to 40 of the characters A-Z, a-z, 0-9, `.`, `_` and `-`";
}

outgrow::text! {
    /// Names who orders.
    pub struct Customer: 1..=64, |c| !c.is_control(),
        "a customer has 1 to 64 characters, none of them a control character";
}

outgrow::text! {
    /// Stands for a means of payment. Never the means itself.
    pub struct PaymentToken: 1..=128, |c| c.is_ascii_graphic(), "a payment token has 1 to 128 visible ASCII characters";
}
