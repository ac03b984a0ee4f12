//! Carries calls over gRPC: one server and one client for all ports.
//!
//! To a foreign client each port is an ordinary gRPC service, described by server reflection:
//! `/inventory.v1.Inventory/Reserve` takes one Protobuf message and answers with one. What a call carries besides its
//! message stands in these headers, all of them optional:
//!
//! | header | holds | if absent |
//! |---|---|---|
//! | `grpc-timeout` | what remains of the time budget: 1 to 8 digits and one of `H M S m u n` | the callee's own budget |
//! | `idempotency-key` | 1 to 255 visible ASCII characters | no key |
//! | `outgrow-caller` | the calling module, percent-encoded | `""`, nobody |
//! | `outgrow-principal` | on whose behalf, percent-encoded | anonymous |
//! | `outgrow-correlation` | the UUID of all that followed from one beginning | a new one |
//! | `outgrow-causation` | the UUID of the message this followed from | none |
//! | `traceparent` | W3C Trace Context, version 00; another is ignored | no trace |
//!
//! Any other header that cannot be read is a bad request that names the header, never a default. `outgrow-caller` is
//! believed: until services have identities, only those who may call should be able to reach the port.
//!
//! A failure is a gRPC status whose details (`google.rpc.Status`) hold one message: the port's own refusal, or an
//! `outgrow.v1.CallFailure` that says whether the call may have had an effect, and why it failed:
//!
//! | failure | code |
//! |---|---|
//! | refused | `FAILED_PRECONDITION` |
//! | not executed: unreachable, lost, storage, dependency | `UNAVAILABLE` |
//! | not executed: unserved | `UNIMPLEMENTED` |
//! | not executed: overloaded | `RESOURCE_EXHAUSTED` |
//! | not executed: denied | `PERMISSION_DENIED` |
//! | not executed: bad request | `INVALID_ARGUMENT` |
//! | not executed: key reused | `ALREADY_EXISTS` |
//! | not executed: in progress | `ABORTED` |
//! | expired, either way | `DEADLINE_EXCEEDED` |
//! | internal, either way; not executed: bad answer | `INTERNAL` |
//! | in doubt: everything else | `UNKNOWN`, since foreign clients repeat what is `UNAVAILABLE` |
//!
//! Reading order: `headers` and `status` (the two tables above), `frame`, then `server` and `client`. Both stand on
//! hyper and frame the messages themselves. A unary call needs little more than five bytes before each message, and
//! in return every failure of the carrier says whether the call was executed, and the client knows whether a request
//! has left it. Statuses, health and reflection are tonic's; no type of tonic, hyper or h2 leaves this crate.
//!
//! Deliberately absent: streams, compression, TLS, load balancing, and any knowledge of a module.

mod address;
mod carrier;
mod client;
mod frame;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod headers;
mod keepalive;
mod server;
mod status;
mod timeout;

pub use address::{AddressError, GrpcAddress};
pub use carrier::Grpc;
pub use client::{GrpcTransport, Resolve};
pub use keepalive::Keepalive;
pub use server::{BindError, GrpcServer, Limits, ServeError};
