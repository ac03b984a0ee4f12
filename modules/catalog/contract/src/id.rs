//! The names of things in Catalog.

outgrow::text! {
    /// Names a product.
    pub struct Sku: 1..=40, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'),
        "a SKU has 1 to 40 of the characters A-Z, a-z, 0-9, `.`, `_` and `-`";
}

outgrow::text! {
    /// What people call a product.
    pub struct ProductName: 1..=200, |c| !c.is_control(),
        "a product's name has 1 to 200 characters, none of them a control character";
}
