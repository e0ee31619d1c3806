//! Why something that was written down is taken back as entered in error, and why a case is none.

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

/// Why a case is none that was registered. A person who was registered twice is none of these: two records become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyNoCase {
    /// It was registered for the wrong person.
    OtherPerson,
    /// The laboratory or the medical institution took the result back.
    ResultTakenBack,
    /// Somebody tried something out.
    Test,
    /// Another reason, which is written beside it.
    Other,
}

impl WhyNoCase {
    /// All, in the order in which pages offer them.
    pub const ALL: [WhyNoCase; 4] = [
        WhyNoCase::OtherPerson,
        WhyNoCase::ResultTakenBack,
        WhyNoCase::Test,
        WhyNoCase::Other,
    ];

    /// The word that is stored, and that forms send.
    pub const fn word(self) -> &'static str {
        match self {
            WhyNoCase::OtherPerson => "other_person",
            WhyNoCase::ResultTakenBack => "result_taken_back",
            WhyNoCase::Test => "test",
            WhyNoCase::Other => "other",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<WhyNoCase> {
        WhyNoCase::ALL.into_iter().find(|why| why.word() == word)
    }

    /// Whether it says nothing without words beside it.
    pub const fn needs_words(self) -> bool {
        matches!(self, WhyNoCase::Other)
    }
}
