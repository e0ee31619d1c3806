//! The rules of the own center: what holds, what held and what will, and a change with its preview.

use super::rule_numbers::number_field;
use super::rule_preview::{PreviewView, preview_view};
use super::rule_problem::{text_problem, what_is_wrong, what_is_wrong_where};
use super::rule_words::{self, words_form};
use super::words::stored;
use crate::fields::{AreaField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::programme::Programme;
use app::rules::mark::JudgedBy;
use app::rules::{ChangeRule, Holds, RuleLine, Told, Typed};
use askama::Template;
use axum::extract::Path;
use domain::questionnaire::{Silenced, mark};
use domain::rules::{
    RuleKind, RuleMark, WordingProblem, apply, apply_wording, entries, fields, range_beside,
    read_one, values,
};
use domain::staff_role::Right;
use i18n::Words;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

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
    /// Whether written requests name the article of the law.
    names_article: bool,
    kinds: Vec<KindView>,
}

/// A line of the history.
struct LineView {
    from: String,
    whose: String,
    set: String,
    why: String,
    /// Who took it back and when, and why.
    withdrawn: Option<(String, String)>,
    /// `holds`, `planned`, `withdrawn` or nothing, and its words.
    state: Option<(&'static str, String)>,
    /// Where its file is.
    address: Option<String>,
}

#[derive(Template)]
#[template(path = "console/rule.html")]
struct RulePage {
    /// How often rules were set or taken back: goes with the form.
    seen: usize,
    /// What somebody else has set or taken back since the form was shown, in words.
    meanwhile: Vec<String>,
    page: Page,
    notice: Option<String>,
    kind: &'static str,
    programme: String,
    /// Its name, where there are several.
    disease: Option<String>,
    about: String,
    holds: String,
    /// On what the release alarms and what holds does not, in words, with a sentence before.
    less: Option<(String, Vec<String>)>,
    /// Empty where the file itself is changed.
    fields: Vec<String>,
    /// The file that the fields change.
    base: String,
    /// Rules that are planned, in words, and where each is changed: what is changed beside them is not in them.
    planned: Vec<(String, String)>,
    as_file: bool,
    /// Whether there are fields to change it with, and the words of the way to them.
    has_fields: bool,
    fields_link: String,
    text: AreaField,
    from: TextField,
    why: AreaField,
    preview: Option<PreviewView>,
    /// That nothing differs from what holds, in words.
    same: Option<String>,
    /// What would alarm no more, whether it was said to be meant, and what is wrong with that.
    silenced: Vec<String>,
    silences: bool,
    /// What a tick says is meant.
    silences_mark: String,
    silences_problem: Option<String>,
    lines: Vec<LineView>,
}

/// The key of a kind's word in the catalogues.
pub(super) fn kind_key(kind: RuleKind, what: &str) -> String {
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
pub(super) async fn meant(
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
            names_article: one.names_article,
            kinds,
        });
    }
    Ok(render(&RulesPage {
        notice: match visit.query("done").as_deref() {
            Some("begun") => Some(t.say("programme-begun")),
            Some("opened") => Some(t.say("programme-opened")),
            Some("closed") => Some(t.say("programme-closed-now")),
            Some("article") => Some(t.say("programme-article-now")),
            Some("no-article") => Some(t.say("programme-article-not-now")),
            Some("last") => Some(t.say("programme-last")),
            Some("withdrawn") => Some(t.say("programme-withdrawn")),
            _ => None,
        },
        many: programmes.len() > 1,
        may_close: desk.may(Right::ManageCenter),
        programmes,
        page,
    }))
}

fn by_at(t: &Words, zone: &TimeZone, (by, at): (Option<&str>, Timestamp)) -> String {
    let name = by.map_or_else(|| t.say("rule-by-operator"), str::to_owned);
    t.with2("by-at", "name", name, "when", moment(t, zone, at))
}

/// Who took a rule back and when, and then why, where somebody did.
pub(super) fn withdrawn_words(
    t: &Words,
    zone: &TimeZone,
    line: &RuleLine,
) -> Option<(String, String)> {
    let withdrawn = line.withdrawn.as_ref()?;
    let by = by_at(t, zone, (withdrawn.by.as_deref(), withdrawn.at));
    let told = t.with1("rule-withdrawn-by", "by", by);
    Some((told, withdrawn.why.clone()))
}

fn line_view(
    t: &Words,
    zone: &TimeZone,
    (kind, programme): (RuleKind, &str),
    line: &RuleLine,
) -> LineView {
    let state = if line.withdrawn.is_some() {
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
        set: line
            .set
            .as_ref()
            .map_or_else(String::new, |(by, at)| by_at(t, zone, (by.as_deref(), *at))),
        why: line.why.clone(),
        withdrawn: withdrawn_words(t, zone, line),
        state,
        address: line
            .id
            .filter(|_| !line.is_end)
            .map(|id| format!("/rules/{}/files/{id}?of={programme}", kind.word())),
    }
}

/// Of one day the rule holds that was set last; the latest stands first.
fn is_replaced(lines: &[RuleLine], at: usize) -> bool {
    let line = &lines[at];
    lines[..at].iter().any(|later| {
        later.valid_from == line.valid_from
            && later.origin == line.origin
            && later.withdrawn.is_none()
    })
}

/// How often somebody has set a rule of these, or taken one back.
fn changes(lines: &[RuleLine]) -> usize {
    lines.len() + lines.iter().filter(|line| line.withdrawn.is_some()).count()
}

/// What the form brought, and what was wrong with it.
#[derive(Default)]
struct Brought {
    typed: Typed,
    /// What stands in the fields of numbers, or of words.
    numbers: Vec<(String, String)>,
    as_file: bool,
    wrong_numbers: Vec<&'static str>,
    wrong_words: Vec<(String, WordingProblem)>,
    /// The file that fields of words change: the one that they came with, so that each stays the field of its entry.
    base: Option<String>,
    problems: Vec<(&'static str, Told)>,
    preview: Option<PreviewView>,
    /// The day from which the same holds already.
    same: Option<Date>,
    /// How often rules were set or taken back when the page was shown that the form comes from; none: it is shown for the first time.
    seen: Option<usize>,
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
    // Somebody else has set one since, or taken one back: the latest by when that was.
    let count_now = changes(&state.lines);
    let news = count_now.saturating_sub(brought.seen.unwrap_or(count_now));
    let mut by_setting: Vec<(Option<Timestamp>, String)> = Vec::new();
    for line in &state.lines {
        let view = line_view(t, &zone, (kind, &one.id), line);
        let set_at = line.set.as_ref().map(|(_, at)| *at);
        let set = format!("{} – {} – {}", view.from, view.set, view.why);
        by_setting.push((set_at, set));
        if let (Some(withdrawn), Some((by, why))) = (&line.withdrawn, view.withdrawn) {
            let taken_back = format!("{} – {by} – {why}", view.from);
            by_setting.push((Some(withdrawn.at), taken_back));
        }
    }
    by_setting.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let told = by_setting.into_iter().take(news);
    let meanwhile: Vec<String> = told.map(|(_, told)| told).collect();
    let today = state.today.as_ref();
    let sent = brought.base.as_ref().unwrap_or(&brought.typed.text);
    let base = if sent.is_empty() {
        today.map_or_else(String::new, |holds| holds.file.text.clone())
    } else {
        sent.clone()
    };
    let stands = values(kind, &base).unwrap_or_default();
    let asked = entries(kind, &base);
    // Of what the reader of the file says, what is about one entry stands beside it.
    let told_of = brought.problems.iter().find_map(|(_, told)| match told {
        Told::File(error) if !brought.as_file => {
            let id = error.id()?;
            asked.iter().any(|entry| entry.id == id).then_some(error)
        }
        _ => None,
    });
    let number_fields = if !asked.is_empty() && !brought.as_file {
        let typed = rule_words::Typed {
            fields: &brought.numbers,
            problems: &brought.wrong_words,
            told: told_of.and_then(|error| Some((error.id()?, what_is_wrong(t, error, &asked)))),
        };
        vec![words_form(&mut page, &asked, &typed)]
    } else if stands.is_empty() {
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
            (Told::File(error), None) if as_file => {
                t.with1("problem-rule-text", "told", what_is_wrong_where(t, error))
            }
            (Told::File(error), None) if told_of == Some(error) => return None,
            // Beside fields it is no file that somebody typed: which field it is, its own check has told.
            (Told::File(error), None) => t.with1(
                "problem-rule-fields",
                "told",
                what_is_wrong(t, error, &asked),
            ),
            (Told::Nothing | Told::Silenced(_), None) => t.say("problem-rule-source"),
        };
        // Without the file on the page, what is wrong with it leads to what changes it.
        let is_shown = field != "text" || as_file;
        page.problem(if is_shown { field } else { "change" }, sentence.clone());
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
        .map(|one| desk.silenced_words(t, brought.typed.programme(), one))
        .collect();
    let silences_problem = beside("silences", Some("problem-rule-silences"));
    let text_problem = beside("text", None);
    let from_problem = beside("valid_from", Some("problem-rule-from"));
    let why_problem = beside("why", Some("problem-rule-why"));
    let typed_text = match brought.typed.text.as_str() {
        "" => base.as_str(),
        typed => typed,
    };
    let mut text = AreaField::new("text", t.say("rule-file"))
        .hint(t.say("rule-file-hint"))
        .value(typed_text)
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
        less: state.less_than_release.as_ref().map(|(day, all)| {
            let key = match kind {
                RuleKind::Course => "rule-less-than-release",
                _ => "rule-less-than-release-alarms",
            };
            let all = all.iter();
            let told = all.map(|less| desk.silenced_words(t, &one.id, less));
            (t.with1(key, "day", t.date(*day)), told.collect())
        }),
        planned: state
            .lines
            .iter()
            .enumerate()
            .filter(|(at, line)| {
                let is_open = line.is_planned && line.withdrawn.is_none() && !line.is_end;
                is_open && !is_replaced(&state.lines, *at)
            })
            .filter_map(|(_, line)| {
                let words = t.with1("rule-planned-apart", "day", t.date(line.valid_from));
                let (kind, of) = (kind.word(), &one.id);
                let id = line.id?;
                Some((words, format!("/rules/{kind}?of={of}&base={id}#change")))
            })
            .collect(),
        as_file,
        has_fields: today.is_some(),
        fields_link: t.say(if fields(kind).is_empty() {
            "rule-change-words"
        } else {
            "rule-change-fields"
        }),
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
        same: brought
            .same
            .map(|day| t.with1("rule-same", "day", t.date(day))),
        seen: count_now,
        meanwhile,
        lines: state
            .lines
            .iter()
            .enumerate()
            .map(|(at, line)| {
                let mut view = line_view(t, &zone, (kind, &one.id), line);
                if is_replaced(&state.lines, at) && line.withdrawn.is_none() {
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
    // A planned rule is changed in place of the one that holds.
    let planned = visit
        .query("base")
        .and_then(|id| id.parse().ok())
        .map(|id| desk.rule_text(id))
        .transpose()?
        .flatten()
        .filter(|(of, _)| *of == kind)
        .map(|(_, text)| text);
    let valid_from = planned
        .as_ref()
        .and_then(|text| read_one(kind, text).ok())
        .map(|file| file.valid_from.to_string());
    let brought = Brought {
        as_file: visit.query("as").as_deref() == Some("file"),
        typed: Typed {
            programme: visit.query("of").unwrap_or_default(),
            text: planned.unwrap_or_default(),
            valid_from: valid_from.unwrap_or_default(),
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
        // Also where there is a slip first: what somebody else set since the form was shown is told then, too.
        seen: form.text("seen").parse().ok(),
        ..Brought::default()
    };
    if !brought.as_file && !entries(kind, &brought.typed.text).is_empty() {
        brought.numbers = form.beginning_with("").into_iter().collect();
        brought.base = Some(brought.typed.text.clone());
        match apply_wording(kind, &brought.typed.text, &brought.numbers) {
            Ok(text) => brought.typed.text = text,
            Err(wrong) => {
                brought.wrong_words = wrong;
                if let ChangeRule::Problems(problems) =
                    desk.would_be_wrong(kind, &brought.typed).await?
                {
                    brought.problems = problems;
                }
                return rule_page(&visit, &desk, kind, brought).await;
            }
        }
    } else if !brought.as_file {
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
    let is_seen = match brought.seen {
        Some(seen) => {
            let (Some(one), _) = meant(&desk, Some(&brought.typed.programme)).await? else {
                return Ok(missing(&visit));
            };
            let states = desk.rules(&one.id).await?;
            let state = states.into_iter().find(|state| state.kind == kind);
            state.is_none_or(|state| changes(&state.lines) == seen)
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
            ChangeRule::Same(day) => {
                brought.same = Some(day);
                rule_page(&visit, &desk, kind, brought).await
            }
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
    match desk.would_be_wrong(kind, &brought.typed).await? {
        ChangeRule::Saved => {}
        ChangeRule::Same(day) => {
            brought.same = Some(day);
            return rule_page(&visit, &desk, kind, brought).await;
        }
        ChangeRule::Problems(problems) => {
            brought.problems = problems;
            return rule_page(&visit, &desk, kind, brought).await;
        }
    }
    match desk.preview_rule(kind, &brought.typed).await? {
        Ok((file, preview)) => {
            let t = Page::new(&visit, "rules-title").t;
            brought.preview = Some(preview_view(t, &file, &preview));
        }
        Err(ChangeRule::Problems(problems)) => brought.problems = problems,
        Err(ChangeRule::Saved | ChangeRule::Same(_)) => {}
    }
    rule_page(&visit, &desk, kind, brought).await
}
