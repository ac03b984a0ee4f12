//! A module's home in PostgreSQL or SQLite: one session for both engines.
//!
//! [`Homes`] opens the homes of a process; a module gets its [`Home`] and through it its [`Db`]. A store is written
//! once, in plain SQL: reads are queries on the [`Db`], or on a [`ReadTx`] where several statements must see one
//! snapshot; a write is a closure over a [`Tx`] that ends in [`Tx::commit`], as its type says. It is
//! finished, so that a caller who leaves never cuts it in half.
//!
//! Reading order: [`db`], [`tx`], [`query`], [`home`], `events`, `projection`, then [`mod@migrate`] and the two engines.
//!
//! Deliberately absent: a query builder, an object mapper, any type of sqlx in a signature that a store writes down,
//! and any way to reach another module's home. Statements are `'static` texts of the store's author; values are bound.

mod answers;
pub mod db;
pub mod error;
mod events;
mod held;
pub mod home;
pub mod lender;
mod migrate;
mod postgres;
mod projection;
pub mod query;
pub mod row;
mod sagas;
mod sqlite;
pub mod timestamp;
mod turns;
pub mod tx;
pub mod url;

pub use db::Db;
pub use error::{OpenError, SqlError};
pub use events::{Archived, Excerpt, Parked, Upkeep, Waiting};
pub use home::{Home, Homes, Unready};
pub use migrate::{Migrated, migrate, migrated, named};
pub use outgrow_runtime::{Bell, crash, events::Poison};
pub use projection::{Progress, Projection, RebuildError};
pub use query::{Bind, Query, Sql};
pub use row::{Column, Row};
pub use sagas::{Entry, SagaUpkeep, Tracked};
pub use timestamp::Timestamp;
pub use tx::{Committed, ReadTx, Tx};
pub use url::{DataUrl, DataUrlError};
