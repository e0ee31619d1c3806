//! Notifications (発生届): a medical institution, or the center for a fax, enters what a physician tells; the center
//! looks at it and confirms it, and only then it is a case that counts. Nothing is ever thrown away: what is sent back
//! or set aside stays readable with the reason.

mod amend;
mod check;
mod entry;
mod followed;
mod recorded;
mod sent_back;
mod sought;
mod telling;

pub use amend::{AskToAmend, AskedToAmend};
pub(crate) use amend::{Details, tell_answered};
pub use check::{Attach, Confirm, Settle};
pub use entry::{Like, Notify, as_typed};
pub use recorded::Recorded;
pub use sent_back::SentBack;
pub(crate) use sent_back::{AskedSentBack, FoundSentBack};

use crate::case_registration::{ADDRESS_LENGTH, Address};
use crate::worklist::MOST_COUNTED;
use crate::{App, Error, StaffDesk, audit};
use domain::ids::{CaseId, HealthCenterId, NotificationId};
use domain::in_error::WhyNoCase;
use domain::notification::age::{age_in_months, age_on};
use domain::notification::item::Group;
use domain::notification::{Checked, ItemSet, core_item};
use domain::personal::Personal;
use domain::staff_role::{Right, StaffRole};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use storage::case_registration as cases;
use storage::notification::{self as rows, NotificationRow, StepRow, Whose};

/// The purpose under which answers and notes are sealed.
const SEALED_AS: &str = "notification";
/// The item of a set that says where somebody stays who is not at the address.
pub(crate) const WHEREABOUTS: &str = "whereabouts";
/// A place of a notification as long as a record holds one: a set of one's own may take more, and the notification keeps it all.
fn place_of(text: &str) -> String {
    text.chars().take(ADDRESS_LENGTH).collect()
}

/// How many notifications a page shows.
pub const PAGE: i64 = 50;

/// What was typed, by the ids of the items.
pub type TypedAnswers = BTreeMap<String, String>;

/// What has become of a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It waits for the center.
    Waiting,
    /// The center asks whoever entered it something.
    SentBack,
    /// It is a case, or belongs to one.
    Confirmed,
    /// It does not count, and why stands there.
    SetAside,
}

impl State {
    /// Whether it is to become a case, or to be set aside, still: it waits for the center, or for an answer.
    pub fn is_no_case_yet(self) -> bool {
        matches!(self, State::Waiting | State::SentBack)
    }

    /// The word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::SentBack => "sent_back",
            State::Confirmed => "confirmed",
            State::SetAside => "set_aside",
        }
    }

    fn parse(word: &str) -> Option<State> {
        [
            State::Waiting,
            State::SentBack,
            State::Confirmed,
            State::SetAside,
        ]
        .into_iter()
        .find(|state| state.word() == word)
    }
}

/// Something that was done with a notification.
#[derive(Clone)]
pub struct Step {
    /// The version of the notification since this was done.
    pub version: i32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What: `entered`, `corrected`, `sent_back`, `confirmed`, `set_aside`, `taken_back`.
    pub step: String,
    /// The words that were written about it.
    pub note: Personal<String>,
    /// Of a correction: the ids of the items that it changed, each with the answer before; empty where there was none.
    pub before: Vec<(String, Personal<String>)>,
}

/// A notification in a list.
#[derive(Clone, Debug)]
pub struct Line {
    /// The id.
    pub id: NotificationId,
    /// The name as it was notified; lists show [`Line::name_in`].
    pub name: Personal<String>,
    /// The kana, where they were notified.
    pub reading: Option<Personal<String>>,
    /// The age in years on the day of the diagnosis.
    pub age: Option<i32>,
    /// The age in months on that day, of a child before its first birthday.
    pub months: Option<i32>,
    /// The day of the diagnosis, as it is stored.
    pub diagnosed_on: Option<jiff::civil::Date>,
    /// The programme of the disease that is notified.
    pub programme: String,
    /// Where it was entered.
    pub place: String,
    /// When.
    pub entered_at: Timestamp,
    /// From when on it waits.
    pub waiting_since: Timestamp,
    /// Whether the answers call for somebody at once.
    pub is_pressing: bool,
    /// What has become of it.
    pub state: State,
    /// The case that it became or belongs to.
    pub case: Option<CaseId>,
    /// Why that is none, where the center has taken it back as registered in error.
    pub no_case: Option<WhyNoCase>,
    /// The center that follows the case now, where the reader's center does no longer: then nothing here tells who it is.
    pub gone_to: Option<String>,
    /// The center that it went to, where the case was given to the reader's center since.
    pub came_from: Option<String>,
    /// Who the person is by the record, where there is one and the reader may know.
    pub recorded: Option<Recorded>,
}

impl Line {
    /// Leaves of a notification what the center that gave the case away may still know: that it came, and where the
    /// case went.
    fn gone(self, to: String) -> Line {
        Line {
            name: Personal::new(String::new()),
            reading: None,
            age: None,
            months: None,
            diagnosed_on: None,
            is_pressing: false,
            case: None,
            no_case: None,
            gone_to: Some(to),
            came_from: None,
            recorded: None,
            ..self
        }
    }
}

/// A notification.
#[derive(Clone)]
pub struct Notification {
    /// What a list shows of it.
    pub line: Line,
    /// The center that it goes to.
    pub center: HealthCenterId,
    /// The center that answers for the person now: the one that it goes to, or whoever the case was given to since.
    pub answers_now: HealthCenterId,
    /// Once it is confirmed: what whoever notified asked to have corrected, the latest first.
    pub asked: Vec<AskedToAmend>,
    /// Who entered it.
    pub by: String,
    /// The words that were asked.
    pub set: ItemSet,
    /// The answers, by the ids of the items, as they are stored. Whoever may not read health answers has only those
    /// on who the person is, who notifies, and the days.
    pub answers: Personal<TypedAnswers>,
    /// Whether all answers are there.
    pub is_whole: bool,
    /// What was understood and what is unlikely, where the answers still agree with the words.
    pub checked: Option<Checked>,
    /// What was done with it, the latest first.
    pub steps: Vec<Step>,
    /// Counts changes.
    pub version: i32,
}

impl App {
    fn read_answers(&self, sealed: &[u8]) -> Result<TypedAnswers, Error> {
        let text = self.keys().open_text(SEALED_AS, sealed)?;
        serde_json::from_str(text.expose())
            .map_err(|_| Error::broken("notifications.answers: no map of texts"))
    }

    fn seal_answers(&self, answers: &TypedAnswers) -> Result<Vec<u8>, Error> {
        let text = serde_json::to_string(answers)
            .map_err(|e| Error::broken(format!("answers cannot be stored: {e}")))?;
        Ok(self.keys().seal_text(SEALED_AS, &text))
    }

    fn read_notification(&self, row: NotificationRow) -> Result<(Line, TypedAnswers), Error> {
        let answers = self.read_answers(&row.answers_sealed)?;
        let day = |id: &str| answers.get(id).and_then(|text| text.parse().ok());
        let text = |id: &str| answers.get(id).filter(|text| !text.is_empty()).cloned();
        let diagnosed_on = day(core_item::DIAGNOSED_ON);
        let lived = day(core_item::BIRTHDATE).zip(diagnosed_on);
        let line = Line {
            id: row.id,
            name: Personal::new(text(core_item::NAME).unwrap_or_default()),
            reading: text(core_item::NAME_KANA).map(Personal::new),
            age: lived.and_then(|(born, on)| age_on(born, on)),
            months: lived.and_then(|(born, on)| age_in_months(born, on)),
            diagnosed_on,
            programme: row.programme,
            place: row.place_name,
            entered_at: row.entered_at,
            waiting_since: row.waiting_since,
            is_pressing: row.is_pressing,
            state: State::parse(&row.state)
                .ok_or_else(|| Error::broken(format!("notifications.state of {}", row.id)))?,
            case: row.case,
            no_case: row.no_case.as_deref().and_then(WhyNoCase::parse),
            gone_to: None,
            came_from: (row.reader.0 != row.center).then_some(row.center_name),
            recorded: None,
        };
        Ok((line, answers))
    }

    fn read_step(&self, row: StepRow, now: &TypedAnswers) -> Result<(Step, TypedAnswers), Error> {
        let note = self.keys().open_text(SEALED_AS, &row.note_sealed)?;
        let before = match &row.before_sealed {
            Some(sealed) => self.read_answers(sealed)?,
            None => now.clone(),
        };
        let ids: std::collections::BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let changed = ids
            .into_iter()
            .filter(|id| before.get(*id) != now.get(*id))
            .map(|id| {
                let was = before.get(id).cloned().unwrap_or_default();
                (id.clone(), Personal::new(was))
            })
            .collect();
        let step = Step {
            version: row.version,
            at: row.at,
            by: row.by_name,
            step: row.step,
            note,
            before: changed,
        };
        Ok((step, before))
    }
}

/// The hash by which the words of a set are found again, and the words.
fn words_of(set: &ItemSet) -> Result<(Vec<u8>, serde_json::Value), Error> {
    let value = serde_json::to_value(set)
        .map_err(|e| Error::broken(format!("an item set cannot be stored: {e}")))?;
    let fingerprint = Sha256::digest(value.to_string().as_bytes()).to_vec();
    Ok((fingerprint, value))
}

/// Whether an item says who somebody is, who notifies, or a day that registering needs: what a clerk reads.
fn is_plain(set: &ItemSet, id: &str) -> bool {
    matches!(
        id,
        core_item::KIND | core_item::DIAGNOSED_ON | core_item::ONSET_ON
    ) || set.item(id).is_some_and(|item| {
        matches!(
            item.group,
            Group::Person | Group::Guardian | Group::Institution
        )
    })
}

impl StaffDesk {
    /// Whose notifications this staff member lists; `None`: nobody's.
    fn lists(&self) -> Option<Whose> {
        match self.role {
            StaffRole::Administrator | StaffRole::Nurse | StaffRole::Clerk => {
                self.own_center().ok().map(Whose::Center)
            }
            StaffRole::MedicalInstitution => Some(Whose::Place(self.place)),
            // Outside firms enter and do not list.
            StaffRole::Contractor | StaffRole::PrefectureOfficer | StaffRole::Analyst => None,
        }
    }

    /// Whether this staff member may see a notification at all. It goes with the case: a center that gave the case away
    /// reads it no longer, and the one that follows the person now does.
    fn reaches(&self, row: &NotificationRow) -> bool {
        match self.lists() {
            Some(Whose::Center(center)) => row.reader.0 == center,
            Some(Whose::Place(place)) => row.place == place,
            // What somebody entered for another center, before they came to this one, has stayed there.
            Some(Whose::Staff(_)) | None => {
                self.may(Right::Notify)
                    && row.by == self.staff
                    && self.own_center().is_ok_and(|own| own == row.center)
            }
        }
    }

    /// Whether this staff member looks at notifications for the center.
    pub fn checks_notifications(&self) -> bool {
        self.may(Right::Register) && matches!(self.lists(), Some(Whose::Center(_)))
    }

    /// Whether there is a list of notifications for this staff member.
    pub fn lists_notifications(&self) -> bool {
        self.may(Right::Notify) && self.lists().is_some()
    }

    /// Notifications in reach, the newest first, a page of them counted from 0; those that wait alone come pressing
    /// ones first and the longest waiting next.
    pub async fn notifications(&self, only_waiting: bool, page: i64) -> Result<Vec<Line>, Error> {
        self.needs(Right::Notify)?;
        let Some(whose) = self.lists() else {
            return Err(Error::NotAllowed);
        };
        let offset = page.clamp(0, 100_000) * PAGE;
        let found = self
            .app
            .db()
            .read(move |tx| match whose {
                Whose::Center(center) if only_waiting => {
                    rows::ask_waiting(tx, center, PAGE)?.all(tx)
                }
                whose => rows::list(tx, whose, PAGE, offset),
            })
            .await?;
        // Whose they are is in no case yet.
        self.note_read(self.did("notifications.listed", None))
            .await?;
        found
            .into_iter()
            .map(|row| {
                let (reader, name) = row.reader.clone();
                let line = self.line(row)?;
                Ok(match whose {
                    Whose::Center(center) if center != reader => line.gone(name),
                    _ => line,
                })
            })
            .collect()
    }

    /// How many notifications wait for the own center, up to [`MOST_COUNTED`]; none where the reader lists none of a center.
    pub async fn count_waiting_notifications(&self) -> Result<i64, Error> {
        self.needs(Right::Notify)?;
        let Some(Whose::Center(center)) = self.lists() else {
            return Ok(0);
        };
        let db = self.app.db();
        Ok(db
            .read(move |tx| rows::count_waiting(tx, center, MOST_COUNTED))
            .await?)
    }

    /// How many notifications wait for the own center, and the first few, as the worklist shows them.
    pub(crate) fn waiting_notifications(
        &self,
        (count, found): (i64, Vec<NotificationRow>),
    ) -> Result<(i64, Vec<Line>), Error> {
        let lines = found
            .into_iter()
            .map(|row| self.line(row))
            .collect::<Result<_, Error>>()?;
        Ok((count, lines))
    }

    /// The notifications that a case in reach came from.
    pub async fn notifications_of(&self, case: CaseId) -> Result<Vec<Line>, Error> {
        let found = self
            .app
            .db()
            .read(move |tx| rows::of_case(tx, case))
            .await?;
        found
            .into_iter()
            .filter(|row| self.reaches(row))
            .map(|row| self.line(row))
            .collect()
    }

    /// Where a person lives and stays, as the latest notification of a case in reach tells that says so. Centers and
    /// whoever watches over them learn it; of those who notify, whoever may read the notification.
    pub(crate) async fn notified_address(&self, case: CaseId) -> Result<Address, Error> {
        let found = self
            .app
            .db()
            .read(move |tx| rows::of_case(tx, case))
            .await?;
        self.told_address(found)
    }

    /// The address out of the notifications of a case in reach, the first one first.
    pub(crate) fn told_address(&self, mut found: Vec<NotificationRow>) -> Result<Address, Error> {
        let watches = self.role == StaffRole::PrefectureOfficer;
        found.retain(|row| watches || self.reaches(row));
        let mut told = Address::default();
        for row in found {
            let answers = self.app.read_answers(&row.answers_sealed)?;
            let text = |id: &str| answers.get(id).filter(|text| !text.trim().is_empty());
            if let Some(found) = text(core_item::ADDRESS) {
                told = Address {
                    address: Some(Personal::new(found.clone())),
                    whereabouts: text(WHEREABOUTS).cloned().map(Personal::new),
                };
            }
        }
        Ok(told)
    }

    /// Whether the reader learns that somebody is needed at once. Answers about health say so; without any of them, whoever
    /// checks notifications must know which to look at first, and what confirming one calls for.
    fn learns_what_presses(&self, row: &NotificationRow) -> bool {
        self.may(Right::SeeHealth) || self.checks_notifications() || row.by == self.staff
    }

    /// A notification in a list.
    fn line(&self, row: NotificationRow) -> Result<Line, Error> {
        let (learns, recorded) = (self.learns_what_presses(&row), self.recorded(&row)?);
        let (line, _) = self.app.read_notification(row)?;
        Ok(Line {
            is_pressing: line.is_pressing && learns,
            recorded,
            ..line
        })
    }

    async fn notification_row(&self, id: NotificationId) -> Result<Option<NotificationRow>, Error> {
        let found = self.app.db().read(move |tx| rows::find(tx, id)).await?;
        Ok(found.filter(|row| self.reaches(row)))
    }

    /// A notification in reach; that it was opened stands in the audit log.
    pub async fn notification(&self, id: NotificationId) -> Result<Option<Notification>, Error> {
        self.needs(Right::Notify)?;
        let Some(row) = self.notification_row(id).await? else {
            return Ok(None);
        };
        let entry = audit::about(self.did("notification.opened", row.case), id.uuid());
        let keys = self.app.keys().clone();
        let (fingerprint, case) = (row.fingerprint.clone(), row.case);
        // Where the person is and what they read stands in the record for some only.
        let reached = case.filter(|_| row.recorded.is_some() && self.reads_address_of_record());
        let (words, steps, asked, reached) = self
            .app
            .db()
            .write(move |tx| {
                audit::note(tx, &keys, &entry)?;
                let record = match reached {
                    Some(case) => cases::by_id(tx, case)?,
                    None => None,
                };
                let reached = match record {
                    Some(record) => Some((cases::address(tx, record.person)?, record.language)),
                    None => None,
                };
                Ok((
                    rows::set(tx, &fingerprint)?,
                    rows::steps(tx, id)?,
                    amend::found(tx, case)?,
                    reached,
                ))
            })
            .await?;
        let asked = amend::read(self.app.keys(), id, asked)?;
        let answers_now = row.reader.0;
        let set: ItemSet = serde_json::from_value(words)
            .map_err(|e| Error::broken(format!("notification_sets of {id}: {e}")))?;
        // Whoever typed the answers knows them.
        let is_whole = self.may(Right::SeeHealth) || row.by == self.staff;
        let (learns, recorded) = (self.learns_what_presses(&row), self.recorded(&row)?);
        let (center, by, version) = (row.center, row.by_name.clone(), row.version);
        let (mut line, mut answers) = self.app.read_notification(row)?;
        line.is_pressing &= learns;
        line.recorded = recorded;
        if let (Some(recorded), Some((place, language))) = (&mut line.recorded, reached) {
            recorded.reached = Some((Address::open(self.app.keys(), &place)?, language));
        }
        let today = self.app.today_at(center).await?;
        let checked = set.check(&answers, today).ok();
        let mut told = Vec::with_capacity(steps.len());
        let mut now = answers.clone();
        for row in steps {
            let (mut step, before) = self.app.read_step(row, &now)?;
            now = before;
            if !is_whole {
                step.before.retain(|(id, _)| is_plain(&set, id));
            }
            told.push(step);
        }
        if !is_whole {
            answers.retain(|id, _| is_plain(&set, id));
        }
        Ok(Some(Notification {
            line,
            center,
            answers_now,
            asked,
            by,
            set,
            answers: Personal::new(answers),
            is_whole,
            checked: checked.filter(|_| is_whole),
            steps: told,
            version,
        }))
    }
}
