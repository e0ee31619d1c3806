//! The staff as the operator at the shell sees them, who needs their addresses to let somebody in again.

use super::role_of;
use crate::staff_messages::can_come_in;
use crate::{Error, SystemDesk};
use domain::personal::Personal;
use domain::staff_role::{JurisdictionKind, StaffRole};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use storage::jurisdiction::{self, Below};
use storage::staff as rows;

/// A staff member in the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The name of the place; it may be closed.
    pub place: String,
    /// The name of the center of a medical institution: another center's may be called like it. Of other places, none.
    pub center: Option<String>,
    /// The name.
    pub name: String,
    /// The role.
    pub role: StaffRole,
    /// The address with which they sign in.
    pub email: Personal<String>,
    /// Whether they are shut out.
    pub is_shut_out: bool,
    /// Whether an invitation was taken up, so that they can sign in where they are not shut out.
    pub can_come_in: bool,
}

impl SystemDesk {
    /// Everybody of all places, in their order, also those who were shut out.
    pub async fn list_staff(&self) -> Result<Vec<Listed>, Error> {
        let (all, names) = self
            .app
            .db()
            .read(|tx| {
                let all = rows::below(tx, &Below::everywhere())?;
                let mut names = HashMap::new();
                for row in &all {
                    if let Entry::Vacant(name) = names.entry(row.place) {
                        let place = jurisdiction::find(tx, row.place)?;
                        let above = place
                            .as_ref()
                            .filter(|one| one.kind == JurisdictionKind::MedicalInstitution.word())
                            .and_then(|one| one.parent);
                        let center = match above {
                            Some(above) => jurisdiction::find(tx, above)?.map(|one| one.name),
                            None => None,
                        };
                        let own = place.map_or_else(String::new, |place| place.name);
                        name.insert((own, center));
                    }
                }
                Ok((all, names))
            })
            .await?;
        let keys = self.app.keys();
        all.into_iter()
            .map(|row| {
                let (place, center) = names.get(&row.place).cloned().unwrap_or_default();
                Ok(Listed {
                    place,
                    center,
                    role: role_of(&row.role)?,
                    email: keys.open_text("email", &row.email_sealed)?,
                    is_shut_out: row.disabled_at.is_some(),
                    can_come_in: can_come_in(&row),
                    name: row.name,
                })
            })
            .collect()
    }
}
