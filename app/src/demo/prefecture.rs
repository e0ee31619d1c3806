//! A sample prefecture: three centers and six hundred people over four weeks, some ill, some silent, alerts open. It is
//! written into the past through the same doors as everything else.

use super::people::{Sample, Told, people};
use super::{CENTER, PASSWORD};
use crate::audit::{self, about, by_machine};
use crate::case_registration::{TypedCase, check, write_case};
use crate::course::{Because, refresh};
use crate::health_center::{Contact, HealthCenter};
use crate::staff::{AddStaff, NewStaff};
use crate::status_report::{Understood, report_row};
use crate::{App, Error, SystemDesk};
use domain::email_address::EmailAddress;
use domain::ids::{AccountId, AlertId, CaseId, ContactId, ReportId, SessionId, StaffId};
use domain::questionnaire::QuestionId;
use domain::staff_role::{JurisdictionKind, Right, StaffRole};
use domain::status_report::{Answer, Answers, Measured};
use domain::urgency::assess;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::BTreeMap;
use storage::account::AccountRow;
use storage::case_registration::Scope;
use storage::contact_log::{ContactRow, Did};
use storage::jurisdiction::Below;
use storage::monitoring::{self, Decided};
use storage::{Tx, account, alerts, attributes};

/// The other centers, with their names in English.
pub(super) const OTHERS: [(&str, &str); 2] = [
    ("きた見本保健所", "North Sample Public Health Center"),
    ("にし見本保健所", "West Sample Public Health Center"),
];
const SEED: u64 = 20_220_819;

/// The other sample staff: the address, the name, the role, and the center that they work at.
pub(super) const STAFF: [(&str, &str, StaffRole, usize); 4] = [
    ("clerk@sample.example", "Sample Clerk", StaffRole::Clerk, 0),
    (
        "colleague@sample.example",
        "Sample Colleague",
        StaffRole::Nurse,
        0,
    ),
    (
        "north@sample.example",
        "Sample Head Nurse North",
        StaffRole::Administrator,
        1,
    ),
    (
        "west@sample.example",
        "Sample Head Nurse West",
        StaffRole::Administrator,
        2,
    ),
];
pub(super) const OFFICER: &str = "officer@sample.example";
pub(super) const ANALYST: &str = "analyst@sample.example";

fn broken(error: impl std::fmt::Display) -> storage::Error {
    storage::Error::Broken(error.to_string())
}

/// What one sample person is written with.
struct Filling {
    app: App,
    center: HealthCenter,
    /// Who followed the person, for what is done already.
    nurse: StaffId,
    password_hash: String,
    now: Timestamp,
    scope: Scope,
}

impl SystemDesk {
    /// Fills the prefecture around the first sample center; where it stands already, nothing happens.
    pub(super) async fn fill_prefecture(&self, first: &HealthCenter) -> Result<(), Error> {
        let app = &self.app;
        let mut centers = vec![first.clone()];
        for (name, english) in OTHERS {
            let contact = Contact {
                phone: "03-0000-0000".to_owned(),
                night_phone: "03-0000-0001".to_owned(),
                hours: first.contact.hours.clone(),
                names: BTreeMap::from([
                    ("en".to_owned(), english.to_owned()),
                    ("ja".to_owned(), name.to_owned()),
                ]),
            };
            centers.push(self.add_center(name, contact).await?);
        }
        let mut places = self.places().await?;
        // Another prefecture, which somebody added to try that out, is none of the samples.
        let own = NewStaff::place_of(first.id);
        let above = places.iter().find(|place| place.id == own);
        let above = above.and_then(|place| place.parent);
        places
            .retain(|place| place.kind != JurisdictionKind::Prefecture || Some(place.id) == above);
        for (kind, name) in [
            (JurisdictionKind::Nation, "見本国 / Sample Nation"),
            (JurisdictionKind::Prefecture, "見本県 / Sample Prefecture"),
        ] {
            if let Some(place) = places.iter().find(|p| p.kind == kind) {
                self.rename_place(place.id, name).await?;
            }
        }
        let mut nurses = Vec::new();
        for (index, center) in centers.iter().enumerate() {
            for (email, name, role, at) in STAFF.iter().filter(|(.., at)| *at == index) {
                let place = NewStaff::place_of(centers[*at].id);
                self.hire(email, name, *role, place).await?;
            }
            let place = NewStaff::place_of(center.id);
            let row = app
                .db()
                .read(move |tx| storage::staff::at_place(tx, place))
                .await?;
            // Whoever follows people must be allowed to.
            let may_follow = |one: &&storage::staff::StaffRow| {
                StaffRole::parse(&one.role).is_some_and(|role| role.may(Right::Follow))
            };
            nurses.extend(row.iter().find(may_follow).map(|nurse| nurse.id));
        }
        for (kind, email, name, role) in [
            (
                JurisdictionKind::Prefecture,
                OFFICER,
                "Sample Officer",
                StaffRole::PrefectureOfficer,
            ),
            (
                JurisdictionKind::Nation,
                ANALYST,
                "Sample Analyst",
                StaffRole::Analyst,
            ),
        ] {
            if let Some(place) = places.iter().find(|place| place.kind == kind) {
                self.hire(email, name, role, place.id).await?;
            }
        }
        let password = domain::password::Password::parse_unchecked(PASSWORD);
        let password_hash = app.inner.hashing.hash(password).await?;
        let root = places
            .first()
            .map(|p| Below::place(&p.path))
            .ok_or_else(|| Error::broken("the samples have no place"))?;
        for person in people(SEED) {
            let filling = Filling {
                app: app.clone(),
                center: centers[person.center].clone(),
                nurse: nurses[person.center],
                password_hash: password_hash.clone(),
                now: app.clock.now(),
                scope: Scope::Below(root.clone()),
            };
            filling.write(person).await?;
        }
        Ok(())
    }

    pub(super) async fn hire(
        &self,
        email: &str,
        name: &str,
        role: StaffRole,
        place: domain::ids::JurisdictionId,
    ) -> Result<(), Error> {
        let new = NewStaff {
            email: EmailAddress::parse(email)
                .map_err(|_| Error::broken("a sample address is wrong"))?,
            name: name.to_owned(),
            password: PASSWORD.to_owned(),
            role,
            place,
        };
        match self.add_staff(new).await? {
            // What somebody made of a sample while trying stays.
            AddStaff::Added | AddStaff::Stands(..) => Ok(()),
            AddStaff::NoSuchPlace => Err(Error::broken("the place of the sample staff is gone")),
            AddStaff::Weak(_) => Err(Error::broken("the sample password is refused")),
        }
    }
}

impl Filling {
    fn typed(&self, person: &Sample) -> TypedCase {
        let registered = self.now - SignedDuration::from_hours(person.hours_since_registered);
        let day = registered.to_zoned(self.center.time_zone.clone()).date();
        let before = |days: i64| day.saturating_sub(days.days());
        let birthdate =
            before(i64::from(person.age) * 365 + i64::from(person.age) / 4 + person.born_on);
        TypedCase {
            programme: crate::programme::PROGRAMME.to_owned(),
            name: person.names[0].clone(),
            name_kana: person.names[1].clone(),
            name_latin: person.names[2].clone(),
            birthdate: birthdate.to_string(),
            phone: super::sample_number(&person.phone),
            has_no_phone: false,
            language: if person.visitor { "en" } else { "ja" }.to_owned(),
            diagnosed_on: day.to_string(),
            onset_on: person
                .symptoms_before
                .map(|days| before(days).to_string())
                .unwrap_or_default(),
            entered_japan_on: String::new(),
            passport_number: String::new(),
            email: String::new(),
            // No such place exists.
            address: format!(
                "見本県港町{}-{}",
                person.age % 9 + 1,
                person.born_on % 30 + 1
            ),
            whereabouts: String::new(),
            days_are_right: true,
            name_is_right: true,
            is_contact: false,
            number_is_right: true,
        }
    }

    async fn write(self, person: Sample) -> Result<(), Error> {
        let app = self.app.clone();
        // The number is a part of the phone number: whoever was cut off finds out who stands already.
        let id = domain::hersys_id::HersysId::parse(
            &format!("5{}", &person.phone[5..]),
            app.id_lengths(),
        )
        .map_err(|_| Error::broken("a sample ID is wrong"))?;
        let checked = check(&self.typed(&person), app.today())
            .map_err(|_| Error::broken("a sample person is wrong"))?;
        let mut prepared = app.prepare_case(
            checked,
            (crate::programme::PROGRAMME, self.center.id),
            Some(self.nurse),
            app.new_uuid(),
            Some(&id),
        );
        let registered = self.now - SignedDuration::from_hours(person.hours_since_registered);
        prepared.today = registered.to_zoned(self.center.time_zone.clone()).date();
        let keys = app.keys().clone();
        app.db()
            .write(move |tx| {
                if crate::hersys_id::is_taken(tx, &keys, id.as_str())? {
                    return Ok(());
                }
                let at = self.now - SignedDuration::from_hours(person.hours_since_registered);
                write_case(tx, &keys, &prepared, at)?;
                self.follow(tx, &person, prepared.case.id, at)
            })
            .await?;
        Ok(())
    }

    fn follow(
        &self,
        tx: &mut Tx<'_>,
        person: &Sample,
        case: domain::ids::CaseId,
        registered: Timestamp,
    ) -> Result<(), storage::Error> {
        let app = &self.app;
        let entry = by_machine(registered, "case.registered", Some(case));
        audit::note(tx, app.keys(), &entry)?;
        if person.has_account {
            self.sign_up(tx, person, case, registered + SignedDuration::from_hours(1))?;
        }
        self.decide(tx, person, case, registered, "home")?;
        for told in person.reports.iter().rev() {
            self.report(tx, told, case)?;
        }
        if person.status.word() != "home" {
            let late = registered + SignedDuration::from_hours(24);
            self.decide(tx, person, case, late, person.status.word())?;
        }
        Ok(())
    }

    fn sign_up(
        &self,
        tx: &mut Tx<'_>,
        person: &Sample,
        case: domain::ids::CaseId,
        at: Timestamp,
    ) -> Result<(), storage::Error> {
        let app = &self.app;
        let email = format!("p{}@sample.example", &person.phone[7..]);
        let email = EmailAddress::parse(&email).map_err(|_| broken("a sample address is wrong"))?;
        let row = AccountRow {
            id: AccountId::from_uuid(app.new_uuid()),
            email_sealed: app.keys().seal_text("email", email.as_str()),
            email_blind: crate::code::email_blind(app.keys(), &email),
            password_hash: self.password_hash.clone(),
            language: if person.visitor { "en" } else { "ja" }.to_owned(),
        };
        account::insert(tx, &row, at)?;
        attributes::claim(tx, case, row.id, SessionId::from_uuid(app.new_uuid()), at)?;
        monitoring::has_account(tx, case, at)
    }

    fn decide(
        &self,
        tx: &mut Tx<'_>,
        person: &Sample,
        case: domain::ids::CaseId,
        at: Timestamp,
        word: &str,
    ) -> Result<(), storage::Error> {
        let Some(stands) = monitoring::find(tx, case)? else {
            return Ok(());
        };
        let status = domain::monitoring::MonitoringStatus::parse(word).unwrap_or_default();
        let decided = Decided {
            status: word.to_owned(),
            is_open: status.is_open(),
            expects_reports: status.expects_reports(),
            risks: person.risks.iter().map(|r| (*r).to_owned()).collect(),
            assigned_to: (person.born_on % 5 == 0).then_some(self.nurse),
            // Some are to be called again: some by now, some later.
            next_call_at: (status.is_open() && person.born_on % 40 == 0)
                .then(|| self.now + SignedDuration::from_mins((person.born_on % 9) * 20 - 60)),
            review_from: stands.review_from,
        };
        monitoring::decide(tx, case, &decided, stands.version, at)?;
        Ok(())
    }

    fn report(
        &self,
        tx: &mut Tx<'_>,
        told: &Told,
        case: domain::ids::CaseId,
    ) -> Result<(), storage::Error> {
        let app = &self.app;
        let at = if told.hours_ago < 0 {
            self.now + SignedDuration::from_mins(told.hours_ago)
        } else {
            self.now - SignedDuration::from_hours(told.hours_ago)
        };
        let Some(row) = storage::case_registration::find(tx, &self.scope, case)? else {
            return Ok(());
        };
        let stored = app
            .questionnaire(&row.programme, row.center, app.today())
            .map_err(broken)?;
        let answers = Answers {
            temperature: Measured::Value(told.temperature),
            spo2: told.spo2.map_or(Measured::NotMeasured, Measured::Value),
            symptoms: stored
                .questionnaire
                .questions
                .iter()
                .map(|q| {
                    let yes = told.yes.contains(&q.id.as_str());
                    (
                        QuestionId::new(q.id.as_str()),
                        if yes { Answer::Yes } else { Answer::No },
                    )
                })
                .collect(),
            note: String::new(),
        };
        let level = assess(&stored.questionnaire, &answers).level;
        let understood = Understood {
            answers,
            measured: at,
            level,
        };
        let key = ReportId::from_uuid(app.new_uuid());
        let zone = &self.center.time_zone;
        let mut report = report_row(case, key, &stored, understood, at, zone);
        report.channel = "web".to_owned();
        report.account = row.account;
        storage::status_report::insert(tx, &report)?;
        let alert = AlertId::from_uuid(app.new_uuid());
        refresh(app, tx, &row, Because::Came(&report), alert, at)?;
        let mut entry = about(by_machine(at, "report.sent", Some(case)), key.uuid());
        entry.actor_kind = "person".to_owned();
        audit::note(tx, app.keys(), &entry)?;
        // What is older than the last hour was seen to.
        if told.hours_ago >= 1 {
            see_to(app, tx, self.nurse, (case, at))?;
        }
        Ok(())
    }
}

/// A nurse takes the alert that a case got at a moment, calls, and writes what was done.
pub(super) fn see_to(
    app: &App,
    tx: &mut Tx<'_>,
    nurse: StaffId,
    (case, at): (CaseId, Timestamp),
) -> Result<(), storage::Error> {
    let Some(open) = alerts::open_of_case(tx, case)? else {
        return Ok(());
    };
    let taken = at + SignedDuration::from_mins(7);
    let done = at + SignedDuration::from_mins(21);
    let told_again = taken + SignedDuration::from_mins(45);
    alerts::take(tx, open.id, nurse, taken, told_again)?;
    alerts::finish(tx, open.id, nurse, "reached", open.version + 1, done)?;
    let contact = ContactRow {
        case,
        id: ContactId::from_uuid(app.new_uuid()),
        at: done,
        by: nurse,
        outcome: "reached".to_owned(),
        note_sealed: app.keys().seal_text(
            "contact_note",
            "サンプル：電話で確認。落ち着いている。 (Sample: reached by phone, stable.)",
        ),
        alert: Some(open.id),
        by_name: String::new(),
        did: Did::default(),
        in_error: None,
    };
    storage::contact_log::insert(tx, &contact)?;
    Ok(())
}

/// Whether a center belongs to the samples.
pub(super) fn is_sample(name: &str) -> bool {
    name == CENTER || OTHERS.iter().any(|(other, _)| *other == name)
}
