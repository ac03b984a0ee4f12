//! What tests are made of: time and ids that stand still, and things that are thrown away afterwards.
//!
//! | | |
//! |---|---|
//! | [`FixedClock`], [`SequentialIds`] | the kernel's clock and ids, under the test's control |
//! | [`until`], [`until_async`] | wait for a condition, with a deadline: the reason why no test sleeps |
//! | [`TestDir`] | a directory of its own, kept if the test fails |
//! | [`TestHome`], [`test_laws`] | a module's home on either engine, and laws that stores keep to on each |
//! | [`TestDatabase`] | a PostgreSQL database of its own |
//! | [`TestBroker`] | a RabbitMQ of its own, to be stopped, started and told what to do |
//! | [`LoopbackAddr`] | an address of its own, with free ports |
//! | [`Process`] | a started binary: its lines, its signals, its end |
//! | [`Proxy`] | a stretch of network that lets pass what it is told, late, in pieces, or not |
//! | [`MemoryAnswers`] | remembers what commands were answered, for a store in memory |
//! | [`Twice`] | repeats what says it may be repeated, and compares |
//! | [`Edge`] | a client of endpoints in the same process |
//! | [`Http`] | a small HTTP client that hides nothing |
//! | [`oracle`] | what must hold of outboxes, inboxes and sagas once nothing is on its way |
//! | [`contest`] | benchmarks: who takes turns with whom, and how they compare |
//!
//! A failed wait or a process that cannot be started *panics*, at the line of the test that asked for it: in a test
//! that is the clearest answer. What a test may want to look at (a refused connection) is a `Result`.
//!
//! Deliberately absent: anything that knows a module or a carrier, and anything a binary that ships may use. This
//! crate is a dev-dependency everywhere; the boundary tests hold that.
#![expect(clippy::panic, reason = "a test kit fails as tests fail")]

pub mod contest;
pub mod http;
pub mod oracle;
pub mod sagas;

mod answers;
mod broker;
mod clock;
mod database;
mod dir;
mod edge;
mod home;
mod ids;
mod laws;
mod loopback;
mod mail;
mod process;
mod proxy;
mod twice;
mod wait;

pub use answers::MemoryAnswers;
pub use broker::TestBroker;
pub use clock::FixedClock;
pub use database::{Locked, TestDatabase};
pub use dir::TestDir;
pub use edge::{Answered, Edge};
pub use home::TestHome;
pub use http::Http;
pub use ids::SequentialIds;
pub use loopback::LoopbackAddr;
pub use mail::TestMail;
pub use process::Process;
pub use proxy::{Passing, Proxy};
pub use sagas::MemorySagas;
pub use twice::Twice;
pub use wait::{Condition, until, until_async};
