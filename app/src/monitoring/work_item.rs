//! A case as lists show it: one row of the worklist, of an export, of a search.

use crate::course::age_on;
use crate::monitoring::Monitoring;
use crate::{App, Error, kept_phone};
use domain::ids::CaseId;
use domain::monitoring::ContactOutcome;
use domain::notification::age::age_in_months;
use domain::personal::Personal;
use jiff::Timestamp;
use jiff::civil::Date;
use storage::monitoring::WorkRow;

/// A case as the worklist shows it.
#[derive(Clone, Debug)]
pub struct WorkItem {
    /// The case.
    pub case: CaseId,
    /// The number on the brochure.
    pub hersys_id: String,
    /// The name by script: kanji, kana, Latin.
    names: [Option<Personal<String>>; 3],
    /// The day of birth.
    pub birthdate: Personal<Date>,
    /// The age in years, today.
    pub age: i32,
    /// The age in months, today, of a child before its first birthday.
    pub months: Option<i32>,
    /// The phone number as it is dialled; none: the person has none.
    pub phone: Option<Personal<String>>,
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When the person signed up.
    pub claimed_at: Option<Timestamp>,
    /// The name of whoever looks after the case.
    pub assigned_name: Option<String>,
    /// The programme.
    pub programme: String,
    /// The latest call or visit: when, and what came of it.
    pub called: Option<(Timestamp, ContactOutcome)>,
    /// How many calls have reached nobody since the last that did.
    pub unanswered: i32,
    /// Whether it is a contact who is not ill: then the day of the diagnosis is that of the last contact.
    pub is_contact: bool,
    /// Whether nothing was ever heard of the person: no account, no report, and nobody has reached them.
    pub is_unreached: bool,
    /// When the person was reached, where calls are all that is heard of them: no account, no report.
    pub reached_at: Option<Timestamp>,
    /// Whether a call has found that the number is somebody else's, and it was not corrected since.
    pub is_wrong_number: bool,
    /// The language that the person reads.
    pub language: String,
    /// When following ended, as it was entered; none: it has not.
    pub closed_at: Option<Timestamp>,
    /// How it is followed.
    pub monitoring: Monitoring,
}

/// Of the spellings of a name by script (kanji, kana, Latin) the one that readers of a language know.
pub(crate) fn spelling_in<'n>(
    names: &'n [Option<Personal<String>>; 3],
    language: &str,
) -> Option<&'n str> {
    let order = if language == "ja" {
        [0, 1, 2]
    } else {
        [2, 0, 1]
    };
    order
        .iter()
        .find_map(|at| names[*at].as_ref())
        .map(|name| name.expose().as_str())
}

impl WorkItem {
    /// The name in the spelling that readers of a language know.
    pub fn name_in(&self, language: &str) -> &str {
        spelling_in(&self.names, language).unwrap_or("")
    }

    /// A spelling of the name: 0 kanji, 1 kana, 2 Latin.
    pub(crate) fn spelling(&self, script: usize) -> Option<String> {
        self.names[script]
            .as_ref()
            .map(|name| name.expose().clone())
    }

    /// When following ended, of somebody who is not followed any more.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.closed_at.filter(|_| !self.monitoring.status.is_open())
    }

    /// How the name is read, where it is written in kanji.
    pub fn reading(&self) -> Option<&str> {
        self.names[1].as_ref().map(|name| name.expose().as_str())
    }

    /// A row on a day: asked for once for all rows of a page.
    pub(crate) fn read(
        app: &App,
        row: WorkRow,
        today: Date,
        sees_health: bool,
    ) -> Result<WorkItem, Error> {
        let case = row.monitoring.case;
        let phone = kept_phone::read(app.keys(), &row.phone_sealed, case)?;
        let is_known = row.claimed_at.is_some() || row.monitoring.reports > 0;
        Ok(WorkItem {
            case,
            is_unreached: sees_health && !is_known && row.heard_since.is_none(),
            reached_at: (row.called.as_ref().map(|(at, _)| *at))
                .filter(|_| sees_health && !is_known && row.unanswered == 0),
            is_wrong_number: row.is_wrong_number,
            language: row.language,
            closed_at: row.closed_at,
            hersys_id: row.hersys_id,
            names: row.names.map(|name| name.map(Personal::new)),
            birthdate: Personal::new(row.birthdate),
            age: age_on(row.birthdate, today),
            months: age_in_months(row.birthdate, today),
            phone: phone.map(|phone| Personal::new(phone.national())),
            onset_on: row.onset_on,
            diagnosed_on: row.diagnosed_on,
            registered_at: row.registered_at,
            claimed_at: row.claimed_at,
            assigned_name: row.assigned_name,
            programme: row.programme,
            called: row
                .called
                .filter(|_| sees_health)
                .and_then(|(at, word)| Some((at, ContactOutcome::parse(&word)?))),
            unanswered: if sees_health { row.unanswered } else { 0 },
            is_contact: row.is_contact,
            monitoring: Monitoring::read(row.monitoring, sees_health)?,
        })
    }
}
