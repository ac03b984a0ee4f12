//! What is told in the simulation: where parcels are. Three homes listen, and some events are poison to some.

use std::{collections::BTreeMap, future::pending, panic::resume_unwind, sync::Arc, sync::Mutex};

use outgrow::{
    Cause, CauseKind, Event, Unread, Wire,
    command::Undecided,
    event::{Delivered, Handled},
};
use outgrow_runtime::events::{Handler, Poison, Subscription};
use uuid::Uuid;

use crate::{
    bugs::Bug,
    home::{Costs, Effect, MemoryHome, Tables},
};

/// The publisher.
pub(crate) const PUBLISHER: &str = "tracking";
/// Who listens.
pub(crate) const SUBSCRIBERS: [(&str, Poison); 3] =
    [("billing", Poison::Blocks), ("notices", Poison::IsSkipped), ("reports", Poison::Blocks)];

/// Who keeps what comes of an event for itself, as by `Db::handle`; the others publish in turn.
const STAYS_AT_HOME: &str = "reports";

/// What happens to a parcel.
#[derive(Clone, Debug, PartialEq, Wire, Event)]
#[event("tracking.v1", key = "parcel")]
pub(crate) enum ParcelEvent {
    /// It was seen: everybody keeps that.
    #[wire(1)]
    Scanned {
        #[wire(1)]
        parcel: String,
    },
    /// Something that nobody here is interested in.
    #[wire(2)]
    Weighed {
        #[wire(1)]
        parcel: String,
    },
    /// An event of a newer version.
    #[wire(other)]
    Other(Unread),
}

/// What is wrong with an event that nobody can handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hazard {
    /// It is not JSON; that hits every subscriber.
    Unreadable,
    /// The handler says no.
    Refused,
    /// The handler panics.
    Panics,
    /// The process dies of it.
    Deadly,
}

/// Which events are poison, to whom (to all if unreadable), and how often that was tried.
#[derive(Default)]
pub(crate) struct Hazards {
    planted: Mutex<BTreeMap<Uuid, (Hazard, &'static str)>>,
    tries: Mutex<BTreeMap<(&'static str, Uuid), u32>>,
}

impl Hazards {
    /// Makes an event poison. There is one deadly one at most: it costs others an attempt, too. False for a second.
    pub(crate) fn plant(&self, id: Uuid, hazard: Hazard, to: &'static str) -> bool {
        let mut planted = self.planted.lock().unwrap();
        let one_too_many = hazard == Hazard::Deadly && planted.values().any(|(other, _)| *other == hazard);
        if !one_too_many {
            planted.insert(id, (hazard, to));
        }
        !one_too_many
    }

    /// What this event is to this home.
    pub(crate) fn of(&self, id: Uuid, home: &'static str) -> Option<Hazard> {
        let planted = self.planted.lock().unwrap().get(&id).copied();
        planted.filter(|(hazard, to)| *hazard == Hazard::Unreadable || *to == home).map(|(hazard, _)| hazard)
    }

    fn tried(&self, id: Uuid, home: &'static str) {
        *self.tries.lock().unwrap().entry((home, id)).or_default() += 1;
    }

    /// How often it was tried.
    pub(crate) fn tries(&self, id: Uuid, home: &'static str) -> u32 {
        self.tries.lock().unwrap().get(&(home, id)).copied().unwrap_or_default()
    }
}

/// What a subscriber does when it hears of a parcel.
pub(crate) fn listen(session: &Arc<MemoryHome>, poison: Poison, hazards: &Arc<Hazards>) -> Arc<dyn Handler> {
    let (module, session, hazards) = (session.name(), Arc::clone(session), Arc::clone(hazards));
    Subscription::<ParcelEvent, _>::of(module, poison, move |delivered| {
        let (session, hazards) = (Arc::clone(&session), Arc::clone(&hazards));
        async move { hear(&session, &hazards, delivered).await }
    })
}

async fn hear(
    session: &MemoryHome,
    hazards: &Hazards,
    delivered: Delivered<ParcelEvent>,
) -> Result<Handled, Undecided> {
    let Delivered { event, id, mark, .. } = delivered;
    session.life.step().await;
    hazards.tried(id, session.name());
    if session.fate().one_in(60) && session.life.home.may_suffer() {
        session.fate().happened("a handler hung", &session.life.name);
        pending::<()>().await;
    }
    match hazards.of(id, session.name()) {
        None | Some(Hazard::Unreadable) => {}
        Some(Hazard::Refused) => {
            return Err(Undecided::NotExecuted(Cause::new(CauseKind::Storage, "planted: refused")));
        }
        Some(Hazard::Panics) => resume_unwind(Box::new("planted: a panic")),
        Some(Hazard::Deadly) => {
            session.life.end("a process died of its event");
            pending::<()>().await;
        }
    }
    let ParcelEvent::Scanned { parcel } = event else { return Ok(Handled::Ignored) };
    let effect = Arc::new(Effect { key: parcel, sequence: mark.sequence, id });
    let life = Arc::clone(&session.life);
    if session.fate().has(Bug::MarkedApart) {
        let alone = move |tables: &mut Tables| {
            tables.effects.push(effect);
            Ok(())
        };
        session.write("effect", Costs::AnAttempt, alone).await?;
        session.write("mark", Costs::AnAttempt, move |tables| tables.mark(&mark, &life.fate)).await?;
        return Ok(Handled::Marked);
    }
    let published = effect.clone();
    let both = move |tables: &mut Tables| {
        tables.effects.push(effect);
        tables.mark(&mark, &life.fate)
    };
    if session.name() == STAYS_AT_HOME {
        session.jot("effect at home", Costs::AnAttempt, both).await?;
    } else {
        session.write("effect and mark", Costs::AnAttempt, both).await?;
        session.life.home.tell(published);
    }
    Ok(Handled::Marked)
}
