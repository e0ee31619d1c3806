//! A report that came when the session had ended, and what it is about: it goes along through the pages that set a new
//! password. Only a report does: after a new password by e-mail reporting goes on, while other forms may hold what opens
//! a history.

use crate::form::Form;
use crate::kept_form;
use crate::page::Page;
use crate::report_form;
use crate::visit::Visit;
use app::kept_form::KeptForm;
use domain::status_report::RawReport;
use domain::urgency::Level;

/// Whether a form is a report.
pub(super) fn is_report(form: &KeptForm) -> bool {
    form.path.starts_with("/reports/new?")
}

/// What alarming answers ask for at once, of whomever they are: a title, and paragraphs.
pub(super) fn danger(visit: &Visit, page: &Page, form: &KeptForm) -> Option<(String, Vec<String>)> {
    if !is_report(form) {
        return None;
    }
    let raw = report_form::read(&Form::of(kept_form::fields(form)));
    danger_of(visit, page, &raw)
}

/// The same of answers.
pub(super) fn danger_of(
    visit: &Visit,
    page: &Page,
    raw: &RawReport,
) -> Option<(String, Vec<String>)> {
    let (title, text) = match visit.front().level_of_anybody(raw).ok()? {
        Level::Emergency => ("danger-emergency-title", "danger-anybody-emergency"),
        level if level.is_danger() => ("danger-alarming-title", "danger-anybody-alarming"),
        _ => return None,
    };
    let texts = vec![
        page.say(text),
        page.say("danger-do-not-wait"),
        page.say("danger-not-sent"),
    ];
    Some((page.say(title), texts))
}

/// A report that waits for a new password.
pub(super) struct Waiting {
    /// Sealed, as the pages carry it along.
    pub(super) sealed: String,
    /// The same opened.
    pub(super) form: KeptForm,
}

impl Waiting {
    /// The report that a form carries along, unless it has waited too long.
    pub(super) fn of(visit: &Visit, form: &Form) -> Option<Waiting> {
        let sealed = form.text("kept");
        let form = visit.front().kept_form(sealed)?;
        is_report(&form).then(|| Waiting {
            sealed: sealed.to_owned(),
            form,
        })
    }

    /// What a page shows of it.
    pub(super) fn shown(&self, visit: &Visit, page: &Page) -> Waits {
        Waits {
            sealed: self.sealed.clone(),
            danger: danger(visit, page, &self.form),
            notice: page.say("forgotten-kept"),
        }
    }
}

/// What a page shows of a report that waits, and carries along.
pub(super) struct Waits {
    /// The report, sealed.
    pub(super) sealed: String,
    /// What to do at once: a title, and paragraphs.
    pub(super) danger: Option<(String, Vec<String>)>,
    /// That it is kept.
    pub(super) notice: String,
}
