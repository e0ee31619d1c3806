//! The console: the pages of a health center. It has nothing from the portal but what both have in common.

mod alerts;
mod alike;
mod audit;
mod brochure;
mod call_back;
mod case;
mod case_import;
mod case_in_error;
mod case_registration;
mod cases;
mod certificate;
mod close_contacts;
mod contact_log;
mod correction;
mod course;
mod export;
mod figures;
mod health_center;
mod hersys_id;
mod import_file;
mod in_error;
mod invitation;
mod invite;
pub(crate) mod kept_form;
mod left_out;
mod link;
mod meanwhile;
mod merge;
mod monitoring;
mod notification;
mod notification_check;
mod notification_form;
mod notification_show;
mod notification_steps;
mod passport_number;
mod person;
mod place;
mod planned;
mod programme;
mod registered_twice;
mod release;
mod report_entry;
mod reporting_request;
mod retention;
mod rule_file;
mod rule_numbers;
mod rule_preview;
mod rule_problem;
mod rule_words;
mod rules;
mod second_factor;
mod settings;
mod sign_in;
mod single_sign_on;
mod spoken;
mod staff;
mod staff_account;
mod standing;
mod status_report;
mod tasks;
mod time_zone;
mod transfer;
mod undelivered;
mod words;
mod worklist;
mod written_along;

use crate::alive::{healthy, ready};
use crate::routes::{Policy, Route, get, post, upload};
use domain::staff_role::Right;

/// All routes of the console.
#[rustfmt::skip]
pub(crate) fn routes() -> Vec<Route> {
    use Policy::{Lobby, Public, Staff};
    use Right::{
        Attend, Certify, CompareCenters, CorrectPersons, DoTasks, Export, Follow, KeepRecords, ManageCenter, ManageStaff, Notify, Register, SeeAudit, SeeFigures, SeeHealth, SeePersons, SetRules, TakeCalls, TakeCasesBack,
        SignedIn, Transfer,
    };
    vec![
        get( "/",                                      Staff(SignedIn),       worklist::show),
        get( "/worklist/events",                       Staff(SeePersons),     worklist::events),
        get( "/worklist/assign",                       Staff(Follow),         worklist::show_assign),
        post("/worklist/assign",                       Staff(Follow),         worklist::assign),
        get( "/worklist/release",                      Staff(Follow),         worklist::show_assign),
        post("/worklist/release",                      Staff(Follow),         worklist::release),
        get( "/worklist/invite",                       Staff(Register),       worklist::show_assign),
        post("/worklist/invite",                       Staff(Register),       worklist::invite),
        get( "/worklist/paper",                        Staff(Follow),         worklist::show_assign),
        post("/worklist/paper",                        Staff(Follow),         worklist::paper),
        get( "/alerts/{alert}/take",                   Staff(Follow),         alerts::show),
        post("/alerts/{alert}/take",                   Staff(Follow),         alerts::take),
        get( "/alerts/{alert}/give-back",              Staff(Follow),         alerts::show),
        post("/alerts/{alert}/give-back",              Staff(Follow),         alerts::give_back),
        get( "/alerts/{alert}/done",                   Staff(Follow),         alerts::show),
        post("/alerts/{alert}/done",                   Staff(Follow),         alerts::finish),
        get( "/cases",                                 Staff(SeePersons),     cases::show),
        get( "/search",                                Staff(SeePersons),     cases::show_search),
        post("/search",                                Staff(SeePersons),     cases::search),
        get( "/cases/new",                             Staff(Register),       case_registration::show),
        post("/cases/new",                             Staff(Register),       case_registration::register),
        get( "/import",                                Staff(Register),       case_import::show),
        upload("/import",                              Staff(Register),       case_import::look),
        get( "/import/template.xlsx",                  Staff(Register),       case_import::template),
        get( "/import/{draft}",                        Staff(Register),       case_import::show_state),
        post("/import/{draft}",                        Staff(Register),       case_import::import),
        get( "/import/{draft}/invite",                 Staff(Register),       invite::show_many),
        post("/import/{draft}/invite",                 Staff(Register),       invite::send_many),
        get( "/import/{draft}/brochures.pdf",          Staff(Register),       case_import::brochures),
        get( "/notifications",                         Staff(Notify),         notification::list),
        get( "/notifications/new",                     Staff(Notify),         notification::show_new),
        post("/notifications/new",                     Staff(Notify),         notification::enter),
        get( "/notifications/{notification}",          Staff(Notify),         notification_show::show),
        get( "/notifications/{notification}/correct",  Staff(Notify),         notification::show_correct),
        post("/notifications/{notification}/correct",  Staff(Notify),         notification::correct),
        get( "/notifications/{notification}/confirm",  Staff(Register),       notification_check::show_form),
        post("/notifications/{notification}/confirm",  Staff(Register),       notification_check::confirm),
        get( "/notifications/{notification}/back",     Staff(Register),       notification_check::show_form),
        post("/notifications/{notification}/back",     Staff(Register),       notification_check::send_back),
        get( "/notifications/{notification}/aside",    Staff(Notify),         notification_check::show_form),
        post("/notifications/{notification}/aside",    Staff(Notify),         notification_check::set_aside),
        get( "/notifications/{notification}/again",    Staff(Register),       notification_check::show_form),
        post("/notifications/{notification}/again",    Staff(Register),       notification_check::take_back),
        get( "/notifications/{notification}/ask",      Staff(Notify),         notification_show::show_ask),
        post("/notifications/{notification}/ask",      Staff(Notify),         notification_show::ask),
        get( "/cases/{case}",                          Staff(SignedIn),       case::show),
        get( "/cases/{case}/audit",                    Staff(SeeHealth),      audit::of_case),
        get( "/cases/{case}/brochure.pdf",             Staff(Register),       brochure::print),
        get( "/cases/{case}/certificate",              Staff(Certify),        certificate::show),
        post("/cases/{case}/certificate",              Staff(Certify),        certificate::issue),
        get( "/cases/{case}/certificates/{certificate}/paper.pdf", Staff(Certify), certificate::print),
        get( "/cases/{case}/contact",                  Staff(Follow),         close_contacts::show),
        post("/cases/{case}/contact",                  Staff(Follow),         close_contacts::register),
        get( "/cases/{case}/fell-ill",                 Staff(Follow),         close_contacts::show_fell_ill),
        post("/cases/{case}/fell-ill",                 Staff(Follow),         close_contacts::fell_ill),
        get( "/cases/{case}/contacts",                 Staff(Attend),         contact_log::show),
        post("/cases/{case}/contacts",                 Staff(Attend),         contact_log::add),
        get( "/cases/{case}/call-back",                Staff(TakeCalls),      call_back::show),
        post("/cases/{case}/call-back",                Staff(TakeCalls),      call_back::ask),
        get( "/cases/{case}/contacts/{line}/in-error", Staff(Attend),         in_error::show_line),
        post("/cases/{case}/contacts/{line}/in-error", Staff(Attend),         in_error::line_sent),
        get( "/cases/{case}/hersys-id",                Staff(CorrectPersons), hersys_id::show),
        post("/cases/{case}/hersys-id",                Staff(CorrectPersons), hersys_id::reissue),
        get( "/cases/{case}/hold",                     Staff(KeepRecords),    retention::show_hold),
        post("/cases/{case}/hold",                     Staff(KeepRecords),    retention::change_hold),
        get( "/cases/{case}/in-error",                 Staff(TakeCasesBack),  case_in_error::show),
        post("/cases/{case}/in-error",                 Staff(TakeCasesBack),  case_in_error::sent),
        get( "/cases/{case}/invite",                   Staff(Register),       invite::show),
        post("/cases/{case}/invite",                   Staff(Register),       invite::send),
        get( "/cases/{case}/merge",                    Staff(CorrectPersons), merge::show),
        post("/cases/{case}/merge",                    Staff(CorrectPersons), merge::merge),
        get( "/cases/{case}/met/{met}",                Staff(Follow),         link::show),
        post("/cases/{case}/met/{met}",                Staff(Follow),         link::sent),
        get( "/cases/{case}/unmerge",                  Staff(CorrectPersons), merge::show_unmerge),
        post("/cases/{case}/unmerge",                  Staff(CorrectPersons), merge::unmerge),
        get( "/cases/{case}/monitoring",               Staff(Follow),         monitoring::show),
        post("/cases/{case}/monitoring",               Staff(Follow),         monitoring::save),
        get( "/cases/{case}/passport",                 Staff(CorrectPersons), passport_number::show),
        post("/cases/{case}/passport",                 Staff(CorrectPersons), passport_number::save),
        get( "/cases/{case}/person",                   Staff(CorrectPersons), person::show),
        post("/cases/{case}/person",                   Staff(CorrectPersons), person::save),
        get( "/cases/{case}/release",                  Staff(Follow),         release::show),
        post("/cases/{case}/release",                  Staff(Follow),         release::decide),
        get( "/cases/{case}/reports/new",              Staff(Attend),         report_entry::show_new),
        post("/cases/{case}/reports/new",              Staff(Attend),         report_entry::enter),
        get( "/cases/{case}/reports/{report}/correct", Staff(Follow),         report_entry::show_correct),
        post("/cases/{case}/reports/{report}/correct", Staff(Follow),         report_entry::correct),
        get( "/cases/{case}/reports/{report}/in-error", Staff(Attend),        in_error::show_report),
        post("/cases/{case}/reports/{report}/in-error", Staff(Attend),        in_error::report_sent),
        get( "/cases/{case}/requests/new",             Staff(Follow),         reporting_request::show_new),
        post("/cases/{case}/requests/new",             Staff(Follow),         reporting_request::issue),
        get( "/cases/{case}/requests/{request}/paper.pdf", Staff(SeeHealth),  reporting_request::print),
        get( "/cases/{case}/requests/{request}/withdraw", Staff(Follow),      reporting_request::show_withdraw),
        post("/cases/{case}/requests/{request}/withdraw", Staff(Follow),      reporting_request::withdraw),
        get( "/cases/{case}/standing",                 Staff(SeeHealth),      standing::show),
        get( "/cases/{case}/transfer",                 Staff(Transfer),       transfer::show_offer),
        post("/cases/{case}/transfer",                 Staff(Transfer),       transfer::offer),
        get( "/export",                                Staff(Export),         export::show),
        post("/export",                                Staff(Export),         export::export),
        get( "/registered-twice",                      Staff(CompareCenters), registered_twice::show),
        post("/registered-twice",                      Staff(CompareCenters), registered_twice::say),
        get( "/figures",                               Staff(SeeFigures),     figures::show),
        get( "/figures.csv",                           Staff(SeeFigures),     figures::csv),
        get( "/transfers",                             Staff(Transfer),       transfer::list),
        get( "/transfers/{transfer}",                  Staff(Transfer),       transfer::show),
        post("/transfers/{transfer}",                  Staff(Transfer),       transfer::answer),
        get( "/transfers/{transfer}/withdraw",         Staff(Transfer),       transfer::show_withdraw),
        post("/transfers/{transfer}/withdraw",         Staff(Transfer),       transfer::withdraw),
        get( "/tasks",                                 Staff(DoTasks),        tasks::show),
        get( "/tasks/{task}",                          Staff(DoTasks),        tasks::show_one),
        post("/tasks/{task}",                          Staff(DoTasks),        tasks::finish),
        get( "/center",                                Staff(ManageCenter),   health_center::show),
        post("/center",                                Staff(ManageCenter),   health_center::save),
        get( "/retention",                             Staff(KeepRecords),    retention::show),
        post("/retention",                             Staff(KeepRecords),    retention::save),
        get( "/settings",                              Staff(ManageCenter),   settings::show),
        post("/settings",                              Staff(ManageCenter),   settings::save),
        get( "/settings/time-zone",                    Staff(ManageCenter),   time_zone::show),
        post("/settings/time-zone",                    Staff(ManageCenter),   time_zone::save),
        get( "/rules",                                 Staff(SetRules),       rules::show),
        get( "/rules/programmes",                      Staff(SetRules),       programme::show),
        post("/rules/programmes",                      Staff(SetRules),       programme::begin),
        post("/rules/programmes/{programme}",          Staff(ManageCenter),   programme::change),
        get( "/rules/{kind}",                          Staff(SetRules),       rules::show_kind),
        post("/rules/{kind}",                          Staff(SetRules),       rules::change),
        get( "/rules/{kind}/today.toml",               Staff(SetRules),       rule_file::download),
        get( "/rules/{kind}/files/{file}",             Staff(SetRules),       rule_file::show_file),
        post("/rules/{kind}/files/{file}",             Staff(SetRules),       rule_file::withdraw),
        get( "/places",                                Staff(ManageStaff),    place::list),
        post("/places",                                Staff(ManageStaff),    place::add),
        get( "/places/{place}",                        Staff(ManageStaff),    place::show),
        post("/places/{place}",                        Staff(ManageStaff),    place::rename),
        get( "/places/{place}/close",                  Staff(ManageStaff),    place::show),
        post("/places/{place}/close",                  Staff(ManageStaff),    place::close),
        get( "/staff",                                 Staff(ManageStaff),    staff::show),
        post("/staff",                                 Staff(ManageStaff),    staff::invite),
        get( "/staff/search",                          Staff(ManageStaff),    staff::show_search),
        post("/staff/search",                          Staff(ManageStaff),    staff::search),
        get( "/staff/{staff}",                         Staff(ManageStaff),    staff::show_one),
        post("/staff/{staff}",                         Staff(ManageStaff),    staff::change),
        get( "/staff/{staff}/withdraw",                Staff(ManageStaff),    staff::show_withdraw),
        post("/staff/{staff}/withdraw",                Staff(ManageStaff),    staff::withdraw),
        get( "/staff/{staff}/reset",                   Staff(ManageStaff),    staff::show_reset),
        post("/staff/{staff}/reset",                   Staff(ManageStaff),    staff::reset),
        get( "/staff/{staff}/let-in",                  Staff(ManageStaff),    staff::show_let_in),
        post("/staff/{staff}/let-in",                  Staff(ManageStaff),    staff::let_in),
        get( "/staff/{staff}/audit",                   Staff(SeeAudit),       audit::of_staff),
        get( "/account",                               Staff(SignedIn),       staff_account::show),
        post("/account",                               Staff(SignedIn),       staff_account::save_phone),
        get( "/account/password",                      Staff(SignedIn),       staff_account::show_again),
        post("/account/password",                      Staff(SignedIn),       staff_account::change_password),
        get( "/account/codes",                         Staff(SignedIn),       staff_account::show_again),
        post("/account/codes",                         Staff(SignedIn),       staff_account::new_codes),
        get( "/sign-in",                               Public,                sign_in::show),
        post("/sign-in",                               Public,                sign_in::sign_in),
        get( "/sso",                                   Public,                single_sign_on::begin),
        get( "/sso/callback",                          Public,                single_sign_on::callback),
        get( "/send-again",                            Staff(SignedIn),       kept_form::show),
        get( "/invitation/{token}",                    Public,                invitation::show),
        post("/invitation/{token}",                    Public,                invitation::choose),
        get( "/second-factor",                         Lobby,                 second_factor::show),
        post("/second-factor",                         Lobby,                 second_factor::prove),
        get( "/unlock",                                Lobby,                 second_factor::show_unlock),
        post("/unlock",                                Lobby,                 second_factor::unlock),
        post("/leave",                                 Lobby,                 second_factor::leave),
        post("/sign-out",                              Staff(SignedIn),       sign_in::sign_out),
        get( "/healthz",                               Public,                healthy),
        get( "/readyz",                                Public,                ready),
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
        let expected = [
            "/sign-in",
            "/sign-in",
            "/sso",
            "/sso/callback",
            "/invitation/{token}",
            "/invitation/{token}",
            "/healthz",
            "/readyz",
        ];
        assert_eq!(open, expected);
    }
}
