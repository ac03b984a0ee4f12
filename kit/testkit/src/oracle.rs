//! What must hold of the kit's own tables, whatever was done to a system, once nothing is on its way any more.
//!
//! It is the part of an oracle that needs to know no module. Each check reads and changes nothing, works on homes
//! that nobody serves as well, and says in words for people what is wrong: none means that it holds.
//!
//! Deliberately absent: what the effects of events are, and where each home is. Events that were published more than
//! seven days ago are forgotten, and would be missed.
#![expect(clippy::unwrap_used, reason = "a home that cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use adapter_sql::{Db, Row};
use outgrow::event::StreamDesc;
use uuid::Uuid;

/// How often a home is asked: each time it may wait for a connection for as long as a call would.
const LOOKS: u32 = 8;

/// What a home answers. A busy machine is asked again.
///
/// # Panics
/// When the home cannot be read.
pub async fn rows(home: &Db, sql: &'static str) -> Vec<Row> {
    for _ in 1..LOOKS {
        if let Ok(rows) = home.query(sql).all().await {
            return rows;
        }
    }
    home.query(sql).all().await.unwrap()
}

fn text(row: &Row, column: &str) -> String {
    row.get::<String>(column).unwrap()
}

fn number(row: &Row, column: &str) -> i64 {
    row.get::<i64>(column).unwrap()
}

/// Whether nothing is on its way in this home: all was delivered, handled or parked, and no saga is to be carried on.
///
/// # Panics
/// When the home cannot be read.
pub async fn is_quiet(home: &Db) -> bool {
    const LEFT: &str = "
        select (select count(*) from outgrow_deliveries)
             + (select count(*) from outgrow_inbox where not parked)
             + (select count(*) from outgrow_sagas where live) as n";
    rows(home, LEFT).await.iter().all(|row| number(row, "n") == 0)
}

/// What is still to be delivered or to be handled, though it should not be any more.
///
/// # Panics
/// When the home cannot be read.
pub async fn undelivered(home: &Db) -> Vec<String> {
    const OUTBOX: &str = "
        select d.subscriber, coalesce(o.kind || ' of ' || o.key, 'an event that is not there') as what
        from outgrow_deliveries d left join outgrow_outbox o on o.id = d.event";
    const INBOX: &str = "select kind, key, attempts from outgrow_inbox where not parked";
    let outbox = rows(home, OUTBOX).await;
    let outbox = outbox.iter().map(|row| format!("{} lacks {}", text(row, "subscriber"), text(row, "what")));
    let inbox = rows(home, INBOX).await;
    let inbox = inbox.iter().map(|row| {
        let attempts = number(row, "attempts");
        format!("{} of {} was not handled in {attempts} attempts", text(row, "kind"), text(row, "key"))
    });
    outbox.chain(inbox).collect()
}

/// The events that are parked here, each with its reason.
///
/// # Panics
/// When the home cannot be read.
pub async fn parked(home: &Db) -> BTreeMap<Uuid, String> {
    let rows =
        rows(home, "select id, coalesce(reason, 'no reason') as reason from outgrow_inbox where parked");
    rows.await.iter().map(|row| (row.get("id").unwrap(), text(row, "reason"))).collect()
}

/// Sagas that have not ended.
///
/// # Panics
/// When the home cannot be read.
pub async fn unended(home: &Db) -> Vec<String> {
    const UNENDED: &str = "
        select saga, id, phase, step, parked, coalesce(trouble, 'no trouble') as trouble
        from outgrow_sagas where parked or phase in ('forward', 'back')";
    let rows = rows(home, UNENDED).await;
    let unended = rows.iter().map(|row| {
        let (saga, phase, step) = (text(row, "saga"), text(row, "phase"), number(row, "step"));
        let parked = if row.get::<bool>("parked").unwrap() { ", parked" } else { "" };
        let (id, trouble) = (row.get::<Uuid>("id").unwrap(), text(row, "trouble"));
        format!("{saga} {id} is at step {step}, {phase}{parked}: {trouble}")
    });
    unended.collect()
}

/// Streams of events in which a number is missing.
///
/// # Panics
/// When the home cannot be read.
pub async fn gaps(publisher: &Db) -> Vec<String> {
    const GAPS: &str = "
        select s.stream, s.key, s.last, count(o.id) as kept
        from outgrow_streams s left join outgrow_outbox o on o.stream = s.stream and o.key = s.key
        group by s.stream, s.key, s.last
        having count(o.id) <> s.last or max(o.sequence) <> s.last";
    let rows = rows(publisher, GAPS).await;
    let gap = |row: &Row| {
        let (kept, last) = (number(row, "kept"), number(row, "last"));
        format!("{} of {} has {kept} events and has counted to {last}", text(row, "stream"), text(row, "key"))
    };
    rows.iter().map(gap).collect()
}

/// How often each event of a stream had its effect at a subscriber that was told of it from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handled {
    /// Keys of which fewer were handled than there are, or the last of them was not.
    pub missed: Vec<String>,
    /// Keys of which more were handled than there are.
    pub repeated: Vec<String>,
}

/// Compares what was published with what was handled. A key of which something is parked is left out.
///
/// # Panics
/// When the home cannot be read.
pub async fn handled(publisher: &Db, subscriber: &Db, stream: &StreamDesc) -> Handled {
    let stream = stream.to_string();
    let of = async |home: &Db, sql: &'static str| home.query(sql).bind(&stream).all().await.unwrap();
    let published = of(publisher, "select key, last from outgrow_streams where stream = $1").await;
    let positions =
        of(subscriber, "select key, position, handled from outgrow_positions where stream = $1").await;
    let parked = of(subscriber, "select key from outgrow_inbox where stream = $1 and parked").await;
    let parked: BTreeSet<_> = parked.iter().map(|row| text(row, "key")).collect();
    let counts = |row: &Row| (text(row, "key"), (number(row, "position"), number(row, "handled")));
    let counts: BTreeMap<_, _> = positions.iter().map(counts).collect();
    let mut result = Handled::default();
    for row in &published {
        let (key, last) = (text(row, "key"), number(row, "last"));
        let (position, handled) = counts.get(&key).copied().unwrap_or_default();
        let said = format!("{handled} of the {last} events of {key} were handled, up to number {position}");
        if parked.contains(&key) {
            continue;
        }
        if handled > last {
            result.repeated.push(said);
        } else if handled < last || position != last {
            result.missed.push(said);
        }
    }
    result
}
