//! The outbox as an archive: what everybody has is kept for seven days ([`forget`](super::forget)), and can be read.
//!
//! Whatever is asked for is read in the order of an index and only as far as it goes, so an archive of millions is as
//! soon read as one of ten: by id, since ids grow with time, or by number within a key. The exception is a stream that
//! is rare in its outbox: what lies between its events is passed over one by one.

use outgrow::{StoreError, event::Recorded};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::{Builder, Uuid};

use super::outbox::recorded;
use crate::{Db, Row, SqlError, Timestamp};

/// How long before what it tells of an event may have got its id. They are made together.
const APART: Duration = Duration::minutes(1);

/// Before whatever an event can tell of.
const EVER: OffsetDateTime = datetime!(0000-01-01 0:00 UTC);

/// Which events of an outbox are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excerpt<'a> {
    /// Of all streams.
    All,
    /// Of this one.
    Stream(&'a str),
    /// Of one key of a stream.
    Key(&'a str, &'a str),
}

/// An event that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// The event.
    pub event: Recorded,
    /// The subscribers to whom it is still to be delivered, with commas between them; none if everybody has it.
    pub waits_for: Option<String>,
}

macro_rules! events {
    ($which:literal, $order:literal) => {
        concat!(
            "select o.*, cast(null as bigint) as previous,
                    (select string_agg(d.subscriber, ', ' order by d.subscriber)
                     from outgrow_deliveries d where d.event = o.id) as waits_for
             from outgrow_outbox o where at >= $1 and ",
            $which,
            " order by ",
            $order,
            " limit $2"
        )
    };
}

pub(super) const NEWEST: &str = events!("id >= $3 and (cast($4 as text) is null or stream = $4)", "id desc");
pub(super) const SINCE: &str = events!("id >= $3 and (cast($4 as text) is null or stream = $4)", "id");
pub(super) const NEWEST_OF_KEY: &str = events!("stream = $3 and key = $4", "sequence desc");
pub(super) const OF_KEY_SINCE: &str = events!("stream = $3 and key = $4", "sequence");

/// See [`Upkeep::archive`](super::Upkeep::archive).
pub(super) async fn read(
    db: &Db,
    which: Excerpt<'_>,
    since: Option<OffsetDateTime>,
    limit: u32,
) -> Result<Vec<Archived>, StoreError> {
    let statement = match (which, since) {
        (Excerpt::Key(..), None) => NEWEST_OF_KEY,
        (Excerpt::Key(..), Some(_)) => OF_KEY_SINCE,
        (_, None) => NEWEST,
        (_, Some(_)) => SINCE,
    };
    let read =
        db.query_by_index(statement.into()).bind(Timestamp(since.unwrap_or(EVER))).bind(i64::from(limit));
    let first = since.map_or(Uuid::nil(), first_id);
    let read = match which {
        Excerpt::All => read.bind(first).bind(None::<&str>),
        Excerpt::Stream(stream) => read.bind(first).bind(stream),
        Excerpt::Key(stream, key) => read.bind(stream).bind(key),
    };
    let mut events = read.all().await?.iter().map(archived).collect::<Result<Vec<_>, SqlError>>()?;
    if since.is_none() {
        events.reverse();
    }
    Ok(events)
}

/// Not above the id of any event that tells of this moment or later.
fn first_id(since: OffsetDateTime) -> Uuid {
    let millis = (since - APART).unix_timestamp_nanos().div_euclid(1_000_000);
    u64::try_from(millis)
        .map_or(Uuid::nil(), |millis| Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
}

fn archived(row: &Row) -> Result<Archived, SqlError> {
    Ok(Archived { event: recorded(row)?, waits_for: row.get("waits_for")? })
}
