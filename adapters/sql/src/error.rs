//! What can go wrong: with a statement ([`SqlError`]), or while a home is opened ([`OpenError`]).
//!
//! sqlx's errors stay inside. In a store `?` turns a [`SqlError`] into what the store's own method returns: a
//! [`StoreError`] in a read, a [`CommitError`] in the closure of a write.

use std::{fmt, io, path::PathBuf, time::Duration};

use outgrow::{CommitError, StoreError};
use sqlx::{error::DatabaseError, postgres::PgDatabaseError, sqlite::SqliteError};

/// A statement failed, or the transaction around it.
///
/// Its `Display` says everything, and it has no source: sqlx's messages repeat theirs.
#[derive(Debug)]
pub struct SqlError(Why);

#[derive(Debug)]
enum Why {
    Engine(sqlx::Error),
    Statement { sql: &'static str, why: &'static str },
    Range { column: String, number: i64 },
    Meaningless { column: String },
    NoConnection { module: &'static str, within: Duration },
    Doomed,
    Panicked,
}

impl SqlError {
    pub(crate) fn statement(sql: &'static str, why: &'static str) -> Self {
        Self(Why::Statement { sql, why })
    }

    pub(crate) fn range(column: &str, number: i64) -> Self {
        Self(Why::Range { column: column.to_owned(), number })
    }

    pub(crate) fn meaningless(column: &str) -> Self {
        Self(Why::Meaningless { column: column.to_owned() })
    }

    pub(crate) fn no_connection(module: &'static str, within: Duration) -> Self {
        Self(Why::NoConnection { module, within })
    }

    pub(crate) fn doomed() -> Self {
        Self(Why::Doomed)
    }

    pub(crate) fn panicked() -> Self {
        Self(Why::Panicked)
    }

    /// Whether somebody else was first: a unique key taken, a serialization failure, a deadlock.
    pub fn is_conflict(&self) -> bool {
        self.database().is_some_and(|error| {
            let code = error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code);
            error.is_unique_violation() || matches!(code, Some("40001" | "40P01"))
        })
    }

    /// What it means of what has been sent to be committed.
    pub(crate) fn of_commit(self) -> CommitError {
        if self.leaves_commit_in_doubt() { CommitError::InDoubt(self.into()) } else { self.into() }
    }

    /// Whether a COMMIT that failed so may yet have been committed. Only what the engine says of the transaction
    /// itself is certain; a lost connection, a failed sync or a server going down are not.
    pub(crate) fn leaves_commit_in_doubt(&self) -> bool {
        if matches!(self.0, Why::Engine(sqlx::Error::Encode(_))) {
            return false; // nothing was sent
        }
        let Some(error) = self.database() else { return true };
        if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
            // Data exception, integrity constraint violation (deferred), transaction rollback (40003 is "completion
            // unknown"), access rule violation, lock not available: of statements that are their own transaction, too.
            let code = error.code();
            let certain = ["22", "23", "40", "42", "55P03"].iter().any(|certain| code.starts_with(certain));
            return !certain || code == "40003";
        }
        // SQLITE_BUSY, SQLITE_CONSTRAINT (deferred), and SQLITE_FULL: in WAL mode a commit counts from its last frame
        // on, which then was not written.
        let code = error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
        error.try_downcast_ref::<SqliteError>().is_none() || !matches!(code, Some(5 | 13 | 19))
    }

    /// Whether what is there is no database, or a damaged one.
    fn is_about_data(&self) -> bool {
        let code = self.database().and_then(DatabaseError::code);
        matches!(code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff), Some(11 | 26))
    }

    fn database(&self) -> Option<&dyn DatabaseError> {
        match &self.0 {
            Why::Engine(error) => error.as_database_error(),
            Why::Statement { .. }
            | Why::Range { .. }
            | Why::Meaningless { .. }
            | Why::NoConnection { .. }
            | Why::Doomed
            | Why::Panicked => None,
        }
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Why::Engine(sqlx::Error::Database(error)) => match error.code() {
                Some(code) => write!(f, "{} ({code})", error.message()),
                None => f.write_str(error.message()),
            },
            Why::Engine(error) => error.fmt(f),
            Why::Statement { sql, why } => write!(f, "{why}: {sql}"),
            Why::Range { column, number } => {
                write!(f, "column {column} holds {number}, which is out of range")
            }
            Why::Meaningless { column } => write!(f, "column {column} holds what has no meaning here"),
            Why::NoConnection { module, within } => {
                write!(f, "{module}: no connection to its database was to be had within {within:?}")
            }
            Why::Doomed => f.write_str("an earlier statement of this transaction failed"),
            Why::Panicked => f.write_str("the work panicked"),
        }
    }
}

impl std::error::Error for SqlError {}

impl From<sqlx::Error> for SqlError {
    fn from(error: sqlx::Error) -> Self {
        Self(Why::Engine(error))
    }
}

impl From<SqlError> for StoreError {
    fn from(error: SqlError) -> Self {
        Self::new(error)
    }
}

/// Before COMMIT nothing is in doubt.
impl From<SqlError> for CommitError {
    fn from(error: SqlError) -> Self {
        if error.is_conflict() { Self::Conflict } else { Self::NotCommitted(error.into()) }
    }
}

/// A home could not be opened or migrated.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder of SQLite files cannot be used.
    #[error("cannot use the data folder {}", .folder.display())]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A module's file cannot be created or written.
    #[error("cannot write {}", .file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process holds the lock that migrations are run under.
    #[error("{} was locked by another process for {seconds} s: is a migration running?", .lock.display())]
    Locked {
        /// The file that is locked.
        lock: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A module's name is used for its file and its schema.
    #[error("`{0}` cannot be the name of a home: use a-z, 0-9 and _, a letter first; `kit` is taken")]
    Name(&'static str),
    /// On PostgreSQL a module works as a role that is named after its database and itself.
    #[error(
        "`{0}` cannot be the name of a role: use a database whose name has a-z, 0-9, _ and - only, and is shorter"
    )]
    Role(String),
    /// The database said no.
    #[error("cannot open the home {home}")]
    Sql {
        /// Which one.
        home: String,
        /// Why.
        source: SqlError,
    },
    /// A migration failed. Nothing of it, nor of those before it in this run, was applied.
    #[error("{file} failed on the home {home}")]
    Migration {
        /// The migration's file in the source tree.
        file: String,
        /// Which home.
        home: String,
        /// Why.
        source: SqlError,
    },
    /// The COMMIT of the migrations failed.
    #[error("cannot commit the migrations of the home {home}")]
    Commit {
        /// Which home.
        home: String,
        /// Why.
        source: CommitError,
    },
    /// A migration was changed after it had been applied.
    #[error(
        "{file} was edited after it had been applied to the home {home}: \
         restore the file and put the change into a new migration"
    )]
    Edited {
        /// The migration's file in the source tree.
        file: String,
        /// Which home.
        home: String,
    },
    /// A newer build has been here.
    #[error(
        "the home {home} was migrated by a newer build (this one does not know {migration}): \
         run that build, or restore an older backup"
    )]
    Newer {
        /// Which home.
        home: String,
        /// The migration that is not known.
        migration: String,
    },
    /// A migration came in before ones that are applied.
    #[error(
        "{file} is missing on the home {home} although later ones are applied: give it a number above theirs"
    )]
    OutOfOrder {
        /// The migration's file in the source tree.
        file: String,
        /// Which home.
        home: String,
    },
    /// On PostgreSQL somebody has to log in, and who that is cannot be made up here: it has a password.
    #[error(
        "there is no login `{0}` to give the homes to: `create role \"{0}\" login password '…'`, then migrate"
    )]
    NoLogin(String),
    /// On PostgreSQL a login that was made later has not been given the homes.
    #[error("whoever logs in may not work as `{role}` in the home {home}: run `shop migrate` once more")]
    NotGiven {
        /// Which home.
        home: String,
        /// Whom to work as.
        role: String,
    },
    /// On PostgreSQL a process does not migrate by itself.
    #[error("the home {home} lacks {migrations}: run `shop migrate`")]
    NotMigrated {
        /// Which home.
        home: String,
        /// What it lacks.
        migrations: String,
    },
}

impl OpenError {
    /// Whether waiting may mend it: the database is down, or nobody has migrated it yet.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::NotMigrated { .. } | Self::NotGiven { .. } | Self::Sql { .. })
            && !self.is_about_data()
    }

    /// Whether what is there is wrong, rather than that something cannot be reached.
    pub fn is_about_data(&self) -> bool {
        match self {
            Self::Migration { .. } | Self::Edited { .. } | Self::Newer { .. } | Self::OutOfOrder { .. } => {
                true
            }
            Self::Sql { source, .. } => source.is_about_data(),
            Self::Folder { .. }
            | Self::File { .. }
            | Self::Locked { .. }
            | Self::Name(_)
            | Self::Role(_)
            | Self::Commit { .. }
            | Self::NoLogin(_)
            | Self::NotGiven { .. }
            | Self::NotMigrated { .. } => false,
        }
    }
}
