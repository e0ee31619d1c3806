//! The cases in reach as a list, and those that somebody searches for.

use super::by_name::Wanted;
use super::found::Found;
use super::{CaseView, by_name, found};
use crate::attributes::phone_blind;
use crate::{Error, StaffDesk};
use domain::birthdate::Birthdate;
use domain::hersys_id::HersysId;
use domain::phone::PhoneNumber;
use domain::staff_role::{Right, StaffRole};
use storage::case_registration::{self as rows, CaseRow};

/// How many cases a page of the console shows.
pub const PAGE: i64 = 50;

/// How many cases in reach of people who were born on one day are looked through: more than a center has of a day, be it the
/// first of January, which is written where the day is not known.
const BORN_ON_A_DAY: i64 = 1_000;

impl StaffDesk {
    /// The cases in reach, newest first, a page of them counted from 0, and how many there are in all. With a search
    /// text: those with this HER-SYS ID, or in whose name it stands, be it in kana where Latin letters were typed; a
    /// birthdate before or after a name narrows it.
    pub async fn cases(&self, search: &str, page: i64) -> Result<(Vec<CaseView>, i64), Error> {
        self.needs(Right::SeePersons)?;
        let (scope, below, place) = (self.scope(), self.below(), self.place);
        let only_own = self.role == StaffRole::MedicalInstitution;
        let offset = page.clamp(0, 1_000_000) * PAGE;
        let id = HersysId::parse(search, self.app.id_lengths()).ok();
        let is_id = id.is_some();
        let wanted = Wanted::of(search);
        // Signs alone are in nobody's name; nothing searched for is everybody.
        let finds_nobody = wanted.is_empty() && !search.trim().is_empty();
        let phone = PhoneNumber::parse(search)
            .ok()
            .map(|phone| phone_blind(self.app.keys(), &phone));
        // Whoever phones tells their birthdate; of one name there are many.
        let today = self.app.today();
        let born = Birthdate::parse(search, today).ok().map(Birthdate::date);
        let named_and_born = by_name::name_and_birthdate(search, today);
        if !search.is_empty() {
            // What was searched for may be a name, so the log says only that somebody searched.
            self.note_read(self.did("cases.searched", None)).await?;
        }
        let found = self
            .app
            .db()
            .read(move |tx| {
                let within = |tx: &mut storage::Tx<'_>, row: Option<CaseRow>| match row {
                    Some(row) => rows::find(tx, &scope, row.id),
                    None => Ok(None),
                };
                // Somebody who was not reached calls back: the number is all that there is.
                if let (None, Some(blind)) = (&id, &phone) {
                    let found = rows::by_phone(tx, &scope, blind, PAGE)?;
                    // Eight digits are a number in some countries, and a birthdate.
                    if !found.is_empty() || born.is_none() {
                        return Ok((found::lead(tx, &scope, found)?, None));
                    }
                }
                let by_id = match &id {
                    Some(id) => rows::by_hersys_id(tx, id.as_str())?,
                    None => None,
                };
                if let (None, Some(born)) = (&by_id, born) {
                    let found = rows::by_birthdate(tx, &scope, born, BORN_ON_A_DAY)?;
                    let mut found = found::lead(tx, &scope, found)?;
                    found.truncate(usize::try_from(PAGE).unwrap_or(50));
                    return Ok((found, None));
                }
                if let (None, Some((wanted, born))) = (&by_id, &named_and_born) {
                    let mut found = Vec::new();
                    for row in rows::by_birthdate(tx, &scope, *born, BORN_ON_A_DAY)? {
                        let names = rows::names(tx, row.person)?;
                        if wanted.is_in(&names) {
                            found.push(row);
                        }
                    }
                    let mut found = found::lead(tx, &scope, found)?;
                    found.truncate(usize::try_from(PAGE).unwrap_or(50));
                    return Ok((found, None));
                }
                let themselves = |rows: Vec<CaseRow>| rows.into_iter().map(Found::itself).collect();
                match (&id, wanted.is_empty()) {
                    (None, _) if finds_nobody => Ok((Vec::new(), None)),
                    // Who has the number in their hand is told what became of that record.
                    (Some(_), _) => {
                        Ok((themselves(within(tx, by_id)?.into_iter().collect()), None))
                    }
                    (None, false) if only_own => {
                        let mut mine = Vec::new();
                        for row in rows::list_notified_at(tx, place, 10_000, 0)? {
                            let names = rows::names(tx, row.person)?;
                            if wanted.is_in(&names) {
                                mine.push(row);
                            }
                        }
                        mine.truncate(usize::try_from(PAGE).unwrap_or(50));
                        Ok((themselves(mine), None))
                    }
                    (None, false) => {
                        let found = wanted.find(tx, (&below, &scope), PAGE)?;
                        Ok((found::lead(tx, &scope, found)?, None))
                    }
                    (None, true) if only_own => {
                        let all = rows::list_notified_at(tx, place, 10_000, 0)?;
                        let count = i64::try_from(all.len()).unwrap_or(0);
                        let skip = usize::try_from(offset).unwrap_or(0);
                        let most = usize::try_from(PAGE).unwrap_or(50);
                        let shown = all.into_iter().skip(skip).take(most).collect();
                        Ok((themselves(shown), Some(count)))
                    }
                    (None, true) => Ok((
                        themselves(rows::list(tx, &below, PAGE, offset)?),
                        Some(rows::count(tx, &below)?),
                    )),
                }
            })
            .await?;
        let (mut found, count) = found;
        // A home, or the number of a room: looked for where nothing else is found, since all that is sealed is opened for it.
        if found.is_empty() && !search.trim().is_empty() && !is_id {
            found = self.found_at_place(search).await?;
        }
        let count = count.unwrap_or(i64::try_from(found.len()).unwrap_or(0));
        let mut views = Vec::with_capacity(found.len());
        for one in found {
            views.push(self.view_found(one).await?);
        }
        let shown = views.iter().flat_map(CaseView::records);
        let action = match search.is_empty() {
            true => "case.listed",
            false => "case.found",
        };
        self.looked_at(action, shown).await?;
        Ok((views, count))
    }
}
