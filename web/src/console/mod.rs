//! The console: the pages of a health center. It has nothing from the portal but what both have in common.

mod brochure;
mod case;
mod case_registration;
mod cases;
mod health_center;
mod passport_number;
mod sign_in;
mod status_report;
mod tasks;
mod words;

use crate::alive::{healthy, ready};
use crate::routes::{Policy, Route, get, post};

/// All routes of the console.
#[rustfmt::skip]
pub(crate) fn routes() -> Vec<Route> {
    use Policy::{Public, Staff};
    vec![
        get( "/",                      Staff,  cases::show),
        get( "/search",                Staff,  cases::show_search),
        post("/search",                Staff,  cases::search),
        get( "/cases/new",             Staff,  case_registration::show),
        post("/cases/new",             Staff,  case_registration::register),
        get( "/cases/{case}",          Staff,  case::show),
        get( "/cases/{case}/brochure.pdf", Staff, brochure::print),
        get( "/cases/{case}/passport", Staff,  passport_number::show),
        post("/cases/{case}/passport", Staff,  passport_number::save),
        get( "/tasks",                 Staff,  tasks::show),
        get( "/tasks/{task}",          Staff,  tasks::show_one),
        post("/tasks/{task}",          Staff,  tasks::finish),
        get( "/center",                Staff,  health_center::show),
        post("/center",                Staff,  health_center::save),
        get( "/sign-in",               Public, sign_in::show),
        post("/sign-in",               Public, sign_in::sign_in),
        post("/sign-out",              Staff,  sign_in::sign_out),
        get( "/healthz",               Public, healthy),
        get( "/readyz",                Public, ready),
    ]
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    #[test]
    fn the_portal_and_the_console_do_not_use_each_other() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for (folder, other) in [("portal", "console"), ("console", "portal")] {
            let mut paths = Vec::new();
            files(&src.join(folder), &mut paths);
            assert!(paths.len() > 5);
            for path in paths {
                let text = fs::read_to_string(&path).unwrap();
                let forbidden = format!("crate::{other}");
                assert!(!text.contains(&forbidden), "{}", path.display());
            }
        }
    }

    #[test]
    fn nobody_from_outside_can_do_anything_but_sign_in() {
        let open: Vec<_> = super::routes()
            .into_iter()
            .filter(|route| route.policy == super::Policy::Public)
            .map(|route| route.path)
            .collect();
        assert_eq!(open, ["/sign-in", "/sign-in", "/healthz", "/readyz"]);
    }
}
