//! What can go wrong between the store and its callers.

/// Why the store did not do what it was asked. The text is for the log and never holds a person's data.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too much waits already; the caller should shed load.
    #[error("the store is busy: too many writes are waiting")]
    Busy,
    /// The disk, the file or the server did not take it; nothing was kept.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// Two transactions met; running the closure again may succeed. Callers never see it.
    #[error("two transactions met")]
    TryAgain,
    /// The connection ended under a transaction, or leads to a server that takes no writes any more: nothing was kept,
    /// and running the closure again on another connection may succeed. Callers never see it.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// A uniqueness rule of the schema was broken.
    #[error("a row with this key exists already: {0}")]
    Duplicate(String),
    /// A stored value cannot be read back.
    #[error("{table}.{column} of {id} cannot be read: {why}")]
    Corrupt {
        /// The table of the value.
        table: &'static str,
        /// Its column.
        column: &'static str,
        /// The row's id.
        id: String,
        /// What is wrong with it.
        why: String,
    },
    /// What the operator has to mend or wait for first, with how: a database that this release must not open, a role without
    /// the rights that it needs, a URL that cannot be read, a table that somebody uses for long. Nothing was done but what it says.
    #[error("{0}")]
    Refused(String),
    /// A mistake of ours: a statement that the engine refuses, a row that must exist and does not.
    #[error("the store is broken: {0}")]
    Broken(String),
}

impl Error {
    /// The same for whoever can only try later: nothing was kept. What it says is said once.
    pub(crate) fn as_unavailable(&self) -> Error {
        Error::Unavailable(match self {
            Error::Unavailable(why) => why.clone(),
            other => other.to_string(),
        })
    }

    /// What kind of failure it is, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Error::Busy => "busy",
            Error::Unavailable(_) => "unavailable",
            Error::TryAgain => "met",
            Error::Lost(_) => "lost",
            Error::Duplicate(_) => "duplicate",
            Error::Corrupt { .. } => "corrupt",
            Error::Refused(_) => "refused",
            Error::Broken(_) => "broken",
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::ErrorCode as Code;
        match &error {
            // The message of SQLite names tables and columns, never values.
            rusqlite::Error::SqliteFailure(inner, text) => {
                let text = text.clone().unwrap_or_else(|| inner.to_string());
                match inner.code {
                    Code::ConstraintViolation
                        if inner.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                            || inner.extended_code
                                == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY =>
                    {
                        Error::Duplicate(text)
                    }
                    Code::ConstraintViolation | Code::TypeMismatch | Code::Unknown => {
                        Error::Broken(text)
                    }
                    Code::DatabaseBusy
                    | Code::DatabaseLocked
                    | Code::DiskFull
                    | Code::SystemIoFailure
                    | Code::CannotOpen
                    | Code::ReadOnly => Error::Unavailable(text),
                    Code::DatabaseCorrupt | Code::NotADatabase => Error::Broken(format!(
                        "{text}: keep its files as they are, and restore the last good backup"
                    )),
                    _ => Error::Broken(text),
                }
            }
            other => Error::Broken(other.to_string()),
        }
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        use postgres::error::SqlState as State;
        let Some(db) = error.as_db_error() else {
            let source = std::error::Error::source(&error);
            return if error.is_closed() || source.is_some_and(|s| s.is::<std::io::Error>()) {
                Error::Lost("the server closed the connection".to_owned())
            } else {
                // Such as a parameter of the wrong type: the text names types, never values.
                Error::Broken(format!("{error}: {source:?}"))
            };
        };
        match db.code() {
            &State::T_R_SERIALIZATION_FAILURE
            | &State::T_R_DEADLOCK_DETECTED
            | &State::LOCK_NOT_AVAILABLE => Error::TryAgain,
            code if ends_connection(code.code()) => {
                Error::Lost(format!("{} {}", code.code(), db.message()))
            }
            // `detail` would hold the values; the constraint's name does not.
            &State::UNIQUE_VIOLATION => {
                Error::Duplicate(db.constraint().unwrap_or("unknown").to_owned())
            }
            &State::INSUFFICIENT_PRIVILEGE => Error::Refused(format!(
                "{} (42501): the role in the URL of this database must own the database and its tables, as \
                 `createdb --owner ROLE DATABASE` makes it",
                db.message()
            )),
            &State::INVALID_SCHEMA_NAME => Error::Refused(format!(
                "{} (3F000): make the schema that search_path names, or leave search_path out",
                db.message()
            )),
            code if code.code().starts_with("53") || code.code().starts_with("57") => {
                Error::Unavailable(format!("{} {}", code.code(), db.message()))
            }
            code => Error::Broken(format!("{} {}", code.code(), db.message())),
        }
    }
}

/// Whether a connection is of no use any more after this SQLSTATE: the server goes down or comes up, has become a
/// standby that takes no writes, has ended a transaction that stood still, or does not know what was prepared.
fn ends_connection(code: &str) -> bool {
    code.starts_with("08") || code.starts_with("57P") || matches!(code, "25006" | "25P03" | "26000")
}
