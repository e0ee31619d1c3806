use super::super::check::{Drawing, drawings, no_overlap};
use super::*;

const HOUR: f64 = 3600.0;
const START: f64 = 1_765_000_000.0;

fn point(hours: f64, y: f64, source: Source) -> Point {
    Point {
        x: START + hours * HOUR,
        y,
        label: format!("{y}"),
        source,
    }
}

fn lines(temperature: Vec<Point>, spo2: Vec<Point>, days: u32) -> Lines {
    let tick = |day| {
        let name = format!("12月{}日", day + 1);
        (START + f64::from(day) * 24.0 * HOUR, name)
    };
    Lines {
        id: "course".to_owned(),
        title: "体温と酸素飽和度".to_owned(),
        description: "最高 38.4 °C。".to_owned(),
        panels: vec![
            Panel::temperature(
                "体温（°C）",
                temperature,
                vec![(37.5, "37.5 °C".to_owned())],
            ),
            Panel::spo2("酸素飽和度（%）", spo2, vec![(93.0, "93 %".to_owned())]),
        ],
        ticks: (0..days).map(tick).collect(),
        names: vec![
            (Source::ByPerson, "本人・家族の入力".to_owned()),
            (Source::ByStaff, "職員の入力".to_owned()),
            (Source::Corrected, "訂正後".to_owned()),
            (Source::MarkedWrong, "誤りとされた値".to_owned()),
        ],
    }
}

fn has(drawing: &Drawing, text: &str) -> bool {
    drawing.texts.iter().any(|t| t.text == text)
}

#[test]
fn a_gap_of_more_than_36_hours_breaks_the_line() {
    let at = |hours: &[f64]| {
        hours
            .iter()
            .map(|h| point(*h, 37.0, Source::ByPerson))
            .collect()
    };
    let parts = |hours: &[f64]| {
        let chart = lines(at(hours), Vec::new(), 5).svg();
        drawings(&chart)[0].count("polyline", "d-line")
    };
    assert_eq!(parts(&[0.0, 36.0, 72.0]), 1);
    assert_eq!(parts(&[0.0, 12.0, 48.1, 60.0]), 2);
    // In any order.
    assert_eq!(parts(&[60.0, 0.0, 48.1, 12.0]), 2);
    // A lonely point has no line.
    assert_eq!(parts(&[0.0, 12.0, 60.0]), 1);
}

#[test]
fn every_source_has_a_shape_and_a_name() {
    let sources = Source::ALL.into_iter().enumerate();
    let points = sources
        .map(|(i, s)| point(i as f64 * 12.0, 38.0, s))
        .collect();
    for drawing in drawings(&lines(points, Vec::new(), 3).svg()) {
        no_overlap(&drawing);
        // Once in the panel, once in the legend.
        assert_eq!(drawing.count("circle", "d-point"), 2);
        assert_eq!(drawing.count("rect", "d-point"), 2);
        assert_eq!(drawing.count("path", "d-full"), 2);
        assert_eq!(drawing.count("path", "d-wrong"), 2);
        assert!(has(&drawing, "職員の入力"));
        assert!(has(&drawing, "37.5 °C") && has(&drawing, "93 %"));
    }
    let only = vec![point(0.0, 36.5, Source::ByStaff)];
    let chart = drawings(&lines(only, Vec::new(), 3).svg());
    assert!(!has(&chart[0], "訂正後"));
}

#[test]
fn a_wrong_value_stretches_no_axis() {
    let points = vec![
        point(0.0, 36.5, Source::ByPerson),
        point(12.0, 365.0, Source::MarkedWrong),
    ];
    let chart = lines(points, vec![point(0.0, 71.0, Source::ByStaff)], 2);
    assert_eq!(chart.panels[0].axis(), (35.0, 40.0, 1.0));
    assert_eq!(chart.panels[1].axis(), (70.0, 100.0, 10.0));
    for drawing in drawings(&chart.svg()) {
        no_overlap(&drawing);
        // The cross at the edge, the hook, the cross of the legend.
        assert_eq!(drawing.count("path", "d-wrong"), 3);
    }
}

#[test]
fn nothing_single_equal_and_nonsense() {
    for days in [0, 1, 2, 10, 45, 366] {
        for count in [0, 1, 2, 40, 400] {
            let some = |y: f64| -> Vec<Point> {
                let hours = |i| f64::from(i) * f64::from(days) * 24.0 / f64::from(count);
                (0..count)
                    .map(|i| point(hours(i), y, Source::ByPerson))
                    .collect()
            };
            drawings(&lines(some(37.0), some(96.0), days).svg())
                .iter()
                .for_each(no_overlap);
        }
    }
    for nonsense in [f64::NAN, f64::INFINITY, 1e300, -1e300, 0.0] {
        let mut points = vec![
            point(0.0, nonsense, Source::ByPerson),
            point(3.0, 37.0, Source::ByStaff),
        ];
        points[1].x = nonsense;
        drawings(&lines(points, Vec::new(), 2).svg());
    }
}

#[test]
fn thresholds_close_to_each_other() {
    let mut chart = lines(Vec::new(), Vec::new(), 9);
    chart.panels[0].thresholds = vec![
        (37.5, "37.5 °C".to_owned()),
        (37.6, "37.6 °C".to_owned()),
        (37.4, "37.4 °C".to_owned()),
        (35.0, "35 °C".to_owned()),
    ];
    drawings(&chart.svg()).iter().for_each(no_overlap);
}

#[test]
fn what_is_hostile_stays_text() {
    let evil = "</svg><script>alert('1')</script>\"&".to_owned();
    let mut chart = lines(vec![point(0.0, 37.0, Source::ByPerson)], Vec::new(), 1);
    chart.id.clone_from(&evil);
    chart.title.clone_from(&evil);
    chart.description.clone_from(&evil);
    chart.panels[0].title.clone_from(&evil);
    chart.panels[0].points[0].label.clone_from(&evil);
    chart.panels[0].thresholds[0].1.clone_from(&evil);
    chart.ticks[0].1.clone_from(&evil);
    chart.names[0].1.clone_from(&evil);
    assert!(!chart.svg().contains("<script"));
    drawings(&chart.svg()).iter().for_each(no_overlap);
}
