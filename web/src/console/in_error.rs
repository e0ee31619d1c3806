//! Taking back what was entered in error: a report, a call, a note; and letting it count again.

use super::contact_log::saved;
use super::words::stored;
use super::written_along::{Along, fields_along};
use crate::fields::{AreaField, SelectField};
use crate::form::Form;
use crate::page::{Answer, Page, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::family::Member;
use app::in_error::{InError, Left, TakeBack, TypedInError};
use app::monitoring::NOTE_LENGTH;
use askama::Template;
use axum::extract::Path;
use domain::ids::{CaseId, ContactId, ReportId};
use domain::in_error::WhyInError;
use i18n::Words;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// That something was taken back, as the page of its person shows it.
pub(super) struct TakenBackView {
    /// By whom, when and why.
    pub(super) told: String,
    /// Further words.
    pub(super) words: String,
    /// Whether it is about somebody else.
    pub(super) is_of_another: bool,
}

impl TakenBackView {
    pub(super) fn new(t: &Words, zone: &TimeZone, one: &InError, name: &str) -> TakenBackView {
        TakenBackView {
            told: t.with(
                "in-error-told",
                &[
                    ("why", stored(t, "in-error-why", one.why.word()).into()),
                    ("name", name.into()),
                    ("when", moment(t, zone, one.at).into()),
                ],
            ),
            words: one.words.expose().clone(),
            is_of_another: one.why == WhyInError::OtherPerson,
        }
    }
}

#[derive(Template)]
#[template(path = "console/in_error.html")]
struct InErrorPage {
    page: Page,
    warning: Option<String>,
    name: String,
    /// What it is about: which report, which call.
    which: String,
    /// What was said and done, of a line; the message in a report.
    said: String,
    /// That the message waits to be read, and goes from the worklist with the report.
    unread: Option<String>,
    lead: String,
    action: String,
    seen: String,
    /// What stands of it where it is taken back already: then it can count again.
    stands: Option<TakenBackView>,
    why: SelectField,
    words: AreaField,
}

/// What is taken back, by its ids in the address.
#[derive(Clone, Copy)]
enum What {
    Report(ReportId),
    Line(ContactId),
}

/// What is known of it.
struct Known {
    member: Member,
    which: String,
    said: String,
    /// Whether what was said waits to be read still.
    is_unread: bool,
    seen: Option<Timestamp>,
    in_error: Option<(InError, String)>,
    is_mine: bool,
}

impl What {
    /// The address of its page.
    fn address(self, case: CaseId) -> String {
        match self {
            What::Report(id) => format!("/cases/{case}/reports/{id}/in-error"),
            What::Line(id) => format!("/cases/{case}/contacts/{id}/in-error"),
        }
    }

    /// The part of the person's page at which it stands.
    fn place(self) -> String {
        match self {
            What::Report(id) => format!("r-{id}"),
            What::Line(_) => "contacts".to_owned(),
        }
    }

    async fn known(
        self,
        t: &Words,
        desk: &StaffDesk,
        case: CaseId,
    ) -> Result<Option<Known>, app::Error> {
        Ok(match self {
            What::Report(id) => {
                let Some((member, report)) = desk.report_of(case, id).await? else {
                    return Ok(None);
                };
                let zone = &member.center.time_zone;
                let when = moment(t, zone, report.measured_at);
                let by = report.in_error.as_ref().map(|one| one.by);
                let names = desk.staff_names(by.into_iter().collect()).await?;
                let seen = report.touched_at();
                let unread = desk.unread_messages_of(case).await?;
                Some(Known {
                    which: t.with1("in-error-report", "when", when),
                    said: report.note.expose().clone(),
                    is_unread: unread.iter().any(|message| message.report == Some(id)),
                    seen,
                    is_mine: desk.may_take_back(report.entered_by),
                    in_error: report.in_error.map(|one| {
                        let name = names.get(&one.by).cloned().unwrap_or_default();
                        (one, name)
                    }),
                    member,
                })
            }
            What::Line(id) => {
                let Some(view) = desk.contact_line(case, id).await? else {
                    return Ok(None);
                };
                let (member, line) = (view.member, view.line);
                let when = moment(t, &member.center.time_zone, line.at);
                let outcome = stored(t, "outcome", line.outcome.word());
                Some(Known {
                    which: format!("{outcome} – {} – {when}", line.by),
                    said: line.note.expose().clone(),
                    is_unread: false,
                    seen: line.in_error.as_ref().map(|(one, _)| one.at),
                    is_mine: desk.may_take_back(Some(line.written_by)),
                    in_error: line.in_error,
                    member,
                })
            }
        })
    }
}

/// What is wrong with what was typed.
#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    NoReason,
    TooLong,
    Meanwhile,
}

async fn page_of(
    visit: &Visit,
    desk: &StaffDesk,
    (case, what): (CaseId, What),
    (typed, wrong): (&TypedInError, Wrong),
) -> Answer {
    let t = i18n::words(visit.language);
    let known = what.known(t, desk, case).await?;
    let Some(known) = known.filter(|known| known.is_mine) else {
        return Ok(missing(visit));
    };
    let is_undone = known.in_error.is_some();
    let (title, lead) = match (is_undone, what) {
        (true, _) => ("in-error-undo-title", "in-error-undo-lead"),
        (false, What::Report(_)) => ("in-error-title", "in-error-lead-report"),
        (false, What::Line(_)) => ("in-error-title", "in-error-lead-line"),
    };
    let place = what.place();
    let mut page = Page::new(visit, title).back_to(format!("/cases/{case}#{place}"));
    let why_problem = (wrong == Wrong::NoReason).then(|| page.say("problem-in-error-why"));
    if let Some(sentence) = &why_problem {
        page.problem("why", sentence.clone());
    }
    let words_problem = (wrong == Wrong::TooLong)
        .then(|| page.with1("problem-contact-note-long", "most", NOTE_LENGTH.to_string()));
    if let Some(sentence) = &words_problem {
        page.problem("words", sentence.clone());
    }
    let zone = known.member.center.time_zone.clone();
    let first = (String::new(), t.say("contact-choose"));
    let reasons = WhyInError::ALL
        .into_iter()
        .map(|why| (why.word().to_owned(), stored(t, "in-error-why", why.word())));
    Ok(render(&InErrorPage {
        warning: (wrong == Wrong::Meanwhile).then(|| t.say("in-error-meanwhile")),
        name: known.member.name_in(page.tag()).to_owned(),
        which: known.which,
        said: known.said,
        unread: (known.is_unread && !is_undone).then(|| t.say("in-error-unread")),
        lead: t.say(lead),
        action: what.address(case),
        seen: known.seen.map(|at| at.to_string()).unwrap_or_default(),
        stands: known
            .in_error
            .map(|(one, name)| TakenBackView::new(t, &zone, &one, &name)),
        why: SelectField::new(
            "why",
            t.say("in-error-why"),
            &typed.why,
            std::iter::once(first).chain(reasons),
        )
        .problem(why_problem),
        words: AreaField::new("words", t.say("in-error-words"))
            .hint(t.say("in-error-words-hint"))
            .value(&typed.words)
            .problem(words_problem),
        page,
    }))
}

/// The word in the address that says what was done, and what is left to be looked at.
const fn done(is_undone: bool, left: Left) -> &'static str {
    match (is_undone, left.next_call, left.alert) {
        (false, false, false) => "in-error",
        (false, true, false) => "in-error-call",
        (false, false, true) => "in-error-alert",
        (false, true, true) => "in-error-both",
        (true, false, false) => "not-in-error",
        (true, true, false) => "not-in-error-call",
        (true, _, true) => "not-in-error-alert",
    }
}

/// The key of what the person's page says then.
pub(super) fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "in-error" => "in-error-done",
        "in-error-call" => "in-error-done-call",
        "in-error-alert" => "in-error-done-alert",
        "in-error-both" => "in-error-done-both",
        "not-in-error" => "in-error-undone",
        "not-in-error-call" => "in-error-undone-call",
        "not-in-error-alert" => "in-error-undone-alert",
        _ => return None,
    })
}

/// Another center took the case over meanwhile: what was to be taken back, and why, goes there as a note.
async fn along(visit: &Visit, desk: &StaffDesk, case: CaseId, form: &Form) -> Answer {
    let t = i18n::words(visit.language);
    let why = WhyInError::parse(form.text("why"));
    let along = Along {
        done: t.with1("written-along-in-error", "which", form.text("which")),
        fields: match form.text("undo") {
            "1" => Vec::new(),
            _ => vec![
                (
                    t.say("in-error-why"),
                    why.map_or_else(String::new, |why| stored(t, "in-error-why", why.word())),
                ),
                (t.say("in-error-words"), form.text("words").to_owned()),
            ],
        },
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

async fn sent(
    visit: &Visit,
    desk: &StaffDesk,
    (case, what): (CaseId, What),
    form: &Form,
) -> Answer {
    if desk.case(case).await?.is_none() {
        return along(visit, desk, case, form).await;
    }
    let typed = TypedInError {
        why: form.text("why").to_owned(),
        words: form.text("words").to_owned(),
    };
    let seen = form.text("seen").parse().ok();
    let is_undone = form.text("undo") == "1";
    let came = match (what, is_undone) {
        (What::Report(id), false) => desk.take_report_back(case, id, &typed, seen).await?,
        (What::Report(id), true) => desk.put_report_back(case, id, seen).await?,
        (What::Line(id), false) => desk.take_contact_back(case, id, &typed).await?,
        (What::Line(id), true) => desk.put_contact_back(case, id, seen).await?,
    };
    let wrong = match came {
        TakeBack::Done(left) => {
            return saved(desk, case, done(is_undone, left), &what.place()).await;
        }
        TakeBack::NotThere => return Ok(missing(visit)),
        TakeBack::NoReason => Wrong::NoReason,
        TakeBack::TooLong => Wrong::TooLong,
        TakeBack::ChangedMeanwhile => Wrong::Meanwhile,
    };
    page_of(visit, desk, (case, what), (&typed, wrong)).await
}

/// The ids of a case and of something in it.
type Ids = Path<(String, String)>;

fn report(Path((case, id)): Ids) -> Option<(CaseId, What)> {
    Some((case.parse().ok()?, What::Report(id.parse().ok()?)))
}

fn line(Path((case, id)): Ids) -> Option<(CaseId, What)> {
    Some((case.parse().ok()?, What::Line(id.parse().ok()?)))
}

pub(super) async fn show_report(Staff(visit, desk): Staff, ids: Ids) -> Answer {
    let Some(about) = report(ids) else {
        return Ok(missing(&visit));
    };
    let nothing = (&TypedInError::default(), Wrong::Nothing);
    page_of(&visit, &desk, about, nothing).await
}

pub(super) async fn report_sent(Staff(visit, desk): Staff, ids: Ids, form: Form) -> Answer {
    match report(ids) {
        Some(about) => sent(&visit, &desk, about, &form).await,
        None => Ok(missing(&visit)),
    }
}

pub(super) async fn show_line(Staff(visit, desk): Staff, ids: Ids) -> Answer {
    let Some(about) = line(ids) else {
        return Ok(missing(&visit));
    };
    let nothing = (&TypedInError::default(), Wrong::Nothing);
    page_of(&visit, &desk, about, nothing).await
}

pub(super) async fn line_sent(Staff(visit, desk): Staff, ids: Ids, form: Form) -> Answer {
    match line(ids) {
        Some(about) => sent(&visit, &desk, about, &form).await,
        None => Ok(missing(&visit)),
    }
}
