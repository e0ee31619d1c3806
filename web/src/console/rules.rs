//! The rules of the own center: what holds, what held and what will, a change with its preview, and the files.

use super::rule_preview::{PreviewView, preview_view};
use super::words::stored;
use crate::fields::{AreaField, SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::programme::Programme;
use app::rules::mark::JudgedBy;
use app::rules::{ChangeRule, Holds, RuleLine, Told, Typed, Withdraw};
use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::message_texts::TextProblem;
use domain::questionnaire::{Silenced, mark};
use domain::rules::{FieldSpec, RuleKind, RuleMark, Unit, apply, fields, range_beside, values};
use domain::staff_role::Right;
use i18n::Words;
use jiff::tz::TimeZone;
use uuid::Uuid;

struct KindView {
    address: String,
    name: String,
    about: String,
    holds: String,
    planned: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/rules.html")]
struct RulesPage {
    page: Page,
    notice: Option<String>,
    programmes: Vec<ProgrammeView>,
    /// Whether there are several.
    many: bool,
    /// Whether the reader may open and close them to new cases.
    may_close: bool,
}

struct ProgrammeView {
    id: String,
    disease: String,
    is_open: bool,
    kinds: Vec<KindView>,
}

/// A line of the history.
struct LineView {
    from: String,
    whose: String,
    set: String,
    why: String,
    /// `holds`, `planned`, `withdrawn` or nothing, and its words.
    state: Option<(&'static str, String)>,
    /// Where its file is.
    address: Option<String>,
}

#[derive(Template)]
#[template(path = "console/rule.html")]
struct RulePage {
    /// How many rules are listed: goes with the form.
    seen: usize,
    /// What somebody else has set since the form was shown, in words.
    meanwhile: Vec<String>,
    page: Page,
    notice: Option<String>,
    kind: &'static str,
    programme: String,
    /// Its name, where there are several.
    disease: Option<String>,
    about: String,
    holds: String,
    /// Empty where the file itself is changed.
    fields: Vec<String>,
    /// The file that the fields change.
    base: String,
    as_file: bool,
    text: AreaField,
    from: TextField,
    why: AreaField,
    preview: Option<PreviewView>,
    /// What would alarm no more, whether it was said to be meant, and what is wrong with that.
    silenced: Vec<String>,
    silences: bool,
    /// What a tick says is meant.
    silences_mark: String,
    silences_problem: Option<String>,
    lines: Vec<LineView>,
}

#[derive(Template)]
#[template(path = "console/rule_file.html")]
struct RuleFilePage {
    page: Page,
    kind: &'static str,
    programme: String,
    id: String,
    text: String,
    from: String,
    may_withdraw: bool,
    is_planned: bool,
    why: AreaField,
}

/// The key of a kind's word in the catalogues.
fn kind_key(kind: RuleKind, what: &str) -> String {
    format!("rule-{}-{what}", kind.word())
}

/// Since when a rule holds, and whose it is.
pub(super) fn mark_words(t: &Words, mark: &RuleMark) -> String {
    t.with2(
        "rule-since",
        "day",
        t.date(mark.valid_from),
        "whose",
        stored(t, "rule-of", mark.origin.word()),
    )
}

/// By which rules something was judged.
pub(super) fn judged_by(t: &Words, by: &JudgedBy) -> String {
    t.with2(
        "rule-judged-by",
        "course",
        mark_words(t, &by.course),
        "questionnaire",
        t.date(by.questionnaire),
    )
}

fn holds_words(t: &Words, holds: Option<&Holds>) -> String {
    holds.map_or_else(
        || t.say("rule-none-holds"),
        |holds| mark_words(t, &holds.mark),
    )
}

/// The programme that is meant, and all there are; nothing named means the first.
async fn meant(
    desk: &StaffDesk,
    named: Option<&str>,
) -> Result<(Option<Programme>, usize), crate::page::Broken> {
    let all = desk.programmes().await?;
    let count = all.len();
    let found = match named.filter(|name| !name.is_empty()) {
        Some(name) => all.into_iter().find(|one| one.id == name),
        None => all.into_iter().next(),
    };
    Ok((found, count))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    let page = Page::new(&visit, "rules-title");
    let t = page.t;
    let mut programmes = Vec::new();
    for one in desk.programmes().await? {
        let kinds = desk
            .rules(&one.id)
            .await?
            .into_iter()
            .map(|state| KindView {
                address: format!("/rules/{}?of={}", state.kind.word(), one.id),
                name: t.say(&kind_key(state.kind, "name")),
                about: t.say(&kind_key(state.kind, "about")),
                holds: holds_words(t, state.today.as_ref()),
                planned: state
                    .lines
                    .iter()
                    .filter(|line| line.is_planned)
                    .map(|line| t.with1("rule-planned-from", "day", t.date(line.valid_from)))
                    .collect(),
            })
            .collect();
        programmes.push(ProgrammeView {
            disease: desk.disease(&one.id, page.tag()),
            id: one.id,
            is_open: one.is_open,
            kinds,
        });
    }
    Ok(render(&RulesPage {
        notice: match visit.query("done").as_deref() {
            Some("begun") => Some(t.say("programme-begun")),
            Some("opened") => Some(t.say("programme-opened")),
            Some("closed") => Some(t.say("programme-closed-now")),
            Some("last") => Some(t.say("programme-last")),
            _ => None,
        },
        many: programmes.len() > 1,
        may_close: desk.may(Right::ManageCenter),
        programmes,
        page,
    }))
}

fn line_view(
    t: &Words,
    zone: &TimeZone,
    (kind, programme): (RuleKind, &str),
    line: &RuleLine,
) -> LineView {
    let state = if line.is_withdrawn {
        Some(("withdrawn", t.say("rule-withdrawn")))
    } else if line.holds_today {
        Some(("holds", t.say("rule-holds-today")))
    } else if line.is_planned {
        Some(("planned", t.say("rule-planned")))
    } else {
        None
    };
    let day = t.date(line.valid_from);
    LineView {
        from: if line.is_end {
            t.with1("rule-ended-from", "day", day)
        } else {
            t.with1("rule-from", "day", day)
        },
        whose: stored(t, "rule-of", line.origin.word()),
        set: line.set.as_ref().map_or_else(String::new, |(by, at)| {
            let name = by.clone().unwrap_or_else(|| t.say("rule-by-operator"));
            t.with2("by-at", "name", name, "when", moment(t, zone, *at))
        }),
        why: line.why.clone(),
        state,
        address: line
            .id
            .filter(|_| !line.is_end)
            .map(|id| format!("/rules/{}/files/{id}?of={programme}", kind.word())),
    }
}

/// What the form brought, and what was wrong with it.
#[derive(Default)]
struct Brought {
    typed: Typed,
    /// What stands in the fields.
    numbers: Vec<(String, String)>,
    as_file: bool,
    wrong_numbers: Vec<&'static str>,
    problems: Vec<(&'static str, Told)>,
    preview: Option<PreviewView>,
    /// How many rules the page listed that the form comes from; none: it is shown for the first time.
    seen: Option<usize>,
}

/// What is wrong with a text, in words.
fn text_problem(t: &Words, problem: &TextProblem) -> String {
    let count = |n: &usize| i64::try_from(*n).unwrap_or(i64::MAX);
    match problem {
        TextProblem::Missing => t.say("problem-text-missing"),
        TextProblem::TooLong => t.say("problem-text-long"),
        TextProblem::NotATemplate(told) => t.with1("problem-text-template", "told", told),
        TextProblem::ControlCharacter => t.say("problem-text-control"),
        TextProblem::NoUrl => t.say("problem-text-url"),
        TextProblem::Subject => t.say("problem-text-subject"),
        TextProblem::NamesDisease => t.say("problem-text-disease"),
        TextProblem::Units { units, most } => t.with2(
            "problem-text-units",
            "units",
            count(units),
            "most",
            count(most),
        ),
        TextProblem::Bytes { bytes, most } => t.with2(
            "problem-text-bytes",
            "units",
            count(bytes),
            "most",
            count(most),
        ),
    }
}

fn number_field(
    page: &mut Page,
    spec: &FieldSpec,
    (value, (low, high)): (&str, (i64, i64)),
    wrong: Option<&TextProblem>,
    is_wrong: bool,
) -> String {
    let t = page.t;
    let label = t.say(&format!(
        "rule-field-{}",
        spec.name.replace(['.', '_'], "-")
    ));
    let shown = |number: i64| match spec.unit {
        Unit::Degrees => format!("{}.{}", number / 10, number % 10),
        _ => number.to_string(),
    };
    let problem = (is_wrong || wrong.is_some()).then(|| {
        let sentence = match spec.unit {
            _ if wrong.is_some() => wrong.map_or_else(String::new, |told| text_problem(t, told)),
            Unit::Words | Unit::Lines => t.say("problem-rule-source"),
            Unit::OneOf(_) => t.say("contact-choose"),
            _ => t.with2(
                "problem-rule-number",
                "low",
                shown(low),
                "high",
                shown(high),
            ),
        };
        page.problem(spec.name, format!("{label}: {sentence}"));
        sentence
    });
    let empty_means = match spec.unit {
        _ if !spec.is_optional => None,
        Unit::Words | Unit::Lines => Some(t.say("rule-field-release")),
        _ => Some(t.say("rule-field-optional")),
    };
    if let Unit::OneOf(all) = spec.unit {
        // What a file leaves out is the first.
        let chosen = Some(value).filter(|value| !value.is_empty());
        let chosen = chosen.or(all.first().copied()).unwrap_or_default();
        let options = all.iter().map(|word| {
            let told = t.say(&format!("level-{word}"));
            ((*word).to_owned(), told)
        });
        return SelectField::new(spec.name, label, chosen, options)
            .problem(problem)
            .to_string();
    }
    if spec.unit == Unit::Lines {
        let mut field = AreaField::new(spec.name, label)
            .hint(empty_means.unwrap_or_default())
            .value(value)
            .problem(problem);
        field.rows = 9;
        return field.to_string();
    }
    let mut field = TextField::new(spec.name, label)
        .value(value)
        .problem(problem);
    if spec.unit != Unit::Words {
        field = field.class("w-short").inputmode(match spec.unit {
            Unit::Degrees => "decimal",
            _ => "numeric",
        });
        field.suffix = match spec.unit {
            Unit::Percent => "%".to_owned(),
            Unit::Degrees => "°C".to_owned(),
            Unit::Hours => t.say("unit-hours"),
            Unit::Days => t.say("unit-days"),
            Unit::Years => t.say("unit-years"),
            Unit::Words | Unit::Lines | Unit::OneOf(_) => String::new(),
        };
    }
    if spec.is_optional {
        let own = format!("rule-field-{}-hint", spec.name.replace(['.', '_'], "-"));
        let hint = if t.has(&own) {
            Some(t.say(&own))
        } else {
            empty_means
        };
        field = field.hint(hint.unwrap_or_default());
    }
    if spec.unit == Unit::Words {
        field = field.class("w-full");
    }
    field.to_string()
}

async fn rule_page(visit: &Visit, desk: &StaffDesk, kind: RuleKind, brought: Brought) -> Answer {
    let mut page = Page::new(visit, &kind_key(kind, "name")).back_to("/rules");
    let t = page.t;
    let zone = desk.rules_zone().await?;
    let (Some(one), count) = meant(desk, Some(&brought.typed.programme)).await? else {
        return Ok(missing(visit));
    };
    let states = desk.rules(&one.id).await?;
    let Some(state) = states.into_iter().find(|s| s.kind == kind) else {
        return Ok(missing(visit));
    };
    // Somebody else has set one since: the latest by when it was set.
    let news = state
        .lines
        .len()
        .saturating_sub(brought.seen.unwrap_or(state.lines.len()));
    let mut by_setting: Vec<&RuleLine> = state.lines.iter().collect();
    by_setting.sort_by_key(|line| std::cmp::Reverse(line.set.as_ref().map(|(_, at)| *at)));
    let meanwhile: Vec<String> = by_setting
        .iter()
        .take(news)
        .map(|line| {
            let view = line_view(t, &zone, (kind, &one.id), line);
            format!("{} – {} – {}", view.from, view.set, view.why)
        })
        .collect();
    let today = state.today.as_ref();
    let base = if brought.typed.text.is_empty() {
        today.map_or_else(String::new, |holds| holds.file.text.clone())
    } else {
        brought.typed.text.clone()
    };
    let stands = values(kind, &base).unwrap_or_default();
    let number_fields = if stands.is_empty() {
        Vec::new()
    } else {
        fields(kind)
            .iter()
            .map(|spec| {
                let typed = brought.numbers.iter().find(|(name, _)| name == spec.name);
                let stood = stands.iter().find(|(name, _)| *name == spec.name);
                let value = typed
                    .map(|(_, words)| words.as_str())
                    .or(stood.map(|(_, words)| words.as_str()))
                    .unwrap_or("");
                let is_wrong = brought.wrong_numbers.contains(&spec.name);
                let wrong_text = brought.problems.iter().find_map(|(_, told)| match told {
                    Told::Text(error) if error.field() == spec.name => Some(&error.what),
                    _ => None,
                });
                let value = (value, range_beside(spec, &brought.numbers));
                number_field(&mut page, spec, value, wrong_text, is_wrong)
            })
            .collect()
    };
    let as_file = brought.as_file || number_fields.is_empty();
    let mut beside = |field: &'static str, own: Option<&str>| {
        let (_, told) = brought.problems.iter().find(|(name, _)| *name == field)?;
        let sentence = match (told, own) {
            (_, Some(key)) => t.say(key),
            // It stands beside the text itself.
            (Told::Text(_), None) if !as_file => return None,
            (Told::Text(error), None) => {
                let sentence = text_problem(t, &error.what);
                format!("{}: {sentence}", error.field())
            }
            (Told::Unreachable(one), None) => {
                let (low, high) = one.possible;
                let key = if one.is_temperature {
                    "problem-threshold-temperature"
                } else {
                    "problem-threshold-spo2"
                };
                let named = [("value", one.value), ("low", low), ("high", high)]
                    .map(|(name, number)| (name, number.into()));
                t.with(key, &named)
            }
            (told, None) if as_file => t.with1("problem-rule-text", "told", told.to_string()),
            // Beside fields it is no file that somebody typed: which field it is, its own check has told.
            (told, None) => t.with1("problem-rule-fields", "told", told.to_string()),
        };
        page.problem(field, sentence.clone());
        Some(sentence)
    };
    let silenced: &[Silenced] = brought
        .problems
        .iter()
        .find_map(|(_, told)| match told {
            Told::Silenced(all) => Some(all.as_slice()),
            _ => None,
        })
        .or(brought
            .preview
            .as_ref()
            .map(|view| view.silenced.as_slice()))
        .unwrap_or_default();
    let silences_mark = mark(silenced);
    let silenced: Vec<String> = silenced
        .iter()
        .map(|one| desk.silenced_words(t, one))
        .collect();
    let silences_problem = beside("silences", Some("problem-rule-silences"));
    let text_problem = beside("text", None);
    let from_problem = beside("valid_from", Some("problem-rule-from"));
    let why_problem = beside("why", Some("problem-rule-why"));
    let mut text = AreaField::new("text", t.say("rule-file"))
        .hint(t.say("rule-file-hint"))
        .value(&base)
        .problem(text_problem);
    text.rows = 20;
    Ok(render(&RulePage {
        notice: match visit.query("done").as_deref() {
            Some("saved") => Some(t.say("rule-saved")),
            Some("withdrawn") => Some(t.say("rule-withdrawn-now")),
            _ => None,
        },
        kind: kind.word(),
        disease: (count > 1).then(|| desk.disease(&one.id, t.language.tag())),
        programme: one.id.clone(),
        about: t.say(&kind_key(kind, "about")),
        holds: holds_words(t, today),
        as_file,
        fields: number_fields,
        base,
        text,
        from: TextField::new("valid_from", t.say("rule-valid-from"))
            .hint(t.say("rule-valid-from-hint"))
            .value(&brought.typed.valid_from)
            .problem(from_problem)
            .kind("date"),
        why: AreaField::new("why", t.say("rule-why"))
            .hint(t.say("rule-why-hint"))
            .value(&brought.typed.why)
            .problem(why_problem),
        silences: !silenced.is_empty() && brought.typed.silences == silences_mark,
        silences_mark,
        silenced,
        silences_problem,
        preview: brought.preview,
        seen: state.lines.len(),
        meanwhile,
        lines: state
            .lines
            .iter()
            .enumerate()
            .map(|(at, line)| {
                let mut view = line_view(t, &zone, (kind, &one.id), line);
                // Of one day the rule holds that was set last; the latest stands first.
                let is_replaced = state.lines[..at].iter().any(|later| {
                    later.valid_from == line.valid_from
                        && later.origin == line.origin
                        && !later.is_withdrawn
                });
                if is_replaced && !line.is_withdrawn {
                    view.state = Some(("withdrawn", t.say("rule-replaced")));
                }
                view
            })
            .collect(),
        page,
    }))
}

pub(super) async fn show_kind(Staff(visit, desk): Staff, Path(kind): Path<String>) -> Answer {
    let Some(kind) = RuleKind::parse(&kind) else {
        return Ok(missing(&visit));
    };
    let brought = Brought {
        as_file: visit.query("as").as_deref() == Some("file"),
        typed: Typed {
            programme: visit.query("of").unwrap_or_default(),
            ..Typed::default()
        },
        ..Brought::default()
    };
    rule_page(&visit, &desk, kind, brought).await
}

pub(super) async fn change(
    Staff(visit, desk): Staff,
    Path(kind): Path<String>,
    form: Form,
) -> Answer {
    let Some(kind) = RuleKind::parse(&kind) else {
        return Ok(missing(&visit));
    };
    // Browsers send lines with both ends; files are kept with one.
    let sent = form.text("text").replace("\r\n", "\n");
    let mut brought = Brought {
        as_file: form.has("as_file"),
        typed: Typed {
            programme: form.text("of").to_owned(),
            text: sent,
            valid_from: form.text("valid_from").to_owned(),
            why: form.text("why").to_owned(),
            silences: form.text("silences").to_owned(),
        },
        ..Brought::default()
    };
    if !brought.as_file {
        brought.numbers = fields(kind)
            .iter()
            .map(|spec| (spec.name.to_owned(), form.text(spec.name).to_owned()))
            .collect();
        match apply(kind, &brought.typed.text, &brought.numbers) {
            Ok(text) => brought.typed.text = text,
            Err(wrong) => {
                brought.wrong_numbers = wrong;
                // The other fields are looked at, too, so that all mistakes are told at once.
                if let ChangeRule::Problems(problems) =
                    desk.would_be_wrong(kind, &brought.typed).await?
                {
                    brought.problems = problems;
                }
                return rule_page(&visit, &desk, kind, brought).await;
            }
        }
    }
    brought.seen = form.text("seen").parse().ok();
    let is_seen = match brought.seen {
        Some(seen) => {
            let (Some(one), _) = meant(&desk, Some(&brought.typed.programme)).await? else {
                return Ok(missing(&visit));
            };
            let states = desk.rules(&one.id).await?;
            let state = states.into_iter().find(|state| state.kind == kind);
            state.is_none_or(|state| state.lines.len() == seen)
        }
        None => true,
    };
    if form.has("save") && is_seen {
        return match desk.change_rule(kind, &brought.typed).await? {
            ChangeRule::Saved => Ok(go(&format!(
                "/rules/{}?of={}&done=saved",
                kind.word(),
                brought.typed.programme()
            ))),
            ChangeRule::Problems(problems) => {
                brought.problems = problems;
                // What would alarm no more is asked beside what else would change.
                if let Ok((file, preview)) = desk.preview_rule(kind, &brought.typed).await? {
                    let t = Page::new(&visit, "rules-title").t;
                    brought.preview = Some(preview_view(t, &file, &preview));
                }
                rule_page(&visit, &desk, kind, brought).await
            }
        };
    }
    // A preview is shown only where the rule could be set as it stands.
    if let ChangeRule::Problems(problems) = desk.would_be_wrong(kind, &brought.typed).await? {
        brought.problems = problems;
        return rule_page(&visit, &desk, kind, brought).await;
    }
    match desk.preview_rule(kind, &brought.typed).await? {
        Ok((file, preview)) => {
            let t = Page::new(&visit, "rules-title").t;
            brought.preview = Some(preview_view(t, &file, &preview));
        }
        Err(ChangeRule::Problems(problems)) => brought.problems = problems,
        Err(ChangeRule::Saved) => {}
    }
    rule_page(&visit, &desk, kind, brought).await
}

/// The rule that holds today, as a file to keep.
pub(super) async fn download(Staff(visit, desk): Staff, Path(kind): Path<String>) -> Answer {
    let Some(kind) = RuleKind::parse(&kind) else {
        return Ok(missing(&visit));
    };
    let today = desk.rules_today().await?;
    let (Some(one), _) = meant(&desk, visit.query("of").as_deref()).await? else {
        return Ok(missing(&visit));
    };
    let Some(holds) = desk.rule_on(kind, &one.id, today).await? else {
        return Ok(missing(&visit));
    };
    let name = format!(
        "attachment; filename=\"{}-{}-{}.toml\"",
        kind.word(),
        one.id,
        holds.mark.valid_from
    );
    Ok((
        [
            (CONTENT_TYPE, "application/toml; charset=utf-8".to_owned()),
            (CONTENT_DISPOSITION, name),
        ],
        holds.file.text.clone(),
    )
        .into_response())
}

async fn file_page(
    visit: &Visit,
    desk: &StaffDesk,
    (kind, id, of): (RuleKind, Uuid, Option<&str>),
    wrong: Option<&str>,
) -> Answer {
    let (Some(one), _) = meant(desk, of).await? else {
        return Ok(missing(visit));
    };
    let states = desk.rules(&one.id).await?;
    let state = states.into_iter().find(|s| s.kind == kind);
    let found = state.and_then(|s| s.lines.into_iter().find(|line| line.id == Some(id)));
    let (Some(line), Some((_, text))) = (found, desk.rule_text(id)?) else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, &kind_key(kind, "name")).back_to(format!(
        "/rules/{}?of={}",
        kind.word(),
        one.id
    ));
    let t = page.t;
    let problem = wrong.map(|_| {
        let sentence = page.say("problem-rule-why");
        page.problem("why", sentence.clone());
        sentence
    });
    Ok(render(&RuleFilePage {
        kind: kind.word(),
        programme: one.id,
        id: id.to_string(),
        text,
        from: t.with1("rule-from", "day", t.date(line.valid_from)),
        may_withdraw: line.may_withdraw(),
        is_planned: line.is_planned,
        why: AreaField::new("why", t.say("rule-withdraw-why"))
            .value(wrong.unwrap_or(""))
            .problem(problem),
        page,
    }))
}

fn kind_and_id(kind: &str, id: &str) -> Option<(RuleKind, Uuid)> {
    Some((RuleKind::parse(kind)?, Uuid::parse_str(id).ok()?))
}

pub(super) async fn show_file(
    Staff(visit, desk): Staff,
    Path((kind, id)): Path<(String, String)>,
) -> Answer {
    match kind_and_id(&kind, &id) {
        Some((kind, id)) => {
            let of = visit.query("of");
            file_page(&visit, &desk, (kind, id, of.as_deref()), None).await
        }
        None => Ok(missing(&visit)),
    }
}

pub(super) async fn withdraw(
    Staff(visit, desk): Staff,
    Path((kind, id)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let Some((kind, id)) = kind_and_id(&kind, &id) else {
        return Ok(missing(&visit));
    };
    let why = form.text("why");
    match desk.withdraw_rule(id, why).await? {
        Withdraw::Done => Ok(go(&format!(
            "/rules/{}?of={}&done=withdrawn",
            kind.word(),
            form.text("of")
        ))),
        Withdraw::NoSuchRule => Ok(missing(&visit)),
        Withdraw::NoReason => {
            file_page(&visit, &desk, (kind, id, Some(form.text("of"))), Some(why)).await
        }
    }
}
