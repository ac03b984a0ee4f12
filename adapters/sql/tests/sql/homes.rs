//! Homes: one per module, apart from each other, and able to say that they are there.

use adapter_sql::OpenError;
use outgrow::ModuleSpec;

use super::place::{ITEMS, Place, SHELF, insert, on_hand, spec};

const RACK: &ModuleSpec = &spec("rack", &[ITEMS]);

pub(crate) async fn a_home_asked_for_twice_is_the_same(place: &Place) {
    let (homes, home) = place.open(SHELF).await.unwrap();
    let again = homes.home(SHELF).await.unwrap();
    assert_eq!((home.module(), again.module()), ("shelf", "shelf"));
    homes.close().await;
    again.db().query("select 1").execute().await.unwrap_err();
    home.db().query("select 1").execute().await.unwrap_err();
}

pub(crate) async fn a_module_does_not_see_the_home_of_another(place: &Place) {
    let (_, shelf) = place.open(SHELF).await.unwrap();
    let (_, rack) = place.open(RACK).await.unwrap();
    insert(&shelf.db(), "bolt", 1).await.unwrap();
    insert(&rack.db(), "bolt", 2).await.unwrap();
    assert_eq!(on_hand(&shelf.db(), "bolt").await, Some(1));
    assert_eq!(on_hand(&rack.db(), "bolt").await, Some(2));
}

pub(crate) async fn an_open_home_is_ready_and_a_closed_one_is_named(place: &Place) {
    let (homes, _) = place.open(SHELF).await.unwrap();
    if !place.is_sqlite() {
        place.migrate(RACK).await.unwrap();
    }
    homes.home(RACK).await.unwrap();
    assert!(homes.ready().await.is_empty());
    homes.close().await;
    let unready = homes.ready().await;
    assert_eq!(unready.iter().map(|home| home.module).collect::<Vec<_>>(), ["rack", "shelf"]);
    assert!(unready[0].to_string().starts_with("the home of rack failed: "), "{}", unready[0]);
}

pub(crate) async fn a_name_that_is_no_name_is_refused(place: &Place) {
    const UP: &ModuleSpec = &spec("../up", &[]);
    const KIT: &ModuleSpec = &spec("kit", &[]);
    for spec in [UP, KIT] {
        let error = place.open(spec).await.unwrap_err();
        assert!(matches!(error, OpenError::Name(name) if name == spec.name), "{error:?}");
    }
}
