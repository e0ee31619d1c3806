//! That somebody met a case was noted in error: it is taken away, with the reason, and can be noted anew.

use super::settle;
use crate::audit::{self, about};
use crate::monitoring::NOTE_LENGTH;
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::civil::Date;
use storage::Tx;
use storage::case_registration as cases;
use storage::close_contacts::{self as rows, LinkRow};
use storage::corrections::{self, CorrectionRow};
use storage::monitoring;

/// That two people met, as the page shows it on which that is taken away.
#[derive(Clone, Debug)]
pub struct Met {
    /// Who was ill: the case, and the names.
    pub source: super::Person,
    /// Who met them.
    pub contact: super::Person,
    /// The last day on which they met.
    pub last_contact_on: Date,
    /// Whether no other contact of theirs is known: then the day of the last contact stays.
    pub is_only: bool,
}

/// What came of taking it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlink {
    /// It is taken away.
    Done,
    /// The reason is missing, or too long.
    Reason,
    /// It is not there any more.
    Gone,
    /// One of the two is not in reach.
    NoSuchCase,
}

impl StaffDesk {
    /// That somebody in reach met somebody else in reach; none where that is not noted.
    pub async fn met(&self, case: CaseId, other: CaseId) -> Result<Option<Met>, Error> {
        self.needs(Right::Follow)?;
        let network = self.network(case).await?;
        let known = |id: CaseId| {
            network.people.iter().find_map(|one| match one {
                super::Someone::Known(person) if person.case == id => Some(person.clone()),
                _ => None,
            })
        };
        let links = self
            .app
            .db()
            .read(move |tx| {
                let links = rows::of_case(tx, case)?;
                let Some(link) = links.into_iter().find(|link| is_of(link, other)) else {
                    return Ok(None);
                };
                let of_contact = rows::of_case(tx, link.contact)?;
                let others = of_contact
                    .into_iter()
                    .filter(|one| one.contact == link.contact);
                Ok(Some((link, others.count() == 1)))
            })
            .await?;
        let Some((link, is_only)) = links else {
            return Ok(None);
        };
        let (Some(source), Some(contact)) = (known(link.source), known(link.contact)) else {
            return Ok(None);
        };
        Ok(Some(Met {
            source,
            contact,
            last_contact_on: link.last_contact_on,
            is_only,
        }))
    }

    /// Takes away that two people in reach met. A contact isolates from the last of the other contacts on, where there is one.
    pub async fn unlink_contact(
        &self,
        case: CaseId,
        other: CaseId,
        reason: &str,
    ) -> Result<Unlink, Error> {
        self.needs(Right::Follow)?;
        let reason = clean_note(reason);
        if !(1..=NOTE_LENGTH).contains(&reason.chars().count()) {
            return Ok(Unlink::Reason);
        }
        let (desk, scope, now) = (self.clone(), self.scope(), self.app.clock.now());
        let ids = [self.app.new_uuid(), self.app.new_uuid()];
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let app = &desk.app;
                monitoring::hold_all(tx, vec![case, other])?;
                let (Some(one), Some(another)) = (
                    cases::find(tx, &scope, case)?,
                    cases::find(tx, &scope, other)?,
                ) else {
                    return Ok(Unlink::NoSuchCase);
                };
                let taken = rows::unlink(tx, case, other)?;
                let Some(link) = taken.first().copied() else {
                    return Ok(Unlink::Gone);
                };
                unlink_merged(tx, (case, other))?;
                for link in &taken {
                    settle(app, tx, link.contact)?;
                }
                let keys = app.keys();
                let seal = |text: &str| keys.seal_text("correction", text);
                for ((row, met), id) in [(&one, &another), (&another, &one)].into_iter().zip(ids) {
                    let before = serde_json::json!({
                        "met": met.hersys_id,
                        "last_contact_on": link.last_contact_on.to_string(),
                    });
                    let line = CorrectionRow {
                        case: row.id,
                        id,
                        subject: "link".to_owned(),
                        subject_id: Some(met.id.uuid()),
                        at: now,
                        by: desk.staff,
                        reason_sealed: seal(&reason),
                        before_sealed: seal(&before.to_string()),
                        after_sealed: seal("{}"),
                        by_name: String::new(),
                    };
                    corrections::insert(tx, &line)?;
                    monitoring::touch(tx, row.id, now)?;
                    let entry = desk.did("case.contact_unlinked", Some(row.id));
                    audit::note(tx, keys, &about(entry, met.id.uuid()))?;
                }
                Ok(Unlink::Done)
            })
            .await?)
    }
}

/// Takes the same away of what was merged into either: the kept record had it too, and no page shows it twice.
fn unlink_merged(tx: &mut Tx<'_>, (one, other): (CaseId, CaseId)) -> Result<(), storage::Error> {
    let with_merged = |tx: &mut Tx<'_>, case| -> Result<Vec<CaseId>, storage::Error> {
        let merged = cases::merged_into(tx, case)?.into_iter().map(|row| row.id);
        Ok(std::iter::once(case).chain(merged).collect())
    };
    let (ones, others) = (with_merged(tx, one)?, with_merged(tx, other)?);
    for (one, other) in ones
        .iter()
        .flat_map(|one| others.iter().map(move |o| (*one, *o)))
    {
        rows::unlink(tx, one, other)?;
    }
    Ok(())
}

fn is_of(link: &LinkRow, other: CaseId) -> bool {
    link.source == other || link.contact == other
}
