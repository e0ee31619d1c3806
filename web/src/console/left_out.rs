//! Whoever was left out where something was done with many: with what tells them from another of the same name, and with the
//! number that is called instead.

use super::words::{age, age_and_birthdate};
use app::case_registration::CaseView;
use app::monitoring::WorkItem;
use i18n::Words;

/// Somebody who was left out.
pub(super) struct LeftLine {
    /// The address at which the reason can be looked into.
    pub(super) address: String,
    pub(super) name: String,
    /// The number on the brochure, and the age.
    pub(super) about: String,
    /// None: the person has none.
    pub(super) phone: Option<String>,
    /// Why.
    pub(super) why: String,
}

impl LeftLine {
    /// Of somebody on a worklist. `part`: what follows the address of their page.
    pub(super) fn of_item(t: &Words, item: &WorkItem, part: &str, why: String) -> LeftLine {
        let age = age(t, item.age, item.months);
        LeftLine {
            address: format!("/cases/{}{part}", item.case),
            name: item.name_in(t.language.tag()).to_owned(),
            about: format!("{} · {age}", item.hersys_id),
            phone: item.phone.as_ref().map(|phone| phone.expose().clone()),
            why,
        }
    }

    /// Of somebody by their record.
    pub(super) fn of_case(t: &Words, view: &CaseView, why: String) -> LeftLine {
        let member = &view.member;
        let born = age_and_birthdate(t, view.birthdate.expose(), member.today);
        LeftLine {
            address: format!("/cases/{}", member.case),
            name: member.name_in(t.language.tag()).to_owned(),
            about: format!("{} · {born}", member.hersys_id),
            phone: view.phone.as_ref().map(|phone| phone.expose().clone()),
            why,
        }
    }
}
