//! What runs ports: topology, placement, the router, the doors of modules, background work.
//!
//! Where a call goes is decided in three rooms, in this order: [`topology`] says which service hosts a module,
//! [`placement`] how this process reaches it, [`router`] which way one call takes. The other end is a [`door`]. How
//! events get to whoever listens stands in [`events`], how sagas are carried on in [`sagas`].
//!
//! Deliberately absent: every technology. No carrier, no database, no HTTP; no module.

pub mod access;
pub mod crash;
pub mod door;
pub mod events;
pub mod figures;
pub mod finish;
pub mod guard;
pub mod link;
pub mod modules;
pub mod placement;
pub mod policy;
pub mod router;
pub mod sagas;
pub mod target;
pub mod tasks;
pub mod topology;

pub use access::Access;
pub use door::Door;
pub use figures::{Figures, Snapshot};
pub use link::Link;
pub use modules::{Modules, Unmet};
pub use placement::{Carrier, Listener, Placement};
pub use policy::{Policies, Retry};
pub use router::Router;
pub use target::{Known, Target};
pub use tasks::{Bell, Tasks};
pub use topology::{Address, Service, Topology};
