//! Inviting many at once, for the first time or once more: whom it would reach, and whom it leaves out and why.

use super::{InvitePerson, InviteProblem, Message, Preview, Wave};
use crate::case_registration::CaseView;
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use domain::staff_role::Right;
use std::collections::{BTreeMap, BTreeSet};

/// What inviting many would do.
#[derive(Clone, Debug, Default)]
pub struct ManyPreview {
    /// How many would get a short message, and how many a mail.
    pub by: BTreeMap<&'static str, usize>,
    /// How many were sent a message already, and get no second one.
    pub had: usize,
    /// Who can be sent none, and why not by short message.
    pub cannot: Vec<(CaseId, InviteProblem)>,
    /// One message of each way and language, as its person would get it.
    pub samples: Vec<Preview>,
}

/// What came of inviting many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvitedMany {
    /// How many messages are on their way.
    pub sent: usize,
    /// How many people were sent a first message before, and get no second one.
    pub had: usize,
    /// Who was sent none, each with why not. Of a first message whoever has had one is none of them: they lack nothing.
    pub left: Vec<(CaseId, InviteProblem)>,
    /// How many are not in reach any more: another center follows them.
    pub gone: usize,
}

impl InvitedMany {
    /// How many messages are on their way, and to how many people none can be sent.
    pub fn counts(&self) -> (usize, usize) {
        (self.sent, self.left.len() + self.gone)
    }
}

impl Wave {
    /// The messages by which a number counts as dead. Whoever was chosen to be invited once more was chosen knowing of them: a phone
    /// that was off for days may be on again.
    fn looks_back(self, messages: &[Message]) -> &[Message] {
        match self {
            Wave::First => messages,
            Wave::Again => &[],
        }
    }
}

impl StaffDesk {
    /// A page of the console as its address is handed on: as it stands, a colleague types or copies it.
    pub fn console_address(&self, path: &str) -> String {
        format!("{}{path}", self.app.console_url())
    }

    /// The record by which a person among many is invited: where two became one since they were chosen, the one that was kept.
    async fn invited_by(&self, case: CaseId) -> Result<Option<CaseView>, Error> {
        let kept = self.kept_record(case).await?;
        self.case(kept.unwrap_or(case)).await
    }

    /// What inviting these people would do.
    pub async fn invitations(&self, cases: &[CaseId], wave: Wave) -> Result<ManyPreview, Error> {
        self.needs(Right::Register)?;
        let now = self.app.clock.now();
        let mut found = ManyPreview::default();
        let mut shown = Vec::new();
        let mut looked_at = BTreeSet::new();
        for case in cases {
            let Some(view) = self.invited_by(*case).await? else {
                continue;
            };
            let case = view.member.case;
            if !looked_at.insert(case) {
                continue;
            }
            let standing = self.standing_of(case).await?;
            let messages = self.messages_of(case).await?;
            if wave == Wave::First && standing.has_had_one(&messages) {
                found.had += 1;
                continue;
            }
            if let (Wave::Again, Some(why)) = (wave, standing.no_further(&view, &messages, now)) {
                found.cannot.push((case, why));
                continue;
            }
            match self.best(&view, standing, wave.looks_back(&messages))? {
                Err(problem) => found.cannot.push((case, problem)),
                Ok(preview) => {
                    *found.by.entry(preview.by.word()).or_default() += 1;
                    let of = (preview.by.word(), view.language.clone());
                    if !shown.contains(&of) {
                        shown.push(of);
                        found.samples.push(preview);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Invites these people, each by the first way that can be taken.
    pub async fn invite_many(&self, cases: &[CaseId], wave: Wave) -> Result<InvitedMany, Error> {
        self.needs(Right::Register)?;
        let now = self.app.clock.now();
        let mut found = InvitedMany::default();
        let mut looked_at = BTreeSet::new();
        for case in cases {
            let Some(view) = self.invited_by(*case).await? else {
                found.gone += 1;
                continue;
            };
            let case = view.member.case;
            if !looked_at.insert(case) {
                continue;
            }
            let messages = self.messages_of(case).await?;
            let standing = self.standing_of(case).await?;
            if wave == Wave::First && standing.has_had_one(&messages) {
                found.had += 1;
                continue;
            }
            if let (Wave::Again, Some(why)) = (wave, standing.no_further(&view, &messages, now)) {
                found.left.push((case, why));
                continue;
            }
            let invited = match self.best(&view, standing, wave.looks_back(&messages))? {
                Ok(preview) => {
                    let (by, seen) = (preview.by, messages.len());
                    match self.invite_after(case, by, seen).await? {
                        // This very moment. Its messages are among those of the kept one.
                        InvitePerson::Merged(kept) => self.invite_after(kept, by, seen).await?,
                        invited => invited,
                    }
                }
                Err(problem) => InvitePerson::Problem(problem),
            };
            match invited {
                InvitePerson::Promised => found.sent += 1,
                // A colleague who invites the same people was here first.
                InvitePerson::Meanwhile if wave == Wave::First => found.had += 1,
                InvitePerson::Meanwhile => found.left.push((case, InviteProblem::JustSent)),
                InvitePerson::Problem(why) => found.left.push((case, why)),
                InvitePerson::NoSuchCase | InvitePerson::Merged(_) => found.gone += 1,
            }
        }
        Ok(found)
    }
}
