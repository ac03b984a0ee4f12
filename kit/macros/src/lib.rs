//! `#[port]`, `#[derive(Wire)]` and `#[derive(Event)]`: they remove typing, nothing else.
//!
//! What they emit can be written by hand (`kit/outgrow/tests/kernel/by_hand.rs` does, with comments): an
//! implementation of [`Wire`](macro@Wire) for a type, and for a port its descriptor, its dispatcher and its caller.
//! They know no carrier. All they emit names things by their full path, so a contract may call its own types
//! whatever it likes.

mod attr;
mod event;
mod port;
mod text;
mod wire;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemTrait, LitStr, parse_macro_input};

/// Makes a trait a port: something other modules may call, wherever the module is.
///
/// Its argument is the package of the port: the module, and the major version of the contract. Every method is
/// `async fn name(&self, cx: &CallContext, request: Request) -> Answer<Reply, Refusal>` and says what it promises
/// about being repeated: `#[query]`, `#[command(idempotent)]` or `#[command(once)]`. There is no default.
///
/// ```
/// use outgrow::{Answer, CallContext, Unread, Wire, port};
///
/// /// Stock on hand.
/// #[port("inventory.v1")]
/// pub trait Inventory {
///     /// What is on hand for one SKU.
///     #[query]
///     async fn stock(&self, cx: &CallContext, request: StockQuery) -> Answer<StockLevel, InventoryRefusal>;
/// }
///
/// #[derive(Clone, Debug, PartialEq, Wire)]
/// pub struct StockQuery {
///     #[wire(1)]
///     pub sku: String,
/// }
///
/// #[derive(Clone, Debug, PartialEq, Wire)]
/// pub struct StockLevel {
///     #[wire(1)]
///     pub on_hand: u32,
/// }
///
/// #[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
/// pub enum InventoryRefusal {
///     #[error("{0} is not stocked")]
///     #[wire(1)]
///     UnknownSku(String),
///     #[error("{0}")]
///     #[wire(other)]
///     Other(Unread),
/// }
///
/// assert_eq!(<dyn Inventory>::STOCK.to_string(), "inventory.v1.Inventory/Stock");
/// ```
///
/// It emits the trait itself (object-safe, by `async_trait`), a constant on `dyn Inventory` for each method,
/// `impl Port for dyn Inventory` (what carriers see), and `impl Inventory for Via<C>` (any caller is the port).
#[proc_macro_attribute]
pub fn port(args: TokenStream, item: TokenStream) -> TokenStream {
    let package = parse_macro_input!(args as LitStr);
    let item = parse_macro_input!(item as ItemTrait);
    port::expand(&package, item).into()
}

/// Makes an enum a stream of events: what happens to one kind of aggregate. It is [`Wire`](macro@Wire), too.
///
/// Its attribute says the package of the contract that has the stream, and the field in every variant that names the
/// aggregate. An example stands at the module `outgrow::event`.
#[proc_macro_derive(Event, attributes(event))]
pub fn event(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    event::expand(&item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Lets a type cross a port.
///
/// | type | on the wire |
/// |---|---|
/// | struct with named fields, each `#[wire(number)]` | message |
/// | newtype `struct Sku(String)` | what is inside; with `#[wire(checked)]` read by `TryFrom` of it |
/// | enum without data, each variant `#[wire(number)]` | enum |
/// | enum with data, each variant `#[wire(number)]` | message with a oneof |
/// | `#[wire(other)] Other(Unread)` | whatever variant this build does not know |
///
/// A field may be an `Option` or a `Vec`. Numbers are never inferred, and never used twice: what was removed stays
/// reserved. `#[wire(package = "outgrow.v1")]` puts a type shared by several contracts into a package of its own.
///
/// ```
/// use outgrow::{Message, Wire};
///
/// /// A line of an order.
/// #[derive(Clone, Debug, PartialEq, Wire)]
/// pub struct Line {
///     #[wire(1)]
///     pub sku: String,
///     #[wire(2)]
///     pub quantity: u32,
///     #[wire(3)]
///     pub note: Option<String>,
/// }
///
/// let line = Line { sku: "tea".to_owned(), quantity: 2, note: None };
/// assert_eq!(Line::from_bytes(&line.to_bytes()), Ok(line));
/// ```
#[proc_macro_derive(Wire, attributes(wire))]
pub fn wire(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    wire::expand(&item).unwrap_or_else(syn::Error::into_compile_error).into()
}
