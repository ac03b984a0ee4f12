//! What only PostgreSQL promises: roles that keep modules apart.

use adapter_sql::{DataUrl, OpenError, migrate, migrated};
use outgrow::ModuleSpec;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, postgres::PgDatabaseError};

use outgrow_testkit::FixedClock;

use super::place::{ITEMS, Place, SHELF, insert, on_hand, spec};

const RACK: &ModuleSpec = &spec("rack", &[ITEMS]);

/// What the database calls "permission denied".
const DENIED: &str = "42501";

/// How the database answers one statement of somebody who works as `role`. Nothing comes of it.
async fn answer(server: &mut PgConnection, role: &str, statement: &str) -> Result<(), String> {
    let script = format!("begin; set local role \"{role}\"; {statement}; rollback");
    let answer = server.execute(AssertSqlSafe(script)).await;
    server.execute("rollback").await.unwrap();
    answer.map(drop).map_err(|error| {
        let error = error.as_database_error().unwrap();
        error.downcast_ref::<PgDatabaseError>().code().to_owned()
    })
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn every_role_is_refused_in_every_schema_but_its_own() {
    let place = Place::postgres().await;
    for spec in [SHELF, RACK] {
        place.migrate(spec).await.unwrap();
    }
    let mut server = PgConnection::connect(&place.database().url_as("postgres")).await.unwrap();
    for (role, own) in [("shelf", "shelf"), ("rack", "rack")] {
        let role = format!("{}_{role}", place.database().name());
        for schema in ["shelf", "rack"] {
            let statements = [
                format!("select * from {schema}.items"),
                format!("insert into {schema}.items values ('nut', 1, 1)"),
                format!("update {schema}.items set on_hand = 0"),
                format!("delete from {schema}.outgrow_answers"),
                format!("create table {schema}.mine (id int)"),
                format!("drop table {schema}.boxes"),
            ];
            for statement in statements {
                let expected = if schema == own { Ok(()) } else { Err(DENIED.to_owned()) };
                assert_eq!(answer(&mut server, &role, &statement).await, expected, "{role}: {statement}");
            }
        }
        for beyond in ["create schema mine", "create table public.mine (id int)", "create role mine"] {
            assert_eq!(answer(&mut server, &role, beyond).await, Err(DENIED.to_owned()), "{role}: {beyond}");
        }
    }
    server.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_module_that_reaches_for_its_neighbours_table_is_refused() {
    let place = Place::postgres().await;
    let db = place.db().await;
    place.migrate(RACK).await.unwrap();
    let error = db.query("select * from rack.items").all().await.unwrap_err().to_string();
    assert_eq!(error, "permission denied for schema rack (42501)");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_login_of_its_own_is_held_by_the_database_alone() {
    let place = Place::postgres().await;
    let login = format!("{}_login", place.database().name());
    place.database().administer(format!("create role {login} login")).await;
    let admin: DataUrl = place.database().url_as("postgres").parse().unwrap();
    let url = place.database().url_as(&login);
    let own: DataUrl = url.parse().unwrap();

    let error = migrate(&own, None, &[SHELF], &place.clock).await.unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(why, "permission denied to create role (42501)", "without an administrator");

    migrate(&own, Some(&admin), &[SHELF], &place.clock).await.unwrap();
    place.migrate(RACK).await.unwrap();
    let homes = place.homes_at(&own).await;
    let home = homes.home(SHELF).await.unwrap();
    insert(&home.db(), "bolt", 3).await.unwrap();
    assert_eq!(on_hand(&home.db(), "bolt").await, Some(3));
    let error = homes.home(RACK).await.unwrap_err();
    assert!(matches!(error, OpenError::Sql { .. }), "{error:?}");

    let mut session = PgConnection::connect(&url).await.unwrap();
    for reach in ["select * from rack.items".to_owned(), format!("set role {}_rack", place.database().name())]
    {
        assert!(session.execute(AssertSqlSafe(reach.clone())).await.is_err(), "{reach}");
    }
    session.close().await.unwrap();
    homes.close().await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_home_that_nobody_has_migrated_says_what_to_do() {
    let place = Place::postgres().await;
    let error = migrated(&place.url, &[SHELF, RACK]).await.unwrap_err();
    assert!(matches!(error, OpenError::NotMigrated { .. }), "{error:?}");
    assert!(error.to_string().contains("shelf/0001_items: run `shop migrate`"), "{error}");
    place.migrate(SHELF).await.unwrap();
    let error = migrated(&place.url, &[SHELF, RACK]).await.unwrap_err().to_string();
    assert!(error.contains(".rack lacks"), "{error}");
    place.migrate(RACK).await.unwrap();
    migrated(&place.url, &[SHELF, RACK]).await.unwrap();
}

#[tokio::test]
async fn a_database_whose_name_makes_no_role_is_refused() {
    for database in ["Shop", "my shop", &"x".repeat(60)] {
        let url: DataUrl =
            format!("postgres://postgres@127.0.0.1:1/{}", database.replace(' ', "%20")).parse().unwrap();
        let error = migrated(&url, &[SHELF]).await.unwrap_err();
        assert!(matches!(&error, OpenError::Role(role) if role.ends_with("_shelf")), "{error:?}");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_login_that_is_not_there_or_came_later_is_told_so() {
    let place = Place::postgres().await;
    let login = format!("{}_late", place.database().name());
    let admin: DataUrl = place.database().url_as("postgres").parse().unwrap();
    let url: DataUrl = place.database().url_as(&login).parse().unwrap();
    let migrate = async || migrate(&url, Some(&admin), &[SHELF], &FixedClock::new()).await;
    let error = migrate().await.unwrap_err().to_string();
    assert!(error.contains(&format!("create role \"{login}\" login")), "{error}");

    place.migrate(SHELF).await.unwrap();
    place.database().administer(format!("create role {login} login")).await;
    let error = migrated(&url, &[SHELF]).await.unwrap_err();
    assert!(matches!(error, OpenError::NotGiven { .. }) && error.may_pass(), "{error:?}");
    assert!(error.to_string().contains("run `shop migrate` once more"), "{error}");
    migrate().await.unwrap();
    migrated(&url, &[SHELF]).await.unwrap();
}
