//! A case that is none: somebody was registered in error, or a contact was made a case by mistake. The record stays readable
//! with who said so, when and why, and counts nowhere: nobody is followed by it, and nobody asked for anything. It can be a case
//! again, after which all is as it was, and silence is counted from then.

use crate::alerts::{Alert, state};
use crate::audit::{self, about, with};
use crate::course::{Because, refresh};
use crate::family::Member;
use crate::in_error::SEALED_AS;
use crate::monitoring::{NOTE_LENGTH, is_inpatient};
use crate::place_settings::following;
use crate::{App, Error, StaffDesk};
use domain::health_day::health_day;
use domain::ids::{AlertId, CaseId};
use domain::in_error::WhyNoCase;
use domain::monitoring::MonitoringStatus;
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::alerts;
use storage::case_in_error::{self as rows, Stood};
use storage::case_registration::{self as cases, CaseRow, Scope};
use storage::corrections::{self, CorrectionRow};
use storage::in_error::{InErrorRow, forget_pages};
use storage::monitoring::{self, Decided, MonitoringRow};

/// What a correction calls the case itself.
pub(crate) const SUBJECT: &str = "case";

/// What a correction calls the day on which a case counts as new.
pub(crate) const COUNTED_ON: &str = "counted_on";

/// That a case is none.
#[derive(Clone, Debug)]
pub struct NoCase {
    /// When that was said.
    pub at: Timestamp,
    /// Who said it.
    pub by: String,
    /// Why.
    pub why: WhyNoCase,
    /// Further words on it, for the staff alone.
    pub words: Personal<String>,
}

/// What the page shows on which a case is said to be none.
#[derive(Clone, Debug)]
pub struct CaseToTakeBack {
    /// The person.
    pub member: Member,
    /// Counts changes of the case.
    pub version: i32,
    /// That it is none already: then it can be a case again.
    pub no_case: Option<NoCase>,
    /// The day of the last contact of whoever was a contact before: then only that they fell ill may be wrong.
    pub met_on: Option<Date>,
    /// An alert that is open, and would end.
    pub alert: Option<Alert>,
}

/// What staff typed about a case that is none.
#[derive(Clone, Debug, Default)]
pub struct TypedNoCase {
    /// The word of the reason.
    pub why: String,
    /// Further words on it.
    pub words: String,
    /// The version of the case that was looked at.
    pub version: i32,
    /// The alert that was looked at, as [`Alert::state`] tells it.
    pub alert_seen: String,
    /// Whether it is said that nobody has to see to that alert.
    pub ends_alert: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeCaseBack {
    /// It is done.
    Done,
    /// The names of what is missing or cannot be: `why`, `words` where the reason says nothing without them, `words_long`.
    Problems(Vec<&'static str>),
    /// An alert is open, and it was not said that it ends as it stands now; nothing was done.
    AlertIsOpen,
    /// It is offered to another center: that is to be answered or taken back first.
    Offered,
    /// Somebody else changed the case meanwhile, or it is part of another one; nothing was done.
    ChangedMeanwhile,
    /// There is no such case in reach.
    NoSuchCase,
}

/// What was typed, checked.
struct Checked {
    why: WhyNoCase,
    words: String,
}

fn check(typed: &TypedNoCase) -> Result<Checked, TakeCaseBack> {
    let why = WhyNoCase::parse(&typed.why);
    let words = clean_note(&typed.words);
    let mut problems = Vec::new();
    if why.is_none() {
        problems.push("why");
    }
    if why.is_some_and(WhyNoCase::needs_words) && words.is_empty() {
        problems.push("words");
    }
    if words.chars().count() > NOTE_LENGTH {
        problems.push("words_long");
    }
    match why {
        Some(why) if problems.is_empty() => Ok(Checked { why, words }),
        _ => Err(TakeCaseBack::Problems(problems)),
    }
}

/// A case within a scope, held, and how it is followed; refused where it is not as it was looked at.
fn held(
    tx: &mut Tx<'_>,
    (scope, case): (&Scope, CaseId),
    version: i32,
) -> Result<Result<(CaseRow, MonitoringRow), TakeCaseBack>, storage::Error> {
    monitoring::hold(tx, case)?;
    let (Some(row), Some(stands)) = (cases::find(tx, scope, case)?, monitoring::find(tx, case)?)
    else {
        return Ok(Err(TakeCaseBack::NoSuchCase));
    };
    Ok(match row.version == version && row.merged_into.is_none() {
        true => Ok((row, stands)),
        false => Err(TakeCaseBack::ChangedMeanwhile),
    })
}

/// What stands of a case, with the day on which figures count it; they tell by that why they differ from earlier.
fn counted(mut stands: serde_json::Value, on: Option<Date>) -> serde_json::Value {
    if let Some(day) = on {
        stands[COUNTED_ON] = day.to_string().into();
    }
    stands
}

/// How a case is followed from now on, of which nothing changes but where the person is, and the day of a release.
fn decided(stands: &MonitoringRow, status: MonitoringStatus, review_from: Option<Date>) -> Decided {
    Decided {
        status: status.word().to_owned(),
        is_open: status.is_open(),
        expects_reports: status.expects_reports(),
        risks: stands.risks.clone(),
        assigned_to: stands.assigned_to,
        // A closed record is on no list of calls: the one that was planned is there again with the case.
        next_call_at: stands.next_call_at,
        review_from,
    }
}

impl App {
    fn read_no_case(&self, mark: &InErrorRow, by: String) -> Result<NoCase, Error> {
        let why = WhyNoCase::parse(&mark.why)
            .ok_or_else(|| Error::broken(format!("cases.in_error_why of {}", mark.at)))?;
        Ok(NoCase {
            at: mark.at,
            by,
            why,
            words: self.keys().open_text(SEALED_AS, &mark.words_sealed)?,
        })
    }
}

impl StaffDesk {
    /// That a case in reach was registered in error; none of one that is a case.
    pub async fn no_case(&self, case: CaseId) -> Result<Option<NoCase>, Error> {
        self.needs(Right::SeePersons)?;
        let scope = self.scope();
        let found = self
            .app
            .db()
            .read(move |tx| match cases::find(tx, &scope, case)? {
                Some(_) => rows::find(tx, case),
                None => Ok(None),
            })
            .await?;
        let Some((mark, _)) = found else {
            return Ok(None);
        };
        let names = self.staff_names(vec![mark.by]).await?;
        let by = names.get(&mark.by).cloned().unwrap_or_default();
        self.app.read_no_case(&mark, by).map(Some)
    }

    /// A case in reach that may be none.
    pub async fn case_to_take_back(&self, case: CaseId) -> Result<Option<CaseToTakeBack>, Error> {
        self.needs(Right::TakeCasesBack)?;
        let Some(view) = self.case(case).await?.filter(|v| v.merged_into.is_none()) else {
            return Ok(None);
        };
        let (contact, alert) = self
            .app
            .db()
            .read(move |tx| Ok((rows::as_contact(tx, case)?, alerts::open_of_case(tx, case)?)))
            .await?;
        let now = self.app.clock.now();
        Ok(Some(CaseToTakeBack {
            member: view.member,
            version: view.version,
            no_case: self.no_case(case).await?,
            met_on: contact.map(|contact| contact.met_on),
            alert: alert.map(|row| Alert::read(row, self.staff, now)),
        }))
    }

    /// The line among the corrections.
    fn case_line(
        &self,
        case: CaseId,
        (before, after): (&serde_json::Value, &serde_json::Value),
        words: &str,
        now: Timestamp,
    ) -> CorrectionRow {
        let seal = |text: &str| self.app.keys().seal_text("correction", text);
        CorrectionRow {
            case,
            id: self.app.new_uuid(),
            subject: SUBJECT.to_owned(),
            subject_id: None,
            at: now,
            by: self.staff,
            reason_sealed: seal(words),
            before_sealed: seal(&before.to_string()),
            after_sealed: seal(&after.to_string()),
            by_name: String::new(),
        }
    }

    /// Says of a case that it was registered in error. It counts no more, is followed no more, and an alert about it ends, if
    /// whoever says so has looked at that alert as it stands.
    pub async fn register_in_error(
        &self,
        case: CaseId,
        typed: &TypedNoCase,
    ) -> Result<TakeCaseBack, Error> {
        self.needs(Right::TakeCasesBack)?;
        let checked = match check(typed) {
            Ok(checked) => checked,
            Err(problems) => return Ok(problems),
        };
        let (desk, scope, now) = (self.clone(), self.scope(), self.app.clock.now());
        let typed = typed.clone();
        let mark = InErrorRow {
            at: now,
            by: self.staff,
            why: checked.why.word().to_owned(),
            words_sealed: self.app.keys().seal_text(SEALED_AS, &checked.words),
        };
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let (row, stands) = match held(tx, (&scope, case), typed.version)? {
                    Ok(found) => found,
                    Err(refused) => return Ok(refused),
                };
                if row.is_in_error {
                    return Ok(TakeCaseBack::ChangedMeanwhile);
                }
                if storage::transfer::is_offered(tx, case)? {
                    return Ok(TakeCaseBack::Offered);
                }
                // Looked at here, because it may have come, or a further report to it, while the page was read.
                let open = alerts::open_of_case(tx, case)?;
                if let Some(alert) = &open
                    && (!typed.ends_alert || state(alert.id, alert.version) != typed.alert_seen)
                {
                    return Ok(TakeCaseBack::AlertIsOpen);
                }
                let counted_on = rows::counted_on(tx, case)?;
                let stood = Stood {
                    status: stands.status.clone(),
                    alert: open.as_ref().map(|alert| alert.id),
                };
                let closed = decided(&stands, MonitoringStatus::InError, stands.review_from);
                if !rows::mark(tx, case, &mark, &stood)?
                    || !monitoring::decide(tx, case, &closed, stands.version, now)?
                {
                    return Err(storage::Error::TryAgain);
                }
                let keys = desk.app.keys();
                if let Some(alert) = &open {
                    rows::end_alert(tx, (alert.id, alert.version), desk.staff, now)?;
                    let entry = about(desk.did("alert.done", Some(case)), alert.id.uuid());
                    audit::note(tx, keys, &with(entry, "in_error"))?;
                }
                let before = serde_json::json!({ "status": stands.status });
                let before = counted(before, counted_on);
                let after = serde_json::json!({ "status": closed.status, "no_case": mark.why });
                let line = desk.case_line(case, (&before, &after), &checked.words, now);
                corrections::insert(tx, &line)?;
                forget_pages(tx, case)?;
                let entry = with(desk.did("case.in_error", Some(case)), &mark.why);
                audit::note(tx, keys, &entry)?;
                Ok(TakeCaseBack::Done)
            })
            .await?)
    }

    /// A case that was said to be none is one after all: it counts on the days on which it did, and is followed as it was. An
    /// alert that ended with it waits again; silence is counted from now.
    pub async fn not_in_error(
        &self,
        case: CaseId,
        words: &str,
        version: i32,
    ) -> Result<TakeCaseBack, Error> {
        self.needs(Right::TakeCasesBack)?;
        let words = clean_note(words);
        if words.chars().count() > NOTE_LENGTH {
            return Ok(TakeCaseBack::Problems(vec!["words_long"]));
        }
        let (desk, scope, now) = (self.clone(), self.scope(), self.app.clock.now());
        let alert = AlertId::from_uuid(self.app.new_uuid());
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let (row, stands) = match held(tx, (&scope, case), version)? {
                    Ok(found) => found,
                    Err(refused) => return Ok(refused),
                };
                let Some((mark, stood)) = rows::find(tx, case)? else {
                    return Ok(TakeCaseBack::ChangedMeanwhile);
                };
                let status = MonitoringStatus::parse(&stood.status)
                    .filter(|status| status.is_chosen())
                    .unwrap_or(MonitoringStatus::Unknown);
                let whose = (row.programme.as_str(), row.center);
                let app = &desk.app;
                // Another rule may have come to hold meanwhile.
                let review = app.review_from(
                    whose,
                    row.onset_on,
                    row.diagnosed_on,
                    row.is_contact,
                    is_inpatient(status, &stands.risks),
                );
                let follows = decided(&stands, status, review.or(stands.review_from));
                if !rows::unmark(tx, case)?
                    || !monitoring::decide(tx, case, &follows, stands.version, now)?
                {
                    return Err(storage::Error::TryAgain);
                }
                if let Some(ended) = stood.alert {
                    let wait = following(tx, row.center, now)?.tell_center_after;
                    let next = now + SignedDuration::from_mins(wait);
                    rows::open_alert_again(tx, (ended, case), next)?;
                }
                let before = serde_json::json!({ "status": stands.status, "no_case": mark.why });
                let after = serde_json::json!({ "status": follows.status });
                let after = counted(after, rows::counted_on(tx, case)?);
                let line = desk.case_line(case, (&before, &after), &words, now);
                corrections::insert(tx, &line)?;
                refresh(app, tx, &row, Because::Reckoned, alert, now)?;
                forget_pages(tx, case)?;
                let entry = desk.did("case.not_in_error", Some(case));
                audit::note(tx, app.keys(), &entry)?;
                Ok(TakeCaseBack::Done)
            })
            .await?)
    }

    /// A contact who was made a case by mistake is a contact again, with the days that they had. What was reported stays, and
    /// an alert stays open: the person is followed on.
    pub async fn contact_again(
        &self,
        case: CaseId,
        typed: &TypedNoCase,
    ) -> Result<TakeCaseBack, Error> {
        self.needs(Right::TakeCasesBack)?;
        let checked = match check(typed) {
            Ok(checked) => checked,
            Err(problems) => return Ok(problems),
        };
        let (desk, scope, now) = (self.clone(), self.scope(), self.app.clock.now());
        let version = typed.version;
        let alert = AlertId::from_uuid(self.app.new_uuid());
        let zone = self.app.zone();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let app = &desk.app;
                let (row, stands) = match held(tx, (&scope, case), version)? {
                    Ok(found) => found,
                    Err(refused) => return Ok(refused),
                };
                let Some(contact) = rows::as_contact(tx, case)?.filter(|_| !row.is_in_error) else {
                    return Ok(TakeCaseBack::ChangedMeanwhile);
                };
                let whose = (row.programme.as_str(), row.center);
                let review = app.review_from(whose, None, contact.met_on, true, false);
                let registered_on = contact.registered_on;
                let registered_on =
                    registered_on.unwrap_or_else(|| health_day(row.registered_at, &zone));
                let days = (contact.met_on, registered_on);
                // From now on it is overwritten by the day on which the contact was registered.
                let counted_on = rows::counted_on(tx, case)?;
                if !rows::contact_again(tx, (case, version), days, review, now)? {
                    return Ok(TakeCaseBack::ChangedMeanwhile);
                }
                rows::end_counts_no_more(tx, case, now)?;
                // Falling ill has opened the record again of whoever was released as a contact; nobody has decided since.
                let was = contact.status.as_deref().and_then(MonitoringStatus::parse);
                let was_over = was.filter(|was| !was.is_open());
                if let Some(was) = was_over
                    && stands.status == MonitoringStatus::Unknown.word()
                    && alerts::open_of_case(tx, case)?.is_none()
                {
                    let over = decided(&stands, was, review);
                    monitoring::decide(tx, case, &over, stands.version, now)?;
                }
                let day = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
                let before = serde_json::json!({
                    "diagnosed_on": day(Some(row.diagnosed_on)),
                    "onset_on": day(row.onset_on),
                });
                let before = counted(before, counted_on);
                let after = serde_json::json!({
                    "last_contact_on": day(Some(contact.met_on)),
                    "no_case": checked.why.word(),
                });
                let line = desk.case_line(case, (&before, &after), &checked.words, now);
                corrections::insert(tx, &line)?;
                if let Some(row) = cases::by_id(tx, case)? {
                    refresh(app, tx, &row, Because::Reckoned, alert, now)?;
                }
                forget_pages(tx, case)?;
                let entry = desk.did("case.contact_again", Some(case));
                audit::note(tx, app.keys(), &with(entry, checked.why.word()))?;
                Ok(TakeCaseBack::Done)
            })
            .await?)
    }
}
