//! What stands on a center's worklist beside alerts and sections: offers of other centers, what is to be done, notifications,
//! messages that came back. All of it is read in the page's own transaction.

use super::{GLANCE, MOST_COUNTED, MOST_TASKS, Message, TASKS_SHOWN, Todo};
use crate::invitation::{Bounced, FoundBounced, bounced, read_bounced};
use crate::monitoring::WorkItem;
use crate::notification::{AskedSentBack, FoundSentBack, Line, SentBack};
use crate::tasks::{About, CALL_BACK, MESSAGE, REGISTRATION_REFUSED, REPORT_WRONG};
use crate::transfer::{AskedOffers, Offer, Offers};
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, HealthCenterId};
use domain::staff_role::Right;
use jiff::Timestamp;
use storage::monitoring::WorkRow;
use storage::notification::{self, NotificationRow, Whose};
use storage::outbox::{self, BouncedRow};
use storage::tasks::{self, TaskRow};
use storage::worklist as rows;
use storage::{Asked, Tx};

/// Which of it a reader is shown.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    center: HealthCenterId,
    now: Timestamp,
    is_own: bool,
    offers: bool,
    /// The kinds of tasks that are not listed.
    tasks_but: Option<[&'static str; 4]>,
    /// Whether messages are that nobody has read.
    messages: bool,
    /// Whether notifications are that wait.
    notifications: bool,
    asks_of: Option<Whose>,
}

/// What was found.
pub(super) struct Found {
    offers: Offers,
    tasks: Vec<TaskRow>,
    whom: Vec<WorkRow>,
    messages: (Vec<TaskRow>, Vec<WorkRow>),
    refused: i64,
    notifications: (i64, Vec<NotificationRow>),
    sent_back: FoundSentBack,
    bounced: FoundBounced,
}

impl Found {
    /// Who wrote the messages that are shown.
    pub(super) fn wrote(&self) -> impl Iterator<Item = CaseId> + '_ {
        self.messages.1.iter().map(|row| row.monitoring.case)
    }
}

/// The same as the page shows it.
pub(super) struct Beside {
    pub(super) offers: (Vec<Offer>, Vec<Offer>),
    pub(super) tasks: (usize, Vec<Todo>),
    pub(super) messages: (usize, Vec<Message>),
    pub(super) refused: i64,
    pub(super) notifications: (i64, Vec<Line>),
    pub(super) sent_back: SentBack,
    pub(super) bounced: Vec<Bounced>,
}

/// What was asked for ahead.
pub(super) struct Asking {
    center: HealthCenterId,
    tasks: Option<(Asked<TaskRow>, Asked<WorkRow>, Asked<i64>)>,
    messages: Option<(Asked<TaskRow>, Asked<WorkRow>)>,
    offers: Option<AskedOffers>,
    notifications: Option<Asked<NotificationRow>>,
    sent_back: Option<AskedSentBack>,
    bounced: Option<[Asked<BouncedRow>; 3]>,
}

impl Wanted {
    /// Asks for all of it without waiting.
    pub(super) fn ask(&self, tx: &mut Tx<'_>) -> Result<Asking, storage::Error> {
        let (center, now) = (self.center, self.now);
        Ok(Asking {
            center,
            tasks: match self.tasks_but {
                Some(but) => Some((
                    tasks::ask_open_but(tx, center, but, MOST_TASKS)?,
                    rows::ask_of_tasks(tx, center, but, TASKS_SHOWN)?,
                    tasks::ask_count_of(tx, center, REGISTRATION_REFUSED)?,
                )),
                None => None,
            },
            messages: match self.messages {
                true => Some((
                    tasks::ask_open_of(tx, center, MESSAGE, MOST_TASKS)?,
                    rows::ask_of_tasks_of(tx, center, MESSAGE, TASKS_SHOWN)?,
                )),
                false => None,
            },
            offers: match (self.is_own, self.offers) {
                (true, true) => Some(Offers::ask_of_own(tx, center, now)?),
                (true, false) => None,
                (false, _) => Some(Offers::ask_overdue(tx, center, now)?),
            },
            notifications: match self.notifications {
                true => Some(notification::ask_waiting(tx, center, GLANCE)?),
                false => None,
            },
            sent_back: match self.asks_of {
                Some(whose) => Some(FoundSentBack::ask(tx, whose, GLANCE)?),
                None => None,
            },
            bounced: match self.is_own {
                true => Some(outbox::ask_bounced(tx, center)?),
                false => None,
            },
        })
    }
}

impl Asking {
    /// Takes what was asked for.
    pub(super) fn all(self, tx: &mut Tx<'_>) -> Result<Found, storage::Error> {
        let center = self.center;
        let (tasks, whom, refused) = match self.tasks {
            Some((tasks, whom, refused)) => {
                let (tasks, mut whom) = (tasks.all(tx)?, whom.all(tx)?);
                whom.retain(|row| row.monitoring.center == center);
                (tasks, whom, refused.first(tx)?.unwrap_or(0))
            }
            None => (Vec::new(), Vec::new(), 0),
        };
        let messages = match self.messages {
            Some((messages, whom)) => (messages.all(tx)?, whom.all(tx)?),
            None => (Vec::new(), Vec::new()),
        };
        let notifications = match self.notifications {
            Some(asked) => {
                let first = asked.all(tx)?;
                // Fewer than were asked for are all of them.
                let shown = i64::try_from(first.len()).unwrap_or(i64::MAX);
                match shown < GLANCE {
                    true => (shown, first),
                    false => (
                        notification::count_waiting(tx, center, MOST_COUNTED)?,
                        first,
                    ),
                }
            }
            None => (0, Vec::new()),
        };
        Ok(Found {
            offers: match self.offers {
                Some(asked) => asked.all(tx)?,
                None => Offers::default(),
            },
            tasks,
            whom,
            messages,
            refused,
            notifications,
            sent_back: match self.sent_back {
                Some(asked) => asked.all(tx)?,
                None => FoundSentBack::default(),
            },
            bounced: match self.bounced {
                Some(asked) => bounced(tx, asked)?,
                None => Vec::new(),
            },
        })
    }
}

impl StaffDesk {
    /// What the reader is shown at a center.
    pub(super) fn wants_beside(&self, center: HealthCenterId, now: Timestamp) -> Wanted {
        let is_own = self.own_center().is_ok_and(|own| own == center);
        let sees_health = self.may(Right::SeeHealth);
        // What a person says is wrong with a report is an answer about their health, and so is what they write with one;
        // that stands for itself.
        let hidden = if sees_health {
            [REGISTRATION_REFUSED; 2]
        } else {
            [REPORT_WRONG, CALL_BACK]
        };
        Wanted {
            center,
            now,
            is_own,
            offers: self.may(Right::Transfer),
            tasks_but: (is_own && self.may(Right::DoTasks)).then_some([
                REGISTRATION_REFUSED,
                MESSAGE,
                hidden[0],
                hidden[1],
            ]),
            messages: is_own && self.reads_messages(),
            notifications: is_own && self.checks_notifications(),
            asks_of: self.asks_of().filter(|_| is_own),
        }
    }

    /// What was found there, as the page shows it.
    pub(super) async fn read_beside(
        &self,
        center: HealthCenterId,
        found: Found,
    ) -> Result<Beside, Error> {
        Ok(Beside {
            offers: self.read_offers(center, found.offers)?,
            tasks: (found.tasks.len(), self.read_todo(found.tasks, found.whom)?),
            messages: (found.messages.0.len(), self.read_messages(found.messages)?),
            refused: found.refused,
            notifications: self.waiting_notifications(found.notifications)?,
            sent_back: self.read_sent_back(found.sent_back).await?,
            bounced: read_bounced(found.bounced),
        })
    }

    /// The first of the messages that nobody has read.
    fn read_messages(
        &self,
        (messages, whom): (Vec<TaskRow>, Vec<WorkRow>),
    ) -> Result<Vec<Message>, Error> {
        let today = self.app.today();
        let first = usize::try_from(TASKS_SHOWN).unwrap_or(0);
        let mut read = Vec::with_capacity(first.min(messages.len()));
        for row in messages.into_iter().take(first) {
            let wrote = (whom.iter()).find(|work| Some(work.monitoring.case) == row.case);
            let since = row.created_at;
            if let (Some(work), About::Message(text)) = (wrote, self.read_task(row)?.about) {
                read.push(Message {
                    whom: WorkItem::read(&self.app, work.clone(), today, true)?,
                    text,
                    since,
                });
            }
        }
        Ok(read)
    }

    /// The first of what is to be done beside alerts and refused registrations, which stand there for themselves.
    fn read_todo(&self, tasks: Vec<TaskRow>, whom: Vec<WorkRow>) -> Result<Vec<Todo>, Error> {
        let (today, sees_health) = (self.app.today(), self.may(Right::SeeHealth));
        let first = tasks
            .into_iter()
            .take(usize::try_from(TASKS_SHOWN).unwrap_or(0))
            .map(|task| {
                let row = whom
                    .iter()
                    .find(|row| Some(row.monitoring.case) == task.case)
                    .cloned();
                let read = |work| WorkItem::read(&self.app, work, today, sees_health);
                Ok(Todo {
                    kind: task.kind,
                    whom: row.map(read).transpose()?,
                    report: task.report,
                    since: task.created_at,
                })
            });
        first.collect()
    }
}
