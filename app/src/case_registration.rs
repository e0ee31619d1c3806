//! Registering a case: what a health center writes down of somebody who is ill, and the HER-SYS ID that it gives.

mod check;

pub use check::{CaseField, CaseProblem, CheckedCase, TypedCase, check};

use crate::attributes::phone_blind;
use crate::family::Member;
use crate::keys::random;
use crate::passport_number::SEALED_AS;
use crate::status_report::Report;
use crate::{App, Error, StaffDesk};
use domain::birthdate::Birthdate;
use domain::hersys_id::HersysId;
use domain::ids::{CaseId, HealthCenterId, PersonId, StaffId};
use domain::name::NameKeys;
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use jiff::Timestamp;
use jiff::civil::Date;
use storage::case_registration::{self as rows, CaseRow, NewCase, NewPerson, Scope};
use storage::status_report as reports;
use uuid::Uuid;

/// The programme of new cases. There is one until the console lets a center choose.
pub const PROGRAMME: &str = "covid-19";
/// How many cases a page of the console shows.
pub const PAGE: i64 = 50;

/// A case ready to be written: all that its transaction needs.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) person: NewPerson,
    pub(crate) case: NewCase,
    /// Further IDs to try where the first is taken.
    pub(crate) spare_ids: Vec<String>,
}

impl App {
    /// Makes rows of a checked case. `id`: the HER-SYS ID where it is given already.
    pub(crate) fn prepare_case(
        &self,
        checked: CheckedCase,
        center: HealthCenterId,
        by: Option<StaffId>,
        form_key: Uuid,
        id: Option<&HersysId>,
    ) -> Prepared {
        let keys = self.keys();
        let mut spare_ids: Vec<String> = match id {
            Some(id) => vec![id.as_str().to_owned()],
            None => std::iter::repeat_with(|| {
                HersysId::from_random(self.id_lengths().longest(), u64::from_le_bytes(random()))
            })
            .flatten()
            .take(40)
            .map(|id| id.as_str().to_owned())
            .collect(),
        };
        spare_ids.reverse();
        Prepared {
            case: NewCase {
                id: CaseId::from_uuid(self.new_uuid()),
                programme: PROGRAMME.to_owned(),
                hersys_id: spare_ids.pop().unwrap_or_default(),
                diagnosed_on: checked.diagnosed_on,
                onset_on: checked.onset_on,
                entered_japan_on: checked.entered_japan_on,
                passport_sealed: checked
                    .passport
                    .map(|number| keys.seal_text(SEALED_AS, number.as_str())),
                registered_by: by,
                form_key,
            },
            person: NewPerson {
                id: PersonId::from_uuid(self.new_uuid()),
                center,
                birthdate: checked.birthdate.date(),
                phone_sealed: keys.seal_text("phone", checked.phone.e164()),
                phone_blind: phone_blind(keys, &checked.phone),
                language: checked.language,
                names: checked.names,
            },
            spare_ids,
        }
    }
}

/// Writes a prepared case under the first ID that is free; tells that ID, or nothing where all are taken.
pub(crate) fn write_case(
    tx: &mut storage::Tx<'_>,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<Option<String>, storage::Error> {
    let ids = std::iter::once(&prepared.case.hersys_id).chain(prepared.spare_ids.iter().rev());
    for id in ids {
        if !rows::id_is_taken(tx, id)? {
            let case = NewCase {
                hersys_id: id.clone(),
                ..prepared.case.clone()
            };
            rows::insert_person(tx, &prepared.person, now)?;
            rows::insert_case(tx, &case, &prepared.person, now)?;
            return Ok(Some(id.clone()));
        }
    }
    Ok(None)
}

/// A case as the console shows it.
#[derive(Clone)]
pub struct CaseView {
    /// What the person sees, too.
    pub member: Member,
    /// All spellings of the name: the field, and the name.
    pub names: Vec<(String, Personal<String>)>,
    /// The birthdate.
    pub birthdate: Personal<Birthdate>,
    /// The phone number as it is dialled.
    pub phone: Personal<String>,
    /// The language that the person reads.
    pub language: String,
    /// The day of entry into Japan.
    pub entered_japan_on: Option<Date>,
    /// The passport number.
    pub passport: Option<Personal<String>>,
    /// Whether the person entered it.
    pub passport_by_person: bool,
    /// When the case was registered.
    pub registered_at: Timestamp,
    /// When the person signed up, if at all.
    pub claimed_at: Option<Timestamp>,
    /// The reports, the latest measurement first; empty in lists.
    pub reports: Vec<Report>,
}

/// What came of registering a case.
#[derive(Clone)]
pub enum RegisterCase {
    /// It stands: now, or already when the same form came before.
    Registered(CaseId),
    /// Something is missing or cannot be.
    Problems(Vec<(CaseField, CaseProblem)>),
}

impl StaffDesk {
    /// Registers a case at the center. `form_key` makes a repeated form one case.
    pub async fn register_case(
        &self,
        typed: &TypedCase,
        form_key: Uuid,
    ) -> Result<RegisterCase, Error> {
        let checked = match check(typed, self.app.today()) {
            Ok(checked) => checked,
            Err(problems) => return Ok(RegisterCase::Problems(problems)),
        };
        let app = &self.app;
        let prepared = app.prepare_case(checked, self.center, Some(self.staff), form_key, None);
        let now = app.clock.now();
        let case = app
            .db()
            .write(move |tx| {
                if let Some(stands) = rows::by_form_key(tx, form_key)? {
                    return Ok(Some(stands));
                }
                Ok(write_case(tx, &prepared, now)?.map(|_| prepared.case.id))
            })
            .await?;
        // Forty random IDs that are all taken: the allowed length is used up.
        let case = case.ok_or_else(|| Error::broken("no HER-SYS ID is free; allow longer ones"))?;
        Ok(RegisterCase::Registered(case))
    }

    /// A key for a new form.
    pub fn new_form_key(&self) -> Uuid {
        self.app.new_uuid()
    }

    async fn view(&self, row: CaseRow) -> Result<CaseView, Error> {
        let (person, case) = (row.person, row.id);
        let (names, latest) = self
            .app
            .db()
            .read(move |tx| Ok((rows::names(tx, person)?, reports::latest(tx, case)?)))
            .await?;
        let center = self.app.health_center(row.center).await?;
        let phone = self.app.keys().open_text("phone", &row.phone_sealed)?;
        let phone = PhoneNumber::parse_jp(phone.expose())
            .map_err(|_| Error::broken(format!("persons.phone of case {case}")))?;
        let passport = row
            .passport_sealed
            .as_ref()
            .map(|sealed| self.app.keys().open_text(SEALED_AS, sealed))
            .transpose()?;
        let birthdate = Birthdate::on(row.birthdate, self.app.today())
            .map_err(|_| Error::broken(format!("persons.birthdate of case {case}")))?;
        Ok(CaseView {
            names: names
                .iter()
                .map(|n| (n.script.clone(), Personal::new(n.name.clone())))
                .collect(),
            member: self.app.member(&row, names, latest, center, false),
            birthdate: Personal::new(birthdate),
            phone: Personal::new(phone.national()),
            language: row.language,
            entered_japan_on: row.entered_japan_on,
            passport,
            passport_by_person: row.passport_entered_by.as_deref() == Some("person"),
            registered_at: row.registered_at,
            claimed_at: row.claimed_at,
            reports: Vec::new(),
        })
    }

    /// The center's cases, newest first, a page of them counted from 0, and how many there are in all. With a search
    /// text: those with this HER-SYS ID, or in whose name it stands.
    pub async fn cases(&self, search: &str, page: i64) -> Result<(Vec<CaseView>, i64), Error> {
        let center = self.center;
        let offset = page.clamp(0, 1_000_000) * PAGE;
        let id = HersysId::parse(search, self.app.id_lengths()).ok();
        let key = NameKeys::of(search).joined.replace(['%', '_'], "");
        let found = self
            .app
            .db()
            .read(move |tx| match (&id, key.is_empty()) {
                (Some(id), _) => {
                    let row = rows::of_center_by_hersys_id(tx, center, id.as_str())?;
                    Ok((row.into_iter().collect::<Vec<_>>(), None))
                }
                (None, false) => Ok((rows::of_center_by_name(tx, center, &key, PAGE)?, None)),
                (None, true) => Ok((
                    rows::of_center(tx, center, PAGE, offset)?,
                    Some(rows::count_of_center(tx, center)?),
                )),
            })
            .await?;
        let (rows, count) = found;
        let count = count.unwrap_or(i64::try_from(rows.len()).unwrap_or(0));
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            views.push(self.view(row).await?);
        }
        Ok((views, count))
    }

    /// A case of the center, without its reports.
    pub async fn case(&self, case: CaseId) -> Result<Option<CaseView>, Error> {
        let scope = Scope::Center(self.center);
        let row = self
            .app
            .db()
            .read(move |tx| rows::find(tx, scope, case))
            .await?;
        match row {
            Some(row) => Ok(Some(self.view(row).await?)),
            None => Ok(None),
        }
    }

    /// Opens a case of the center with all its reports; each notes that it was read, and the person sees that.
    pub async fn open_case(&self, case: CaseId) -> Result<Option<CaseView>, Error> {
        let Some(mut view) = self.case(case).await? else {
            return Ok(None);
        };
        let (staff, now) = (self.staff, self.app.clock.now());
        let rows = self
            .app
            .db()
            .write(move |tx| {
                reports::opened(tx, case, staff, now)?;
                reports::of_case(tx, case)
            })
            .await?;
        view.reports = rows
            .into_iter()
            .map(|row| self.app.read_report(row))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Some(view))
    }
}
