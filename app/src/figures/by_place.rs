//! The figures of prefectures and centers, as sums of the centers below them.

use super::waits::Waits;
use super::{ENOUGH, Figure, Health, Told, percent, small_cells, told};
use crate::jurisdiction::Place;
use domain::ids::{HealthCenterId, JurisdictionId};
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
    /// What is told of their health; none: the reader may not read it.
    pub health: Option<Health>,
    path: String,
}

impl PlaceLine {
    /// Of those from whom reports are expected, in per cent, who reported today.
    pub(super) fn reported_percent(&self) -> Option<i64> {
        self.health.and_then(|health| health.reported_percent)
    }
}

/// All places of which something is told.
pub(super) struct Lines {
    whole: PlaceLine,
    prefectures: Vec<PlaceLine>,
    centers: Vec<PlaceLine>,
    reader: Told,
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

/// The line of a place.
fn line(place: &Place, sum: Sum, reader: Told) -> PlaceLine {
    named(place.name.clone(), &place.path, sum, reader)
}

fn named(name: String, path: &str, sum: Sum, reader: Told) -> PlaceLine {
    let few_are_left_out = reader == Told::Rounded;
    PlaceLine {
        name,
        new_cases: told(sum.new_cases, few_are_left_out),
        open: told(sum.open, few_are_left_out),
        health: reader.health(|| Health {
            reported_percent: share((sum.reported, sum.expected), few_are_left_out),
            minutes_to_taken: None,
        }),
        path: path.to_owned(),
    }
}

/// Who reported of those from whom it is expected, in per cent.
pub(super) fn share((reported, expected): (i64, i64), few_are_left_out: bool) -> Option<i64> {
    if few_are_left_out {
        small_cells::share(reported, expected)
    } else {
        percent(reported, expected)
    }
}

fn by_name((one, _): &(&Place, Sum), (other, _): &(&Place, Sum)) -> Ordering {
    (&one.name, one.id).cmp(&(&other.name, other.id))
}

/// The lines of all centers and their prefectures below a place.
pub(super) fn lines(
    places: &[Place],
    top: &str,
    (centers, waits): (&[CenterFigures], &BTreeMap<HealthCenterId, Waits>),
    reader: Told,
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
    let whole = named(String::new(), top, sum, reader);
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
    let mut prefectures: Vec<PlaceLine> = sums
        .iter()
        .map(|(place, sum)| line(place, *sum, reader))
        .collect();
    let each = |above: &PlaceLine| -> Vec<PlaceLine> {
        let mut own: Vec<(&Place, Sum)> = below(&above.path)
            .into_iter()
            .map(|center| (center.0, Sum::of(&[center])))
            .collect();
        own.sort_by(by_name);
        own.iter()
            .map(|(place, sum)| line(place, *sum, reader))
            .collect()
    };
    let mut of_centers: Vec<PlaceLine> = if prefectures.is_empty() {
        each(&whole)
    } else {
        prefectures.iter().flat_map(each).collect()
    };
    for line in prefectures.iter_mut().chain(&mut of_centers) {
        let mut all = Waits::default();
        for (_, center) in below(&line.path) {
            if let Some(own) = waits.get(&center.center) {
                all.add(own);
            }
        }
        if let Some(health) = &mut line.health {
            let least = if reader == Told::Rounded { ENOUGH } else { 1 };
            health.minutes_to_taken = all.half_and_nine_tenths(least);
        }
    }
    Lines {
        whole,
        prefectures,
        centers: of_centers,
        reader,
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
            .unwrap_or_else(|| named(String::new(), path, Sum::default(), self.reader))
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
