//! The schema of a port, for everybody who is not written in Rust.
//!
//! Rust is the source of truth. From the descriptors of a port come: a `.proto` file for people and foreign clients
//! ([`proto`]), a set of file descriptors for reflection ([`descriptor_set`]), and a lock of every number ever used
//! ([`Lock`]), which refuses what would break a peer of the version before. By the same rules two ends that meet tell
//! whether they understand each other ([`Skew`]). Each contract keeps the first and the
//! last in the tree; [`check`] is the test that they say what the code says, [`export`] what the command line writes.
//!
//! All types of a package are one file, which others import as `inventory/v1/inventory.proto` ([`file()`]). Types that
//! contracts share ([`crate::Money`]) are in `outgrow/v1/outgrow.proto`, with the message by which carriers report
//! failures; the others import it.

mod breach;
mod descriptor;
mod export;
mod lock;
mod package;
mod proto;
mod skew;

pub use breach::{Breach, Wrong};
pub use export::{Export, check, check_kernel, export, export_kernel};
pub use lock::{Lock, LockError};
pub use skew::{Skew, answer, greeting, skew};

use crate::{PortDesc, wire::Shape};
use package::Packages;
use proto::ProtoFile;

/// The package of the types that all contracts share.
pub const KERNEL: &str = "outgrow.v1";

/// The configuration of [buf](https://buf.build) for exported files: which of its rules are ours, and why not the others.
pub const BUF: &str = include_str!("../buf.yaml");

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
