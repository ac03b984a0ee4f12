//! What must hold once nothing is left to do.

use outgrow::saga::Phase;

use crate::{home::Trip, world::World};

/// What does not hold.
pub(crate) fn judge(world: &World) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut breach = |what: String| breaches.push(what);
    let (trips, sagas) = world.home.read(|tables| (tables.trips.clone(), tables.sagas.clone()));
    for (id, told) in &*world.told.lock().unwrap() {
        let trip = trips.get(id);
        if trip.is_none() || *told == Trip::CalledOff && trip != Some(told) {
            breach(format!("somebody was told that {id} is {told:?}, and it is {trip:?}"));
        }
    }
    for (id, trip) in &trips {
        let Some(saga) = sagas.get(id).map(|kept| &kept.instance) else {
            breach(format!("{id} has no saga"));
            continue;
        };
        if saga.parked || saga.live() {
            breach(format!("{id} did not end: {saga:?}"));
            continue;
        }
        let expected = match trip {
            Trip::Made => Phase::Done,
            Trip::Refused | Trip::CalledOff => Phase::Undone,
            Trip::Planned => {
                breach(format!("{id} is planned for ever"));
                continue;
            }
        };
        if *trip == Trip::Refused && world.home.beyond.lock().unwrap().get(id) == Some(&false) {
            breach(format!("{id} had come to its pivot, and turned back by itself"));
        }
        if saga.phase != expected {
            breach(format!("{id} is {trip:?}, but its saga {:?}", saga.phase));
        }
        let (hotel, bank) = (world.hotel.account(*id), world.bank.account(*id));
        for (name, account, whole) in
            [("hotel", hotel, ["book", "send-key"]), ("bank", bank, ["set-aside", "take"])]
        {
            let done: Vec<_> = account.done.iter().map(|(what, times)| (*what, *times)).collect();
            let wanted: Vec<_> =
                if *trip == Trip::Made { whole.map(|what| (what, 1)).to_vec() } else { Vec::new() };
            if done != wanted {
                breach(format!("{id} is {trip:?}, and the {name} has done {done:?}"));
            }
        }
    }
    for id in sagas.keys().filter(|id| !trips.contains_key(id)) {
        breach(format!("the saga {id} is about nothing"));
    }
    breaches
}
