//! How a home comes to look as its module expects: migrations, applied once, in order, under a lock.
//!
//! Each home keeps its own ledger, the table `outgrow_migrations`, of what was applied to it: the kit's migrations
//! and the module's, with their checksums. All that is missing is applied in **one** transaction, so that a home is
//! either as this build expects or as it was. (sqlx's own migrator takes no lock on SQLite, knows one list per
//! database, and says only that a version is "missing"; this says which file and what to do.)
//!
//! There are no steps back: a mistake is mended by the next migration.

use outgrow::{Clock, Fingerprint, Migration, ModuleSpec};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    DataUrl, Db, OpenError, Row, SqlError, Timestamp, Tx, answers,
    db::{Begin, Engine},
    postgres, sqlite,
    tx::Fate,
    url::Place,
};

/// What was done to one home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Whose home it is.
    pub module: &'static str,
    /// What was applied now, such as `inventory/0001_items`; empty if nothing was missing.
    pub applied: Vec<String>,
}

/// Migrates the homes of these modules: what `shop migrate` does, and on SQLite what opening a home does by itself.
///
/// On PostgreSQL, `admin` is who may make roles and schemas; without one, `url` itself.
///
/// # Errors
/// See [`OpenError`]. The homes before the one that failed stay migrated.
pub async fn migrate(
    url: &DataUrl,
    admin: Option<&DataUrl>,
    specs: &[&'static ModuleSpec],
    clock: &dyn Clock,
) -> Result<Vec<Migrated>, OpenError> {
    if let Place::Sqlite(folder) = &url.0 {
        sqlite::folder(folder)?;
    }
    let mut homes = Vec::new();
    for spec in specs {
        let (db, applied) = match &url.0 {
            Place::Sqlite(folder) => sqlite::open(folder, spec, clock.now()).await?,
            Place::Postgres(options) => {
                let by = match admin {
                    Some(DataUrl(Place::Postgres(admin))) => admin,
                    Some(DataUrl(Place::Sqlite(_))) | None => options,
                };
                let db = postgres::administer(by, spec)?;
                let applied = apply(&db, spec, clock.now(), options.get_username()).await;
                (db, applied?)
            }
        };
        db.close().await;
        homes.push(Migrated { module: spec.name, applied });
    }
    Ok(homes)
}

/// Whether the homes of these modules are as this build expects. On SQLite they will be, once they are opened.
///
/// # Errors
/// What the first that is not lacks, or why that cannot be told.
pub async fn migrated(url: &DataUrl, specs: &[&'static ModuleSpec]) -> Result<(), OpenError> {
    let Place::Postgres(options) = &url.0 else { return Ok(()) };
    for spec in specs {
        let role = postgres::role(options, spec)?;
        let db = postgres::visit(options, spec)?;
        let checked = check_role(&db, spec, &role).await;
        db.close().await;
        checked?;
        let db = postgres::open(options, spec)?;
        let checked = check(&db, spec).await;
        db.close().await;
        checked?;
    }
    Ok(())
}

/// Whether a module can have a home there, by its name alone. Nothing is connected.
///
/// # Errors
/// When the name of the home, or of the role that it belongs to, cannot be one.
pub fn named(url: &DataUrl, spec: &ModuleSpec) -> Result<(), OpenError> {
    match &url.0 {
        Place::Sqlite(_) => check_name(spec.name),
        Place::Postgres(options) => postgres::role(options, spec).map(drop),
    }
}

/// Refuses a home whose role was not made yet.
async fn check_role(db: &Db, spec: &ModuleSpec, role: &str) -> Result<(), OpenError> {
    let home = &home_of(db);
    let sql = |source| OpenError::Sql { home: home.clone(), source };
    let given = "select pg_has_role(oid, 'member') as given from pg_roles where rolname = $1";
    if let Some(role_made) = db.query(given).bind(role).optional().await.map_err(sql)? {
        let given = role_made.get::<bool>("given").map_err(sql)?;
        let not_given = || OpenError::NotGiven { home: home.clone(), role: role.to_owned() };
        return given.then_some(()).ok_or_else(not_given);
    }
    let names: Vec<_> = steps(spec, db.engine()).into_iter().map(|step| step.name).collect();
    Err(OpenError::NotMigrated { home: home.clone(), migrations: names.join(", ") })
}

/// Applies what is missing and tells what that was. On SQLite the caller holds the lock; on PostgreSQL `login` is who
/// will work with the home.
pub(crate) async fn apply(
    db: &Db,
    spec: &ModuleSpec,
    at: OffsetDateTime,
    login: &str,
) -> Result<Vec<String>, OpenError> {
    let home = &home_of(db);
    let sql = |source| OpenError::Sql { home: home.clone(), source };
    let mut tx = Tx::begin(db, Begin::LASTING, Fate::default()).await.map_err(sql)?;
    match db.engine() {
        Engine::Postgres(sessions) => {
            let role = postgres::role(&sessions.stores.pool().connect_options(), spec)?;
            let there = tx.query("select 1 from pg_roles where rolname = $1").bind(login).optional().await;
            there.map_err(sql)?.ok_or_else(|| OpenError::NoLogin(login.to_owned()))?;
            postgres::prepare(&mut tx, spec.name, &role, login).await.map_err(sql)?;
        }
        Engine::Sqlite(_) => tx.script(sqlite::LEDGER).await.map_err(sql)?,
    }
    let applied = tx.query(APPLIED).all().await.and_then(ledger).map_err(sql)?;
    let steps = steps(spec, db.engine());
    let missing = missing(&steps, &applied, home)?;
    for step in &missing {
        let failed = |source| OpenError::Migration { file: step.file.clone(), home: home.clone(), source };
        tx.script(step.sql).await.map_err(failed)?;
        tx.query("insert into outgrow_migrations (name, checksum, applied_at) values ($1, $2, $3)")
            .bind(&step.name)
            .bind(step.checksum.0)
            .bind(Timestamp(at))
            .execute()
            .await
            .map_err(failed)?;
    }
    let names = missing.iter().map(|step| step.name.clone()).collect();
    tx.commit(names)
        .await
        .map(crate::Committed::into_inner)
        .map_err(|source| OpenError::Commit { home: home.clone(), source })
}

/// Refuses a home that lacks something, or is not what this build knows.
pub(crate) async fn check(db: &Db, spec: &ModuleSpec) -> Result<(), OpenError> {
    let home = &home_of(db);
    let sql = |source| OpenError::Sql { home: home.clone(), source };
    let there: bool = db
        .query("select to_regclass('outgrow_migrations') is not null as there")
        .one()
        .await
        .and_then(|row| row.get("there"))
        .map_err(sql)?;
    let applied =
        if there { db.query(APPLIED).all().await.and_then(ledger).map_err(sql)? } else { Vec::new() };
    let steps = steps(spec, db.engine());
    let missing = missing(&steps, &applied, home)?;
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|step| step.name.as_str()).collect();
    Err(OpenError::NotMigrated { home: home.clone(), migrations: names.join(", ") })
}

/// A module's name becomes a file's and a schema's.
pub(crate) fn check_name(module: &'static str) -> Result<(), OpenError> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    let sound =
        module.starts_with(|c: char| c.is_ascii_lowercase()) && module.bytes().all(plain) && module != "kit";
    if sound { Ok(()) } else { Err(OpenError::Name(module)) }
}

const APPLIED: &str = "select name, checksum from outgrow_migrations order by name";

/// One migration, for one engine.
struct Step {
    group: &'static str,
    name: String,
    file: String,
    sql: &'static str,
    checksum: Fingerprint,
}

struct Applied {
    name: String,
    checksum: Fingerprint,
}

fn ledger(rows: Vec<Row>) -> Result<Vec<Applied>, SqlError> {
    let entry = |row: Row| {
        Ok(Applied { name: row.get("name")?, checksum: Fingerprint(row.get::<Uuid>("checksum")?) })
    };
    rows.into_iter().map(entry).collect()
}

/// Everything a home of this build has gone through: the kit's part first.
fn steps(spec: &ModuleSpec, engine: &Engine) -> Vec<Step> {
    let step = |group: &'static str, migration: &Migration| {
        let sql = match engine {
            Engine::Postgres(_) => migration.postgres,
            Engine::Sqlite(_) => migration.sqlite,
        };
        Step {
            group,
            name: format!("{group}/{}", migration.name),
            file: format!("migrations/{group}/{}/{}.sql", engine.name(), migration.name),
            sql,
            // Not of the line ends, which some checkouts change.
            checksum: Fingerprint::of(sql.replace('\r', "").as_bytes()),
        }
    };
    let kit = answers::MIGRATIONS.iter().map(|migration| step("kit", migration));
    kit.chain(spec.migrations.iter().map(|migration| step(spec.name, migration))).collect()
}

/// What is still to be applied; refuses a home whose past is not the one this build knows.
fn missing<'s>(steps: &'s [Step], applied: &[Applied], home: &str) -> Result<Vec<&'s Step>, OpenError> {
    let home = || home.to_owned();
    if let Some(unknown) = applied.iter().find(|entry| steps.iter().all(|step| step.name != entry.name)) {
        return Err(OpenError::Newer { home: home(), migration: unknown.name.clone() });
    }
    let mut missing: Vec<&Step> = Vec::new();
    for step in steps {
        match applied.iter().find(|entry| entry.name == step.name) {
            None => missing.push(step),
            Some(entry) if entry.checksum != step.checksum => {
                return Err(OpenError::Edited { file: step.file.clone(), home: home() });
            }
            Some(_) => {
                if let Some(late) = missing.iter().find(|late| late.group == step.group) {
                    return Err(OpenError::OutOfOrder { file: late.file.clone(), home: home() });
                }
            }
        }
    }
    Ok(missing)
}

fn home_of(db: &Db) -> String {
    match db.engine() {
        Engine::Postgres(sessions) => {
            let to = sessions.stores.pool().connect_options();
            format!("{}.{}", to.get_database().unwrap_or_default(), db.module())
        }
        Engine::Sqlite(pools) => pools.write.pool().connect_options().get_filename().display().to_string(),
    }
}
