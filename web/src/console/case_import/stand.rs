//! How it goes with whoever stands already, beside the row of a file that may be the same person.

use super::wide;
use crate::console::words::ended;
use crate::page::Page;
use app::StaffDesk;
use app::case_import::LeftOut;
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

/// That a row may be the same person as an earlier one. Of another birthdate it is not the same: one of both may be mistyped.
pub(super) fn same_as_line(page: &Page, (line, is_born_otherwise): (u64, bool)) -> String {
    let key = match is_born_otherwise {
        true => "import-alike-line-born-otherwise",
        false => "import-alike-line",
    };
    page.with1(key, "line", wide(line))
}

/// A line that was left out, and why.
pub(super) struct LeftOutLine {
    pub(super) line: String,
    /// The name on it; empty where it is not known any more.
    pub(super) name: String,
    /// Those who stand: the address and the words of the link, and what else is to be said of them.
    pub(super) records: Vec<(String, String, Option<String>)>,
    /// That an earlier line may be the same person.
    pub(super) same_as_line: Option<String>,
}

/// Beside the lines that were left out, those who stand, with links to them: somebody is to look at each.
pub(super) async fn of_left_out(
    page: &Page,
    desk: &StaffDesk,
    rows: Vec<LeftOut>,
) -> Result<Vec<LeftOutLine>, app::Error> {
    let cases = rows.iter().flat_map(|row| &row.cases).copied().collect();
    let stand = Stand::of(page, desk, cases).await?;
    let link = |row: &LeftOut, case: &CaseId| {
        let is_born_otherwise = row.born_otherwise.contains(case);
        let why = is_born_otherwise.then(|| page.say("import-left-born-otherwise"));
        let member = stand.members.get(case)?;
        let named = stand.named(*case, &member.hersys_id);
        let words = format!("{} {named}", member.name_in(page.tag()));
        Some((format!("/cases/{case}"), words, why))
    };
    let told = rows.into_iter().map(|row| LeftOutLine {
        line: page.with1("import-line", "line", wide(row.line)),
        records: row
            .cases
            .iter()
            .filter_map(|case| link(&row, case))
            .collect(),
        name: row
            .name
            .map(|name| name.expose().clone())
            .unwrap_or_default(),
        same_as_line: row.same_as_line.map(|same| same_as_line(page, same)),
    });
    let has_reason = |one: &LeftOutLine| !one.records.is_empty() || one.same_as_line.is_some();
    Ok(told.filter(has_reason).collect())
}
