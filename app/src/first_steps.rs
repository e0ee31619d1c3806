//! What comes first at a center where nobody was registered yet: how it is reached, who works there, the first case.

use crate::health_center::BUILT_IN_NAME;
use crate::staff::NewStaff;
use crate::{Error, StaffDesk};
use domain::ids::JurisdictionId;
use domain::staff_role::Right;
use storage::case_registration as cases;

/// What an empty center still lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstSteps {
    /// The place whose name is still the one that the program came with; none where it has a name of its own.
    pub unnamed: Option<JurisdictionId>,
    /// Whether the people at home are told a phone number.
    pub has_phone: bool,
    /// Whether somebody beside the reader works there.
    pub has_colleagues: bool,
}

impl StaffDesk {
    /// The first steps of the own center, for whoever can take them; none where somebody was registered already.
    pub async fn first_steps(&self) -> Result<Option<FirstSteps>, Error> {
        let can = [Right::ManageCenter, Right::ManageStaff, Right::Register];
        if !can.into_iter().all(|right| self.may(right)) {
            return Ok(None);
        }
        let Ok(center) = self.own_center() else {
            return Ok(None);
        };
        let found = self
            .app
            .db()
            .read(move |tx| {
                if cases::any_at(tx, center)? {
                    return Ok(None);
                }
                let staff = storage::staff::at_place(tx, NewStaff::place_of(center))?;
                Ok(Some(staff.len() > 1))
            })
            .await?;
        let name = self.app.center(center).await?.name.clone();
        Ok(found.map(|has_colleagues| FirstSteps {
            unnamed: (name == BUILT_IN_NAME).then(|| NewStaff::place_of(center)),
            has_phone: !self.lacks_phone,
            has_colleagues,
        }))
    }
}
