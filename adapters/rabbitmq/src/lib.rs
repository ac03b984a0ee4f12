//! Carries calls and events over RabbitMQ.
//!
//! # Calls
//!
//! One server and one client for all ports, answers by direct reply-to.
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
//! # Events
//!
//! | what | name | kind |
//! |---|---|---|
//! | the queue of a module that listens | `<prefix>.events.<module>` | a durable quorum queue |
//! | what came there and is no event | `<prefix>.events.<module>.dead` | the same; nobody consumes it |
//! | copies of events, for everybody | `<prefix>.events` | a durable topic exchange; the routing key is `type` |
//!
//! RabbitMQ must be 3.10 or newer. The module that listens declares its queues, and they stay when it ends. The
//! publisher declares the exchange. An event goes to the queue of each subscriber by the default exchange, `mandatory`,
//! and out of the publisher's outbox when the broker has confirmed and not returned it: then it is on disk. The
//! subscriber acknowledges it when it is in its inbox. So it arrives at least once, in any order; the inbox makes once,
//! and in order, of that.
//!
//! A message is a [CloudEvent](https://cloudevents.io) in binary mode. Its body are the data, in JSON; `content-type`
//! is `application/json`, `message-id` is the event's, `delivery-mode` is 2. Headers, all of them text:
//!
//! | header | holds | if absent |
//! |---|---|---|
//! | `cloudEvents_specversion` | `1.0` | no event |
//! | `cloudEvents_id` | the event's UUID: whoever gets it twice can tell | no event |
//! | `cloudEvents_source` | `<prefix>/<module>`: who publishes it | no event |
//! | `cloudEvents_type` | its kind, such as `ordering.v1.order_placed` | no event |
//! | `cloudEvents_subject` | its key: which aggregate | no event |
//! | `cloudEvents_time` | when, by RFC 3339 | no event |
//! | `cloudEvents_stream` | its stream, such as `ordering.v1.OrderEvent` | no event |
//! | `cloudEvents_sequence` | its number in the stream of its key, from 1 without a gap, in 20 digits | no event |
//! | `cloudEvents_correlationid` | the UUID of all that followed from one beginning | no event |
//! | `cloudEvents_causationid` | the UUID of the message this followed from | none |
//! | `cloudEvents_previous` | not in copies: the number of the event of its key that the subscriber was told of before, 0 for none | the number before its own |
//!
//! Copies are sent beside the subscriber's own, once for each subscriber that is reached over RabbitMQ and again
//! whenever delivery is repeated: foreign consumers tell by the id, and may hear of an event first. A consumer without
//! room, or who cannot keep up, goes without. Of a kind that nobody had bound a queue for the last time, one copy of
//! each window is sent to find out: so bind queues by the kind or by `#`; an exchange in between that picks by headers
//! may be taken for nobody. `docs/clients/events_over_rabbitmq.py` is such a consumer.
//!
//! | what happens | what becomes of the events |
//! |---|---|
//! | the subscriber was never there: no queue | returned; they stay in the outbox, and one is tried at a time |
//! | no broker, or it takes nothing, or does not confirm within 5 s, or the channel is lost before | they stay in the outbox, all of the window; what had arrived arrives twice |
//! | the queue has no room, by a policy of yours | the same, but only those it did not take |
//! | the subscriber is away | they wait in its queue |
//! | its store is away | nothing is acknowledged; at most 256 are held, and offered again with pauses up to 2 s |
//! | the subscriber dies, or the broker loses it | what was not acknowledged is delivered again |
//! | a message is no event, or of somebody else than its stream's module | into the dead queue; logged once as an error |
//! | it is of a stream that this build of the module does not listen to | back into the queue, for a replica that does |
//! | somebody deletes the queue | what it had is lost: it was settled; it is made again at once |
//! | the broker is killed in the moment in which it made the queue | it may never again confirm anything for it: delete the queue |
//!
//! A module that has moved to another carrier takes what is left in its queue, as long as its service knows the broker:
//! it looks when it starts and every 30 s, makes nothing, and needs nothing of the broker. Tunables such as
//! a length belong into policies, for the arguments of a queue can never be changed; not an expiry: what expires goes
//! into the dead queue. Who may publish to these queues is what the broker's permissions say: what comes from there is
//! believed.
//!
//! # Reading order
//!
//! [`broker`], `message` and `event` (the tables above), then `client` and `server` for calls, `courier` and
//! `subscriber` for events, and `asyncapi`, which tells foreigners of them. No type of lapin leaves this crate. Deliberately absent: lapin's own recovery (its backoff
//! grows to half a minute; ours does not), and any knowledge of a module.

mod again;
mod asyncapi;
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

pub use asyncapi::{asyncapi, asyncapi_file};
pub use broker::{Broker, BrokerError};
pub use carrier::RabbitMq;
pub use client::RabbitTransport;
pub use event::cloud_event;
pub use server::{Limits, RabbitServer};
