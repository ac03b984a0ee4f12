//! A port without macros: what `#[port]` and `#[derive(Wire)]` emit, written by hand and explained.
//!
//! It is the query of [`super::contract`] once more. The tests in [`tests`] hold that both behave the same, so this is
//! also what to read before changing a macro, and what to copy where a macro does not fit.

mod tests;

use std::{error::Error, fmt, sync::Arc};

use super::contract::{self, Sku};
use outgrow::{
    Answer, BoxFuture, CallContext, Caller, Kind, Local, Message, Method, Port, PortDesc, Reply, Unread, Via,
    Wire, WireError, serve, unserved,
    wire::{Field, FieldDesc, MessageDesc, Open, Presence, Reader, Shape, WireType, nested},
};

// ---- the trait ---------------------------------------------------------------------------------------------------

/// Stock on hand, and holds upon it.
///
/// An `async fn` in a trait cannot be called through `dyn`. `async_trait` makes it one that returns a boxed future,
/// with these very lifetimes: modules then write `#[async_trait] impl Inventory for …` with plain `async fn`s.
trait Inventory: Send + Sync + 'static {
    /// What is on hand and available for one SKU.
    fn stock<'life0, 'life1, 'async_trait>(
        &'life0 self,
        cx: &'life1 CallContext,
        request: StockQuery,
    ) -> BoxFuture<'async_trait, Answer<StockLevel, InventoryRefusal>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait;
}

// ---- its two faces -----------------------------------------------------------------------------------------------

/// A name for each method, for whoever speaks about one: `<dyn Inventory>::STOCK`.
impl dyn Inventory {
    /// What is on hand and available for one SKU.
    const STOCK: &'static Method = &<Self as Port>::DESC.methods[0];
}

/// What carriers see: a description, and bytes in, bytes out.
impl Port for dyn Inventory {
    const DESC: &'static PortDesc = &PortDesc {
        package: "inventory.v1",
        name: "Inventory",
        doc: "Stock on hand, and holds upon it.",
        methods: &[Method {
            index: 0,
            name: "Stock",
            doc: "What is on hand and available for one SKU.",
            kind: Kind::Query,
            port: "Inventory",
            package: "inventory.v1",
            request: <StockQuery as Wire>::shape,
            answer: <StockLevel as Wire>::shape,
            refusal: <InventoryRefusal as Wire>::shape,
        }],
        contract: Method::contract("inventory.v1", "Inventory"),
        delivery: Method::delivery("inventory.v1", "Inventory"),
    };

    /// From the wire to the trait. `serve` decodes, runs and encodes; here we only say which method it is.
    fn dispatch<'a>(
        &'a self,
        method: &'static Method,
        cx: &'a CallContext,
        body: &'a [u8],
    ) -> BoxFuture<'a, Reply> {
        match method.index {
            0 => Box::pin(serve(self, method, cx, body, |port: &Self, cx, request: StockQuery| {
                port.stock(cx, request)
            })),
            _ => unserved(method),
        }
    }

    /// Any caller becomes the port. Only here is the size of `dyn Inventory` known to be that of a trait object.
    fn via<C: Caller<Self> + 'static>(caller: C) -> Arc<Self> {
        Arc::new(Via(caller))
    }
}

/// From the trait to a caller: a router, a client, a stub. The caller gets all there is to know about the call, and
/// as a plain function how the port itself would do it; so it is written once for all ports. The future it returns
/// is returned as it is: a local call allocates no more than a direct one.
impl<C: Caller<dyn Inventory> + 'static> Inventory for Via<C> {
    fn stock<'life0, 'life1, 'async_trait>(
        &'life0 self,
        cx: &'life1 CallContext,
        request: StockQuery,
    ) -> BoxFuture<'async_trait, Answer<StockLevel, InventoryRefusal>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        let local: Local<dyn Inventory, _, _, _> = |port, cx, request| port.stock(cx, request);
        self.0.call(cx, <dyn Inventory>::STOCK, request, local)
    }
}

// ---- its messages ------------------------------------------------------------------------------------------------

/// A request of one field.
#[derive(Clone, Debug, PartialEq)]
struct StockQuery {
    sku: Sku,
}

impl Wire for StockQuery {
    const TYPE: WireType = WireType::Len;

    fn shape() -> Shape {
        static DESC: MessageDesc = MessageDesc {
            name: "StockQuery",
            package: None,
            parent: None,
            doc: "",
            oneof: false,
            open: false,
            fields: &[FieldDesc {
                name: "sku",
                number: 1,
                doc: "",
                presence: <Sku as Field>::PRESENCE,
                shape: <Sku as Field>::shape,
            }],
            nested: &[],
        };
        Shape::Message(&DESC)
    }

    fn write(&self, out: &mut Vec<u8>) {
        <Sku as Field>::put(&self.sku, 1, out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut sku = <Sku as Field>::slot();
        while let Some(tag) = from.tag()? {
            match tag.number {
                1 => <Sku as Field>::take(&mut sku, "sku", tag, from)?,
                _ => from.skip(tag)?,
            }
        }
        Ok(Self { sku: <Sku as Field>::finish(sku, "sku")? })
    }
}

impl Message for StockQuery {}

/// The answer is the other contract's: types by hand and by macro go together.
type StockLevel = contract::StockLevel;

/// A refusal that keeps what it does not know.
#[derive(Clone, Debug, PartialEq)]
enum InventoryRefusal {
    /// Not enough of it.
    OutOfStock {
        /// Of what.
        sku: Sku,
        available: u32,
    },
    UnknownSku(Sku),
    Frozen,
    Other(Unread),
}

impl fmt::Display for InventoryRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfStock { sku, available } => write!(f, "only {available} of {sku} available"),
            Self::UnknownSku(sku) => write!(f, "{sku} is not stocked"),
            Self::Frozen => f.write_str("stock is being counted"),
            Self::Other(unread) => unread.fmt(f),
        }
    }
}

impl Error for InventoryRefusal {}

/// An enum with data is a message with a oneof: one field for each variant. A variant with fields of its own, or with
/// none, is a message nested in it.
impl Wire for InventoryRefusal {
    const TYPE: WireType = WireType::Len;

    fn shape() -> Shape {
        const NESTED: MessageDesc = MessageDesc {
            name: "",
            package: None,
            parent: Some("InventoryRefusal"),
            doc: "",
            oneof: false,
            open: false,
            fields: &[],
            nested: &[],
        };
        static OUT_OF_STOCK: MessageDesc = MessageDesc {
            name: "OutOfStock",
            fields: &[
                FieldDesc {
                    name: "sku",
                    number: 1,
                    doc: "Of what.",
                    presence: <Sku as Field>::PRESENCE,
                    shape: <Sku as Field>::shape,
                },
                FieldDesc {
                    name: "available",
                    number: 2,
                    doc: "",
                    presence: <u32 as Field>::PRESENCE,
                    shape: <u32 as Field>::shape,
                },
            ],
            ..NESTED
        };
        static FROZEN: MessageDesc = MessageDesc { name: "Frozen", ..NESTED };
        static DESC: MessageDesc = MessageDesc {
            name: "InventoryRefusal",
            package: None,
            parent: None,
            doc: "Why Inventory says no.",
            oneof: true,
            open: true,
            fields: &[
                FieldDesc {
                    name: "out_of_stock",
                    number: 1,
                    doc: "Not enough of it.",
                    presence: Presence::Required,
                    shape: || Shape::Message(&OUT_OF_STOCK),
                },
                FieldDesc {
                    name: "unknown_sku",
                    number: 2,
                    doc: "",
                    presence: Presence::Required,
                    shape: <Sku as Wire>::shape,
                },
                FieldDesc {
                    name: "frozen",
                    number: 3,
                    doc: "",
                    presence: Presence::Required,
                    shape: || Shape::Message(&FROZEN),
                },
            ],
            nested: &[&OUT_OF_STOCK, &FROZEN],
        };
        Shape::Message(&DESC)
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::OutOfStock { sku, available } => nested(1, out, |out| {
                <Sku as Field>::put(sku, 1, out);
                <u32 as Field>::put(available, 2, out);
            }),
            Self::UnknownSku(value) => Field::put(value, 2, out),
            Self::Frozen => nested(3, out, |_| {}),
            Self::Other(unread) => unread.put(out),
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut variant = None;
        while let Some(tag) = from.tag()? {
            variant = Some(match tag.number {
                1 => from.nested(tag, out_of_stock).map_err(|error| error.within("out_of_stock"))?,
                2 => from.value(tag).map(Self::UnknownSku).map_err(|error| error.within("unknown_sku"))?,
                3 => from.nested(tag, frozen).map_err(|error| error.within("frozen"))?,
                _ => Self::Other(Unread::take(tag, from)?),
            });
        }
        variant.ok_or_else(WireError::no_variant)
    }
}

fn out_of_stock(from: &mut Reader<'_>) -> Result<InventoryRefusal, WireError> {
    let (mut sku, mut available) = (<Sku as Field>::slot(), <u32 as Field>::slot());
    while let Some(tag) = from.tag()? {
        match tag.number {
            1 => <Sku as Field>::take(&mut sku, "sku", tag, from)?,
            2 => <u32 as Field>::take(&mut available, "available", tag, from)?,
            _ => from.skip(tag)?,
        }
    }
    Ok(InventoryRefusal::OutOfStock {
        sku: <Sku as Field>::finish(sku, "sku")?,
        available: <u32 as Field>::finish(available, "available")?,
    })
}

fn frozen(from: &mut Reader<'_>) -> Result<InventoryRefusal, WireError> {
    while let Some(tag) = from.tag()? {
        from.skip(tag)?;
    }
    Ok(InventoryRefusal::Frozen)
}

impl Message for InventoryRefusal {}
impl Open for InventoryRefusal {}
