//! Where somebody lives and stays: what whoever sends help must know.

use crate::keys::Keys;
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use domain::personal::Personal;
use domain::staff_role::StaffRole;
use storage::case_registration::{self as rows, AddressRow};

const SEALED_AS: &str = "person_address";

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

    fn open(keys: &Keys, row: &AddressRow) -> Result<Address, Error> {
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

    fn is_unknown(&self) -> bool {
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
        let reads_record = match self.role {
            StaffRole::Administrator
            | StaffRole::Nurse
            | StaffRole::Clerk
            | StaffRole::PrefectureOfficer => true,
            StaffRole::MedicalInstitution | StaffRole::Contractor | StaffRole::Analyst => false,
        };
        if reads_record {
            let recorded = Address::open(self.app.keys(), &row)?;
            if !recorded.is_unknown() {
                return Ok(recorded);
            }
        }
        self.notified_address(case).await
    }
}
