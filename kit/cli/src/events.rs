//! `events`: what waits to be delivered or handled, what was set aside, and what has happened lately.

mod archive;
mod decide;

use std::time::Duration;

use adapter_sql::{Home, Parked, Waiting};
use clap::Subcommand;
use outgrow::{Clock as _, SystemClock};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use self::{
    archive::Archive,
    decide::{Discard, Replay},
};
use crate::{App, Failed, Settings, check, exit, homes::Opened};

pub(crate) const EXAMPLES: &str = "\
Examples:
  shop events lag                   how many events wait, for whom, and for how long
  shop events lag --watch 10        the same after 10 s, and how many were handled meanwhile
  shop events parked                which were set aside, and why
  shop events show ID               all about one of them
  shop events replay ID…            try it again, once its reason is gone
  shop events replay --all --kind ordering.v1.order_placed
                                    the same, whatever of that kind is parked
  shop events discard ID…           give it up: it counts as handled
  shop events archive --key ORDER   what has happened to an order
  shop events archive --since 2026-11-26T17:00:00Z --limit 10000 --json
                                    what has happened from then on, to be kept elsewhere";

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
        /// Looks twice, so many seconds apart, and says how many were handled in between, for a minute
        #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2")]
        watch: Option<u16>,
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
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Lets events that were set aside be tried again
    #[command(after_help = EXAMPLES)]
    Replay(Replay),
    /// Gives up events that were set aside: they count as handled, and the later ones of their keys go on
    #[command(after_help = EXAMPLES)]
    Discard(Discard),
    /// Shows the events of the last seven days, whether they are delivered or not
    #[command(after_help = EXAMPLES)]
    Archive(Archive),
}

pub(crate) async fn run(command: &Command, settings: &Settings, app: App) -> Result<(), Failed> {
    check::sound(settings, app)?;
    let opened = Opened::all(settings, app).await?;
    let homes: Vec<_> = opened.iter().collect();
    let done = match command {
        Command::Lag { json, watch } => lag(&homes, *json, *watch).await,
        Command::Parked { json } => parked(&homes, *json).await,
        Command::Show { id, json } => show(&homes, *id, *json).await,
        Command::Replay(replay) => decide::replay(&homes, app, replay).await,
        Command::Discard(discard) => decide::discard(&homes, discard).await,
        Command::Archive(wanted) => archive::archive(&homes, app, settings.names(), wanted).await,
    };
    opened.close().await;
    done
}

/// What waits in one place, and how many events are handled there in a minute, if that was asked.
struct Row {
    module: &'static str,
    waiting: Waiting,
    rate: Option<u64>,
}

async fn lag(homes: &[&Home], json: bool, watch: Option<u16>) -> Result<(), Failed> {
    let (begun, before) = (SystemClock.now(), look(homes).await?);
    let rows = match watch {
        Some(seconds) => {
            tokio::time::sleep(Duration::from_secs(seconds.max(1).into())).await;
            let after = look(homes).await?;
            let took = (SystemClock.now() - begun).whole_milliseconds().max(1).unsigned_abs();
            let rated = after.into_iter().map(|row| Row { rate: rate(&row, &before, took), ..row });
            rated.collect()
        }
        None => before,
    };
    let worth = |Row { waiting, rate, .. }: &Row| {
        waiting.subscriber.is_some() || waiting.depth + waiting.parked + rate.unwrap_or_default() > 0
    };
    let rows: Vec<_> = rows.into_iter().filter(worth).collect();
    if json {
        let rows: Value = rows.iter().map(lag_json).collect();
        return exit::say(format_args!("{rows:#}"));
    }
    if rows.is_empty() {
        return exit::say("nothing waits");
    }
    let now = SystemClock.now();
    for Row { module, waiting, rate } in rows {
        let Waiting { subscriber, unknown, depth, oldest, parked, .. } = waiting;
        let place = match subscriber {
            Some(subscriber) => format!("{module} → {subscriber}"),
            None => format!("{module} (inbox)"),
        };
        let age = oldest.map(|oldest| format!(", the oldest for {} s", (now - oldest).whole_seconds()));
        let parked = if parked > 0 { format!(", {parked} parked") } else { String::new() };
        let rate = rate.map(|rate| format!(", {rate} handled a minute"));
        let unknown = if unknown { " (unknown: no module of that name listens)" } else { "" };
        let (age, rate) = (age.unwrap_or_default(), rate.unwrap_or_default());
        exit::say(format_args!("{place:<30} {depth} wait{age}{parked}{rate}{unknown}"))?;
    }
    Ok(())
}

async fn look(homes: &[&Home]) -> Result<Vec<Row>, Failed> {
    let mut rows = Vec::new();
    for home in homes {
        let waiting = home.upkeep().waiting().await.map_err(unavailable)?;
        rows.extend(waiting.into_iter().map(|waiting| Row { module: home.module(), waiting, rate: None }));
    }
    Ok(rows)
}

/// How many were handled in an inbox since `before`, which was so many milliseconds ago, for a minute.
fn rate(row: &Row, before: &[Row], took: u128) -> Option<u64> {
    let inbox = |other: &&Row| other.module == row.module && other.waiting.subscriber.is_none();
    let before = before.iter().find(inbox).filter(|_| row.waiting.subscriber.is_none())?;
    let handled = row.waiting.handled.saturating_sub(before.waiting.handled);
    u64::try_from(u128::from(handled) * 60_000 / took).ok()
}

fn lag_json(Row { module, waiting, rate }: &Row) -> Value {
    let Waiting { subscriber, unknown, depth, oldest, parked, .. } = waiting;
    let oldest = oldest.and_then(|oldest| oldest.format(&Rfc3339).ok());
    json!({
        "module": module, "subscriber": subscriber, "unknown": unknown, "depth": depth, "oldest": oldest,
        "parked": parked, "handled_per_minute": rate,
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

async fn show(homes: &[&Home], id: Uuid, json: bool) -> Result<(), Failed> {
    for home in homes {
        let parked = home.upkeep().parked(u32::MAX).await.map_err(unavailable)?;
        let Some(found) = parked.iter().find(|parked| parked.event.id == id) else { continue };
        let shown = parked_json(home.module(), found);
        if json {
            return exit::say(format_args!("{shown:#}"));
        }
        for (name, value) in shown.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(text) => exit::say(format_args!("{name:<12} {text}"))?,
                None => exit::say(format_args!("{name:<12} {value}"))?,
            }
        }
        return Ok(());
    }
    Err(unknown(&[id]))
}

fn unknown(ids: &[Uuid]) -> Failed {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let why = format!("no event {} is parked; `events parked` lists those that are", ids.join(" or "));
    Failed::usage(anyhow::anyhow!(why))
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Failed {
    Failed { exit: crate::Exit::Unavailable, why: error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_inbox_has_handled_meanwhile_is_told_for_a_minute() {
        let row = |module, subscriber: Option<&str>, handled| {
            let waiting = Waiting {
                subscriber: subscriber.map(ToOwned::to_owned),
                unknown: false,
                depth: 1,
                oldest: None,
                parked: 0,
                handled,
            };
            Row { module, waiting, rate: None }
        };
        let before = [row("a", Some("b"), 0), row("a", None, 10), row("b", None, 70)];
        assert_eq!(rate(&row("b", None, 75), &before, 2_000), Some(150));
        assert_eq!(rate(&row("a", None, 10), &before, 2_000), Some(0));
        assert_eq!(rate(&row("a", Some("b"), 0), &before, 2_000), None, "nobody counts those here");
    }
}
