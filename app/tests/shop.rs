//! The shop as people run it: real processes, talking over gRPC where the topology says so.
#![cfg(test)]

#[path = "shop/archive.rs"]
mod archive;
#[path = "shop/books.rs"]
mod books;
#[path = "shop/broker_away.rs"]
mod broker_away;
#[path = "shop/by_hand.rs"]
mod by_hand;
#[path = "shop/command_line.rs"]
mod command_line;
#[path = "shop/configuration.rs"]
mod configuration;
#[path = "shop/contracts.rs"]
mod contracts;
#[path = "shop/crash_points.rs"]
mod crash_points;
#[path = "shop/crashes.rs"]
mod crashes;
#[path = "shop/data.rs"]
mod data;
#[path = "shop/deploy.rs"]
mod deploy;
#[path = "shop/draining.rs"]
mod draining;
#[path = "shop/edge.rs"]
mod edge;
#[path = "shop/events.rs"]
mod events;
#[path = "shop/guides.rs"]
mod guides;
#[path = "shop/history.rs"]
mod history;
#[path = "shop/import.rs"]
mod import;
#[path = "shop/measured.rs"]
mod measured;
#[path = "shop/oracle.rs"]
mod oracle;
#[path = "shop/outages.rs"]
mod outages;
#[path = "shop/outcomes.rs"]
mod outcomes;
#[path = "shop/parked.rs"]
mod parked;
#[path = "shop/payments.rs"]
mod payments;
#[path = "shop/planted.rs"]
mod planted;
#[path = "shop/points.rs"]
mod points;
#[path = "shop/poison.rs"]
mod poison;
#[path = "shop/ports.rs"]
mod ports;
#[path = "shop/postgres.rs"]
mod postgres;
#[path = "shop/sagas.rs"]
mod sagas;
#[path = "shop/scenario.rs"]
mod scenario;
#[path = "shop/scenarios.rs"]
mod scenarios;
#[path = "shop/story.rs"]
mod story;
#[path = "shop/system.rs"]
mod system;
#[path = "shop/times.rs"]
mod times;
#[path = "shop/topology.rs"]
mod topology;
#[path = "shop/with_asyncapi.rs"]
mod with_asyncapi;
#[path = "shop/with_buf.rs"]
mod with_buf;
#[path = "shop/with_python.rs"]
mod with_python;
#[path = "shop/with_smtp.rs"]
mod with_smtp;
