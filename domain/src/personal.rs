//! A wrapper for a person's data that says nothing when it is printed by accident.

use std::fmt;

/// A value that belongs to a person. `Debug` and `Display` say nothing of it; what must be shown is unwrapped on
/// purpose, with [`Personal::expose`].
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Personal(value)
    }

    /// The value, for showing it to somebody who may see it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl<T> fmt::Display for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_value_is_never_printed() {
        let name = Personal::new("Hanako");
        assert_eq!(format!("{name} {name:?}"), "[personal] [personal]");
        assert_eq!(*name.expose(), "Hanako");
    }
}
