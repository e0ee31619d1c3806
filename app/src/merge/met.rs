//! The day of the last contact of two contacts' records that become one, and are two again: whoever met somebody under either
//! number isolates from the later day on.

use super::Lines;
use crate::App;
use crate::audit::{self, with};
use crate::close_contacts::Settled;
use domain::ids::CaseId;
use serde_json::json;
use storage::audit::AuditEntry;
use storage::corrections::{self, CorrectionRow};
use storage::{Error, Tx};
use uuid::Uuid;

impl Lines {
    /// Writes a line of the day of the last contact, where it is another one now; the record tells of it as of any other
    /// correction.
    pub(super) fn write_last_contact(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        (case, id): (CaseId, Uuid),
        settled: Settled,
    ) -> Result<(), Error> {
        const DAY: &str = "last_contact_on";
        let Some((was, is)) = settled else {
            return Ok(());
        };
        let told = |day: jiff::civil::Date| {
            let told = json!({ DAY: day.to_string() });
            app.keys().seal_text("correction", &told.to_string())
        };
        let correction = CorrectionRow {
            case,
            id,
            subject: "attributes".to_owned(),
            subject_id: None,
            at: self.at,
            by: self.by,
            reason_sealed: self.reason_sealed.clone(),
            before_sealed: told(was),
            after_sealed: told(is),
            by_name: String::new(),
        };
        corrections::insert(tx, &correction)?;
        let entry = AuditEntry {
            case: Some(case),
            ..with(self.corrected.clone(), DAY)
        };
        audit::note(tx, app.keys(), &entry)
    }
}
