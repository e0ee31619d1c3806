//! Where somebody lives and stays: what whoever sends help must know.

use crate::keys::Keys;
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, PersonId};
use domain::personal::Personal;
use domain::staff_role::StaffRole;
use std::collections::HashMap;
use storage::case_registration::{self as rows, AddressRow};

/// The purpose under which places are sealed.
pub(crate) const SEALED_AS: &str = "person_address";

/// Where somebody lives, and where they stay if that is elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Address {
    /// The address.
    pub address: Option<Personal<String>>,
    /// Where the person stays who is not at the address.
    pub whereabouts: Option<Personal<String>>,
}

impl Address {
    /// Sealed for the database.
    pub(crate) fn seal(&self, keys: &Keys) -> AddressRow {
        let seal = |text: &Option<Personal<String>>| {
            text.as_ref()
                .map(|text| keys.seal_text(SEALED_AS, text.expose()))
        };
        AddressRow {
            address_sealed: seal(&self.address),
            whereabouts_sealed: seal(&self.whereabouts),
        }
    }

    pub(crate) fn open(keys: &Keys, row: &AddressRow) -> Result<Address, Error> {
        let open = |sealed: &Option<Vec<u8>>| {
            sealed
                .as_ref()
                .map(|sealed| keys.open_text(SEALED_AS, sealed))
                .transpose()
        };
        Ok(Address {
            address: open(&row.address_sealed)?,
            whereabouts: open(&row.whereabouts_sealed)?,
        })
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.address.is_none() && self.whereabouts.is_none()
    }
}

impl StaffDesk {
    /// Where the person of a case in reach lives and stays: as their record says, and where that says nothing as the
    /// latest notification tells. Whoever only notifies learns what stands in a notification in their reach.
    pub async fn address_of(&self, case: CaseId) -> Result<Address, Error> {
        let scope = self.scope();
        let found = self
            .app
            .db()
            .read(move |tx| match rows::find(tx, &scope, case)? {
                Some(row) => Ok(Some(rows::address(tx, row.person)?)),
                None => Ok(None),
            })
            .await?;
        let Some(row) = found else {
            return Ok(Address::default());
        };
        if self.reads_address_of_record() {
            let recorded = Address::open(self.app.keys(), &row)?;
            if !recorded.is_unknown() {
                return Ok(recorded);
            }
        }
        self.notified_address(case).await
    }

    /// Whether an address in the record is for this role, or only what stands in notifications in its reach.
    pub(crate) fn reads_address_of_record(&self) -> bool {
        match self.role {
            StaffRole::Administrator
            | StaffRole::Nurse
            | StaffRole::Clerk
            | StaffRole::PrefectureOfficer => true,
            StaffRole::MedicalInstitution | StaffRole::Contractor | StaffRole::Analyst => false,
        }
    }

    /// The same for many cases, which must have been found in reach before.
    pub(crate) async fn addresses_of(
        &self,
        cases: Vec<(CaseId, PersonId)>,
    ) -> Result<HashMap<CaseId, Address>, Error> {
        let (keys, reads_record) = (self.app.keys().clone(), self.reads_address_of_record());
        let (known, unknown) = self
            .app
            .db()
            .read(move |tx| {
                let (mut known, mut unknown) = (HashMap::new(), Vec::new());
                for (case, person) in &cases {
                    let row = rows::address(tx, *person)?;
                    let told = row.address_sealed.is_some() || row.whereabouts_sealed.is_some();
                    if told && reads_record {
                        known.insert(*case, row);
                    } else {
                        unknown.push((*case, storage::notification::of_case(tx, *case)?));
                    }
                }
                Ok((known, unknown))
            })
            .await?;
        let mut found = HashMap::new();
        for (case, row) in known {
            found.insert(case, Address::open(&keys, &row)?);
        }
        for (case, notifications) in unknown {
            found.insert(case, self.told_address(notifications)?);
        }
        Ok(found)
    }
}
