//! The files of a contract, `<package>.proto` and `wire.lock`, written, and held to the code; and the same for
//! `<package>.events.json`, if it tells events.

use super::{
    Contract, KERNEL, Lock,
    events::events,
    package::{Package, Packages},
    proto::ProtoFile,
};

const REMEDY: &str = "run `shop contracts export` and commit what it writes";

/// The two files that every contract has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The text of `<package>.proto`.
    pub proto: String,
    /// The text of `wire.lock`.
    pub lock: String,
}

/// The files of a contract after this change to the code; `lock` is the text of the lock before it (empty for a new
/// contract). All that is wrong with the change otherwise, each with its remedy.
pub fn export(contract: impl Into<Contract>, lock: &str) -> Result<Export, Vec<String>> {
    let contract = contract.into();
    let clashes = contract.package().clashes;
    if !clashes.is_empty() {
        return Err(clashes);
    }
    // Events are not Protobuf, though their numbers are locked.
    let package = Packages::of(&[contract.port]).take(contract.port.package);
    files(&package, &Lock::of(contract), lock)
}

/// The same for the types that all contracts share.
pub fn export_kernel(lock: &str) -> Result<Export, Vec<String>> {
    files(&Packages::kernel().take(KERNEL), &Lock::kernel(), lock)
}

/// Whether the files of a contract, given as texts, say what its code says. All that is wrong otherwise, each with
/// its remedy. Every contract has a test that calls this.
pub fn check(contract: impl Into<Contract>, proto: &str, lock: &str) -> Result<(), Vec<String>> {
    let contract = contract.into();
    compare(contract.port.package, proto, lock, &export(contract, lock)?)
}

/// Whether the schema of the events of a contract, given as text, says what its code says. Every contract that tells
/// events has a test that calls this, too.
pub fn check_events(contract: impl Into<Contract>, schema: &str) -> Result<(), Vec<String>> {
    let contract = contract.into();
    let expected = events(contract).unwrap_or_default();
    let differs = difference(&super::events_file(contract.port.package), schema, &expected);
    differs.map_or(Ok(()), |differs| Err(vec![differs]))
}

/// The same for the types that all contracts share.
pub fn check_kernel(proto: &str, lock: &str) -> Result<(), Vec<String>> {
    compare(KERNEL, proto, lock, &export_kernel(lock)?)
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

fn compare(package: &str, proto: &str, lock: &str, export: &Export) -> Result<(), Vec<String>> {
    let files =
        [(format!("{package}.proto"), proto, &export.proto), ("wire.lock".to_owned(), lock, &export.lock)];
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
