//! The sections of the worklist. Each is a run of a partial index whose order is the section's, so that opening one
//! costs the same with 2,000 people and with 200,000 (`bench`): a row is only looked up where it is shown. Therefore a
//! list of everybody's and a list of one colleague's are different statements: who looks after somebody has tens of people,
//! and SQLite finds them by `COALESCE`, which keeps it from walking through the section of the whole center. Those after
//! whom nobody looks are many at most centers: that list walks through the section like the one of everybody.

use crate::engine::{Asked, At, Error, Param, Row, Tx};
use crate::jurisdiction::Below;
use crate::monitoring::{WorkRow, select_work};
use crate::sql;
use domain::ids::{HealthCenterId, JurisdictionId, StaffId};
use domain::urgency::Level;
use jiff::Timestamp;
use jiff::civil::Date;

/// Who looks after those whom a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LookedAfterBy {
    /// Whoever it is, or nobody.
    #[default]
    Anybody,
    /// This staff member.
    One(StaffId),
    /// Nobody in particular.
    Nobody,
}

/// Which cases of a center a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The center.
    pub center: HealthCenterId,
    /// Only those whom these look after.
    pub by: LookedAfterBy,
    /// Only those of this programme; empty: all.
    pub programme: String,
    /// How many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

/// No count goes further than this: a list that long needs no exact number.
pub const COUNT_LIMIT: i64 = 1_000_000;

/// Before every registration. Asking for it says nothing about the rows, but leads the planner to the index that has
/// the section's order; without it SQLite takes any index of the center and sorts everybody.
const ALWAYS: Timestamp = Timestamp::UNIX_EPOCH;
/// The same as the moment, in seconds, at which somebody was heard of.
const EVER: i64 = 0;

/// A section of the worklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Getting worse, or reported something that calls for attention; the most urgent first. Of equals whoever is at risk
    /// and was never reached comes first, then whoever reported last; who never reported and is urgent for being silent comes
    /// after them. Who is in hospital is looked after there, and pushes nobody at home out of sight.
    Urgent,
    /// Not heard of since this day, though they have an account, reported by phone or were reached; the longest first. Whom
    /// the last call has reached since this moment, with which that day began, nobody has to call.
    Silent(Date, Timestamp),
    /// Nobody has signed up yet: those whom nobody has reached first, of them those at risk, then the longest not heard of.
    NoAccount,
    /// A release is to be looked at on this day; the longest due first.
    Review(Date),
    /// A call is due by this moment; the longest due first.
    Calls(Timestamp),
    /// A call is due after the first of these moments, and by the second; the next first.
    Planned(Timestamp, Timestamp),
    /// Everybody who is followed; the newest first.
    Open,
}

/// The rows of a section. Asked ahead.
pub fn ask_rows(tx: &mut Tx<'_>, section: Section, wish: &Wish) -> Result<Asked<WorkRow>, Error> {
    let center = wish.center.uuid();
    let (limit, offset) = (wish.limit, wish.offset);
    let programme: &dyn Param = &wish.programme;
    let (always, ever) = (At(ALWAYS), EVER);
    let read = |row: Row<'_>| WorkRow::from(&row);
    let staff = match wish.by {
        LookedAfterBy::One(staff) => staff.uuid(),
        LookedAfterBy::Anybody => return match section {
            Section::Urgent => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.urgency > 0 AND ($4 = '' OR c.programme = $4)
             ORDER BY m.urgency DESC, m.call_first DESC, m.measured_at DESC NULLS LAST, m.case_id DESC LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, programme],
                read,
            ),
            Section::Silent(day, from) => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND (m.has_account = 1 OR m.reports > 0 OR m.heard_since > 0) AND m.heard_on < $4 AND (m.called_at IS NULL OR m.called_at < $6 OR m.unanswered > 0) AND ($5 = '' OR c.programme = $5)
             ORDER BY m.heard_on, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &day, programme, &At(from)],
                read,
            ),
            Section::NoAccount => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.heard_since >= $4 AND m.is_open = 1 AND m.has_account = 0 AND ($5 = '' OR c.programme = $5)
             ORDER BY m.heard_since, m.call_first DESC, m.heard_on, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &ever, programme],
                read,
            ),
            Section::Review(day) => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.review_from IS NOT NULL AND m.review_from <= $4 AND ($5 = '' OR c.programme = $5)
             ORDER BY m.review_from, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &day, programme],
                read,
            ),
            Section::Calls(at) => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.next_call_at IS NOT NULL AND m.next_call_at <= $4 AND ($5 = '' OR c.programme = $5)
             ORDER BY m.next_call_at, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &At(at), programme],
                read,
            ),
            Section::Planned(after, until) => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.next_call_at IS NOT NULL AND m.next_call_at > $4 AND m.next_call_at <= $5 AND ($6 = '' OR c.programme = $6)
             ORDER BY m.next_call_at, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &At(after), &At(until), programme],
                read,
            ),
            Section::Open => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.registered_at >= $4 AND m.is_open = 1 AND ($5 = '' OR c.programme = $5)
             ORDER BY m.registered_at DESC, m.case_id DESC LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &always, programme],
                read,
            ),
        },
        LookedAfterBy::Nobody => return match section {
            Section::Urgent => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.assigned_to IS NULL AND m.urgency > 0 AND ($4 = '' OR c.programme = $4)
             ORDER BY m.urgency DESC, m.call_first DESC, m.measured_at DESC NULLS LAST, m.case_id DESC LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, programme],
                read,
            ),
            Section::Silent(day, from) => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.assigned_to IS NULL AND (m.has_account = 1 OR m.reports > 0 OR m.heard_since > 0) AND m.heard_on < $4 AND (m.called_at IS NULL OR m.called_at < $6 OR m.unanswered > 0) AND ($5 = '' OR c.programme = $5)
             ORDER BY m.heard_on, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &day, programme, &At(from)],
                read,
            ),
            Section::NoAccount => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.heard_since >= $4 AND m.is_open = 1 AND m.assigned_to IS NULL AND m.has_account = 0 AND ($5 = '' OR c.programme = $5)
             ORDER BY m.heard_since, m.call_first DESC, m.heard_on, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &ever, programme],
                read,
            ),
            Section::Review(day) => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.assigned_to IS NULL AND m.review_from IS NOT NULL AND m.review_from <= $4 AND ($5 = '' OR c.programme = $5)
             ORDER BY m.review_from, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &day, programme],
                read,
            ),
            Section::Calls(at) => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.assigned_to IS NULL AND m.next_call_at IS NOT NULL AND m.next_call_at <= $4 AND ($5 = '' OR c.programme = $5)
             ORDER BY m.next_call_at, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &At(at), programme],
                read,
            ),
            Section::Planned(after, until) => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.assigned_to IS NULL AND m.next_call_at IS NOT NULL AND m.next_call_at > $4 AND m.next_call_at <= $5 AND ($6 = '' OR c.programme = $6)
             ORDER BY m.next_call_at, m.case_id LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &At(after), &At(until), programme],
                read,
            ),
            Section::Open => tx.ask(
                select_work!("WHERE m.health_center_id = $1 AND m.registered_at >= $4 AND m.is_open = 1 AND m.assigned_to IS NULL AND ($5 = '' OR c.programme = $5)
             ORDER BY m.registered_at DESC, m.case_id DESC LIMIT $2 OFFSET $3"),
                &[&center, &limit, &offset, &always, programme],
                read,
            ),
        },
    };
    match section {
        Section::Urgent => tx.ask(
            select_work!("WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $4 AND m.expects_reports = 1 AND m.urgency > 0 AND ($5 = '' OR c.programme = $5)
             ORDER BY m.urgency DESC, m.call_first DESC, m.measured_at DESC NULLS LAST, m.case_id DESC LIMIT $2 OFFSET $3"),
            &[&center, &limit, &offset, &staff, programme],
            read,
        ),
        Section::Silent(day, from) => tx.ask(
            select_work!("WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $4 AND m.expects_reports = 1 AND (m.has_account = 1 OR m.reports > 0 OR m.heard_since > 0) AND m.heard_on < $5 AND (m.called_at IS NULL OR m.called_at < $7 OR m.unanswered > 0) AND ($6 = '' OR c.programme = $6)
             ORDER BY m.heard_on, m.case_id LIMIT $2 OFFSET $3"),
            &[&center, &limit, &offset, &staff, &day, programme, &At(from)],
            read,
        ),
        Section::NoAccount => tx.ask(
            select_work!("WHERE COALESCE(m.health_center_id, $1) = $1 AND m.heard_since >= $5 AND m.assigned_to = $4 AND m.is_open = 1 AND m.has_account = 0 AND ($6 = '' OR c.programme = $6)
             ORDER BY m.heard_since, m.call_first DESC, m.heard_on, m.case_id LIMIT $2 OFFSET $3"),
            &[&center, &limit, &offset, &staff, &ever, programme],
            read,
        ),
        Section::Review(day) => tx.ask(
            select_work!("WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $4 AND m.is_open = 1 AND m.review_from IS NOT NULL AND m.review_from <= $5 AND ($6 = '' OR c.programme = $6)
             ORDER BY m.review_from, m.case_id LIMIT $2 OFFSET $3"),
            &[&center, &limit, &offset, &staff, &day, programme],
            read,
        ),
        Section::Calls(at) => tx.ask(
            select_work!("WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $4 AND m.is_open = 1 AND m.next_call_at IS NOT NULL AND m.next_call_at <= $5 AND ($6 = '' OR c.programme = $6)
             ORDER BY m.next_call_at, m.case_id LIMIT $2 OFFSET $3"),
            &[&center, &limit, &offset, &staff, &At(at), programme],
            read,
        ),
        Section::Planned(after, until) => tx.ask(
            select_work!("WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $4 AND m.is_open = 1 AND m.next_call_at IS NOT NULL AND m.next_call_at > $5 AND m.next_call_at <= $6 AND ($7 = '' OR c.programme = $7)
             ORDER BY m.next_call_at, m.case_id LIMIT $2 OFFSET $3"),
            &[&center, &limit, &offset, &staff, &At(after), &At(until), programme],
            read,
        ),
        Section::Open => tx.ask(
            select_work!("WHERE COALESCE(m.health_center_id, $1) = $1 AND m.registered_at >= $5 AND m.assigned_to = $4 AND m.is_open = 1 AND ($6 = '' OR c.programme = $6)
             ORDER BY m.registered_at DESC, m.case_id DESC LIMIT $2 OFFSET $3"),
            &[&center, &limit, &offset, &staff, &always, programme],
            read,
        ),
    }
}

/// How many a section has, up to `most`: one number. Counting costs the more the more there are. Asked ahead.
pub fn ask_count(
    tx: &mut Tx<'_>,
    section: Section,
    wish: &Wish,
    most: i64,
) -> Result<Asked<i64>, Error> {
    let center = wish.center.uuid();
    let programme: &dyn Param = &wish.programme;
    let (always, ever) = (At(ALWAYS), EVER);
    let read = |row: Row<'_>| row.get(0);
    let staff = match wish.by {
        LookedAfterBy::One(staff) => staff.uuid(),
        LookedAfterBy::Anybody => return match section {
            Section::Urgent => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.urgency > 0 AND ($3 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $3)) LIMIT $2) x"),
                &[&center, &most, programme],
                read,
            ),
            Section::Silent(day, from) => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND (m.has_account = 1 OR m.reports > 0 OR m.heard_since > 0) AND m.heard_on < $3 AND (m.called_at IS NULL OR m.called_at < $5 OR m.unanswered > 0) AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &day, programme, &At(from)],
                read,
            ),
            Section::NoAccount => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.heard_since >= $3 AND m.is_open = 1 AND m.has_account = 0 AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &ever, programme],
                read,
            ),
            Section::Review(day) => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.review_from IS NOT NULL AND m.review_from <= $3 AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &day, programme],
                read,
            ),
            Section::Calls(at) => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.next_call_at IS NOT NULL AND m.next_call_at <= $3 AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &At(at), programme],
                read,
            ),
            Section::Planned(after, until) => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.next_call_at IS NOT NULL AND m.next_call_at > $3 AND m.next_call_at <= $4 AND ($5 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $5)) LIMIT $2) x"),
                &[&center, &most, &At(after), &At(until), programme],
                read,
            ),
            Section::Open => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.registered_at >= $3 AND m.is_open = 1 AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &always, programme],
                read,
            ),
        },
        LookedAfterBy::Nobody => return match section {
            Section::Urgent => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.assigned_to IS NULL AND m.urgency > 0 AND ($3 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $3)) LIMIT $2) x"),
                &[&center, &most, programme],
                read,
            ),
            Section::Silent(day, from) => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.expects_reports = 1 AND m.assigned_to IS NULL AND (m.has_account = 1 OR m.reports > 0 OR m.heard_since > 0) AND m.heard_on < $3 AND (m.called_at IS NULL OR m.called_at < $5 OR m.unanswered > 0) AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &day, programme, &At(from)],
                read,
            ),
            Section::NoAccount => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.heard_since >= $3 AND m.is_open = 1 AND m.assigned_to IS NULL AND m.has_account = 0 AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &ever, programme],
                read,
            ),
            Section::Review(day) => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.assigned_to IS NULL AND m.review_from IS NOT NULL AND m.review_from <= $3 AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &day, programme],
                read,
            ),
            Section::Calls(at) => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.assigned_to IS NULL AND m.next_call_at IS NOT NULL AND m.next_call_at <= $3 AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &At(at), programme],
                read,
            ),
            Section::Planned(after, until) => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.assigned_to IS NULL AND m.next_call_at IS NOT NULL AND m.next_call_at > $3 AND m.next_call_at <= $4 AND ($5 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $5)) LIMIT $2) x"),
                &[&center, &most, &At(after), &At(until), programme],
                read,
            ),
            Section::Open => tx.ask(
                sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE m.health_center_id = $1 AND m.registered_at >= $3 AND m.is_open = 1 AND m.assigned_to IS NULL AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
                &[&center, &most, &always, programme],
                read,
            ),
        },
    };
    match section {
        Section::Urgent => tx.ask(
            sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $3 AND m.expects_reports = 1 AND m.urgency > 0 AND ($4 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $4)) LIMIT $2) x"),
            &[&center, &most, &staff, programme],
            read,
        ),
        Section::Silent(day, from) => tx.ask(
            sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $3 AND m.expects_reports = 1 AND (m.has_account = 1 OR m.reports > 0 OR m.heard_since > 0) AND m.heard_on < $4 AND (m.called_at IS NULL OR m.called_at < $6 OR m.unanswered > 0) AND ($5 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $5)) LIMIT $2) x"),
            &[&center, &most, &staff, &day, programme, &At(from)],
            read,
        ),
        Section::NoAccount => tx.ask(
            sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE COALESCE(m.health_center_id, $1) = $1 AND m.heard_since >= $4 AND m.assigned_to = $3 AND m.is_open = 1 AND m.has_account = 0 AND ($5 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $5)) LIMIT $2) x"),
            &[&center, &most, &staff, &ever, programme],
            read,
        ),
        Section::Review(day) => tx.ask(
            sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $3 AND m.is_open = 1 AND m.review_from IS NOT NULL AND m.review_from <= $4 AND ($5 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $5)) LIMIT $2) x"),
            &[&center, &most, &staff, &day, programme],
            read,
        ),
        Section::Calls(at) => tx.ask(
            sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $3 AND m.is_open = 1 AND m.next_call_at IS NOT NULL AND m.next_call_at <= $4 AND ($5 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $5)) LIMIT $2) x"),
            &[&center, &most, &staff, &At(at), programme],
            read,
        ),
        Section::Planned(after, until) => tx.ask(
            sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE COALESCE(m.health_center_id, $1) = $1 AND m.assigned_to = $3 AND m.is_open = 1 AND m.next_call_at IS NOT NULL AND m.next_call_at > $4 AND m.next_call_at <= $5 AND ($6 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $6)) LIMIT $2) x"),
            &[&center, &most, &staff, &At(after), &At(until), programme],
            read,
        ),
        Section::Open => tx.ask(
            sql!("SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m WHERE COALESCE(m.health_center_id, $1) = $1 AND m.registered_at >= $4 AND m.assigned_to = $3 AND m.is_open = 1 AND ($5 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $5)) LIMIT $2) x"),
            &[&center, &most, &staff, &always, programme],
            read,
        ),
    }
}

/// The same, of this moment.
pub fn count(tx: &mut Tx<'_>, section: Section, wish: &Wish, most: i64) -> Result<i64, Error> {
    let count = ask_count(tx, section, wish, most)?.first(tx)?;
    Ok(count.unwrap_or(0))
}

/// Of how many whom a center is to hear of nobody has heard since they were registered: no account, no report, and nobody has
/// reached them.
pub fn count_unreached(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM monitoring m
                WHERE m.health_center_id = $1 AND m.heard_since = 0 AND m.is_open = 1 AND m.has_account = 0
                    AND m.reports = 0 AND m.expects_reports = 1 LIMIT $2) x"
        ),
        &[&center.uuid(), &COUNT_LIMIT],
        |row| row.get(0),
    )
}

/// How many people who are followed a staff member looks after, by center, at or below a place.
pub fn looked_after_by(
    tx: &mut Tx<'_>,
    staff: StaffId,
    below: &Below,
) -> Result<Vec<(HealthCenterId, i64)>, Error> {
    // Counted here: grouped by center, the embedded database walks through the centers.
    let centers = tx.query(
        sql!(
            "SELECT m.health_center_id, j.path FROM monitoring m JOIN jurisdictions j ON j.id = m.health_center_id
             WHERE m.assigned_to = $1 AND m.is_open = 1"
        ),
        &[&staff.uuid()],
        |row| {
            let path: String = row.get(1)?;
            Ok((HealthCenterId::from_uuid(row.get(0)?), path))
        },
    )?;
    let mut counts = std::collections::BTreeMap::new();
    for (center, path) in centers {
        if path >= below.from && path < below.to {
            *counts.entry(center).or_insert(0) += 1;
        }
    }
    Ok(counts.into_iter().collect())
}

/// Whom the open alerts of a center are about that [`crate::alerts::open`] finds for the same page: one statement for all
/// of them instead of one for each, which on PostgreSQL is a journey each. Asked ahead.
pub fn ask_of_alerts(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    now: Timestamp,
    (limit, offset): (i64, i64),
) -> Result<Asked<WorkRow>, Error> {
    tx.ask(
        select_work!("WHERE m.case_id IN (SELECT x.case_id FROM (SELECT l.case_id FROM alerts l
                WHERE l.health_center_id = $1 AND l.done_at IS NULL
                ORDER BY CASE WHEN l.taken_by IS NULL THEN 0 WHEN l.steps > 0 OR l.next_step_at <= $4 THEN 1 ELSE 2 END,
                    CASE WHEN l.level >= $5 THEN 0 ELSE 1 END, l.waiting_since, l.id LIMIT $2 OFFSET $3) x)"),
        &[
            &center.uuid(),
            &limit,
            &offset,
            &At(now),
            &Level::Emergency.number(),
        ],
        |row| WorkRow::from(&row),
    )
}

/// Whom the first open tasks of a center are about that [`crate::tasks::open_but`] finds for the same kinds, whoever
/// follows them: asked for in the statement, the center leads the planner of SQLite through everybody whom it follows.
/// Asked ahead.
pub fn ask_of_tasks(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    but: [&str; 4],
    limit: i64,
) -> Result<Asked<WorkRow>, Error> {
    tx.ask(
        select_work!(
            "WHERE m.case_id IN (SELECT x.case_id FROM (SELECT t.case_id FROM tasks t
                WHERE t.done_at IS NULL AND (t.health_center_id = $1 OR t.health_center_id IS NULL)
                    AND t.kind <> $3 AND t.kind <> $4 AND t.kind <> $5 AND t.kind <> $6
                ORDER BY t.created_at, t.id LIMIT $2) x)"
        ),
        &[&center.uuid(), &limit, &but[0], &but[1], &but[2], &but[3]],
        |row| WorkRow::from(&row),
    )
}

/// The same for those that [`crate::tasks::ask_open_of`] finds.
pub fn ask_of_tasks_of(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    kind: &str,
    limit: i64,
) -> Result<Asked<WorkRow>, Error> {
    tx.ask(
        select_work!(
            "WHERE m.case_id IN (SELECT x.case_id FROM (SELECT t.case_id FROM tasks t
                WHERE t.health_center_id = $1 AND t.done_at IS NULL AND t.kind = $3
                ORDER BY t.created_at, t.id LIMIT $2) x)"
        ),
        &[&center.uuid(), &limit, &kind],
        |row| WorkRow::from(&row),
    )
}

/// The patients that a medical institution has notified and that are followed, the newest first. They are as few as one
/// place can treat, so that what section each belongs to is decided where they are read.
pub fn notified_at(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    limit: i64,
) -> Result<Vec<WorkRow>, Error> {
    tx.query(
        select_work!("WHERE m.is_open = 1
                AND m.case_id IN (SELECT n.case_id FROM notifications n WHERE n.place_id = $1 AND n.state = 'confirmed')
             ORDER BY m.registered_at DESC, m.case_id DESC LIMIT $2"),
        &[&place.uuid(), &limit],
        |row| WorkRow::from(&row),
    )
}
