//! The members of a family: of each, what every page of theirs says, in one statement.

use crate::case_registration::{CaseRow, NameRow};
use crate::engine::{Asked, Error, Row, Tx};
use crate::monitoring::read_names;
use domain::ids::{AccountId, CaseId};
use jiff::Timestamp;
use jiff::civil::Date;

/// A member.
#[derive(Clone)]
pub struct MemberRow {
    /// The case.
    pub case: CaseRow,
    /// The spellings of the name by script: kanji, kana, Latin.
    pub names: [Option<String>; 3],
    /// The latest state of the record: how many reports, the last one's moment of measuring, and its level.
    pub latest: Option<(i32, Timestamp, i32)>,
    /// The word of where the person is, and when the record was closed: since then nobody follows it.
    pub followed: Option<(String, Option<Timestamp>)>,
    /// The day of the latest report that the person does not call wrong; none where nobody asks for it.
    pub heard_on: Option<Date>,
    /// What there is to be asked for beside it.
    pub beside: Beside,
}

/// What there is of a member beside the row. Most have nothing of it most of the time, and then nobody asks for it: that there is
/// none costs a look into an index within the statement, and a statement by itself many times that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Whether an alert is open.
    pub alarm: bool,
    /// Whether there is a written request, of whatever age.
    pub request: bool,
    /// Whether something was typed of another member of the account and not yet saved.
    pub draft: bool,
}

impl MemberRow {
    /// Out of what was read piece by piece, where nobody asks whether it is followed still.
    pub fn of(
        case: CaseRow,
        names: &[NameRow],
        latest: Option<(i32, Timestamp, i32)>,
    ) -> MemberRow {
        let name = |script| {
            let found = names.iter().find(|name| name.script == script);
            found.map(|name| name.name.clone())
        };
        MemberRow {
            case,
            names: ["kanji", "kana", "latin"].map(name),
            latest,
            followed: None,
            heard_on: None,
            beside: Beside::default(),
        }
    }

    fn from(row: &Row<'_>) -> Result<MemberRow, Error> {
        let measured = row.at_opt(27)?;
        let latest = match measured {
            Some(at) => Some((row.get(26)?, at, row.get(28)?)),
            None => None,
        };
        Ok(MemberRow {
            case: CaseRow::from(row)?,
            names: read_names(row.get(25)?),
            heard_on: row.day_opt(34)?,
            latest,
            followed: match row.get::<Option<String>>(29)? {
                Some(status) => Some((status, row.at_opt(30)?)),
                None => None,
            },
            beside: Beside {
                alarm: row.get(31)?,
                request: row.get(32)?,
                draft: row.get(33)?,
            },
        })
    }
}

/// A query for [`MemberRow`]s: the columns of a [`CaseRow`], then the others. Where two records became one, the days, the
/// names, whether this is a contact and the passport number are those of the record that was kept: by them the center counts and
/// calls, and the other one cannot be corrected.
macro_rules! select_members {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.person_id, c.health_center_id, c.programme, c.hersys_id,
                COALESCE(k.diagnosed_on, c.diagnosed_on),
                CASE WHEN c.merged_into IS NULL THEN c.onset_on ELSE k.onset_on END,
                CASE WHEN c.merged_into IS NULL THEN c.entered_japan_on ELSE k.entered_japan_on END,
                CASE WHEN c.merged_into IS NULL THEN c.passport_sealed ELSE k.passport_sealed END,
                CASE WHEN c.merged_into IS NULL THEN c.passport_entered_by ELSE k.passport_entered_by END,
                c.registered_at, c.account_id,
                c.claimed_at, c.first_session_id, c.version, p.birthdate, p.phone_sealed, p.phone_blind, p.language, p.version,
                COALESCE(k.is_contact, c.is_contact), c.merged_into, p.email_sealed, c.in_error_at IS NOT NULL, p.parted_from,
                (SELECT string_agg(n.script || ' ' || n.name, '\u{1f}') FROM person_names n
                    WHERE n.person_id = COALESCE(k.person_id, c.person_id)),
                m.reports, m.measured_at, m.level, m.status, m.closed_at,
                EXISTS (SELECT 1 FROM alerts a WHERE a.case_id = COALESCE(c.merged_into, c.id) AND a.done_at IS NULL),
                EXISTS (SELECT 1 FROM reporting_requests r WHERE r.case_id = COALESCE(c.merged_into, c.id))
                    OR EXISTS (SELECT 1 FROM cases o JOIN reporting_requests r ON r.case_id = o.id
                        WHERE o.merged_into = COALESCE(c.merged_into, c.id)),
                EXISTS (SELECT 1 FROM attribute_drafts d WHERE d.account_id = c.account_id),
                m.heard_on
             FROM cases c JOIN persons p ON p.id = c.person_id
                LEFT JOIN cases k ON k.id = c.merged_into
                LEFT JOIN monitoring m ON m.case_id = COALESCE(c.merged_into, c.id) ",
            $condition
        )
    };
}

/// One member of an account.
pub fn member(
    tx: &mut Tx<'_>,
    account: AccountId,
    case: CaseId,
) -> Result<Option<MemberRow>, Error> {
    ask_member(tx, account, case)?.first(tx)
}

/// The same, asked ahead.
pub fn ask_member(
    tx: &mut Tx<'_>,
    account: AccountId,
    case: CaseId,
) -> Result<Asked<MemberRow>, Error> {
    tx.ask(
        select_members!("WHERE c.id = $1 AND c.account_id = $2"),
        &[&case.uuid(), &account.uuid()],
        |row| MemberRow::from(&row),
    )
}

/// The members of an account, in the order of claiming; of two records that became one, the one that was kept.
pub fn members(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<MemberRow>, Error> {
    Ok(in_order(ask_members(tx, account)?.all(tx)?))
}

/// The same, asked ahead; to be put [`in_order`].
pub fn ask_members(tx: &mut Tx<'_>, account: AccountId) -> Result<Asked<MemberRow>, Error> {
    tx.ask(
        select_members!(
            "WHERE c.account_id = $1 AND (c.merged_into IS NULL OR k.account_id IS DISTINCT FROM c.account_id)"
        ),
        &[&account.uuid()],
        |row| MemberRow::from(&row),
    )
}

/// Members in the order of claiming. Sorted here: the engine would pack a wide row for it, most often a single one.
pub fn in_order(mut members: Vec<MemberRow>) -> Vec<MemberRow> {
    members.sort_unstable_by_key(|one| (one.case.claimed_at, one.case.id));
    members
}
