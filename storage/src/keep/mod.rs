//! Keeping data: a whole database as a stream of rows that either engine gives and takes. All tables come along by
//! themselves, because the schema is asked which there are. Nothing here encrypts or names files.

mod copy;
mod file;
mod rows;
mod source;
mod tables;
mod target;

pub use copy::{Progress, copy};
pub use file::{Header, Reader, Writer};
pub use rows::{Sum, Table, Value};
pub use source::Source;
pub use target::{restore_postgres, restore_sqlite};

use std::io;
use std::path::PathBuf;

/// Where a database lies.
#[derive(Clone)]
pub enum Place {
    /// Embedded, in a file.
    Sqlite(PathBuf),
    /// On a server; the URL may hold a password.
    Postgres {
        /// Where the server is.
        url: String,
        /// Where the tables live, if not where the server says.
        schema: Option<String>,
    },
}

/// Why a database could not be kept, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] crate::Error),
    /// The file that is written.
    #[error(
        "the file cannot be written: {0}; nothing was left behind. Is there room, and may it be written?"
    )]
    Write(io::Error),
    /// Not whole.
    #[error(
        "this backup is damaged ({0}); nothing of it was used. Take another copy of it, or an older one"
    )]
    Damaged(String),
    /// Some other file.
    #[error("this is not a backup of `hersys backup`; is it the right file?")]
    NotABackup,
    /// Of a database of a later release, by the first of its migrations that this one does not know.
    #[error(
        "this backup is of a database that was made by a newer release (migration {0}); use that release to restore it"
    )]
    Newer(i32),
    /// Refused before anything was touched.
    #[error("{0}")]
    Refused(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Error::Store(error.into())
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        Error::Store(error.into())
    }
}
