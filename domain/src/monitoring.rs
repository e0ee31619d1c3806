//! Following a case: where the person is, and whether the case is open.

use serde::{Deserialize, Serialize};

/// Where a person is, as HER-SYS counted it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonitoringStatus {
    /// Ill at home.
    #[default]
    Home,
    /// In a hotel or another place for isolation.
    Hotel,
    /// In hospital.
    Hospital,
    /// Released.
    Released,
    /// Died.
    Died,
    /// Nobody knows.
    Unknown,
    /// Nowhere: the case was registered in error, and there is nobody to be followed by it.
    InError,
}

impl MonitoringStatus {
    /// All, in the order in which pages list them.
    pub const ALL: [MonitoringStatus; 7] = [
        MonitoringStatus::Home,
        MonitoringStatus::Hotel,
        MonitoringStatus::Hospital,
        MonitoringStatus::Released,
        MonitoringStatus::Died,
        MonitoringStatus::Unknown,
        MonitoringStatus::InError,
    ];

    /// The word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            MonitoringStatus::Home => "home",
            MonitoringStatus::Hotel => "hotel",
            MonitoringStatus::Hospital => "hospital",
            MonitoringStatus::Released => "released",
            MonitoringStatus::Died => "died",
            MonitoringStatus::Unknown => "unknown",
            MonitoringStatus::InError => "in_error",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<MonitoringStatus> {
        MonitoringStatus::ALL
            .into_iter()
            .find(|status| status.word() == word)
    }

    /// Whether the person is followed: everybody who is neither released nor dead, and is ill or a contact at all. Somebody
    /// of whom nobody knows where they are is followed all the more.
    pub const fn is_open(self) -> bool {
        !matches!(
            self,
            MonitoringStatus::Released | MonitoringStatus::Died | MonitoringStatus::InError
        )
    }

    /// Whether somebody can choose it for a person. That a case was registered in error is no place where anybody is: it is
    /// said on a page of its own, with what follows from it.
    pub const fn is_chosen(self) -> bool {
        !matches!(self, MonitoringStatus::InError)
    }

    /// Whether reports are expected: in hospital others look after the person.
    pub const fn expects_reports(self) -> bool {
        self.is_open() && !matches!(self, MonitoringStatus::Hospital)
    }
}

/// What came of trying to reach a person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactOutcome {
    /// Somebody spoke with the person.
    Reached,
    /// Somebody spoke with a relative or another person who is with them.
    ReachedOther,
    /// Nobody answered.
    NoAnswer,
    /// A message was left.
    MessageLeft,
    /// The number is not the person's.
    WrongNumber,
    /// Somebody went there.
    Visited,
    /// An ambulance was called.
    Ambulance,
    /// The person, or somebody for them, rang the center and asks to be called back.
    AskedBack,
    /// A note only; nobody was called.
    Note,
}

impl ContactOutcome {
    /// All, in the order in which pages list them.
    pub const ALL: [ContactOutcome; 9] = [
        ContactOutcome::Reached,
        ContactOutcome::ReachedOther,
        ContactOutcome::NoAnswer,
        ContactOutcome::MessageLeft,
        ContactOutcome::WrongNumber,
        ContactOutcome::Visited,
        ContactOutcome::Ambulance,
        ContactOutcome::AskedBack,
        ContactOutcome::Note,
    ];

    /// The word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            ContactOutcome::Reached => "reached",
            ContactOutcome::ReachedOther => "reached_other",
            ContactOutcome::NoAnswer => "no_answer",
            ContactOutcome::MessageLeft => "message_left",
            ContactOutcome::WrongNumber => "wrong_number",
            ContactOutcome::Visited => "visited",
            ContactOutcome::Ambulance => "ambulance",
            ContactOutcome::AskedBack => "asked_back",
            ContactOutcome::Note => "note",
        }
    }

    /// Whether somebody chooses it for what they did. That somebody asks to be called back is said on a form of its own, which
    /// makes a call due.
    pub const fn is_chosen(self) -> bool {
        !matches!(self, ContactOutcome::AskedBack)
    }

    /// Whether it was tried and nobody who could tell how the person is was reached.
    pub const fn reached_nobody(self) -> bool {
        matches!(
            self,
            ContactOutcome::NoAnswer | ContactOutcome::MessageLeft | ContactOutcome::WrongNumber
        )
    }

    /// Whether somebody who could tell how the person is was reached by it, or rang.
    pub const fn reached_somebody(self) -> bool {
        !self.reached_nobody() && !matches!(self, ContactOutcome::Note)
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<ContactOutcome> {
        ContactOutcome::ALL.into_iter().find(|o| o.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_followed() {
        #[rustfmt::skip]
        let table = [
            (MonitoringStatus::Home,     true,  true),
            (MonitoringStatus::Hotel,    true,  true),
            (MonitoringStatus::Hospital, true,  false),
            (MonitoringStatus::Released, false, false),
            (MonitoringStatus::Died,     false, false),
            (MonitoringStatus::Unknown,  true,  true),
            (MonitoringStatus::InError,  false, false),
        ];
        for (status, open, reports) in table {
            assert_eq!(status.is_open(), open);
            assert_eq!(status.expects_reports(), reports);
            assert_eq!(MonitoringStatus::parse(status.word()), Some(status));
        }
    }

    #[test]
    fn outcomes_read_back() {
        for outcome in ContactOutcome::ALL {
            assert_eq!(ContactOutcome::parse(outcome.word()), Some(outcome));
        }
    }
}
