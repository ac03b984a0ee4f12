//! Migrations: once, in order, all or nothing; a home with another past is refused with a remedy.

use outgrow::{Migration, ModuleSpec};
use tokio::task::JoinSet;

use super::place::{ITEMS, Place, SHELF, insert, spec};

const COLOURS: Migration = Migration {
    name: "0002_colours",
    sqlite: "alter table items add column colour text;",
    postgres: "alter table items add column colour text;",
};
const BROKEN: Migration = Migration {
    name: "0003_broken",
    sqlite: "create table half (id integer); insert into nowhere values (1);",
    postgres: "create table half (id integer); insert into nowhere values (1);",
};
const EDITED: Migration = Migration { sqlite: "select 2;", postgres: "select 2;", ..ITEMS };

const NEWER: &ModuleSpec = &spec("shelf", &[ITEMS, COLOURS]);
const OTHER_PAST: &ModuleSpec = &spec("shelf", &[EDITED]);
const LATE: &ModuleSpec = &spec("shelf", &[Migration { name: "0000_late", ..COLOURS }, ITEMS]);
const FAILING: &ModuleSpec = &spec("shelf", &[ITEMS, COLOURS, BROKEN]);

pub(crate) async fn first_starts_at_once_migrate_once(place: &Place) {
    let url = place.url.clone();
    let start = |n: u32| {
        let (url, clock) = (url.clone(), place.clock.clone());
        async move { (n, adapter_sql::migrate(&url, None, &[NEWER], &clock).await.unwrap().remove(0).applied) }
    };
    let starts: JoinSet<_> = (0..8).map(start).collect();
    let applied: Vec<_> =
        starts.join_all().await.into_iter().filter(|(_, applied)| !applied.is_empty()).collect();
    assert_eq!(applied.len(), 1, "{applied:?}");
    let kit = [
        "kit/0001_answers",
        "kit/0002_events",
        "kit/0003_audience",
        "kit/0004_handled",
        "kit/0005_sagas",
        "kit/0006_parked",
    ];
    let all = [&kit[..], &["shelf/0001_items", "shelf/0002_colours"]].concat();
    assert_eq!(applied[0].1, all);
}

pub(crate) async fn what_is_applied_is_listed_once(place: &Place) {
    let first = place.migrate(SHELF).await.unwrap();
    assert_eq!((first.module, first.applied.len()), ("shelf", 7));
    assert!(place.migrate(SHELF).await.unwrap().applied.is_empty());
    place.open(SHELF).await.unwrap();
}

pub(crate) async fn a_later_migration_is_applied_to_an_older_home(place: &Place) {
    let (homes, home) = place.open(SHELF).await.unwrap();
    insert(&home.db(), "bolt", 1).await.unwrap();
    homes.close().await;
    if !place.is_sqlite() {
        let error = place.homes().await.home(NEWER).await.unwrap_err().to_string();
        assert!(error.ends_with("lacks shelf/0002_colours: run `shop migrate`"), "{error}");
    }
    let (_, home) = place.open(NEWER).await.unwrap();
    let row = home.db().query("select sku, colour from items").one().await.unwrap();
    assert_eq!(row.get::<Option<String>>("colour").unwrap(), None);
}

pub(crate) async fn an_edited_migration_is_refused(place: &Place) {
    place.migrate(SHELF).await.unwrap();
    let error = place.open(OTHER_PAST).await.unwrap_err().to_string();
    let engine = if place.is_sqlite() { "sqlite" } else { "postgres" };
    assert!(error.starts_with(&format!("migrations/shelf/{engine}/0001_items.sql was edited")), "{error}");
    assert!(error.contains("restore the file"), "{error}");
}

pub(crate) async fn a_home_of_a_newer_build_is_refused(place: &Place) {
    place.migrate(NEWER).await.unwrap();
    let error = place.open(SHELF).await.unwrap_err().to_string();
    assert!(error.contains("newer build (this one does not know shelf/0002_colours)"), "{error}");
}

pub(crate) async fn a_migration_before_applied_ones_is_refused(place: &Place) {
    place.migrate(SHELF).await.unwrap();
    let error = place.open(LATE).await.unwrap_err().to_string();
    assert!(error.contains("0000_late.sql is missing"), "{error}");
}

pub(crate) async fn a_failing_migration_changes_nothing(place: &Place) {
    place.migrate(SHELF).await.unwrap();
    let error = place.migrate(FAILING).await.unwrap_err().to_string();
    assert!(error.contains("0003_broken.sql failed"), "{error}");
    let (_, home) = place.open(SHELF).await.unwrap();
    home.db().query("select * from half").all().await.unwrap_err();
    home.db().query("select colour from items").all().await.unwrap_err();
}
