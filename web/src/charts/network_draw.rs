//! Draws a network: rings where it is wide, a tree on a phone.

use super::legend::legend;
use super::letters::{shorten, width, wrap};
use super::network::{Network, Node, Role};
use super::svg::{Sheet, Svg, number};
use super::tree::Place;

/// The longest label, in characters.
const LONGEST: usize = 24;
/// Of a person.
const RADIUS: f64 = 8.0;
/// Of the case in the middle.
const MIDDLE: f64 = 15.0;
/// From a person to the label.
const BESIDE: f64 = RADIUS + 5.0;
/// How wide the inner ring is, from the middle.
const RING: f64 = 78.0;
/// Nearer to the middle there is no room beside the label of the case.
const CLEAR: f64 = 68.0;
/// The room for a line between two rings.
const BETWEEN: f64 = 24.0;

/// A person with the label in lines.
struct Drawn<'a> {
    node: &'a Node,
    lines: Vec<String>,
    across: f64,
}

/// A contact of the case with all that lies behind.
struct Branch<'a> {
    places: &'a [Place],
    height: f64,
}

impl Network {
    fn drawn(&self, place: &Place, sheet: &Sheet, room: f64) -> Drawn<'_> {
        let node = &self.nodes[place.node];
        let lines = wrap(&shorten(&node.label, LONGEST), sheet.font, room, 4);
        let across = lines
            .iter()
            .map(|l| width(l, sheet.font))
            .fold(0.0, f64::max);
        Drawn {
            node,
            lines,
            across,
        }
    }

    /// On a phone: from above, each person one row; gives the lower edge back.
    pub(super) fn draw_tree(&self, svg: &mut Svg, sheet: &Sheet, places: &[Place]) -> f64 {
        let left = |place: &Place| 10.0 + place.depth.min(5) as f64 * 24.0;
        let mut at = vec![(0.0, 0.0); self.nodes.len()];
        let mut rows = Vec::new();
        let mut top = 0.0;
        for place in places {
            let x = left(place);
            let drawn = self.drawn(place, sheet, sheet.width - x - BESIDE - 1.0);
            let height = (drawn.lines.len() as f64 * sheet.line() + 10.0).max(36.0);
            at[place.node] = (x, top + height / 2.0);
            rows.push(drawn);
            top += height;
        }
        for place in places {
            if let Some(parent) = place.parent {
                let ((x, y), (to, below)) = (at[parent], at[place.node]);
                let d = format!(
                    "M{} {}V{}H{}",
                    number(x),
                    number(y),
                    number(below),
                    number(to)
                );
                svg.tag("path").word("class", "d-join").word("d", &d).end();
            }
        }
        for (place, drawn) in places.iter().zip(&rows) {
            self.person(svg, sheet, drawn, at[place.node], 1.0);
        }
        top + 6.0
    }

    /// Rings around the case, stretched upwards as far as the labels need; gives the lower edge back.
    pub(super) fn draw_rings(&self, svg: &mut Svg, sheet: &Sheet, places: &[Place]) -> f64 {
        let Some((case, others)) = places.split_first() else {
            return 1.0;
        };
        let room = room(sheet, others);
        let branches: Vec<Branch> = others
            .chunk_by(|_, next| next.depth > 1)
            .map(|places| Branch {
                places,
                height: self.branch_height(sheet, places, room),
            })
            .collect();
        let case = self.drawn(case, sheet, 2.0 * (CLEAR - RADIUS - 8.0));
        let below_case = MIDDLE + 6.0 + case.lines.len() as f64 * sheet.line();
        let (left, right) = branches.split_at(halve(&branches));
        let tall = |side: &[Branch]| side.iter().map(|b| b.height).sum::<f64>();
        let height = tall(left).max(tall(right)).max(2.0 * below_case + 8.0);
        let middle = (sheet.width / 2.0, height / 2.0);
        let mut at = vec![middle; self.nodes.len()];
        for (side, branches) in [(-1.0, left), (1.0, right)] {
            // What is left over is shared out.
            let spare = (height - tall(branches)) / branches.len().max(1) as f64;
            let mut top = 0.0;
            for branch in branches {
                let block = branch.height + spare;
                let y = top + block / 2.0;
                let x = ring(y - middle.1, height / 2.0, below_case);
                self.place(sheet, branch, room, (middle.0, side), (x, y), &mut at);
                top += block;
            }
        }
        self.joins(svg, sheet, places, room, &at);
        self.case(svg, sheet, &case, middle);
        for (side, branches) in [(-1.0, left), (1.0, right)] {
            for place in branches.iter().flat_map(|b| b.places) {
                let drawn = self.drawn(place, sheet, room);
                self.person(svg, sheet, &drawn, at[place.node], side);
            }
        }
        height + 8.0
    }

    fn row_height(&self, sheet: &Sheet, place: &Place, room: f64) -> f64 {
        let lines = self.drawn(place, sheet, room).lines.len();
        (lines as f64 * sheet.line() + 8.0).max(32.0)
    }

    fn branch_height(&self, sheet: &Sheet, places: &[Place], room: f64) -> f64 {
        let mut rows = places.iter().map(|p| self.row_height(sheet, p, room));
        let first = rows.next().unwrap_or(0.0);
        first.max(rows.sum())
    }

    /// Puts a branch where it belongs: the contact on the inner ring, those behind one below the other on the outer.
    fn place(
        &self,
        sheet: &Sheet,
        branch: &Branch,
        room: f64,
        (middle, side): (f64, f64),
        (x, y): (f64, f64),
        at: &mut [(f64, f64)],
    ) {
        let Some((contact, behind)) = branch.places.split_first() else {
            return;
        };
        at[contact.node] = (middle + side * x, y);
        let outer = x + BESIDE + room + BETWEEN + RADIUS;
        let rows: Vec<f64> = behind
            .iter()
            .map(|p| self.row_height(sheet, p, room))
            .collect();
        let mut top = y - rows.iter().sum::<f64>() / 2.0;
        for (place, row) in behind.iter().zip(rows) {
            at[place.node] = (middle + side * outer, top + row / 2.0);
            top += row;
        }
    }

    /// The lines, below everything else.
    fn joins(&self, svg: &mut Svg, sheet: &Sheet, places: &[Place], room: f64, at: &[(f64, f64)]) {
        let mut shown = Vec::new();
        for place in places {
            let Some(parent) = place.parent else { continue };
            let ((x, y), (to, below)) = (at[parent], at[place.node]);
            if place.depth == 1 {
                svg.line("d-join", (x, y), (to, below));
            } else if place.depth == 2 {
                // From behind the label, so that no line runs through letters.
                let side = if to < x { -1.0 } else { 1.0 };
                let contact = places.iter().find(|p| p.node == parent);
                let across = contact.map_or(0.0, |p| self.drawn(p, sheet, room).across);
                let from = x + side * (BESIDE + across + 4.0);
                let near = to - side * BETWEEN;
                let bend = number(f64::midpoint(near, to));
                let d = format!(
                    "M{} {y}H{}C{bend} {y} {bend} {below} {} {below}",
                    number(from),
                    number(near),
                    number(to),
                    y = number(y),
                    below = number(below)
                );
                svg.tag("path").word("class", "d-join").word("d", &d).end();
            } else {
                // Stands below in the same ring.
                svg.line("d-join", (x, y), (to, below));
            }
            shown.push((parent, place.node));
        }
        for (a, b) in self.links.iter().copied() {
            if a >= at.len() || b >= at.len() || a == b {
                continue;
            }
            if !shown.contains(&(a, b)) && !shown.contains(&(b, a)) {
                svg.line("d-join d-aside", at[a], at[b]);
                shown.push((a, b));
            }
        }
    }

    /// The case in the middle, the label below it on a ground that covers the lines.
    fn case(&self, svg: &mut Svg, sheet: &Sheet, case: &Drawn, (x, y): (f64, f64)) {
        let top = y + MIDDLE + 3.0;
        let tall = case.lines.len() as f64 * sheet.line() + 2.0;
        let half = (case.across / 2.0 + 4.0).max(MIDDLE);
        let ground = svg.tag("rect").word("class", "d-plate").number("y", top);
        ground
            .number("x", x - half)
            .number("width", 2.0 * half)
            .number("height", tall)
            .end();
        self.open(svg, case.node);
        let hit = svg.tag("rect").word("class", "d-hit").number("x", x - half);
        hit.number("y", y - MIDDLE - 2.0)
            .number("width", 2.0 * half)
            .number("height", tall + 2.0 * MIDDLE + 5.0)
            .end();
        shape(svg, case.node.role, (x, y), MIDDLE);
        for (number, line) in case.lines.iter().enumerate() {
            let below = top + sheet.font + number as f64 * sheet.line();
            svg.words("d-name", "middle", (x, below), line);
        }
        svg.close();
    }

    /// A person with the label on the outer side.
    fn person(&self, svg: &mut Svg, sheet: &Sheet, drawn: &Drawn, at: (f64, f64), side: f64) {
        let (x, y) = at;
        let tall = (drawn.lines.len() as f64 * sheet.line() + 4.0).max(30.0);
        let across = BESIDE + drawn.across + RADIUS + 2.0;
        let left = if side < 0.0 {
            x + RADIUS + 1.0 - across
        } else {
            x - RADIUS - 1.0
        };
        self.open(svg, drawn.node);
        let hit = svg.tag("rect").word("class", "d-hit").number("x", left);
        hit.number("y", y - tall / 2.0)
            .number("width", across)
            .number("height", tall)
            .end();
        shape(svg, drawn.node.role, at, RADIUS);
        let first = y - (drawn.lines.len() - 1) as f64 * sheet.line() / 2.0 + sheet.font * 0.36;
        let anchor = if side < 0.0 { "end" } else { "start" };
        for (number, line) in drawn.lines.iter().enumerate() {
            let below = first + number as f64 * sheet.line();
            svg.words("d-name", anchor, (x + side * BESIDE, below), line);
        }
        svg.close();
    }

    /// Begins a link, or a group where there is no address; it is named by the whole label and the role.
    fn open(&self, svg: &mut Svg, node: &Node) {
        let name = match self.name_of(node.role) {
            Some(role) => format!("{} ({role})", node.label),
            None => node.label.clone(),
        };
        match node.address() {
            Some(address) => svg
                .tag("a")
                .word("href", address)
                .word("class", "d-link")
                .open(),
            None => svg.tag("g").open(),
        }
        svg.tag("title").text(&name);
    }

    /// What the shapes mean; gives the lower edge back.
    pub(super) fn legend(&self, svg: &mut Svg, sheet: &Sheet, top: f64) -> f64 {
        let named: Vec<(Role, &str)> = Role::ALL
            .into_iter()
            .filter(|role| self.nodes.iter().any(|n| n.role == *role))
            .filter_map(|role| Some((role, self.name_of(role)?)))
            .collect();
        let names: Vec<&str> = named.iter().map(|(_, name)| *name).collect();
        legend(svg, sheet, top, &names, |svg, index, at| {
            shape(svg, named[index].0, at, RADIUS);
        })
    }
}

/// How wide a label may be: where there are two rings, both share the room.
fn room(sheet: &Sheet, others: &[Place]) -> f64 {
    let side = sheet.width / 2.0 - RING - BESIDE - 2.0;
    if others.iter().any(|p| p.depth > 1) {
        (side - BETWEEN - RADIUS - BESIDE) / 2.0
    } else {
        side
    }
}

/// How many branches go to the left, so that both sides are about equally high.
fn halve(branches: &[Branch]) -> usize {
    let all: f64 = branches.iter().map(|b| b.height).sum();
    let mut left = 0.0;
    let mut best = (all, 0);
    for (index, branch) in branches.iter().enumerate() {
        left += branch.height;
        let higher = left.max(all - left);
        if higher < best.0 {
            best = (higher, index + 1);
        }
    }
    best.1
}

/// How far from the middle the inner ring is at a height: an ellipse, but never on the label of the case.
fn ring(y: f64, half: f64, below_case: f64) -> f64 {
    let up = (half * 1.12).max(170.0);
    let x = RING * (1.0 - (y / up).powi(2)).max(0.0).sqrt();
    if y > -2.0 * MIDDLE && y < below_case + 2.0 * RADIUS {
        x.max(CLEAR)
    } else {
        x
    }
}

/// A filled, an open, a double or a broken circle.
fn shape(svg: &mut Svg, role: Role, at: (f64, f64), r: f64) {
    match role {
        Role::Case => svg.circle("d-person d-full", at, r),
        Role::Contact => svg.circle("d-person", at, r),
        Role::FellIll => {
            svg.circle("d-person", at, r);
            svg.circle("d-person", at, r * 0.5);
        }
        Role::Elsewhere => svg.circle("d-person d-broken", at, r),
    }
}
