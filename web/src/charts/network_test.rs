use super::super::check::{Drawing, Text, drawings, no_overlap};
use super::*;

fn network(labels: &[&str], links: &[(usize, usize)]) -> Network {
    let roles = [Role::Contact, Role::FellIll, Role::Elsewhere];
    let node = |(index, label): (usize, &&str)| Node {
        label: (*label).to_owned(),
        role: if index == 0 {
            Role::Case
        } else {
            roles[index % 3]
        },
        href: Some(format!("/cases/{index}")),
    };
    Network {
        id: "net".to_owned(),
        title: "濃厚接触者".to_owned(),
        description: "濃厚接触者は3人。".to_owned(),
        nodes: labels.iter().enumerate().map(node).collect(),
        links: links.to_vec(),
        names: vec![
            (Role::Case, "患者".to_owned()),
            (Role::Contact, "濃厚接触者".to_owned()),
            (Role::FellIll, "発症した濃厚接触者".to_owned()),
            (Role::Elsewhere, "他の保健所".to_owned()),
        ],
    }
}

/// The persons' circles: the middle and how far they reach. The inner of a double circle adds nothing.
fn circles(drawing: &Drawing) -> Vec<(f64, f64, f64)> {
    let all = drawing.all("circle", "d-person");
    all.map(|e| (e.number("cx"), e.number("cy"), e.number("r")))
        .collect()
}

fn touches(text: &Text, (x, y, r): (f64, f64, f64)) -> bool {
    let across = (x - x.clamp(text.left, text.right)).abs();
    let up = (y - y.clamp(text.top, text.bottom)).abs();
    across.hypot(up) < r
}

fn check(network: &Network) {
    for drawing in drawings(&network.svg()) {
        no_overlap(&drawing);
        let circles = circles(&drawing);
        for (index, a) in circles.iter().enumerate() {
            let inside = a.0 - a.2 >= 0.0 && a.0 + a.2 <= drawing.width;
            assert!(inside && a.1 - a.2 >= 0.0 && a.1 + a.2 <= drawing.height);
            for b in &circles[index + 1..] {
                let apart = (a.0 - b.0).hypot(a.1 - b.1);
                assert!(apart < 0.1 || apart > a.2 + b.2, "{a:?} on {b:?}");
            }
            for text in &drawing.texts {
                assert!(!touches(text, *a), "{text:?} on {a:?}");
            }
        }
        assert_eq!(drawing.count("a", "d-link"), network.nodes.len());
        clear_lines(&drawing, &circles);
    }
}

/// No straight line of the network runs through a person to whom it does not lead.
fn clear_lines(drawing: &Drawing, circles: &[(f64, f64, f64)]) {
    for line in drawing
        .all("line", "d-join")
        .filter(|l| !l.has_class("d-aside"))
    {
        let (x1, y1) = (line.number("x1"), line.number("y1"));
        let (dx, dy) = (line.number("x2") - x1, line.number("y2") - y1);
        for (x, y, r) in circles {
            let part = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy);
            let near = (x1 + part * dx - x).hypot(y1 + part * dy - y);
            assert!(
                !(0.01..0.99).contains(&part) || near > *r,
                "a line through ({x}, {y})"
            );
        }
    }
}

const LONG: &str = "東京都新宿区西新宿二丁目八番一号都庁第一本庁舎三十階北側";

#[test]
fn forty_in_one_ring() {
    let star: Vec<(usize, usize)> = (1..40).map(|i| (0, i)).collect();
    check(&network(&["接触者"; 40], &star));
    check(&network(&[LONG; 40], &star));
    check(&network(&["Maximilian Wolkenkratzer MMMMWWWW"; 40], &star));
}

#[test]
fn forty_in_two_rings() {
    for branches in 1..=20 {
        let link = |i| (if i <= branches { 0 } else { i % branches + 1 }, i);
        let links: Vec<(usize, usize)> = (1..40).map(link).collect();
        check(&network(&["接触者"; 40], &links));
        check(&network(&[LONG; 40], &links));
    }
}

#[test]
fn all_small_numbers() {
    for count in 1..16 {
        let star: Vec<(usize, usize)> = (1..count).map(|i| (0, i)).collect();
        check(&network(&vec![LONG; count], &star));
        let chain: Vec<(usize, usize)> = (1..count).map(|i| (i - 1, i)).collect();
        check(&network(&vec!["山田 太郎"; count], &chain));
    }
    drawings(&network(&[], &[(0, 1)]).svg());
}

#[test]
fn labels_end_after_24_characters() {
    let chart = network(&[LONG, "a"], &[(0, 1)]);
    for drawing in drawings(&chart.svg()) {
        let all: String = drawing.texts.iter().map(|t| t.text.as_str()).collect();
        let start: String = LONG.chars().take(23).collect();
        assert!(all.starts_with(&format!("{start}…")), "{all}");
    }
}

#[test]
fn other_links_are_drawn_aside() {
    let chart = network(
        &["a", "b", "c", "d"],
        &[(0, 1), (0, 2), (1, 2), (2, 1), (1, 7)],
    );
    let wide = &drawings(&chart.svg())[1];
    assert_eq!(wide.count("line", "d-join"), 3);
    assert_eq!(wide.count("line", "d-aside"), 1);
}

#[test]
fn what_is_hostile_stays_text() {
    let evil = "</svg><script>alert('1')</script>\"&";
    let mut chart = network(&[evil, evil, "c", "d", "e"], &[(0, 1), (0, 2), (0, 3)]);
    chart.id = evil.to_owned();
    chart.title = evil.to_owned();
    chart.nodes[1].href = Some("javascript:alert(1)".to_owned());
    chart.nodes[2].href = Some("//evil.example".to_owned());
    chart.nodes[3].href = Some("/\\evil.example".to_owned());
    chart.nodes[4].href = Some(format!("/cases?q={evil}"));
    assert!(!chart.svg().contains("<script") && !chart.svg().contains("javascript"));
    for drawing in drawings(&chart.svg()) {
        no_overlap(&drawing);
        assert_eq!(drawing.count("a", "d-link"), 2);
    }
}
