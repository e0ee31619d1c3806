//! Who tries each route: every kind of person and each role, of the own and of a foreign jurisdiction.

use crate::browser::House;
use app::health_center::Contact;
use app::jurisdiction::{AddPlace, Place};
use app::staff::NewStaff;
use domain::ids::JurisdictionId;
use domain::staff_role::{JurisdictionKind, StaffRole};

/// What is tried with somebody.
#[derive(Clone, Copy, PartialEq)]
pub enum About {
    /// What the center has.
    Center,
    /// What the medical institution has notified.
    Clinic,
    /// What the contractor has entered.
    Contractor,
}

/// Somebody of the console: the words above the column, the address to sign in with, what is tried, and whether it is
/// theirs.
pub struct Someone {
    pub column: &'static str,
    pub email: &'static str,
    pub role: StaffRole,
    pub place: JurisdictionId,
    pub about: About,
    pub reaches: bool,
}

pub async fn add(house: &House, parent: &Place, kind: JurisdictionKind, name: &str) -> Place {
    let desk = house.app().system_desk();
    match desk.add_place(parent, kind, name).await.unwrap() {
        AddPlace::Added(place) => place,
        other => panic!("{other:?}"),
    }
}

pub async fn people(house: &House) -> Vec<Someone> {
    let desk = house.app().system_desk();
    let places = desk.places().await.unwrap();
    let first = |kind| places.iter().find(|p| p.kind == kind).unwrap();
    let (nation, prefecture) = (
        first(JurisdictionKind::Nation),
        first(JurisdictionKind::Prefecture),
    );
    let center = first(JurisdictionKind::HealthCenter);
    let kind = JurisdictionKind::MedicalInstitution;
    let clinic = add(house, center, kind, "Sample Clinic").await;
    let elsewhere = add(house, nation, JurisdictionKind::Prefecture, "Elsewhere").await;
    let other = desk
        .add_center("よその見本保健所", Contact::default())
        .await
        .unwrap();
    let other_place = NewStaff::place_of(other.id);
    let places = desk.places().await.unwrap();
    let other = places.iter().find(|place| place.id == other_place).unwrap();
    let other_clinic = add(house, other, kind, "Another Clinic").await;
    let someone = |column, email, role, place: &Place, about, reaches| Someone {
        column,
        email,
        role,
        place: place.id,
        about,
        reaches,
    };
    use About::{Center as C, Clinic as M, Contractor as E};
    use StaffRole::*;
    #[rustfmt::skip]
    let people = vec![
        someone("analyst",                               "analyst@s.example",          Analyst,            nation,        C, false),
        someone("prefecture officer",                    "officer@s.example",          PrefectureOfficer,  prefecture,    C, true),
        someone("administrator",                         "admin@s.example",            Administrator,      center,        C, true),
        someone("nurse",                                 "nurse@s.example",            Nurse,              center,        C, true),
        someone("clerk",                                 "clerk@s.example",            Clerk,              center,        C, true),
        someone("medical institution",                   "clinic@s.example",           MedicalInstitution, &clinic,       M, true),
        someone("contractor",                            "contractor@s.example",       Contractor,         center,        E, true),
        someone("administrator of another center",       "other-admin@s.example",      Administrator,      other,         C, false),
        someone("nurse of another center",               "other-nurse@s.example",      Nurse,              other,         C, false),
        someone("clerk of another center",               "other-clerk@s.example",      Clerk,              other,         C, false),
        someone("another medical institution",           "other-clinic@s.example",     MedicalInstitution, &other_clinic, M, false),
        someone("contractor of another center",          "other-contractor@s.example", Contractor,         other,         E, false),
        someone("officer of another prefecture",         "other-officer@s.example",    PrefectureOfficer,  &elsewhere,    C, false),
    ];
    people
}
