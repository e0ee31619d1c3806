//! How a case stands beside what a page that was opened a while ago shows: whoever telephones is to know that a colleague
//! has taken the alert meanwhile.

use super::Alert;
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use domain::staff_role::Right;
use storage::alerts as rows;
use storage::case_registration as cases;
use storage::monitoring;

/// The open alert of a case, and how many reports there are.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The open alert.
    pub alert: Option<Alert>,
    /// How many reports there are.
    pub reports: i32,
}

impl StaffDesk {
    /// How a case in reach stands now. Nothing of it is marked as read by that: nobody has looked at it yet.
    ///
    /// # Errors
    /// Where the right is missing or it cannot be read.
    pub async fn standing(&self, case: CaseId) -> Result<Option<Standing>, Error> {
        self.needs(Right::SeeHealth)?;
        let scope = self.scope();
        let db = self.app.db();
        let found = db
            .read(move |tx| {
                if cases::find(tx, &scope, case)?.is_none() {
                    return Ok(None);
                }
                let Some(row) = monitoring::row(tx, case)? else {
                    return Ok(None);
                };
                let alert = rows::open_of_case(tx, case)?;
                Ok(Some((alert, row.monitoring.reports)))
            })
            .await?;
        let now = self.app.clock.now();
        Ok(found.map(|(alert, reports)| Standing {
            alert: alert.map(|row| Alert::read(row, self.staff, now)),
            reports,
        }))
    }
}
