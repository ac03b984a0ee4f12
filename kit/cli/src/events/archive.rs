//! `events archive`: what has happened, as long as the outboxes keep it. It only reads.

use adapter_rabbitmq::cloud_event;
use adapter_sql::{Archived, Excerpt, Home};
use clap::{Args, value_parser};
use outgrow::ModuleSpec;
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use super::unavailable;
use crate::{App, Failed, exit};

/// Which events are read. The newest comes last.
///
/// Everything that is published is kept until every subscriber has it, and for seven days. Without `--since` the newest
/// of it are shown; with it the first from then on, so that whoever exports goes on where an answer ended: a little
/// before it, since who was slow to commit comes late, and each has its id.
#[derive(Debug, Args)]
pub(crate) struct Archive {
    /// Of this stream, such as ordering.v1.OrderEvent. Of one that is rare in its module all others are passed over
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// Of this key, such as the id of an order: in that stream, or in each that this build publishes
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Of this moment or later, such as 2026-11-26T17:00:00Z: then the first, not the newest
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// How many at most, up to 10000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// As JSON, for programs: an event a line, as cloudevents.io says
    #[arg(long)]
    json: bool,
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let wrong = |why: String| format!("{why}: a moment is such as 2026-11-26T17:00:00Z");
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|error| wrong(error.to_string()))?;
    moment.checked_to_offset(UtcOffset::UTC).ok_or_else(|| wrong("too far away".to_owned()))
}

impl Archive {
    /// What is to be read where these streams are published: by key, each of them.
    fn excerpts<'a>(&'a self, streams: &'a [String]) -> Vec<Excerpt<'a>> {
        let wanted = streams.iter().filter(|stream| self.stream.as_ref().is_none_or(|only| only == *stream));
        match (&self.key, &self.stream) {
            (Some(key), _) => wanted.map(|stream| Excerpt::Key(stream, key)).collect(),
            (None, Some(_)) => wanted.map(|stream| Excerpt::Stream(stream)).collect(),
            (None, None) => vec![Excerpt::All],
        }
    }

    /// Of what several homes have, as much as was asked for.
    fn cut(&self, mut found: Vec<(&'static str, Archived)>) -> Vec<(&'static str, Archived)> {
        found.sort_by_key(|(_, kept)| kept.event.id);
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        match self.since {
            Some(_) => found.truncate(limit),
            None => drop(found.drain(..found.len().saturating_sub(limit))),
        }
        found
    }
}

pub(super) async fn archive(homes: &[&Home], app: App, names: &str, archive: &Archive) -> Result<(), Failed> {
    if let Some(stream) = &archive.stream {
        published(app, stream)?;
    }
    let mut found = Vec::new();
    for home in homes {
        let module = home.module();
        let streams: Vec<_> =
            app.modules.iter().filter(|spec| spec.name == module).flat_map(|spec| streams(spec)).collect();
        for excerpt in archive.excerpts(&streams) {
            let kept = home.upkeep().archive(excerpt, archive.since, archive.limit).await;
            found.extend(kept.map_err(unavailable)?.into_iter().map(|kept| (module, kept)));
        }
    }
    let found = archive.cut(found);
    if archive.json {
        return found.iter().try_for_each(|(module, kept)| {
            let event = cloud_event(names, module, &kept.event);
            exit::say(event.map_err(|why| Failed::data(anyhow::anyhow!("{}: {why}", kept.event.id)))?)
        });
    }
    if found.is_empty() {
        return exit::say("nothing of that is kept");
    }
    found.iter().try_for_each(|(_, kept)| exit::say(line(kept)))
}

fn streams(spec: &ModuleSpec) -> impl Iterator<Item = String> {
    spec.publishes.iter().map(ToString::to_string)
}

fn published(app: App, stream: &str) -> Result<(), Failed> {
    let all: Vec<_> = app.modules.iter().flat_map(|spec| streams(spec)).collect();
    if all.iter().any(|published| published == stream) {
        return Ok(());
    }
    let why = format!("no module publishes `{stream}`; there are {}", all.join(", "));
    Err(Failed::usage(anyhow::anyhow!(why)))
}

/// Such as `2026-11-26T17:00:00.5Z ordering.v1.order_placed 0197… #1, 0198…, waits for notifications`.
fn line(Archived { event, waits_for }: &Archived) -> String {
    let at = event.at.format(&Rfc3339).unwrap_or_default();
    let waits = waits_for.as_ref().map(|whom| format!(", waits for {whom}")).unwrap_or_default();
    format!("{at} {} {} #{}, {}{waits}", event.kind, event.key, event.sequence, event.id)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _, Parser};
    use outgrow::event::Recorded;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        archive: Archive,
    }

    fn parsed(args: &[&str]) -> Result<Archive, clap::Error> {
        let matches = Line::command().try_get_matches_from([&["archive"], args].concat())?;
        Ok(Line::from_arg_matches(&matches)?.archive)
    }

    fn kept(module: &'static str, number: u32) -> (&'static str, Archived) {
        let event = Recorded {
            id: Uuid::from_u128(number.into()),
            stream: "s.v1.S".to_owned(),
            key: "17".to_owned(),
            sequence: number.into(),
            kind: "s.v1.done".to_owned(),
            data: "{}".to_owned(),
            at: datetime!(2026-11-26 17:00:00.5 UTC),
            correlation: Uuid::nil(),
            causation: None,
            previous: None,
        };
        (module, Archived { event, waits_for: None })
    }

    #[test]
    fn of_what_several_homes_have_the_newest_are_shown_or_the_first_since() {
        let numbers = |args: &[&str]| -> Vec<u64> {
            let found = vec![kept("a", 2), kept("a", 4), kept("b", 1), kept("b", 3)];
            let cut = parsed(args).unwrap().cut(found);
            cut.iter().map(|(_, kept)| kept.event.sequence).collect()
        };
        assert_eq!(numbers(&[]), [1, 2, 3, 4]);
        assert_eq!(numbers(&["--limit", "3"]), [2, 3, 4]);
        assert_eq!(numbers(&["--limit", "3", "--since", "2026-11-26T17:00:00Z"]), [1, 2, 3]);
    }

    #[test]
    fn only_what_can_have_it_is_read() {
        let streams = ["s.v1.S", "s.v1.T"].map(str::to_owned);
        let excerpts = |args: &[&str], streams: &[String]| -> Vec<String> {
            let archive = parsed(args).unwrap();
            archive.excerpts(streams).iter().map(|excerpt| format!("{excerpt:?}")).collect()
        };
        assert_eq!(excerpts(&[], &streams), ["All"]);
        assert_eq!(excerpts(&["--stream", "s.v1.T"], &streams), [r#"Stream("s.v1.T")"#]);
        let of_each = [r#"Key("s.v1.S", "17")"#, r#"Key("s.v1.T", "17")"#];
        assert_eq!(excerpts(&["--key", "17"], &streams), of_each);
        assert_eq!(excerpts(&["--key", "17", "--stream", "s.v1.T"], &streams), of_each[1..]);
        assert!(excerpts(&["--stream", "s.v1.T"], &[]).is_empty(), "its module is another");
    }

    #[test]
    fn what_is_asked_for_is_bounded() {
        assert_eq!(parsed(&[]).unwrap().limit, 100);
        for (wrong, right) in [("0", "1"), ("10001", "10000")] {
            assert!(parsed(&["--limit", wrong]).is_err() && parsed(&["--limit", right]).is_ok());
        }
        let why = parsed(&["--since", "yesterday"]).unwrap_err().to_string();
        assert!(why.contains("a moment is such as 2026-11-26T17:00:00Z"), "{why}");
    }

    #[test]
    fn a_line_says_who_still_has_to_get_it() {
        let (_, kept) = kept("a", 3);
        let all = "2026-11-26T17:00:00.5Z s.v1.done 17 #3, 00000000-0000-0000-0000-000000000003";
        assert_eq!(line(&kept), all);
        let waits = Archived { waits_for: Some("ear, eye".to_owned()), ..kept };
        assert_eq!(line(&waits), format!("{all}, waits for ear, eye"));
    }
}
