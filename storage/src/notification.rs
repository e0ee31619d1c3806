//! Physicians' notifications, and what became of them.

use crate::case_registration::RecordId;
use crate::engine::{Asked, At, Error, Row, Tx};
use crate::monitoring::read_names;
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, JurisdictionId, NotificationId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;

/// A notification as it was entered.
#[derive(Clone)]
pub struct NewNotification {
    /// The id, which is also the idempotency key of its form.
    pub id: NotificationId,
    /// The center that it goes to.
    pub center: HealthCenterId,
    /// Where whoever entered it belongs.
    pub place: JurisdictionId,
    /// Who entered it.
    pub by: StaffId,
    /// The programme (disease).
    pub programme: String,
    /// The hash of the item set that was asked.
    pub fingerprint: Vec<u8>,
    /// The sealed answers.
    pub answers_sealed: Vec<u8>,
    /// The day of birth.
    pub birthdate: Date,
    /// The keyed hash of the phone number.
    pub phone_blind: Option<Vec<u8>>,
    /// Whether the answers call for somebody at once.
    pub is_pressing: bool,
}

/// A notification as it stands.
#[derive(Clone)]
pub struct NotificationRow {
    /// The id.
    pub id: NotificationId,
    /// The center that it goes to.
    pub center: HealthCenterId,
    /// The name of that center.
    pub center_name: String,
    /// Where whoever entered it belongs.
    pub place: JurisdictionId,
    /// The name of that place.
    pub place_name: String,
    /// Who entered it.
    pub by: StaffId,
    /// The name of whoever did.
    pub by_name: String,
    /// When.
    pub entered_at: Timestamp,
    /// From when on it waits, or has waited last.
    pub waiting_since: Timestamp,
    /// The programme.
    pub programme: String,
    /// The hash of the item set that was asked.
    pub fingerprint: Vec<u8>,
    /// The sealed answers.
    pub answers_sealed: Vec<u8>,
    /// Whether the answers call for somebody at once.
    pub is_pressing: bool,
    /// The word of the state.
    pub state: String,
    /// The case that it became or belongs to.
    pub case: Option<CaseId>,
    /// Counts changes.
    pub version: i32,
    /// Who reads it now, and the name: whoever follows the case, and before there is one the center that it goes to.
    pub reader: (HealthCenterId, String),
    /// The word of why its case is none, where that was registered in error.
    pub no_case: Option<String>,
    /// Who the person is by the record of the case.
    pub recorded: Option<RecordedRow>,
}

/// Who somebody is by their record.
#[derive(Clone)]
pub struct RecordedRow {
    /// The name by script: kanji, kana, Latin.
    pub names: [Option<String>; 3],
    /// The day of birth.
    pub birthdate: Date,
    /// The sealed phone number.
    pub phone_sealed: Vec<u8>,
}

/// Something that was done with a notification.
#[derive(Clone)]
pub struct StepRow {
    /// The version of the notification that it led to.
    pub version: i32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: StaffId,
    /// The name of whoever did it.
    pub by_name: String,
    /// `entered`, `corrected`, `sent_back`, `confirmed`, `set_aside`, `taken_back`.
    pub step: String,
    /// Sealed words.
    pub note_sealed: Vec<u8>,
    /// The sealed answers before a correction.
    pub before_sealed: Option<Vec<u8>>,
}

/// Whose notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those that go to a center.
    Center(HealthCenterId),
    /// Those that staff of a place entered.
    Place(JurisdictionId),
    /// Those that one staff member entered; those of them that wait for an answer, where the staff member works now.
    Staff(StaffId),
}

macro_rules! select_notifications {
    ($condition:literal) => {
        concat!(
            "SELECT n.id, n.health_center_id, COALESCE(g.name, ''), n.place_id, COALESCE(j.name, ''), n.entered_by, COALESCE(s.name, ''),
                n.entered_at, n.waiting_since, n.programme, n.set_fingerprint, n.answers_sealed, n.is_pressing, n.state,
                n.case_id, n.version, COALESCE(c.health_center_id, n.health_center_id), COALESCE(h.name, ''),
                c.in_error_why,
                (SELECT string_agg(a.script || ' ' || a.name, '\u{1f}') FROM person_names a WHERE a.person_id = c.person_id),
                p.birthdate, p.phone_sealed
             FROM notifications n LEFT JOIN jurisdictions j ON j.id = n.place_id
                LEFT JOIN staff_members s ON s.id = n.entered_by
                LEFT JOIN cases c ON c.id = n.case_id
                LEFT JOIN persons p ON p.id = c.person_id
                LEFT JOIN health_centers h ON h.id = COALESCE(c.health_center_id, n.health_center_id)
                LEFT JOIN health_centers g ON g.id = n.health_center_id ",
            $condition
        )
    };
}

impl NotificationRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        let names = read_names(row.get(19)?);
        Ok(NotificationRow {
            id: NotificationId::from_uuid(row.get(0)?),
            center: HealthCenterId::from_uuid(row.get(1)?),
            center_name: row.get(2)?,
            place: JurisdictionId::from_uuid(row.get(3)?),
            place_name: row.get(4)?,
            by: StaffId::from_uuid(row.get(5)?),
            by_name: row.get(6)?,
            entered_at: row.at(7)?,
            waiting_since: row.at(8)?,
            programme: row.get(9)?,
            fingerprint: row.get(10)?,
            answers_sealed: row.get(11)?,
            is_pressing: row.get::<i32>(12)? == 1,
            state: row.get(13)?,
            case: row.get::<Option<_>>(14)?.map(CaseId::from_uuid),
            version: row.get(15)?,
            reader: (HealthCenterId::from_uuid(row.get(16)?), row.get(17)?),
            no_case: row.get(18)?,
            recorded: match (row.day_opt(20)?, row.get(21)?) {
                (Some(birthdate), Some(phone_sealed)) => Some(RecordedRow {
                    names,
                    birthdate,
                    phone_sealed,
                }),
                _ => None,
            },
        })
    }
}

/// Keeps the words of a set, once.
pub fn keep_set(tx: &mut Tx<'_>, fingerprint: &[u8], set: &serde_json::Value) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO notification_sets (fingerprint, item_set) VALUES ($1, $2)
             ON CONFLICT (fingerprint) DO NOTHING"
        ),
        &[&fingerprint.to_vec(), set],
    )?;
    Ok(())
}

/// The words of a set that was asked.
pub fn set(tx: &mut Tx<'_>, fingerprint: &[u8]) -> Result<serde_json::Value, Error> {
    tx.query_one(
        sql!("SELECT item_set FROM notification_sets WHERE fingerprint = $1"),
        &[&fingerprint.to_vec()],
        |row| row.get(0),
    )
}

/// Adds a notification unless its form was sent before; tells whether it was added.
pub fn insert(tx: &mut Tx<'_>, new: &NewNotification, now: Timestamp) -> Result<bool, Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO notifications (id, health_center_id, place_id, entered_by, entered_at, waiting_since,
                programme, set_fingerprint, answers_sealed, birthdate, phone_blind, is_pressing, state, changed_at,
                version)
             VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $11, 'waiting', $5, 1)
             ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &new.id.uuid(),
            &new.center.uuid(),
            &new.place.uuid(),
            &new.by.uuid(),
            &At(now),
            &new.programme,
            &new.fingerprint,
            &new.answers_sealed,
            &new.birthdate,
            &new.phone_blind,
            &i32::from(new.is_pressing),
        ],
    )?;
    tx.changes(new.center);
    Ok(added == 1)
}

/// A notification.
pub fn find(tx: &mut Tx<'_>, id: NotificationId) -> Result<Option<NotificationRow>, Error> {
    tx.query_opt(
        select_notifications!("WHERE n.id = $1"),
        &[&id.uuid()],
        |row| NotificationRow::from(&row),
    )
}

/// Those that wait at a center: the pressing ones first, then the longest waiting. Asked ahead.
pub fn ask_waiting(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    limit: i64,
) -> Result<Asked<NotificationRow>, Error> {
    tx.ask(
        select_notifications!(
            "WHERE n.health_center_id = $1 AND n.state = 'waiting'
             ORDER BY n.is_pressing DESC, n.waiting_since, n.id LIMIT $2"
        ),
        &[&center.uuid(), &limit],
        |row| NotificationRow::from(&row),
    )
}

/// How many wait at a center, up to a limit.
pub fn count_waiting(tx: &mut Tx<'_>, center: HealthCenterId, most: i64) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM notifications
             WHERE health_center_id = $1 AND state = 'waiting' LIMIT $2) x"
        ),
        &[&center.uuid(), &most],
        |row| row.get(0),
    )
}

/// What waits at a center.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitingAt {
    /// How many.
    pub count: i64,
    /// How many of them call for somebody at once.
    pub pressing: i64,
    /// Since when the oldest waits.
    pub oldest: Option<Timestamp>,
}

/// How many wait at a center, and for how long.
pub fn waiting_at(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<WaitingAt, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*), count(CASE WHEN is_pressing = 1 THEN 1 END), min(waiting_since) FROM notifications
             WHERE health_center_id = $1 AND state = 'waiting'"
        ),
        &[&center.uuid()],
        |row| {
            Ok(WaitingAt {
                count: row.get(0)?,
                pressing: row.get(1)?,
                oldest: row.at_opt(2)?,
            })
        },
    )
}

/// Those that are no case yet: they wait, or were sent back. The pressing ones and the longest waiting first.
pub fn no_case_yet(
    tx: &mut Tx<'_>,
    whose: Whose,
    limit: i64,
) -> Result<Vec<NotificationRow>, Error> {
    let mut found = match whose {
        Whose::Center(center) => ask_waiting(tx, center, limit)?.all(tx)?,
        Whose::Place(place) => tx.query(
            select_notifications!(
                "WHERE n.place_id = $1 AND n.state = 'waiting' ORDER BY n.entered_at, n.id LIMIT $2"
            ),
            &[&place.uuid(), &limit],
            |row| NotificationRow::from(&row),
        )?,
        Whose::Staff(staff) => tx.query(
            select_notifications!(
                "WHERE n.entered_by = $1 AND n.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM staff_moves v WHERE v.staff_id = $1 AND v.moved_at >= n.entered_at)
                 ORDER BY n.entered_at, n.id LIMIT $2"
            ),
            &[&staff.uuid(), &limit],
            |row| NotificationRow::from(&row),
        )?,
    };
    found.extend(ask_sent_back(tx, whose, limit)?.all(tx)?);
    Ok(found)
}

/// Notifications, the newest first; of a center also those of the cases that were given to it since. Each source gives no
/// more than the page needs.
pub fn list(
    tx: &mut Tx<'_>,
    whose: Whose,
    limit: i64,
    offset: i64,
) -> Result<Vec<NotificationRow>, Error> {
    let read = |row: Row<'_>| NotificationRow::from(&row);
    match whose {
        Whose::Center(center) => tx.query(
            select_notifications!(
                "WHERE n.id IN (
                    SELECT id FROM (SELECT id, entered_at FROM notifications WHERE health_center_id = $1
                        ORDER BY entered_at DESC, id DESC LIMIT $4) AS own
                    UNION
                    SELECT b.id FROM transfers t JOIN cases d ON d.id = t.case_id
                        JOIN notifications b ON b.case_id = d.id
                        WHERE t.to_center = $1 AND t.answer = 'accepted' AND d.health_center_id = $1)
                 ORDER BY n.entered_at DESC, n.id DESC LIMIT $2 OFFSET $3"
            ),
            &[&center.uuid(), &limit, &offset, &(limit + offset)],
            read,
        ),
        Whose::Place(place) => tx.query(
            select_notifications!(
                "WHERE n.place_id = $1 ORDER BY n.entered_at DESC, n.id DESC LIMIT $2 OFFSET $3"
            ),
            &[&place.uuid(), &limit, &offset],
            read,
        ),
        Whose::Staff(staff) => tx.query(
            select_notifications!(
                "WHERE n.entered_by = $1 ORDER BY n.entered_at DESC, n.id DESC LIMIT $2 OFFSET $3"
            ),
            &[&staff.uuid(), &limit, &offset],
            read,
        ),
    }
}

/// Those of a case, the first one first.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<NotificationRow>, Error> {
    tx.query(
        select_notifications!("WHERE n.case_id = $1 ORDER BY n.entered_at, n.id"),
        &[&case.uuid()],
        |row| NotificationRow::from(&row),
    )
}

/// Notifications at a center that have not become a case, with this birthdate or this phone.
pub fn perhaps_alike(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    birthdate: Date,
    phone_blind: Option<&[u8]>,
    limit: i64,
) -> Result<Vec<NotificationRow>, Error> {
    let blind = phone_blind.unwrap_or_default().to_vec();
    tx.query(
        select_notifications!(
            "WHERE n.health_center_id = $1 AND n.state IN ('waiting', 'sent_back')
                AND (n.birthdate = $2 OR n.phone_blind = $3)
             ORDER BY n.entered_at DESC, n.id DESC LIMIT $4"
        ),
        &[&center.uuid(), &birthdate, &blind, &limit],
        |row| NotificationRow::from(&row),
    )
}

/// What a correction changes.
#[derive(Clone)]
pub struct Corrected {
    /// The hash of the item set that was asked.
    pub fingerprint: Vec<u8>,
    /// The sealed answers.
    pub answers_sealed: Vec<u8>,
    /// The day of birth.
    pub birthdate: Date,
    /// The keyed hash of the phone number.
    pub phone_blind: Option<Vec<u8>>,
    /// Whether the answers call for somebody at once.
    pub is_pressing: bool,
}

/// Writes corrected answers down; the notification waits for the center from then on. Tells whether nobody had changed
/// it meanwhile.
pub fn correct(
    tx: &mut Tx<'_>,
    id: NotificationId,
    corrected: &Corrected,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = tx.execute(
        sql!(
            "UPDATE notifications SET set_fingerprint = $3, answers_sealed = $4, birthdate = $5, phone_blind = $6,
                is_pressing = $7, waiting_since = CASE WHEN state = 'waiting' THEN waiting_since ELSE $8 END,
                state = 'waiting', changed_at = $8, version = version + 1
             WHERE id = $1 AND version = $2 AND state IN ('waiting', 'sent_back')"
        ),
        &[
            &id.uuid(),
            &version,
            &corrected.fingerprint,
            &corrected.answers_sealed,
            &corrected.birthdate,
            &corrected.phone_blind,
            &i32::from(corrected.is_pressing),
            &At(now),
        ],
    )?;
    Ok(changed == 1)
}

/// Gives a notification another state, from one of `from`; tells whether nobody had changed it meanwhile. One that was
/// set aside by mistake and waits again has waited all the while: its person has. `record`: whose it is from now on.
pub fn set_state(
    tx: &mut Tx<'_>,
    id: NotificationId,
    (from, to): (&str, &str),
    record: Option<RecordId>,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = tx.execute(
        sql!(
            "UPDATE notifications SET state = $4, case_id = $5, changed_at = $6, version = version + 1
             WHERE id = $1 AND version = $2 AND state = $3"
        ),
        &[
            &id.uuid(),
            &version,
            &from,
            &to,
            &record.map(|record| record.case().uuid()),
            &At(now),
        ],
    )?;
    Ok(changed == 1)
}

/// Writes down what was done.
pub fn step(tx: &mut Tx<'_>, id: NotificationId, step: &StepRow) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO notification_steps (notification_id, version, at, by_staff, step, note_sealed, before_sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        &[
            &id.uuid(),
            &step.version,
            &At(step.at),
            &step.by.uuid(),
            &step.step,
            &step.note_sealed,
            &step.before_sealed,
        ],
    )?;
    Ok(())
}

/// What was done with a notification, the latest first.
pub fn steps(tx: &mut Tx<'_>, id: NotificationId) -> Result<Vec<StepRow>, Error> {
    tx.query(
        sql!(
            "SELECT t.version, t.at, t.by_staff, COALESCE(s.name, ''), t.step, t.note_sealed, t.before_sealed
             FROM notification_steps t LEFT JOIN staff_members s ON s.id = t.by_staff
             WHERE t.notification_id = $1 ORDER BY t.version DESC"
        ),
        &[&id.uuid()],
        |row| {
            Ok(StepRow {
                version: row.get(0)?,
                at: row.at(1)?,
                by: StaffId::from_uuid(row.get(2)?),
                by_name: row.get(3)?,
                step: row.get(4)?,
                note_sealed: row.get(5)?,
                before_sealed: row.get(6)?,
            })
        },
    )
}

/// What changed at a center since a moment, for noticing that something did.
pub fn changed_since(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(NotificationId, Timestamp)>, Error> {
    tx.query(
        sql!(
            "SELECT id, changed_at FROM notifications WHERE health_center_id = $1 AND changed_at > $2
             ORDER BY changed_at DESC LIMIT $3"
        ),
        &[&center.uuid(), &At(since), &limit],
        |row| Ok((NotificationId::from_uuid(row.get(0)?), row.at(1)?)),
    )
}

/// Those that the center has sent back and nobody has answered, the pressing ones and the longest entered first. Asked ahead.
pub fn ask_sent_back(
    tx: &mut Tx<'_>,
    whose: Whose,
    limit: i64,
) -> Result<Asked<NotificationRow>, Error> {
    let read = |row: Row<'_>| NotificationRow::from(&row);
    match whose {
        Whose::Center(center) => tx.ask(
            select_notifications!(
                "WHERE n.health_center_id = $1 AND n.state = 'sent_back' ORDER BY n.is_pressing DESC, n.entered_at, n.id LIMIT $2"
            ),
            &[&center.uuid(), &limit],
            read,
        ),
        Whose::Place(place) => tx.ask(
            select_notifications!(
                "WHERE n.place_id = $1 AND n.state = 'sent_back' ORDER BY n.is_pressing DESC, n.entered_at, n.id LIMIT $2"
            ),
            &[&place.uuid(), &limit],
            read,
        ),
        Whose::Staff(staff) => tx.ask(
            select_notifications!(
                "WHERE n.entered_by = $1 AND n.state = 'sent_back' AND NOT EXISTS (SELECT 1 FROM staff_moves v WHERE v.staff_id = $1 AND v.moved_at >= n.entered_at)
                 ORDER BY n.is_pressing DESC, n.entered_at, n.id LIMIT $2"
            ),
            &[&staff.uuid(), &limit],
            read,
        ),
    }
}

/// When a notification changed last: of one that was sent back, when that was.
pub fn changed_at(tx: &mut Tx<'_>, id: NotificationId) -> Result<Timestamp, Error> {
    tx.query_one(
        sql!("SELECT changed_at FROM notifications WHERE id = $1"),
        &[&id.uuid()],
        |row| row.at(0),
    )
}

/// A notification that calls for somebody at once and waits, for the center or for an answer, with how often it was passed on.
#[derive(Clone, Debug)]
pub struct Pressing {
    /// The id.
    pub id: NotificationId,
    /// The center that it goes to.
    pub center: HealthCenterId,
    /// From when on it waits: for the center, or for an answer.
    pub waiting_since: Timestamp,
    /// How often it was passed on since.
    pub steps: i32,
    /// That the center has sent it back with a question.
    pub is_asked: bool,
    /// When it is passed on next; none: at once.
    pub next_step_at: Option<Timestamp>,
}

/// Pressing notifications that are to be passed on until a moment, what is due the longest first. One that was sent back and has no
/// moment is told of no more: that was done by a release that did not tell of them, before this one ran.
pub fn due(tx: &mut Tx<'_>, until: Timestamp, limit: i64) -> Result<Vec<Pressing>, Error> {
    tx.query(
        sql!(
            "SELECT id, health_center_id, waiting_since, told_steps, 0 AS is_asked, next_step_at,
                COALESCE(next_step_at, waiting_since) AS due_at FROM notifications
             WHERE state = 'waiting' AND is_pressing = 1 AND (next_step_at IS NULL OR next_step_at <= $1)
             UNION ALL SELECT id, health_center_id, changed_at, told_steps, 1, next_step_at, next_step_at FROM notifications
             WHERE state = 'sent_back' AND is_pressing = 1 AND next_step_at <= $1
             ORDER BY 7, 1 LIMIT $2"
        ),
        &[&At(until), &limit],
        |row| {
            Ok(Pressing {
                id: NotificationId::from_uuid(row.get(0)?),
                center: HealthCenterId::from_uuid(row.get(1)?),
                waiting_since: row.at(2)?,
                steps: row.get(3)?,
                is_asked: row.get::<i32>(4)? == 1,
                next_step_at: row.at_opt(5)?,
            })
        },
    )
}

/// Whether there is a pressing notification that is to be passed on only after `latest`.
pub fn are_far(tx: &mut Tx<'_>, latest: Timestamp) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!(
            "SELECT id FROM notifications WHERE state = 'waiting' AND is_pressing = 1 AND next_step_at > $1
             UNION ALL SELECT id FROM notifications WHERE state = 'sent_back' AND is_pressing = 1 AND next_step_at > $1 LIMIT 1"
        ),
        &[&At(latest)],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Pressing notifications whose next moment lies later than any setting puts one are due now, and wait since now at the
/// latest: the clock was ahead when they came or were told. Tells how many.
pub fn bring_near(tx: &mut Tx<'_>, latest: Timestamp, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE notifications SET next_step_at = $2,
                waiting_since = CASE WHEN waiting_since > $2 THEN $2 ELSE waiting_since END
             WHERE state IN ('waiting', 'sent_back') AND is_pressing = 1 AND next_step_at > $1"
        ),
        &[&At(latest), &At(now)],
    )
}

/// The word of the state in which a pressing notification is passed on.
fn state_of(one: &Pressing) -> &'static str {
    match one.is_asked {
        true => "sent_back",
        false => "waiting",
    }
}

/// Notes that a pressing notification was passed on, unless it was answered, asked about or passed on since it was read; of two
/// processes that do it at once, one gets `true`.
pub fn passed_on(tx: &mut Tx<'_>, one: &Pressing, next_step_at: Timestamp) -> Result<bool, Error> {
    let passed = tx.execute(
        // The moment, too: answered and asked about again it is as often told of as it was.
        sql!(
            "UPDATE notifications SET told_steps = told_steps + 1, next_step_at = $3
             WHERE id = $1 AND told_steps = $2 AND state = $4 AND next_step_at IS NOT DISTINCT FROM $5"
        ),
        &[
            &one.id.uuid(),
            &one.steps,
            &At(next_step_at),
            &state_of(one),
            &one.next_step_at.map(At),
        ],
    )?;
    Ok(passed == 1)
}

/// One that was sent back is told of anew, at this moment first, unless something was done with it since it was read.
pub fn asked_from(tx: &mut Tx<'_>, one: &Pressing, at: Timestamp) -> Result<bool, Error> {
    let begun = tx.execute(
        sql!(
            "UPDATE notifications SET told_steps = 0, next_step_at = $2
             WHERE id = $1 AND told_steps = $3 AND state = $4 AND next_step_at = $5"
        ),
        &[
            &one.id.uuid(),
            &At(at),
            &one.steps,
            &state_of(one),
            &one.next_step_at.map(At),
        ],
    )?;
    Ok(begun == 1)
}

/// From now on a notification is told anew, at this moment first.
pub fn tell_from(tx: &mut Tx<'_>, id: NotificationId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE notifications SET told_steps = 0, next_step_at = $2 WHERE id = $1"),
        &[&id.uuid(), &At(at)],
    )?;
    Ok(())
}

/// How many were sent back and nobody has answered, up to a limit.
pub fn count_sent_back(tx: &mut Tx<'_>, whose: Whose, most: i64) -> Result<i64, Error> {
    match whose {
        Whose::Center(center) => tx.query_one(
            sql!(
                "SELECT count(*) FROM (SELECT 1 AS one FROM notifications
                 WHERE health_center_id = $1 AND state = 'sent_back' LIMIT $2) x"
            ),
            &[&center.uuid(), &most],
            |row| row.get(0),
        ),
        Whose::Place(place) => tx.query_one(
            sql!(
                "SELECT count(*) FROM (SELECT 1 AS one FROM notifications
                 WHERE place_id = $1 AND state = 'sent_back' LIMIT $2) x"
            ),
            &[&place.uuid(), &most],
            |row| row.get(0),
        ),
        Whose::Staff(staff) => tx.query_one(
            sql!(
                "SELECT count(*) FROM (SELECT 1 AS one FROM notifications
                 WHERE entered_by = $1 AND state = 'sent_back'
                    AND NOT EXISTS (SELECT 1 FROM staff_moves v WHERE v.staff_id = $1 AND v.moved_at >= notifications.entered_at) LIMIT $2) x"
            ),
            &[&staff.uuid(), &most],
            |row| row.get(0),
        ),
    }
}
