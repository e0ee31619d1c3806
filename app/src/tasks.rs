//! Tasks: what somebody at a health center must look at, until somebody writes what was done.

mod unlisted;

use crate::attributes::{Refusal, forget_tries};
use crate::audit::{self, about};
use crate::closed_history::Tried;
use crate::code::{email_blind, reopen};
use crate::monitoring::NOTE_LENGTH;
use crate::notification::{Details, tell_answered};
use crate::registered_twice::{self, Agree, Details as Twice, Other};
use crate::{App, Error, StaffDesk};
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysId;
use domain::ids::{CaseId, NotificationId, ReportId, TaskId};
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::Timestamp;
use storage::case_registration::{self as cases, CaseRow};
use storage::status_report::{self as reports, ReportRow};
use storage::tasks::{self as rows, TaskRow};

/// Somebody's attributes did not agree with what is registered.
pub const REGISTRATION_REFUSED: &str = "registration_refused";
/// A person marked a report as wrong.
pub const REPORT_WRONG: &str = "report_wrong";
/// A person wrote a message with a report, and nobody has said that it was read.
pub const MESSAGE: &str = "report_message";
/// A report is alarming: what earlier releases wrote; those that are done still stand.
const ALARMING_REPORT: &str = "alarming_report";
/// An e-mail address is closed after too many wrong codes.
pub const ADDRESS_CLOSED: &str = "address_closed";
/// Whoever notified asks to have a confirmed notification corrected or withdrawn.
pub const NOTIFICATION_AMEND: &str = "notification_amend";

/// Somebody whose record is closed has rung and asks to be called back.
pub const CALL_BACK: &str = "call_back";

/// Somebody whom a center follows has closed their account: no report comes from there any more.
pub const ACCOUNT_CLOSED: &str = "account_closed";

/// Somebody who came by a new password from the mailbox alone has tried to open a history too often.
pub const HISTORY_TRIED: &str = "history_tried";

/// Somebody whom the center follows may be registered at another center, too: the prefecture asks both to find out.
pub const REGISTERED_TWICE: &str = "registered_twice";

/// All of them. A release to come may know others, beside which this one goes on while nodes are changed one after the other.
const KNOWN: [&str; 10] = [
    REGISTRATION_REFUSED,
    REPORT_WRONG,
    MESSAGE,
    ALARMING_REPORT,
    ADDRESS_CLOSED,
    NOTIFICATION_AMEND,
    CALL_BACK,
    ACCOUNT_CLOSED,
    HISTORY_TRIED,
    REGISTERED_TWICE,
];

/// The purpose under which details are sealed.
pub(crate) const SEALED_AS: &str = "task";

/// How many tasks a page shows at most.
const MOST: i64 = 200;

/// Whether a kind of tasks tells of somebody's health: what a person says is wrong with a report does, what they write or ring for,
/// too.
fn is_health(kind: &str) -> bool {
    matches!(kind, REPORT_WRONG | MESSAGE | CALL_BACK)
}

/// That somebody is to read what a person wrote with a report, and by what the same task is known. It is a task of its own for
/// each report, so that whoever ends one ends nothing that came while the page was open; and it goes along with the case.
pub(crate) fn message_task(app: &App, case: &CaseRow, report: &ReportRow) -> (TaskRow, Vec<u8>) {
    let details = serde_json::json!({ "note": report.note }).to_string();
    let task = TaskRow {
        id: TaskId::from_uuid(app.new_uuid()),
        center: Some(case.center),
        kind: MESSAGE.to_owned(),
        case: Some(report.case),
        report: Some(report.id),
        details_sealed: app.keys().seal_text(SEALED_AS, &details),
        times: 1,
        created_at: report.received_at,
        last_at: report.received_at,
    };
    let about = format!("{}|{}", report.case, report.id);
    (task, app.keys().blind(MESSAGE, &about))
}

/// What a task is about.
#[derive(Clone, Debug)]
pub enum About {
    /// A refused registration, with the reason that the person was not told.
    RegistrationRefused(Box<Refusal>),
    /// A report that the person calls wrong, and why.
    ReportWrong(Personal<String>),
    /// What a person wrote with a report.
    Message(Personal<String>),
    /// An alarming report.
    AlarmingReport,
    /// A closed e-mail address.
    AddressClosed(Personal<String>),
    /// A confirmed notification that is to be corrected or withdrawn.
    NotificationAmend {
        /// Which.
        notification: NotificationId,
        /// Who asks, and where they work.
        by: (String, String),
        /// What they ask for.
        text: Personal<String>,
    },
    /// Somebody who asks to be called back, with what they said.
    CallBack(Personal<String>),
    /// Somebody who is followed and has closed their account.
    AccountClosed,
    /// Wrong tries to open a history.
    HistoryTried(Tried),
    /// Somebody who may be registered at another center, too.
    RegisteredTwice {
        /// The name of that center, and its phone number for people, where it has one.
        center: (String, String),
        /// In what both records agree beside the day of birth.
        agree: Agree,
        /// Who asks, and where they work.
        by: (String, String),
        /// Where the other record is by now.
        other: Other,
    },
    /// A refused registration, or a closed address, that could be any center's. Whose it is, is shown to the center that
    /// takes it on, and to no other.
    Anybodys {
        /// Whether a registration was refused.
        refused: bool,
    },
}

/// A task as pages show it.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// What it is about.
    pub about: About,
    /// The case that it is about.
    pub case: Option<CaseId>,
    /// The report that it is about.
    pub report: Option<ReportId>,
    /// How often the same thing happened.
    pub times: i32,
    /// When it first happened.
    pub created_at: Timestamp,
    /// When it last happened.
    pub last_at: Timestamp,
}

/// What came of finishing a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishTask {
    /// It is done; what it had closed is open again.
    Done,
    /// A word is missing on what was done.
    Empty,
    /// More was asked since it was shown: nothing was done.
    AddedTo,
    /// It is not open (any more).
    NotOpen,
    /// It went along with its case, which is followed elsewhere now.
    Elsewhere(CaseId),
}

impl StaffDesk {
    pub(crate) fn read_task(&self, row: TaskRow) -> Result<Task, Error> {
        let details = self.app.keys().open(SEALED_AS, &row.details_sealed)?;
        let broken =
            |e: serde_json::Error| Error::broken(format!("tasks.details of {}: {e}", row.id));
        let text = |name: &str| -> Result<Personal<String>, Error> {
            let value: serde_json::Value = serde_json::from_slice(&details).map_err(broken)?;
            let text = value.get(name).and_then(|v| v.as_str()).unwrap_or_default();
            Ok(Personal::new(text.to_owned()))
        };
        let about = match row.kind.as_str() {
            REGISTRATION_REFUSED => About::RegistrationRefused(Box::new(
                serde_json::from_slice(&details).map_err(broken)?,
            )),
            REPORT_WRONG => About::ReportWrong(text("why")?),
            MESSAGE => About::Message(text("note")?),
            ALARMING_REPORT => About::AlarmingReport,
            ADDRESS_CLOSED => About::AddressClosed(text("email")?),
            CALL_BACK => About::CallBack(text("text")?),
            ACCOUNT_CLOSED => About::AccountClosed,
            HISTORY_TRIED => About::HistoryTried(serde_json::from_slice(&details).map_err(broken)?),
            REGISTERED_TWICE => {
                let details = Twice::read(self.app.keys(), &row.details_sealed)?;
                About::RegisteredTwice {
                    center: (details.center, details.phone),
                    agree: details.agree,
                    by: details.by,
                    other: Other::default(),
                }
            }
            NOTIFICATION_AMEND => {
                let details = Details::read(self.app.keys(), &row)?;
                About::NotificationAmend {
                    notification: details.notification,
                    by: (details.by, details.place),
                    text: Personal::new(details.text),
                }
            }
            _ => {
                return Err(Error::broken(format!(
                    "tasks.kind of {} is unknown",
                    row.id
                )));
            }
        };
        Ok(Task {
            id: row.id,
            about,
            case: row.case,
            report: row.report,
            times: row.times,
            created_at: row.created_at,
            last_at: row.last_at,
        })
    }

    /// The open tasks of the center but messages that wait to be read, oldest first.
    pub async fn tasks(&self) -> Result<Vec<Task>, Error> {
        self.needs(Right::DoTasks)?;
        let center = self.own_center()?;
        let keys = self.app.keys().clone();
        let (rows, several, others) = self
            .app
            .db()
            .read(move |tx| {
                let centers = storage::health_center::all(tx)?.len();
                let rows = rows::ask_open_but(tx, center, [MESSAGE; 4], MOST)?.all(tx)?;
                let others = registered_twice::others(tx, &keys, &rows)?;
                Ok((rows, centers > 1, others))
            })
            .await?;
        rows.into_iter()
            .filter(|row| KNOWN.contains(&row.kind.as_str()))
            .filter(|row| self.may(Right::SeeHealth) || !is_health(&row.kind))
            .map(|row| {
                let is_anybodys = row.center.is_none() && several;
                let refused = row.kind == REGISTRATION_REFUSED;
                let mut task = self.read_task(row)?;
                if let About::RegisteredTwice { other, .. } = &mut task.about {
                    *other = others.get(&task.id).copied().unwrap_or_default();
                }
                if is_anybodys {
                    task.about = About::Anybodys { refused };
                }
                Ok(task)
            })
            .collect()
    }

    /// Whether messages are read here: by whoever does the center's tasks and reads health answers.
    pub fn reads_messages(&self) -> bool {
        self.has_center() && self.may(Right::DoTasks) && self.may(Right::SeeHealth)
    }

    /// The messages to the center that nobody has read, oldest first.
    pub async fn messages(&self) -> Result<Vec<Task>, Error> {
        self.needs(Right::DoTasks)?;
        self.needs(Right::SeeHealth)?;
        let center = self.own_center()?;
        let rows = self
            .app
            .db()
            .read(move |tx| rows::ask_open_of(tx, center, MESSAGE, MOST)?.all(tx))
            .await?;
        let found: Vec<_> = rows.iter().filter_map(|row| row.case).collect();
        self.looked_at("case.listed", found).await?;
        rows.into_iter().map(|row| self.read_task(row)).collect()
    }

    /// Those of a case of the own center; none for whoever does not read them.
    pub async fn unread_messages_of(&self, case: CaseId) -> Result<Vec<Task>, Error> {
        if !self.reads_messages() {
            return Ok(Vec::new());
        }
        let center = self.own_center()?;
        let rows = self
            .app
            .db()
            .read(move |tx| rows::open_about(tx, case, MESSAGE))
            .await?;
        rows.into_iter()
            .filter(|row| row.center == Some(center))
            .map(|row| self.read_task(row))
            .collect()
    }

    /// When a task of the own center was ended, and by whom: none where it ended by itself.
    pub async fn ended_task(
        &self,
        id: TaskId,
    ) -> Result<Option<(Timestamp, Option<String>)>, Error> {
        self.needs(Right::DoTasks)?;
        let center = self.own_center()?;
        Ok(self
            .app
            .db()
            .read(move |tx| rows::ended(tx, center, id))
            .await?)
    }

    /// Takes a task on that could be any center's: from then on this center sees whose it is, and no other one. Tells
    /// whether nobody was faster.
    pub async fn take_task(&self, id: TaskId) -> Result<bool, Error> {
        self.needs(Right::DoTasks)?;
        let center = self.own_center()?;
        let entry = about(self.did("task.taken", None), id.uuid());
        let keys = self.app.keys().clone();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let taken = rows::take(tx, id, center)?;
                if taken {
                    audit::note(tx, &keys, &entry)?;
                }
                Ok(taken)
            })
            .await?)
    }

    /// How many open tasks there are.
    pub async fn count_tasks(&self) -> Result<i64, Error> {
        self.needs(Right::DoTasks)?;
        let center = self.own_center()?;
        Ok(self
            .app
            .db()
            .read(move |tx| rows::count_open(tx, center))
            .await?)
    }

    /// Finishes a task with a word on what was done. A refused registration may be tried again; a closed address is
    /// open again, and so is trying to open a history. Of a notification that was to be corrected the word is an answer, which whoever asked reads; it may be
    /// missing. Of a message nothing need be said but that it was read.
    pub async fn finish_task(&self, id: TaskId, note: &str) -> Result<FinishTask, Error> {
        self.finish_task_as_seen(id, note, None).await
    }

    /// The same of a task as it was shown: when it last happened then. Of what somebody asks with words, more may have been said
    /// meanwhile, which nobody has read.
    pub async fn finish_task_as_seen(
        &self,
        id: TaskId,
        note: &str,
        shown: Option<Timestamp>,
    ) -> Result<FinishTask, Error> {
        self.needs(Right::DoTasks)?;
        let center = self.own_center()?;
        let row = self
            .app
            .db()
            .read(move |tx| rows::find_open(tx, center, id))
            .await?;
        // What somebody is not shown they do not end.
        let row = row.filter(|row| self.may(Right::SeeHealth) || !is_health(&row.kind));
        let needs_words = row
            .as_ref()
            .is_none_or(|row| ![NOTIFICATION_AMEND, MESSAGE].contains(&row.kind.as_str()));
        let most = match needs_words {
            true => 500,
            false => NOTE_LENGTH,
        };
        let note: String = clean_note(note).chars().take(most).collect();
        if note.is_empty() && needs_words {
            return Ok(FinishTask::Empty);
        }
        let Some(row) = row else {
            return self.why_task_not_open(id).await;
        };
        let may_grow = [NOTIFICATION_AMEND, CALL_BACK, REPORT_WRONG].contains(&row.kind.as_str());
        if may_grow
            && shown.is_some_and(|shown| shown.as_microsecond() < row.last_at.as_microsecond())
        {
            return Ok(FinishTask::AddedTo);
        }
        let answered = match row.kind == NOTIFICATION_AMEND {
            false => None,
            true => {
                let details = Details::read(self.app.keys(), &row)?;
                let details = Details {
                    answer: note.clone(),
                    ..details
                };
                Some((details.seal(self.app.keys())?, details))
            }
        };
        let seen = row.last_at;
        let task = self.read_task(row)?;
        let keys = self.app.keys().clone();
        let lengths = self.app.id_lengths().clone();
        let (now, staff) = (self.app.clock.now(), self.staff);
        let entry = match (&task.about, task.report) {
            (About::Message(_), Some(report)) => {
                about(self.did("message.read", task.case), report.uuid())
            }
            _ => about(self.did("task.done", task.case), id.uuid()),
        };
        let (app, tells) = (self.app.clone(), answered.is_some());
        let done = self
            .app
            .db()
            .write(move |tx| {
                let is_done = match &answered {
                    None if may_grow => rows::finish_seen(tx, (id, seen), staff, &note, now)?,
                    None => rows::finish(tx, id, staff, &note, now)?,
                    Some((sealed, _)) => rows::finish_with(tx, (id, seen), staff, sealed, now)?,
                };
                if !is_done {
                    return Ok(match rows::find_open(tx, center, id)? {
                        Some(_) => FinishTask::AddedTo,
                        None => FinishTask::NotOpen,
                    });
                }
                audit::note(tx, &keys, &entry)?;
                if let Some((_, details)) = &answered {
                    tell_answered(&app, tx, details, now)?;
                }
                // It goes from the lists that are open elsewhere.
                tx.changes(center);
                match &task.about {
                    About::RegistrationRefused(refusal) => {
                        let id = HersysId::parse(&refusal.typed.hersys_id, &lengths).ok();
                        forget_tries(tx, &keys, refusal, id.as_ref())?;
                    }
                    About::AddressClosed(email) => {
                        if let Ok(email) = EmailAddress::parse(email.expose()) {
                            reopen(tx, &email_blind(&keys, &email))?;
                        }
                    }
                    About::HistoryTried(tried) => tried.allow(tx, &keys)?,
                    About::Message(_) => {
                        // The person sees it, too, also of a report whose record nobody has opened.
                        if let (Some(case), Some(report)) = (task.case, task.report) {
                            reports::opened_one(tx, (case, report), (center, staff), now)?;
                        }
                    }
                    About::ReportWrong(_)
                    | About::AlarmingReport
                    | About::NotificationAmend { .. }
                    | About::CallBack(_)
                    | About::AccountClosed
                    | About::RegisteredTwice { .. }
                    | About::Anybodys { .. } => {}
                }
                Ok(FinishTask::Done)
            })
            .await?;
        if tells {
            self.app.outbox().wake();
        }
        Ok(done)
    }

    /// Why a task that somebody wants to end is not open here.
    async fn why_task_not_open(&self, id: TaskId) -> Result<FinishTask, Error> {
        let scope = self.scope();
        let gone = self
            .app
            .db()
            .read(move |tx| {
                let Some(case) = rows::open_case_of(tx, id)? else {
                    return Ok(None);
                };
                let is_here = cases::find(tx, &scope, case)?.is_some();
                Ok((!is_here).then_some(case))
            })
            .await?;
        Ok(gone.map_or(FinishTask::NotOpen, FinishTask::Elsewhere))
    }
}
