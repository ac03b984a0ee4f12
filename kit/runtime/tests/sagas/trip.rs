//! The saga: a room is booked, money set aside, the money taken, the key sent; then the trip is made.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use outgrow::{
    CommitError, Saga, Steps,
    command::Undecided,
    saga::{Step, StepKind, Stepped, Transition, Underway, Why},
};
use uuid::Uuid;

use crate::{
    bugs::Bug,
    home::Trip,
    life::Life,
    others::{Ask, Neighbour},
    store::{self, Compared, Session},
};

pub(crate) static TRIP: Saga = Saga::new(
    "trip",
    1,
    &[
        Step::compensatable("book"),
        Step::compensatable("set-aside").within(Duration::from_secs(15)),
        Step::pivot("take"),
        Step::retriable("send-key"),
        Step::retriable("end"),
    ],
);

pub(crate) struct Agency {
    pub(crate) session: Arc<Session>,
    pub(crate) hotel: Arc<Neighbour>,
    pub(crate) bank: Arc<Neighbour>,
    pub(crate) asked: AtomicU64,
}

impl Agency {
    fn life(&self) -> &Life {
        &self.session.0
    }

    fn has(&self, bug: Bug) -> bool {
        self.life().fate.has(bug)
    }

    async fn ask(&self, at: &Underway, whom: &Arc<Neighbour>, ask: Ask) -> Result<bool, Undecided> {
        let mut cx = at.cx("agency");
        if self.has(Bug::KeyPerAttempt) {
            cx = cx.with_key(
                format!("{}-{}", at.instance.id, self.asked.fetch_add(1, Relaxed)).parse().unwrap(),
            );
        }
        let key = cx.key().cloned().unwrap();
        whom.ask(self.life(), at.instance.id, &key, ask).await
    }

    /// The trip ends with its saga's transition, in one transaction, unless that is the bug.
    async fn end(&self, at: &Underway, trip: Trip, transition: Transition) -> Result<Stepped, Undecided> {
        let (id, compared) = (at.instance.id, Compared::by(self.life()));
        let end = move |tables: &mut crate::home::Tables| {
            let kept = tables.trips.get_mut(&id).expect("there is a trip");
            if *kept == Trip::Planned {
                *kept = trip;
            }
            Ok(())
        };
        if self.has(Bug::EndedApart) {
            self.session.write("end", end).await?;
            return Ok(if trip == Trip::Made {
                Stepped::Done
            } else {
                Stepped::Refused(Why::new("no", "no"))
            });
        }
        self.session
            .write("end", move |tables| {
                store::advance(tables, &transition, compared)?;
                end(tables)
            })
            .await?;
        Ok(Stepped::Kept)
    }
}

#[async_trait]
impl Steps for Agency {
    async fn act(&self, at: &Underway) -> Result<Stepped, Undecided> {
        let beyond = at.step.kind != StepKind::Compensatable;
        if beyond {
            self.life().home.beyond.lock().unwrap().entry(at.instance.id).or_default();
        }
        let answer = match at.step.name {
            "book" => self.ask(at, &self.hotel, Ask::Do("book")).await,
            "set-aside" => self.ask(at, &self.bank, Ask::Do("set-aside")).await,
            "take" => self.ask(at, &self.bank, Ask::Do("take")).await,
            "send-key" => self.ask(at, &self.hotel, Ask::Do("send-key")).await,
            _ => return self.end(at, Trip::Made, at.done()).await,
        };
        let answer = match answer {
            Err(Undecided::InDoubt(_)) if self.has(Bug::DoubtIsRefusal) => Ok(false),
            Err(Undecided::InDoubt(_)) if self.has(Bug::DoubtIsSuccess) => Ok(true),
            answer => answer,
        };
        if answer? {
            return Ok(Stepped::Done);
        }
        self.life().fate.happened("a trip was refused", at.instance.id);
        if beyond {
            self.life().home.beyond.lock().unwrap().insert(at.instance.id, true);
        }
        self.end(at, Trip::Refused, at.refused(Why::new("no", "no"))).await
    }

    async fn undo(&self, at: &Underway) -> Result<Stepped, Undecided> {
        if self.has(Bug::UndoneUnasked) {
            return Ok(Stepped::Done);
        }
        if at.step.name == "set-aside" {
            self.ask(at, &self.bank, Ask::Undo).await?;
            return Ok(Stepped::Done);
        }
        self.ask(at, &self.hotel, Ask::Undo).await?;
        self.end(at, Trip::Refused, at.done()).await
    }
}

/// A trip is planned, with its saga, in one transaction, unless that is the bug.
pub(crate) async fn plan(session: &Session, id: Uuid) -> Result<(), CommitError> {
    let begin = move |tables: &mut crate::home::Tables| {
        store::advance(tables, &Transition::began(&TRIP, id), Compared::Place).map(drop)
    };
    let plan = move |tables: &mut crate::home::Tables| {
        tables.trips.insert(id, Trip::Planned);
        Ok(())
    };
    if session.0.fate.has(Bug::BegunApart) {
        session.write("plan", plan).await?;
        return session.write("begin", begin).await;
    }
    let both = move |tables: &mut crate::home::Tables| plan(tables).and_then(|()| begin(tables));
    session.write("plan", both).await
}

/// A trip is called off, however far it is, in one transaction, unless that is the bug. What was refused stays so.
pub(crate) async fn call_off(session: &Session, id: Uuid) -> Result<(), CommitError> {
    session.0.fate.happened("a trip was called off", id);
    let only_so_far = session.0.fate.has(Bug::UndoneAsFarAsNoted);
    let off = move |tables: &mut crate::home::Tables| {
        let off = Transition::called_off(&TRIP, id, Why::new("off", "they stay at home"));
        let noted = tables.sagas.get(&id).map(|kept| kept.instance.step);
        let after = store::advance(tables, &off, Compared::Place)?;
        if only_so_far && after.is_some() {
            let now = &mut tables.sagas.get_mut(&id).expect("a saga that was called off").instance;
            now.step = noted.unwrap_or(now.step).min(now.step);
        }
        Ok(())
    };
    let trip = move |tables: &mut crate::home::Tables| match tables.trips.get_mut(&id) {
        Some(trip) if *trip != Trip::Refused => {
            *trip = Trip::CalledOff;
            Ok(())
        }
        _ => Err(CommitError::Conflict),
    };
    if session.0.fate.has(Bug::CalledOffApart) {
        session.write("call off", trip).await?;
        return session.write("call off the saga", off).await;
    }
    session.write("call off", move |tables| trip(tables).and_then(|()| off(tables))).await
}
