//! The buttons beside a number that is asked back ("Did you mean 36.5?"): what they say, and which one was pressed.

use crate::form::Form;
use crate::page::Page;
use domain::status_report::{Field, FieldProblem, Problems};

/// What pressing such a button does. What cannot be changed afterwards is never done by a button that does not say so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    /// The number is taken over, and the report is sent.
    Send,
    /// The same on the console, where a report is saved.
    Save,
    /// The number is taken over: something else is missing, too.
    Take,
}

impl Press {
    /// `is_last`: whether nothing is missing but this number.
    pub(super) fn of(page: &Page, is_last: bool) -> Press {
        match (is_last, page.is_console()) {
            (true, false) => Press::Send,
            (true, true) => Press::Save,
            (false, _) => Press::Take,
        }
    }

    /// The words of a button that takes a value over.
    pub(super) fn takes(self) -> &'static str {
        match self {
            Press::Send => "take-suggestion-send",
            Press::Save => "take-suggestion-save",
            Press::Take => "take-suggestion",
        }
    }

    /// The words of a button that swaps two numbers.
    pub(super) fn swaps(self) -> &'static str {
        match self {
            Press::Send => "swap-numbers-send",
            Press::Save => "swap-numbers-save",
            Press::Take => "swap-numbers",
        }
    }
}

/// Whether a button was pressed that takes a number over and says nothing of sending.
pub(crate) fn only_takes(form: &Form) -> bool {
    let buttons = ["take_temperature", "take_spo2", "swap_numbers"];
    form.has("only_takes") && buttons.into_iter().any(|button| form.has(button))
}

/// The fields whose suggestion was taken although something else was typed over what it was about: what the person
/// means must be asked, for either number could be the wrong one.
pub(crate) fn contradicted(form: &Form) -> Problems {
    [(Field::Temperature, "temperature"), (Field::Spo2, "spo2")]
        .into_iter()
        .filter(|(_, name)| {
            form.has(&format!("take_{name}"))
                && (form.text(&format!("asked_{name}")) != form.text(name)
                    || form.has(&format!("{name}_not_measured")))
        })
        .map(|(field, name)| {
            let taken = form.text(&format!("take_{name}")).to_owned();
            (field, FieldProblem::TakenAfterAll { taken })
        })
        .collect()
}
