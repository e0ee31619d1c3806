//! A case that is none: registered in error, or a contact who was made a case by mistake; and a case after all.

use super::alerts::{AlertBox, alert_box};
use super::words::stored;
use super::written_along::{Along, fields_along};
use crate::fields::{AreaField, ChoiceField, SelectField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_in_error::{NoCase, TakeCaseBack, TypedNoCase};
use app::monitoring::NOTE_LENGTH;
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use domain::in_error::WhyNoCase;
use i18n::Words;
use jiff::tz::TimeZone;

/// The field that says what is wrong of whoever was a contact before, and its two words.
const WHAT: &str = "what";
const CONTACT: &str = "contact";
const WHOLE: &str = "case";

/// That a case is none, as pages show it.
pub(super) struct NoCaseView {
    /// By whom, when and why.
    pub(super) told: String,
    /// Further words.
    pub(super) words: String,
}

impl NoCaseView {
    pub(super) fn new(t: &Words, zone: &TimeZone, one: &NoCase) -> NoCaseView {
        NoCaseView {
            told: t.with(
                "no-case-told",
                &[
                    ("why", stored(t, "no-case-why", one.why.word()).into()),
                    ("name", one.by.as_str().into()),
                    ("when", moment(t, zone, one.at).into()),
                ],
            ),
            words: one.words.expose().clone(),
        }
    }
}

/// An alert that would end: its state, what it says, and whether it was said that it ends.
struct EndsAlert {
    state: String,
    shown: AlertBox,
    is_ticked: bool,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "console/case_in_error.html")]
struct NoCasePage {
    page: Page,
    warning: Option<String>,
    case: String,
    name: String,
    hersys_id: String,
    version: i32,
    /// What stands of it where it is none already: then it can be a case again.
    stands: Option<NoCaseView>,
    lead: String,
    /// What happens, line by line.
    effects: Vec<String>,
    what: Option<ChoiceField>,
    alert: Option<EndsAlert>,
    why: SelectField,
    words: AreaField,
}

/// What was sent, and what is wrong with it.
#[derive(Default)]
struct Sent {
    typed: TypedNoCase,
    what: String,
    problems: Vec<&'static str>,
    /// The key of a sentence above the form.
    warning: Option<&'static str>,
}

async fn page_of(visit: &Visit, desk: &StaffDesk, case: CaseId, sent: &Sent) -> Answer {
    let Some(found) = desk.case_to_take_back(case).await? else {
        return Ok(missing(visit));
    };
    let is_undone = found.no_case.is_some();
    let was_contact = found.met_on.is_some() && !is_undone;
    let title = match is_undone {
        true => "no-case-undo-title",
        false => "no-case-title",
    };
    let mut page = Page::new(visit, title).back_to(format!("/cases/{case}"));
    let t = page.t;
    let mut beside = |problem: &str, id: &str, sentence: String| {
        sent.problems.contains(&problem).then(|| {
            page.problem(id, sentence.clone());
            sentence
        })
    };
    let what_problem = beside(WHAT, WHAT, t.say("problem-no-case-what"));
    let why_problem = beside("why", "why", t.say("problem-no-case-why"));
    let long = t.with1("problem-contact-note-long", "most", NOTE_LENGTH.to_string());
    let words_problem = beside("words", "words", t.say("problem-no-case-words"))
        .or_else(|| beside("words_long", "words", long));
    let alert_problem = beside("alert", "ends_alert", t.say("problem-no-case-alert"));
    let now = visit.site.app.clock.now();
    let alert = match (&found.alert, is_undone) {
        (Some(alert), false) => {
            let state = alert.state();
            Some(EndsAlert {
                // What was ticked was about the alert as it was shown then.
                is_ticked: sent.typed.ends_alert && sent.typed.alert_seen == state,
                state,
                shown: alert_box(&mut page, desk, &found.member, (alert, None, now), None),
                problem: alert_problem,
            })
        }
        _ => None,
    };
    let t = page.t;
    let day = found.met_on.map_or_else(String::new, |day| t.date(day));
    let what = was_contact.then(|| ChoiceField {
        id: WHAT.to_owned(),
        label: t.say("no-case-what"),
        problem: what_problem,
        choices: vec![
            (
                CONTACT,
                t.with1("no-case-what-contact", "day", day),
                sent.what == CONTACT,
            ),
            (WHOLE, t.say("no-case-what-case"), sent.what == WHOLE),
        ],
    });
    let first = (String::new(), t.say("contact-choose"));
    let reasons = WhyNoCase::ALL
        .into_iter()
        .map(|why| (why.word().to_owned(), stored(t, "no-case-why", why.word())));
    let effects: &[&str] = match is_undone {
        true => &[],
        false => &[
            "no-case-effect-counts",
            "no-case-effect-followed",
            "no-case-effect-person",
            "no-case-effect-undo",
        ],
    };
    Ok(render(&NoCasePage {
        warning: sent.warning.map(|key| t.say(key)),
        case: case.to_string(),
        name: found.member.name_in(page.tag()).to_owned(),
        hersys_id: found.member.hersys_id.clone(),
        version: found.version,
        lead: t.say(match is_undone {
            true => "no-case-undo-lead",
            false => "no-case-lead",
        }),
        effects: effects.iter().map(|key| t.say(key)).collect(),
        stands: found
            .no_case
            .as_ref()
            .map(|one| NoCaseView::new(t, &found.member.center.time_zone, one)),
        what,
        alert,
        why: SelectField::new(
            "why",
            t.say("no-case-why"),
            &sent.typed.why,
            std::iter::once(first).chain(reasons),
        )
        .problem(why_problem),
        words: AreaField::new("words", t.say("in-error-words"))
            .hint(t.say("no-case-words-hint"))
            .value(&sent.typed.words)
            .problem(words_problem),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    page_of(&visit, &desk, case, &Sent::default()).await
}

/// Another center took the case over meanwhile: what was to be said of it, and why, goes there as a note.
async fn along(visit: &Visit, desk: &StaffDesk, case: CaseId, typed: &TypedNoCase) -> Answer {
    let t = i18n::words(visit.language);
    let why = WhyNoCase::parse(&typed.why);
    let along = Along {
        done: t.say("written-along-no-case"),
        fields: vec![
            (
                t.say("no-case-why"),
                why.map_or_else(String::new, |why| stored(t, "no-case-why", why.word())),
            ),
            (t.say("in-error-words"), typed.words.clone()),
        ],
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn sent(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = TypedNoCase {
        why: form.text("why").to_owned(),
        words: form.text("words").to_owned(),
        version: form.text("version").parse().unwrap_or(0),
        alert_seen: form.text("alert_seen").to_owned(),
        ends_alert: form.has("ends_alert"),
    };
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, &typed).await;
    }
    let Some(found) = desk.case_to_take_back(case).await? else {
        return Ok(missing(&visit));
    };
    let what = form.text(WHAT).to_owned();
    let is_undone = form.text("undo") == "1";
    let was_contact = found.met_on.is_some() && found.no_case.is_none();
    let came = match what.as_str() {
        _ if is_undone => desk.not_in_error(case, &typed.words, typed.version).await?,
        CONTACT => desk.contact_again(case, &typed).await?,
        // Nothing is done before it is said which of the two is wrong.
        "" if was_contact => TakeCaseBack::Problems(vec![WHAT]),
        _ => desk.register_in_error(case, &typed).await?,
    };
    let done = match (is_undone, what.as_str()) {
        (true, _) => "case-again",
        (false, CONTACT) => "contact-again",
        (false, _) => "no-case",
    };
    let (problems, warning) = match came {
        TakeCaseBack::Done => return Ok(go(&format!("/cases/{case}?done={done}"))),
        TakeCaseBack::NoSuchCase => return along(&visit, &desk, case, &typed).await,
        TakeCaseBack::Problems(mut problems) => {
            // Whoever is asked something else is asked that, too, and not once more afterwards.
            if what != CONTACT && !is_undone && !typed.ends_alert && found.alert.is_some() {
                problems.push("alert");
            }
            (problems, None)
        }
        TakeCaseBack::AlertIsOpen => (vec!["alert"], None),
        TakeCaseBack::Offered => (Vec::new(), Some("no-case-offered")),
        TakeCaseBack::ChangedMeanwhile => (Vec::new(), Some("in-error-meanwhile")),
    };
    let sent = Sent {
        typed,
        what,
        problems,
        warning,
    };
    page_of(&visit, &desk, case, &sent).await
}
