//! What every call is subject to, on every placement: tried with one small port.
#![cfg(test)]
#![expect(
    clippy::clone_on_ref_ptr,
    clippy::as_conversions,
    reason = "what is shared is plain to see in a test"
)]

#[path = "runtime/backlog.rs"]
mod backlog;
#[path = "runtime/compose.rs"]
mod compose;
#[path = "runtime/deliveries.rs"]
mod deliveries;
#[path = "runtime/echo.rs"]
mod echo;
#[path = "runtime/link.rs"]
mod link;
#[path = "runtime/meeting.rs"]
mod meeting;
#[path = "runtime/policies.rs"]
mod policies;
#[path = "runtime/retries.rs"]
mod retries;
#[path = "runtime/tasks.rs"]
mod tasks;
#[path = "runtime/topology.rs"]
mod topology;
