//! A row that was read: its columns by name, as the types that both engines know.

use std::{fmt, str::FromStr};

use sqlx::{
    Decode, Postgres, Row as _, Sqlite, Type, ValueRef as _, error::UnexpectedNullError, postgres::PgRow,
    sqlite::SqliteRow, types::JsonValue,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{SqlError, Timestamp};

/// A value that both engines read back as it was [bound](crate::Bind). `null` is read as an [`Option`] only.
pub trait Column:
    Type<Postgres> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + for<'r> Decode<'r, Sqlite>
{
    #[doc(hidden)]
    const NULLABLE: bool = false;
}

impl Column for bool {}
impl Column for i64 {}
impl Column for f64 {}
impl Column for String {}
impl Column for Vec<u8> {}
impl Column for Uuid {}
impl Column for Timestamp {}
impl Column for JsonValue {}
impl<T: Column> Column for Option<T> {
    const NULLABLE: bool = true;
}

/// One row of an answer.
pub struct Row(Columns);

enum Columns {
    Postgres(PgRow),
    Sqlite(SqliteRow),
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// When there is no such column, or its value is of another type. Whole numbers are `bigint` on PostgreSQL, so
    /// read `i64`, or [`Row::u32`] and [`Row::u64`]; cast `sum(…)` to `bigint`.
    pub fn get<T: Column>(&self, column: &str) -> Result<T, SqlError> {
        Ok(match &self.0 {
            Columns::Postgres(row) => row.try_get(column)?,
            Columns::Sqlite(row) => {
                // sqlx would read a number as 0 and a text as empty.
                if !T::NULLABLE && row.try_get_raw(column)?.is_null() {
                    let (index, source) = (column.to_owned(), UnexpectedNullError.into());
                    return Err(sqlx::Error::ColumnDecode { index, source }.into());
                }
                row.try_get(column)?
            }
        })
    }

    /// A `bigint` column that holds a small count.
    ///
    /// # Errors
    /// As [`Row::get`], and when the number is out of range.
    pub fn u32(&self, column: &str) -> Result<u32, SqlError> {
        self.number(column)
    }

    /// A `bigint` column that holds a count.
    ///
    /// # Errors
    /// As [`Row::get`], and when the number is negative.
    pub fn u64(&self, column: &str) -> Result<u64, SqlError> {
        self.number(column)
    }

    /// A point in time, which was bound as a [`Timestamp`].
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn time(&self, column: &str) -> Result<OffsetDateTime, SqlError> {
        Ok(self.get::<Timestamp>(column)?.0)
    }

    /// A text column that holds a checked text, such as a SKU.
    ///
    /// # Errors
    /// As [`Row::get`], and when the text breaks its rule.
    pub fn parse<T: FromStr>(&self, column: &str) -> Result<T, SqlError> {
        self.map(column, |text: String| text.parse().ok())
    }

    /// A column whose value stands for something else, such as the code of a state; none if it stands for nothing.
    ///
    /// # Errors
    /// As [`Row::get`], and when the value stands for nothing.
    pub fn map<C: Column, T>(&self, column: &str, of: impl FnOnce(C) -> Option<T>) -> Result<T, SqlError> {
        of(self.get(column)?).ok_or_else(|| SqlError::meaningless(column))
    }

    fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T, SqlError> {
        let number: i64 = self.get(column)?;
        T::try_from(number).map_err(|_out_of_range| SqlError::range(column, number))
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self(Columns::Postgres(row))
    }
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self(Columns::Sqlite(row))
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").finish_non_exhaustive()
    }
}
