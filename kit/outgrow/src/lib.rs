//! The kernel of Outgrow: what a module, a port and a call *are*.
//!
//! A module talks to others only through **ports**: traits whose every method takes a [`CallContext`] and one
//! request, and answers with an [`Answer`]: the reply, or one of exactly three failures ([`CallError`]).
//! Whether the module that answers sits in this process or in another is not to be seen here.
//!
//! Reading order: [`failure`], [`call`], [`mod@port`], [`caller`], then [`wire`] for how values become bytes.
//!
//! Deliberately absent: I/O, threads, timers, an async runtime, and any knowledge of a carrier or a database.

extern crate self as outgrow; // what the macros emit says `::outgrow`

pub mod call;
pub mod caller;
pub mod clock;
pub mod command;
pub mod event;
pub mod failure;
pub mod id;
pub mod module;
pub mod money;
pub mod port;
pub mod saga;
pub mod schema;
pub mod settings;
pub mod store;
pub mod text;
pub mod wire;

pub use call::{CallContext, IdempotencyKey, TraceContext};
pub use caller::{Caller, Envelope, Local, Loopback, Remote, Transport, Via, typed};
pub use clock::{Clock, SystemClock};
pub use command::{Command, CommandId, Fingerprint, Remembered};
pub use event::{Event, Outgoing};
pub use failure::{Answer, CallError, Cause, CauseKind, RawRefusal, Refusal, Reply};
pub use id::{IdGen, SystemIds};
pub use module::{Migration, ModuleSpec};
pub use money::{Currency, Money};
pub use outgrow_macros::{Event, Wire, port};
pub use port::{BoxFuture, Dispatch, Kind, Method, Port, PortDesc, Served};
pub use saga::{Saga, Steps};
pub use store::{Answers, CommitError, StoreError, Turn};
pub use text::NotText;
pub use wire::{Message, Unread, Wire, WireError};

#[doc(hidden)]
pub use port::{serve, unserved};

/// What the macros' output needs, wherever it is expanded.
#[doc(hidden)]
pub mod __private {
    pub use async_trait::async_trait;
    pub use std::{boxed::Box, sync::Arc};
    pub use uuid::{Error as UuidError, Uuid};
}
