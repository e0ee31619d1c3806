//! The tables of figures, each with its chart.

use super::words::{
    Curve, age_group, beside_onset, corrected, days_of, health_cells, part_words, told,
};
use crate::charts::{Bars, Count, Day, Few, Row, Share};
use app::figures::{
    AgeLine, CorrectedLater, Ended, FEW, Figure, Figures, PlaceLine, State, Step, Why,
};
use i18n::Words;

/// A table under its chart: the header, and the rows.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) title: String,
    pub(super) chart: String,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// What is said between the chart and its table.
    pub(super) notes: Vec<String>,
}

fn count(figure: Figure) -> Count {
    match figure {
        Figure::Exact(n) => Count::Exact(u32::try_from(n).unwrap_or(u32::MAX)),
        Figure::Few => Count::Few,
    }
}

fn few(t: &Words) -> Few {
    Few::than(
        u32::try_from(FEW).unwrap_or(5),
        t.with1("figures-not-told", "few", FEW),
    )
}

/// What a chart over the days of a range shows, for who does not see it.
fn curve_description(t: &Words, figures: &Figures) -> String {
    let key = match figures.step {
        Step::Day => "figures-curve-description",
        Step::Week => "figures-curve-weeks",
        Step::FourWeeks => "figures-curve-four-weeks",
        Step::Month => "figures-curve-months",
    };
    let (from, to) = (t.date(figures.from), t.date(figures.to));
    t.with2(key, "from", from, "to", to)
}

/// The parts of a range with their values, given the place of each.
fn each_part(t: &Words, figures: &Figures, values: impl Fn(usize) -> Vec<Count>) -> Vec<Day> {
    let part = |at| {
        let (short, long) = part_words(t, figures, at);
        Day {
            short,
            long,
            values: values(at),
        }
    };
    (0..figures.days.len()).map(part).collect()
}

/// What heads the first columns of a table with a row for each part: its day, or its first and its last one.
fn part_header(t: &Words, figures: &Figures) -> Vec<String> {
    match figures.step {
        Step::Day => vec![t.say("figures-day")],
        Step::Week | Step::FourWeeks | Step::Month => {
            vec![t.say("figures-from-day"), t.say("figures-to-day")]
        }
    }
}

/// These columns of a part.
fn part_cells(figures: &Figures, at: usize) -> Vec<String> {
    let days = days_of(figures, at);
    let mut cells = vec![days.start().to_string()];
    if figures.step != Step::Day {
        cells.push(days.end().to_string());
    }
    cells
}

/// Where those are who are followed.
fn at_now(t: &Words, state: &State) -> Table {
    let title = t.say("figures-at-now");
    let at = state.at.iter();
    let rows: Vec<(String, i64)> = at
        .map(|(status, count)| (t.say(&format!("status-{}", status.word())), *count))
        .chain([(t.say("figures-contacts"), state.contacts)])
        .collect();
    let chart = Share {
        id: "share-state".to_owned(),
        title: title.clone(),
        description: title.clone(),
        rows: rows
            .iter()
            .map(|(label, number)| Row {
                label: label.clone(),
                count: count(Figure::Exact(*number)),
                note: String::new(),
            })
            .collect(),
        few: few(t),
    };
    Table {
        name: "state",
        chart: chart.svg(),
        title,
        notes: Vec::new(),
        header: vec![t.say("figures-where"), t.say("figures-now")],
        rows: rows
            .into_iter()
            .map(|(label, number)| vec![label, number.to_string()])
            .collect(),
    }
}

/// How many were followed no more on each day, by how that ended.
fn ended(t: &Words, figures: &Figures, state: &State) -> Table {
    let title = t.say("figures-ended");
    let (released, died) = (t.say("status-released"), t.say("status-died"));
    let chart = Bars {
        id: "curve-ended".to_owned(),
        title: title.clone(),
        description: curve_description(t, figures),
        unit: t.say("figures-people"),
        series: vec![released.clone(), died.clone()],
        days: each_part(t, figures, |at| {
            let part = state.ended.get(at);
            part.map_or_else(Vec::new, |part| {
                [part.released, part.died]
                    .map(|number| count(Figure::Exact(number)))
                    .to_vec()
            })
        }),
        few: few(t),
    };
    let mut header = part_header(t, figures);
    header.extend([released, died]);
    let is_of_ends = |line: &&CorrectedLater| matches!(line.1, Why::End { .. });
    let later: Vec<&CorrectedLater> = figures.corrected.iter().filter(is_of_ends).collect();
    if !later.is_empty() {
        header.push(t.say("figures-changed-later"));
    }
    let row = |(at, part): (usize, &Ended)| {
        let mut cells = part_cells(figures, at);
        cells.extend([part.released, part.died].map(|number| number.to_string()));
        if !later.is_empty() {
            let days = days_of(figures, at);
            let changes = later.iter().filter(|one| one.1.changes_ends(&days));
            let notes: Vec<String> = changes
                .map(|one| corrected(t, one, Curve::Registration))
                .collect();
            cells.push(notes.join("; "));
        }
        cells
    };
    Table {
        name: "ended",
        chart: chart.svg(),
        title,
        notes: vec![t.say("figures-ended-note")],
        header,
        rows: state.ended.iter().enumerate().map(row).collect(),
    }
}

pub(super) fn tables(t: &Words, figures: &Figures) -> Vec<Table> {
    let by_onset = t.say("figures-by-onset");
    let by_registration = t.say("figures-by-registration");
    let curve =
        |id: &str, title: &str, pick: fn(&(jiff::civil::Date, Figure, Figure)) -> Figure| {
            Bars {
                id: id.to_owned(),
                title: title.to_owned(),
                description: curve_description(t, figures),
                unit: t.say("figures-people"),
                series: vec![title.to_owned()],
                days: each_part(t, figures, |at| vec![count(pick(&figures.days[at]))]),
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
    // How following ended changes no count of new cases.
    let is_of_cases = |line: &&CorrectedLater| !matches!(line.1, Why::End { .. });
    let of_cases: Vec<&CorrectedLater> = figures.corrected.iter().filter(is_of_cases).collect();
    let day_table = |name, title: &str, chart, kind: Curve| {
        let mut header = part_header(t, figures);
        header.push(t.say("figures-new-cases"));
        if !of_cases.is_empty() {
            header.push(t.say("figures-changed-later"));
        }
        let row = |at: usize| {
            let days = days_of(figures, at);
            let day = &figures.days[at];
            let mut cells = part_cells(figures, at);
            cells.push(told(t, if kind == Curve::Onset { day.1 } else { day.2 }));
            if !of_cases.is_empty() {
                let changes = of_cases.iter().filter(|(_, why, _)| match kind {
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
    if let Some(state) = &figures.state {
        tables.extend([at_now(t, state), ended(t, figures, state)]);
    }
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
