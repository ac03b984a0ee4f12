//! The names of things in Inventory.

outgrow::id! {
    /// Names one reservation. Chosen by whoever reserves.
    pub struct ReservationId;
}

outgrow::text! {
    /// Names what is stocked.
    pub struct Sku: 1..=40, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'),
        "a SKU has 1 to 40 of the characters A-Z, a-z, 0-9, `.`, `_` and `-`";
}
