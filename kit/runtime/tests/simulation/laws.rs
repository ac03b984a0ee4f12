//! The laws: what must be true of every world when it has come to rest, whatever happened in it.

use std::{collections::BTreeMap, fmt};

use outgrow_runtime::events::Poison;
use uuid::Uuid;

use crate::{
    home::{MISHAPS, Tables},
    inbox::Row,
    parcels::Hazard,
    world::World,
};

/// How often poison may be tried.
const ATTEMPTS: u32 = 5;
/// What the reason says when nobody was left to keep what came of the last attempt.
const UNSAID: &str = "its process ended, or its store was away";
/// Any handler may hang in its last attempt.
const HUNG: &str = "it was not handled within";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Law {
    /// What is told is what happened, in that order, numbered from 1 without a gap.
    ToldAsItHappened,
    /// What a user was told is done is done.
    AnswersHold,
    /// Nobody acts on what did not happen.
    NothingUntrue,
    /// No event has its effect twice.
    OnceOnly,
    /// Of each key the effects come in the order of the events.
    InOrder,
    /// Every event has its effect on everybody it is told to, unless it is poison or waits for poison.
    NothingLost,
    /// Nothing is left in the outbox.
    OutboxEmpty,
    /// Nothing is left in an inbox but poison and what waits for it.
    InboxEmpty,
    /// Poison is parked, with a reason, after at most five attempts.
    PoisonParked,
}

/// A law that was broken, and how.
#[derive(Debug)]
pub(crate) struct Breach {
    pub(crate) law: Law,
    pub(crate) how: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.law, self.how)
    }
}

/// Every breach in this world.
pub(crate) fn judge(world: &World) -> Vec<Breach> {
    let mut court = Court::default();
    let (histories, idle, addressed) = world.publisher.home.read(|tables| {
        court.publisher(tables);
        let weighed = tables.outbox.values().filter(|event| event.kind.ends_with("weighed"));
        let idle = weighed.map(|event| event.id).collect::<Vec<_>>();
        (tables.histories.clone(), idle, tables.addressed.clone())
    });
    for id in &*world.answered.lock().unwrap() {
        let done = histories.values().flatten().any(|it| it == id);
        court.demand(Law::AnswersHold, done, || format!("{id} is gone, and a user was told of it"));
    }
    for (service, poison) in &world.subscribers {
        let name = service.home.name;
        let untrue = service.home.untrue();
        court.demand(Law::NothingUntrue, untrue.is_empty(), || format!("{name} told others: {untrue:?}"));
        service.home.read(|tables| {
            court.effects(name, tables, &histories);
            for (key, history) in &histories {
                let hazard = |id| world.hazards.of(id, name);
                let told = history.iter().copied().filter(|id| addressed.contains(&(name, *id)));
                let mut fates = Fates::of(told, *poison, hazard);
                fates.handled.retain(|id| !idle.contains(id)); // without effect, rightly
                court.parcel(name, tables, key, &fates);
            }
            for row in tables.inbox.values().filter(|row| row.parked) {
                let (id, tries) = (row.event.id, world.hazards.tries(row.event.id, name));
                court.parked(name, row, world.hazards.of(id, name), tries, service.home.forgotten(id));
            }
        });
    }
    court.0
}

/// What the reason of a parked event must say; of a deadly one nobody can say it.
fn said(hazard: Hazard) -> Option<&'static str> {
    match hazard {
        Hazard::Unreadable => Some("it cannot be read"),
        Hazard::Refused => Some("planted: refused"),
        Hazard::Panics => Some("the handler panicked"),
        Hazard::Deadly => None,
    }
}

/// What must become of each event of a parcel.
struct Fates {
    handled: Vec<Uuid>,
    parked: Vec<Uuid>,
    waiting: Vec<Uuid>,
}

impl Fates {
    fn of(
        history: impl Iterator<Item = Uuid>,
        poison: Poison,
        hazard: impl Fn(Uuid) -> Option<Hazard>,
    ) -> Self {
        let mut fates = Self { handled: Vec::new(), parked: Vec::new(), waiting: Vec::new() };
        for id in history {
            let blocked = poison == Poison::Blocks && !fates.parked.is_empty();
            let of = match hazard(id) {
                _ if blocked => &mut fates.waiting,
                Some(_) => &mut fates.parked,
                None => &mut fates.handled,
            };
            of.push(id);
        }
        fates
    }
}

#[derive(Default)]
struct Court(Vec<Breach>);

impl Court {
    fn demand(&mut self, law: Law, holds: bool, how: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Breach { law, how: how() });
        }
    }

    fn publisher(&mut self, tables: &Tables) {
        for (key, history) in &tables.histories {
            let mut told: Vec<_> = tables.outbox.values().filter(|event| event.key == *key).collect();
            told.sort_by_key(|event| event.sequence);
            let numbered = told.iter().map(|event| event.sequence).eq(1..=history.len().try_into().unwrap());
            let same = told.iter().map(|event| event.id).eq(history.iter().copied());
            self.demand(Law::ToldAsItHappened, numbered && same, || {
                let told: Vec<_> = told.iter().map(|event| (event.sequence, event.id)).collect();
                format!("{key}: told {told:?} of {history:?}")
            });
        }
        let left = &tables.deliveries;
        self.demand(Law::OutboxEmpty, left.is_empty(), || format!("left in the outbox: {left:?}"));
    }

    fn effects(&mut self, name: &str, tables: &Tables, histories: &BTreeMap<String, Vec<Uuid>>) {
        let mut last: BTreeMap<&str, u64> = BTreeMap::new();
        for (index, effect) in tables.effects.iter().enumerate() {
            let happened = histories.get(&effect.key).is_some_and(|history| history.contains(&effect.id));
            self.demand(Law::NothingUntrue, happened, || format!("{name}: {effect:?}"));
            let again = tables.effects.iter().take(index).any(|before| before.id == effect.id);
            self.demand(Law::OnceOnly, !again, || format!("{name}: {effect:?}"));
            let before = last.insert(&effect.key, effect.sequence).unwrap_or_default();
            self.demand(Law::InOrder, again || before < effect.sequence, || {
                format!("{name}: {effect:?} after #{before}")
            });
        }
    }

    /// Each attempt that was not made, though counted, is a mishap. One that was made, but is not counted any more, was
    /// made before the power was lost.
    fn parked(&mut self, name: &str, row: &Row, hazard: Option<Hazard>, tries: u32, forgotten: u32) {
        let reason = row.reason.as_deref().unwrap_or_default();
        let right = hazard.is_some_and(|hazard| {
            let said = said(hazard).is_some_and(|why| reason.contains(why))
                || [UNSAID, HUNG].iter().any(|why| reason.contains(why));
            let enough = hazard == Hazard::Unreadable || tries + MISHAPS >= ATTEMPTS;
            said && enough && tries <= ATTEMPTS + forgotten
        });
        self.demand(Law::PoisonParked, right, || {
            let (key, number) = (&row.event.key, row.event.sequence);
            let tries = format!("{tries} tries, of which {forgotten} are forgotten");
            format!("{name}: {key} #{number} ({hazard:?}) after {tries}, because: {reason:?}")
        });
    }

    fn parcel(&mut self, name: &str, tables: &Tables, key: &str, fates: &Fates) {
        for id in &fates.handled {
            let done = tables.effects.iter().any(|effect| effect.id == *id);
            self.demand(Law::NothingLost, done, || format!("{name}: {key}: {id} had no effect"));
        }
        let rows = |parked: bool| {
            let of_key = tables.inbox.values().filter(|row| row.event.key == key);
            of_key.filter(|row| row.parked == parked).map(|row| row.event.id).collect::<Vec<_>>()
        };
        let (parked, waiting) = (rows(true), rows(false));
        self.demand(Law::PoisonParked, parked == fates.parked, || {
            format!("{name}: {key}: {parked:?} are parked instead of {:?}", fates.parked)
        });
        self.demand(Law::InboxEmpty, waiting == fates.waiting, || {
            format!("{name}: {key}: {waiting:?} wait instead of {:?}", fates.waiting)
        });
    }
}
