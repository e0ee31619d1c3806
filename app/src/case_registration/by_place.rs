//! Who lives or stays at a place that somebody searches for, such as a home or the number of a room. Addresses are sealed: those
//! of the center's own people are opened and looked through, the newest first and up to a number.

use super::address::Address;
use super::found::Found;
use super::listed::PAGE;
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use storage::case_registration as rows;

/// So many people whom the center follows are looked through.
const LOOKED_THROUGH: i64 = 5_000;
/// A single letter is in too many places.
const SHORTEST: usize = 2;

/// A place as it is compared: wide and narrow letters, dashes of all kinds and spaces make no difference.
fn key(text: &str) -> String {
    domain::text::fold_width(text)
        .chars()
        .filter(|sign| !sign.is_whitespace())
        .flat_map(char::to_lowercase)
        .map(|sign| match sign {
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー' | '－' | 'ｰ' => '-',
            other => other,
        })
        .collect()
}

impl StaffDesk {
    /// Those whom the own center follows in whose address, or in whose place of stay, this stands.
    pub(super) async fn found_at_place(&self, search: &str) -> Result<Vec<Found>, Error> {
        let wanted = key(search);
        let is_short = wanted.chars().count() < SHORTEST;
        let (Ok(center), false, true) =
            (self.own_center(), is_short, self.reads_address_of_record())
        else {
            return Ok(Vec::new());
        };
        let db = self.app.db();
        let known = db
            .read(move |tx| rows::addresses_at(tx, center, LOOKED_THROUGH))
            .await?;
        let mut there: Vec<CaseId> = Vec::new();
        let most = usize::try_from(PAGE).unwrap_or(50);
        for (case, row) in &known {
            if there.len() == most {
                break;
            }
            let place = Address::open(self.app.keys(), row)?;
            let told = [&place.address, &place.whereabouts];
            let mut told = told.into_iter().flatten();
            if told.any(|text| key(text.expose()).contains(&wanted)) {
                there.push(*case);
            }
        }
        let scope = self.scope();
        Ok(db
            .read(move |tx| {
                let mut found = Vec::new();
                for &case in &there {
                    found.extend(rows::find(tx, &scope, case)?.map(Found::itself));
                }
                Ok(found)
            })
            .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_same_however_it_is_typed() {
        assert_eq!(key("見本県 港町１ー２－３"), key("見本県港町1-2-3"));
        assert_eq!(key("Ｕｓｏ Ｅｎ"), key("usoen"));
        assert!(key("うそ園 ２０１号室").contains(&key("201号室")));
    }
}
