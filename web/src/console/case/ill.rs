//! The form with which a close contact becomes a case.

use crate::console::case_registration::told_fields;
use crate::fields::TextField;
use crate::page::Page;
use app::case_registration::{CaseField, CaseProblem, CaseView};
use app::close_contacts::TypedIll;

/// The form with which a contact becomes a case.
pub(super) struct IllForm {
    pub(super) version: i32,
    pub(super) diagnosed: TextField,
    pub(super) onset: TextField,
    /// Whether days are asked back, and whether they were said to be right.
    pub(super) asks: bool,
    pub(super) right: bool,
    /// Whether it is unfolded.
    pub(super) open: bool,
    /// What was told when the person was to be registered anew: names of hidden fields and values.
    pub(super) told: Vec<(&'static str, String)>,
}

pub(super) fn ill_form(
    page: &mut Page,
    view: &CaseView,
    sent: Option<&(TypedIll, Vec<(CaseField, CaseProblem)>)>,
) -> IllForm {
    let today = view.member.today.to_string();
    let usual = TypedIll {
        diagnosed_on: today.clone(),
        onset_on: today,
        ..TypedIll::default()
    };
    let (typed, problems) = sent.map_or((&usual, &[][..]), |(typed, all)| (typed, all));
    let mut problem = |field: CaseField, id: &str, label: &str| {
        let (_, problem) = problems.iter().find(|(of, _)| *of == field)?;
        let sentence = page.say(problem.key());
        let (label, colon) = (page.say(label), page.say("colon"));
        page.problem(id, format!("{label}{colon}{sentence}"));
        Some(sentence)
    };
    let (of_diagnosis, of_onset) = (
        problem(
            CaseField::DiagnosedOn,
            "ill_diagnosed_on",
            "console-diagnosed-on",
        ),
        problem(CaseField::OnsetOn, "ill_onset_on", "console-onset-on"),
    );
    IllForm {
        version: view.version,
        diagnosed: TextField::new("ill_diagnosed_on", page.say("console-diagnosed-on"))
            .value(&typed.diagnosed_on)
            .problem(of_diagnosis),
        onset: TextField::new("ill_onset_on", page.say("console-onset-on"))
            .hint(page.say("console-onset-on-hint"))
            .value(&typed.onset_on)
            .problem(of_onset),
        asks: typed.days_are_right || problems.iter().any(|(_, p)| p.is_question()),
        right: typed.days_are_right,
        open: sent.is_some(),
        told: told_fields(&typed.told)
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect(),
    }
}
