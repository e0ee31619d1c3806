//! The account itself: what its owner sees of it.

use crate::audit;
use crate::code::read_email;
use crate::contact_log::reached;
use crate::outbox::Mail;
use crate::tasks::{ACCOUNT_CLOSED, SEALED_AS};
use crate::{App, Error, PatientDesk, SystemDesk};
use domain::ids::{AccountId, MessageId, TaskId};
use domain::language::Language;
use domain::personal::Personal;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::account::{self, AccountRow, LeftRow};
use storage::audit::AuditEntry;
use storage::tasks::TaskRow;
use storage::{monitoring, settings};

/// For how long an account is kept that nobody is a member of, after somebody last signed in: as long as a session may last.
pub(crate) const ALONE: SignedDuration = crate::SESSION_LIFE;
/// How many accounts one sweep looks at: millions are gone through in some days.
const LOOKED_AT: i64 = 20_000;
/// Up to which account was looked.
const LOOKED_UP_TO: &str = "accounts.looked_up_to";

/// What came of closing an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseAccount {
    /// It is gone, and a mail says so. Whether a center still follows somebody who was a member of it.
    Closed {
        /// Whether it does.
        is_followed: bool,
    },
    /// The password is wrong, or was changed meanwhile.
    WrongPassword,
    /// Too many wrong passwords; later.
    Wait,
}

/// What a center is to know of somebody whom it follows and who has no account any more.
fn tell_center(
    app: &App,
    tx: &mut Tx<'_>,
    left: &LeftRow,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let task = TaskRow {
        id: TaskId::from_uuid(app.new_uuid()),
        center: Some(left.center),
        kind: ACCOUNT_CLOSED.to_owned(),
        case: Some(left.record),
        report: None,
        details_sealed: app.keys().seal_text(SEALED_AS, "{}"),
        times: 1,
        created_at: now,
        last_at: now,
    };
    let same_as = app.keys().blind(ACCOUNT_CLOSED, &left.record.to_string());
    storage::tasks::add(tx, &task, &same_as)
}

impl PatientDesk {
    /// The account's id.
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub(crate) async fn own_account(&self) -> Result<AccountRow, Error> {
        let id = self.account;
        self.app
            .db()
            .read(move |tx| account::by_id(tx, id))
            .await?
            .ok_or_else(|| Error::broken(format!("there is no account {id}")))
    }

    /// The e-mail address of the account.
    pub async fn email(&self) -> Result<Personal<String>, Error> {
        let row = self.own_account().await?;
        let email = read_email(self.app.keys(), &row.email_sealed)?;
        Ok(Personal::new(email.as_str().to_owned()))
    }

    /// Closes the account: its address, its password and its sessions are erased, and its members leave it. Their records stay
    /// with their health centers, which are told of whom they follow, because no report comes from them any more. Each may sign
    /// up again, as anybody does.
    pub async fn close_account(&self, password: &str) -> Result<CloseAccount, Error> {
        let row = self.own_account().await?;
        match self.check_current(&row, password).await? {
            Some(true) => {}
            Some(false) => return Ok(CloseAccount::WrongPassword),
            None => return Ok(CloseAccount::Wait),
        }
        let email = read_email(self.app.keys(), &row.email_sealed)?;
        let notice = |is_followed| {
            Mail::account_closed(&email, self.language, is_followed).seal(self.app.keys())
        };
        let notices = [notice(false), notice(true)];
        let message = MessageId::from_uuid(self.app.new_uuid());
        let (app, now) = (self.app.clone(), self.app.clock.now());
        let entry = AuditEntry {
            actor_kind: "person".to_owned(),
            actor: Some(self.account.uuid()),
            ..audit::by_machine(now, "account.closed", None)
        };
        let closed = self
            .app
            .db()
            .write(move |tx| {
                account::hold_whole(tx, row.id)?;
                // Whoever has set a new password meanwhile keeps others from closing it by the old one.
                if !account::has_password(tx, row.id, &row.password_hash)? {
                    return Ok(CloseAccount::WrongPassword);
                }
                let left = account::leave(tx, row.id, now)?;
                let mut is_followed = false;
                for one in &left {
                    let reached_on = reached(&app, tx, one.record)?.map(|(_, day)| day);
                    let since = monitoring::heard_since(tx, one.record)?;
                    monitoring::set_heard(tx, one.record, (since, reached_on))?;
                    if one.is_open {
                        is_followed = true;
                        if !one.has_another {
                            tell_center(&app, tx, one, now)?;
                        }
                    }
                    let entry = AuditEntry {
                        case: Some(one.record),
                        ..entry.clone()
                    };
                    audit::note(tx, app.keys(), &entry)?;
                }
                if left.is_empty() {
                    audit::note(tx, app.keys(), &entry)?;
                }
                storage::retention::erase_account(tx, row.id)?;
                let [plain, of_followed] = &notices;
                let sealed = if is_followed { of_followed } else { plain };
                storage::outbox::insert(tx, message, "account_closed", sealed, now, None)?;
                Ok(CloseAccount::Closed { is_followed })
            })
            .await?;
        self.app.outbox().wake();
        Ok(closed)
    }

    /// Sets the language in which pages and mails speak to the account.
    pub async fn set_language(&self, language: Language) -> Result<(), Error> {
        let id = self.account;
        self.app
            .db()
            .write(move |tx| account::set_language(tx, id, language.tag()))
            .await?;
        Ok(())
    }
}

impl SystemDesk {
    /// Erases accounts that nobody is a member of, some time after somebody last signed in: all of them were moved, purged or
    /// never attributed. Some are looked at each time. Tells how many went.
    pub(crate) async fn sweep_accounts(&self) -> Result<u64, Error> {
        let now = self.app.clock.now();
        let before = now - ALONE;
        let found = self
            .app
            .db()
            .read(move |tx| {
                let mark = settings::get(tx, LOOKED_UP_TO)?;
                let mark = mark.and_then(|mark| String::from_utf8(mark).ok());
                let after = mark.and_then(|mark| mark.parse::<AccountId>().ok());
                account::look_through(tx, after, now, LOOKED_AT)
            })
            .await?;
        // Behind the last one it begins anew.
        let is_full = i64::try_from(found.len()).is_ok_and(|count| count == LOOKED_AT);
        let last = found
            .last()
            .filter(|_| is_full)
            .map(|one| one.id.to_string());
        let mark = last.unwrap_or_default().into_bytes();
        let mut erased = 0;
        for one in found.into_iter().filter(|one| one.is_alone) {
            if one.last_in_at.is_some_and(|at| at > before) {
                continue;
            }
            let gone = self.app.db().write(move |tx| match one.last_in_at {
                None => account::count_from(tx, one.id, now).map(|()| false),
                Some(_) => account::erase_alone(tx, one.id, before, now),
            });
            erased += u64::from(gone.await?);
        }
        let keys = self.app.keys().clone();
        self.app
            .db()
            .write(move |tx| {
                settings::set(tx, LOOKED_UP_TO, &mark)?;
                if erased == 0 {
                    return Ok(());
                }
                let entry = audit::by_machine(now, "accounts.erased", None);
                audit::note(tx, &keys, &audit::with(entry, erased.to_string()))
            })
            .await?;
        if erased > 0 {
            tracing::info!(accounts = erased, "accounts without a member were erased");
        }
        Ok(erased)
    }
}
