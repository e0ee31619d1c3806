//! What staff may do: a role for each kind of work, and one table of rights. Where somebody may do it is the
//! jurisdiction's business, not the role's.

use serde::{Deserialize, Serialize};

/// The kind of work of a staff member. The words are those of the field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// At the ministry: figures only, no persons.
    Analyst,
    /// At the prefecture: sees the persons of its health centers, and takes alerts that a center leaves.
    PrefectureOfficer,
    /// At a health center: everything, and the staff.
    Administrator,
    /// At a health center: follows the ill.
    Nurse,
    /// At a health center: registers and corrects, does not read health answers.
    Clerk,
    /// At a medical institution: notifies, and follows its own patients.
    MedicalInstitution,
    /// Outside firms that enter notifications: sees only what it entered, and no list.
    Contractor,
}

/// Something that a role may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Right {
    /// To be signed in at all: one's own account.
    SignedIn,
    /// To see lists of persons and who they are.
    SeePersons,
    /// To read health answers, alerts and notes.
    SeeHealth,
    /// To enter notifications, and to see what became of them.
    Notify,
    /// To register cases: singly, from a file, or by confirming a notification.
    Register,
    /// To issue certificates of isolation for the center.
    Certify,
    /// To correct who somebody is: name, phone, birthdate, passport number.
    CorrectPersons,
    /// To write down calls, notes and reports on behalf of somebody whom one treats or follows.
    Attend,
    /// To leave word for those who follow people that somebody has rung and asks to be called back. Nothing is read by it.
    TakeCalls,
    /// To follow somebody for the center: alerts, corrections of reports, monitoring status, releases.
    Follow,
    /// To say that a case is none, or that a contact did not fall ill: it ends following somebody and changes figures, so
    /// it is for who both registers and follows.
    TakeCasesBack,
    /// To offer, accept and refuse transfers.
    Transfer,
    /// To look for people whom two centers of the own jurisdiction follow, and to tell both: for who is above both.
    CompareCenters,
    /// To do what is to be done about refused registrations and the like.
    DoTasks,
    /// To change the center's contact and settings.
    ManageCenter,
    /// To set the rules of the own place and all below it.
    SetRules,
    /// To invite staff, change their roles and reset their second factor.
    ManageStaff,
    /// To see figures without persons.
    SeeFigures,
    /// To search the audit log.
    SeeAudit,
    /// To take persons out as a file.
    Export,
    /// To set for how long records are kept, and to hold one for good reason.
    KeepRecords,
}

impl Right {
    /// All rights.
    pub const ALL: [Right; 21] = [
        Right::SignedIn,
        Right::SeePersons,
        Right::SeeHealth,
        Right::Notify,
        Right::Register,
        Right::Certify,
        Right::CorrectPersons,
        Right::Attend,
        Right::TakeCalls,
        Right::Follow,
        Right::TakeCasesBack,
        Right::Transfer,
        Right::CompareCenters,
        Right::DoTasks,
        Right::ManageCenter,
        Right::SetRules,
        Right::ManageStaff,
        Right::SeeFigures,
        Right::SeeAudit,
        Right::Export,
        Right::KeepRecords,
    ];
}

/// The kinds of places in the tree of jurisdictions, from its root to its leaves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JurisdictionKind {
    /// The root.
    Nation,
    /// Below the nation.
    Prefecture,
    /// Below a prefecture.
    HealthCenter,
    /// Below a health center.
    MedicalInstitution,
}

impl JurisdictionKind {
    /// All kinds, from the root down.
    pub const ALL: [JurisdictionKind; 4] = [
        JurisdictionKind::Nation,
        JurisdictionKind::Prefecture,
        JurisdictionKind::HealthCenter,
        JurisdictionKind::MedicalInstitution,
    ];

    /// The word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            JurisdictionKind::Nation => "nation",
            JurisdictionKind::Prefecture => "prefecture",
            JurisdictionKind::HealthCenter => "health_center",
            JurisdictionKind::MedicalInstitution => "medical_institution",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<JurisdictionKind> {
        JurisdictionKind::ALL.into_iter().find(|k| k.word() == word)
    }
}

impl StaffRole {
    /// All roles.
    pub const ALL: [StaffRole; 7] = [
        StaffRole::Analyst,
        StaffRole::PrefectureOfficer,
        StaffRole::Administrator,
        StaffRole::Nurse,
        StaffRole::Clerk,
        StaffRole::MedicalInstitution,
        StaffRole::Contractor,
    ];

    /// The word that is stored, and that commands take.
    pub const fn word(self) -> &'static str {
        match self {
            StaffRole::Analyst => "analyst",
            StaffRole::PrefectureOfficer => "prefecture_officer",
            StaffRole::Administrator => "administrator",
            StaffRole::Nurse => "nurse",
            StaffRole::Clerk => "clerk",
            StaffRole::MedicalInstitution => "medical_institution",
            StaffRole::Contractor => "contractor",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<StaffRole> {
        StaffRole::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Where in the tree somebody with this role belongs.
    pub const fn belongs_at(self) -> JurisdictionKind {
        match self {
            StaffRole::Analyst => JurisdictionKind::Nation,
            StaffRole::PrefectureOfficer => JurisdictionKind::Prefecture,
            StaffRole::Administrator
            | StaffRole::Nurse
            | StaffRole::Clerk
            | StaffRole::Contractor => JurisdictionKind::HealthCenter,
            StaffRole::MedicalInstitution => JurisdictionKind::MedicalInstitution,
        }
    }

    /// The rights of the role: the one table. A clerk does not read health answers and a contractor does not list,
    /// as the field-by-field tables of prefectures had it.
    pub const fn rights(self) -> &'static [Right] {
        use Right::*;
        match self {
            StaffRole::Analyst => &[SignedIn, SeeFigures],
            StaffRole::PrefectureOfficer => &[
                SignedIn,
                SeePersons,
                SeeHealth,
                Attend,
                Follow,
                CompareCenters,
                SetRules,
                ManageStaff,
                SeeFigures,
                SeeAudit,
                KeepRecords,
            ],
            StaffRole::Administrator => &[
                SignedIn,
                SeePersons,
                SeeHealth,
                Notify,
                Register,
                Certify,
                CorrectPersons,
                Attend,
                TakeCalls,
                Follow,
                TakeCasesBack,
                Transfer,
                DoTasks,
                ManageCenter,
                SetRules,
                ManageStaff,
                SeeFigures,
                SeeAudit,
                Export,
                KeepRecords,
            ],
            StaffRole::Nurse => &[
                SignedIn,
                SeePersons,
                SeeHealth,
                Notify,
                Register,
                Certify,
                CorrectPersons,
                Attend,
                TakeCalls,
                Follow,
                TakeCasesBack,
                Transfer,
                DoTasks,
                SeeFigures,
            ],
            StaffRole::Clerk => &[
                SignedIn,
                SeePersons,
                Notify,
                Register,
                Certify,
                CorrectPersons,
                TakeCalls,
                DoTasks,
                SeeFigures,
            ],
            StaffRole::MedicalInstitution => &[SignedIn, SeePersons, SeeHealth, Notify, Attend],
            StaffRole::Contractor => &[SignedIn, Notify],
        }
    }

    /// Whether the role may do something.
    pub fn may(self, right: Right) -> bool {
        self.rights().contains(&right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line for each role and each right, to be laid beside the rules of a health authority.
    #[test]
    fn who_may_do_what() {
        #[rustfmt::skip]
        let table: [(StaffRole, &str); 7] = [
            //                            signed persons health notify register certify correct attend calls follow takeback transfer compare tasks center rules staff figures audit export keep
            (StaffRole::Analyst,            "x . . . . . . . . . . . . . . . . x . . ."),
            (StaffRole::PrefectureOfficer,  "x x x . . . . x . x . . x . . x x x x . x"),
            (StaffRole::Administrator,      "x x x x x x x x x x x x . x x x x x x x x"),
            (StaffRole::Nurse,              "x x x x x x x x x x x x . x . . . x . . ."),
            (StaffRole::Clerk,              "x x . x x x x . x . . . . x . . . x . . ."),
            (StaffRole::MedicalInstitution, "x x x x . . . x . . . . . . . . . . . . ."),
            (StaffRole::Contractor,         "x . . x . . . . . . . . . . . . . . . . ."),
        ];
        for (role, marks) in table {
            let may: Vec<&str> = Right::ALL
                .iter()
                .map(|right| if role.may(*right) { "x" } else { "." })
                .collect();
            assert_eq!(may.join(" "), marks, "{role:?}");
        }
    }

    #[test]
    fn stored_words_read_back() {
        for role in StaffRole::ALL {
            assert_eq!(StaffRole::parse(role.word()), Some(role));
        }
        for kind in JurisdictionKind::ALL {
            assert_eq!(JurisdictionKind::parse(kind.word()), Some(kind));
        }
        assert_eq!(StaffRole::parse("king"), None);
    }
}
