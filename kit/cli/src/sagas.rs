//! `sagas`: what has not come to an end yet, what happened to one, and what people may do about it.

mod decide;

use adapter_sql::{Entry, Home, Tracked};
use clap::Subcommand;
use outgrow::{
    Clock as _, Saga, SystemClock,
    saga::{Instance, Phase, StepKind},
};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};
use uuid::Uuid;

use self::decide::{Decision, Retry};
use crate::{App, Failed, Settings, check, exit, homes::Opened};

pub(crate) const EXAMPLES: &str = "\
Examples:
  shop sagas list                           which have not ended, those that wait for people first
  shop sagas show ID                        its steps, with times, and why it is where it is
  shop sagas retry ID… --why WORDS          try its step again, as a new command
  shop sagas retry --all-parked --step ship --why WORDS
                                            the same, whatever is parked there
  shop sagas skip ID --why WORDS            count its step as done (or undone): somebody has done it
  shop sagas compensate ID --why WORDS      turn back and undo what was done";

/// How many are listed.
const LISTED: u32 = 1_000;

/// What to do about sagas.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the sagas that have not ended, those that wait for people first
    #[command(after_help = EXAMPLES)]
    List {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Draws the steps of one saga, with times, and tells what happened to it
    #[command(after_help = EXAMPLES)]
    Show {
        /// Its id: of what it is about, such as the order
        id: Uuid,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Lets the steps at which sagas are parked be tried again, as new commands
    #[command(after_help = EXAMPLES)]
    Retry(Retry),
    /// Counts the step at which it is parked as done, or undone: somebody has done that by hand, at this module too
    #[command(after_help = EXAMPLES)]
    Skip(Decision),
    /// Turns back what has not ended: what was done is undone, the last first
    #[command(after_help = EXAMPLES)]
    Compensate(Decision),
}

pub(crate) async fn run(command: &Command, settings: &Settings, app: App) -> Result<(), Failed> {
    check::sound(settings, app)?;
    let opened = Opened::all(settings, app).await?;
    let homes: Vec<_> = opened.iter().collect();
    let done = match command {
        Command::List { json } => list(&homes, app, *json).await,
        Command::Show { id, json } => show(&homes, app, *id, *json).await,
        Command::Retry(retry) => decide::retry(&homes, app, retry).await,
        Command::Skip(decision) => decide::skip(&homes, app, decision).await,
        Command::Compensate(decision) => decide::compensate(&homes, app, decision).await,
    };
    opened.close().await;
    done
}

/// The definition of a saga, as this build knows it.
fn definition(app: App, module: &str, name: &str) -> Option<&'static Saga> {
    let spec = app.modules.iter().find(|spec| spec.name == module)?;
    spec.sagas.iter().find(|saga| saga.name == name).copied()
}

/// Such as `parked at ship`.
fn place(saga: Option<&'static Saga>, instance: &Instance) -> String {
    let step = saga.and_then(|saga| instance.step_of(saga)).map_or("an unknown step", |step| step.name);
    match instance.phase {
        _ if instance.parked => format!("parked at {step}"),
        Phase::Forward => format!("at {step}"),
        Phase::Back => format!("undoing {step}"),
        Phase::Done => "done".to_owned(),
        Phase::Undone => "undone".to_owned(),
    }
}

async fn list(homes: &[&Home], app: App, json: bool) -> Result<(), Failed> {
    let mut rows = Vec::new();
    for home in homes {
        let unfinished = home.saga_upkeep().unfinished(LISTED).await.map_err(unavailable)?;
        rows.extend(unfinished.into_iter().map(|tracked| (home.module(), tracked)));
    }
    rows.sort_by_key(|(_, tracked)| !tracked.instance.parked);
    if json {
        let rows: Value = rows.iter().map(|(module, tracked)| as_json(app, module, tracked)).collect();
        return exit::say(format_args!("{rows:#}"));
    }
    if rows.is_empty() {
        return exit::say("every saga has ended");
    }
    for (module, Tracked { saga, instance, .. }) in rows {
        let place = place(definition(app, module, &saga), &instance);
        let trouble = instance.trouble.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        let (id, waited) = (instance.id, instance.waited.as_secs());
        exit::say(format_args!("{id} {module} {saga}: {place} for {waited} s{trouble}"))?;
    }
    Ok(())
}

async fn show(homes: &[&Home], app: App, id: Uuid, json: bool) -> Result<(), Failed> {
    let mut found = Vec::new();
    for home in homes {
        let of = home.saga_upkeep().of(id).await.map_err(unavailable)?;
        found.extend(of.into_iter().map(|(tracked, log)| (home.module(), tracked, log)));
    }
    if found.is_empty() {
        return Err(unknown(id));
    }
    if json {
        let all: Value = found
            .iter()
            .map(|(module, tracked, log)| {
                let mut shown = as_json(app, module, tracked);
                if let Some(shown) = shown.as_object_mut() {
                    shown.insert("log".to_owned(), log.iter().map(entry_json).collect());
                }
                shown
            })
            .collect();
        return exit::say(format_args!("{all:#}"));
    }
    for (module, tracked, log) in found {
        for line in drawn(definition(app, module, &tracked.saga), module, &tracked, &log, SystemClock.now()) {
            exit::say(line)?;
        }
    }
    Ok(())
}

/// The steps of a saga with their times, then what else happened.
fn drawn(
    saga: Option<&'static Saga>,
    module: &str,
    tracked: &Tracked,
    log: &[Entry],
    now: OffsetDateTime,
) -> Vec<String> {
    let Tracked { saga: name, instance, began, .. } = tracked;
    let version = instance.version;
    let mut lines = vec![
        format!("{name} v{version} of {} in {module}: {}", instance.id, place(saga, instance)),
        format!("  began {}, {} s ago", clock(*began), (now - *began).whole_seconds()),
    ];
    let steps = saga.and_then(|saga| saga.of_version(version)).map(|saga| saga.steps).unwrap_or_default();
    let going = matches!(instance.phase, Phase::Forward | Phase::Back);
    for (number, step) in (0_u32..).zip(steps) {
        let last = |what: &[&str]| {
            log.iter().rfind(|entry| entry.step.as_deref() == Some(step.name) && what.contains(&&*entry.what))
        };
        let shown =
            if step.kind == StepKind::Pivot { format!("({})", step.name) } else { step.name.to_owned() };
        let (done, undone) = (last(&["did", "skipped"]), last(&["undid"]));
        let here = going && instance.step == number;
        let (mark, times) = match (done, undone) {
            _ if here && instance.parked => ('!', "waits for people".to_owned()),
            (done, None) if here => {
                let since = done.map(|done| format!("{}, ", took(*began, log, done))).unwrap_or_default();
                let (way, times) =
                    (if instance.phase == Phase::Back { "undoing" } else { "trying" }, instance.attempts);
                ('>', format!("{since}{way}, {times} attempts in {} s", instance.waited.as_secs()))
            }
            (None, None) => ('.', String::new()),
            (Some(done), None) => ('+', took(*began, log, done)),
            (_, Some(undone)) => ('-', format!("undone {}", clock(undone.at))),
        };
        lines.push(format!("  {mark} {shown:<14} {times}").trim_end().to_owned());
    }
    if let Some(why) = &instance.why {
        lines.push(format!("  turned back because {why}"));
    }
    if let Some(trouble) = &instance.trouble {
        lines.push(format!("  trouble: {trouble}"));
    }
    for entry in
        log.iter().filter(|entry| entry.actor.is_some() || matches!(&*entry.what, "parked" | "gave up"))
    {
        let by = entry.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        let note = entry.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        lines.push(format!("  {} {}{by}{note}", clock(entry.at), entry.what));
    }
    lines
}

/// When a step was done, and how long after the transition before.
fn took(began: OffsetDateTime, log: &[Entry], done: &Entry) -> String {
    let before = log.iter().rfind(|entry| entry.revision < done.revision).map_or(began, |before| before.at);
    let took: Duration = done.at - before;
    format!("{} after {} ms", clock(done.at), took.whole_milliseconds())
}

fn clock(at: OffsetDateTime) -> String {
    at.format(format_description!("[hour]:[minute]:[second].[subsecond digits:3]Z")).unwrap_or_default()
}

fn as_json(app: App, module: &str, Tracked { saga, instance, began, next }: &Tracked) -> Value {
    let at = |at: OffsetDateTime| at.format(&Rfc3339).ok();
    let step = definition(app, module, saga).and_then(|saga| instance.step_of(saga)).map(|step| step.name);
    let phase = match instance.phase {
        Phase::Forward => "forward",
        Phase::Back => "back",
        Phase::Done => "done",
        Phase::Undone => "undone",
    };
    let why = instance.why.as_ref().map(|why| json!({ "code": why.code, "message": why.message }));
    json!({
        "id": instance.id.to_string(), "module": module, "saga": saga, "version": instance.version,
        "phase": phase, "step": step, "parked": instance.parked, "attempts": instance.attempts,
        "waited_seconds": instance.waited.as_secs(), "revision": instance.revision, "reason": why,
        "trouble": instance.trouble, "began": at(*began), "next": next.and_then(at),
    })
}

fn entry_json(entry: &Entry) -> Value {
    let at = entry.at.format(&Rfc3339).ok();
    json!({
        "revision": entry.revision, "time": at, "what": entry.what, "step": entry.step, "note": entry.note,
        "by": entry.actor,
    })
}

fn unknown(id: Uuid) -> Failed {
    Failed::usage(anyhow::anyhow!("there is no saga {id}; `sagas list` shows those that have not ended"))
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Failed {
    Failed { exit: crate::Exit::Unavailable, why: error.into() }
}
