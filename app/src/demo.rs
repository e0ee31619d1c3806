//! A sample center with sample people, to look around in: all of it plainly made up.

mod clinics;
mod loose_ends;
mod marked;
mod people;
mod prefecture;

pub use marked::{Samples, samples};

use crate::attributes::{Registration, Typed};
use crate::clock::Clock;
use crate::health_center::{Contact, HealthCenter};
use crate::keys::Token;
use crate::sign_up::check_password;
use crate::staff::{AddStaff, NewStaff};
use crate::{Error, PatientDesk, SESSION_LIFE, SystemDesk};
use domain::email_address::EmailAddress;
use domain::ids::{AccountId, SessionId};
use domain::password::OwnData;
use domain::phone::PhoneNumber;
use domain::staff_role::StaffRole;
use domain::status_report::RawReport;
use jiff::{SignedDuration, ToSpan};
use std::collections::BTreeMap;
use storage::account::AccountRow;
use storage::{account, session};

/// What a newcomer is told: the lines to print.
#[derive(Clone, Debug)]
pub struct Demo {
    /// One line each; plain text.
    pub lines: Vec<String>,
}

const STAFF: &str = "nurse@sample.example";
const FAMILY: &str = "family@sample.example";
const PASSWORD: &str = "Tulip-Meadow-42";
const CENTER: &str = "みなと見本保健所";

/// Name, kana, Latin, birthdate, phone, language, days since the diagnosis, days since onset, days since entry, ID.
type Sample = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    i32,
    Option<i32>,
    Option<i32>,
    &'static str,
);

#[rustfmt::skip]
const PEOPLE: &[Sample] = &[
    ("見本 花子", "ミホン ハナコ", "Mihon Hanako", "1988-05-04", "09012345601", "ja", 4, Some(6), None, "4826153"),
    ("見本 太郎", "ミホン タロウ", "Mihon Taro", "2016-09-12", "09012345601", "ja", 3, Some(4), None, "7391604"),
    ("見本 はな", "ミホン ハナ", "Mihon Hana", "1955-04-01", "09012345602", "ja", 2, None, None, "2960487"),
    ("", "", "Sample Traveller", "1990-12-24", "09012345603", "en", 1, Some(2), Some(10), "6154290"),
    ("見本 一郎", "ミホン イチロウ", "Mihon Ichiro", "1979-01-31", "09012345604", "ja", 5, Some(5), None, "9047316"),
    ("見本 みどり", "ミホン ミドリ", "Mihon Midori", "2001-07-07", "09012345605", "ja", 6, Some(8), None, "3518724"),
    ("", "", "Sample Student", "2003-03-03", "09012345606", "en", 0, Some(1), None, "8273059"),
    ("見本 昭", "ミホン アキラ", "Mihon Akira", "1940-02-11", "09012345607", "ja", 1, Some(3), None, "5702948"),
];

/// The number of a sample person, who is called in Japan wherever the sample is looked at.
fn sample_number(dialled: &str) -> String {
    format!("+81{}", dialled.trim_start_matches('0'))
}

impl SystemDesk {
    /// Fills an empty installation with samples; where they stand already, nothing happens. Tells what to type.
    ///
    /// # Errors
    /// Where the installation holds anything else: samples and real people must never meet.
    pub async fn fill_demo(&self) -> Result<Demo, Error> {
        let centers = self.health_centers().await?;
        // A center that somebody added to the samples to try that out is none of them, and does not make it real data.
        if centers.iter().any(|c| !prefecture::is_sample(&c.name))
            && self.samples().await? == Samples::None
        {
            return Err(Error::broken(
                "--demo fills a database of its own, in the folder demo of the data directory, but the one there has a health \
                 center already; name another folder with HERSYS_DATA_DIR",
            ));
        }
        // Before the first sample, so that none ever stands in a database that is not known for one.
        self.app.db().write(marked::mark).await?;
        let (hours_en, hours_ja) = ("daily 8:30–20:00", "毎日 8:30～20:00");
        let pair = |en: &str, ja: &str| {
            BTreeMap::from([
                ("en".to_owned(), en.to_owned()),
                ("ja".to_owned(), ja.to_owned()),
            ])
        };
        let contact = Contact {
            phone: "03-0000-0000".to_owned(),
            night_phone: "03-0000-0001".to_owned(),
            hours: pair(hours_en, hours_ja),
            names: pair("Minato Sample Public Health Center", CENTER),
        };
        let center = self.add_center(CENTER, contact).await?;
        let parse = |text: &str| {
            EmailAddress::parse(text).map_err(|_| Error::broken("a sample address is wrong"))
        };
        let (staff, family) = (parse(STAFF)?, parse(FAMILY)?);
        // The nurse comes last: where she is, all is there. Whatever was cut off before is taken up again.
        if self.count_staff().await? == 0 {
            self.fill_people(&center).await?;
            self.fill_family(&family).await?;
            let new = NewStaff {
                email: staff.clone(),
                name: "Sample Head Nurse".to_owned(),
                password: PASSWORD.to_owned(),
                role: StaffRole::Administrator,
                place: NewStaff::place_of(center.id),
            };
            if self.add_staff(new).await? != AddStaff::Added {
                return Err(Error::broken("the sample password is refused"));
            }
        }
        let free = PEOPLE
            .iter()
            .skip(3)
            .take(1)
            .chain(PEOPLE.iter().skip(6).take(1));
        let mut lines = vec![
            format!("Sign in as a sample family:     {FAMILY}   password {PASSWORD}"),
            format!("Sign in to the console:         {STAFF}    password {PASSWORD}"),
            "  (the head nurse, who is the administrator of the center, too: all of it is open to her)".to_owned(),
            "Or sign up as one of these sample people, with any e-mail address (the mail lands on /dev/mailbox):"
                .to_owned(),
        ];
        lines.extend(free.map(|p| {
            let phone = PhoneNumber::parse(&sample_number(p.4));
            let phone = phone.map_or(p.4.to_owned(), |phone| phone.national());
            format!(
                "  name {}, birthdate {}, phone {phone}, HER-SYS ID {}",
                p.2, p.3, p.9
            )
        }));
        Ok(Demo { lines })
    }

    async fn fill_people(&self, center: &HealthCenter) -> Result<(), Error> {
        let today = self.app.today();
        let ago = |days: i32| today.saturating_sub(days.days()).to_string();
        let mut file = csv::Writer::from_writer(Vec::new());
        let broken = |_| Error::broken("the sample people cannot be written");
        file.write_record(crate::case_import::HEADER)
            .map_err(broken)?;
        for p in PEOPLE {
            let (onset, entered) = (
                p.7.map(ago).unwrap_or_default(),
                p.8.map(ago).unwrap_or_default(),
            );
            let diagnosed = ago(p.6);
            let row = [
                p.0, p.1, p.2, p.3, p.4, p.5, &diagnosed, &onset, &entered, "", p.9,
            ];
            file.write_record(row).map_err(broken)?;
        }
        let bytes = file
            .into_inner()
            .map_err(|_| Error::broken("the sample people cannot be written"))?;
        match self.import(&bytes, center.id).await? {
            Ok(_) => Ok(()),
            // They are imported all or none, so they stand already.
            Err(errors) if errors.iter().all(|e| e.column == "hersys_id") => Ok(()),
            Err(_) => Err(Error::broken("the sample people cannot be imported")),
        }
    }

    /// The sample prefecture around the sample center, after [`SystemDesk::fill_demo`]. Tells what more to type.
    pub async fn fill_demo_prefecture(&self) -> Result<Vec<String>, Error> {
        let first = self
            .health_centers()
            .await?
            .into_iter()
            .find(|center| center.name == CENTER)
            .ok_or_else(|| Error::broken("there is no sample center"))?;
        self.fill_prefecture(&first).await?;
        self.fill_clinics().await?;
        self.fill_loose_ends().await?;
        let also = prefecture::STAFF
            .iter()
            .map(|(email, _, role, _)| (*email, *role))
            .chain([
                (prefecture::OFFICER, StaffRole::PrefectureOfficer),
                (prefecture::ANALYST, StaffRole::Analyst),
            ])
            .chain(
                clinics::CLINICS
                    .iter()
                    .map(|(email, ..)| (*email, StaffRole::MedicalInstitution)),
            )
            .chain([(clinics::FIRM, StaffRole::Contractor)]);
        let mut lines = vec!["Other sample staff, with the same password:".to_owned()];
        lines.extend(also.map(|(email, role)| {
            let role = role.word().replace('_', " ");
            format!("  {email:<26}{role}")
        }));
        Ok(lines)
    }

    /// A sample account, signed in; the same one where it stands.
    async fn sample_account(
        &self,
        email: &EmailAddress,
        language: &str,
    ) -> Result<PatientDesk, Error> {
        let app = &self.app;
        let password = check_password(PASSWORD, email, OwnData::default())
            .map_err(|_| Error::broken("the sample password is refused"))?;
        let row = AccountRow {
            id: AccountId::from_uuid(app.new_uuid()),
            email_sealed: app.keys().seal_text("email", email.as_str()),
            email_blind: crate::code::email_blind(app.keys(), email),
            password_hash: app.inner.hashing.hash(password).await?,
            language: language.to_owned(),
        };
        let (now, id, token) = (
            app.clock.now(),
            SessionId::from_uuid(app.new_uuid()),
            Token::generate(),
        );
        let hash = token.hash();
        app.db()
            .write(move |tx| {
                account::insert(tx, &row, now)?;
                let stands = account::by_email(tx, &row.email_blind)?;
                let account = stands.map_or(row.id, |stands| stands.id);
                session::start(tx, id, &hash, account, now, now + SESSION_LIFE)
            })
            .await?;
        app.patient_desk(&token, None)
            .await?
            .ok_or_else(|| Error::broken("a sample family cannot sign in"))
    }

    /// A family of two with reports over the last days.
    async fn fill_family(&self, email: &EmailAddress) -> Result<(), Error> {
        let desk = self.sample_account(email, "en").await?;
        let members = desk.members().await?;
        let is_missing = |id: &str| members.iter().all(|m| m.hersys_id != id);
        for person in PEOPLE[..2].iter().filter(|p| is_missing(p.9)) {
            let mut born = person.3.split('-').map(str::to_owned);
            let mut next = || born.next().unwrap_or_default();
            let typed = Typed {
                name: person.0.to_owned(),
                birth_year: next(),
                birth_month: next(),
                birth_day: next(),
                phone: sample_number(person.4),
                hersys_id: person.9.to_owned(),
            };
            let _ = desk.keep_attributes(&typed).await?;
            if !matches!(desk.save_attributes().await?, Registration::Registered(_)) {
                return Err(Error::broken("a sample person cannot be registered"));
            }
        }
        self.fill_reports(desk).await
    }

    async fn fill_reports(&self, desk: PatientDesk) -> Result<(), Error> {
        let members = desk.members().await?;
        // By the ID: two who were registered in the same millisecond have no order.
        let Some(member) = members.iter().find(|m| m.hersys_id == PEOPLE[0].9) else {
            return Ok(());
        };
        // Reports of the past are sent by a desk whose clock stands in the past.
        let mut past = desk.clone();
        for (days, temperature, spo2, note) in [
            (4, "38.6", "96", ""),
            (3, "38.2", "96", ""),
            (2, "37.9", "95", "The cough keeps me awake."),
            (1, "37.2", "97", ""),
        ]
        .into_iter()
        .skip(usize::try_from(member.report_count).unwrap_or(0))
        {
            past.app.clock =
                Clock::standing_at(self.app.clock.now() - SignedDuration::from_hours(24 * days));
            let Some(form) = past.report_form(member.case).await? else {
                continue;
            };
            let raw = RawReport {
                temperature: temperature.to_owned(),
                spo2: spo2.to_owned(),
                note: note.to_owned(),
                symptoms: {
                    let mut words = form.stored.questionnaire.calm_words();
                    for id in ["cough", "malaise"] {
                        words.insert(id.to_owned(), "yes".to_owned());
                    }
                    words
                },
                ..RawReport::default()
            };
            past.submit_report(member.case, form.key, &raw).await?;
        }
        Ok(())
    }
}
