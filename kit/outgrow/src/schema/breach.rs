//! What may become of a lock: the rules by which versions of a contract understand each other.
//!
//! Old and new run side by side during every roll-out, and requests wait in queues. So whatever one version writes,
//! the version before and the version after must read. Allowed are: new optional and repeated fields, new variants of
//! open enums, new kinds of events, new methods, new types, each under numbers above all that were ever used; to open an enum; to promise
//! more about repeating a method; and to remove an optional or repeated field, whose number and name stay reserved. All
//! else is a [`Breach`] of one of the rules in the table of [`Wrong`], and belongs into a new major version.
//!
//! Events keep to the same rules. Who publishes one is not asked by who reads it: it waits in outboxes and inboxes, and
//! readers in other languages have its fields by their names, in JSON.
//!
//! An enum without data is closed: who does not know a variant cannot read it. One with data is open if it keeps what
//! it does not know (`#[wire(other)]`), as every refusal does.

mod wrong;

use std::collections::BTreeSet;

use super::{
    Lock,
    lock::{Entry, Rpc, Use, kind_word, presence_word},
};
use crate::{Kind, wire::Presence};

pub use wrong::{Breach, Wrong};

/// See [`Lock::update`].
pub(super) fn update(lock: &Lock, now: &Lock) -> Result<Lock, Vec<Breach>> {
    let mut breaches = Breaches::default();
    for (service, methods) in &lock.services {
        let now = now.services.get(service);
        for (name, was) in methods {
            let place = format!("{service}/{name}");
            match now.and_then(|methods| methods.get(name)) {
                Some(rpc) => breaches.method(place, was, rpc),
                None => breaches.add(place, Wrong::MethodRemoved),
            }
        }
    }
    for (stream, was) in &lock.streams {
        match now.streams.get(stream) {
            Some(key) if key == was => {}
            Some(_) => breaches.add(stream.clone(), Wrong::Key { was: was.clone() }),
            None => breaches.add(stream.clone(), Wrong::StreamRemoved),
        }
    }
    let mut next = now.clone();
    for (name, was) in &lock.types {
        if let Some(entry) = next.types.get_mut(name) {
            let open = was.open || lock.terse && entry.open;
            breaches.entry(name, &Before { entry: was, open, terse: lock.terse }, entry);
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
    fn entry(&mut self, name: &str, before: &Before<'_>, now: &mut Entry) {
        let was = before.entry;
        if was.form != now.form {
            return self.add(name.to_owned(), Wrong::Form { was: was.form.word() });
        }
        if before.open && !now.open {
            self.add(name.to_owned(), Wrong::Closed);
        }
        for (number, used) in &now.numbers {
            if let Some(wrong) = before.wrong_with(*number, used) {
                self.add(place(name, *number, used), wrong);
            }
        }
        let kept: BTreeSet<_> = now.numbers.values().map(|kept| kept.name().to_owned()).collect();
        for (number, used) in &was.numbers {
            if now.numbers.contains_key(number) {
                continue;
            }
            // One that came back under another number was reported as such.
            let renumbered = kept.contains(used.name());
            if let Some(wrong) = missed(used).filter(|_| !renumbered) {
                self.add(place(name, *number, used), wrong);
            }
            now.numbers.insert(*number, Use::Reserved { name: used.name().to_owned() });
        }
    }
}

/// A type as it was.
struct Before<'a> {
    entry: &'a Entry,
    open: bool,
    /// Whether its lock does not say which values are read.
    terse: bool,
}

impl Before<'_> {
    /// What is wrong with one number of the type now.
    fn wrong_with(&self, number: u32, used: &Use) -> Option<Wrong> {
        let numbers = &self.entry.numbers;
        let free = numbers.keys().next_back().map_or(1, |highest| highest.saturating_add(1));
        match numbers.get(&number) {
            Some(Use::Reserved { name }) => return Some(Wrong::Reserved { was: name.clone(), free }),
            Some(before) => return self.changed(before, used),
            None => {}
        }
        match numbers.iter().find(|(_, before)| before.name() == used.name()) {
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
            Use::Variant { .. } if !self.open => Some(Wrong::VariantAdded),
            Use::Field { .. } | Use::Variant { .. } | Use::Reserved { .. } => None,
        }
    }

    /// What is wrong with what a number stands for now. If several things changed, it is something else altogether.
    fn changed(&self, before: &Use, now: &Use) -> Option<Wrong> {
        let renamed = before.name() != now.name();
        let retyped = self.retyped(before, now);
        let presence = (presence(before) != presence(now)).then(|| presence(before)).flatten();
        match (renamed, retyped, presence) {
            (false, None, None) => None,
            (true, None, None) => Some(Wrong::Renamed { was: before.name().to_owned() }),
            (false, wrong @ Some(_), None) => wrong,
            (false, None, Some(was)) => Some(Wrong::Presence { was: presence_word(was) }),
            _ => Some(Wrong::Reused { was: describe(before) }),
        }
    }

    fn retyped(&self, before: &Use, now: &Use) -> Option<Wrong> {
        let (Some(was), Some(now)) = (ty(before), ty(now)) else { return None };
        let on_the_wire = |ty: &str| ty.split('(').next().unwrap_or_default().to_owned();
        if was == now {
            None
        } else if on_the_wire(was) != on_the_wire(now) {
            Some(Wrong::Retyped { was: was.to_owned() })
        } else {
            (!self.terse).then(|| Wrong::Values { was: was.to_owned() })
        }
    }
}

/// What is wrong with its being gone. Nobody misses an optional or repeated field: a reader finds nothing, or an empty
/// list, and both were always possible.
fn missed(used: &Use) -> Option<Wrong> {
    match used {
        Use::Field { presence: Presence::Required, .. } => Some(Wrong::FieldRemoved),
        Use::Variant { .. } | Use::Plain { .. } => Some(Wrong::VariantRemoved),
        Use::Field { .. } | Use::Reserved { .. } => None,
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

fn presence(used: &Use) -> Option<Presence> {
    match used {
        Use::Field { presence, .. } => Some(*presence),
        Use::Variant { .. } | Use::Plain { .. } | Use::Reserved { .. } => None,
    }
}

fn ty(used: &Use) -> Option<&str> {
    match used {
        Use::Field { ty, .. } | Use::Variant { ty, .. } => Some(ty),
        Use::Plain { .. } | Use::Reserved { .. } => None,
    }
}
