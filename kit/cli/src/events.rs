//! `events`: what waits to be delivered or handled, and what was set aside.

use adapter_sql::{Home, Parked, Waiting};
use clap::Subcommand;
use outgrow::{Clock as _, SystemClock};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{App, Failed, Settings, check, exit, homes::Opened};

pub(crate) const EXAMPLES: &str = "\
Examples:
  shop events lag                   how many events wait, for whom, and for how long
  shop events parked                which were set aside, and why
  shop events show ID               all about one of them
  shop events replay ID             try it again, once its reason is gone
  shop events discard ID            give it up: it counts as handled";

/// How many parked events are listed.
const LISTED: u32 = 1_000;

/// What to do about events.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows how many events wait in each outbox and inbox, and since when
    #[command(after_help = EXAMPLES)]
    Lag {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Lists the events that were set aside, with the reason
    #[command(after_help = EXAMPLES)]
    Parked {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Shows one event that was set aside, with its data
    #[command(after_help = EXAMPLES)]
    Show {
        /// Its id
        id: Uuid,
    },
    /// Lets an event that was set aside be tried again
    #[command(after_help = EXAMPLES)]
    Replay {
        /// Its id
        id: Uuid,
    },
    /// Gives up an event that was set aside: it counts as handled, and the later ones of its key go on
    #[command(after_help = EXAMPLES)]
    Discard {
        /// Its id
        id: Uuid,
    },
}

pub(crate) async fn run(command: &Command, settings: &Settings, app: App) -> Result<(), Failed> {
    check::sound(settings, app)?;
    let opened = Opened::all(settings, app).await?;
    let homes: Vec<_> = opened.iter().collect();
    let done = match command {
        Command::Lag { json } => lag(&homes, *json).await,
        Command::Parked { json } => parked(&homes, *json).await,
        Command::Show { id } => show(&homes, *id).await,
        Command::Replay { id } => decide(&homes, *id, true).await,
        Command::Discard { id } => decide(&homes, *id, false).await,
    };
    opened.close().await;
    done
}

async fn lag(homes: &[&Home], json: bool) -> Result<(), Failed> {
    let now = SystemClock.now();
    let mut rows = Vec::new();
    for home in homes {
        let waiting = home.upkeep().waiting().await.map_err(unavailable)?;
        let worth = |waiting: &Waiting| waiting.subscriber.is_some() || waiting.depth + waiting.parked > 0;
        rows.extend(waiting.into_iter().filter(worth).map(|waiting| (home.module(), waiting)));
    }
    if json {
        let rows: Value = rows.iter().map(|(module, waiting)| lag_json(module, waiting)).collect();
        return exit::say(format_args!("{rows:#}"));
    }
    if rows.is_empty() {
        return exit::say("nothing waits");
    }
    for (module, Waiting { subscriber, unknown, depth, oldest, parked }) in rows {
        let place = match subscriber {
            Some(subscriber) => format!("{module} → {subscriber}"),
            None => format!("{module} (inbox)"),
        };
        let age = oldest.map(|oldest| format!(", the oldest for {} s", (now - oldest).whole_seconds()));
        let parked = if parked > 0 { format!(", {parked} parked") } else { String::new() };
        let unknown = if unknown { " (unknown: no module of that name listens)" } else { "" };
        exit::say(format_args!("{place:<30} {depth} wait{}{parked}{unknown}", age.unwrap_or_default()))?;
    }
    Ok(())
}

fn lag_json(module: &str, Waiting { subscriber, unknown, depth, oldest, parked }: &Waiting) -> Value {
    let oldest = oldest.and_then(|oldest| oldest.format(&Rfc3339).ok());
    json!({
        "module": module, "subscriber": subscriber, "unknown": unknown, "depth": depth, "oldest": oldest,
        "parked": parked,
    })
}

async fn parked(homes: &[&Home], json: bool) -> Result<(), Failed> {
    let mut rows = Vec::new();
    for home in homes {
        let parked = home.upkeep().parked(LISTED).await.map_err(unavailable)?;
        rows.extend(parked.into_iter().map(|parked| (home.module(), parked)));
    }
    if json {
        let rows: Value = rows.iter().map(|(module, parked)| parked_json(module, parked)).collect();
        return exit::say(format_args!("{rows:#}"));
    }
    if rows.is_empty() {
        return exit::say("nothing is parked");
    }
    for (module, Parked { event, attempts, reason }) in rows {
        exit::say(format_args!(
            "{} {module}: {} of {}, tried {attempts} times: {reason}",
            event.id, event.kind, event.key
        ))?;
    }
    Ok(())
}

fn parked_json(module: &str, Parked { event, attempts, reason }: &Parked) -> Value {
    let at = |at: OffsetDateTime| at.format(&Rfc3339).ok();
    let data = serde_json::from_str(&event.data).unwrap_or_else(|_no_json| Value::from(&*event.data));
    json!({
        "id": event.id.to_string(), "module": module, "type": event.kind, "stream": event.stream,
        "key": event.key, "sequence": event.sequence, "time": at(event.at),
        "correlation": event.correlation.to_string(), "attempts": attempts, "reason": reason, "data": data,
    })
}

async fn show(homes: &[&Home], id: Uuid) -> Result<(), Failed> {
    for home in homes {
        let parked = home.upkeep().parked(u32::MAX).await.map_err(unavailable)?;
        if let Some(found) = parked.iter().find(|parked| parked.event.id == id) {
            return exit::say(format_args!("{:#}", parked_json(home.module(), found)));
        }
    }
    Err(unknown(id))
}

async fn decide(homes: &[&Home], id: Uuid, again: bool) -> Result<(), Failed> {
    let mut decided = false;
    for home in homes {
        let done = if again { home.upkeep().replay(id).await } else { home.upkeep().discard(id).await };
        if done.map_err(unavailable)? {
            decided = true;
            let what = if again { "is tried again" } else { "is given up" };
            exit::say(format_args!("{}: {id} {what}", home.module()))?;
        }
    }
    if decided { Ok(()) } else { Err(unknown(id)) }
}

fn unknown(id: Uuid) -> Failed {
    Failed::usage(anyhow::anyhow!("no event {id} is parked; `events parked` lists those that are"))
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Failed {
    Failed { exit: crate::Exit::Unavailable, why: error.into() }
}
