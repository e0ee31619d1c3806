//! Inviting staff, and letting somebody choose anew with what they come in.

use super::colleagues::{Placed, place_anew};
use super::{ChangeStaff, LINK_LIFE, let_in_again};
use crate::audit::{self, about, with};
use crate::jurisdiction::Place;
use crate::keys::Token;
use crate::outbox::{Mail, Promise};
use crate::staff_messages::{can_come_in, spoken_by};
use crate::{App, Error, StaffDesk};
use domain::email_address::EmailAddress;
use domain::ids::{JurisdictionId, StaffId};
use domain::language::Language;
use domain::staff_role::{Right, StaffRole};
use jiff::{SignedDuration, Timestamp};
use storage::audit::AuditEntry;
use storage::jurisdiction::{self, Below, hold_open};
use storage::session;
use storage::staff::{self as rows, StaffRow};

/// What came of inviting somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invite {
    /// The mail with the link is on its way.
    Invited,
    /// The name is missing or too long.
    Name,
    /// Somebody with this address works at a place in reach already.
    Taken {
        /// Who.
        staff: StaffId,
        /// The name.
        name: String,
        /// As what.
        role: StaffRole,
        /// Where.
        place: JurisdictionId,
    },
    /// Somebody with this address is known as staff at a place out of reach; where, and whether they still work, is not told.
    TakenElsewhere,
    /// The place is not in reach, or the role does not belong there.
    Place,
}

/// Whether a place lies at or below another one; one that was closed, too.
fn is_within(
    tx: &mut storage::Tx<'_>,
    place: JurisdictionId,
    below: &Below,
) -> Result<bool, storage::Error> {
    let found = jurisdiction::find(tx, place)?;
    Ok(found.is_some_and(|place| below.holds(&place.path)))
}

/// Within so long the same invitation is the same press of the button: a second mail would end the link of the first.
const SAME_PRESS: SignedDuration = SignedDuration::from_secs(60);

/// Whether somebody was invited just now under this name, to this place and in this role, and has not come yet.
fn is_just_invited(
    tx: &mut storage::Tx<'_>,
    stands: &StaffRow,
    row: &StaffRow,
    now: Timestamp,
) -> Result<bool, storage::Error> {
    let words = |of: &StaffRow| (of.name.clone(), of.place, of.role.clone());
    Ok(stands.disabled_at.is_none()
        && words(stands) == words(row)
        && rows::has_link_since(tx, stands.id, now - SAME_PRESS)?)
}

/// Takes everything away with which somebody comes in, so that they choose it anew.
fn comes_in_anew(
    tx: &mut storage::Tx<'_>,
    row: &StaffRow,
    now: Timestamp,
) -> Result<(), storage::Error> {
    rows::set_totp(tx, row.id, None, None)?;
    rows::forget_password(tx, row.id)?;
    rows::forget_subject(tx, row.id)?;
    session::end_all_staff(tx, row.id, None)?;
    let_in_again(tx, &row.email_blind, now)
}

/// Why an account that stands keeps its address from being invited; none where it was invited and has not come, or was shut
/// out, at or below `reach`.
fn why_taken(
    tx: &mut storage::Tx<'_>,
    stands: &StaffRow,
    reach: Option<&Below>,
) -> Result<Option<Invite>, storage::Error> {
    let is_in_reach = match reach {
        Some(below) => is_within(tx, stands.place, below)?,
        None => false,
    };
    if !is_in_reach {
        return Ok(Some(Invite::TakenElsewhere));
    }
    if stands.disabled_at.is_some() || !can_come_in(stands) {
        return Ok(None);
    }
    let role = StaffRole::parse(&stands.role)
        .ok_or_else(|| storage::Error::Broken(format!("staff_members.role of {}", stands.id)))?;
    Ok(Some(Invite::Taken {
        staff: stands.id,
        name: stands.name.clone(),
        role,
        place: stands.place,
    }))
}

impl App {
    fn link_mail(
        &self,
        staff: &StaffRow,
        token: &Token,
        language: Language,
        again: bool,
    ) -> Result<Vec<u8>, Error> {
        let email = self.keys().open_text("email", &staff.email_sealed)?;
        let email = EmailAddress::parse(email.expose())
            .map_err(|_| Error::broken(format!("staff_members.email of {}", staff.id)))?;
        let url = format!("{}/invitation/{}", self.console_url(), token.expose());
        let hours = LINK_LIFE.as_hours();
        Ok(Mail::staff_link(&email, language, &url, hours, again).seal(self.keys()))
    }

    /// Invites somebody to one of these places: the person gets a mail with a link to choose a password. Where somebody with
    /// this address was invited before and has not come, or was shut out, at or below `reach`, that account is given the role
    /// and the place; of one that was shut out, password and second factor are chosen anew, too.
    pub(crate) async fn invite_staff(
        &self,
        (email, name, language): (&EmailAddress, &str, Language),
        (role, place, places): (StaffRole, JurisdictionId, &[Place]),
        (reach, entry): (Option<Below>, AuditEntry),
    ) -> Result<Invite, Error> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
            return Ok(Invite::Name);
        }
        if !places
            .iter()
            .any(|p| p.id == place && p.kind == role.belongs_at())
        {
            return Ok(Invite::Place);
        }
        // The invitation comes in the language of whoever invites; which one the invited person reads is known when
        // they come.
        let row = self.new_staff(email, name, role, place);
        let token = Token::generate();
        let sealed = self.link_mail(&row, &token, language, false)?;
        let (now, hash) = (self.clock.now(), token.hash());
        let (link, message) = (self.new_uuid(), Promise::new(self, "staff_link", sealed));
        let keys = self.keys().clone();
        let invited = self
            .db()
            .write(move |tx| {
                let stands = rows::by_email_anyhow(tx, &row.email_blind)?;
                if let Some(stands) = &stands
                    && let Some(why) = why_taken(tx, stands, reach.as_ref())?
                {
                    return Ok(why);
                }
                if let Some(stands) = &stands
                    && is_just_invited(tx, stands, &row, now)?
                {
                    return Ok(Invite::Invited);
                }
                // The place may have been closed since it was looked up; from here on it is not.
                if !hold_open(tx, row.place)? {
                    return Ok(Invite::Place);
                }
                let staff = stands.as_ref().map_or(row.id, |stands| stands.id);
                let entry = with(about(entry.clone(), staff.uuid()), role.word());
                match &stands {
                    Some(stands) => {
                        let to = Placed {
                            name: &row.name,
                            role,
                            place: row.place,
                            disabled_at: None,
                        };
                        let to = (&to, stands.version);
                        if !place_anew(tx, stands, to, (&keys, &entry), now)? {
                            // Somebody did so this very moment; looking again finds how the account stands now.
                            return Err(storage::Error::TryAgain);
                        }
                        comes_in_anew(tx, stands, now)?;
                        if stands.place != row.place {
                            audit::note(tx, &keys, &entry)?;
                        }
                    }
                    None => {
                        rows::add(tx, &row, now)?;
                        audit::note(tx, &keys, &entry)?;
                    }
                }
                rows::add_link(tx, link, &hash, staff, now, now + LINK_LIFE)?;
                message.promise(tx, now)?;
                Ok(Invite::Invited)
            })
            .await?;
        self.outbox().wake();
        Ok(invited)
    }
}

impl StaffDesk {
    /// Invites somebody: the person gets a mail with a link to choose a password.
    pub async fn invite(
        &self,
        email: &EmailAddress,
        name: &str,
        role: StaffRole,
        place: JurisdictionId,
        language: Language,
    ) -> Result<Invite, Error> {
        self.needs(Right::ManageStaff)?;
        let places = self.places().await?;
        let entry = self.did("staff.invited", None);
        let whose = (email, name, language);
        self.app
            .invite_staff(whose, (role, place, &places), (Some(self.below()), entry))
            .await
    }

    /// Withdraws an invitation, or a link to choose another password, that nobody has answered: the link ends, and the person
    /// is shut out until they are invited again. Of one who has come in meanwhile nothing changes.
    pub async fn withdraw_invitation(&self, id: StaffId) -> Result<ChangeStaff, Error> {
        self.needs(Right::ManageStaff)?;
        if id == self.staff {
            return Ok(ChangeStaff::Oneself);
        }
        if self.colleague(id).await?.is_none() {
            return Ok(ChangeStaff::NoSuchStaff);
        }
        let now = self.app.clock.now();
        let entry = about(self.did("staff.withdrawn", None), id.uuid());
        let keys = self.app.keys().clone();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                if !rows::end_invitation(tx, id, now)? {
                    return Ok(ChangeStaff::ChangedMeanwhile);
                }
                audit::note(tx, &keys, &entry)?;
                crate::alerts::give_all_back(tx, id, (&keys, &entry), now)?;
                Ok(ChangeStaff::Changed)
            })
            .await?)
    }

    /// Takes a staff member's second factor and password away and sends a link to choose a new one: for whoever has
    /// lost the phone and the recovery codes, or an invitation. The mail comes in their language, or where that is not
    /// known in this one.
    pub async fn reset_staff(&self, id: StaffId, language: Language) -> Result<ChangeStaff, Error> {
        self.needs(Right::ManageStaff)?;
        if id == self.staff {
            return Ok(ChangeStaff::Oneself);
        }
        if self.colleague(id).await?.is_none() {
            return Ok(ChangeStaff::NoSuchStaff);
        }
        let app = &self.app;
        let Some(row) = app.db().read(move |tx| rows::find(tx, id)).await? else {
            return Ok(ChangeStaff::NoSuchStaff);
        };
        let token = Token::generate();
        let language = spoken_by(&row).unwrap_or(language);
        let sealed = self.app.link_mail(&row, &token, language, true)?;
        let (now, hash) = (app.clock.now(), token.hash());
        let (link, message) = (app.new_uuid(), Promise::new(app, "staff_link", sealed));
        let entry = about(self.did("staff.reset", None), id.uuid());
        let keys = app.keys().clone();
        let done = app
            .db()
            .write(move |tx| {
                rows::hold(tx, id)?;
                // Somebody else shut them out meanwhile, and the link would lead nowhere; or they work elsewhere now.
                let stands = rows::find(tx, id)?
                    .filter(|stands| stands.disabled_at.is_none() && stands.place == row.place);
                let Some(stands) = stands else {
                    return Ok(ChangeStaff::ChangedMeanwhile);
                };
                comes_in_anew(tx, &stands, now)?;
                rows::add_link(tx, link, &hash, id, now, now + LINK_LIFE)?;
                message.promise(tx, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(ChangeStaff::Changed)
            })
            .await?;
        app.outbox().wake();
        Ok(done)
    }
}
