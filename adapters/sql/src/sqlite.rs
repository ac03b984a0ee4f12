//! Homes in SQLite: one file per module in one folder, such as `data/inventory.db`.
//!
//! - **Durable**: a write-ahead log that is synced at every commit (`synchronous = full`), but for those of what may be
//!   forgotten (ADR 0023). An order that was accepted survives the loss of power; such a commit costs one sync.
//! - **One writer** per process, which begins `immediate` and waits for the writers of other processes; readers never
//!   wait for it. Readers are `query_only`.
//! - **Private**: files are for their owner alone.
//! - The first start of two processes is a race for the log mode and the migrations, in which SQLite answers *busy*
//!   without waiting. So a home is opened under a lock on a file beside it.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    path::Path,
    time::{Duration, Instant},
};

use outgrow::ModuleSpec;
use sqlx::{
    Sqlite,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use time::OffsetDateTime;

use crate::{Db, OpenError, SqlError, db::Engine, lender::Lender, migrate};

/// The ledger of migrations.
pub(crate) const LEDGER: &str = include_str!("../../../migrations/kit/sqlite/ledger.sql");

const READERS: u32 = 4;
/// How long a call waits for a connection to read, for one to write, and then for the writer of another process: all
/// three are less than a call has, so it can still say that nothing was done.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long a start waits for another process that migrates.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_mins(5);

/// The connections of one home.
#[derive(Clone)]
pub(crate) struct Pools {
    pub(crate) read: Lender<Sqlite>,
    pub(crate) write: Lender<Sqlite>,
}

/// Creates the folder if need be, for its owner alone.
pub(crate) fn folder(folder: &Path) -> Result<(), OpenError> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.recursive(true).create(folder);
    made.map_err(|source| OpenError::Folder { folder: folder.to_owned(), source })
}

/// Opens the home of a module and migrates it. Tells what was applied.
pub(crate) async fn open(
    folder: &Path,
    spec: &ModuleSpec,
    at: OffsetDateTime,
) -> Result<(Db, Vec<String>), OpenError> {
    migrate::check_name(spec.name)?;
    let file = folder.join(spec.name).with_extension("db");
    let _until_open = lock(&file.with_extension("lock")).await?;
    writable(&file).map_err(|source| OpenError::File { file: file.clone(), source })?;

    let pools = Pools::open(spec.name, &file).await.map_err(|error| OpenError::Sql {
        home: file.display().to_string(),
        source: SqlError::from(error),
    })?;
    let db = Db::new(spec.name, Engine::Sqlite(pools));
    match migrate::apply(&db, spec, at, "").await {
        Ok(applied) => Ok((db, applied)),
        Err(error) => {
            db.close().await;
            Err(error)
        }
    }
}

impl Pools {
    async fn open(module: &'static str, file: &Path) -> Result<Self, sqlx::Error> {
        let reading = SqliteConnectOptions::new().filename(file).foreign_keys(true).busy_timeout(PATIENCE);
        let writing =
            reading.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);

        let pool =
            SqlitePoolOptions::new().acquire_timeout(PATIENCE).max_lifetime(None).test_before_acquire(false);
        let write = pool.clone().max_connections(1).idle_timeout(None).connect_with(writing).await?;
        let read = pool
            .max_connections(READERS)
            .idle_timeout(IDLE)
            .connect_lazy_with(reading.pragma("query_only", "on"));
        Ok(Self { read: Lender::new(module, read), write: Lender::new(module, write) })
    }
}

/// Waits for the lock; it is held until the file is dropped, and by nobody after a crash.
async fn lock(path: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::File { file: path.to_owned(), source };
    let file = writable(path).map_err(failed)?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
            Err(TryLockError::WouldBlock) if began.elapsed() > LOCK_PATIENCE => {
                return Err(OpenError::Locked { lock: path.to_owned(), seconds: LOCK_PATIENCE.as_secs() });
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Opens a file for writing, creating it for its owner alone. (SQLite gives its other files the same rights.)
fn writable(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
