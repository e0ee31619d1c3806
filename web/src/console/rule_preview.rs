//! What a rule would change, shown before it is set.

use super::words::{level, stored};
use app::rules::preview::order::{List, Moved};
use app::rules::preview::{ChangedWords, Preview, SampleIsolation, SampleReport};
use domain::questionnaire::{Questionnaire, Silenced};
use domain::rules::{Part, RuleFile};
use domain::status_report::degrees;
use domain::urgency::Level;
use i18n::{Words, language_name};

/// A table: what, as it holds, as it would hold, and whether both differ.
pub(super) struct PreviewView {
    pub(super) title: String,
    pub(super) lead: String,
    /// The words above the columns; none where there is no table.
    pub(super) head: Option<[String; 3]>,
    pub(super) rows: Vec<(String, String, String, bool)>,
    /// A list below a title of its own.
    pub(super) lists: Vec<(String, Vec<String>)>,
    /// Cases: the address, the words.
    pub(super) cases: Vec<(String, String)>,
    /// What would alarm no more.
    pub(super) silenced: Vec<Silenced>,
}

pub(super) fn level_words(t: &Words, of: Level) -> String {
    level(t, of).unwrap_or_else(|| t.say("level-calm"))
}

fn report_row(
    t: &Words,
    questionnaire: &Questionnaire,
    sample: &SampleReport,
) -> (String, String, String, bool) {
    let what = match (&sample.measured, &sample.yes) {
        (Some((temperature, spo2)), _) => t.with2(
            "rule-sample-measured",
            "temperature",
            degrees(*temperature),
            "spo2",
            *spo2,
        ),
        (None, Some(id)) => questionnaire.question(id).map_or_else(
            || id.as_str().to_owned(),
            |q| q.short.in_language(t.language.tag()).to_owned(),
        ),
        (None, None) => String::new(),
    };
    (
        what,
        sample
            .before
            .map_or_else(|| t.say("rule-not-asked"), |l| level_words(t, l)),
        level_words(t, sample.after),
        sample.before != Some(sample.after),
    )
}

fn isolation_row(t: &Words, sample: &SampleIsolation) -> (String, String, String, bool) {
    let told = |(free, observe): (Option<jiff::civil::Date>, jiff::civil::Date)| {
        let free = free.map_or_else(
            || t.say("release-open"),
            |day| t.with1("release-free-from", "day", t.date(day)),
        );
        t.with2(
            "rule-sample-isolation",
            "free",
            free,
            "observe",
            t.date(observe),
        )
    };
    let word = match sample.kind {
        domain::isolation::Kind::Symptomatic => "symptomatic",
        domain::isolation::Kind::Asymptomatic => "asymptomatic",
        domain::isolation::Kind::SymptomaticInpatient => "symptomatic-inpatient",
        domain::isolation::Kind::Contact => "contact",
    };
    let who = stored(t, "isolation", word);
    let what = match sample.improved_on {
        Some(day) => t.with(
            "rule-sample-improved",
            &[
                ("who", who.into()),
                ("zero", t.date(sample.day_zero).into()),
                ("day", t.date(day).into()),
            ],
        ),
        None => t.with2(
            "rule-sample-zero",
            "who",
            who,
            "zero",
            t.date(sample.day_zero),
        ),
    };
    let before = sample.before.map_or_else(|| t.say("rule-none-holds"), told);
    let after = told(sample.after);
    let differs = before != after;
    (what, before, after, differs)
}

/// What would be said in other words, language by language.
fn words_row(t: &Words, one: &ChangedWords) -> (String, String, String, bool) {
    let of = |words: &Option<String>| words.clone().unwrap_or_else(|| t.say("rule-not-asked"));
    let language = language_name(t.language, one.language.tag()).into_owned();
    let what = t.with1("rule-sample-words", "language", language);
    (what, of(&one.before), of(&one.after), true)
}

/// What would be asked at another place.
fn moved_row(t: &Words, one: &Moved) -> (String, String, String, bool) {
    let name = one.called.in_language(t.language.tag());
    let is_one_list = one.before.0 == one.after.0;
    let place = |(list, number): (List, usize)| {
        let place = t.with1("rule-place", "number", number as i64);
        let part = match list {
            _ if is_one_list => return place,
            List::Signs => Part::Signs,
            List::Questions => Part::Questions,
            List::Items => Part::Items,
        };
        let part = stored(t, "rule-words-part", part.word());
        format!("{part}{}{place}", t.say("colon"))
    };
    (
        t.with1("rule-sample-place", "name", name),
        place(one.before),
        place(one.after),
        true,
    )
}

pub(super) fn preview_view(t: &Words, file: &RuleFile, preview: &Preview) -> PreviewView {
    let mut view = PreviewView {
        title: t.with1("rule-preview", "day", t.date(file.valid_from)),
        lead: String::new(),
        head: None,
        rows: Vec::new(),
        lists: Vec::new(),
        cases: Vec::new(),
        silenced: Vec::new(),
    };
    let head = |what: &str| {
        [
            t.say(what),
            t.say("rule-as-it-holds"),
            t.say("rule-as-it-would"),
        ]
    };
    match preview {
        Preview::Messages(samples) => {
            view.lead = t.say("rule-preview-messages");
            view.head = Some(head("rule-sample-text"));
            view.rows = samples
                .iter()
                .map(|sample| {
                    let field = format!("{}-{}", sample.name.word(), sample.language.tag());
                    let what = stored(t, "rule-field", &field);
                    let is_release = sample.after.is_empty() && sample.name.is_for_staff();
                    let what = match sample.counted {
                        Some(counted) if !is_release => {
                            let units = counted.utf16_units as i64;
                            t.with2("rule-sample-counted", "what", what, "units", units)
                        }
                        _ => what,
                    };
                    // What a file leaves out is said in the words of the release.
                    let said = |text: &String| match text.as_str() {
                        "" if sample.name.is_for_staff() => t.say("rule-words-of-release"),
                        text => text.to_owned(),
                    };
                    let differs = sample.before.as_ref() != Some(&sample.after);
                    let before = match &sample.before {
                        Some(before) => said(before),
                        None => t.say("rule-none-holds"),
                    };
                    (what, before, said(&sample.after), differs)
                })
                .collect();
        }
        Preview::Questionnaire {
            form: questionnaire,
            samples,
            silenced,
            words,
            moved,
        } => {
            view.lead = t.say(if words.is_empty() && moved.is_empty() {
                "rule-preview-questionnaire"
            } else {
                "rule-preview-words"
            });
            view.head = Some(head("rule-sample-report"));
            let samples = samples.iter().map(|s| report_row(t, questionnaire, s));
            // The words that change come first: they are few, and people will read them.
            view.rows = words
                .iter()
                .map(|one| words_row(t, one))
                .chain(moved.iter().map(|one| moved_row(t, one)))
                .chain(samples)
                .collect();
            view.silenced.clone_from(silenced);
            for language in domain::language::Language::ALL {
                let asked = questionnaire
                    .asked()
                    .map(|q| q.text.in_language(language.tag()).to_owned())
                    .collect();
                let title = t.with1("rule-preview-asked-in", "language", language.own_name());
                view.lists.push((title, asked));
            }
        }
        Preview::Course {
            looked_at,
            moves,
            some,
            silenced,
        } => {
            view.silenced.clone_from(silenced);
            view.lead = if moves.is_empty() {
                t.with1("rule-preview-nobody", "count", *looked_at as i64)
            } else {
                t.with1("rule-preview-course", "count", *looked_at as i64)
            };
            if !moves.is_empty() {
                view.head = Some(head("rule-sample-people"));
                view.rows = moves
                    .iter()
                    .map(|(before, after, count)| {
                        (
                            t.with1("rule-people", "count", *count as i64),
                            level_words(t, *before),
                            level_words(t, *after),
                            true,
                        )
                    })
                    .collect();
            }
            view.cases = some
                .iter()
                .map(|one| {
                    (
                        format!("/cases/{}", one.case),
                        t.with(
                            "rule-preview-case",
                            &[
                                ("id", one.hersys_id.clone().into()),
                                ("before", level_words(t, one.before).into()),
                                ("after", level_words(t, one.after).into()),
                            ],
                        ),
                    )
                })
                .collect();
        }
        Preview::Isolation(samples) => {
            view.lead = t.say("rule-preview-isolation");
            view.head = Some(head("rule-sample-person"));
            view.rows = samples.iter().map(|s| isolation_row(t, s)).collect();
        }
        Preview::Notification {
            set,
            words,
            needs,
            moved,
        } => {
            view.lead = if set.who_must_be_reported.is_empty() {
                t.say("rule-preview-everybody")
            } else {
                t.say("rule-preview-some")
            };
            let asked = set
                .items
                .iter()
                .map(|item| item.label.in_language(t.language.tag()).to_owned())
                .collect();
            if !words.is_empty() || !needs.is_empty() || !moved.is_empty() {
                view.head = Some(head("rule-sample-item"));
                let needs = needs.iter().map(|item| {
                    let of = |is_needed: bool| {
                        t.say(if is_needed {
                            "rule-words-is-required"
                        } else {
                            "rule-words-not-required"
                        })
                    };
                    let label = item.label.in_language(t.language.tag()).to_owned();
                    (label, of(!item.required), of(item.required), true)
                });
                let words = words.iter().map(|one| words_row(t, one));
                let moved = moved.iter().map(|one| moved_row(t, one));
                view.rows = words.chain(needs).chain(moved).collect();
            }
            view.lists.push((t.say("rule-preview-items"), asked));
        }
    }
    view
}
