//! Whether two ends that were built at different times understand each other.
//!
//! Each end knows its own contract only, and neither knows which came first. So one says what it has, and the other
//! compares, by the rules of [`breach`](super::breach). What only one of them has is harmless if the other can do
//! without; what both have and mean differently is not.

use std::{collections::BTreeSet, fmt};

use uuid::Uuid;

use super::{Breach, KERNEL, Lock, Wrong, package::Packages};
use crate::{
    PortDesc,
    wire::{Contract, Greeting},
};

/// The largest contract of a peer that is read, in bytes: tens of times what the shop's take.
const LARGEST: usize = 64 * 1024;

/// How many differences that would be misread are told.
const TOLD: usize = 3;

/// The contract at the other end, beside ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skew {
    /// It is ours.
    Same,
    /// It has all that ours has, and more.
    Newer,
    /// Ours has all that it has, and more.
    Older,
    /// Each has something that the other can do without, or says the same differently.
    Apart,
    /// What one writes the other would misread, or not read: one sentence for each.
    Incompatible(Vec<String>),
}

impl Skew {
    /// Whether both ends understand each other.
    pub fn is_understood(&self) -> bool {
        !matches!(self, Self::Incompatible(_))
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("the same contract"),
            Self::Newer => f.write_str("a newer contract, understood"),
            Self::Older => f.write_str("an older contract, understood"),
            Self::Apart => f.write_str("another contract, understood"),
            Self::Incompatible(breaches) => {
                write!(f, "an incompatible contract: {}", breaches.join("; "))
            }
        }
    }
}

/// What a caller of this port says when it meets somebody who serves it.
pub fn greeting(port: &PortDesc) -> Greeting {
    Greeting { hash: hash(&contract(port).to_string()) }
}

/// What somebody who serves this port answers.
pub fn answer(port: &PortDesc, greeting: &Greeting) -> Contract {
    let lock = contract(port).to_string();
    let hash = hash(&lock);
    let lock = (hash != greeting.hash).then_some(lock);
    Contract { hash, lock }
}

/// What a caller of this port makes of that answer. None if it cannot read it: it may be said in words of a later day.
pub fn skew(port: &PortDesc, theirs: &Contract) -> Option<Skew> {
    let ours = contract(port);
    let Some(lock) = &theirs.lock else { return Some(Skew::Same) };
    if lock.len() > LARGEST {
        return None;
    }
    let theirs = Lock::parse(lock).ok()?;
    let (breaches, back) = (breaches(&ours, &theirs), breaches(&theirs, &ours));
    // What only one of them has is harmless if it could have been added to the other.
    let one_sided = |it: &Breach| {
        matches!(
            it.wrong,
            Wrong::FieldRemoved
                | Wrong::VariantRemoved
                | Wrong::MethodRemoved
                | Wrong::Closed
                | Wrong::TooLow { .. }
        )
    };
    let harmless = |it: &Breach| one_sided(it) && !back.iter().any(|back| back.place == it.place);
    let mut misread = breaches.iter().filter(|it| !harmless(it)).map(ToString::to_string);
    let mut told: Vec<_> = misread.by_ref().take(TOLD).collect();
    if !told.is_empty() {
        let untold = misread.count();
        told.extend((untold > 0).then(|| format!("and {untold} more")));
        return Some(Skew::Incompatible(told));
    }
    let (ours, theirs) = (parts(&ours), parts(&theirs));
    Some(match (theirs.is_superset(&ours), ours.is_superset(&theirs)) {
        (true, false) => Skew::Newer,
        (false, true) => Skew::Older,
        (true, true) | (false, false) => Skew::Apart,
    })
}

fn breaches(before: &Lock, after: &Lock) -> Vec<Breach> {
    before.update(after).err().unwrap_or_default()
}

/// Everything that a contract has, by name.
fn parts(lock: &Lock) -> BTreeSet<(&str, String)> {
    let methods = lock
        .services
        .iter()
        .flat_map(|(service, methods)| methods.keys().map(move |method| (&**service, method.clone())));
    let numbers = lock
        .types
        .iter()
        .flat_map(|(name, entry)| entry.numbers.keys().map(move |number| (&**name, number.to_string())));
    methods.chain(numbers).collect()
}

/// All that two ends of a port must agree on: its own package, and the one that all contracts share.
fn contract(port: &PortDesc) -> Lock {
    let mut lock = Lock::default();
    lock.add(&Packages::of(&[port]).take(port.package));
    lock.add(&Packages::kernel().take(KERNEL));
    lock
}

fn hash(lock: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, lock.as_bytes()).simple().to_string()
}
