//! The names of things in Payments.

outgrow::id! {
    /// Names one payment. Chosen by whoever pays: the shop gives it the id of the order that is paid.
    pub struct PaymentId;
}

outgrow::text! {
    /// Stands for a means of payment, as the provider knows it. Never the means itself.
    pub struct PaymentToken: 1..=128, |c| c.is_ascii_graphic(), "a payment token has 1 to 128 visible ASCII characters";
}
