//! The certificate of isolation (療養証明書): from when until when somebody isolated, as the center decided it. It is shown on
//! the page of the person, printed, and can be checked by whoever is shown it.
//!
//! What it says comes from the decision of the release and the calculation that was kept with it, so an isolation that was
//! extended is right by itself.

mod check;
mod draw;

pub use check::{CheckCertificate, Checked, TypedCheck};

use crate::audit::{self, about};
use crate::correction::release_that_holds;
use crate::family::name_in;
use crate::health_center::HealthCenter;
use crate::keys::random;
use crate::{App, Error, PatientDesk, StaffDesk};
use domain::certificate::{CODE_LENGTH, CertificateCode, IsolationEnd};
use domain::health_day::health_day;
use domain::ids::{CaseId, CertificateId, JurisdictionId};
use domain::language::Language;
use domain::monitoring::MonitoringStatus;
use domain::name::as_kept;
use domain::personal::Personal;
use domain::staff_role::Right;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use storage::Tx;
use storage::case_registration::{self as cases, CaseRow, NameRow};
use storage::certificate::{self as rows, CertificateRow};
use storage::corrections::CorrectionRow;

/// The purpose under which contents are sealed, and codes and birthdates are hashed.
const SEALED_AS: &str = "certificate";

/// What a certificate says of the illness; while it stands so, the paper is right.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    /// The spellings of the name, the one for the language first.
    names: Vec<String>,
    birthdate: Date,
    programme: String,
    diagnosed_on: Date,
    first_day: Date,
    end: IsolationEnd,
}

impl Said {
    /// Whether a paper of a moment that says this is right still where the record stands so now.
    fn still_says(&self, issued_at: Timestamp, standing: &Standing) -> bool {
        let now = &standing.said;
        // It was written after the decision that holds, so it says that one: by the clock of then, whatever clock the center
        // has by now, or the center to which the person was handed over.
        let by_then = standing.ended_at.is_some_and(|at| at <= issued_at);
        let names = |said: &Said| {
            let mut names: Vec<String> = said.names.iter().map(|name| as_kept(name)).collect();
            names.sort_unstable();
            names
        };
        names(self) == names(now)
            && self.birthdate == now.birthdate
            && self.programme == now.programme
            && self.diagnosed_on == now.diagnosed_on
            && self.first_day == now.first_day
            && (self.end.still_says(now.end) || by_then && self.end.is_by_another_clock(now.end))
    }
}

/// What a certificate says in all, kept as it was issued.
#[derive(Clone, Serialize, Deserialize)]
struct Content {
    language: String,
    code: CertificateCode,
    hersys_id: String,
    disease: String,
    center: String,
    contact: Vec<String>,
    issued_on: Date,
    said: Said,
}

/// A certificate as pages show it: one that was issued, or what one would say now.
#[derive(Clone)]
pub struct Certificate {
    /// Its id and its code; none where it is not issued.
    pub issued: Option<(CertificateId, CertificateCode)>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The day of that at the center.
    pub issued_on: Date,
    /// Who of the staff issued it; none: the person.
    pub issued_by: Option<String>,
    /// The language that it is written in.
    pub language: Language,
    /// The spellings of the name, the one for the language first.
    pub names: Vec<Personal<String>>,
    /// The day of birth.
    pub birthdate: Personal<Date>,
    /// The number on the brochure.
    pub hersys_id: String,
    /// The disease, in words.
    pub disease: String,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// The first day of isolation.
    pub first_day: Date,
    /// How it ended, or that it goes on.
    pub end: IsolationEnd,
    /// The center that follows the person.
    pub center: String,
    /// How it is reached.
    pub contact: Vec<String>,
    /// Where it is checked: the address of the page, without the code.
    pub check_url: String,
    /// Whether what stands now is what it says.
    pub is_right: bool,
}

impl Certificate {
    /// The name.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", |name| name.expose())
    }

    /// Whether the name can be printed in one of its spellings: a name is printed right or not at all.
    pub fn can_be_printed(&self) -> bool {
        draw::can_name(self)
    }

    /// The address that the QR code leads to. The code stands behind the `#`, which no browser sends: it is in no log.
    pub fn check_address(&self) -> String {
        match &self.issued {
            Some((_, code)) => format!("{}#{}", self.check_url, code.plain()),
            None => self.check_url.clone(),
        }
    }

    /// The same as a QR code, to be put into HTML.
    pub fn qr_svg(&self) -> Option<String> {
        crate::second_factor::totp::qr_svg(&self.check_address()).ok()
    }
}

/// Why there is no certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoCertificate {
    /// The person met somebody who is ill, and is not ill.
    Contact,
    /// The case was registered in error.
    InError,
    /// The person has died: the center issues it to the family.
    Died,
}

/// What there is of certificates of somebody.
#[derive(Clone)]
pub struct Certificates {
    /// The center that follows the person.
    pub center: Arc<HealthCenter>,
    /// What one would say now; or why there is none.
    pub now: Result<Certificate, NoCertificate>,
    /// Those that were issued, the latest first.
    pub issued: Vec<Certificate>,
}

/// What came of issuing one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IssueCertificate {
    /// It stands under this id.
    Issued(CertificateId),
    /// There is none.
    None(NoCertificate),
    /// The name cannot be printed in any of its spellings.
    CannotName,
    /// There is no such case.
    NoSuchCase,
}

/// What came of printing one.
pub enum CertificatePaper {
    /// The file.
    Pdf(Vec<u8>),
    /// The name cannot be printed in any of its spellings.
    CannotName,
}

/// How a case stands, read in one transaction.
struct Found {
    row: CaseRow,
    names: Vec<NameRow>,
    followed: Option<(String, Option<Timestamp>)>,
    corrections: Vec<CorrectionRow>,
    issued: Vec<CertificateRow>,
}

/// Reads how the record of a case stands; where two records became one, that of the one which was kept.
fn find(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Found>, storage::Error> {
    let Some(named) = cases::by_id(tx, case)? else {
        return Ok(None);
    };
    let record = named.record();
    let row = match record == case {
        true => Some(named),
        false => cases::by_id(tx, record)?,
    };
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Found {
        names: cases::names(tx, row.person)?,
        followed: storage::monitoring::status(tx, record)?,
        corrections: storage::corrections::of_case(tx, record)?,
        issued: rows::of_case(tx, record)?,
        row,
    }))
}

/// The end of a HER-SYS ID. With all of it, the name, the birthdate and a phone number somebody signs up, and a certificate is
/// made to be shown to others.
fn end_of(hersys_id: &str) -> String {
    const SHOWN: usize = 4;
    let hidden = hersys_id.chars().count().saturating_sub(SHOWN);
    let end: String = hersys_id.chars().skip(hidden).collect();
    format!("…{end}")
}

/// How a case stands, understood.
struct Standing {
    center: Arc<HealthCenter>,
    names: Vec<(String, Personal<String>)>,
    why_not: Option<NoCertificate>,
    said: Said,
    /// When it was decided that the isolation is over, or following ended; none while it goes on.
    ended_at: Option<Timestamp>,
}

impl App {
    async fn standing(&self, found: &Found) -> Result<Standing, Error> {
        let row = &found.row;
        let center = self.center(row.center).await?;
        let today = health_day(self.clock.now(), &center.time_zone);
        // Nobody can attest from when on somebody stayed at home before the diagnosis.
        let first_day = row.diagnosed_on;
        let (status, closed_at) = match &found.followed {
            Some((word, closed_at)) => (
                MonitoringStatus::parse(word).unwrap_or_default(),
                *closed_at,
            ),
            None => (MonitoringStatus::default(), None),
        };
        let day_of = |at: Timestamp| health_day(at, &center.time_zone);
        let mut ended_at = closed_at.filter(|_| !status.is_open());
        let end = match status {
            MonitoringStatus::Released => {
                // Not when the record was closed: a merge closes records, too.
                let release = release_that_holds(self, &found.corrections)?;
                ended_at = release.as_ref().map(|(at, _)| *at).or(ended_at);
                let calculation = release.and_then(|(_, calculation)| calculation);
                let last_day = calculation.and_then(|calculation| calculation.last_day);
                let on = ended_at.map_or(today, day_of);
                IsolationEnd::by_release(last_day, on, first_day)
            }
            status if status.is_open() => IsolationEnd::GoesOn { as_of: today },
            _ => IsolationEnd::FollowUpEnded {
                on: ended_at.map_or(today, day_of),
            },
        };
        let why_not = if row.is_in_error || status == MonitoringStatus::InError {
            Some(NoCertificate::InError)
        } else if row.is_contact {
            Some(NoCertificate::Contact)
        } else if status == MonitoringStatus::Died {
            Some(NoCertificate::Died)
        } else {
            None
        };
        let names: Vec<(String, Personal<String>)> = found
            .names
            .iter()
            .map(|one| (one.script.clone(), Personal::new(one.name.clone())))
            .collect();
        Ok(Standing {
            said: Said {
                names: names
                    .iter()
                    .map(|(_, name)| name.expose().clone())
                    .collect(),
                birthdate: row.birthdate,
                programme: row.programme.clone(),
                diagnosed_on: row.diagnosed_on,
                first_day,
                end,
            },
            ended_at,
            center,
            names,
            why_not,
        })
    }

    /// What a certificate of somebody says now, with a new code.
    fn content(&self, found: &Found, standing: &Standing, language: Language) -> Content {
        let tag = language.tag();
        let (row, center) = (&found.row, &standing.center);
        let mut said = standing.said.clone();
        let first = name_in(&standing.names, tag);
        // The sort is stable: of the others the order stays.
        said.names.sort_by_key(|name| name.as_str() != first);
        let place = JurisdictionId::from_uuid(row.center.uuid());
        let disease = self.disease(&row.programme, Some(place));
        Content {
            language: tag.to_owned(),
            code: CertificateCode::of(random::<{ CODE_LENGTH }>()),
            hersys_id: end_of(&row.hersys_id),
            disease: disease.in_language(tag).to_owned(),
            center: center.name_in(tag).to_owned(),
            contact: self.contact_lines(center, language),
            issued_on: health_day(self.clock.now(), &center.time_zone),
            said,
        }
    }

    fn open_content(&self, row: &CertificateRow) -> Result<Content, Error> {
        let text = self.keys().open_text(SEALED_AS, &row.content_sealed)?;
        serde_json::from_str(text.expose())
            .map_err(|_| Error::broken(format!("certificates.content of {}", row.id)))
    }

    /// The keyed hash of a code and the birthdate on the paper.
    fn proof(&self, code: &CertificateCode, birthdate: Date) -> Vec<u8> {
        let both = format!("{} {birthdate}", code.plain());
        self.keys().blind(SEALED_AS, &both)
    }

    fn shown(&self, content: Content, row: Option<&CertificateRow>, is_right: bool) -> Certificate {
        let said = content.said;
        Certificate {
            issued: row.map(|row| (row.id, content.code)),
            issued_at: row.map_or_else(|| self.clock.now(), |row| row.issued_at),
            issued_on: content.issued_on,
            issued_by: row.and_then(|row| row.issued_name.clone()),
            language: Language::parse(&content.language).unwrap_or_default(),
            names: said.names.into_iter().map(Personal::new).collect(),
            birthdate: Personal::new(said.birthdate),
            hersys_id: content.hersys_id,
            disease: content.disease,
            diagnosed_on: said.diagnosed_on,
            first_day: said.first_day,
            end: said.end,
            center: content.center,
            contact: content.contact,
            check_url: format!("{}/certificate/check", self.public_url()),
            is_right,
        }
    }

    async fn certificates_of(
        &self,
        case: CaseId,
        language: Language,
        for_family: bool,
    ) -> Result<Option<(Certificates, Found, Content)>, Error> {
        self.fresh_rules().await?;
        let Some(found) = self.db().read(move |tx| find(tx, case)).await? else {
            return Ok(None);
        };
        let standing = self.standing(&found).await?;
        let content = self.content(&found, &standing, language);
        let mut issued = Vec::with_capacity(found.issued.len());
        for row in &found.issued {
            let one = self.open_content(row)?;
            let is_right = standing
                .why_not
                .is_none_or(|why| why == NoCertificate::Died)
                && one.said.still_says(row.issued_at, &standing);
            issued.push(self.shown(one, Some(row), is_right));
        }
        let why_not = standing
            .why_not
            .filter(|why| for_family || *why != NoCertificate::Died);
        let now = match why_not {
            Some(why) => Err(why),
            None => Ok(self.shown(content.clone(), None, true)),
        };
        let all = Certificates {
            center: standing.center,
            now,
            issued,
        };
        Ok(Some((all, found, content)))
    }

    fn row(
        &self,
        (id, case): (CertificateId, CaseId),
        issued_by: Option<domain::ids::StaffId>,
        content: &Content,
    ) -> Result<CertificateRow, Error> {
        let text = serde_json::to_string(content)
            .map_err(|e| Error::broken(format!("a certificate cannot be stored: {e}")))?;
        Ok(CertificateRow {
            id,
            case,
            issued_at: self.clock.now(),
            issued_by,
            issued_name: None,
            proof_blind: self.proof(&content.code, content.said.birthdate),
            content_sealed: self.keys().seal_text(SEALED_AS, &text),
        })
    }
}

/// A certificate on paper.
async fn on_paper(certificate: Certificate) -> Result<CertificatePaper, Error> {
    if !certificate.can_be_printed() {
        return Ok(CertificatePaper::CannotName);
    }
    // Drawing takes milliseconds of a core, so it does not hold up other requests.
    let trace = crate::trace::part("pdf draw");
    let pdf = tokio::task::spawn_blocking(move || trace.run(|| draw::draw(&certificate)))
        .await
        .map_err(|_| Error::broken("drawing a certificate panicked"))?
        .map_err(|e| Error::broken(e.to_string()))?;
    Ok(CertificatePaper::Pdf(pdf))
}

impl Certificates {
    /// The latest of those that were issued in a language and say what stands today.
    pub fn that_stands(&self, language: Language) -> Option<&Certificate> {
        let mut fits = self.issued.iter().filter(|one| one.language == language);
        // One that says that the isolation goes on says it of the day of its issue.
        fits.find(|one| match (&self.now, one.end) {
            (Ok(now), IsolationEnd::GoesOn { .. }) => one.is_right && one.end == now.end,
            _ => one.is_right,
        })
    }
}

impl PatientDesk {
    /// What there is of certificates of a member; `None` where there is no such member, or where what is known of them is closed.
    pub async fn certificates(
        &self,
        case: CaseId,
        language: Language,
    ) -> Result<Option<Certificates>, Error> {
        match self.member(case).await? {
            Some(member) if !member.is_closed => {
                let found = self.app.certificates_of(case, language, true).await?;
                Ok(found.map(|(all, _, _)| all))
            }
            _ => Ok(None),
        }
    }

    /// Issues a certificate of a member; where one says already what stands, it is that one.
    pub async fn issue_certificate(
        &self,
        case: CaseId,
        language: Language,
    ) -> Result<IssueCertificate, Error> {
        let is_open = self.member(case).await?.is_some_and(|one| !one.is_closed);
        let found = match is_open {
            true => self.app.certificates_of(case, language, true).await?,
            false => None,
        };
        let Some((all, found, content)) = found else {
            return Ok(IssueCertificate::NoSuchCase);
        };
        if let Err(why) = all.now {
            return Ok(IssueCertificate::None(why));
        }
        if let Some((id, _)) = all.that_stands(language).and_then(|one| one.issued.clone()) {
            return Ok(IssueCertificate::Issued(id));
        }
        let id = CertificateId::from_uuid(self.app.new_uuid());
        let record = found.row.id;
        let row = self.app.row((id, case), None, &content)?;
        let entry = about(self.did("certificate.issued", record), id.uuid());
        let (account, keys) = (self.account, self.app.keys().clone());
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // Whoever purges holds this row until nothing of the case is left.
                storage::monitoring::hold(tx, record)?;
                if storage::family::member(tx, account, case)?.is_none() {
                    return Ok(IssueCertificate::NoSuchCase);
                }
                rows::insert(tx, &row)?;
                audit::note(tx, &keys, &entry)?;
                Ok(IssueCertificate::Issued(id))
            })
            .await?)
    }

    /// A certificate of a member on paper.
    pub async fn certificate_on_paper(
        &self,
        case: CaseId,
        id: CertificateId,
    ) -> Result<Option<CertificatePaper>, Error> {
        let all = self.certificates(case, self.language).await?;
        match all.and_then(|all| of_id(all, id)) {
            Some(one) => on_paper(one).await.map(Some),
            None => Ok(None),
        }
    }
}

fn of_id(all: Certificates, id: CertificateId) -> Option<Certificate> {
    let is_it = |one: &Certificate| one.issued.as_ref().is_some_and(|(of, _)| *of == id);
    all.issued.into_iter().find(is_it)
}

impl StaffDesk {
    /// What there is of certificates of a case in reach.
    pub async fn certificates(
        &self,
        case: CaseId,
        language: Language,
    ) -> Result<Option<Certificates>, Error> {
        self.needs(Right::Certify)?;
        if self.case(case).await?.is_none() {
            return Ok(None);
        }
        let found = self.app.certificates_of(case, language, false).await?;
        Ok(found.map(|(all, _, _)| all))
    }

    /// Issues a certificate; `id` is the key that makes a repeated form one certificate.
    pub async fn issue_certificate(
        &self,
        case: CaseId,
        id: CertificateId,
        language: Language,
    ) -> Result<IssueCertificate, Error> {
        self.needs(Right::Certify)?;
        let found = match self.case(case).await? {
            Some(_) => self.app.certificates_of(case, language, false).await?,
            None => None,
        };
        let Some((all, found, content)) = found else {
            return Ok(IssueCertificate::NoSuchCase);
        };
        match &all.now {
            Err(why) => return Ok(IssueCertificate::None(*why)),
            Ok(now) if !now.can_be_printed() => return Ok(IssueCertificate::CannotName),
            Ok(_) => {}
        }
        // The same form sent again is the same certificate, but not where another language is asked for or the record says
        // something else by now.
        let is_it = |one: &&Certificate| one.issued.as_ref().is_some_and(|(of, _)| *of == id);
        let stood = all.issued.iter().find(is_it);
        let id = match (stood, &all.now) {
            (Some(one), Ok(now))
                if one.language != language || !one.is_right || one.end != now.end =>
            {
                CertificateId::from_uuid(self.app.new_uuid())
            }
            _ => id,
        };
        let row = self.app.row((id, case), Some(self.staff), &content)?;
        let entry = about(self.did("certificate.issued", Some(case)), id.uuid());
        let (scope, keys, record) = (self.scope(), self.app.keys().clone(), found.row.id);
        Ok(self
            .app
            .db()
            .write(move |tx| {
                storage::monitoring::hold(tx, record)?;
                if cases::find(tx, &scope, case)?.is_none() {
                    return Ok(IssueCertificate::NoSuchCase);
                }
                if rows::insert(tx, &row)? {
                    audit::note(tx, &keys, &entry)?;
                }
                Ok(IssueCertificate::Issued(id))
            })
            .await?)
    }

    /// A certificate of a case in reach on paper.
    pub async fn certificate_on_paper(
        &self,
        case: CaseId,
        id: CertificateId,
    ) -> Result<Option<CertificatePaper>, Error> {
        let all = self.certificates(case, Language::En).await?;
        let Some(one) = all.and_then(|all| of_id(all, id)) else {
            return Ok(None);
        };
        let entry = about(self.did("certificate.printed", Some(case)), id.uuid());
        self.note_read(entry).await?;
        on_paper(one).await.map(Some)
    }
}
