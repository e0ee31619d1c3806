//! Entering a passport number: by the person during the first log-in, by the center at any time.

use crate::family::{Member, PassportState};
use crate::{Error, PatientDesk, StaffDesk, audit};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::{CaseId, SessionId};
use domain::passport_number::{PassportNumber, PassportNumberError};
use domain::staff_role::Right;
use jiff::{SignedDuration, Timestamp};
use storage::audit::AuditEntry;
use storage::case_registration::{self as cases, Scope};
use storage::passport_number as rows;

pub(crate) const SEALED_AS: &str = "passport_number";

/// What came of entering a passport number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnterPassport {
    /// It stands.
    Entered,
    /// It cannot be one.
    Problem(PassportNumberError),
    /// A number stood already, and not this one: this one was not saved, and the center must be contacted.
    AnotherStands,
    /// It is not asked for, or the first log-in is over: the center must be contacted.
    ContactCenter,
    /// There is no such member.
    NoSuchMember,
}

/// How long a form that was opened in the first log-in may come when that session has ended: as long as it waits.
const BEGUN_FOR: SignedDuration = SignedDuration::from_hours(12);

impl PatientDesk {
    /// The word of a form for a member's number: whoever signs in anew because the session ended meanwhile can send it all
    /// the same. A new one where this is the first log-in; the one that a form brings along where that began in it, not long
    /// ago; `None` where the number is not to be entered here.
    pub fn passport_form(&self, member: &Member, brought: &str) -> Option<String> {
        match member.passport {
            PassportState::Ask => {
                Some(self.begun(member.case, self.session, self.app.clock.now().as_second()))
            }
            PassportState::ContactCenter => {
                (self.is_begun(member, brought)).then(|| brought.to_owned())
            }
            PassportState::NotNeeded | PassportState::Entered => None,
        }
    }

    /// Whether a form began in the first log-in of a member, not long ago: by its word.
    fn is_begun(&self, member: &Member, brought: &str) -> bool {
        let since = brought.split_once('.').and_then(|(since, _)| {
            let since = since.parse().ok()?;
            Some((since, Timestamp::from_second(since).ok()?))
        });
        let (Some(session), Some((since, at))) = (member.first_session, since) else {
            return false;
        };
        let age = self.app.clock.now().duration_since(at);
        (SignedDuration::ZERO..=BEGUN_FOR).contains(&age)
            && brought == self.begun(member.case, session, since)
    }

    /// What nobody can write but this house: which account opened the form of which member in which session, and when.
    fn begun(&self, case: CaseId, session: SessionId, since: i64) -> String {
        let all = format!("{} {case} {} {since}", self.account, session.uuid());
        let mark = self.app.keys().blind("passport_form", &all);
        format!("{since}.{}", URL_SAFE_NO_PAD.encode(mark))
    }

    /// Enters the number of a member whose first log-in this is, or in whose first log-in the form was opened: `form` is its
    /// word, empty for none.
    pub async fn enter_passport(
        &self,
        case: CaseId,
        typed: &str,
        form: &str,
    ) -> Result<EnterPassport, Error> {
        let Some(member) = self.member(case).await? else {
            return Ok(EnterPassport::NoSuchMember);
        };
        if member.passport == PassportState::Entered {
            return self.stands(&member, typed, form).await;
        }
        let (Some(_), Some(session)) = (self.passport_form(&member, form), member.first_session)
        else {
            return Ok(EnterPassport::ContactCenter);
        };
        let number = match PassportNumber::parse(typed) {
            Ok(number) => number,
            Err(problem) => return Ok(EnterPassport::Problem(problem)),
        };
        let sealed = self.app.keys().seal_text(SEALED_AS, number.as_str());
        let (account, now) = (self.account, self.app.clock.now());
        let entered = self
            .app
            .db()
            .write(move |tx| {
                let entered = rows::enter_by_person(tx, case, account, session, &sealed, now)?;
                if entered {
                    storage::kept_page::forget(tx, account)?;
                }
                Ok(entered)
            })
            .await?;
        match entered {
            true => Ok(EnterPassport::Entered),
            // Somebody else of the family was quicker.
            false => self.stands(&member, typed, form).await,
        }
    }

    /// What to say of a number that came when one stood. Whether it is that one is told only of a form that began in the
    /// first log-in: else numbers could be tried.
    async fn stands(
        &self,
        member: &Member,
        typed: &str,
        form: &str,
    ) -> Result<EnterPassport, Error> {
        let (case, account) = (member.case, self.account);
        let row = self
            .app
            .db()
            .read(move |tx| {
                let row = cases::find(tx, &Scope::Family(account), case)?;
                // Of two records that became one, the number is that of the one that was kept.
                match row.as_ref().and_then(|row| row.merged_into) {
                    Some(kept) => cases::by_id(tx, kept),
                    None => Ok(row),
                }
            })
            .await?;
        let Some(sealed) = row.and_then(|row| row.passport_sealed) else {
            return Ok(EnterPassport::ContactCenter);
        };
        let stands = self.app.keys().open_text(SEALED_AS, &sealed)?;
        let is_same = self.is_begun(member, form)
            && PassportNumber::parse(typed).is_ok_and(|typed| typed.as_str() == stands.expose());
        Ok(match is_same {
            true => EnterPassport::Entered,
            false => EnterPassport::AnotherStands,
        })
    }
}

impl StaffDesk {
    /// Enters or changes the number of a case of the center; an empty text takes it away. `Ok(false)` where there is no
    /// such case. Of one that became one with another record it goes into that.
    pub async fn set_passport(
        &self,
        case: CaseId,
        typed: &str,
    ) -> Result<Result<bool, PassportNumberError>, Error> {
        self.needs(Right::CorrectPersons)?;
        let sealed = match PassportNumber::parse(typed) {
            Ok(number) => Some(self.app.keys().seal_text(SEALED_AS, number.as_str())),
            Err(PassportNumberError::Empty) => None,
            Err(problem) => return Ok(Err(problem)),
        };
        let (scope, now) = (self.scope(), self.app.clock.now());
        let keys = self.app.keys().clone();
        let entry = audit::with(self.did("case.corrected", Some(case)), "passport_number");
        let set = self
            .app
            .db()
            .write(move |tx| {
                let Some(row) = cases::find(tx, &scope, case)? else {
                    return Ok(false);
                };
                let record = row.record();
                let entry = AuditEntry {
                    case: Some(record),
                    ..entry.clone()
                };
                audit::note(tx, &keys, &entry)?;
                rows::set_by_center(tx, record, sealed.as_deref(), now)
            })
            .await?;
        Ok(Ok(set))
    }
}
