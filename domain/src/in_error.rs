//! Why something that was written down is taken back as entered in error.

/// Why. The list is short on purpose: it is counted and read by others; words on it may stand beside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyInError {
    /// It is about somebody else.
    OtherPerson,
    /// The same was entered before.
    Twice,
    /// It is not true, or there is another reason.
    NotTrue,
}

impl WhyInError {
    /// All, in the order in which pages offer them.
    pub const ALL: [WhyInError; 3] = [
        WhyInError::OtherPerson,
        WhyInError::Twice,
        WhyInError::NotTrue,
    ];

    /// The word that is stored, and that forms send.
    pub const fn word(self) -> &'static str {
        match self {
            WhyInError::OtherPerson => "other_person",
            WhyInError::Twice => "twice",
            WhyInError::NotTrue => "not_true",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<WhyInError> {
        WhyInError::ALL.into_iter().find(|why| why.word() == word)
    }
}
