//! Who in a file may stand already, whose days are unlikely and whose name looks as if it were none: asked before it is
//! imported.

mod spellings;

use super::survey::Row;
use crate::attributes::phone_blind;
use crate::case_registration::CaseProblem;
use crate::{App, Error};
use domain::ids::{CaseId, HealthCenterId, PersonId};
use domain::language::Language;
use domain::personal::Personal;
use i18n::words;
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use spellings::Spellings;
use std::collections::{HashMap, HashSet};
use storage::case_registration::{self as rows, MayStand, NameRow};

/// A case of somebody who may be the person of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The case; of a record that was merged into another one, that.
    pub case: CaseId,
    /// Its number.
    pub hersys_id: String,
    /// Whether the birthdate is another one than in the row, with the same name and phone: it may be mistyped.
    pub is_born_otherwise: bool,
}

/// A row whose person may stand already, whose days stand in an unlikely order, or that has something else in the place of a
/// name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlikeRow {
    /// The line, counted from 1.
    pub line: u64,
    /// The first name that the row has.
    pub name: Personal<String>,
    /// Cases whose persons have the same birthdate, and the same name or else phone, or a name that may be the same: one, or
    /// several of whom as much agrees; and where nobody has name and birthdate, those with another birthdate of whom all else does.
    pub stands: Vec<Standing>,
    /// Whether the row gives an ID of the one as whom it stands, whose birthdate and name it has: it is that one, and no guess.
    pub known_by_id: bool,
    /// An earlier line of the file of which the same is true.
    pub same_as_line: Option<u64>,
    /// Whether the birthdate on that line is another one, with the same name and phone: it may be mistyped.
    pub is_born_otherwise_there: bool,
    /// What is unlikely about its days.
    pub days: Vec<CaseProblem>,
    /// Whether a name looks as if it were not known.
    pub has_no_name: bool,
    /// All of the same birthdate of whom anything agrees, and those beside: one of them may be whose HER-SYS ID the row gives.
    pub(super) persons: Vec<PersonId>,
}

impl AlikeRow {
    /// Whether the person may stand already.
    pub fn is_alike(&self) -> bool {
        !self.stands.is_empty() || self.same_as_line.is_some()
    }

    /// What is unlikely about its days, in sentences.
    pub fn days_in(&self, language: Language) -> Vec<String> {
        let words = words(language);
        let key = |day: &CaseProblem| match day {
            // The form's own sentence speaks of the box beside the field.
            CaseProblem::LongAgo => "import-long-ago",
            day => day.key(),
        };
        self.days.iter().map(|day| words.say(key(day))).collect()
    }

    /// That a name looks as if it were not known, in a sentence.
    pub fn no_name_in(&self, language: Language) -> Option<String> {
        let told = || words(language).say("import-name-not-known");
        self.has_no_name.then(told)
    }
}

/// Of the rows whose persons may stand already, which are meant all the same: twins, further illnesses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meant {
    /// Each of them.
    All,
    /// Those on these lines, counted from 1; none where nobody has looked.
    Lines(Vec<u64>),
}

impl Meant {
    /// Whether the row on a line is meant.
    pub fn has(&self, line: u64) -> bool {
        match self {
            Meant::All => true,
            Meant::Lines(lines) => lines.contains(&line),
        }
    }
}

/// How many people of one birthdate in a file are held beside each that comes after them, the last ones.
const OF_ONE_DAY: usize = 30;
/// From how much on a name agrees, with the phone or without.
const NAME: i32 = 2;
/// What stands between the key of a name and the name, and behind that.
const BETWEEN: char = '\u{1F}';
const BEHIND: char = '\u{1E}';

/// What tells people in a file apart.
#[derive(Default)]
pub(super) struct Seen {
    /// The day of birth together with the phone number, and with each name, and the phone number with the first name, hashed, and
    /// the line on which each came first.
    marks: HashMap<[u8; 16], u32>,
    /// Who was born on a day: the line, and where the names begin in the text of all of them.
    days: HashMap<Date, Vec<(u32, u32)>>,
    /// The names of all, each with its key before it; those of one row end where the next ones begin.
    names: String,
}

impl Seen {
    /// The first line on which somebody like this stands, where that is another one: of the same birthdate, and of another one.
    fn same_as(&mut self, line: u64, who: &Who, has_no_name: bool) -> [Option<u64>; 2] {
        // Files are not read beyond some millions of lines.
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let (born, phone) = (who.born.to_string(), who.phone_blind.as_deref());
        let names = who.keys.iter().map(String::as_bytes);
        let of_that_day = phone
            .into_iter()
            .chain(names)
            .map(|mark| (born.as_bytes(), mark));
        // Whose name nobody knows is not the same person as the next one of whom that is true.
        let first = who.keys.first().filter(|_| !has_no_name);
        let of_any_day = phone.zip(first.map(String::as_bytes));
        let of_that_day = of_that_day.map(|mark| (0, mark));
        let of_any_day = of_any_day.map(|mark| (1, mark));
        let mut same_as_line: [Option<u64>; 2] = [None; 2];
        for (at, (mark, other)) in of_that_day.chain(of_any_day) {
            let hash = Sha256::new()
                .chain_update(mark)
                .chain_update(other)
                .finalize();
            let mut half = [0; 16];
            half.copy_from_slice(&hash[..16]);
            let first = *self.marks.entry(half).or_insert(line);
            // A name may be spelt alike in two columns of one row.
            let found = (first != line).then_some(u64::from(first));
            same_as_line[at] = same_as_line[at].or(found);
        }
        same_as_line
    }

    /// The first line on which somebody stands who was born on this day and whose name may be the same; and remembers this
    /// one.
    fn may_be_as(
        &mut self,
        line: u64,
        born: Date,
        names: &[NameRow],
        own: &Spellings,
    ) -> Option<u64> {
        let before = self.days.entry(born).or_default();
        let last = before.len().saturating_sub(OF_ONE_DAY);
        let like = before[last..].iter().find(|(_, from)| {
            let names = self.names.get(*from as usize..).unwrap_or_default();
            let names = names.split(BEHIND).take_while(|name| !name.is_empty());
            let names = names.filter_map(|name| name.split_once(BETWEEN));
            own.may_be(names.map(|(key, name)| (name, key)))
        });
        let like = like.map(|(line, _)| u64::from(*line));
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let from = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        before.push((line, from));
        for name in names {
            self.names.push_str(&name.key_joined);
            self.names.push(BETWEEN);
            self.names.push_str(&name.name);
            self.names.push(BEHIND);
        }
        self.names.push(BEHIND);
        like
    }
}

/// A moment, and the cases that a file itself became since then.
pub(super) struct Since {
    pub(super) at: Timestamp,
    pub(super) own: HashSet<CaseId>,
}

impl Since {
    /// Whether somebody else has registered this one since.
    fn is_new(&self, one: &MayStand) -> bool {
        one.registered_at > self.at && !self.own.contains(&one.case)
    }
}

/// Those of whom the most agrees, or else those whose names may be the same: one case of each person. Where nobody has name and
/// birthdate, also those of whom the birthdate alone differs; where somebody has, they are a parent or a child of that name. With
/// a moment, those of them alone whom somebody else has registered since.
fn stands(
    found: &[MayStand],
    (born, own): (Date, &Spellings<'_>),
    since: Option<&Since>,
) -> Vec<(PersonId, Standing)> {
    let of_that_day = found.iter().filter(|one| one.birthdate == born);
    let most = of_that_day.map(|one| one.agrees).max().unwrap_or(0);
    let mut stands: Vec<(PersonId, Standing)> = Vec::new();
    for told in found.chunk_by(|a, b| a.case == b.case) {
        let [one, ..] = told else { continue };
        let names = told.iter().filter_map(|one| one.name.as_ref());
        let names = names.map(|(name, key)| (name.as_str(), key.as_str()));
        let is_born_otherwise = one.birthdate != born;
        let is_like = match (is_born_otherwise, most) {
            (true, NAME..) => false,
            (true, _) => own.may_be_at_one_number(born, one.birthdate, names.map(|(name, _)| name)),
            (false, 0) => own.may_be(names),
            (false, most) => one.agrees == most,
        };
        let is_asked_for = since.is_none_or(|since| since.is_new(one));
        let is_named = stands.iter().any(|(person, _)| *person == one.person);
        if is_like && is_asked_for && !is_named {
            stands.push((one.person, standing(one, born)));
        }
    }
    stands
}

fn standing(one: &MayStand, born: Date) -> Standing {
    Standing {
        case: one.leads_to,
        hersys_id: one.hersys_id.clone(),
        is_born_otherwise: one.birthdate != born,
    }
}

/// The person whose ID a row gives, with the case as which they stand, where birthdate and names may be the same, too: an ID beside
/// the name of a twin is a slip in one of both, and somebody has to look.
fn known_by_id(
    found: &[MayStand],
    (born, own): (Date, &Spellings<'_>),
    (person, id): (PersonId, &str),
) -> Option<(PersonId, Standing)> {
    let of_that_day = || found.iter().filter(move |one| one.birthdate == born);
    let theirs = || of_that_day().filter(move |one| one.person == person);
    let names = theirs().filter_map(|one| one.name.as_ref());
    let is_like = theirs().any(|one| one.agrees >= NAME)
        || own.may_be(names.map(|(name, key)| (name.as_str(), key.as_str())));
    let given = theirs().find(|one| one.hersys_id == id);
    let stands = given.or_else(|| theirs().next())?;
    is_like.then(|| (person, standing(stands, born)))
}

/// What is asked about a row.
#[derive(Clone)]
struct Who {
    born: Date,
    /// The HER-SYS ID that it gives.
    id: Option<String>,
    /// None of whoever has no phone.
    phone_blind: Option<Vec<u8>>,
    /// The sorted keys of the names.
    keys: Vec<String>,
}

impl App {
    /// Those of some rows whose persons may stand already, at the center or earlier in the file, whose days are unlikely, or
    /// whose name looks as if it were none. With a moment, whoever stands since then counts alone.
    pub(super) async fn alike_in(
        &self,
        run: &[Row],
        center: HealthCenterId,
        (seen, since): (&mut Seen, Option<&Since>),
    ) -> Result<Vec<AlikeRow>, Error> {
        let who: Vec<Who> = run
            .iter()
            .map(|row| Who {
                born: row.checked.birthdate.date(),
                id: row.id.as_ref().map(|id| id.as_str().to_owned()),
                phone_blind: (row.checked.phone.as_ref())
                    .map(|phone| phone_blind(self.keys(), phone)),
                keys: row
                    .checked
                    .names
                    .iter()
                    .map(|name| name.key_sorted.clone())
                    .collect(),
            })
            .collect();
        let asked = who.clone();
        let found = self
            .db()
            .read(move |tx| {
                asked
                    .iter()
                    .map(|who| {
                        let key = |at: usize| {
                            who.keys
                                .get(at)
                                .or(who.keys.first())
                                .map_or("", String::as_str)
                        };
                        let keys = (key(0), key(1));
                        let phone = who.phone_blind.as_deref().unwrap_or_default();
                        let found = rows::may_stand(tx, center, who.born, phone, keys)?;
                        let whose = match &who.id {
                            Some(id) if !found.is_empty() => rows::person_of_id(tx, id)?,
                            _ => None,
                        };
                        Ok((found, whose))
                    })
                    .collect::<Result<Vec<_>, storage::Error>>()
            })
            .await?;
        let mut alike = Vec::new();
        for ((row, who), (mut found, whose)) in run.iter().zip(&who).zip(found) {
            let own = Spellings::of(&row.checked.names);
            let has_no_name = !row.checked.names_not_known().is_empty();
            if has_no_name {
                // What is written for all whose name nobody knows is nothing that two have in common.
                found.retain(|one| one.birthdate == who.born);
            }
            let days = row.checked.unlikely_days();
            let [same, born_otherwise] = seen.same_as(row.line, who, has_no_name);
            let may_be = seen.may_be_as(row.line, who.born, &row.checked.names, &own);
            // Who was registered since a moment is asked for in order to leave out, whoever it is.
            let whose = whose.zip(who.id.as_deref()).filter(|_| since.is_none());
            let known = whose.and_then(|whose| known_by_id(&found, (who.born, &own), whose));
            let known_by_id = known.is_some();
            let stands =
                known.map_or_else(|| stands(&found, (who.born, &own), since), |one| vec![one]);
            let of_that_day = found.iter().filter(|one| one.birthdate == who.born);
            let agree = of_that_day.filter(|one| one.agrees > 0);
            let mut persons: Vec<PersonId> = agree.map(|one| one.person).collect();
            persons.extend(stands.iter().map(|(person, _)| *person));
            persons.sort_unstable();
            persons.dedup();
            // With the ID of whoever stands it does not matter who else in the file is like it.
            let of_that_day = same.or(may_be).filter(|_| !known_by_id);
            let of_another = born_otherwise.filter(|_| !known_by_id && of_that_day.is_none());
            let one = AlikeRow {
                line: row.line,
                name: Personal::new(super::name_in(&row.fields).to_owned()),
                stands: stands.into_iter().map(|(_, standing)| standing).collect(),
                persons,
                same_as_line: of_that_day.or(of_another),
                is_born_otherwise_there: of_another.is_some(),
                known_by_id,
                days: days.into_iter().map(|(_, problem)| problem).collect(),
                has_no_name,
            };
            if one.is_alike() || !one.days.is_empty() || one.has_no_name {
                alike.push(one);
            }
        }
        Ok(alike)
    }
}
