//! Phone numbers that a correction has taken out of somebody's record. Most often one was a stranger's: told once more, such as from
//! an old chart, it must not come back without a look.

use super::open_values;
use crate::{App, Error, StaffDesk};
use domain::ids::{CaseId, PersonId};
use domain::phone::PhoneNumber;
use domain::staff_role::Right;
use storage::case_registration as cases;
use storage::corrections as rows;

impl App {
    /// The numbers that corrections have taken out of the records of a person, and of what became part of these.
    pub(crate) async fn numbers_taken_out(
        &self,
        person: PersonId,
    ) -> Result<Vec<PhoneNumber>, Error> {
        let lines = self.db().read(move |tx| {
            let mut lines = Vec::new();
            for illness in cases::of_person(tx, person)? {
                let parts = cases::merged_into(tx, illness.id)?;
                for case in parts.iter().map(|part| part.id).chain([illness.id]) {
                    lines.extend(rows::of_case(tx, case)?);
                }
            }
            Ok(lines)
        });
        let number = |sealed: &[u8]| -> Result<Option<PhoneNumber>, Error> {
            let values = open_values(self, sealed)?;
            let text = values.get("phone").and_then(|text| text.as_str());
            Ok(text.and_then(|text| PhoneNumber::parse(text).ok()))
        };
        let mut taken_out = Vec::new();
        for line in lines.await? {
            if line.subject != "attributes" {
                continue;
            }
            let (before, after) = (number(&line.before_sealed)?, number(&line.after_sealed)?);
            taken_out.extend(before.filter(|stood| after.as_ref() != Some(stood)));
        }
        Ok(taken_out)
    }
}

impl StaffDesk {
    /// Whether a correction has taken this number out of the record of a case in reach, or of another one of the same person.
    pub async fn was_taken_out(&self, case: CaseId, phone: &str) -> Result<bool, Error> {
        self.needs(Right::CorrectPersons)?;
        let Ok(phone) = PhoneNumber::parse(phone) else {
            return Ok(false);
        };
        let scope = self.scope();
        let row = self.app.db().read(move |tx| cases::find(tx, &scope, case));
        match row.await? {
            Some(row) => Ok(self
                .app
                .numbers_taken_out(row.person)
                .await?
                .contains(&phone)),
            None => Ok(false),
        }
    }
}
