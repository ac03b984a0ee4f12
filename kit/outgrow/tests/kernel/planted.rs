//! Small changes of contracts, and what we and `buf breaking` say to each. The two must agree, or the change says why
//! they differ.
//!
//! Every version is a contract in Rust, and buf sees what we export of it; nothing is written by hand. buf runs with
//! the configuration that `contracts export --out` writes. Its category is `WIRE_JSON` (bytes, and the names by which
//! JSON and generated clients go), since locks keep numbers and names; not `FILE`, which is about generated sources
//! and forbids what peers never notice, such as removing an optional field. Methods are on our wire by their names, so
//! `RPC_NO_DELETE` and `PACKAGE_SERVICE_NO_DELETE` are added.

mod changes;
mod streams;
mod with_buf;

use outgrow::{
    PortDesc,
    schema::{self, Lock},
};

/// A change of a contract.
struct Planted {
    name: &'static str,
    /// Two or more, oldest first. The last two are compared; those before tell what is reserved.
    versions: Vec<&'static PortDesc>,
    /// The rules we say it breaks.
    ours: &'static [&'static str],
    /// The rules buf says it breaks.
    buf: &'static [&'static str],
    /// Why one refuses what the other lets pass.
    because: Option<&'static str>,
}

/// A contract and its history: the lock, and the exported file.
struct Exported {
    lock: Lock,
    proto: String,
}

impl Planted {
    /// The version before, exported with all its history.
    fn before(&self) -> Exported {
        let (_, before) = self.versions.split_last().expect("versions");
        let (mut lock, mut proto) = (String::new(), String::new());
        for version in before {
            let export = schema::export(*version, &lock).expect("what was before is sound");
            (lock, proto) = (export.lock, export.proto);
        }
        Exported { lock: Lock::parse(&lock).expect("a lock"), proto }
    }

    /// The version after, exported with what it reserves. One that breaks its peers is exported all the same.
    fn after(&self, before: &Exported) -> String {
        let after = self.versions.last().expect("versions");
        let export = schema::export(*after, &before.lock.to_string());
        export.map_or_else(|_breaches| schema::proto(after), |export| export.proto)
    }

    fn breaches(&self) -> Vec<&'static str> {
        let after = self.versions.last().expect("versions");
        let breaches = self.before().lock.update(&Lock::of(*after)).err().unwrap_or_default();
        let mut rules: Vec<_> = breaches.iter().map(|breach| breach.wrong.rule()).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

#[test]
fn every_planted_change_breaks_the_rules_it_was_planted_for() {
    for change in changes::all() {
        assert_eq!(change.breaches(), change.ours, "{}", change.name);
    }
}

#[test]
fn a_difference_from_buf_has_a_reason_and_nothing_else_has() {
    for Planted { name, ours, buf, because, .. } in changes::all() {
        assert_eq!(ours.is_empty() != buf.is_empty(), because.is_some(), "{name}");
    }
}
