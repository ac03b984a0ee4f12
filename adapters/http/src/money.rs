//! Money in JSON bodies.

use outgrow::Money;
use serde::{Deserialize, Serialize};
use utoipa::{PartialSchema, ToSchema, openapi};

/// Money in a body: `{"amount": 1250, "currency": "EUR"}`, in minor units. The same value as [`Money`], with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MoneyJson(pub Money);

impl From<Money> for MoneyJson {
    fn from(money: Money) -> Self {
        Self(money)
    }
}

impl PartialSchema for MoneyJson {
    fn schema() -> openapi::RefOr<openapi::Schema> {
        let amount = openapi::ObjectBuilder::new()
            .schema_type(openapi::Type::Integer)
            .format(Some(openapi::SchemaFormat::KnownFormat(openapi::KnownFormat::Int64)))
            .description(Some("In minor units of the currency, such as cents."));
        let currency = openapi::ObjectBuilder::new()
            .schema_type(openapi::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .description(Some("Three capital letters, as in ISO 4217."));
        openapi::ObjectBuilder::new()
            .property("amount", amount)
            .property("currency", currency)
            .required("amount")
            .required("currency")
            .additional_properties(Some(openapi::schema::AdditionalProperties::FreeForm(false)))
            .examples([serde_json::json!({"amount": 1250, "currency": "EUR"})])
            .into()
    }
}

impl ToSchema for MoneyJson {
    fn name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
}
