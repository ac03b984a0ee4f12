//! Payments, pure: what may happen to a payment, and that it happens once, whatever is lost on the way.
//!
//! A payment is *event-sourced*: what is kept is what was intended and what came of it, and what has become of it
//! follows from that.
//!
//! Reading order: [`record`] (what is kept), [`payment`] (what follows from it), [`steps`] (what is to be done next),
//! [`ledger`] (where the money is), [`needs`] (what it wants from outside), [`service`] (the port).

pub mod ledger;
pub mod needs;
pub mod payment;
pub mod record;
pub mod service;
pub mod steps;

pub use ledger::{Account, Movement, Transfer, TransferId};
pub use needs::{Change, NoAnswer, PaymentProvider, PaymentStore, Standing, Stream};
pub use payment::{Intent, Payment, Stage, Unfit};
pub use record::{Record, Terms};
pub use service::Cashier;
pub use steps::{Act, Asked, Operation, Outcome, Step};
