use super::super::check::{Drawing, drawings, no_overlap};
use super::*;

fn bars(series: usize, days: &[Vec<Count>]) -> Bars {
    Bars {
        id: "curve".to_owned(),
        title: "新規報告数".to_owned(),
        description: "多い日は12人。".to_owned(),
        unit: "人".to_owned(),
        series: (0..series).map(|i| format!("系列{i}")).collect(),
        days: days
            .iter()
            .enumerate()
            .map(|(i, values)| Day {
                short: format!("{}/{}", i / 30 + 1, i % 30 + 1),
                long: format!("{}月{}日", i / 30 + 1, i % 30 + 1),
                values: values.clone(),
            })
            .collect(),
        few: Few::than(5, "5人未満（人数は示さない）"),
    }
}

fn exact(numbers: &[u32]) -> Vec<Vec<Count>> {
    numbers.iter().map(|n| vec![Count::from(*n)]).collect()
}

/// How many rectangles the paths of a class have.
fn rectangles(drawing: &Drawing, class: &str) -> usize {
    drawing
        .all("path", class)
        .filter(|e| !e.has_class("d-top"))
        .map(|e| e.attributes["d"].matches('M').count())
        .sum()
}

#[test]
fn a_year_of_four_series() {
    let days: Vec<Vec<Count>> = (0..366u32)
        .map(|i| (0..4).map(|s| Count::from(i * (s + 1) % 23)).collect())
        .collect();
    let nonzero = |s: u32| {
        (0..366u32)
            .filter(|i| !(i * (s + 1)).is_multiple_of(23))
            .count()
    };
    for drawing in drawings(&bars(4, &days).svg()) {
        no_overlap(&drawing);
        for series in 0..4 {
            assert_eq!(
                rectangles(&drawing, &format!("d-s{series}")),
                nonzero(series)
            );
        }
        assert!(
            drawing
                .texts
                .iter()
                .filter(|t| t.text.contains('/'))
                .count()
                >= 4
        );
    }
}

#[test]
fn all_numbers_of_days_and_sizes_fit() {
    for count in [1, 2, 6, 7, 13, 14, 28, 31, 53, 90, 180, 365, 366] {
        for most in [0, 1, 4, 5, 99, 1000, 123_456, u32::MAX] {
            let numbers: Vec<u32> = (0..count).map(|i| most / (i % 3 + 1)).collect();
            drawings(&bars(1, &exact(&numbers)).svg())
                .iter()
                .for_each(no_overlap);
        }
    }
}

#[test]
fn nothing_zero_and_equal() {
    drawings(&bars(1, &[]).svg()).iter().for_each(no_overlap);
    drawings(&bars(0, &[vec![]]).svg())
        .iter()
        .for_each(no_overlap);
    for drawing in drawings(&bars(2, &vec![vec![Count::from(0); 2]; 14]).svg()) {
        no_overlap(&drawing);
        assert_eq!(rectangles(&drawing, "d-zero"), 14);
        assert_eq!(rectangles(&drawing, "d-s0"), 0);
    }
    for drawing in drawings(&bars(1, &exact(&[9; 14])).svg()) {
        assert_eq!(rectangles(&drawing, "d-zero"), 0);
        assert_eq!(rectangles(&drawing, "d-s0"), 14);
    }
}

#[test]
fn small_counts_are_empty_bars() {
    let mut days = exact(&[12, 30, 0, 8]);
    days[0][0] = Count::Few;
    days[2][0] = Count::Few;
    for drawing in drawings(&bars(1, &days).svg()) {
        no_overlap(&drawing);
        assert_eq!(rectangles(&drawing, "d-few"), 2);
        assert_eq!(drawing.texts.iter().filter(|t| t.text == "?").count(), 2);
        assert!(drawing.texts.iter().any(|t| t.text.starts_with("5人未満")));
    }
    for drawing in drawings(&bars(1, &vec![vec![Count::Few]; 366]).svg()) {
        no_overlap(&drawing);
        assert_eq!(
            rectangles(&drawing, "d-few"),
            1,
            "thin bars share an outline"
        );
        assert!(drawing.texts.iter().filter(|t| t.text == "?").count() > 5);
    }
}

#[test]
fn what_is_hostile_stays_text() {
    let evil = "</svg><script>alert('1')</script>\"&";
    let mut chart = bars(1, &exact(&[1, 2]));
    chart.id = format!("a{evil}");
    for text in [
        &mut chart.title,
        &mut chart.description,
        &mut chart.unit,
        &mut chart.series[0],
    ] {
        *text = evil.to_owned();
    }
    chart.days[0].short = evil.to_owned();
    chart.days[0].long = evil.to_owned();
    assert!(!chart.svg().contains("<script"));
    drawings(&chart.svg()).iter().for_each(no_overlap);
}
