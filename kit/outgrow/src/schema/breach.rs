//! What may become of a lock: the rules by which versions of a contract understand each other.
//!
//! Old and new run side by side during every roll-out, and requests wait in queues. So whatever one version writes,
//! the version before and the version after must read. Allowed are: new optional and repeated fields, new variants of
//! enums with data, new methods, new types, each under numbers above all that were ever used; and to remove an optional or repeated
//! field, whose number and name stay reserved. All else is a [`Breach`], and belongs into a new major version.
//!
//! A variant without data can only be read by who knows it, so an enum of such is closed. Whether an enum with data is
//! open (as every refusal is) stands in the code and not in the lock: there a new variant passes.

use std::fmt;

use super::{
    Lock,
    lock::{Entry, Rpc, Use, kind_word, presence_word},
};
use crate::{Kind, wire::Presence};

/// A change that peers of the version before would not understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Of what: `inventory.v1.ReserveStock.note = 3`.
    pub place: String,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What is wrong with a change, in terms of what was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The number was, and for the others still is, something else.
    Reused {
        /// What it was.
        was: String,
    },
    /// The number was used by a field that is gone.
    Reserved {
        /// The name of that field.
        was: String,
        /// The lowest number that is free.
        free: u32,
    },
    /// The name was used by a field that is gone.
    NameReserved {
        /// The number of that field.
        was: u32,
    },
    /// The field had another number.
    Renumbered {
        /// That number.
        was: u32,
    },
    /// A new number is below one that was used before.
    TooLow {
        /// The lowest number that is free.
        free: u32,
    },
    /// A new field is required, and the others do not send it.
    RequiredAdded,
    /// A new variant of a closed enum, which the others cannot read.
    VariantAdded,
    /// It is gone, and the others still send or expect it.
    Removed,
    /// A message became an enum, or the like.
    Form {
        /// What it was.
        was: &'static str,
    },
    /// The types of a method changed.
    Signature {
        /// What they were.
        was: String,
    },
    /// A method no longer keeps what it promised about being repeated.
    Promise {
        /// What it promised.
        was: &'static str,
    },
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        match &self.wrong {
            Wrong::Reused { was } => {
                write!(f, "this number is `{was}`; leave it, and give what is new a new number")
            }
            Wrong::Reserved { was, free } => {
                write!(f, "this number is reserved, it was `{was}`; give the new field {free}")
            }
            Wrong::NameReserved { was } => {
                write!(f, "this name is reserved, it was number {was}; give the new field another name")
            }
            Wrong::Renumbered { was } => write!(f, "it is number {was}; give it that number again"),
            Wrong::TooLow { free } => write!(f, "a higher number was used before; give it {free}"),
            Wrong::RequiredAdded => f.write_str("peers do not send it yet; make it an `Option` or a `Vec`"),
            Wrong::VariantAdded => f.write_str(
                "peers cannot read it yet; say it in a new optional field, or start a new major version",
            ),
            Wrong::Removed => f.write_str("peers still use it; put it back, or start a new major version"),
            Wrong::Form { was } => {
                write!(f, "it is a `{was}`; leave it one, and give the new type another name")
            }
            Wrong::Signature { was } => {
                write!(f, "it is `{was}`; leave it, and add a method with the new types")
            }
            Wrong::Promise { was } => write!(f, "callers rely on `{was}`; leave it, and add another method"),
        }
    }
}

impl std::error::Error for Breach {}

/// See [`Lock::update`].
pub(super) fn update(lock: &Lock, now: &Lock) -> Result<Lock, Vec<Breach>> {
    let mut breaches = Breaches::default();
    for (service, methods) in &lock.services {
        let now = now.services.get(service);
        for (name, was) in methods {
            let place = format!("{service}/{name}");
            match now.and_then(|methods| methods.get(name)) {
                Some(rpc) => breaches.method(place, was, rpc),
                None => breaches.add(place, Wrong::Removed),
            }
        }
    }
    let mut next = now.clone();
    for (name, was) in &lock.types {
        if let Some(entry) = next.types.get_mut(name) {
            breaches.entry(name, was, entry);
        } else {
            // No longer used by any method; should it come back, its numbers still count.
            next.types.insert(name.clone(), was.clone());
        }
    }
    if breaches.0.is_empty() { Ok(next) } else { Err(breaches.0) }
}

#[derive(Default)]
struct Breaches(Vec<Breach>);

impl Breaches {
    fn add(&mut self, place: String, wrong: Wrong) {
        self.0.push(Breach { place, wrong });
    }

    fn method(&mut self, place: String, was: &Rpc, now: &Rpc) {
        if (&was.request, &was.answer, &was.refusal) != (&now.request, &now.answer, &now.refusal) {
            let was = format!("{} -> {} | {}", was.request, was.answer, was.refusal);
            self.add(place, Wrong::Signature { was });
        } else if strength(now.kind) < strength(was.kind) {
            self.add(place, Wrong::Promise { was: kind_word(was.kind) });
        }
    }

    /// Compares a type with what it was, and reserves in it what is gone.
    fn entry(&mut self, name: &str, was: &Entry, now: &mut Entry) {
        if was.form != now.form {
            return self.add(name.to_owned(), Wrong::Form { was: was.form.word() });
        }
        for (number, used) in &now.numbers {
            if let Some(wrong) = wrong_with(*number, used, was) {
                self.add(place(name, *number, used), wrong);
            }
        }
        for (number, used) in &was.numbers {
            if now.numbers.contains_key(number) {
                continue;
            }
            // One that came back under another number was reported as such.
            let renumbered = now.numbers.values().any(|kept| kept.name() == used.name());
            if !is_removable(used) && !renumbered {
                self.add(place(name, *number, used), Wrong::Removed);
            }
            now.numbers.insert(*number, Use::Reserved { name: used.name().to_owned() });
        }
    }
}

/// What is wrong with one number of a type, given what the type was.
fn wrong_with(number: u32, used: &Use, was: &Entry) -> Option<Wrong> {
    let free = was.numbers.keys().next_back().map_or(1, |highest| highest + 1);
    match was.numbers.get(&number) {
        Some(before) if before == used => return None,
        Some(Use::Reserved { name }) => return Some(Wrong::Reserved { was: name.clone(), free }),
        Some(before) => return Some(Wrong::Reused { was: describe(before) }),
        None => {}
    }
    match was.numbers.iter().find(|(_, before)| before.name() == used.name()) {
        Some((was, Use::Reserved { .. })) => return Some(Wrong::NameReserved { was: *was }),
        Some((was, _)) => return Some(Wrong::Renumbered { was: *was }),
        None => {}
    }
    if number < free {
        return Some(Wrong::TooLow { free });
    }
    match used {
        Use::Field { presence: Presence::Required, .. } => Some(Wrong::RequiredAdded),
        Use::Plain { .. } => Some(Wrong::VariantAdded),
        Use::Field { .. } | Use::Variant { .. } | Use::Reserved { .. } => None,
    }
}

/// Whether nobody misses it: a reader finds nothing, or an empty list, and both were always possible.
fn is_removable(used: &Use) -> bool {
    match used {
        Use::Field { presence, .. } => *presence != Presence::Required,
        Use::Reserved { .. } => true,
        Use::Variant { .. } | Use::Plain { .. } => false,
    }
}

/// How much a kind promises: who relies on one is content with any above it.
const fn strength(kind: Kind) -> u8 {
    match kind {
        Kind::Once => 0,
        Kind::Idempotent => 1,
        Kind::Query => 2,
    }
}

fn place(of: &str, number: u32, used: &Use) -> String {
    format!("{of}.{} = {number}", used.name())
}

fn describe(used: &Use) -> String {
    match used {
        Use::Field { name, presence, ty } => format!("{} {ty} {name}", presence_word(*presence)),
        Use::Variant { name, ty } => format!("{ty} {name}"),
        Use::Plain { name } | Use::Reserved { name } => name.clone(),
    }
}
