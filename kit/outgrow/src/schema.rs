//! The schema of a contract, for everybody who is not written in Rust.
//!
//! Rust is the source of truth. From the descriptors of a port come: a `.proto` file for people and foreign clients
//! ([`proto`]), a set of file descriptors for reflection ([`descriptor_set`]), and a lock of every number ever used
//! ([`Lock`]), which refuses what would break a peer of the version before. By the same rules two ends that meet tell
//! whether they understand each other ([`Skew`]). Each contract keeps the first and the
//! last in the tree; [`check`] is the test that they say what the code says, [`export`] what the command line writes.
//!
//! Events travel as JSON. So their schema is not in the `.proto` but in a JSON Schema beside it ([`events_file`]); their
//! types are in the same lock, under the same rules.
//!
//! All types of a package are one file, which others import as `inventory/v1/inventory.proto` ([`file()`]). Types that
//! contracts share ([`crate::Money`]) are in `outgrow/v1/outgrow.proto`, with the message by which carriers report
//! failures; the others import it.

mod breach;
mod descriptor;
mod events;
mod export;
mod lock;
mod package;
mod proto;
mod skew;

pub use breach::{Breach, Wrong};
pub use events::{events, events_file};
pub use export::{Export, check, check_events, check_kernel, export, export_kernel};
pub use lock::{Lock, LockError};
pub use skew::{Skew, answer, greeting, skew};

use crate::{PortDesc, event::StreamDesc, wire::Shape};
use package::{Package, Packages};
use proto::ProtoFile;

/// The package of the types that all contracts share.
pub const KERNEL: &str = "outgrow.v1";

/// The configuration of [buf](https://buf.build) for exported files: which of its rules are ours, and why not the others.
pub const BUF: &str = include_str!("../buf.yaml");

/// What others go by: a port, and the streams of events that are told in its package.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// The port.
    pub port: &'static PortDesc,
    /// Streams of its module: those of another package are of another version, and not meant.
    pub published: &'static [&'static StreamDesc],
}

/// Without events.
impl From<&'static PortDesc> for Contract {
    fn from(port: &'static PortDesc) -> Self {
        Self { port, published: &[] }
    }
}

impl From<(&'static PortDesc, &'static [&'static StreamDesc])> for Contract {
    fn from((port, published): (&'static PortDesc, &'static [&'static StreamDesc])) -> Self {
        Self { port, published }
    }
}

impl Contract {
    /// The streams of its package.
    pub fn streams(self) -> impl Iterator<Item = &'static StreamDesc> {
        self.published.iter().copied().filter(move |stream| stream.package == self.port.package)
    }

    /// Everything it says.
    fn package(self) -> Package<'static> {
        Packages::of(&[self.port]).and(self.streams()).take(self.port.package)
    }
}

/// The path by which other files import that of a package: `inventory.v1` is in `inventory/v1/inventory.proto`.
pub fn file(package: &str) -> String {
    let (name, version) = package.rsplit_once('.').unwrap_or((package, ""));
    let file = name.rsplit('.').next().unwrap_or(name);
    format!("{}/{version}/{file}.proto", name.replace('.', "/"))
}

/// The `.proto` file of a port.
pub fn proto(port: &PortDesc) -> String {
    proto_with(port, &Lock::default())
}

/// The `.proto` file of a port, with what the lock reserves.
pub fn proto_with(port: &PortDesc, lock: &Lock) -> String {
    ProtoFile { package: &Packages::of(&[port]).take(port.package), lock }.to_string()
}

/// The `.proto` file of the types that all contracts share.
pub fn kernel_proto() -> String {
    ProtoFile { package: &Packages::kernel().take(KERNEL), lock: &Lock::default() }.to_string()
}

/// A `google.protobuf.FileDescriptorSet` of these ports and all they use, dependencies first: what server
/// reflection serves.
pub fn descriptor_set(ports: &[&PortDesc]) -> Vec<u8> {
    descriptor::set(&Packages::with_kernel(ports))
}

/// The full name of a type, such as `inventory.v1.ReserveStock`. `package` is that of whatever uses it.
pub fn type_name(package: &str, shape: Shape) -> String {
    match shape {
        Shape::Scalar(scalar) => proto::scalar(scalar).to_owned(),
        Shape::Timestamp => "google.protobuf.Timestamp".to_owned(),
        Shape::Enum(desc) => format!("{}.{}", desc.package.unwrap_or(package), desc.name),
        Shape::Message(desc) => {
            let package = desc.package.unwrap_or(package);
            match desc.parent {
                Some(parent) => format!("{package}.{parent}.{}", desc.name),
                None => format!("{package}.{}", desc.name),
            }
        }
    }
}
