//! From who met whom to an order in which to draw: the case first, behind each person those met through that person.

use std::collections::VecDeque;

/// A person in the order of drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Which node.
    pub(super) node: usize,
    /// Through whom; none for the case, and for those whom no link reaches.
    pub(super) parent: Option<usize>,
    /// 0 for the case, 1 for its contacts, and so on.
    pub(super) depth: usize,
}

/// All nodes, each directly or indirectly behind the one through which the shortest way from node 0 goes. Links that
/// lead nowhere or to themselves are passed over.
pub(super) fn order(count: usize, links: &[(usize, usize)]) -> Vec<Place> {
    let mut near = vec![Vec::new(); count];
    for (a, b) in links.iter().copied().filter(|(a, b)| a != b) {
        if a < count && b < count {
            near[a].push(b);
            near[b].push(a);
        }
    }
    let mut seen = vec![false; count];
    let mut children = vec![Vec::new(); count];
    let mut starts = Vec::new();
    for start in 0..count {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        starts.push(start);
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for &next in &near[node] {
                if !seen[next] {
                    seen[next] = true;
                    children[node].push(next);
                    queue.push_back(next);
                }
            }
        }
    }
    // Whom no link reaches stands among the contacts, without a line.
    let mut rest: Vec<Place> = starts
        .iter()
        .rev()
        .map(|&node| Place {
            node,
            parent: None,
            depth: usize::from(node != 0),
        })
        .collect();
    let mut places = Vec::new();
    while let Some(place) = rest.pop() {
        for &child in children[place.node].iter().rev() {
            rest.push(Place {
                node: child,
                parent: Some(place.node),
                depth: place.depth + 1,
            });
        }
        places.push(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depths(count: usize, links: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let places = order(count, links);
        places.iter().map(|p| (p.node, p.depth)).collect()
    }

    #[test]
    fn the_case_comes_first_and_branches_stay_together() {
        let links = [(0, 1), (0, 2), (1, 3), (2, 4), (1, 5)];
        assert_eq!(
            depths(6, &links),
            [(0, 0), (1, 1), (3, 2), (5, 2), (2, 1), (4, 2)]
        );
    }

    #[test]
    fn circles_and_nonsense_end() {
        let links = [(0, 1), (1, 2), (2, 0), (1, 1), (0, 9), (1, 0), (2, 1)];
        assert_eq!(depths(4, &links), [(0, 0), (1, 1), (2, 1), (3, 1)]);
        assert!(order(4, &links)[3].parent.is_none());
        assert!(order(0, &links).is_empty());
    }
}
