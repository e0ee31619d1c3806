//! Form fields: one label for each, the hint and the mistake beside it, the right keyboard on a phone.

use askama::Template;

/// A field for a line of text.
#[derive(Template, Default, Clone)]
#[template(path = "parts/text_field.html")]
pub(crate) struct TextField {
    pub(crate) id: String,
    /// The name under which it is sent.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) value: String,
    /// What stands now, where somebody else has changed it meanwhile.
    pub(crate) now: Option<String>,
    pub(crate) problem: Option<String>,
    /// `text`, `email`, `tel`, `password`, `datetime-local`.
    pub(crate) kind: &'static str,
    /// Empty for none.
    pub(crate) inputmode: &'static str,
    /// Empty for none.
    pub(crate) autocomplete: &'static str,
    /// How wide: a class such as `w-short`.
    pub(crate) class: &'static str,
    /// Words for the button that shows a password: show, hide.
    pub(crate) reveal: Option<(String, String)>,
    /// What stands behind the field, such as a unit.
    pub(crate) suffix: String,
    /// Whether somebody goes on typing here.
    pub(crate) focus: bool,
    /// What can be ticked in place of typing: the name, the label, whether it is ticked.
    pub(crate) tick: Option<(String, String, bool)>,
}

/// How many characters of a line that was typed come back.
const LONGEST_LINE: usize = 1_000;

impl TextField {
    /// A plain field.
    pub(crate) fn new(id: &str, label: String) -> TextField {
        TextField {
            id: id.to_owned(),
            name: id.to_owned(),
            label,
            kind: "text",
            ..TextField::default()
        }
    }

    pub(crate) fn hint(mut self, hint: String) -> TextField {
        self.hint = hint;
        self
    }

    /// What was typed. No line that somebody types is longer than a thousand characters: what a robot sends is not sent
    /// back five times as long.
    pub(crate) fn value(mut self, value: &str) -> TextField {
        self.value = match value.char_indices().nth(LONGEST_LINE) {
            Some((end, _)) => value.get(..end).unwrap_or_default().to_owned(),
            None => value.to_owned(),
        };
        self
    }

    pub(crate) fn problem(mut self, problem: Option<String>) -> TextField {
        self.problem = problem;
        self
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> TextField {
        self.kind = kind;
        self
    }

    pub(crate) fn inputmode(mut self, inputmode: &'static str) -> TextField {
        self.inputmode = inputmode;
        self
    }

    pub(crate) fn autocomplete(mut self, autocomplete: &'static str) -> TextField {
        self.autocomplete = autocomplete;
        self
    }

    pub(crate) fn class(mut self, class: &'static str) -> TextField {
        self.class = class;
        self
    }

    /// What can be ticked in place of typing.
    pub(crate) fn tick(mut self, name: &str, label: String, is_ticked: bool) -> TextField {
        self.tick = Some((name.to_owned(), label, is_ticked));
        self
    }

    /// Whether a phone must neither correct nor capitalise what is typed.
    pub(crate) fn is_verbatim(&self) -> bool {
        matches!(self.kind, "password" | "email")
    }

    /// The ids that describe the field, for `aria-describedby`.
    pub(crate) fn described_by(&self) -> String {
        described_by(
            &self.id,
            !self.hint.is_empty(),
            self.now.is_some(),
            self.problem.is_some(),
        )
    }
}

/// A field for several lines of text.
#[derive(Template, Default, Clone)]
#[template(path = "parts/area_field.html")]
pub(crate) struct AreaField {
    pub(crate) id: String,
    /// The name under which it is sent.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) value: String,
    pub(crate) problem: Option<String>,
    pub(crate) rows: u8,
}

impl AreaField {
    /// A plain field of three lines.
    pub(crate) fn new(id: &str, label: String) -> AreaField {
        AreaField {
            id: id.to_owned(),
            name: id.to_owned(),
            label,
            rows: 3,
            ..AreaField::default()
        }
    }

    pub(crate) fn hint(mut self, hint: String) -> AreaField {
        self.hint = hint;
        self
    }

    pub(crate) fn value(mut self, value: &str) -> AreaField {
        self.value = value.to_owned();
        self
    }

    pub(crate) fn problem(mut self, problem: Option<String>) -> AreaField {
        self.problem = problem;
        self
    }

    /// The ids that describe the field, for `aria-describedby`.
    pub(crate) fn described_by(&self) -> String {
        described_by(
            &self.id,
            !self.hint.is_empty(),
            false,
            self.problem.is_some(),
        )
    }
}

/// A field to choose one of several things.
#[derive(Template, Default, Clone)]
#[template(path = "parts/select_field.html")]
pub(crate) struct SelectField {
    pub(crate) id: String,
    /// The name under which it is sent.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    /// What stands now, where somebody else has changed it meanwhile.
    pub(crate) now: Option<String>,
    pub(crate) problem: Option<String>,
    /// The word that is sent, the label, whether it is chosen.
    pub(crate) options: Vec<(String, String, bool)>,
}

impl SelectField {
    /// A field with its options: the word that is sent, and the label.
    pub(crate) fn new(
        id: &str,
        label: String,
        chosen: &str,
        options: impl IntoIterator<Item = (String, String)>,
    ) -> SelectField {
        SelectField {
            id: id.to_owned(),
            name: id.to_owned(),
            label,
            options: options
                .into_iter()
                .map(|(word, label)| {
                    let is_chosen = word == chosen;
                    (word, label, is_chosen)
                })
                .collect(),
            ..SelectField::default()
        }
    }

    pub(crate) fn problem(mut self, problem: Option<String>) -> SelectField {
        self.problem = problem;
        self
    }

    /// The ids that describe the field, for `aria-describedby`.
    pub(crate) fn described_by(&self) -> String {
        described_by(
            &self.id,
            !self.hint.is_empty(),
            self.now.is_some(),
            self.problem.is_some(),
        )
    }
}

fn described_by(id: &str, has_hint: bool, has_now: bool, has_problem: bool) -> String {
    let mut ids = Vec::new();
    if has_hint {
        ids.push(format!("{id}-hint"));
    }
    if has_now {
        ids.push(format!("{id}-now"));
    }
    if has_problem {
        ids.push(format!("{id}-problem"));
    }
    ids.join(" ")
}

/// A question with a few answers, all of them seen at once.
#[derive(Template, Default, Clone)]
#[template(path = "parts/choice_field.html")]
pub(crate) struct ChoiceField {
    /// The id of the first answer, and the name under which the answer is sent.
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) problem: Option<String>,
    /// The word that is sent, the label, whether it is chosen.
    pub(crate) choices: Vec<(&'static str, String, bool)>,
}

/// Three fields for a day, in the order year, month, day.
#[derive(Template, Clone)]
#[template(path = "parts/day_field.html")]
pub(crate) struct DayField {
    pub(crate) legend: String,
    pub(crate) hint: String,
    pub(crate) problem: Option<String>,
    pub(crate) year: TextField,
    pub(crate) month: TextField,
    pub(crate) day: TextField,
}

impl DayField {
    /// The three fields in their order.
    pub(crate) fn parts(&self) -> [&TextField; 3] {
        [&self.year, &self.month, &self.day]
    }
}

/// Where to reach a health center.
#[derive(Template, Clone)]
#[template(path = "parts/contact.html")]
pub(crate) struct ContactCard {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) night_phone: String,
    pub(crate) hours: String,
    pub(crate) words: ContactWords,
}

/// The words of a contact card.
#[derive(Clone)]
pub(crate) struct ContactWords {
    pub(crate) phone: String,
    pub(crate) night: String,
    pub(crate) hours: String,
    pub(crate) no_phone: String,
}

impl ContactCard {
    pub(crate) fn new(t: &i18n::Words, center: &app::health_center::HealthCenter) -> ContactCard {
        let tag = t.language.tag();
        ContactCard {
            name: center.name_in(tag).to_owned(),
            phone: center.contact.phone.clone(),
            night_phone: center.contact.night_phone.clone(),
            hours: center.hours_in(tag).to_owned(),
            words: ContactWords {
                phone: t.say("contact-phone"),
                night: t.say("contact-night-phone"),
                hours: t.say("contact-hours"),
                no_phone: t.say("contact-no-phone"),
            },
        }
    }

    /// A phone number as an address.
    pub(crate) fn tel(&self, number: &str) -> String {
        let digits: String = number
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == '+')
            .collect();
        format!("tel:{digits}")
    }
}
