//! Ports: what `#[port]` makes of a trait, and what carriers see of it.
//!
//! A port has two faces. To modules it is the trait as written. To carriers it is a [`Dispatch`]: a descriptor, and
//! bytes in, bytes out. Carriers know no port; ports know no carrier.

use std::{fmt, pin::Pin, sync::Arc};

use crate::{
    CallContext, CallError, Caller, Cause, CauseKind, Local, Message, RawRefusal, Refusal, Reply, Wire as _,
    event::{Accepted, Delivery, StreamDesc},
    schema,
    wire::{Contract, Greeting, Shape},
};

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a method promises about being repeated. There is no default: who writes a method decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `#[query]`: no effects. May be repeated, shadowed, cached.
    Query,
    /// `#[command(idempotent)]`: repeated under the same key it has its effect once and answers the same.
    Idempotent,
    /// `#[command(once)]`: must never be repeated when in doubt.
    Once,
}

/// One method of a port.
#[derive(Debug)]
pub struct Method {
    /// Its position in the trait.
    pub index: usize,
    /// Its name on the wire, such as `Reserve`.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// What it promises about being repeated.
    pub kind: Kind,
    /// The name of its port, such as `Inventory`.
    pub port: &'static str,
    /// The package of its port, such as `inventory.v1`.
    pub package: &'static str,
    /// The shape of its request.
    pub request: fn() -> Shape,
    /// The shape of its answer.
    pub answer: fn() -> Shape,
    /// The shape of its refusal.
    pub refusal: fn() -> Shape,
}

impl Method {
    /// The method that every port has without saying so: what its contract is. It is no method of the module, and so
    /// stands in no schema.
    pub const fn contract(package: &'static str, port: &'static str) -> Self {
        Self {
            index: usize::MAX,
            name: "OutgrowContract",
            doc: "What its contract is.",
            kind: Kind::Query,
            port,
            package,
            request: Greeting::shape,
            answer: Contract::shape,
            refusal: Contract::shape, // it never refuses
        }
    }

    /// Whether it is that method.
    pub const fn is_contract(&self) -> bool {
        self.index == usize::MAX
    }

    /// The other method that every port has without saying so: it puts events into the inbox of the module. Repeating
    /// it changes nothing, since every event is known by its id.
    pub const fn delivery(package: &'static str, port: &'static str) -> Self {
        Self {
            index: usize::MAX - 1,
            name: "OutgrowDeliver",
            doc: "Takes events in.",
            kind: Kind::Idempotent,
            port,
            package,
            request: Delivery::shape,
            answer: Accepted::shape,
            refusal: Accepted::shape, // it never refuses
        }
    }

    /// Whether it is that method.
    pub const fn is_delivery(&self) -> bool {
        self.index == usize::MAX - 1
    }

    /// The module that serves it: `inventory` of `inventory.v1`.
    pub fn module(&self) -> &'static str {
        module_of(self.package)
    }
}

/// Such as `inventory.v1.Inventory/Reserve`.
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}/{}", self.package, self.port, self.name)
    }
}

/// Looked for at every call: a name is a few bytes, for which `str`'s own search costs more than the looking.
#[inline]
pub(crate) fn module_of(package: &'static str) -> &'static str {
    package.bytes().position(|byte| byte == b'.').and_then(|dot| package.get(..dot)).unwrap_or(package)
}

/// A port, described.
#[derive(Debug)]
pub struct PortDesc {
    /// Such as `inventory.v1`.
    pub package: &'static str,
    /// Such as `Inventory`.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its methods, in the order of the trait.
    pub methods: &'static [Method],
    /// See [`Method::contract`].
    pub contract: Method,
    /// See [`Method::delivery`].
    pub delivery: Method,
}

impl PortDesc {
    /// The module that serves it: `inventory` of `inventory.v1`.
    pub fn module(&self) -> &'static str {
        module_of(self.package)
    }

    /// The method of that wire name.
    pub fn method(&self, name: &str) -> Option<&'static Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// All that carriers serve of it: its methods, and the two that every port has.
    pub fn served(&'static self) -> impl Iterator<Item = &'static Method> {
        self.methods.iter().chain([&self.contract, &self.delivery])
    }
}

/// Such as `inventory.v1.Inventory`.
impl fmt::Display for PortDesc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.package, self.name)
    }
}

/// Implemented by `#[port]` for `dyn ThePort`: what carriers and the runtime know of it.
pub trait Port: Send + Sync + 'static {
    /// Its description.
    const DESC: &'static PortDesc;

    /// Calls one of its methods with an encoded request.
    fn dispatch<'a>(
        &'a self,
        method: &'static Method,
        cx: &'a CallContext,
        body: &'a [u8],
    ) -> BoxFuture<'a, Reply>;

    /// The port, answered by a [`Caller`].
    fn via<C: Caller<Self> + 'static>(caller: C) -> Arc<Self>;
}

/// The part of a port that can be used without knowing it: bytes in, bytes out.
pub trait Dispatch: Send + Sync {
    /// Which port this is.
    fn port(&self) -> &'static PortDesc;

    /// The streams whose events it takes in, by [`PortDesc::delivery`]: none unless it says so.
    fn streams(&self) -> &'static [&'static StreamDesc] {
        &[]
    }

    /// Calls one of its methods with an encoded request.
    fn dispatch<'a>(
        &'a self,
        method: &'static Method,
        cx: &'a CallContext,
        body: &'a [u8],
    ) -> BoxFuture<'a, Reply>;
}

/// Any port, ready for a carrier.
#[derive(Debug)]
pub struct Served<P: ?Sized>(pub Arc<P>);

impl<P: ?Sized + Port> Dispatch for Served<P> {
    fn port(&self) -> &'static PortDesc {
        P::DESC
    }

    fn dispatch<'a>(
        &'a self,
        method: &'static Method,
        cx: &'a CallContext,
        body: &'a [u8],
    ) -> BoxFuture<'a, Reply> {
        if method.is_contract() {
            return Box::pin(std::future::ready(tell(P::DESC, body)));
        }
        self.0.dispatch(method, cx, body)
    }
}

/// What the contract of a port is.
fn tell(port: &PortDesc, greeting: &[u8]) -> Reply {
    let greeting = Greeting::from_bytes(greeting)
        .map_err(|error| CallError::not_executed(CauseKind::BadRequest, error.to_string()))?;
    Ok(schema::answer(port, &greeting).to_bytes())
}

/// One call through the wire: decode, run, encode. Called by generated dispatchers.
#[doc(hidden)]
pub async fn serve<P: ?Sized + Sync, Q: Message, T: Message, E: Refusal>(
    port: &P,
    method: &'static Method,
    cx: &CallContext,
    body: &[u8],
    local: Local<P, Q, T, E>,
) -> Reply {
    let request = Q::from_bytes(body)
        .map_err(|error| CallError::NotExecuted(Cause::new(CauseKind::BadRequest, error.to_string())))?;
    match local(port, cx, request).await {
        Ok(answer) => Ok(answer.to_bytes()),
        Err(CallError::Refused(refusal)) => Err(raw_refusal(method, &refusal)),
        Err(CallError::NotExecuted(cause)) => Err(CallError::NotExecuted(cause)),
        Err(CallError::InDoubt(cause)) => Err(CallError::InDoubt(cause)),
    }
}

/// A refusal, ready to travel. One that is too large for some placement is too large for all.
pub fn raw_refusal<E: Refusal>(method: &'static Method, refusal: &E) -> CallError<RawRefusal> {
    let body = refusal.to_bytes();
    if body.len() > RawRefusal::MAX_BODY {
        return CallError::in_doubt(
            CauseKind::BadAnswer,
            format!("the refusal of {method} has {} bytes, more than {}", body.len(), RawRefusal::MAX_BODY),
        );
    }
    let message = refusal.to_string().chars().take(RawRefusal::MAX_MESSAGE).collect();
    CallError::Refused(RawRefusal {
        type_name: schema::type_name(method.package, (method.refusal)()),
        message,
        body,
    })
}

/// The answer to a method that this port does not have. Called by generated dispatchers.
#[doc(hidden)]
pub fn unserved(method: &'static Method) -> BoxFuture<'static, Reply> {
    let answer = CallError::not_executed(CauseKind::Unserved, format!("{method} is of another port"));
    Box::pin(std::future::ready(Err(answer)))
}
