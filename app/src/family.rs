//! The members of a family who share one account, and what the home page says of each.

use crate::attributes::Typed;
use crate::health_center::HealthCenter;
use crate::reporting_request::{Request, RequestsOf};
use crate::{App, Error, PatientDesk};
use domain::health_day::{health_day, illness_day};
use domain::ids::{AccountId, CaseId, PersonId, ReportId, SessionId};
use domain::language::Language;
use domain::monitoring::MonitoringStatus;
use domain::passport_number;
use domain::personal::Personal;
use domain::urgency::Level;
use jiff::Timestamp;
use jiff::civil::Date;
use std::borrow::Cow;
use std::sync::Arc;
use storage::Tx;
use storage::alerts::Alarm as AlarmRow;
use storage::family::{self as rows, Beside, MemberRow};

/// What the pages say about a passport number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassportState {
    /// Not asked for.
    NotNeeded,
    /// To be entered now: this is the member's first log-in.
    Ask,
    /// It stands. Only the center can change it.
    Entered,
    /// It is missing, but the first log-in is over: the center enters it.
    ContactCenter,
}

/// Whether a center still follows a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUp {
    /// It does.
    GoesOn,
    /// The member is released: since which day, in the center's time zone, where that is known.
    Ended(Option<Date>),
    /// The member has died: noted on which day, in the center's time zone, where that is known. Nothing is asked any
    /// more, and nobody is to be asked how they are.
    Died(Option<Date>),
    /// The member was registered by a mistake of the center: nothing is asked, and there is nothing to be reported.
    InError,
}

/// The scripts of a name, in the order in which the store has them.
const SCRIPTS: [&str; 3] = ["kanji", "kana", "latin"];

/// A family member as the pages show one.
#[derive(Clone, Debug)]
pub struct Member {
    /// The case, which stands for the member in addresses.
    pub case: CaseId,
    /// The case under which reports are kept: the same, but where two records of one illness became one.
    pub(crate) record: CaseId,
    /// The session in which the member was registered: only during that first log-in the person enters a passport number.
    pub(crate) first_session: Option<SessionId>,
    /// Who it is, whichever center knows: further illnesses of one person are members of their own.
    person: PersonId,
    /// The day of birth: with the name it tells that two records are of one person, whom a center registered anew.
    born: Personal<Date>,
    /// The spellings of the name by script, in the order kanji, kana, Latin.
    names: Vec<(String, Personal<String>)>,
    /// The number on the brochure.
    pub hersys_id: String,
    /// The center that follows the member.
    pub center: Arc<HealthCenter>,
    /// The programme (disease).
    pub programme: String,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
    /// Whether this is a close contact who is not ill; the diagnosis's day is that of the last contact then.
    pub is_contact: bool,
    /// The health day that it is now at the center.
    pub today: Date,
    /// What is said about the passport number.
    pub passport: PassportState,
    /// How many reports there are.
    pub report_count: i32,
    /// When the latest measurement was made, and how urgent it was.
    pub latest: Option<(Timestamp, Level)>,
    /// The day of the latest report that nobody calls wrong; none where it was not asked for.
    heard_on: Option<Date>,
    /// Whether the center still follows the member.
    pub follow_up: FollowUp,
    /// Whether the member is in hospital: others look after them there, and no report is waited for.
    pub is_in_hospital: bool,
    /// The languages in which another person of the account is called the same.
    namesake_in: Vec<&'static str>,
    /// Which of the account it is, counted from one.
    place: usize,
    /// Whether what was reported before is closed to the browser that asks.
    pub is_closed: bool,
}

/// Of the spellings of a name, the one that readers of a language know: kanji first, or Latin first.
pub(crate) fn name_in<'a>(names: &'a [(String, Personal<String>)], language: &str) -> &'a str {
    let order = if language == "ja" {
        ["kanji", "kana", "latin"]
    } else {
        ["latin", "kanji", "kana"]
    };
    order
        .iter()
        .find_map(|script| names.iter().find(|(s, _)| s == script))
        .map_or("", |(_, name)| name.expose())
}

impl Member {
    /// The name in the spelling that readers of a language know: kanji first, or Latin first.
    pub fn name_in(&self, language: &str) -> &str {
        name_in(&self.names, language)
    }

    /// The name; with what tells the member apart where another person of the account is called the same. Whoever calls an
    /// ambulance has to know for whom.
    pub fn told_in(&self, language: &str) -> Cow<'_, str> {
        match self.namesake_in.contains(&language) {
            true => self.told_apart_in(language).into(),
            false => self.name_in(language).into(),
        }
    }

    /// The name with what tells the member apart: the HER-SYS ID, or where that would open what is closed, a number.
    pub fn told_apart_in(&self, language: &str) -> String {
        let name = self.name_in(language);
        match self.is_closed {
            true => format!("{name} ({})", self.place),
            false => format!("{name} ({})", self.hersys_id),
        }
    }

    /// Whether reports are waited for: the center follows the member, and nobody else looks after them.
    pub fn is_asked(&self) -> bool {
        self.follow_up == FollowUp::GoesOn && !self.is_in_hospital
    }

    /// The day of the illness on a health day; the day of onset, or without symptoms of diagnosis, is day 0.
    pub fn illness_day(&self, on: Date) -> i32 {
        illness_day(self.onset_on, self.diagnosed_on, on)
    }

    /// Whether the center knows that the member has died.
    pub fn has_died(&self) -> bool {
        matches!(self.follow_up, FollowUp::Died(_))
    }

    /// Whether the member was registered by mistake.
    pub fn is_in_error(&self) -> bool {
        self.follow_up == FollowUp::InError
    }

    /// Whether a report about the member can be offered at all: somebody who was released may get worse.
    pub fn may_report(&self) -> bool {
        !self.has_died() && !self.is_in_error()
    }

    /// Whether two members of one account are one person: by the record, or because they are called the same in every
    /// script that both have, and were born on the same day. A center that registers somebody anew may not know of the
    /// illness before.
    fn is_same_person(&self, other: &Member) -> bool {
        if self.person == other.person {
            return true;
        }
        let both = |(script, name): &(String, Personal<String>)| {
            let theirs = other.names.iter().find(|(of, _)| of == script);
            theirs.map(|(_, theirs)| theirs.expose() == name.expose())
        };
        let mut alike = self.names.iter().filter_map(both).peekable();
        let is_named_alike = alike.peek().is_some() && alike.all(|same| same);
        is_named_alike && self.born.expose() == other.born.expose()
    }

    /// Whether the center follows another illness of the same person: that is the one of which it wants to hear.
    pub fn is_followed_as(&self, other: &Member) -> bool {
        self.is_same_person(other)
            && self.case != other.case
            && self.follow_up != FollowUp::GoesOn
            && other.follow_up == FollowUp::GoesOn
    }

    /// The case of the record that was kept, where another one than this was.
    pub fn merged_into(&self) -> Option<CaseId> {
        (self.record != self.case).then_some(self.record)
    }

    /// Whether something was measured on the center's present day that nobody calls wrong: it may be somebody else's.
    pub fn has_reported_today(&self) -> bool {
        self.heard_on.is_none_or(|day| day >= self.today)
            && self
                .latest
                .is_some_and(|(at, _)| health_day(at, &self.center.time_zone) == self.today)
    }
}

/// Notes of each member of an account whether another person is called the same.
fn tell_apart(members: &mut [Member]) {
    for at in 0..members.len() {
        let this = &members[at];
        let is_another =
            |other: &Member| !other.is_same_person(this) && other.record != this.record;
        let is_called_so = |tag: &&str| {
            let mut others = members.iter().filter(|other| is_another(other));
            others.any(|other| other.name_in(tag) == this.name_in(tag))
        };
        let tags = Language::ALL.into_iter().map(Language::tag);
        let found: Vec<&str> = tags.filter(is_called_so).collect();
        members[at].namesake_in = found;
        members[at].place = at + 1;
    }
}

/// What an open alert says to the person: it stays said until somebody of the center has written what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// How urgent it is.
    pub level: Level,
    /// The report that it is about, and when that was measured; none where it is about silence.
    pub about: Option<(ReportId, Timestamp)>,
    /// When that report was received.
    pub(crate) received_at: Option<Timestamp>,
    /// Whether that report by itself is not alarming, but beside those before it.
    pub by_course: bool,
}

impl Alarm {
    pub(crate) fn read(row: AlarmRow) -> Alarm {
        Alarm {
            level: Level::from_number(row.level),
            about: row.about,
            received_at: row.received_at,
            by_course: row.by_course,
        }
    }
}

/// What the home page shows.
#[derive(Clone)]
pub struct Home {
    /// The members, in the order of their registration.
    pub members: Vec<Member>,
    /// What was typed of another member and not yet saved.
    pub typed: Option<Typed>,
    /// The members of whom an alarming report waits for somebody of the center.
    pub alarms: Vec<(CaseId, Alarm)>,
    /// The written requests to each of the members, the latest first.
    pub requests: Vec<Vec<Request>>,
}

impl App {
    /// Today in the time zone of the installation, for checks that concern no particular center.
    pub(crate) fn today(&self) -> Date {
        health_day(self.clock.now(), &self.zone())
    }

    pub(crate) fn member(
        &self,
        found: MemberRow,
        center: Arc<HealthCenter>,
        first_log_in: bool,
    ) -> Member {
        let MemberRow {
            case: row,
            names,
            latest,
            followed,
            heard_on,
            beside: _,
        } = found;
        let status = |word: &str| MonitoringStatus::parse(word).unwrap_or_default();
        let followed = followed.map(|(word, closed_at)| (status(&word), closed_at));
        let is_in_hospital = matches!(followed, Some((MonitoringStatus::Hospital, _)));
        let follow_up = match followed {
            Some((MonitoringStatus::Died, closed_at)) => {
                FollowUp::Died(closed_at.map(|at| health_day(at, &center.time_zone)))
            }
            Some((MonitoringStatus::Released, closed_at)) => {
                FollowUp::Ended(closed_at.map(|at| health_day(at, &center.time_zone)))
            }
            Some((MonitoringStatus::InError, _)) => FollowUp::InError,
            _ => FollowUp::GoesOn,
        };
        let is_asked = follow_up != FollowUp::InError;
        let required =
            is_asked && passport_number::is_required(row.diagnosed_on, row.entered_japan_on);
        let passport = match (&row.passport_sealed, required, first_log_in) {
            (Some(_), _, _) => PassportState::Entered,
            (None, false, _) => PassportState::NotNeeded,
            (None, true, true) => PassportState::Ask,
            (None, true, false) => PassportState::ContactCenter,
        };
        Member {
            case: row.id,
            record: row.record(),
            first_session: row.first_session.map(SessionId::from_uuid),
            person: row.one_person(),
            born: Personal::new(row.birthdate),
            names: SCRIPTS
                .into_iter()
                .zip(names)
                .filter_map(|(script, name)| Some((script.to_owned(), Personal::new(name?))))
                .collect(),
            hersys_id: row.hersys_id,
            programme: row.programme,
            diagnosed_on: row.diagnosed_on,
            onset_on: row.onset_on,
            is_contact: row.is_contact,
            today: health_day(self.clock.now(), &center.time_zone),
            center,
            passport,
            report_count: latest.map_or(0, |(count, _, _)| count),
            latest: latest.map(|(_, at, level)| (at, Level::from_number(level))),
            heard_on,
            follow_up,
            is_in_hospital,
            namesake_in: Vec::new(),
            place: 0,
            is_closed: false,
        }
    }
}

/// What is read for the home page: the members with all that there is beside each, and what was typed of another.
struct HomeRows {
    members: Vec<MemberBeside>,
    draft: Option<Vec<u8>>,
}

/// A member, with what waits for somebody of the center and what the center asks.
struct MemberBeside {
    member: MemberRow,
    alarm: Option<AlarmRow>,
    requests: RequestsOf,
}

impl HomeRows {
    /// Of members beside whom there is nothing, where nothing was typed.
    fn of(members: Vec<MemberRow>) -> HomeRows {
        let alone = |member| MemberBeside {
            member,
            alarm: None,
            requests: RequestsOf::default(),
        };
        HomeRows {
            members: members.into_iter().map(alone).collect(),
            draft: None,
        }
    }
}

/// The members of an account, and one that is not among them because another record of the same person was kept.
pub(crate) fn with_member(
    tx: &mut Tx<'_>,
    mut all: Vec<MemberRow>,
    account: AccountId,
    case: CaseId,
) -> Result<Vec<MemberRow>, storage::Error> {
    if all.iter().all(|one| one.case.id != case) {
        all.extend(rows::member(tx, account, case)?);
    }
    Ok(all)
}

impl PatientDesk {
    pub(crate) async fn member_of(&self, found: MemberRow) -> Result<Member, Error> {
        let center = self.app.center(found.case.center).await?;
        let first = found.case.first_session == Some(self.session.uuid());
        let is_closed = self.is_closed(found.case.id);
        Ok(Member {
            is_closed,
            ..self.app.member(found, center, first)
        })
    }

    pub(crate) async fn members_of(&self, found: Vec<MemberRow>) -> Result<Vec<Member>, Error> {
        let mut members = Vec::with_capacity(found.len());
        for one in found {
            members.push(self.member_of(one).await?);
        }
        tell_apart(&mut members);
        Ok(members)
    }

    /// The members of the account, in the order of their registration.
    pub async fn members(&self) -> Result<Vec<Member>, Error> {
        let account = self.account;
        let found = self
            .app
            .db()
            .read_once(move |tx| rows::members(tx, account))
            .await?;
        self.members_of(found).await
    }

    /// One member of the account; a foreign case looks exactly like one that does not exist.
    pub async fn member(&self, case: CaseId) -> Result<Option<Member>, Error> {
        let account = self.account;
        let found = self
            .app
            .db()
            .read(move |tx| {
                let all = rows::members(tx, account)?;
                with_member(tx, all, account, case)
            })
            .await?;
        self.member_among(found, case).await
    }

    /// One of the members that were read.
    pub(crate) async fn member_among(
        &self,
        found: Vec<MemberRow>,
        case: CaseId,
    ) -> Result<Option<Member>, Error> {
        let members = self.members_of(found).await?;
        Ok(members.into_iter().find(|member| member.case == case))
    }

    /// Which of the members that were just read the case of an address or a form is: where two records of one person became
    /// one since, it may be that of the other, and then it is the member who was kept.
    pub async fn among(&self, members: &[Member], case: CaseId) -> Result<Option<Member>, Error> {
        let find = |case| members.iter().find(|member| member.case == case).cloned();
        if let Some(member) = find(case) {
            return Ok(Some(member));
        }
        let other = self.member(case).await?;
        Ok(other.map(|other| other.merged_into().and_then(find).unwrap_or(other)))
    }

    /// What the home page shows, of one moment.
    pub async fn home(&self) -> Result<Home, Error> {
        let account = self.account;
        let all = move |tx: &mut Tx<'_>| rows::members(tx, account);
        let members = self.app.db().read_once(all).await?;
        // Most have nothing else on it, and then one statement has told all.
        let is_all = |one: &MemberRow| one.beside == Beside::default();
        let found = if !members.is_empty() && members.iter().all(is_all) {
            HomeRows::of(members)
        } else {
            self.home_beside().await?
        };
        let mut home = Home {
            members: Vec::with_capacity(found.members.len()),
            typed: self.read_draft(found.draft)?,
            alarms: Vec::new(),
            requests: Vec::new(),
        };
        for MemberBeside {
            member,
            alarm,
            requests,
        } in found.members
        {
            let member = self.member_of(member).await?;
            // An alert that was open when somebody died is for the center alone.
            if let (Some(alarm), false) = (alarm.map(Alarm::read), member.has_died())
                && self.may_hear(member.case, &alarm)
            {
                home.alarms.push((member.case, alarm));
            }
            home.requests.push(match member.is_closed {
                true => Vec::new(),
                false => requests.understood(&self.app, &member)?,
            });
            home.members.push(member);
        }
        tell_apart(&mut home.members);
        Ok(home)
    }

    /// The members with all that there is beside each, of one moment, and what was typed of another.
    async fn home_beside(&self) -> Result<HomeRows, Error> {
        let account = self.account;
        let found = self
            .app
            .db()
            .read(move |tx| {
                let draft = storage::account::ask_draft(tx, account)?;
                let mut asked = Vec::new();
                for one in rows::members(tx, account)? {
                    let record = one.case.record();
                    let alarm = storage::alerts::ask_alarm_of_case(tx, record)?;
                    asked.push((one, alarm, RequestsOf::ask(tx, record)?));
                }
                let mut members = Vec::with_capacity(asked.len());
                for (member, alarm, requests) in asked {
                    members.push(MemberBeside {
                        alarm: alarm.first(tx)?,
                        requests: RequestsOf::read(tx, member.case.record(), requests)?,
                        member,
                    });
                }
                let draft = draft.first(tx)?;
                Ok(HomeRows { members, draft })
            })
            .await?;
        Ok(found)
    }
}
