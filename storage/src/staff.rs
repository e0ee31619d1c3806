//! Staff members, their second factors, and the links with which they choose a password.

use crate::engine::{At, Error, Row, Tx};
use crate::jurisdiction::Below;
use crate::sql;
use domain::ids::{JurisdictionId, StaffId};
use jiff::Timestamp;
use uuid::Uuid;

/// A staff member as stored.
#[derive(Clone)]
pub struct StaffRow {
    /// The id.
    pub id: StaffId,
    /// The place that the person belongs to.
    pub place: JurisdictionId,
    /// The word of the role.
    pub role: String,
    /// The name shown to colleagues.
    pub name: String,
    /// The sealed e-mail address.
    pub email_sealed: Vec<u8>,
    /// The keyed hash of the e-mail address.
    pub email_blind: Vec<u8>,
    /// The password's hash as a PHC string; none until an invitation was taken up.
    pub password_hash: Option<String>,
    /// The sealed secret of the second factor; none until one was set up.
    pub totp_sealed: Option<Vec<u8>>,
    /// The last step of the second factor that was used, so that no code works twice.
    pub totp_step: Option<i64>,
    /// The language that the person chose for the console.
    pub language: Option<String>,
    /// The sealed phone number under which alerts reach the person.
    pub phone_sealed: Option<Vec<u8>>,
    /// Whether short messages are wished for.
    pub wants_sms: bool,
    /// Whether the person has signed in through an identity provider.
    pub signs_on: bool,
    /// When the person was shut out.
    pub disabled_at: Option<Timestamp>,
    /// Counts changes.
    pub version: i32,
}

impl StaffRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(StaffRow {
            id: StaffId::from_uuid(row.get(0)?),
            place: JurisdictionId::from_uuid(row.get(1)?),
            role: row.get(2)?,
            name: row.get(3)?,
            email_sealed: row.get(4)?,
            email_blind: row.get(5)?,
            password_hash: row.get(6)?,
            totp_sealed: row.get(7)?,
            totp_step: row.get(8)?,
            disabled_at: row.at_opt(9)?,
            version: row.get(10)?,
            language: row.get(11)?,
            phone_sealed: row.get(12)?,
            wants_sms: row.get::<i32>(13)? == 1,
            signs_on: row.get::<i32>(14)? == 1,
        })
    }
}

/// A query for [`StaffRow`]s.
macro_rules! select_staff {
    ($condition:literal) => {
        concat!(
            "SELECT s.id, s.jurisdiction_id, s.role, s.name, s.email_sealed, s.email_blind, s.password_hash,
                s.totp_sealed, s.totp_step, s.disabled_at, s.version, s.language, s.phone_sealed, s.wants_sms,
                CASE WHEN s.sso_subject IS NULL THEN 0 ELSE 1 END
             FROM staff_members s ",
            $condition
        )
    };
}

/// Adds a staff member.
///
/// # Errors
/// [`Error::TryAgain`] where somebody with this address was added this very moment: whoever looks again finds them.
pub fn add(tx: &mut Tx<'_>, staff: &StaffRow, now: Timestamp) -> Result<(), Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO staff_members (id, jurisdiction_id, role, name, email_sealed, email_blind, password_hash,
                created_at, language, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
             ON CONFLICT DO NOTHING"
        ),
        &[
            &staff.id.uuid(),
            &staff.place.uuid(),
            &staff.role,
            &staff.name,
            &staff.email_sealed,
            &staff.email_blind,
            &staff.password_hash,
            &At(now),
            &staff.language,
        ],
    )?;
    match added {
        1 => Ok(()),
        _ => Err(Error::TryAgain),
    }
}

/// The staff member with this address who may still work.
pub fn by_email(tx: &mut Tx<'_>, email_blind: &[u8]) -> Result<Option<StaffRow>, Error> {
    tx.query_opt(
        select_staff!("WHERE s.email_blind = $1 AND s.disabled_at IS NULL"),
        &[&email_blind],
        |row| StaffRow::from(&row),
    )
}

/// The staff member with this address, shut out or not.
pub fn by_email_anyhow(tx: &mut Tx<'_>, email_blind: &[u8]) -> Result<Option<StaffRow>, Error> {
    tx.query_opt(
        select_staff!("WHERE s.email_blind = $1"),
        &[&email_blind],
        |row| StaffRow::from(&row),
    )
}

/// The staff member whom the identity provider knows by this, shut out or not.
pub fn by_subject(tx: &mut Tx<'_>, subject: &[u8]) -> Result<Option<StaffRow>, Error> {
    tx.query_opt(
        select_staff!("WHERE s.sso_subject = $1"),
        &[&subject],
        |row| StaffRow::from(&row),
    )
}

/// Notes by what the identity provider knows a staff member, where nothing is noted yet.
pub fn set_subject(tx: &mut Tx<'_>, id: StaffId, subject: &[u8]) -> Result<bool, Error> {
    let set = tx.execute(
        sql!("UPDATE staff_members SET sso_subject = $2 WHERE id = $1 AND sso_subject IS NULL"),
        &[&id.uuid(), &subject],
    )?;
    Ok(set == 1)
}

/// Ends the links by which somebody could choose a password.
pub fn end_links(tx: &mut Tx<'_>, id: StaffId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE staff_links SET used_at = $2 WHERE staff_id = $1 AND used_at IS NULL"),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Forgets the password: nobody signs in with it any more.
pub fn forget_password(tx: &mut Tx<'_>, id: StaffId) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE staff_members SET password_hash = NULL WHERE id = $1"),
        &[&id.uuid()],
    )?;
    Ok(())
}

/// Forgets by what the identity provider knows a staff member: the next sign-in is by the address again.
pub fn forget_subject(tx: &mut Tx<'_>, id: StaffId) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE staff_members SET sso_subject = NULL WHERE id = $1"),
        &[&id.uuid()],
    )?;
    Ok(())
}

/// A staff member.
pub fn find(tx: &mut Tx<'_>, id: StaffId) -> Result<Option<StaffRow>, Error> {
    tx.query_opt(select_staff!("WHERE s.id = $1"), &[&id.uuid()], |row| {
        StaffRow::from(&row)
    })
}

/// The staff at or below a place.
pub fn below(tx: &mut Tx<'_>, below: &Below) -> Result<Vec<StaffRow>, Error> {
    tx.query(
        select_staff!("JOIN jurisdictions j ON j.id = s.jurisdiction_id WHERE j.path >= $1 AND j.path < $2 ORDER BY j.path, s.name, s.id"),
        &[&below.from, &below.to],
        |row| StaffRow::from(&row),
    )
}

/// The names of staff members, for pages that say who did something.
pub fn name(tx: &mut Tx<'_>, id: StaffId) -> Result<Option<String>, Error> {
    tx.query_opt(
        sql!("SELECT name FROM staff_members WHERE id = $1"),
        &[&id.uuid()],
        |row| row.get(0),
    )
}

/// Those of a place who may work, with their roles: whom to tell, and to whom a case can be given.
pub fn at_place(tx: &mut Tx<'_>, place: JurisdictionId) -> Result<Vec<StaffRow>, Error> {
    tx.query(
        select_staff!(
            "WHERE s.jurisdiction_id = $1 AND s.disabled_at IS NULL ORDER BY s.name, s.id"
        ),
        &[&place.uuid()],
        |row| StaffRow::from(&row),
    )
}

/// Everybody of a place, also those who were shut out or work elsewhere now.
pub fn ever_at_place(tx: &mut Tx<'_>, place: JurisdictionId) -> Result<Vec<StaffRow>, Error> {
    tx.query(
        select_staff!(
            "WHERE s.jurisdiction_id = $1 OR s.id IN (SELECT v.staff_id FROM staff_moves v WHERE v.from_place = $1)
             ORDER BY s.name, s.id"
        ),
        &[&place.uuid()],
        |row| StaffRow::from(&row),
    )
}

/// Whoever worked at or below a place before, and works elsewhere now.
pub fn once_below(tx: &mut Tx<'_>, below: &Below) -> Result<Vec<StaffRow>, Error> {
    tx.query(
        select_staff!(
            "JOIN jurisdictions w ON w.id = s.jurisdiction_id AND (w.path < $1 OR w.path >= $2)
             WHERE s.id IN (SELECT v.staff_id FROM staff_moves v JOIN jurisdictions b ON b.id = v.from_place
                WHERE b.path >= $1 AND b.path < $2)
             ORDER BY s.name, s.id"
        ),
        &[&below.from, &below.to],
        |row| StaffRow::from(&row),
    )
}

/// The places at which somebody worked before, by their paths, and until when.
pub fn moves(tx: &mut Tx<'_>, id: StaffId) -> Result<Vec<(String, Timestamp)>, Error> {
    tx.query(
        sql!(
            "SELECT p.path, v.moved_at FROM staff_moves v JOIN jurisdictions p ON p.id = v.from_place WHERE v.staff_id = $1"
        ),
        &[&id.uuid()],
        |row| Ok((row.get(0)?, row.at(1)?)),
    )
}

/// Shuts out whoever was invited to a place and has never taken that up, and tells who that was.
pub fn end_invitations(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    now: Timestamp,
) -> Result<Vec<StaffId>, Error> {
    tx.query(
        sql!(
            "UPDATE staff_members SET disabled_at = $2, version = version + 1
             WHERE jurisdiction_id = $1 AND disabled_at IS NULL AND password_hash IS NULL AND sso_subject IS NULL
             RETURNING id"
        ),
        &[&place.uuid(), &At(now)],
        |row| Ok(StaffId::from_uuid(row.get(0)?)),
    )
}

/// Ends the invitation of one who has not taken it up, and shuts them out; tells whether there was one.
pub fn end_invitation(tx: &mut Tx<'_>, id: StaffId, now: Timestamp) -> Result<bool, Error> {
    let ended = tx.execute(
        sql!(
            "UPDATE staff_members SET disabled_at = $2, version = version + 1
             WHERE id = $1 AND disabled_at IS NULL AND password_hash IS NULL AND sso_subject IS NULL"
        ),
        &[&id.uuid(), &At(now)],
    )?;
    if ended == 1 {
        end_links(tx, id, now)?;
    }
    Ok(ended == 1)
}

/// The paths of the places at which somebody works who can sign in, with the words of their roles.
pub fn paths_with_roles(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, Error> {
    tx.query(
        sql!(
            "SELECT DISTINCT j.path, s.role FROM staff_members s JOIN jurisdictions j ON j.id = s.jurisdiction_id
             WHERE s.disabled_at IS NULL AND (s.password_hash IS NOT NULL OR s.sso_subject IS NOT NULL)"
        ),
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// How many staff members there are.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.query_one(sql!("SELECT count(*) FROM staff_members"), &[], |row| {
        row.get(0)
    })
}

/// Gives a role, or shuts somebody out; `version` must be the one that was looked at.
pub fn change(
    tx: &mut Tx<'_>,
    id: StaffId,
    role: &str,
    disabled_at: Option<Timestamp>,
    version: i32,
) -> Result<bool, Error> {
    let changed = tx.execute(
        sql!(
            "UPDATE staff_members SET role = $2, disabled_at = $3, version = version + 1
             WHERE id = $1 AND version = $4"
        ),
        &[&id.uuid(), &role, &disabled_at.map(At), &version],
    )?;
    Ok(changed == 1)
}

/// Gives a name and a role at a place, shuts somebody out or lets them in; `version` must be the one that was looked at. Where
/// that is another place than `from`, it is noted where they come from.
pub fn place_anew(
    tx: &mut Tx<'_>,
    id: StaffId,
    (name, role): (&str, &str),
    (from, to): (JurisdictionId, JurisdictionId),
    (disabled_at, now): (Option<Timestamp>, Timestamp),
    version: i32,
) -> Result<bool, Error> {
    let changed = tx.execute(
        sql!(
            "UPDATE staff_members SET name = $2, role = $3, jurisdiction_id = $4, disabled_at = $5, version = version + 1
             WHERE id = $1 AND version = $6 AND jurisdiction_id = $7"
        ),
        &[
            &id.uuid(),
            &name,
            &role,
            &to.uuid(),
            &disabled_at.map(At),
            &version,
            &from.uuid(),
        ],
    )?;
    if changed == 1 && from != to {
        tx.execute(
            sql!(
                "INSERT INTO staff_moves (staff_id, from_place, moved_at) VALUES ($1, $2, $3)
                 ON CONFLICT (staff_id, from_place) DO UPDATE SET moved_at = excluded.moved_at"
            ),
            &[&id.uuid(), &from.uuid(), &At(now)],
        )?;
    }
    Ok(changed == 1)
}

/// Where somebody worked before, the latest place first.
pub fn came_from(tx: &mut Tx<'_>, id: StaffId) -> Result<Vec<JurisdictionId>, Error> {
    tx.query(
        sql!(
            "SELECT from_place FROM staff_moves WHERE staff_id = $1 ORDER BY moved_at DESC, from_place"
        ),
        &[&id.uuid()],
        |row| Ok(JurisdictionId::from_uuid(row.get(0)?)),
    )
}

/// Notes the language in which somebody came in, where none is known.
pub fn suggest_language(tx: &mut Tx<'_>, id: StaffId, language: &str) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE staff_members SET language = $2 WHERE id = $1 AND language IS NULL"),
        &[&id.uuid(), &language],
    )?;
    Ok(())
}

/// Notes the language that somebody chose.
pub fn set_language(tx: &mut Tx<'_>, id: StaffId, language: &str) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE staff_members SET language = $2 WHERE id = $1"),
        &[&id.uuid(), &language],
    )?;
    Ok(())
}

/// Notes where somebody is reached, and whether by short message.
pub fn set_phone(
    tx: &mut Tx<'_>,
    id: StaffId,
    phone_sealed: Option<&[u8]>,
    wants_sms: bool,
) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE staff_members SET phone_sealed = $2, wants_sms = $3 WHERE id = $1"),
        &[&id.uuid(), &phone_sealed, &i32::from(wants_sms)],
    )?;
    Ok(())
}

/// Whether a staff member still comes in by the password with this hash; where so, nobody changes that, nor anything else of the
/// row, until the transaction ends. A password takes longer to look at than others need to take it away.
pub fn comes_in_by(tx: &mut Tx<'_>, id: StaffId, password_hash: &str) -> Result<bool, Error> {
    hold(tx, id)?;
    let found = tx.query_opt(
        sql!(
            "SELECT 1 FROM staff_members WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL"
        ),
        &[&id.uuid(), &password_hash],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Keeps others from changing the row of a staff member until the transaction ends, and waits for those who do so right now. The
/// embedded engine has one writer, so nobody has to wait there.
pub fn hold(tx: &mut Tx<'_>, id: StaffId) -> Result<(), Error> {
    if !tx.is_sqlite() {
        tx.query_opt(HOLD, &[&id.uuid()], |_| Ok(()))?;
    }
    Ok(())
}

const HOLD: &str = "SELECT 1 FROM staff_members WHERE id = $1 FOR NO KEY UPDATE";

/// Gives a new password.
pub fn set_password(tx: &mut Tx<'_>, id: StaffId, hash: &str) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE staff_members SET password_hash = $2, version = version + 1 WHERE id = $1"),
        &[&id.uuid(), &hash],
    )?;
    Ok(())
}

/// Sets up a second factor, or with none takes it away together with its recovery codes.
pub fn set_totp(
    tx: &mut Tx<'_>,
    id: StaffId,
    sealed: Option<&[u8]>,
    step: Option<i64>,
) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE staff_members SET totp_sealed = $2, totp_step = $3, version = version + 1 WHERE id = $1"),
        &[&id.uuid(), &sealed, &step],
    )?;
    drop_recovery_codes(tx, id)
}

/// Sets up a second factor where there is none yet; of two who do so at once, one gets `true`.
pub fn set_first_totp(
    tx: &mut Tx<'_>,
    id: StaffId,
    sealed: &[u8],
    step: i64,
) -> Result<bool, Error> {
    let set = tx.execute(
        sql!(
            "UPDATE staff_members SET totp_sealed = $2, totp_step = $3, version = version + 1
             WHERE id = $1 AND totp_sealed IS NULL"
        ),
        &[&id.uuid(), &sealed, &step],
    )?;
    if set == 1 {
        drop_recovery_codes(tx, id)?;
    }
    Ok(set == 1)
}

/// Voids all recovery codes of somebody.
pub fn drop_recovery_codes(tx: &mut Tx<'_>, id: StaffId) -> Result<(), Error> {
    tx.execute(
        sql!("DELETE FROM recovery_codes WHERE staff_id = $1"),
        &[&id.uuid()],
    )?;
    Ok(())
}

/// Notes that the code of a step was used; of two uses of one code, one gets `true`.
pub fn use_step(tx: &mut Tx<'_>, id: StaffId, step: i64) -> Result<bool, Error> {
    let used = tx.execute(
        sql!(
            "UPDATE staff_members SET totp_step = $2
             WHERE id = $1 AND (totp_step IS NULL OR totp_step < $2)"
        ),
        &[&id.uuid(), &step],
    )?;
    Ok(used == 1)
}

/// Stores a recovery code.
pub fn add_recovery_code(tx: &mut Tx<'_>, id: StaffId, hash: &[u8]) -> Result<(), Error> {
    tx.execute(
        sql!("INSERT INTO recovery_codes (staff_id, code_hash) VALUES ($1, $2)"),
        &[&id.uuid(), &hash],
    )?;
    Ok(())
}

/// Uses a recovery code up; tells whether it was good.
pub fn use_recovery_code(
    tx: &mut Tx<'_>,
    id: StaffId,
    hash: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let used = tx.execute(
        sql!(
            "UPDATE recovery_codes SET used_at = $3
             WHERE staff_id = $1 AND code_hash = $2 AND used_at IS NULL"
        ),
        &[&id.uuid(), &hash, &At(now)],
    )?;
    Ok(used == 1)
}

/// How many recovery codes are left.
pub fn recovery_codes_left(tx: &mut Tx<'_>, id: StaffId) -> Result<i64, Error> {
    tx.query_one(
        sql!("SELECT count(*) FROM recovery_codes WHERE staff_id = $1 AND used_at IS NULL"),
        &[&id.uuid()],
        |row| row.get(0),
    )
}

/// Adds a link with which to choose a password; earlier ones of the same person end.
pub fn add_link(
    tx: &mut Tx<'_>,
    id: Uuid,
    token_hash: &[u8],
    staff: StaffId,
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), Error> {
    end_links(tx, staff, now)?;
    tx.execute(
        sql!(
            "INSERT INTO staff_links (id, token_hash, staff_id, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5)"
        ),
        &[&id, &token_hash, &staff.uuid(), &At(now), &At(expires)],
    )?;
    Ok(())
}

/// Whether somebody has a link with which to choose a password, made at this moment or later, that nobody has used.
pub fn has_link_since(tx: &mut Tx<'_>, staff: StaffId, since: Timestamp) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!(
            "SELECT 1 FROM staff_links WHERE staff_id = $1 AND used_at IS NULL AND created_at >= $2"
        ),
        &[&staff.uuid(), &At(since)],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Whose a link is that still works.
pub fn link(tx: &mut Tx<'_>, token_hash: &[u8], now: Timestamp) -> Result<Option<StaffRow>, Error> {
    tx.query_opt(
        select_staff!("JOIN staff_links l ON l.staff_id = s.id WHERE l.token_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2 AND s.disabled_at IS NULL"),
        &[&token_hash, &At(now)],
        |row| StaffRow::from(&row),
    )
}

/// Uses a link up; of two uses, one gets `true`.
pub fn use_link(tx: &mut Tx<'_>, token_hash: &[u8], now: Timestamp) -> Result<bool, Error> {
    let used = tx.execute(
        sql!(
            "UPDATE staff_links SET used_at = $2
             WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2"
        ),
        &[&token_hash, &At(now)],
    )?;
    Ok(used == 1)
}
