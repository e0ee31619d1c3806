//! The status report: the form, what is asked back, and the receipt.

use super::closed_history::closed_or_missing;
use super::history::{DangerBox, alarm_box, carried_box, danger_box, level_in_words};
use super::home::not_asked_in_words;
use super::not_sent::not_sent;
use super::read_by::read_in_words;
use super::sign_in::of_another;
use super::spoken;
use crate::fields::ContactCard;
use crate::form::Form;
use crate::kept_form;
use crate::page::{Answer, Broken, Page, go, missing, show as render};
use crate::report_form::{FormView, Shown, chosen_member, contradicted, only_takes, read};
use crate::reports::{Rows, day_in_words, summary, when_in_words};
use crate::visit::{Family, Visit, WHOSE};
use app::PatientDesk;
use app::family::{FollowUp, Member};
use app::kept_form::KeptForm;
use app::status_report::{Receipt, ReportForm, Submit};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{CaseId, ReportId};
use domain::language::Language;
use domain::questionnaire::Questionnaire;
use domain::status_report::{Problems, RawReport, key_of_member, understood};
use domain::urgency::{Level, assess};
use i18n::Words;

#[derive(Template)]
#[template(path = "portal/report.html")]
struct ReportPage {
    page: Page,
    notice: Option<String>,
    /// The members: the case, and the name.
    members: Vec<(String, String)>,
    chosen: Option<String>,
    /// The key that the address of the form will bring along.
    key: String,
    /// What is wrong with the choice of the member.
    choose: Option<String>,
    form: Option<FormView>,
    /// Whether it says what is wrong with what was typed.
    checked: bool,
    /// How urgent answers were that are asked for anew, where that is a danger.
    was_level: Option<i32>,
    danger: Option<DangerBox>,
    /// How the center of the member is reached, where no danger says so already.
    contact: Option<ContactCard>,
}

/// Whether a report of a member is asked for: nobody is asked how somebody is who has died or was registered by mistake, and of
/// somebody who fell ill again the illness that is over is not meant.
fn is_offered(members: &[Member], member: &Member) -> bool {
    member.may_report() && !members.iter().any(|other| member.is_followed_as(other))
}

/// For whom a report can be entered, and whom the page is for: those who are followed first.
fn choices(members: &[Member], t: &Words, chosen: Option<CaseId>) -> Vec<(String, String)> {
    let mut offered: Vec<&Member> = members
        .iter()
        .filter(|member| is_offered(members, member) || Some(member.case) == chosen)
        .collect();
    offered.sort_by_key(|member| !member.is_asked());
    told_apart(&offered, t)
}

/// Members as a list to choose from: the case, and the name. Two of one name are told apart by their HER-SYS IDs; whose
/// follow-up is over is called so, and comes last.
pub(super) fn told_apart(offered: &[&Member], t: &Words) -> Vec<(String, String)> {
    let tag = t.language.tag();
    let is_over = |member: &Member| matches!(member.follow_up, FollowUp::Ended(_));
    let mut offered = offered.to_vec();
    offered.sort_by_key(|member| is_over(member));
    offered
        .iter()
        .map(|member| {
            let name = member.name_in(tag);
            let others = offered.iter().filter(|other| other.name_in(tag) == name);
            let label = match others.count() {
                1 => member.told_in(tag).into_owned(),
                _ => member.told_apart_in(tag),
            };
            let label = match is_over(member) {
                true => t.with1("member-over", "name", label),
                false => label,
            };
            (member.case.to_string(), label)
        })
        .collect()
}

/// What a page of the form shows beside what was typed.
struct Beside {
    key: Option<ReportId>,
    notice: Option<String>,
    /// How urgent the answers are, as far as they are understood.
    level: Level,
    /// How urgent answers were that the form does not hold any more, because their questions have changed.
    was_level: Level,
    /// Whom the page was for when it was sent, where that was another member.
    was_for: Option<Member>,
    /// Whether it is asked which of the two is meant.
    asks_who: bool,
}

impl Beside {
    fn of(key: Option<ReportId>) -> Beside {
        Beside {
            key,
            notice: None,
            level: Level::Calm,
            was_level: Level::Calm,
            was_for: None,
            asks_who: false,
        }
    }
}

fn form_page(
    visit: &Visit,
    members: Vec<(String, String)>,
    form: &ReportForm,
    shown: Shown<'_>,
    beside: Beside,
) -> Response {
    let mut page = Page::new(visit, "report-title").back_to("/");
    let tag = page.tag();
    let name = &*form.member.told_in(tag);
    let case = form.member.case.to_string();
    let chosen = members.iter().find(|(of, _)| *of == case);
    // What tells that the follow-up is over is no part of a name.
    let name = match form.member.follow_up {
        FollowUp::Ended(_) => name,
        _ => chosen.map_or(name, |(_, told)| told),
    };
    let title = page.with1("report-title-for", "name", name);
    page = page.titled(title);
    page.form = Some("report");
    let was_for = beside.was_for.as_ref();
    let choose = was_for.filter(|_| beside.asks_who).and_then(|was| {
        let was = &*was.told_in(tag);
        let sentence = page.with2("problem-member-differs", "chosen", name, "was", was);
        page.problem("member", sentence)
    });
    let danger = match was_for {
        Some(was) => carried_box(page.t, (was, &form.member), beside.level),
        None => danger_box(page.t, &form.member, beside.level, None, false),
    };
    let view = shown.form(&mut page, form, beside.key.unwrap_or(form.key));
    render(&ReportPage {
        members,
        chosen: Some(form.member.case.to_string()),
        key: view.key.clone(),
        choose,
        notice: beside
            .notice
            .or_else(|| not_asked_in_words(page.t, &form.member)),
        form: Some(view),
        checked: !shown.problems.is_empty(),
        contact: (danger.is_none()).then(|| ContactCard::new(page.t, &form.member.center)),
        was_level: Some(beside.was_level)
            .filter(|level| level.is_danger())
            .map(Level::number),
        danger: danger.map(|danger| danger.not_sent(page.t)),
        page,
    })
}

/// The member that the address names.
fn named(visit: &Visit) -> Option<CaseId> {
    visit.query("member")?.parse().ok()
}

/// The address of this form with a key, so that going back to it and sending it again sends the same report.
fn with_key(visit: &Visit, key: ReportId) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let here = visit.uri.query().unwrap_or("");
    for (name, value) in url::form_urlencoded::parse(here.as_bytes()) {
        // A page that was kept and is kept no more is not asked for again.
        if name != "form" && name != "again" {
            query.append_pair(&name, &value);
        }
    }
    query.append_pair("form", &key.to_string());
    format!("/reports/new?{}", query.finish())
}

pub(super) async fn show(Family(visit, desk): Family) -> Answer {
    let mut members = desk.members().await?;
    // What was sent from a page that was open already is taken all the same: a record that was closed by mistake must
    // not silence the living.
    members.retain(Member::may_report);
    let t = i18n::words(visit.language);
    let choices = choices(&members, t, named(&visit));
    let mut offered = members.iter().filter(|one| is_offered(&members, one));
    let chosen = match (named(&visit), offered.next(), offered.next()) {
        (Some(case), _, _) => Some(case),
        (None, None, _) => return Ok(go("/")),
        (None, Some(only), None) => Some(only.case),
        // Nobody is preselected: a report for the wrong child must not be the easy way.
        (None, Some(_), Some(_)) => None,
    };
    let brought = visit.query("form").and_then(|key| key.parse().ok());
    let key = desk.report_key_of(brought);
    let to_new_key = || go(&with_key(&visit, desk.new_report_key()));
    let Some(case) = chosen else {
        let Some(key) = key else {
            return Ok(to_new_key());
        };
        let mut page = Page::new(&visit, "report-title").back_to("/");
        let mut choose = None;
        if visit.query("member").is_some() {
            let sentence = page.say("problem-member");
            choose = page.problem("member", sentence);
        }
        return Ok(render(&ReportPage {
            members: choices,
            chosen: None,
            key: key.to_string(),
            choose,
            notice: None,
            form: None,
            checked: false,
            was_level: None,
            danger: None,
            contact: None,
            page,
        }));
    };
    let member = match desk.among(&members, case).await? {
        Some(member) if member.case != case => {
            // Two records of one person became one since the link was written.
            return Ok(go(&format!("/reports/new?member={}", member.case)));
        }
        Some(member) if !member.may_report() => return Ok(go("/")),
        Some(member) => member,
        None => return Ok(missing(&visit)),
    };
    if key.is_none() {
        return Ok(to_new_key());
    }
    let form = desk.form_of(member)?;
    let (raw, problems) = (RawReport::default(), Vec::new());
    let shown = Shown {
        questionnaire: &form.stored.questionnaire,
        raw: &raw,
        problems: &problems,
        others: false,
        all_told: true,
    };
    let beside = Beside::of(key.map(|key| key_of_member(key, case)));
    Ok(form_page(&visit, choices, &form, shown, beside))
}

/// The key of a form for one member where it is shown for another one, whose key it brings along.
fn key_from(key: ReportId, (was, is): (CaseId, CaseId)) -> ReportId {
    key_of_member(key_of_member(key, was), is)
}

/// What is done with a form.
enum Wish {
    /// It is sent.
    Send,
    /// The same in another language.
    Speak(Language),
    /// The same for the member that the list names.
    Switch,
    /// The list names another member than the page, and the button was the one that sends: which one is meant is asked,
    /// for a report for the wrong child is worse than another press.
    AskWho,
    /// A suggestion was taken for a number that stands in the field no more.
    AskNumber(Problems),
    /// A number is taken over, by a button that does not say that it sends.
    Take,
}

fn wish(form: &Form, of: CaseId) -> Wish {
    let listed = chosen_member(form);
    if form.has("switch_member") {
        return Wish::Switch;
    }
    if let Some(language) = Language::parse(form.text("switch_language")) {
        return Wish::Speak(language);
    }
    if listed.is_some_and(|listed| listed != of) {
        return Wish::AskWho;
    }
    about_this_one(form)
}

/// What is done with a form for whom the page is, by the button that was pressed.
fn about_this_one(form: &Form) -> Wish {
    let asked = contradicted(form);
    match asked.is_empty() {
        true if only_takes(form) => Wish::Take,
        true => Wish::Send,
        false => Wish::AskNumber(asked),
    }
}

pub(super) async fn submit(family: Family, form: Form) -> Answer {
    if family.is_of_another(&form) {
        return Ok(of_another(&family.0, &form));
    }
    let Family(mut visit, desk) = family;
    let Some(case) = named(&visit) else {
        return Ok(go("/reports/new"));
    };
    let key = form.text("key").parse::<ReportId>();
    let key = key.unwrap_or_else(|_| desk.new_report_key());
    let mut beside = Beside::of(Some(key));
    let mut problems = Vec::new();
    let (mut sent_before, mut read_in) = (None, None);
    let mut wish = wish(&form, case);
    if let (Wish::AskWho, Some(listed)) = (&wish, chosen_member(&form)) {
        // Two records of one person became one since the page was opened: the list names nobody else.
        let members = desk.members().await?;
        let who = [
            desk.among(&members, case).await?,
            desk.among(&members, listed).await?,
        ];
        if let [Some(was), Some(member)] = who
            && was.case == member.case
        {
            wish = about_this_one(&form);
        }
    }
    let of = match wish {
        Wish::Switch | Wish::AskWho | Wish::Speak(_) => chosen_member(&form).unwrap_or(case),
        Wish::Send | Wish::AskNumber(_) | Wish::Take => case,
    };
    if of != case {
        beside.key = Some(key_from(key, (case, of)));
    }
    match &wish {
        Wish::Speak(language) => {
            // The form in another language, with all that was typed; nothing is checked yet.
            visit.language = *language;
            desk.set_language(*language).await?;
            read_in = Some(*language);
        }
        Wish::AskNumber(asked) => problems.clone_from(asked),
        Wish::Switch | Wish::AskWho | Wish::Take => {}
        Wish::Send => match desk.submit_report(case, key, read(&form)).await? {
            Submit::Accepted(id) => return Ok(go(&format!("/reports/{case}/{id}"))),
            Submit::NoSuchMember => return nobody(&visit, &desk, &form).await,
            Submit::Problems(found, _) => problems = found,
            Submit::TooMany => {
                beside.notice = Some(i18n::words(visit.language).say("report-too-many"));
            }
            Submit::SentBefore { at, new_key } => {
                sent_before = Some(at);
                beside.key = Some(new_key);
            }
        },
    }
    let members = desk.members().await?;
    let (Some(was), Some(member)) = (
        desk.among(&members, case).await?,
        desk.among(&members, of).await?,
    ) else {
        let answer = nobody(&visit, &desk, &form).await;
        return spoken::kept_if_any(answer, read_in);
    };
    let t = i18n::words(visit.language);
    let tag = visit.language.tag();
    let of = member.case;
    let shown = desk.form_of(member)?;
    let questionnaire = &shown.stored.questionnaire;
    let raw = read(&form);
    // Nothing was stored, so nobody is told: the danger is said here all the same, whatever was pressed.
    let level = |questionnaire: &Questionnaire| {
        assess(questionnaire, &understood(questionnaire, &raw)).level
    };
    beside.level = level(questionnaire);
    if was.case != of {
        // The answers are to the questions that stood on the page.
        let asked = desk.form_of(was.clone())?;
        beside.level = beside.level.max(level(&asked.stored.questionnaire));
        beside.asks_who = matches!(wish, Wish::AskWho);
        if matches!(wish, Wish::Switch) {
            let name = &*shown.member.told_in(tag);
            beside.notice = Some(t.with1("report-member-switched", "name", name));
        }
        beside.was_for = Some(was);
    }
    let takes = matches!(wish, Wish::Take);
    if takes || matches!(wish, Wish::Speak(_) | Wish::Switch) && form.has(CHECKED) {
        // What was said to be wrong stays said. A number that is asked back is asked anew: a tick beside it was not sent.
        let asked = RawReport {
            temperature_confirmed: String::new(),
            spo2_confirmed: String::new(),
            ..raw.clone()
        };
        (problems, _) = desk.look_at(&shown, &asked);
    }
    // Whatever was pressed: an answer to another question does not stand on the form as one to what is asked now.
    let changed = desk.changed(&shown, &raw);
    beside.was_level = was_level(&form);
    if let Some(changed) = &changed {
        problems = changed.among(problems);
        beside.was_level = beside.was_level.max(changed.level);
        let notice = beside.notice.take();
        beside.notice = notice.or_else(|| Some(t.say("report-questions-changed")));
    }
    if takes && problems.is_empty() {
        beside.notice = Some(t.say("report-number-taken"));
    }
    beside.level = beside.level.max(beside.was_level);
    let raw = changed.map_or(raw, |changed| changed.raw);
    if let Some(at) = sent_before {
        let at = at.to_zoned(shown.member.center.time_zone.clone());
        let time = t.time(at.time());
        beside.notice = Some(match at.date() == shown.member.today {
            true => t.with1("report-sent-before", "time", time),
            false => {
                let date = t.date(at.date());
                t.with2("report-sent-before-on", "date", date, "time", time)
            }
        });
    }
    let view = Shown {
        questionnaire,
        raw: &raw,
        problems: &problems,
        others: false,
        all_told: true,
    };
    let response = form_page(&visit, choices(&members, t, Some(of)), &shown, view, beside);
    Ok(match read_in {
        Some(language) => spoken::kept(response, language),
        None => response,
    })
}

/// A report of whom the account knows nobody: of somebody who was taken out of it since the page was opened.
async fn nobody(visit: &Visit, desk: &PatientDesk, form: &Form) -> Answer {
    if !form.has(WHOSE) {
        // A form that does not tell whose it is comes from a page of an earlier release: then it may be another's.
        return Ok(of_another(visit, form));
    }
    let here = visit.uri.path_and_query().map_or("/", |at| at.as_str());
    let mut response = not_sent(visit, desk, here, form).await?;
    // There is no such person here, and none who is somebody else's.
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

/// The field by which a form says that what was wrong with it was told.
const CHECKED: &str = "checked";

/// How urgent answers were that a form asks for anew: until they are given, nobody knows better.
fn was_level(form: &Form) -> Level {
    let number = form.text("was_level").parse();
    number.map_or(Level::Calm, Level::from_number)
}

/// A report that came when the session had ended: for the same member, to be looked at and sent; `None` where the account
/// has no such member. Where that is another account than the one for which it was typed, nothing of it may be shown.
pub(super) async fn kept(
    visit: &Visit,
    desk: &PatientDesk,
    form: &KeptForm,
    is_held: bool,
) -> Result<Option<Response>, Broken> {
    let was = form.path.split_once("member=").map(|(_, case)| case);
    let was = was.and_then(|case| case.parse::<CaseId>().ok());
    let fields = Form::of(kept_form::fields(form));
    // Where the list and the page name two members, the list is what the person saw last; it is to be confirmed anyhow.
    let of = chosen_member(&fields).or(was);
    let key = fields.text("key").parse().ok();
    let key = match was.zip(of) {
        Some((was, of)) if was != of => key.map(|key| key_from(key, (was, of))),
        _ => key,
    };
    let members = desk.members().await?;
    let found = match of {
        Some(of) => desk.among(&members, of).await?,
        None => None,
    };
    let Some(member) = found else {
        return Ok(match is_held {
            true => None,
            false => Some(not_sent(visit, desk, &form.path, &fields).await?),
        });
    };
    let case = member.case;
    let shown = desk.form_of(member)?;
    let mut raw = read(&fields);
    if raw.measured_at.trim().is_empty()
        && let Some(at) = kept_form::typed_at(form, &shown.member.center.time_zone)
    {
        raw.measured_at = at;
    }
    let questionnaire = &shown.stored.questionnaire;
    let t = i18n::words(visit.language);
    let tag = visit.language.tag();
    let mut beside = Beside {
        notice: Some(t.with1("report-kept", "name", &*shown.member.told_in(tag))),
        level: assess(questionnaire, &understood(questionnaire, &raw)).level,
        ..Beside::of(key)
    };
    let changed = desk.changed(&shown, &raw);
    let mut problems = Vec::new();
    beside.was_level = was_level(&fields);
    if let Some(changed) = &changed {
        problems.clone_from(&changed.problems);
        beside.was_level = beside.was_level.max(changed.level);
    }
    beside.level = beside.level.max(beside.was_level);
    let raw = changed.map_or(raw, |changed| changed.raw);
    let view = Shown {
        questionnaire,
        raw: &raw,
        problems: &problems,
        others: false,
        all_told: true,
    };
    Ok(Some(form_page(
        visit,
        choices(&members, t, Some(case)),
        &shown,
        view,
        beside,
    )))
}

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptPage<'a> {
    page: Page,
    danger: Option<DangerBox>,
    /// Where it was alarming and is answered: what it was, and that somebody of the center has looked after it.
    was: Option<(String, String)>,
    /// What holds from now on: what to do if it gets worse, or why no report is asked for.
    worse: String,
    /// How the center is reached, where no danger says so already.
    contact: Option<ContactCard>,
    received: String,
    rows: Rows<'a>,
    /// What was answered: more rows, as HTML.
    answers: String,
    read: String,
    case: String,
}

pub(super) async fn receipt(
    Family(visit, desk): Family,
    Path((member, report)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (member.parse::<CaseId>(), report.parse::<ReportId>()) else {
        return Ok(missing(&visit));
    };
    Ok(match desk.receipt(case, id).await? {
        // What the center took back says nothing more than the history does.
        Some(receipt) if receipt.report.in_error.is_some() => {
            go(&super::history::address(case, id))
        }
        Some(receipt) => receipt_page(&visit, &receipt),
        None => closed_or_missing(&visit, &desk, case),
    })
}

fn receipt_page(visit: &Visit, receipt: &Receipt) -> Response {
    let (member, report) = (&receipt.member, &receipt.report);
    let page = Page::new(visit, "report-title").back_to("/");
    let name = member.told_in(page.tag());
    let title = page.with1("receipt-title", "name", &*name);
    // Whoever was handed over since reads who had them then.
    let named = |id| {
        let center = receipt.followers.of(id).unwrap_or(&member.center);
        center.name_in(page.tag())
    };
    let received = page.with2(
        "receipt-received",
        "center",
        named(report.received_by),
        "when",
        when_in_words(page.t, member, report.received_at),
    );
    let rows: Rows<'_> = vec![
        (page.t.text("receipt-for"), name),
        (
            page.t.text("history-when"),
            when_in_words(page.t, member, report.measured_at).into(),
        ),
        (
            page.t.text("receipt-day"),
            day_in_words(page.t, member, report.health_day).into(),
        ),
    ];
    let center = member.center.name_in(page.tag());
    let danger = receipt
        .alarm
        .and_then(|alarm| alarm_box(page.t, member, &alarm));
    let worse = match not_asked_in_words(page.t, member) {
        // Nobody reads beside "Call now" that nothing need be done any more.
        Some(_) if danger.is_some() && member.may_report() => page.say("receipt-worse"),
        Some(text) => text,
        // Nobody is asked how somebody is who has died.
        None if member.has_died() => page.with1("home-quiet-call", "center", center),
        None => page.say("receipt-worse"),
    };
    render(&ReceiptPage {
        contact: (danger.is_none()).then(|| ContactCard::new(page.t, &member.center)),
        danger,
        was: receipt.answered_by.map(|by| {
            let answered = page.with1("receipt-answered", "center", named(Some(by)));
            (level_in_words(page.t, report.level), answered)
        }),
        worse,
        received,
        rows,
        answers: summary(page.t, report),
        read: read_in_words(page.t, member, report, &receipt.followers),
        case: member.case.to_string(),
        page: page.titled(title),
    })
}
