//! The two files of a contract, `<package>.proto` and `wire.lock`: written, and held to the code.

use super::{
    KERNEL, Lock,
    package::{Package, Packages},
    proto::ProtoFile,
};
use crate::PortDesc;

const REMEDY: &str = "run `shop contracts export` and commit what it writes";

/// The two files of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The text of `<package>.proto`.
    pub proto: String,
    /// The text of `wire.lock`.
    pub lock: String,
}

/// The files of a contract after this change to the code; `lock` is the text of the lock before it (empty for a new
/// contract). All that is wrong with the change otherwise, each with its remedy.
pub fn export(port: &PortDesc, lock: &str) -> Result<Export, Vec<String>> {
    files(&Packages::of(&[port]).take(port.package), &Lock::of(&[port]), lock)
}

/// The same for the types that all contracts share.
pub fn export_kernel(lock: &str) -> Result<Export, Vec<String>> {
    files(&Packages::kernel().take(KERNEL), &Lock::kernel(), lock)
}

/// Whether the files of a contract, given as texts, say what its code says. All that is wrong otherwise, each with
/// its remedy. Every contract has a test that calls this.
pub fn check(port: &PortDesc, proto: &str, lock: &str) -> Result<(), Vec<String>> {
    compare(port.package, proto, lock, export(port, lock)?)
}

/// The same for the types that all contracts share.
pub fn check_kernel(proto: &str, lock: &str) -> Result<(), Vec<String>> {
    compare(KERNEL, proto, lock, export_kernel(lock)?)
}

fn files(package: &Package<'_>, now: &Lock, lock: &str) -> Result<Export, Vec<String>> {
    if !package.clashes.is_empty() {
        return Err(package.clashes.clone());
    }
    let before = Lock::parse(lock).map_err(|error| vec![error.to_string()])?;
    let lock = before
        .update(now)
        .map_err(|breaches| breaches.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    Ok(Export { proto: ProtoFile { package, lock: &lock }.to_string(), lock: lock.to_string() })
}

fn compare(package: &str, proto: &str, lock: &str, export: Export) -> Result<(), Vec<String>> {
    let files =
        [(format!("{package}.proto"), proto, export.proto), ("wire.lock".to_owned(), lock, export.lock)];
    let differ = files.iter().filter_map(|(name, found, expected)| difference(name, found, expected));
    let differ: Vec<_> = differ.collect();
    if differ.is_empty() { Ok(()) } else { Err(differ) }
}

/// The first line in which a file differs from what it should be.
fn difference(name: &str, found: &str, expected: &str) -> Option<String> {
    let (mut found, mut expected) = (found.lines(), expected.lines());
    for line in 1.. {
        let quoted = |text: Option<&str>| {
            text.map_or_else(|| "the end".to_owned(), |text| format!("`{}`", text.trim()))
        };
        match (found.next(), expected.next()) {
            (None, None) => break,
            (found, expected) if found == expected => {}
            (found, expected) => {
                let (found, expected) = (quoted(found), quoted(expected));
                return Some(format!(
                    "{name}, line {line}: the file says {found}, the code {expected}; {REMEDY}"
                ));
            }
        }
    }
    None
}
