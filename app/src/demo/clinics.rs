//! Two sample clinics and an outside firm, and what they have notified: some of it waits for the center.

use super::CENTER;
use super::prefecture::see_to;
use crate::case_registration::Sure;
use crate::clock::Clock;
use crate::jurisdiction::{AddPlace, Place};
use crate::notification::{Confirm, Notify, TypedAnswers};
use crate::{App, Error, StaffDesk, SystemDesk};
use domain::ids::{NotificationId, SessionId};
use domain::staff_role::{JurisdictionKind, StaffRole};
use jiff::{SignedDuration, ToSpan};
use storage::notification::Whose;

/// The address of somebody at a sample clinic, the clinic's name, and the name of whoever works there.
pub(super) const CLINICS: [(&str, &str, &str); 2] = [
    (
        "clinic@sample.example",
        "見本クリニック / Sample Clinic",
        "Sample Physician",
    ),
    (
        "hospital@sample.example",
        "見本病院 / Sample Hospital",
        "Sample Ward",
    ),
];
pub(super) const FIRM: &str = "firm@sample.example";

/// Hours ago, the clinic, name, kana, sex, years of age, phone, days since the onset, what is answered with yes.
type Told = (
    i64,
    usize,
    &'static str,
    &'static str,
    &'static str,
    i32,
    &'static str,
    i32,
    &'static [&'static str],
);

#[rustfmt::skip]
const TOLD: [Told; 6] = [
    (26, 0, "見本 正",   "ミホン タダシ", "male",   72, "09012345621", 3, &["diabetes"]),
    (22, 1, "見本 千代", "ミホン チヨ",   "female", 81, "09012345622", 2, &["heart", "needs_admission"]),
    (5,  0, "見本 修",   "ミホン オサム", "male",   68, "09012345623", 1, &[]),
    (3,  1, "見本 ゆき", "ミホン ユキ",   "female", 31, "09012345624", 2, &["pregnancy"]),
    (2,  0, "見本 勇",   "ミホン イサム", "male",   77, "09012345625", 4, &["copd", "needs_oxygen"]),
    (1,  0, "見本 節子", "ミホン セツコ", "female", 69, "09012345626", 1, &["hypertension"]),
];
/// How many of them the center has confirmed.
const CONFIRMED: usize = 2;

impl SystemDesk {
    /// Adds clinics with their notifications below the first sample center; where they stand, nothing happens.
    pub(super) async fn fill_clinics(&self) -> Result<(), Error> {
        let app = &self.app;
        let places = self.places().await?;
        let center = places
            .iter()
            .find(|place| place.name == CENTER)
            .ok_or_else(|| Error::broken("there is no sample center"))?;
        self.hire(FIRM, "Sample Firm", StaffRole::Contractor, center.id)
            .await?;
        let mut desks = Vec::new();
        for (email, name, person) in CLINICS {
            let stands = places.iter().find(|place| place.name == name).cloned();
            let place = match stands {
                Some(place) => place,
                None => match self
                    .add_place(center, JurisdictionKind::MedicalInstitution, name)
                    .await?
                {
                    AddPlace::Added(place) => place,
                    _ => return Err(Error::broken("a sample clinic cannot be added")),
                },
            };
            let role = StaffRole::MedicalInstitution;
            self.hire(email, person, role, place.id).await?;
            desks.push(desk_at(app, &place, role).await?);
        }
        let nurse = desk_at(app, center, StaffRole::Administrator).await?;
        let whose = Whose::Center(nurse.own_center()?);
        let stand = app
            .db()
            .read(move |tx| storage::notification::list(tx, whose, 100, 0))
            .await?
            .len();
        for (index, told) in TOLD.iter().enumerate().skip(stand) {
            self.tell(&desks[told.1], &nurse, told, index < CONFIRMED)
                .await?;
        }
        Ok(())
    }

    async fn tell(
        &self,
        clinic: &StaffDesk,
        nurse: &StaffDesk,
        told: &Told,
        is_confirmed: bool,
    ) -> Result<(), Error> {
        let &(hours, at, name, kana, sex, years, phone, onset, yes) = told;
        let then = self.app.clock.now() - SignedDuration::from_hours(hours);
        let mut desk = clinic.clone();
        desk.app.clock = Clock::standing_at(then);
        let day = desk.app.today();
        let mut typed = TypedAnswers::new();
        let mut set = |id: &str, text: &str| {
            typed.insert(id.to_owned(), text.to_owned());
        };
        for item in &desk.item_set("").await?.items {
            if matches!(item.kind, domain::notification::item::ItemKind::YesNo) {
                set(
                    &item.id,
                    if yes.contains(&item.id.as_str()) {
                        "yes"
                    } else {
                        "no"
                    },
                );
            }
        }
        set("name", name);
        set("name_kana", kana);
        set("sex", sex);
        set(
            "birthdate",
            &day.saturating_sub((years * 366).days()).to_string(),
        );
        set("phone", &super::sample_number(phone));
        set("postal_code", "105-0011");
        set("address", "東京都港区芝公園0-0-0");
        set("language", "ja");
        set("kind", "confirmed");
        set("diagnosed_on", &day.to_string());
        set("onset_on", &day.saturating_sub(onset.days()).to_string());
        set("severity", "mild");
        set("diagnosis_method", "antigen_quantitative");
        set("institution_name", CLINICS[at].1);
        set("physician_name", "見本 医師");
        let id = NotificationId::from_uuid(desk.new_form_key());
        if !matches!(
            desk.notify((id, ""), &typed, true).await?,
            Notify::Entered(_)
        ) {
            return Err(Error::broken("a sample notification cannot be entered"));
        }
        if is_confirmed {
            let at = then + SignedDuration::from_mins(40);
            let mut nurse = nurse.clone();
            nurse.app.clock = Clock::standing_at(at);
            let done = nurse
                .confirm_notification(id, 1, Sure::Another, None)
                .await?;
            let Confirm::Confirmed(case) = done else {
                return Err(Error::broken("a sample notification cannot be confirmed"));
            };
            let (app, staff) = (self.app.clone(), nurse.staff);
            self.app
                .db()
                .write(move |tx| see_to(&app, tx, staff, (case, at)))
                .await?;
        }
        Ok(())
    }
}

/// The desk of whoever works at a place, for writing samples as that person.
pub(super) async fn desk_at(app: &App, place: &Place, role: StaffRole) -> Result<StaffDesk, Error> {
    let id = place.id;
    let staff = app
        .db()
        .read(move |tx| storage::staff::at_place(tx, id))
        .await?;
    let row = staff
        .into_iter()
        .find(|row| row.role == role.word())
        .ok_or_else(|| Error::broken("nobody works at a sample place"))?;
    Ok(StaffDesk {
        lacks_phone: false,
        app: app.clone(),
        staff: row.id,
        session: SessionId::from_uuid(app.new_uuid()),
        place: place.id,
        place_kind: place.kind,
        path: place.path.clone(),
        role,
        name: row.name,
    })
}
