//! Entering a passport number: by the person during the first log-in, by the center at any time.

use crate::family::PassportState;
use crate::{Error, PatientDesk, StaffDesk, audit};
use domain::ids::CaseId;
use domain::passport_number::{PassportNumber, PassportNumberError};
use domain::staff_role::Right;
use storage::case_registration as cases;
use storage::passport_number as rows;

pub(crate) const SEALED_AS: &str = "passport_number";

/// What came of entering a passport number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnterPassport {
    /// It stands.
    Entered,
    /// It cannot be one.
    Problem(PassportNumberError),
    /// It stands already, is not asked for, or the first log-in is over: the center must be contacted.
    ContactCenter,
    /// There is no such member.
    NoSuchMember,
}

impl PatientDesk {
    /// Enters the number of a member whose first log-in this is.
    pub async fn enter_passport(&self, case: CaseId, typed: &str) -> Result<EnterPassport, Error> {
        let Some(member) = self.member(case).await? else {
            return Ok(EnterPassport::NoSuchMember);
        };
        if member.passport != PassportState::Ask {
            return Ok(EnterPassport::ContactCenter);
        }
        let number = match PassportNumber::parse(typed) {
            Ok(number) => number,
            Err(problem) => return Ok(EnterPassport::Problem(problem)),
        };
        let sealed = self.app.keys().seal_text(SEALED_AS, number.as_str());
        let (account, session, now) = (self.account, self.session, self.app.clock.now());
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
        Ok(if entered {
            EnterPassport::Entered
        } else {
            EnterPassport::ContactCenter
        })
    }
}

impl StaffDesk {
    /// Enters or changes the number of a case of the center; an empty text takes it away. `Ok(false)` where there is no
    /// such case.
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
                if cases::find(tx, &scope, case)?.is_none() {
                    return Ok(false);
                }
                audit::note(tx, &keys, &entry)?;
                rows::set_by_center(tx, case, sealed.as_deref(), now)
            })
            .await?;
        Ok(Ok(set))
    }
}
