//! A case and its close contacts: who met whom.

use super::svg::{Head, both};
use super::tree::order;

/// What a person is in the network: told by the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A case: a filled circle.
    Case,
    /// A close contact: an open circle.
    Contact,
    /// A close contact who fell ill: a double circle.
    FellIll,
    /// Somebody whom another center follows: a broken circle.
    Elsewhere,
}

impl Role {
    /// All, in the order of the legend.
    pub(super) const ALL: [Role; 4] = [Role::Case, Role::Contact, Role::FellIll, Role::Elsewhere];
}

/// A person.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// The name or number; after 24 characters an ellipsis.
    pub(crate) label: String,
    /// What the person is.
    pub(crate) role: Role,
    /// Where a click leads: a path on this server; nothing else becomes a link.
    pub(crate) href: Option<String>,
}

impl Node {
    /// The address, if it leads nowhere but to this server.
    pub(super) fn address(&self) -> Option<&str> {
        let address = self.href.as_deref()?;
        let own = address.starts_with('/') && !address[1..].starts_with(['/', '\\']);
        (own && !address.contains(char::is_control)).then_some(address)
    }
}

/// A case in the middle, its close contacts around it, theirs around them. On a phone a tree from above. The list beside
/// it tells the same; links between contacts that are not on the shortest way are drawn only where it is wide.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    /// Unique on the page.
    pub(crate) id: String,
    /// What is drawn.
    pub(crate) title: String,
    /// The gist, for who does not see it.
    pub(crate) description: String,
    /// The first is the case in the middle. Made for up to 40; more make it higher.
    pub(crate) nodes: Vec<Node>,
    /// Who met whom, by the place in `nodes`.
    pub(crate) links: Vec<(usize, usize)>,
    /// What each role is called; only those that occur are written.
    pub(crate) names: Vec<(Role, String)>,
}

impl Network {
    /// Both drawings.
    pub(crate) fn svg(&self) -> String {
        let head = Head {
            id: &self.id,
            title: &self.title,
            description: &self.description,
            // A screen reader does not enter an img, but here are links.
            role: "group",
        };
        let places = order(self.nodes.len(), &self.links);
        both(&head, |svg, sheet| {
            let below = if sheet.is_narrow() {
                self.draw_tree(svg, sheet, &places)
            } else {
                self.draw_rings(svg, sheet, &places)
            };
            self.legend(svg, sheet, below)
        })
    }

    /// What a role is called.
    pub(super) fn name_of(&self, role: Role) -> Option<&str> {
        let found = self.names.iter().find(|(r, _)| *r == role);
        found.map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
#[path = "network_test.rs"]
mod tests;
