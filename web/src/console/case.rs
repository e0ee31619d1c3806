//! The page of a person: who it is, how they are, what was done. Opening it marks the reports as read, and the person
//! sees that.

mod ill;
mod lines;
mod told;

use super::alerts::{AlertBox, alert_box};
use super::audit::{audit_words, name_places};
use super::call_back::CallBackForm;
use super::case_in_error::NoCaseView;
use super::contact_log::{ContactFields, contact_fields, nothing_typed};
use super::correction::{CorrectionView, correction_view};
use super::course::{course_chart, network_chart};
use super::meanwhile::{Now, Was, was};
use super::merge::merged_page;
use super::monitoring::{FollowForm, follow_form};
use super::passport_number::{PASSPORT, passport_field};
use super::person::{place_words, registered};
use super::release::{CalculationView, released};
use super::reporting_request::{self, RequestLine};
use super::retention::{self, KeepingView};
use super::rules::judged_by;
use super::status_report::ReportCard;
use super::words::{age_and_birthdate, ended, level, reading_beside, stored, why};
use super::written_along::given_away;
use crate::fields::TextField;
use crate::page::{Answer, Page, missing, show as render};
use crate::reports::{began_in_words, day_in_words, moment};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::call_back::TypedCallBack;
use app::case_registration::{CaseField, CaseProblem};
use app::close_contacts::TypedIll;
use app::contact_log::TypedContact;
use app::family::FollowUp;
use app::monitoring::TypedDecision;
use app::tasks::About;
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use domain::ids::{AlertId, CaseId};
use domain::passport_number::PassportNumberError;
use domain::staff_role::Right;
use ill::{IllForm, ill_form};
use lines::{ContactView, MetView, contacts_made, contacts_of, merge_lines, on_paper, transfers};
use told::{alert_left, noticed, part_shown, perhaps_twice, too_soon, warned};

/// How many lines of the audit log the page shows; the rest stands on a page of its own.
const OPENED: i64 = 10;

#[derive(Template)]
#[template(path = "console/case.html")]
struct CasePage {
    page: Page,
    notice: Option<String>,
    /// The id of the part at which the notice stands; empty: above everything.
    notice_at: String,
    /// That an alert is open still, of somebody who has just been noted to be in hospital.
    alert_left: Option<String>,
    /// That the person, who was just taken over, may be in another record of the center.
    perhaps_twice: Option<String>,
    warning: Option<String>,
    /// What was typed and stands in no form, beside the warning: the label, and the value.
    typed: Vec<(String, String)>,
    case: String,
    name: String,
    reading: Option<String>,
    /// The age and the birthdate, in words.
    born: String,
    /// That the person has died or is released.
    ended: Option<String>,
    /// Whether a report can be entered: nobody is asked how somebody is who has died or is no case.
    may_report: bool,
    /// That the person was registered in error.
    no_case: Option<NoCaseView>,
    /// Whether whoever looks may say that it is none, or that it is one after all.
    may_take_back: bool,
    /// With what whoever answers the phone leaves word that the person asks to be called back.
    call_back: Option<CallBackForm>,
    /// Whether the person is followed: what is offered to others only is not offered.
    goes_on: bool,
    hersys_id: String,
    /// The disease, where the place follows several.
    disease: Option<String>,
    day: String,
    /// None: the person has none.
    phone: Option<String>,
    /// What follows from having none.
    no_phone: Option<String>,
    /// That the number is noted as wrong.
    wrong_number: Option<String>,
    /// Of somebody who was released before the days were over, as they are counted since a correction.
    too_soon: Option<String>,
    /// Where the person lives, and where they stay if that is elsewhere, in words.
    place: Vec<String>,
    now: Option<String>,
    now_level: Option<String>,
    now_danger: bool,
    now_reasons: Vec<String>,
    now_judged: Option<String>,
    rows: Vec<(String, String)>,
    passport: TextField,
    /// What the field with the passport number held when its form was shown.
    passport_was: Was,
    /// Whether the part with the passport number is unfolded.
    open: bool,
    health: bool,
    /// Whether this visit reads the reports for the center, as the person sees.
    reads: bool,
    may_attend: bool,
    may_follow: bool,
    may_correct: bool,
    may_register: bool,
    may_transfer: bool,
    /// Whether whoever looks may issue a certificate, and there can be one.
    may_certify: bool,
    alert: Option<AlertBox>,
    /// What the person wrote and nobody has read: the id, when it came, the words.
    messages: Vec<(String, String, String)>,
    /// The address that tells what happened since.
    standing: String,
    form: FollowForm,
    /// Of somebody who is released: when and by whom, and the calculation on which that rested.
    released: Option<(String, CalculationView)>,
    /// How the person is followed, for whoever cannot change it.
    followed: String,
    /// The same and what else stands in fields, for paper: the label, and the value in words.
    on_paper: Vec<String>,
    key: String,
    /// What the form for a call or a note has.
    contact: ContactFields,
    contacts: Vec<ContactView>,
    /// Whether the form for a call or a note is unfolded.
    contact_open: bool,
    corrections: Vec<CorrectionView>,
    transfers: Vec<(String, String)>,
    family: Vec<(String, String, String)>,
    /// The notifications that the case came from: the address, where and when.
    notifications: Vec<(String, String)>,
    /// Written requests, the latest first.
    requests: Vec<RequestLine>,
    /// The merges that the case has a part in: the address of the other one, in words, and why.
    merges: Vec<(String, String, String)>,
    /// For how long the record is kept.
    keeping: KeepingView,
    opened: Vec<String>,
    chart: Option<String>,
    network: Option<String>,
    /// Close contacts.
    contacts_of: Vec<MetView>,
    /// A contact who may fall ill.
    ill: Option<IllForm>,
    reports: Vec<ReportCard>,
    /// The words of the part that holds the older reports, and whether it is unfolded.
    earlier: String,
    earlier_open: bool,
}

impl CasePage {
    /// What was just done, where it is said at this part of the page.
    fn said_at(&self, part: &str) -> Option<&str> {
        self.notice.as_deref().filter(|_| self.notice_at == part)
    }
}

/// How many reports are unfolded.
const OPEN_REPORTS: usize = 4;

/// What was typed into one of the page's forms and is shown again, with the names of the fields that are wrong.
#[derive(Default)]
pub(super) struct CaseForms {
    pub(super) passport: Option<(String, PassportNumberError)>,
    pub(super) alert: Option<(TypedContact, Vec<&'static str>)>,
    /// The alert, and its version, with which the form that ends it was shown.
    pub(super) alert_seen: Option<(AlertId, i32)>,
    pub(super) contact: Option<(TypedContact, Vec<&'static str>)>,
    pub(super) decision: Option<(TypedDecision, Vec<&'static str>)>,
    pub(super) ill: Option<(TypedIll, Vec<(CaseField, CaseProblem)>)>,
    /// What was typed of a contact who fell ill, with its labels, where somebody else has noted that meanwhile.
    pub(super) ill_before: Vec<(String, String)>,
    /// That somebody asks to be called back, in too many words.
    pub(super) call_back: Option<TypedCallBack>,
    /// What the fields of the decision held when its form was shown; it goes with the form's version.
    pub(super) was: Option<Was>,
    /// Somebody else has decided meanwhile: what stands now, where both changed something.
    pub(super) now: Option<Now>,
    /// The HER-SYS ID of the record that the form was about, where it was merged into this one meanwhile.
    pub(super) merged: Option<String>,
    /// Somebody else changed the same thing meanwhile.
    pub(super) changed_meanwhile: bool,
    /// Who has ended the alert meanwhile that this person wanted to end.
    pub(super) ended_by: Option<String>,
}

/// The page of a case in reach.
pub(super) async fn case_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    mut forms: CaseForms,
) -> Answer {
    let (Some(view), Some(mut following)) =
        (desk.open_case(case).await?, desk.following_of(case).await?)
    else {
        return Ok(missing(visit));
    };
    if view.merged_into.is_some()
        && let Some(response) = merged_page(visit, desk, &view, None).await?
    {
        return Ok(response);
    }
    // The form that ends an alert goes out with the version that this page shows. Whoever gets it back for a slip is told of what
    // came to the alert since they saw it: otherwise their next press would end it unseen.
    if let (Some((id, version)), Some(alert)) = (forms.alert_seen, &following.alert)
        && (alert.id, alert.version) != (id, version)
    {
        forms.changed_meanwhile = true;
    }
    let names = desk.place_names(visit.language.tag()).await?;
    for transfer in &mut following.transfers {
        super::transfer::name_places(&names, transfer);
    }
    let health = desk.may(Right::SeeHealth);
    let may_follow = desk.may(Right::Follow);
    let reads = desk.reads_for(view.member.center.id);
    let opened = if health {
        let mut lines = desk.audit_of_case(case, OPENED).await?;
        name_places(desk, visit.language.tag(), &mut lines).await?;
        lines
    } else {
        Vec::new()
    };
    let team = if may_follow {
        desk.team(view.member.center.id).await?
    } else {
        Vec::new()
    };
    let mut page = Page::new(visit, "console-cases-title").back_to("/");
    page.wide = true;
    let t = page.t;
    let zone = view.member.center.time_zone.clone();
    let keeping = retention::keeping(t, desk, &zone, case).await?;
    let now = visit.site.app.clock.now();
    let id = view.member.hersys_id.clone();
    let title = page.with1("console-case-title", "id", &id);
    let warning = warned(visit, t, &forms, &following, &id);
    let judged = following.monitoring.judged_by.as_ref();
    let member = &view.member;
    let answered = desk.words_judged(judged, &member.programme, member.center.id);
    let question = |id: &str| answered.short(id, t.language.tag());
    let reasons = |all: &[domain::course::Why]| {
        all.iter()
            .map(|one| why(t, one, now, question))
            .collect::<Vec<_>>()
    };
    let passport = passport_field(
        &mut page,
        &view,
        forms
            .passport
            .as_ref()
            .map(|(text, error)| (text.as_str(), *error)),
    );
    let alert = following.alert.as_ref().map(|alert| {
        alert_box(
            &mut page,
            desk,
            &view.member,
            (alert, Some(&following), now),
            forms.alert.as_ref(),
        )
    });
    let call_back = CallBackForm::new(
        &mut page,
        desk,
        (&view.member.follow_up, &following),
        forms.call_back.as_ref(),
        (&zone, now),
    );
    let form = follow_form(&mut page, &following, &team, &zone, &forms);
    let nothing = (nothing_typed(&following, &zone), Vec::new());
    let (typed, problems) = forms.contact.as_ref().unwrap_or(&nothing);
    let follows = (may_follow, following.monitoring.status.is_open());
    let contact = contact_fields(&mut page, follows, typed, problems, "contact_");
    let m = &following.monitoring;
    let values: Vec<String> = m
        .temperature
        .map(|v| format!("{} °C", domain::status_report::degrees(v)))
        .into_iter()
        .chain(m.spo2.map(|v| format!("SpO2 {v} %")))
        .collect();
    let writers = view.reports.iter().flat_map(|report| {
        let took_back = report.in_error.as_ref().map(|one| one.by);
        report.entered_by.into_iter().chain(took_back)
    });
    let writers = desk.staff_names(writers.collect()).await?;
    let network = desk.network(case).await?;
    let merges = desk.merges(case).await?;
    let messages = desk.unread_messages_of(case).await?;
    let requests = if health {
        desk.requests(case).await?
    } else {
        Vec::new()
    };
    let notified = if desk.may(Right::Notify) {
        desk.notifications_of(case).await?
    } else {
        Vec::new()
    };
    let no_case = match view.member.is_in_error() {
        true => desk.no_case(case).await?,
        false => None,
    };
    let ill = (view.member.is_contact && may_follow && view.member.may_report())
        .then(|| ill_form(&mut page, &view, forms.ill.as_ref()));
    let name = view.member.name_in(page.tag()).to_owned();
    let goes_on = view.member.follow_up == FollowUp::GoesOn;
    let is_one_of_many = desk.programmes().await?.len() > 1;
    let older = view.reports.get(OPEN_REPORTS..).unwrap_or_default();
    let at = part_shown(visit.query("at"), (health, &view, &following));
    Ok(render(&CasePage {
        keeping,
        earlier: t.with1(
            "console-case-earlier",
            "count",
            i64::try_from(older.len()).unwrap_or(i64::MAX),
        ),
        // What somebody has marked as wrong, or has just written down, is not hidden.
        earlier_open: older
            .iter()
            .any(|report| report.wrong.is_some() || at == format!("r-{}", report.id)),
        notice: noticed(visit, t, (case, &view, &following), &merges),
        alert_left: alert_left(visit, &view, &following).map(|key| t.say(key)),
        perhaps_twice: perhaps_twice(visit, desk, case)
            .await?
            .then(|| t.say("transfer-perhaps-twice")),
        notice_at: at,
        warning,
        typed: forms.ill_before,
        case: case.to_string(),
        reading: reading_beside(&view, &name),
        name,
        born: age_and_birthdate(t, view.birthdate.expose(), view.member.today),
        ended: ended(t, &view.member),
        may_report: view.member.may_report(),
        no_case: no_case.map(|one| NoCaseView::new(t, &zone, &one)),
        may_take_back: desk.may(Right::TakeCasesBack) && view.merged_into.is_none(),
        goes_on,
        call_back,
        hersys_id: id.clone(),
        disease: is_one_of_many.then(|| desk.disease(&view.member.programme, t.language.tag())),
        day: if view.member.is_contact {
            t.say("close-contact")
        } else if !goes_on {
            // Days are counted no longer.
            began_in_words(t, &view.member)
        } else {
            day_in_words(t, &view.member, view.member.today)
        },
        phone: view.phone.as_ref().map(|phone| phone.expose().clone()),
        no_phone: (view.phone.is_none() && goes_on && view.signed_up_at.is_none())
            .then(|| t.say("case-no-phone")),
        wrong_number: (following.wrong_number)
            .map(|at| t.with1("case-wrong-number", "when", moment(t, &zone, at))),
        too_soon: too_soon(t, &following),
        place: place_words(t, &desk.address_of(case).await?),
        // Somebody who never reported may be urgent all the same: for being silent.
        now: match (values.is_empty(), goes_on) {
            (false, true) => Some(values.join("  ")),
            (false, false) => Some(t.with1("case-last-values", "values", values.join("  "))),
            (true, true) => {
                (m.urgency > domain::urgency::Level::Calm).then(|| t.say("console-no-report-yet"))
            }
            (true, false) => None,
        },
        // How it was when they were followed is nothing to hurry for.
        now_level: level(t, m.urgency).filter(|_| goes_on),
        now_danger: m.urgency.is_danger(),
        now_reasons: match goes_on {
            true => reasons(&m.reasons),
            false => Vec::new(),
        },
        now_judged: (m.judged_by.as_ref().filter(|_| goes_on)).map(|by| judged_by(t, by)),
        rows: registered(t, desk, &view),
        passport,
        passport_was: was([(
            PASSPORT,
            view.passport.as_ref().map_or("", |number| number.expose()),
        )]),
        open: forms.passport.is_some(),
        health,
        reads,
        may_attend: desk.may(Right::Attend),
        may_follow,
        may_correct: desk.may(Right::CorrectPersons),
        may_register: desk.may(Right::Register),
        may_certify: desk.may(Right::Certify)
            && !view.member.is_contact
            && !view.member.is_in_error(),
        may_transfer: desk.may(Right::Transfer)
            && goes_on
            && following
                .transfers
                .iter()
                .all(|offer| offer.answer.is_some()),
        standing: super::standing::address(&case.to_string(), following.alert.as_ref(), m.reports),
        alert,
        messages: messages
            .into_iter()
            .filter_map(|task| match task.about {
                About::Message(text) => {
                    let when = moment(t, &zone, task.created_at);
                    Some((task.id.to_string(), when, text.into_inner()))
                }
                _ => None,
            })
            .collect(),
        form,
        released: released(t, &zone, &following),
        followed: match &following.assigned_name {
            Some(name) => {
                let status = stored(t, "status", m.status.word());
                let (label, colon) = (t.say("following-assigned"), t.say("colon"));
                format!("{status} – {label}{colon}{name}")
            }
            None => stored(t, "status", m.status.word()),
        },
        on_paper: on_paper(t, &zone, &following),
        key: desk.new_form_key().to_string(),
        contact,
        contact_open: following.contacts.is_empty() || forms.contact.is_some(),
        contacts: contacts_made(t, &zone, &following, desk),
        corrections: following
            .corrections
            .iter()
            .map(|line| correction_view(t, desk, (&view, view.member.is_contact), line))
            .collect(),
        transfers: transfers(t, &zone, &following),
        family: following
            .family
            .iter()
            .map(|one| {
                let id = match one.by_phone {
                    true => t.with1("case-same-phone", "id", &one.hersys_id),
                    false => one.hersys_id.clone(),
                };
                (
                    format!("/cases/{}", one.case),
                    one.name_in(t.language.tag()).to_owned(),
                    id,
                )
            })
            .collect(),
        notifications: notified
            .iter()
            .map(|line| {
                let text = format!("{} – {}", moment(t, &zone, line.entered_at), line.place);
                (format!("/notifications/{}", line.id), text)
            })
            .collect(),
        requests: requests
            .iter()
            .map(|request| reporting_request::line(t, &zone, request))
            .collect(),
        merges: merge_lines(t, &zone, case, &merges),
        opened: opened
            .iter()
            .map(|line| audit_words(t, &zone, line))
            .collect(),
        chart: course_chart(t, &view),
        network: network_chart(t, &network),
        contacts_of: contacts_of(t, &network, case, may_follow),
        ill,
        reports: view
            .reports
            .iter()
            .map(|report| {
                let mut card = {
                    let may = desk.may_take_back(report.entered_by);
                    ReportCard::new(t, &view, report, &writers, (now, reads, may))
                };
                let under = merges
                    .iter()
                    .find(|line| line.undone.is_none() && line.reports.contains(&report.id.uuid()));
                card.under = under.map(|line| t.with1("merge-came-under", "id", &line.merged.1));
                card
            })
            .collect(),
        page: page.titled(title),
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let response = case_page(&visit, &desk, case, CaseForms::default()).await?;
    // A bookmark, an old mail: whoever gave the person away is told who follows them now.
    if response.status() == StatusCode::NOT_FOUND && desk.may(Right::SeePersons) {
        return Ok(given_away(&visit, &desk, case).await?.unwrap_or(response));
    }
    Ok(response)
}
