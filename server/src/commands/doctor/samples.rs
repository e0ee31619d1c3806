//! Whether sample people stand in a database that is to be a real one.

use super::Report;
use app::demo::{Samples, samples};
use app::keys::{Keys, MasterKey};
use storage::Db;

/// What is said of a database that was made for samples, by `serve`, too.
pub(in crate::commands) const ONLY_SAMPLES: &str = "this database was filled with sample people by `hersys serve --demo`, and everybody knows the passwords of its staff: it is \
     not served without --demo. Name another folder with HERSYS_DATA_DIR (or another HERSYS_DATABASE_URL), or move this one away \
     (`hersys serve --demo` has its samples in the folder `demo` within HERSYS_DATA_DIR)";

/// What is said of sample staff in a real one.
pub(in crate::commands) fn sample_staff(staff: &[&str]) -> String {
    format!(
        "staff of the samples of `hersys serve --demo` may sign in, and everybody knows their password: {}. Shut each of them out \
         in the console under Staff, as an administrator who is none of them",
        staff.join(", ")
    )
}

/// Nothing is said where there are none, or where the key is missing by which addresses are found.
pub(super) async fn check(report: &mut Report, db: &Db, key: Option<&MasterKey>) {
    const WHAT: &str = "samples";
    let Some(key) = key else { return };
    match samples(db, &Keys::new(key)).await {
        Ok(Samples::None) => {}
        Ok(Samples::ForThem) => report.problem(WHAT, ONLY_SAMPLES),
        Ok(Samples::BesideOthers(staff)) => report.problem(WHAT, sample_staff(&staff)),
        Err(error) => report.problem(WHAT, error.to_string()),
    }
}
