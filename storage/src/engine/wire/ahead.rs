//! Statements that are sent ahead of their answers.

use crate::engine::Error;
use futures_util::TryStreamExt;
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Row, Statement};
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio_postgres::Client;

/// Which of those that its transaction has sent ahead.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Place(pub(super) usize);

/// An answer.
pub(super) enum Answer {
    Rows(Vec<Row>),
    /// How many rows were touched.
    Count(u64),
    /// It was taken already.
    None,
}

impl Answer {
    pub(super) fn into_rows(self) -> Vec<Row> {
        match self {
            Answer::Rows(rows) => rows,
            Answer::Count(_) | Answer::None => Vec::new(),
        }
    }

    pub(super) fn count(&self) -> u64 {
        match self {
            Answer::Count(count) => *count,
            Answer::Rows(rows) => rows.len() as u64,
            Answer::None => 0,
        }
    }
}

type Coming = Pin<Box<dyn Future<Output = Result<Answer, postgres::Error>> + Send>>;

/// What was asked: its answer is coming, or here.
pub(super) enum Asked {
    Coming(Coming),
    Here(Result<Answer, postgres::Error>),
}

impl Asked {
    /// Says it where that has not been done, and takes in what has come.
    pub(super) fn take_in(&mut self, cx: &mut Context<'_>) {
        if let Asked::Coming(coming) = self
            && let Poll::Ready(answer) = coming.as_mut().poll(cx)
        {
            *self = Asked::Here(answer);
        }
    }

    /// The answer, where it is here.
    pub(super) fn taken(&mut self) -> Option<Result<Answer, postgres::Error>> {
        match self {
            Asked::Coming(_) => None,
            Asked::Here(answer) => Some(std::mem::replace(answer, Ok(Answer::None))),
        }
    }

    /// Whether the server has answered that it does not do it, and nobody has taken that answer.
    pub(super) fn was_refused(&self) -> bool {
        match self {
            Asked::Here(Err(error)) => super::is_refusal(error),
            Asked::Here(Ok(_)) | Asked::Coming(_) => false,
        }
    }

    /// What went wrong, where that is known.
    pub(super) fn failure(&mut self) -> Option<postgres::Error> {
        match self {
            Asked::Here(Err(_)) => self.taken().and_then(Result::err),
            Asked::Here(Ok(_)) | Asked::Coming(_) => None,
        }
    }
}

/// A query.
pub(super) fn rows(client: Arc<Client>, statement: Statement, values: Vec<Encoded>) -> Asked {
    Asked::Coming(Box::pin(async move {
        let rows = client.query_raw(&statement, values).await?;
        Ok(Answer::Rows(rows.try_collect().await?))
    }))
}

/// A statement without rows.
pub(super) fn count(client: Arc<Client>, statement: Statement, values: Vec<Encoded>) -> Asked {
    Asked::Coming(Box::pin(async move {
        let count = client.execute_raw(&statement, values).await?;
        Ok(Answer::Count(count))
    }))
}

/// Statements without parameters.
pub(super) fn words(client: Arc<Client>, words: Cow<'static, str>) -> Asked {
    Asked::Coming(Box::pin(async move {
        client.batch_execute(&words).await?;
        Ok(Answer::Count(0))
    }))
}

/// A value as its statement sends it, `None` for a missing one: what is sent ahead outlives what it was made of.
pub(super) struct Encoded(Option<BytesMut>);

impl Encoded {
    /// The values of a statement's parameters.
    ///
    /// # Errors
    /// Where one does not fit its column: a mistake of ours.
    pub(super) fn all(
        statement: &Statement,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Encoded>, Error> {
        let types = statement.params();
        if types.len() != params.len() {
            let (takes, has) = (types.len(), params.len());
            return Err(Error::Broken(format!(
                "a statement takes {takes} values and was given {has}"
            )));
        }
        let encoded = params.iter().zip(types).map(|(param, ty)| {
            let mut bytes = BytesMut::new();
            match param.to_sql_checked(ty, &mut bytes) {
                Ok(IsNull::No) => Ok(Encoded(Some(bytes))),
                Ok(IsNull::Yes) => Ok(Encoded(None)),
                // The text names types, never values.
                Err(error) => Err(Error::Broken(error.to_string())),
            }
        });
        encoded.collect()
    }
}

/// Values are personal: nothing that prints values prints them.
impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }
}

impl ToSql for Encoded {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0 {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
