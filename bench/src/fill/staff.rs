//! Places and the staff of a filled database: prefectures of ten centers, nurses and an administrator at the first
//! center, an officer at its prefecture, an analyst of the nation.

use super::{address, people::PASSWORD};
use anyhow::{Context, Result, bail};
use app::jurisdiction::{AddPlace, Place};
use app::keys::Token;
use app::sign_in::SignIn;
use app::staff::{NewStaff, StaffVisit};
use app::{App, StaffDesk};
use domain::ids::{HealthCenterId, JurisdictionId};
use domain::staff_role::{JurisdictionKind, StaffRole};

/// Centers of a prefecture.
const OF_PREFECTURE: u32 = 10;
/// Nurses at the first center.
pub const NURSES: u32 = 10;

/// Somebody of the staff.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    /// A nurse at the first center, counted from 0.
    Nurse(u32),
    /// The administrator of the first center.
    Administrator,
    /// The officer of the first center's prefecture.
    Officer,
    /// The analyst of the nation.
    Analyst,
}

impl Who {
    fn name(self) -> String {
        match self {
            Who::Nurse(number) => format!("nurse{number}"),
            Who::Administrator => "administrator".to_owned(),
            Who::Officer => "officer".to_owned(),
            Who::Analyst => "analyst".to_owned(),
        }
    }

    fn role(self) -> StaffRole {
        match self {
            Who::Nurse(_) => StaffRole::Nurse,
            Who::Administrator => StaffRole::Administrator,
            Who::Officer => StaffRole::PrefectureOfficer,
            Who::Analyst => StaffRole::Analyst,
        }
    }
}

async fn place(app: &App, below: &Place, kind: JurisdictionKind, name: &str) -> Result<Place> {
    match app.system_desk().add_place(below, kind, name).await? {
        AddPlace::Added(place) => Ok(place),
        _ => bail!("the place {name} could not be added"),
    }
}

/// Makes places and staff; gives the centers in the order of their names.
pub async fn places_and_staff(app: &App, centers: u32) -> Result<Vec<HealthCenterId>> {
    let desk = app.system_desk();
    let root = desk
        .places()
        .await?
        .into_iter()
        .next()
        .context("a nation")?;
    let (mut all, mut first, mut prefecture) = (Vec::new(), None, None);
    for number in 0..centers {
        if number % OF_PREFECTURE == 0 {
            let name = format!("Prefecture {:02}", number / OF_PREFECTURE);
            prefecture = Some(place(app, &root, JurisdictionKind::Prefecture, &name).await?);
            first = first.or(prefecture.clone());
        }
        let above = prefecture.as_ref().context("a prefecture")?;
        let name = format!("Center {number:04}");
        let center = place(app, above, JurisdictionKind::HealthCenter, &name).await?;
        all.push(HealthCenterId::from_uuid(center.id.uuid()));
    }
    let center = JurisdictionId::from_uuid(all.first().context("a center")?.uuid());
    let prefecture = first.context("a prefecture")?.id;
    let nurses = (0..NURSES).map(|number| (Who::Nurse(number), center));
    let others = [
        (Who::Administrator, center),
        (Who::Officer, prefecture),
        (Who::Analyst, root.id),
    ];
    for (who, place) in nurses.chain(others) {
        let new = NewStaff {
            email: address(&who.name())?,
            name: format!("Bench {}", who.name()),
            password: PASSWORD.to_owned(),
            role: who.role(),
            place,
        };
        desk.add_staff(new).await?;
    }
    Ok(all)
}

/// Signs somebody in; the token belongs into the cookie of the console.
pub async fn sign_in(app: &App, who: Who) -> Result<Token> {
    match app
        .front_desk(None)
        .sign_in_staff(&address(&who.name())?, PASSWORD)
        .await?
    {
        SignIn::SignedIn(token) => Ok(token),
        other => bail!("{} cannot sign in: {other:?}", who.name()),
    }
}

/// The desk of somebody.
pub async fn desk(app: &App, who: Who) -> Result<StaffDesk> {
    match app.staff_visit(&sign_in(app, who).await?).await? {
        StaffVisit::In(desk, _) => Ok(desk),
        _ => bail!("{} is not let in", who.name()),
    }
}
