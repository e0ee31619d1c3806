//! Figures: charts that say what they show without colour, each with its table and as CSV.

use crate::charts::{Bars, Count, Day, Few, Row, Share};
use crate::fields::{SelectField, TextField};
use crate::page::{Answer, Page, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::figures::{
    AgeLine, Ask, Asked, CorrectedLater, FEW, Figure, Figures, Health, PlaceLine, Step, Told,
    WholeHealth, Why,
};
use askama::Template;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use i18n::Words;

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

/// A table under its chart: the header, and the rows.
struct Table {
    name: &'static str,
    title: String,
    chart: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// What is said between the chart and its table.
    notes: Vec<String>,
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

fn count(figure: Figure) -> Count {
    match figure {
        Figure::Exact(n) => Count::Exact(u32::try_from(n).unwrap_or(u32::MAX)),
        Figure::Few => Count::Few,
    }
}

fn told(t: &Words, figure: Figure) -> String {
    match figure {
        Figure::Exact(n) => n.to_string(),
        Figure::Few => t.with1("figures-not-told", "few", FEW),
    }
}

fn per_cent(share: Option<i64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{share} %"))
}

fn minutes(t: &Words, waits: Option<(i64, i64)>) -> String {
    waits.map_or_else(
        || "–".to_owned(),
        |(median, most)| t.with2("figures-minutes-short", "median", median, "most", most),
    )
}

/// The days from the first of a part up to the next one.
fn days_of(figures: &Figures, at: usize) -> std::ops::RangeInclusive<jiff::civil::Date> {
    let next = figures.days.get(at + 1).map(|next| next.0);
    let last = next.and_then(|next| next.yesterday().ok());
    figures.days[at].0..=last.unwrap_or(figures.to)
}

/// A part of a range in words, short for below an axis.
fn part_words(t: &Words, figures: &Figures, at: usize) -> (String, String) {
    let days = days_of(figures, at);
    let (first, last) = (*days.start(), *days.end());
    let short = match figures.step {
        Step::Month => first.strftime("%Y-%m").to_string(),
        Step::FourWeeks => first.to_string(),
        Step::Day | Step::Week => t.date_short(first),
    };
    let long = if first == last {
        t.date(first)
    } else {
        t.with2("figures-days", "from", t.date(first), "to", t.date(last))
    };
    (short, long)
}

fn few(t: &Words) -> Few {
    Few::than(
        u32::try_from(FEW).unwrap_or(5),
        t.with1("figures-not-told", "few", FEW),
    )
}

fn age_group(t: &Words, from: i32) -> String {
    if from >= 90 {
        t.with1("figures-age-oldest", "from", from)
    } else {
        t.with2("figures-age", "from", from, "to", from + 9)
    }
}

fn tables(t: &Words, figures: &Figures) -> Vec<Table> {
    let by_onset = t.say("figures-by-onset");
    let by_registration = t.say("figures-by-registration");
    let curve =
        |id: &str, title: &str, pick: fn(&(jiff::civil::Date, Figure, Figure)) -> Figure| {
            Bars {
                id: id.to_owned(),
                title: title.to_owned(),
                description: t.with2(
                    match figures.step {
                        Step::Day => "figures-curve-description",
                        Step::Week => "figures-curve-weeks",
                        Step::FourWeeks => "figures-curve-four-weeks",
                        Step::Month => "figures-curve-months",
                    },
                    "from",
                    t.date(figures.from),
                    "to",
                    t.date(figures.to),
                ),
                unit: t.say("figures-people"),
                series: vec![title.to_owned()],
                days: figures
                    .days
                    .iter()
                    .enumerate()
                    .map(|(at, day)| {
                        let (short, long) = part_words(t, figures, at);
                        Day {
                            short,
                            long,
                            values: vec![count(pick(day))],
                        }
                    })
                    .collect(),
                few: few(t),
            }
            .svg()
        };
    let share = |id: &str, title: &str, rows: Vec<Row>| {
        Share {
            id: id.to_owned(),
            title: title.to_owned(),
            description: title.to_owned(),
            rows,
            few: few(t),
        }
        .svg()
    };
    let row = |label: String, figure: Figure, note: String| Row {
        label,
        count: count(figure),
        note,
    };
    let day_table = |name, title: &str, chart, kind: Curve| {
        let mut header = vec![t.say("figures-day")];
        if figures.step != Step::Day {
            header = vec![t.say("figures-from-day"), t.say("figures-to-day")];
        }
        header.push(t.say("figures-new-cases"));
        if !figures.corrected.is_empty() {
            header.push(t.say("figures-changed-later"));
        }
        let row = |at: usize| {
            let days = days_of(figures, at);
            let day = &figures.days[at];
            let mut cells = vec![day.0.to_string()];
            if figures.step != Step::Day {
                cells.push(days.end().to_string());
            }
            cells.push(told(t, if kind == Curve::Onset { day.1 } else { day.2 }));
            if !figures.corrected.is_empty() {
                let changes = figures.corrected.iter().filter(|(_, why, _)| match kind {
                    Curve::Onset => why.changes_onsets(&days),
                    Curve::Registration => why.changes_registrations(&days),
                });
                let notes: Vec<String> = changes.map(|line| corrected(t, line, kind)).collect();
                cells.push(notes.join("; "));
            }
            cells
        };
        Table {
            name,
            notes: match kind {
                Curve::Onset => beside_onset(t, figures),
                Curve::Registration => Vec::new(),
            },
            title: title.to_owned(),
            chart,
            header,
            rows: (0..figures.days.len()).map(row).collect(),
        }
    };
    let header = |kind: &str| {
        let mut keys = vec![kind, "figures-new-cases", "figures-open"];
        if figures.health.is_some() {
            keys.extend(["figures-reported", "figures-to-taken"]);
        }
        keys.into_iter().map(|key| t.say(key)).collect::<Vec<_>>()
    };
    let is_of_age = |line: &&CorrectedLater| matches!(line.1, Why::Age { .. });
    let of_ages: Vec<&CorrectedLater> = figures.corrected.iter().filter(is_of_age).collect();
    let mut age_header = header("figures-age-group");
    if !of_ages.is_empty() {
        age_header.push(t.say("figures-changed-later"));
    }
    let age_row = |line: &AgeLine| {
        let mut cells = vec![
            age_group(t, line.from),
            told(t, line.new_cases),
            told(t, line.open),
        ];
        cells.extend(health_cells(t, line.health));
        if !of_ages.is_empty() {
            let changes = of_ages.iter().filter(|one| one.1.changes_age(line.from));
            let notes: Vec<String> = changes
                .map(|one| corrected(t, one, Curve::Registration))
                .collect();
            cells.push(notes.join("; "));
        }
        cells
    };
    let ages = t.say("figures-by-age");
    let mut tables = vec![
        day_table(
            "onset",
            &by_onset,
            curve("curve-onset", &by_onset, |day| day.1),
            Curve::Onset,
        ),
        day_table(
            "registration",
            &by_registration,
            curve("curve-registration", &by_registration, |day| day.2),
            Curve::Registration,
        ),
        Table {
            name: "age",
            chart: share(
                "share-age",
                &ages,
                figures
                    .ages
                    .iter()
                    .map(|line| row(age_group(t, line.from), line.new_cases, String::new()))
                    .collect(),
            ),
            title: ages,
            notes: Vec::new(),
            header: age_header,
            rows: figures.ages.iter().map(age_row).collect(),
        },
    ];
    let by_place = |name, title: &str, kind: &str, lines: &[PlaceLine]| Table {
        name,
        chart: share(
            &format!("share-{name}"),
            title,
            lines
                .iter()
                .map(|line| row(line.name.clone(), line.new_cases, String::new()))
                .collect(),
        ),
        title: title.to_owned(),
        notes: Vec::new(),
        header: header(kind),
        rows: lines
            .iter()
            .map(|line| {
                let counts = [told(t, line.new_cases), told(t, line.open)];
                let cells = std::iter::once(line.name.clone()).chain(counts);
                cells.chain(health_cells(t, line.health)).collect()
            })
            .collect(),
    };
    if !figures.prefectures.is_empty() {
        tables.push(by_place(
            "prefecture",
            &t.say("figures-by-prefecture"),
            "figures-prefecture",
            &figures.prefectures,
        ));
    }
    tables.push(by_place(
        "center",
        &t.say("figures-by-center"),
        "centers-center",
        &figures.centers,
    ));
    tables
}

/// Which of the two curves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Curve {
    Onset,
    Registration,
}

/// What a line tells of health; nothing where the reader may not read it.
fn health_cells(t: &Words, health: Option<Health>) -> Vec<String> {
    health.map_or_else(Vec::new, |health| {
        vec![
            per_cent(health.reported_percent),
            minutes(t, health.minutes_to_taken),
        ]
    })
}

/// Who is in the count of new cases and not in the curve of onsets, and the other way round, in words.
fn beside_onset(t: &Words, figures: &Figures) -> Vec<String> {
    let Some(beside) = figures.beside_onset else {
        return vec![t.say("figures-beside-rounded")];
    };
    let mut said = Vec::new();
    for (key, count) in [
        ("figures-beside-without", beside.without),
        ("figures-beside-outside", beside.outside),
        ("figures-beside-purged", beside.purged),
        ("figures-beside-purged-within", beside.purged_within),
        ("figures-beside-others", beside.others),
    ] {
        if count > 0 {
            said.push(t.with1(key, "count", count));
        }
    }
    if said.is_empty() {
        said.push(t.say("figures-beside-nobody"));
    }
    said
}

/// A correction in words, with the day on which it changes the count of a curve.
fn corrected(t: &Words, (on, why, count): &CorrectedLater, kind: Curve) -> String {
    let counted = |registered_on: jiff::civil::Date, onset_on: &Option<jiff::civil::Date>| {
        let onset = onset_on.filter(|_| kind == Curve::Onset);
        t.date(onset.unwrap_or(registered_on))
    };
    let day = |day: Option<jiff::civil::Date>| {
        day.map_or_else(|| t.say("figures-no-onset"), |day| t.date(day))
    };
    let what = match why {
        Why::Merged {
            registered_on,
            onset_on,
        } => t.with1("figures-merged", "day", counted(*registered_on, onset_on)),
        Why::InError {
            registered_on,
            onset_on,
        } => t.with1("figures-in-error", "day", counted(*registered_on, onset_on)),
        Why::Moved {
            came,
            registered_on,
            onset_on,
        } => t.with1(
            if *came {
                "figures-came"
            } else {
                "figures-left"
            },
            "day",
            counted(*registered_on, onset_on),
        ),
        Why::Onset { from, to } => t.with2("figures-moved", "from", day(*from), "to", day(*to)),
        Why::Age { from, to } => {
            let (from, to) = (age_group(t, *from), age_group(t, *to));
            t.with2("figures-age-moved", "from", from, "to", to)
        }
    };
    t.with(
        "figures-corrected",
        &[
            ("on", t.date(*on).into()),
            ("count", (*count).into()),
            ("what", what.into()),
        ],
    )
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

/// The curve whose days among those shown a correction changes; where it changes both, that of registration.
fn curve_of(figures: &Figures, (_, why, _): &CorrectedLater) -> Curve {
    let days = figures.from..=figures.to;
    match why.changes_onsets(&days) && !why.changes_registrations(&days) {
        true => Curve::Onset,
        false => Curve::Registration,
    }
}

fn shown(t: &Words, figures: &Figures) -> Shown {
    let counts = [
        (t.say("figures-new-cases"), told(t, figures.new_cases)),
        (t.say("figures-open"), followed(t, figures)),
    ];
    let health = figures.health.map(|health| health_numbers(t, health));
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

/// A name for the file of a table: several lie in one folder, of several places and days.
fn file_name(table: &str, figures: &Figures, programme: &str) -> String {
    let place: String = figures
        .place
        .name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    let (from, to) = (figures.from, figures.to);
    let programme = match programme {
        "" => String::new(),
        of => format!("-{of}"),
    };
    format!("figures-{table}-{place}{programme}-{from}-{to}.csv")
}

/// What a file must say of itself once it is out of the console: of where, of which days, as of when, and whether counts are
/// altered. In columns of their own, so that files can be put below each other.
fn with_origin(t: &Words, (figures, programme): (&Figures, &str), as_of: &str, table: &mut Table) {
    let mut told = vec![
        (t.say("figures-place"), figures.place.name.clone()),
        (t.say("figures-range-from"), figures.from.to_string()),
        (t.say("figures-range-to"), figures.to.to_string()),
        (t.say("figures-as-of-column"), as_of.to_owned()),
    ];
    if !programme.is_empty() {
        told.insert(1, (t.say("programme-disease"), programme.to_owned()));
    }
    if figures.told == Told::Rounded {
        told.push((t.say("figures-counts"), t.say("figures-counts-altered")));
    }
    let (header, cells): (Vec<_>, Vec<_>) = told.into_iter().unzip();
    table.header.extend(header);
    for row in &mut table.rows {
        row.extend(cells.iter().cloned());
    }
}

/// A table as CSV.
pub(super) async fn csv(Staff(visit, desk): Staff) -> Answer {
    let asked = asked(&visit);
    let Ask::Figures(figures) = desk.figures(&asked).await? else {
        return Ok(missing(&visit));
    };
    let t = i18n::words(visit.language);
    let figures = named(&desk, t.language.tag(), figures).await?;
    let wished = visit.query("table").unwrap_or_default();
    let Some(mut table) = tables(t, &figures)
        .into_iter()
        .find(|table| table.name == wished)
    else {
        return Ok(missing(&visit));
    };
    let disease = match asked.programme.as_str() {
        "" => String::new(),
        id => desk.disease(id, t.language.tag()),
    };
    let as_of = now_words(&visit, &desk, t).await?;
    with_origin(t, (&figures, &disease), &as_of, &mut table);
    let name = file_name(table.name, &figures, &asked.programme);
    // Old browsers take the name in Latin letters; the others the place's own.
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let bytes = app::line_list::plain_csv(&table.header, &table.rows);
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"),
        ),
    ];
    Ok((headers, bytes).into_response())
}
