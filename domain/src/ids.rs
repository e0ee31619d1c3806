//! Ids of everything that has one: a type for each, so that two of them cannot change places.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID as this kind of id.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                $name(uuid)
            }

            /// The UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    )*};
}

ids! {
    /// An account: an e-mail address and a password that a family shares.
    AccountId,
    /// A person whom a health center has registered.
    PersonId,
    /// One illness of a person, or one contact.
    CaseId,
    /// A health center.
    HealthCenterId,
    /// A staff member.
    StaffId,
    /// A status report; also the key that makes a repeated form one report.
    ReportId,
    /// A signed-in browser.
    SessionId,
    /// Something that somebody must look at.
    TaskId,
    /// A dated questionnaire.
    QuestionnaireId,
    /// A message in the outbox.
    MessageId,
    /// A walk through an e-mailed code.
    FlowId,
    /// A page that is kept to be read again.
    KeptPageId,
    /// An e-mailed code.
    CodeId,
    /// A place in the tree: nation, prefecture, health center, medical institution.
    JurisdictionId,
    /// An alert that somebody must take.
    AlertId,
    /// A call, a visit or a note.
    ContactId,
    /// The offer of a case to another center.
    TransferId,
    /// A written request to report; also the key that makes a repeated form one request.
    RequestId,
    /// A certificate of isolation; also the key that makes a repeated form one certificate.
    CertificateId,
    /// A physician's notification; also the key that makes a repeated form one notification.
    NotificationId,
}
