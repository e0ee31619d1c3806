//! How it goes with whoever stands already, beside the row of a file that may be the same person.

use crate::console::words::ended;
use crate::page::Page;
use app::StaffDesk;
use app::family::Member;
use domain::ids::CaseId;
use std::collections::HashMap;

/// Those who stand already, as far as whoever looks may see them.
pub(super) struct Stand<'a> {
    pub(super) page: &'a Page,
    pub(super) members: HashMap<CaseId, Member>,
}

impl<'a> Stand<'a> {
    pub(super) async fn of(
        page: &'a Page,
        desk: &StaffDesk,
        cases: Vec<CaseId>,
    ) -> Result<Stand<'a>, app::Error> {
        let members = desk.who_stands(cases).await?;
        Ok(Stand { page, members })
    }

    /// The number, and how it goes with them: whoever is released or has died is ill anew.
    pub(super) fn named(&self, case: CaseId, id: &str) -> String {
        let Some(member) = self.members.get(&case) else {
            return id.to_owned();
        };
        let t = self.page.t;
        let state = ended(t, member).unwrap_or_else(|| match member.is_contact {
            true => t.say("close-contact"),
            false => t.say("alike-followed"),
        });
        t.with2("import-alike-named", "id", id, "state", state)
    }
}
