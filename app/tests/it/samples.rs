//! Samples with passwords that everybody knows, and an installation that is to be a real one.

use crate::story;
use app::demo::Samples;
use app::staff::{ChangeStaff, NewStaff};
use domain::staff_role::StaffRole;

story!(
    sample_staff_in_a_real_installation_are_named_until_they_are_shut_out,
    town,
    {
        let desk = town.app.system_desk();
        assert_eq!(desk.samples().await.unwrap(), Samples::None);
        // As a release before this one put them where a real center was added since.
        let nurse = town.nurse().await;
        let center = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let (known, role) = ("nurse@sample.example", StaffRole::Administrator);
        let sample = town.hires(known, role, center).await;
        let stands = desk.samples().await.unwrap();
        assert_eq!(stands, Samples::BesideOthers(vec![known]));
        // Where there is no other center, it was made for them.
        desk.rename_place(center, "みなと見本保健所").await.unwrap();
        assert_eq!(desk.samples().await.unwrap(), Samples::ForThem);
        desk.rename_place(center, "Minato").await.unwrap();

        let (_, staff) = nurse.colleagues().await.unwrap();
        let row = staff.iter().find(|one| one.id == sample.id()).unwrap();
        let shut = nurse
            .change_staff(row.id, row.role, true, row.version)
            .await;
        assert_eq!(shut.unwrap(), ChangeStaff::Changed);
        assert_eq!(desk.samples().await.unwrap(), Samples::None);
        // Real people and samples do not meet.
        let refused = desk.fill_demo().await.unwrap_err().to_string();
        assert!(
            refused.contains("--demo fills a database of its own"),
            "{refused}"
        );
        assert_eq!(desk.samples().await.unwrap(), Samples::None);
    }
);
