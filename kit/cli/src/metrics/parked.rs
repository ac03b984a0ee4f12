//! How much waits for people in the homes of this process: asked when somebody scrapes, so that it is true then.
//!
//! It is a number of the home, not of the process: every process that shares a home tells it.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use adapter_sql::Home;
use futures_util::future::join_all;
use outgrow::{ModuleSpec, StoreError};
use tokio::time::timeout;

use crate::{App, Host};

/// How long a home may take; all are asked together. One that takes longer is left out: no number is better than an
/// old one, and `/health/ready` says why.
const WITHIN: Duration = Duration::from_secs(1);

const SAGAS: &str = "\
# HELP outgrow_sagas_parked Sagas that wait for people: see `sagas list`. Every process of a home tells of all: take max, not sum.
# TYPE outgrow_sagas_parked gauge
";

const EVENTS: &str = "\
# HELP outgrow_events_parked Events that were set aside by who is to handle them: see `events parked`. Every process \
of a home tells of all: take max, not sum.
# TYPE outgrow_events_parked gauge
";

/// The homes of this process, each with what its module says of itself.
pub(super) struct Parked(Vec<(&'static ModuleSpec, Home)>);

impl Parked {
    pub(super) fn of(host: &Host, app: App) -> Self {
        let at_home = |spec: &&'static ModuleSpec| Some((*spec, host.home(spec)?));
        Self(app.modules.iter().filter_map(at_home).collect())
    }

    pub(super) async fn text(&self) -> String {
        let asked = self.0.iter().map(async |(spec, home)| {
            let counted = timeout(WITHIN, count(spec, home)).await.ok()?.ok()?;
            Some((spec.name, counted))
        });
        let (mut sagas, mut events) = (String::from(SAGAS), String::from(EVENTS));
        for (module, counted) in join_all(asked).await.into_iter().flatten() {
            for (saga, parked) in counted.sagas {
                _ = writeln!(sagas, "outgrow_sagas_parked{{module=\"{module}\",saga=\"{saga}\"}} {parked}");
            }
            _ = writeln!(events, "outgrow_events_parked{{module=\"{module}\"}} {}", counted.events);
        }
        sagas + &events
    }
}

/// What waits for people in one home.
struct Counted {
    sagas: BTreeMap<String, u64>,
    events: u64,
}

async fn count(spec: &ModuleSpec, home: &Home) -> Result<Counted, StoreError> {
    // Also of a saga of which none is parked: what is watched has to be there before it rises.
    let mut sagas: BTreeMap<_, _> = spec.sagas.iter().map(|saga| (saga.name.to_owned(), 0)).collect();
    sagas.extend(home.saga_upkeep().parked_of_each().await?);
    Ok(Counted { sagas, events: home.upkeep().how_many_parked().await? })
}
