//! What people decide about events that were set aside: of each by itself, so one that is wrong keeps no other.

use std::collections::BTreeSet;

use adapter_sql::Home;
use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{unavailable, unknown};
use crate::{App, Failed, exit};

/// Which events are to be tried again.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// Their ids
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<Uuid>,
    /// All that are parked, instead of some ids
    #[arg(long)]
    all: bool,
    /// Of all that are parked those of this kind, such as `ordering.v1.order_placed`
    #[arg(long, value_name = "KIND", conflicts_with = "ids")]
    kind: Option<String>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Which events are to be given up.
#[derive(Debug, Args)]
pub(crate) struct Discard {
    /// Their ids
    #[arg(required = true)]
    ids: Vec<Uuid>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

pub(super) async fn replay(homes: &[&Home], app: App, replay: &Replay) -> Result<(), Failed> {
    if !replay.all {
        return these(homes, &replay.ids, Decision::Replayed, replay.json).await;
    }
    let kind = replay.kind.as_deref();
    let mut parked = BTreeSet::new();
    for home in homes {
        parked.extend(home.upkeep().parked_ids(kind).await.map_err(unavailable)?);
    }
    if parked.is_empty() {
        kind.map_or(Ok(()), |kind| known(app, kind))?;
        if !replay.json {
            return exit::say(if kind.is_some() {
                "nothing of that kind is parked"
            } else {
                "nothing is parked"
            });
        }
    }
    // Whoever has decided about one of them meanwhile has the word.
    decide(homes, parked, Decision::Replayed, replay.json).await.map(drop)
}

pub(super) async fn discard(homes: &[&Home], discard: &Discard) -> Result<(), Failed> {
    these(homes, &discard.ids, Decision::Discarded, discard.json).await
}

/// Decides about these, all of which should be parked.
async fn these(homes: &[&Home], ids: &[Uuid], decision: Decision, json: bool) -> Result<(), Failed> {
    let nowhere = decide(homes, ids.iter().copied().collect(), decision, json).await?;
    if nowhere.is_empty() { Ok(()) } else { Err(unknown(&nowhere)) }
}

/// Decides about each, in every home where it is parked. Those that are parked nowhere.
async fn decide(
    homes: &[&Home],
    ids: BTreeSet<Uuid>,
    decision: Decision,
    json: bool,
) -> Result<Vec<Uuid>, Failed> {
    let (mut rows, mut nowhere, mut ended) = (Vec::new(), Vec::new(), Ok(()));
    for id in ids {
        let before = rows.len();
        for home in homes {
            match decision.about(id, home).await {
                Ok(false) => {}
                Ok(true) => {
                    let (module, (done, said)) = (home.module(), decision.words());
                    if !json {
                        exit::say(format_args!("{module}: {id} {said}"))?;
                    }
                    rows.push(json!({ "id": id.to_string(), "module": module, "done": done }));
                }
                Err(failed) => ended = ended.and(Err(failed)), // the others are decided about all the same
            }
        }
        if rows.len() == before {
            nowhere.push(id);
        }
    }
    if json {
        exit::say(format_args!("{:#}", Value::from(rows)))?;
    }
    ended.map(|()| nowhere)
}

#[derive(Clone, Copy)]
enum Decision {
    Replayed,
    Discarded,
}

impl Decision {
    /// False if the event is not parked there.
    async fn about(self, id: Uuid, home: &Home) -> Result<bool, Failed> {
        let upkeep = home.upkeep();
        let decided = match self {
            Self::Replayed => upkeep.replay(id).await,
            Self::Discarded => upkeep.discard(id).await,
        };
        decided.map_err(unavailable)
    }

    /// For programs, and for people.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Replayed => ("replayed", "is tried again"),
            Self::Discarded => ("discarded", "is given up"),
        }
    }
}

/// A kind that nobody publishes is a slip, unless something of it is parked: it may be of a newer version.
fn known(app: App, kind: &str) -> Result<(), Failed> {
    let streams = app.modules.iter().flat_map(|spec| spec.publishes);
    let kinds: Vec<_> =
        streams.flat_map(|stream| stream.kinds().iter().map(|kind| stream.kind(kind))).collect();
    if kinds.iter().any(|known| known == kind) {
        return Ok(());
    }
    let why = format!("no module publishes events of the kind `{kind}`; there are {}", kinds.join(", "));
    Err(Failed::usage(anyhow::anyhow!(why)))
}
