//! What people may do about sagas: each change stands in the journal of its saga, with who and why.

use std::collections::BTreeSet;

use adapter_sql::{Home, Tracked};
use clap::Args;
use outgrow::{
    CommitError, Saga,
    saga::{Phase, Turn, Why},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{definition, place, unavailable, unknown};
use crate::{App, Failed, exit};

/// Of what stands in a journal, in characters.
const LONGEST_LINE: usize = 500;

/// Who makes a change by hand, and why: for the journal.
#[derive(Debug, Args)]
pub(crate) struct Words {
    /// Why, for the journal
    #[arg(long, value_name = "WORDS", value_parser = line)]
    why: String,
    /// Who, for the journal
    #[arg(long, env = "USER", default_value = "operator", value_name = "NAME", value_parser = line)]
    by: String,
}

/// One line for people: it is shown in terminals.
fn line(words: &str) -> Result<String, String> {
    let words = words.trim();
    if words.is_empty() {
        return Err("say something: it stands in the journal".to_owned());
    }
    if words.chars().count() > LONGEST_LINE || words.chars().any(char::is_control) {
        return Err(format!("at most {LONGEST_LINE} characters in one line, without control characters"));
    }
    Ok(words.to_owned())
}

/// A change of one saga.
#[derive(Debug, Args)]
pub(crate) struct Decision {
    /// Its id
    id: Uuid,
    #[command(flatten)]
    words: Words,
    /// Which saga, if several share the id
    #[arg(long, value_name = "NAME")]
    saga: Option<String>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Which sagas are to be tried again.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// Their ids
    #[arg(required_unless_present = "all_parked", conflicts_with = "all_parked")]
    ids: Vec<Uuid>,
    /// All that are parked, instead of some ids
    #[arg(long)]
    all_parked: bool,
    /// Of all that are parked those at this step
    #[arg(long, value_name = "STEP", conflicts_with = "ids")]
    step: Option<String>,
    #[command(flatten)]
    words: Words,
    /// Those of this name: of all that are parked, or if several share an id
    #[arg(long, value_name = "NAME")]
    saga: Option<String>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

/// A saga that was found, in its home.
struct Found<'a> {
    home: &'a Home,
    saga: &'static Saga,
    tracked: Tracked,
}

impl Found<'_> {
    /// Such as `fulfilment 0197…, parked at ship`.
    fn place(&self) -> String {
        place(Some(self.saga), &self.tracked.instance)
    }

    fn step(&self) -> Option<&'static str> {
        self.tracked.instance.step_of(self.saga).map(|step| step.name)
    }

    /// Makes a change; false if it cannot be made where the saga is.
    async fn change(&self, turn: Turn, by: &str) -> Result<bool, Failed> {
        match self.home.saga_upkeep().change(self.saga, self.tracked.instance.id, turn, by).await {
            Ok(Some(_)) => Ok(true),
            Ok(None) | Err(CommitError::Conflict) => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }

    fn cannot(&self) -> Failed {
        let (name, id) = (&self.tracked.saga, self.tracked.instance.id);
        Failed::usage(anyhow::anyhow!("{name} {id} is {}: that cannot be done to it", self.place()))
    }

    fn row(&self, done: &str) -> Value {
        json!({
            "id": self.tracked.instance.id.to_string(), "module": self.home.module(), "saga": self.tracked.saga,
            "step": self.step(), "done": done,
        })
    }

    fn says(&self, what: &str) -> String {
        let (module, name, id) = (self.home.module(), &self.tracked.saga, self.tracked.instance.id);
        format!("{module}: {name} {id}, {}, {what}", self.place())
    }
}

pub(super) async fn skip(homes: &[&Home], app: App, decision: &Decision) -> Result<(), Failed> {
    let found = one(homes, app, decision.id, decision.saga.as_deref()).await?;
    if !found.tracked.instance.skippable(found.saga) {
        let (name, id, module) = (&found.tracked.saga, decision.id, found.home.module());
        let why = format!(
            "{name} {id} is {}, which {module} does itself: nobody can have done that by hand; try it again with \
             `sagas retry`",
            found.place()
        );
        return Err(Failed::usage(anyhow::anyhow!(why)));
    }
    let turn = Turn::Skipped(decision.words.why.clone());
    decide(&found, decision, turn, ("skipped", "goes on behind its step")).await
}

pub(super) async fn compensate(homes: &[&Home], app: App, decision: &Decision) -> Result<(), Failed> {
    let found = one(homes, app, decision.id, decision.saga.as_deref()).await?;
    let turn = Turn::CalledOff(Why::new("called-off", decision.words.why.clone()));
    decide(&found, decision, turn, ("compensated", "turns back")).await
}

/// Makes one change, and says so in a word for programs or in some for people.
async fn decide(
    found: &Found<'_>,
    decision: &Decision,
    turn: Turn,
    (done, said): (&str, &str),
) -> Result<(), Failed> {
    if !found.change(turn, &decision.words.by).await? {
        return Err(found.cannot());
    }
    if decision.json {
        return exit::say(format_args!("{:#}", json!([found.row(done)])));
    }
    exit::say(found.says(said))
}

/// Tries again whatever is asked for. Nothing is, if one of the ids is wrong; who was faster has the word.
pub(super) async fn retry(homes: &[&Home], app: App, retry: &Retry) -> Result<(), Failed> {
    named_well(app, retry)?;
    let nothing = (Vec::new(), Ok(()));
    let (mut found, mut ended) = if retry.all_parked { parked(homes, app, retry).await? } else { nothing };
    let ids: BTreeSet<_> = retry.ids.iter().collect();
    for id in ids {
        let one = one(homes, app, *id, retry.saga.as_deref()).await?;
        if !one.tracked.instance.parked {
            return Err(one.cannot());
        }
        found.push(one);
    }
    if found.is_empty() && ended.is_ok() && !retry.json {
        let narrowed = retry.step.is_some() || retry.saga.is_some();
        return exit::say(if narrowed { "nothing is parked there" } else { "nothing is parked" });
    }
    let mut rows = Vec::new();
    for one in found {
        let changed = one.change(Turn::Retried(retry.words.why.clone()), &retry.words.by).await;
        let (done, said) = match changed {
            Ok(true) => ("retried", "is tried again"),
            Ok(false) => ("nothing", "is not there any more: somebody was faster"),
            Err(failed) => {
                ended = ended.and(Err(failed)); // the others are tried again all the same
                continue;
            }
        };
        if !retry.json {
            exit::say(one.says(said))?;
        }
        rows.push(one.row(done));
    }
    if retry.json {
        exit::say(format_args!("{:#}", Value::from(rows)))?;
    }
    ended
}

/// A name that nothing in this build has is a slip: it is not a place where nothing is parked.
fn named_well(app: App, retry: &Retry) -> Result<(), Failed> {
    let sagas: Vec<_> = app.modules.iter().flat_map(|spec| spec.sagas.iter().copied()).collect();
    let meant = sagas.iter().filter(|saga| retry.saga.as_ref().is_none_or(|name| *name == saga.name));
    let known = meant.clone().flat_map(|saga| saga.versions().filter_map(|version| saga.of_version(version)));
    let steps: BTreeSet<_> = known.flat_map(|saga| saga.steps).map(|step| step.name).collect();
    let why = match (&retry.saga, &retry.step) {
        (Some(name), _) if meant.clone().next().is_none() => {
            let names: BTreeSet<_> = sagas.iter().map(|saga| saga.name).collect();
            format!("this build knows no saga `{name}`; there are {}", list(names))
        }
        (_, Some(step)) if !steps.contains(&**step) => {
            format!("no saga of this build has a step `{step}`; there are {}", list(steps))
        }
        _ => return Ok(()),
    };
    Err(Failed::usage(anyhow::anyhow!(why)))
}

fn list(names: BTreeSet<&str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// All that are parked, of this name and at this step if one was given; and what is wrong if there is one that this
/// build does not know.
async fn parked<'a>(
    homes: &[&'a Home],
    app: App,
    retry: &Retry,
) -> Result<(Vec<Found<'a>>, Result<(), Failed>), Failed> {
    let (mut all, mut ended) = (Vec::new(), Ok(()));
    for home in homes {
        for tracked in home.saga_upkeep().parked().await.map_err(unavailable)? {
            if retry.saga.as_ref().is_some_and(|wanted| *wanted != tracked.saga) {
                continue;
            }
            let found = match known(home, app, tracked) {
                Ok(found) => found,
                Err(failed) => {
                    ended = ended.and(Err(failed));
                    continue;
                }
            };
            if retry.step.is_none() || retry.step.as_deref() == found.step() {
                all.push(found);
            }
        }
    }
    Ok((all, ended))
}

/// The saga of this id, of this name if one was given. It has not ended.
async fn one<'a>(homes: &[&'a Home], app: App, id: Uuid, name: Option<&str>) -> Result<Found<'a>, Failed> {
    let mut found = Vec::new();
    for home in homes {
        for (tracked, _) in home.saga_upkeep().of(id).await.map_err(unavailable)? {
            if name.is_none_or(|wanted| *wanted == tracked.saga) {
                found.push((*home, tracked));
            }
        }
    }
    if found.len() > 1 {
        let names: Vec<_> = found.iter().map(|(_, tracked)| &*tracked.saga).collect();
        let why = format!("{id} has several sagas: say which with --saga ({})", names.join(", "));
        return Err(Failed::usage(anyhow::anyhow!(why)));
    }
    let (home, tracked) = found.pop().ok_or_else(|| unknown(id))?;
    let found = known(home, app, tracked)?;
    if matches!(found.tracked.instance.phase, Phase::Done | Phase::Undone) {
        let (name, place) = (&found.tracked.saga, found.place());
        let why = format!(
            "{name} {id} is {place}: what has ended is its module's to turn back, such as by cancelling"
        );
        return Err(Failed::usage(anyhow::anyhow!(why)));
    }
    Ok(found)
}

/// With its definition, as this build knows it.
fn known(home: &Home, app: App, tracked: Tracked) -> Result<Found<'_>, Failed> {
    let (module, name) = (home.module(), &tracked.saga);
    let unknown_here = || Failed::usage(anyhow::anyhow!("this build knows no saga `{name}` of {module}"));
    let saga = definition(app, module, name).ok_or_else(unknown_here)?;
    Ok(Found { home, saga, tracked })
}
