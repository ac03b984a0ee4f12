//! Where homes live: `[data] url` of the configuration.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use sqlx::postgres::PgConnectOptions;

use crate::SqlError;

/// `sqlite:data`, a folder with one file per module, or `postgres://user:password@host:port/database`.
///
/// ```
/// use adapter_sql::DataUrl;
/// let url: DataUrl = "sqlite:data".parse()?;
/// assert_eq!(url.beside("/srv/shop".as_ref()).to_string(), "sqlite:/srv/shop/data");
/// let url: DataUrl = "postgres://shop:secret@db:5432/shop".parse()?;
/// assert_eq!(url.to_string(), "postgres://shop@db:5432/shop"); // never shows the password
/// # Ok::<(), adapter_sql::DataUrlError>(())
/// ```
#[derive(Clone)]
pub struct DataUrl(pub(crate) Place);

#[derive(Clone)]
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// Why a text is not a [`DataUrl`]. Never repeats a password.
#[derive(Debug, thiserror::Error)]
pub enum DataUrlError {
    /// Another scheme, or none.
    #[error(
        "`{0}` is no place for data: use `sqlite:FOLDER`, such as sqlite:data, \
         or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`"
    )]
    Scheme(String),
    /// A SQLite url without a folder.
    #[error(
        "`{0}` names no folder: use `sqlite:FOLDER`, such as sqlite:data; every module gets a file in it"
    )]
    Folder(String),
    /// A PostgreSQL url that cannot be read.
    #[error("not a PostgreSQL url like `postgres://USER:PASSWORD@HOST:PORT/DATABASE`")]
    Postgres(#[source] SqlError),
    /// A PostgreSQL url without a database.
    #[error("the PostgreSQL url names no database: end it with `/DATABASE`")]
    Database,
}

impl DataUrl {
    /// Whether both are in one database, or in one folder, whoever logs in.
    pub fn is_same_database(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Place::Sqlite(one), Place::Sqlite(other)) => one == other,
            (Place::Postgres(one), Place::Postgres(other)) => {
                let at = |to: &PgConnectOptions| {
                    (to.get_host().to_owned(), to.get_port(), to.get_database().map(ToOwned::to_owned))
                };
                at(one) == at(other)
            }
            (Place::Sqlite(_), Place::Postgres(_)) | (Place::Postgres(_), Place::Sqlite(_)) => false,
        }
    }

    /// Whether both are on one engine.
    pub fn is_same_engine(&self, other: &Self) -> bool {
        matches!(
            (&self.0, &other.0),
            (Place::Sqlite(_), Place::Sqlite(_)) | (Place::Postgres(_), Place::Postgres(_))
        )
    }

    /// The same place, a relative folder taken as beside the configuration file in `dir`.
    pub fn beside(self, dir: &Path) -> Self {
        match self.0 {
            Place::Sqlite(folder) => Self(Place::Sqlite(dir.join(folder))),
            place @ Place::Postgres(_) => Self(place),
        }
    }
}

impl FromStr for DataUrl {
    type Err = DataUrlError;

    fn from_str(text: &str) -> Result<Self, DataUrlError> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(DataUrlError::Scheme(text.to_owned()));
        };
        match scheme {
            "sqlite" => {
                let folder = rest.strip_prefix("//").unwrap_or(rest);
                if folder.is_empty() || folder.starts_with(':') || folder.contains('?') {
                    return Err(DataUrlError::Folder(text.to_owned()));
                }
                Ok(Self(Place::Sqlite(folder.into())))
            }
            "postgres" | "postgresql" => {
                let options: PgConnectOptions =
                    text.parse().map_err(|error| DataUrlError::Postgres(SqlError::from(error)))?;
                options.get_database().ok_or(DataUrlError::Database)?;
                Ok(Self(Place::Postgres(Box::new(options))))
            }
            other => Err(DataUrlError::Scheme(format!("{other}:"))),
        }
    }
}

impl fmt::Display for DataUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Sqlite(folder) => write!(f, "sqlite:{}", folder.display()),
            Place::Postgres(to) => {
                let database = to.get_database().unwrap_or_default();
                write!(f, "postgres://{}@{}:{}/{database}", to.get_username(), to.get_host(), to.get_port())
            }
        }
    }
}

impl fmt::Debug for DataUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataUrl({self})")
    }
}
