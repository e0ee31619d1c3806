//! E-mailed codes: the one walk that signing up, a forgotten password and a changed address share.

use crate::client::place;
use crate::keys::{Keys, Token, six_digits};
use crate::outbox::Mail;
use crate::{App, Error, FrontDesk};
use domain::email_address::EmailAddress;
use domain::ids::{AccountId, CodeId, FlowId, MessageId, TaskId};
use domain::language::Language;
use domain::limits;
use domain::personal::Personal;
use domain::text;
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;
use storage::flow::FlowRow;
use storage::limits::AtMost;
use storage::tasks::TaskRow;
use storage::{Tx, account, flow as flows, outbox};
use subtle::ConstantTimeEq;

/// How long a walk may take before its codes, or in a sign-up after the right one: leaving in the middle is fine.
const WALK: SignedDuration = SignedDuration::from_hours(24);
/// How long a right code leads to a new password or another address.
const AFTER_CODE: SignedDuration = SignedDuration::from_mins(30);
/// For how long a right code that comes again leads on: whoever presses twice, or whose network has lost the first answer.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);
const FAILURES: &str = "code";
const SENDS: &str = "code_mail";

/// What a walk is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signing up, or another family member by the front door.
    SignUp,
    /// A forgotten password.
    PasswordReset,
    /// A changed e-mail address.
    EmailChange,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::SignUp => "sign_up",
            Purpose::PasswordReset => "password_reset",
            Purpose::EmailChange => "email_change",
        }
    }

    fn read(name: &str) -> Result<Purpose, Error> {
        match name {
            "sign_up" => Ok(Purpose::SignUp),
            "password_reset" => Ok(Purpose::PasswordReset),
            "email_change" => Ok(Purpose::EmailChange),
            _ => Err(Error::broken("flows.purpose holds an unknown word")),
        }
    }
}

/// What came of asking for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRequest {
    /// A mail is promised.
    Sent,
    /// This browser asked for the same address less than a minute ago: that mail is on its way.
    AlreadySent {
        /// Until another can be sent.
        wait_seconds: i64,
    },
    /// Somebody asked for this address less than a minute ago.
    Wait {
        /// Until another can be sent.
        wait_seconds: i64,
    },
    /// Six mails went to this address within a day.
    TooMany,
    /// Too many mails were asked for from one network address within an hour.
    Crowded,
}

/// Where a walk stands.
#[derive(Clone, Debug)]
pub struct Walk {
    /// What it is for.
    pub purpose: Purpose,
    /// The address that was entered.
    pub email: Personal<String>,
    /// The HER-SYS ID that a QR code or a link brought along.
    pub typed_id: Option<String>,
    /// Whether a right code was entered.
    pub verified: bool,
    /// Whether the address has an account; told only once it is shown to be the visitor's own.
    pub has_account: bool,
    /// Until another code can be sent; 0 where it can be now.
    pub resend_seconds: i64,
}

/// What came of entering a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeCheck {
    /// It was right.
    Right,
    /// There are no six digits in it; no try was spent.
    NotACode,
    /// It was wrong; a try was spent.
    Wrong,
    /// No live code is left: it is over, or its tries are spent. A new one can be sent.
    NoLiveCode,
    /// Too many failures: the address is closed until somebody at a health center looks.
    Closed,
    /// There is no such walk (any more); it begins anew.
    NoWalk,
}

pub(crate) struct Found {
    pub(crate) row: FlowRow,
    pub(crate) purpose: Purpose,
    pub(crate) email: EmailAddress,
    /// The name of the browser, where the owner of the address has signed in in it before.
    known: Option<String>,
}

impl Found {
    /// Whose failures in a row count: those of a browser that is known by themselves, so that strangers close nothing to
    /// the owner there, and those of all others together.
    fn row_of_failures(&self) -> Vec<u8> {
        let known = self.known.as_deref().unwrap_or_default();
        [self.row.email_blind.as_slice(), known.as_bytes()].concat()
    }
}

/// The keyed hash by which an address is known.
pub(crate) fn email_blind(keys: &Keys, email: &EmailAddress) -> Vec<u8> {
    keys.blind("email", &email.lookup_key())
}

pub(crate) fn read_email(keys: &Keys, sealed: &[u8]) -> Result<EmailAddress, Error> {
    let text = keys.open_text("email", sealed)?;
    EmailAddress::parse(text.expose())
        .map_err(|_| Error::broken("a stored e-mail address cannot be read"))
}

/// What is needed to ask for a code.
pub(crate) struct Ask {
    pub(crate) purpose: Purpose,
    pub(crate) email: EmailAddress,
    pub(crate) account: Option<AccountId>,
    pub(crate) typed_id: Option<String>,
    pub(crate) language: Language,
    /// From where it is asked, as far as that is known.
    pub(crate) client: Option<IpAddr>,
    /// Whether the owner of the address has signed in in this browser before.
    pub(crate) known: bool,
}

/// Mails with codes to one mailbox under several addresses (`hanako+a@`, `hanako+b@`) within a day.
const PER_MAILBOX: &str = "code_mailbox";
const MOST_PER_MAILBOX: i32 = 20;
/// Mails with codes that one network address may ask for.
const PER_CLIENT: &str = "code_client";

impl App {
    /// Starts a walk under a browser's token, or sends another code within it.
    pub(crate) async fn request_code(&self, token: &Token, ask: Ask) -> Result<CodeRequest, Error> {
        let now = self.clock.now();
        let keys = self.keys().clone();
        let blind = email_blind(&keys, &ask.email);
        let sealed = keys.seal_text("email", ask.email.as_str());
        let (token_hash, new_token_hash) = (token.hash(), token.hash());
        let (flow_id, code_id, message_id) = (
            FlowId::from_uuid(self.new_uuid()),
            CodeId::from_uuid(self.new_uuid()),
            MessageId::from_uuid(self.new_uuid()),
        );
        let code = six_digits();
        // An address with an account gets a different mail, not a different page; all are made in any case. Of an address that
        // somebody wants for another account its owner may not read the language in which that was asked.
        let to_known = |language| Mail::code(&ask, language, &code, true).seal(&keys);
        let to_owner = Language::ALL.map(|language| (language.tag(), to_known(language)));
        let to_known = to_known(ask.language);
        let to_unknown = Mail::code(&ask, ask.language, &code, false).seal(&keys);
        let client = ask
            .client
            .map(|address| keys.blind(PER_CLIENT, &place(Some(address))));
        // Strangers use up neither the codes of another purpose nor those of browsers that are known, which have as many
        // together.
        let known = if ask.known { "known" } else { "" };
        let sends = [
            blind.as_slice(),
            ask.purpose.name().as_bytes(),
            known.as_bytes(),
        ]
        .concat();
        // All that ends in one mailbox, whatever stands behind a plus sign.
        let mailbox = ask.email.mailbox_key();
        let counted = !ask.known && mailbox != ask.email.lookup_key();
        let mailbox = counted.then(|| keys.blind(PER_MAILBOX, &mailbox));
        let outcome = self
            .db()
            .write(move |tx| {
                let most = limits::CODES_PER_CLIENT_AND_HOUR;
                if let Some(client) = &client
                    && !storage::limits::count_hourly(tx, PER_CLIENT, client, most, now)?
                {
                    return Ok(CodeRequest::Crowded);
                }
                let before = flows::find(tx, &token_hash, now)?.filter(|f| f.email_blind == blind);
                // Whoever finds on the way that they have an account and no password goes on with the ID they came with.
                let brought = before.as_ref().and_then(|f| f.typed_id.clone());
                let there =
                    before.filter(|f| f.purpose == ask.purpose.name() && f.verified_at.is_none());
                let minute = AtMost {
                    times: 1,
                    within: limits::RESEND_WAIT,
                };
                let day = AtMost {
                    times: limits::RESEND_PER_DAY,
                    within: SignedDuration::from_hours(24),
                };
                // Only mails that are sent count for whoever shares a network address with others.
                let not_sent = |tx: &mut Tx<'_>| match &client {
                    Some(client) => storage::limits::uncount_hourly(tx, PER_CLIENT, client),
                    None => Ok(()),
                };
                if !storage::limits::count(tx, SENDS, &sends, [minute, day], now)? {
                    not_sent(tx)?;
                    let last = storage::limits::last(tx, SENDS, &sends)?.unwrap_or(now);
                    let wait_seconds = seconds_to_resend(last, now);
                    return Ok(match (wait_seconds, there) {
                        (0, _) => CodeRequest::TooMany,
                        (wait_seconds, Some(_)) => CodeRequest::AlreadySent { wait_seconds },
                        (wait_seconds, None) => CodeRequest::Wait { wait_seconds },
                    });
                }
                if let Some(mailbox) = &mailbox
                    && !storage::limits::count_span(
                        tx,
                        PER_MAILBOX,
                        mailbox,
                        (MOST_PER_MAILBOX, SignedDuration::from_hours(24)),
                        now,
                    )?
                {
                    not_sent(tx)?;
                    return Ok(CodeRequest::TooMany);
                }
                let flow = match &there {
                    Some(flow) => {
                        flows::sent_again(tx, flow.id, ask.typed_id.as_deref(), now, now + WALK)?;
                        flow.id
                    }
                    None => {
                        // A browser walks one way at a time: what it began under this token is over.
                        flows::forget_token(tx, &token_hash)?;
                        let row = FlowRow {
                            id: flow_id,
                            purpose: ask.purpose.name().to_owned(),
                            email_sealed: sealed.clone(),
                            email_blind: blind.clone(),
                            account: ask.account,
                            typed_id: ask.typed_id.clone().or(brought),
                            code_sent_at: now,
                            verified_at: None,
                        };
                        flows::insert(tx, &row, &new_token_hash, now, now + WALK)?;
                        flow_id
                    }
                };
                let expires = now + limits::CODE_LIFE;
                let hash = keys.code_hash(flow.uuid().as_bytes(), &code);
                flows::insert_code(tx, code_id, flow, &hash, limits::CODE_TRIES, now, expires)?;
                let mail = match account::by_email(tx, &blind)? {
                    Some(owner) if ask.purpose == Purpose::EmailChange => {
                        let mut all = to_owner.iter();
                        let own = all.find(|(tag, _)| *tag == owner.language);
                        own.map_or(&to_known, |(_, mail)| mail)
                    }
                    Some(_) => &to_known,
                    None => &to_unknown,
                };
                outbox::insert(tx, message_id, "code", mail, now, Some(expires))?;
                Ok(CodeRequest::Sent)
            })
            .await?;
        self.inner.outbox.wake();
        Ok(outcome)
    }

    /// The walk under a browser's token.
    pub(crate) async fn find_walk(&self, token: &Token) -> Result<Option<Found>, Error> {
        let (now, hash) = (self.clock.now(), token.hash());
        let row = self
            .db()
            .read(move |tx| flows::find(tx, &hash, now))
            .await?;
        row.map(|row| {
            Ok(Found {
                purpose: Purpose::read(&row.purpose)?,
                email: read_email(self.keys(), &row.email_sealed)?,
                row,
                known: None,
            })
        })
        .transpose()
    }

    /// Checks a code that somebody typed. After the right one the walk goes on under the `next` token. `known`: the name of a
    /// browser that the owner of the address has signed in in.
    pub(crate) async fn check_code(
        &self,
        token: &Token,
        next: &Token,
        typed: &str,
        known: Option<String>,
    ) -> Result<CodeCheck, Error> {
        let Some(code) = six_of(typed) else {
            return Ok(CodeCheck::NotACode);
        };
        let Some(found) = self.find_walk(token).await? else {
            return Ok(CodeCheck::NoWalk);
        };
        let (is_renewed, next) = (token != next, next.hash());
        // Of two that send it at once, the second finds it used.
        let again = is_renewed && found.row.verified_at.is_none();
        let found = Found { known, ..found };
        self.check_code_of(found, code, again, move |tx, id| {
            if is_renewed {
                // What once began under the same token as this walk.
                flows::forget_token(tx, &next)?;
            }
            flows::renew_token(tx, id, &next)
        })
        .await
    }

    /// Checks a code of a walk. `again`: one that was right a moment ago is so, too. `goes_on`: what is done where it was right
    /// for the first time.
    async fn check_code_of(
        &self,
        found: Found,
        code: String,
        again: bool,
        goes_on: impl Fn(&mut Tx<'_>, FlowId) -> Result<(), storage::Error> + Send + 'static,
    ) -> Result<CodeCheck, Error> {
        let now = self.clock.now();
        let keys = self.keys().clone();
        let task_id = TaskId::from_uuid(self.new_uuid());
        let used_since = again.then(|| now - AGAIN);
        Ok(self
            .db()
            .write(move |tx| {
                let (checked, is_first) =
                    check(tx, &keys, &found, &code, (task_id, used_since), now)?;
                if is_first {
                    goes_on(tx, found.row.id)?;
                }
                Ok(checked)
            })
            .await?)
    }
}

/// Whether a code is right, and whether it is so for the first time. `used_since`: from when on a code that is sent again counts.
fn check(
    tx: &mut Tx<'_>,
    keys: &Keys,
    found: &Found,
    code: &str,
    (task_id, used_since): (TaskId, Option<Timestamp>),
    now: Timestamp,
) -> Result<(CodeCheck, bool), storage::Error> {
    let (id, row) = (found.row.id, &found.row_of_failures());
    let most = limits::ADDRESS_FAILURES;
    if storage::limits::in_a_row(tx, FAILURES, row)? >= most {
        return Ok((CodeCheck::Closed, false));
    }
    let mut live = flows::take_try(tx, id, now)?;
    let is_first = !live.is_empty();
    if let (false, Some(since)) = (is_first, used_since) {
        live = flows::take_try_of_used(tx, id, since)?;
    }
    if live.is_empty() {
        // Nothing can be guessed where there is no code, so it does not count: else anybody could close the address of
        // anybody, without a single mail after the first.
        return Ok((CodeCheck::NoLiveCode, false));
    }
    // Counted before anybody knows whether it is right, in the same transaction in which a success clears it. Whoever has had
    // several codes sent guesses at all of them at once.
    let times = i32::try_from(live.len()).unwrap_or(i32::MAX);
    let counted = storage::limits::count_several_in_a_row(tx, FAILURES, row, (times, most), now)?;
    let Some(failures) = counted else {
        return Ok((CodeCheck::Closed, false));
    };
    let mine = keys.code_hash(id.uuid().as_bytes(), code);
    let mut right = None;
    for (id, hash) in &live {
        if bool::from(hash.ct_eq(&mine)) {
            right = Some(*id);
        }
    }
    if let Some(right) = right {
        storage::limits::clear_row(tx, FAILURES, row)?;
        if !is_first {
            return Ok((CodeCheck::Right, false));
        }
        flows::end_others(tx, id, right)?;
        flows::use_up(tx, id, now)?;
        let life = match found.purpose {
            // Whoever leaves the browser here leaves the account open to the next one.
            Purpose::PasswordReset | Purpose::EmailChange => AFTER_CODE,
            Purpose::SignUp => WALK,
        };
        flows::verified(tx, id, now, now + life)?;
        return Ok((CodeCheck::Right, true));
    }
    if failures >= most {
        let details = keys.seal_text("task", &address_closed(found));
        let task = TaskRow {
            id: task_id,
            center: None,
            kind: "address_closed".to_owned(),
            case: None,
            report: None,
            details_sealed: details,
            times: 1,
            created_at: now,
            last_at: now,
        };
        let same_as = keys.blind("address_closed", &hex(&found.row.email_blind));
        storage::tasks::add(tx, &task, &same_as)?;
        return Ok((CodeCheck::Closed, false));
    }
    Ok((CodeCheck::Wrong, false))
}

/// The six digits in what somebody typed, or pasted with what stood around them: `123 456`, `Code: 123456`,
/// `確認コード：１２３４５６`. Where other digits stand there, too, only six that stand together are the code.
fn six_of(typed: &str) -> Option<String> {
    let plain = text::fold_width(typed);
    let all = text::digits(&plain);
    if all.len() == 6 {
        return Some(all);
    }
    let mut runs = plain
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| run.len() == 6);
    match (runs.next(), runs.next()) {
        (Some(code), None) => Some(code.to_owned()),
        _ => None,
    }
}

fn address_closed(found: &Found) -> String {
    serde_json::json!({ "email": found.email.as_str() }).to_string()
}

/// Opens an address again after somebody has looked, to strangers and in browsers that are known.
pub(crate) fn reopen(tx: &mut Tx<'_>, blind: &[u8]) -> Result<(), storage::Error> {
    storage::limits::clear_rows_of(tx, FAILURES, blind)?;
    for purpose in [
        Purpose::SignUp,
        Purpose::PasswordReset,
        Purpose::EmailChange,
    ] {
        // Those of browsers that are known are counted by themselves.
        for known in ["", "known"] {
            let sends = [blind, purpose.name().as_bytes(), known.as_bytes()].concat();
            storage::limits::forget(tx, SENDS, &sends)?;
        }
    }
    Ok(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whole seconds until a moment, rounded up; 0 where it has passed.
fn seconds_until(then: Timestamp, now: Timestamp) -> i64 {
    let left = then.as_millisecond() - now.as_millisecond();
    (left.max(0) + 999) / 1000
}

/// How many seconds after the last code another one can be sent; at once, where a clock was ahead when that one was sent.
fn seconds_to_resend(last: Timestamp, now: Timestamp) -> i64 {
    if last > now + storage::limits::AHEAD {
        return 0;
    }
    seconds_until(last + limits::RESEND_WAIT, now)
}

impl FrontDesk {
    /// Where the walk under a browser's token stands.
    pub async fn walk(&self, token: &Token) -> Result<Option<Walk>, Error> {
        let Some(found) = self.app.find_walk(token).await? else {
            return Ok(None);
        };
        let now = self.app.clock.now();
        let verified = found.row.verified_at.is_some();
        let blind = found.row.email_blind.clone();
        let has_account = verified
            && self
                .app
                .db()
                .read(move |tx| Ok(account::by_email(tx, &blind)?.is_some()))
                .await?;
        Ok(Some(Walk {
            purpose: found.purpose,
            email: Personal::new(found.email.as_str().to_owned()),
            typed_id: found.row.typed_id,
            verified,
            has_account,
            resend_seconds: seconds_to_resend(found.row.code_sent_at, now),
        }))
    }

    /// Checks a code of a walk that a visitor may go: signing up or a forgotten password. After the right one the walk
    /// goes on under the token that comes back: whoever knew the one before, because it stood in this browser before
    /// its owner came, has nothing of it without the code.
    pub async fn verify_code(
        &self,
        token: &Token,
        typed: &str,
    ) -> Result<(CodeCheck, Token), Error> {
        let next = Token::after_the_code(self.app.keys(), token);
        let known = self.known_on(token).await?;
        let checked = self.app.check_code(token, &next, typed, known).await?;
        let goes_on = match checked {
            CodeCheck::Right => next,
            _ => token.clone(),
        };
        Ok((checked, goes_on))
    }

    /// The token under which a walk goes on, where the right code comes a moment later again from a browser that still has the
    /// token before: its first answer was lost, or it was sent twice. `None` for whatever else; a wrong one has spent a try.
    pub async fn verify_code_again(
        &self,
        token: &Token,
        purpose: Purpose,
        typed: &str,
    ) -> Result<Option<Token>, Error> {
        let next = Token::after_the_code(self.app.keys(), token);
        let first = self.app.clock.now() - AGAIN;
        let found = self.app.find_walk(&next).await?.filter(|found| {
            found.purpose == purpose && found.row.verified_at.is_some_and(|at| at >= first)
        });
        let (Some(found), Some(code)) = (found, six_of(typed)) else {
            return Ok(None);
        };
        let known = self.known_as(&found.email).await?;
        let found = Found { known, ..found };
        let checked = self.app.check_code_of(found, code, true, |_, _| Ok(()));
        Ok((checked.await? == CodeCheck::Right).then_some(next))
    }

    /// The name of this browser, if the owner of the address of a walk has signed in in it before.
    async fn known_on(&self, token: &Token) -> Result<Option<String>, Error> {
        // Strangers have brought nothing to look at.
        if self.known.is_none() {
            return Ok(None);
        }
        match self.app.find_walk(token).await? {
            Some(found) => self.known_as(&found.email).await,
            None => Ok(None),
        }
    }

    /// The token for a walk that begins: the browser's where a walk of ours stands under it. Another one that it brings
    /// is not taken over, for somebody else may have put it there; what comes instead is made of it, so that a button
    /// pressed twice begins one walk.
    pub async fn walk_token(&self, brought: Option<&Token>) -> Result<Token, Error> {
        let Some(token) = brought else {
            return Ok(Token::generate());
        };
        Ok(match self.app.find_walk(token).await? {
            Some(_) => token.clone(),
            None => Token::made_of(self.app.keys(), token),
        })
    }

    /// Sends another code within the walk under a browser's token; `None` where there is no walk.
    pub async fn resend_code(
        &self,
        token: &Token,
        language: Language,
    ) -> Result<Option<CodeRequest>, Error> {
        let Some(found) = self.app.find_walk(token).await? else {
            return Ok(None);
        };
        let ask = Ask {
            purpose: found.purpose,
            known: self.known_as(&found.email).await?.is_some(),
            email: found.email,
            account: found.row.account,
            typed_id: None,
            language,
            client: self.client,
        };
        Ok(Some(self.app.request_code(token, ask).await?))
    }
}
