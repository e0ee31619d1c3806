//! Which centers have somebody who manages their staff: an administrator of their own, or an officer above. What either may do
//! is said by the table of rights, and asked there.

use crate::Error;
use domain::staff_role::{JurisdictionKind, Right, StaffRole};
use storage::jurisdiction::{self, Below};
use storage::{Db, Tx, staff};

/// Who manages the staff of a center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// Nobody who can sign in.
    Nobody,
    /// Somebody above it.
    Above,
    /// Somebody of its own.
    Own,
}

/// A center that has no administrator of its own any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmanaged {
    /// Its name.
    pub name: String,
    /// Whether somebody above it manages its staff.
    pub officer_above: bool,
}

/// Each center that was not closed, by its path, with its name and who manages its staff.
pub(super) struct Looked(Vec<(String, String, By)>);

/// Looks at all centers.
pub(super) fn look(tx: &mut Tx<'_>) -> Result<Looked, storage::Error> {
    let manages =
        |role: &str| StaffRole::parse(role).is_some_and(|role| role.may(Right::ManageStaff));
    let mut managed = staff::paths_with_roles(tx)?;
    managed.retain(|(_, role)| manages(role));
    let centers = jurisdiction::below(tx, &Below::everywhere())?
        .into_iter()
        .filter(|place| place.kind == JurisdictionKind::HealthCenter.word());
    let by = |path: &str| {
        let of_above = managed.iter().filter(|(at, _)| path.starts_with(at));
        of_above
            .map(|(at, _)| if at == path { By::Own } else { By::Above })
            .max()
            .unwrap_or(By::Nobody)
    };
    Ok(Looked(
        centers
            .map(|center| {
                let by = by(&center.path);
                (center.path, center.name, by)
            })
            .collect(),
    ))
}

/// The centers whose last administrator, or whose last officer above, is gone since.
pub(super) fn lost(before: Looked, after: &Looked) -> Vec<Unmanaged> {
    let both = before.0.into_iter().zip(&after.0);
    both.filter(|((path, _, was), (same, _, is))| path == same && is < was)
        .map(|((_, name, _), (_, _, is))| Unmanaged {
            name,
            officer_above: *is == By::Above,
        })
        .collect()
}

/// The centers whose staff nobody manages who can sign in, neither there nor above.
///
/// # Errors
/// Where the store cannot be read.
pub async fn centers_without_manager(db: &Db) -> Result<Vec<String>, Error> {
    let looked = db.read(look).await?;
    let nobody = looked.0.into_iter().filter(|(_, _, by)| *by == By::Nobody);
    Ok(nobody.map(|(_, name, _)| name).collect())
}
