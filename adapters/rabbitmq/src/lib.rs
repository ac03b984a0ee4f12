//! Carries calls over RabbitMQ: one server and one client for all ports, answers by direct reply-to.
//!
//! Each port has one queue, `<prefix>.call.<package>.<Port>`, such as `shop.call.inventory.v1.Inventory` (the prefix is
//! `[broker] prefix`): durable, and gone with its last consumer, so that a request to a port which nobody serves is
//! *returned* at once. A client declares nothing. On one channel, in confirm mode, it first consumes
//! `amq.rabbitmq.reply-to` without acknowledgements, then publishes to the default exchange with the queue as routing
//! key, `mandatory`, `reply-to: amq.rabbitmq.reply-to` and a `correlation-id` of its own; the body is the Protobuf
//! message. `docs/clients/over_rabbitmq.py` is such a client. Headers of a request, all of them text:
//!
//! | header | holds | if absent |
//! |---|---|---|
//! | `outgrow-method` | such as `Reserve` | refused as unserved |
//! | `outgrow-budget-ms` | what remains of the time budget, in milliseconds | the callee's own budget |
//! | `idempotency-key` | 1 to 255 visible ASCII characters | no key |
//! | `outgrow-caller` | the calling module, or `operator` | `""`, nobody, who may call nothing |
//! | `outgrow-principal` | on whose behalf | anonymous |
//! | `outgrow-correlation` | the UUID of all that followed from one beginning | a new one |
//! | `outgrow-causation` | the UUID of the message this followed from | none |
//! | `traceparent` | W3C Trace Context, version 00; another is ignored | no trace |
//!
//! The property `expiration` holds the budget, too: what waits longer in the queue is never delivered. The answer bears
//! the `correlation-id` and says in `outgrow-outcome` what its body is:
//!
//! | `outgrow-outcome` | body | further headers |
//! |---|---|---|
//! | `answered` | the answer, a Protobuf message | |
//! | `refused` | the port's refusal, a Protobuf message | `outgrow-type`: its full name; `outgrow-message`: it in a sentence |
//! | `not-executed`, `in-doubt` | a sentence | `outgrow-cause`: a code such as `denied`, those of [`outgrow::CauseKind`] |
//!
//! What a failed call means:
//!
//! | the client sees | means |
//! |---|---|
//! | its request returned; a nack; no connection, or one that was gone before sending; a broker that blocks publishers | not executed |
//! | an `outgrow-outcome` | as stated |
//! | any other error of publishing, the channel lost while waiting, no answer in time, an answer that cannot be read | in doubt |
//!
//! A request that is delivered a second time (its first consumer died) is executed again unless it is a `once` command.
//!
//! Reading order: [`broker`], `message` (the tables above), then `client` and `server`. No type of lapin leaves this
//! crate. Deliberately absent: lapin's own recovery (its backoff grows to half a minute; ours does not), and any
//! knowledge of a module.

mod again;
pub mod broker;
mod carrier;
mod client;
mod courier;
mod event;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod message;
mod server;
mod subscriber;

pub use broker::{Broker, BrokerError};
pub use carrier::RabbitMq;
pub use client::RabbitTransport;
pub use server::{Limits, RabbitServer};
