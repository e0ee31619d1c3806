//! Figures: charts that say what they show without colour, each with its table and as CSV.

mod file;
mod tables;
mod words;

pub(super) use file::csv;

use crate::fields::{SelectField, TextField};
use crate::page::{Answer, Page, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::figures::{Ask, Asked, Figure, Figures, State, Told, WholeHealth};
use askama::Template;
use domain::monitoring::MonitoringStatus;
use i18n::Words;
use tables::{Table, tables};
use words::{corrected, curve_of, per_cent, told};

#[derive(Template)]
#[template(path = "console/figures.html")]
struct FiguresPage {
    page: Page,
    place: SelectField,
    /// Where there are several diseases.
    programme: Option<SelectField>,
    from: TextField,
    to: TextField,
    /// The query of the address, for the files.
    query: String,
    shown: Option<Shown>,
    /// As of when, in words: the same page says something else an hour later.
    as_of: String,
}

struct Shown {
    few: Option<String>,
    /// That the reader is told nothing of health.
    no_health: Option<String>,
    numbers: Vec<(String, String)>,
    tables: Vec<Table>,
    /// What was corrected later, in words.
    corrected: Vec<String>,
    /// That counts may change later, where each correction is not told.
    corrections: Option<String>,
}

/// The numbers on top that tell of health, with their labels; none where the reader may not read it.
fn health_numbers(t: &Words, health: WholeHealth) -> Vec<(String, String)> {
    let (alerts, untaken) = health.alerts;
    let waits = health.minutes_to_taken.map_or_else(
        || "–".to_owned(),
        |(median, most)| t.with2("figures-minutes", "median", median, "most", most),
    );
    let share = per_cent(health.reported_percent);
    let reported = match health.asked {
        Some((asked, rest)) => t.with(
            "figures-asked",
            &[
                ("share", share.into()),
                ("asked", asked.into()),
                ("rest", rest.into()),
            ],
        ),
        None => t.with1("figures-asked-few", "share", share),
    };
    let (all, untaken) = (told(t, alerts), told(t, untaken));
    let alerts = t.with2("figures-alerts", "all", all, "untaken", untaken);
    let waiting = health
        .waiting
        .map(|count| (t.say("figures-waiting"), count.to_string()));
    [
        (t.say("figures-reported-of"), reported),
        (t.say("centers-alerts-title"), alerts),
    ]
    .into_iter()
    .chain(waiting)
    .chain([(t.say("figures-to-taken"), waits)])
    .collect()
}

/// How following ended within the days, and who is in hospital.
fn state_numbers(t: &Words, state: &State) -> [(String, String); 3] {
    let hospital = state
        .at
        .iter()
        .find(|(status, _)| *status == MonitoringStatus::Hospital);
    let (released, died) = state.ended_in_all();
    [
        ("figures-hospital", hospital.map_or(0, |(_, count)| *count)),
        ("figures-released", released),
        ("figures-died", died),
    ]
    .map(|(key, count)| (t.say(key), count.to_string()))
}

/// Who is followed now; where the reader may know it, how many of them are cases and how many close contacts.
fn followed(t: &Words, figures: &Figures) -> String {
    match (figures.open, figures.open_contacts) {
        (Figure::Exact(open), Some(contacts)) => t.with(
            "figures-open-split",
            &[
                ("open", open.into()),
                ("cases", (open - contacts).into()),
                ("contacts", contacts.into()),
            ],
        ),
        (open, _) => told(t, open),
    }
}

fn shown(t: &Words, figures: &Figures) -> Shown {
    let counts = [
        (t.say("figures-new-cases"), told(t, figures.new_cases)),
        (t.say("figures-open"), followed(t, figures)),
    ];
    let health = figures.health.map(|health| health_numbers(t, health));
    let state = figures.state.as_ref().map(|state| state_numbers(t, state));
    let notifications = figures.notifications.map(|count| {
        let label = t.say("figures-notifications");
        (
            label,
            t.with1("figures-notifications-count", "count", count),
        )
    });
    Shown {
        few: figures.off_by.map(|off| {
            let by = [("whole", off.whole), ("week", off.week), ("age", off.age)]
                .map(|(name, number)| (name, number.into()));
            format!(
                "{} {}",
                t.say("figures-few-note"),
                t.with("figures-off-by", &by)
            )
        }),
        no_health: (figures.told == Told::NoHealth).then(|| t.say("figures-no-health")),
        numbers: counts
            .into_iter()
            .chain(state.into_iter().flatten())
            .chain(notifications)
            .chain(health.into_iter().flatten())
            .collect(),
        tables: tables(t, figures),
        corrected: figures
            .corrected
            .iter()
            .map(|line| corrected(t, line, curve_of(figures, line)))
            .collect(),
        corrections: (figures.told == Told::Rounded).then(|| t.say("figures-corrections")),
    }
}

/// The figures with the names of places for a reader.
async fn named(
    desk: &StaffDesk,
    language: &str,
    mut figures: Box<Figures>,
) -> Result<Box<Figures>, app::Error> {
    let names = desk.place_names(language).await?;
    for line in figures.prefectures.iter_mut().chain(&mut figures.centers) {
        names.put(&mut line.name);
    }
    for place in &mut figures.places {
        names.put(&mut place.name);
    }
    names.put(&mut figures.place.name);
    Ok(figures)
}

fn asked(visit: &Visit) -> Asked {
    let text = |name: &str| visit.query(name).unwrap_or_default();
    Asked {
        from: text("from"),
        to: text("to"),
        place: text("place"),
        programme: text("programme"),
    }
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    let asked = asked(&visit);
    let mut page = Page::new(&visit, "figures-title");
    page.wide = true;
    let (figures, problems) = match desk.figures(&asked).await? {
        Ask::Figures(figures) => (Some(named(&desk, page.tag(), figures).await?), Vec::new()),
        Ask::Problems(problems) => (None, problems),
        Ask::NoSuchPlace => return Ok(missing(&visit)),
    };
    let mut beside = |field: &str| {
        problems.contains(&field).then(|| {
            let sentence = page.say("problem-figures-day");
            page.problem(field, sentence.clone());
            sentence
        })
    };
    let (from_problem, to_problem) = (beside("from"), beside("to"));
    let t = page.t;
    let made_up = figures.as_ref().is_some_and(|f| f.told == Told::Rounded);
    let day = |typed: &str, known: Option<jiff::civil::Date>| match known {
        Some(day) if typed.is_empty() || made_up => day.to_string(),
        _ => typed.to_owned(),
    };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("from", &asked.from)
        .append_pair("to", &asked.to)
        .append_pair("place", &asked.place)
        .append_pair("programme", &asked.programme)
        .finish();
    let chosen = figures
        .as_ref()
        .map_or_else(String::new, |f| f.place.id.to_string());
    let places = figures.as_ref().map_or_else(Vec::new, |f| {
        let top = f.places.iter().map(|p| p.depth).min().unwrap_or(0);
        f.places
            .iter()
            .map(|p| {
                let indent = "\u{3000}".repeat(p.depth - top);
                (p.id.to_string(), format!("{indent}{}", p.name))
            })
            .collect()
    });
    let programmes = desk.programmes().await?;
    let all = (String::new(), t.say("figures-all-diseases"));
    let each = programmes
        .iter()
        .map(|one| (one.id.clone(), desk.disease(&one.id, t.language.tag())));
    Ok(render(&FiguresPage {
        programme: (programmes.len() > 1).then(|| {
            let options = std::iter::once(all).chain(each);
            SelectField::new(
                "programme",
                t.say("programme-disease"),
                &asked.programme,
                options,
            )
        }),
        place: SelectField::new("place", t.say("figures-place"), &chosen, places),
        from: TextField::new("from", t.say("figures-from"))
            .value(&day(&asked.from, figures.as_ref().map(|f| f.from)))
            .problem(from_problem)
            .hint(t.say("console-day-hint")),
        to: TextField::new("to", t.say("figures-to"))
            .value(&day(&asked.to, figures.as_ref().map(|f| f.to)))
            .problem(to_problem),
        query,
        as_of: t.with1("figures-as-of", "when", now_words(&visit, &desk, t).await?),
        shown: figures.as_ref().map(|f| shown(t, f)),
        page,
    }))
}

/// The moment at which figures are counted, in words.
async fn now_words(
    visit: &Visit,
    desk: &StaffDesk,
    t: &Words,
) -> Result<String, crate::page::Broken> {
    let zone = desk.rules_zone().await?;
    Ok(moment(t, &zone, visit.site.app.clock.now()))
}

#[cfg(test)]
mod tests {
    use super::health_numbers;
    use app::figures::{Figure, WholeHealth};
    use domain::language::Language;
    use i18n::words;

    #[test]
    fn alerts_are_told_in_sentences_also_where_small_counts_are_not() {
        for (language, exact, few) in [
            (
                Language::En,
                "12, of which 3 were never taken",
                "12, of which about 5 or fewer were never taken",
            ),
            (
                Language::Ja,
                "12（うち一度も対応されていないもの：3）",
                "12（うち一度も対応されていないもの：およそ5以下）",
            ),
        ] {
            for (untaken, said) in [(Figure::Exact(3), exact), (Figure::Few, few)] {
                let health = WholeHealth {
                    reported_percent: None,
                    asked: None,
                    alerts: (Figure::Exact(12), untaken),
                    waiting: None,
                    minutes_to_taken: None,
                };
                let numbers = health_numbers(words(language), health);
                let is_said = numbers.iter().any(|(_, told)| told == said);
                assert!(is_said, "{said} is missing in {numbers:?}");
            }
        }
    }
}
