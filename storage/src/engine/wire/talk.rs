//! What waits: bytes to the server and back, and who gets which answer.

use super::ahead::{Answer, Asked, Place};
use crate::engine::Error;
use crate::engine::connect::{Tls, is_cut, refused};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Runtime;
use tokio_postgres::{AsyncMessage, Client, Config, Connection};

/// What carries bytes to the server and back.
trait Carrier: Send {
    fn carry(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<AsyncMessage, postgres::Error>>>;
}

impl<S, T> Carrier for Connection<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn carry(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<AsyncMessage, postgres::Error>>> {
        self.poll_message(cx)
    }
}

pub(super) struct Talk {
    runtime: Runtime,
    line: Line,
    asked: Vec<Asked>,
}

struct Line {
    /// `None` once the connection has ended.
    carrier: Option<Box<dyn Carrier>>,
    /// Whether the server has said "committed" without its standby: it warns of that, and answers as if all were well.
    /// Such a commit is lost when the standby takes over.
    is_cut: bool,
}

impl Line {
    /// Carries as much in both directions as goes without waiting.
    fn carry(&mut self, cx: &mut Context<'_>) -> Result<(), postgres::Error> {
        while let Some(carrier) = &mut self.carrier {
            match carrier.carry(cx) {
                Poll::Ready(Some(Ok(AsyncMessage::Notice(notice)))) => {
                    self.is_cut |= is_cut(notice.code().code());
                }
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(error))) => {
                    self.carrier = None;
                    return Err(error);
                }
                // Whoever waits is told that it has ended.
                Poll::Ready(None) => self.carrier = None,
                Poll::Pending => break,
            }
        }
        Ok(())
    }
}

/// Gives all that was sent ahead what has come for it. Nothing is left out: the connection reads no further while an
/// answer waits to be taken in.
fn take_in(asked: &mut [Asked], cx: &mut Context<'_>) {
    for one in asked {
        one.take_in(cx);
    }
}

/// An answer, where it has come; nothing stands where it was taken before.
fn taken(asked: &mut [Asked], place: Place) -> Option<Result<Answer, postgres::Error>> {
    match asked.get_mut(place.0) {
        Some(asked) => asked.taken(),
        None => Some(Ok(Answer::None)),
    }
}

impl Talk {
    pub(super) fn begin(config: &Config, tls: impl Tls) -> Result<(Talk, Client), Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::Unavailable(e.to_string()))?;
        let (client, connection) = runtime
            .block_on(config.connect(tls))
            .map_err(|e| refused(&e))?;
        let talk = Talk {
            runtime,
            line: Line {
                carrier: Some(Box::new(connection)),
                is_cut: false,
            },
            asked: Vec::new(),
        };
        Ok((talk, client))
    }

    /// Waits for an answer. What was sent ahead goes before it.
    pub(super) fn wait<T>(
        &mut self,
        answer: impl Future<Output = Result<T, postgres::Error>>,
    ) -> Result<T, postgres::Error> {
        let (line, asked) = (&mut self.line, &mut self.asked);
        let mut answer = pin!(answer);
        self.runtime.block_on(poll_fn(|cx| {
            // First what is to be said, then the way there and back, then what has come.
            take_in(asked, cx);
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            let carried = line.carry(cx);
            take_in(asked, cx);
            match (answer.as_mut().poll(cx), carried) {
                // What came before the connection ended counts.
                (Poll::Pending, Err(error)) => Poll::Ready(Err(error)),
                (answer, _) => answer,
            }
        }))
    }

    /// Says something whose answer nobody waits for.
    pub(super) fn send(&mut self, words: impl Future<Output = Result<(), postgres::Error>>) {
        let line = &mut self.line;
        let mut words = pin!(words);
        self.runtime.block_on(poll_fn(|cx| {
            let _ = words.as_mut().poll(cx);
            // Should the connection have ended, the next statement finds that.
            let _ = line.carry(cx);
            Poll::Ready(())
        }));
    }

    /// Puts something in line, to go with what is waited for next.
    pub(super) fn ask(&mut self, asked: Asked) -> Place {
        self.asked.push(asked);
        Place(self.asked.len() - 1)
    }

    /// Waits for the answer to what was sent ahead, which is taken.
    ///
    /// # Errors
    /// What went wrong with it.
    pub(super) fn answer(&mut self, place: Place) -> Result<Answer, postgres::Error> {
        let (line, asked) = (&mut self.line, &mut self.asked);
        self.runtime.block_on(poll_fn(|cx| {
            take_in(asked, cx);
            if let Some(answer) = taken(asked, place) {
                return Poll::Ready(answer);
            }
            let carried = line.carry(cx);
            take_in(asked, cx);
            match (taken(asked, place), carried) {
                (Some(answer), _) => Poll::Ready(answer),
                (None, Err(error)) => Poll::Ready(Err(error)),
                (None, Ok(())) => Poll::Pending,
            }
        }))
    }

    /// Whether the server has answered to what was sent ahead that it does not do it.
    pub(super) fn was_refused(&self, place: Place) -> bool {
        let asked = self.asked.get(place.0);
        asked.is_some_and(Asked::was_refused)
    }

    /// What went wrong first with what was sent ahead before a place, or of all that is said now, where nobody has taken that
    /// answer. After a failure the server refuses all that follows; what it says of the first is what helps.
    pub(super) fn failure(&mut self, before: Option<Place>) -> Option<postgres::Error> {
        let before = before.map_or(self.asked.len(), |place| place.0);
        self.asked.iter_mut().take(before).find_map(Asked::failure)
    }

    /// Nobody waits any more for what was sent ahead.
    pub(super) fn forget(&mut self) {
        self.asked.clear();
    }

    /// From here on a cut counts.
    pub(super) fn watch_for_a_cut(&mut self) {
        self.line.is_cut = false;
    }

    pub(super) fn was_cut(&self) -> bool {
        self.line.is_cut
    }
}
