//! The numbers of figures in words.

use app::figures::{CorrectedLater, FEW, Figure, Figures, Health, Instead, Step, Why};
use i18n::Words;

pub(super) fn told(t: &Words, figure: Figure) -> String {
    match figure {
        Figure::Exact(n) => n.to_string(),
        Figure::Few => t.with1("figures-not-told", "few", FEW),
    }
}

pub(super) fn per_cent(share: Option<i64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{share} %"))
}

pub(super) fn minutes(t: &Words, waits: Option<(i64, i64)>) -> String {
    waits.map_or_else(
        || "–".to_owned(),
        |(median, most)| t.with2("figures-minutes-short", "median", median, "most", most),
    )
}

/// The days from the first of a part up to the next one.
pub(super) fn days_of(figures: &Figures, at: usize) -> std::ops::RangeInclusive<jiff::civil::Date> {
    let next = figures.days.get(at + 1).map(|next| next.0);
    let last = next.and_then(|next| next.yesterday().ok());
    figures.days[at].0..=last.unwrap_or(figures.to)
}

/// A part of a range in words, short for below an axis.
pub(super) fn part_words(t: &Words, figures: &Figures, at: usize) -> (String, String) {
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

pub(super) fn age_group(t: &Words, from: i32) -> String {
    if from >= 90 {
        t.with1("figures-age-oldest", "from", from)
    } else {
        t.with2("figures-age", "from", from, "to", from + 9)
    }
}

/// Which of the two curves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    Onset,
    Registration,
}

/// What a line tells of health; nothing where the reader may not read it.
pub(super) fn health_cells(t: &Words, health: Option<Health>) -> Vec<String> {
    health.map_or_else(Vec::new, |health| {
        vec![
            per_cent(health.reported_percent),
            minutes(t, health.minutes_to_taken),
        ]
    })
}

/// Who is in the count of new cases and not in the curve of onsets, and the other way round, in words.
pub(super) fn beside_onset(t: &Words, figures: &Figures) -> Vec<String> {
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
pub(super) fn corrected(t: &Words, (on, why, count): &CorrectedLater, kind: Curve) -> String {
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
        Why::Apart {
            registered_on,
            onset_on,
        } => t.with1("figures-apart", "day", counted(*registered_on, onset_on)),
        Why::InError {
            registered_on,
            onset_on,
        } => t.with1("figures-in-error", "day", counted(*registered_on, onset_on)),
        Why::CaseAgain {
            registered_on,
            onset_on,
        } => t.with1(
            "figures-case-again",
            "day",
            counted(*registered_on, onset_on),
        ),
        Why::ContactAgain {
            registered_on,
            onset_on,
        } => t.with1(
            "figures-contact-again",
            "day",
            counted(*registered_on, onset_on),
        ),
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
        Why::Disease {
            came,
            registered_on,
            onset_on,
        } => t.with1(
            if *came {
                "figures-disease-came"
            } else {
                "figures-disease-left"
            },
            "day",
            counted(*registered_on, onset_on),
        ),
        Why::End { died, on, instead } => {
            let ended = match died {
                true => "figures-no-death",
                false => "figures-no-release",
            };
            let since = t.say(match instead {
                Instead::Followed => "figures-since-followed",
                Instead::Released => "figures-since-released",
                Instead::Died => "figures-since-died",
                Instead::InError => "figures-since-in-error",
                Instead::Contact => "figures-since-contact",
            });
            t.with2(ended, "day", t.date(*on), "since", since)
        }
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

/// The curve whose days among those shown a correction changes; where it changes both, that of registration.
pub(super) fn curve_of(figures: &Figures, (_, why, _): &CorrectedLater) -> Curve {
    let days = figures.from..=figures.to;
    match why.changes_onsets(&days) && !why.changes_registrations(&days) {
        true => Curve::Onset,
        false => Curve::Registration,
    }
}
