//! The figures of prefectures and centers, as sums of the centers below them.

use super::{FEW, Figure, percent, small_cells};
use crate::jurisdiction::Place;
use domain::ids::JurisdictionId;
use domain::staff_role::JurisdictionKind;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use storage::figures::CenterFigures;

/// The line of a prefecture or a center.
#[derive(Clone, Debug)]
pub struct PlaceLine {
    /// Its name.
    pub name: String,
    /// New cases within the days.
    pub new_cases: Figure,
    /// Who is followed now.
    pub open: Figure,
    /// Of those from whom reports are expected, in per cent, who reported today; none: nobody is expected.
    pub reported_percent: Option<i64>,
    path: String,
}

/// All places of which something is told.
pub(super) struct Lines {
    whole: PlaceLine,
    prefectures: Vec<PlaceLine>,
    centers: Vec<PlaceLine>,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    new_cases: i64,
    open: i64,
    expected: i64,
    reported: i64,
}

impl Sum {
    fn of(centers: &[(&Place, &CenterFigures)]) -> Sum {
        let sum = |of: fn(&CenterFigures) -> i64| centers.iter().map(|(_, c)| of(c)).sum();
        Sum {
            new_cases: sum(|c| c.new_cases),
            open: sum(|c| c.open),
            expected: sum(|c| c.expected),
            reported: sum(|c| c.reported),
        }
    }
}

/// The lines of the parts of a sum.
fn parts(parts: &[(&Place, Sum)], whole: &PlaceLine, few_are_left_out: bool) -> Vec<PlaceLine> {
    let tell = |of: fn(&Sum) -> i64, sum: Figure| -> Vec<Figure> {
        let counts: Vec<i64> = parts.iter().map(|(_, sum)| of(sum)).collect();
        if few_are_left_out {
            small_cells::told(&counts, sum != Figure::Few)
        } else {
            counts.into_iter().map(Figure::Exact).collect()
        }
    };
    let new_cases = tell(|sum| sum.new_cases, whole.new_cases);
    let open = tell(|sum| sum.open, whole.open);
    parts
        .iter()
        .zip(new_cases.into_iter().zip(open))
        .map(|((place, sum), (new_cases, open))| PlaceLine {
            name: place.name.clone(),
            new_cases,
            open,
            reported_percent: share(*sum, few_are_left_out),
            path: place.path.clone(),
        })
        .collect()
}

fn share(sum: Sum, few_are_left_out: bool) -> Option<i64> {
    percent(sum.reported, sum.expected).filter(|_| !few_are_left_out || sum.expected >= FEW)
}

fn by_name((one, _): &(&Place, Sum), (other, _): &(&Place, Sum)) -> Ordering {
    (&one.name, one.id).cmp(&(&other.name, other.id))
}

/// The lines of all centers and their prefectures below a place.
pub(super) fn lines(
    places: &[Place],
    top: &str,
    centers: &[CenterFigures],
    few_are_left_out: bool,
) -> Lines {
    let by_id: BTreeMap<JurisdictionId, &Place> =
        places.iter().map(|place| (place.id, place)).collect();
    let centers: Vec<(&Place, &CenterFigures)> = centers
        .iter()
        .filter_map(|center| {
            let id = JurisdictionId::from_uuid(center.center.uuid());
            Some((*by_id.get(&id)?, center))
        })
        .collect();
    let sum = Sum::of(&centers);
    let told = |count: i64| match count {
        n if few_are_left_out && (1..FEW).contains(&n) => Figure::Few,
        n => Figure::Exact(n),
    };
    let whole = PlaceLine {
        name: String::new(),
        new_cases: told(sum.new_cases),
        open: told(sum.open),
        reported_percent: share(sum, few_are_left_out),
        path: top.to_owned(),
    };
    let of_kind = |kind| places.iter().filter(move |place| place.kind == kind);
    let below = |above: &str| -> Vec<(&Place, &CenterFigures)> {
        let all = centers.iter().copied();
        all.filter(|(place, _)| place.path.starts_with(above))
            .collect()
    };
    let mut sums: Vec<(&Place, Sum)> = of_kind(JurisdictionKind::Prefecture)
        .map(|prefecture| (prefecture, below(&prefecture.path)))
        .filter(|(_, centers)| !centers.is_empty())
        .map(|(prefecture, centers)| (prefecture, Sum::of(&centers)))
        .collect();
    sums.sort_by(by_name);
    let prefectures = parts(&sums, &whole, few_are_left_out);
    let each = |above: &PlaceLine| {
        let mut own: Vec<(&Place, Sum)> = below(&above.path)
            .into_iter()
            .map(|center| (center.0, Sum::of(&[center])))
            .collect();
        own.sort_by(by_name);
        parts(&own, above, few_are_left_out)
    };
    let centers = if prefectures.is_empty() {
        each(&whole)
    } else {
        prefectures.iter().flat_map(each).collect()
    };
    Lines {
        whole,
        prefectures,
        centers,
    }
}

impl Lines {
    /// The line of a place; of one without anybody, zeros.
    pub(super) fn of(&self, path: &str) -> PlaceLine {
        std::iter::once(&self.whole)
            .chain(&self.prefectures)
            .chain(&self.centers)
            .find(|line| line.path == path)
            .cloned()
            .unwrap_or(PlaceLine {
                name: String::new(),
                new_cases: Figure::Exact(0),
                open: Figure::Exact(0),
                reported_percent: None,
                path: path.to_owned(),
            })
    }

    /// The prefectures below a place, where there are several.
    pub(super) fn prefectures_below(&self, path: &str) -> Vec<PlaceLine> {
        let found = below(&self.prefectures, path);
        if found.len() > 1 { found } else { Vec::new() }
    }

    /// The centers at or below a place.
    pub(super) fn centers_below(&self, path: &str) -> Vec<PlaceLine> {
        below(&self.centers, path)
    }
}

fn below(lines: &[PlaceLine], path: &str) -> Vec<PlaceLine> {
    let found = lines.iter().filter(|line| line.path.starts_with(path));
    found.cloned().collect()
}
