//! Notifications that the center has sent back with a question: they are in nobody's turn until somebody answers, so
//! whoever entered them is told, and both sides keep them in sight.

use super::{Line, PAGE};
use crate::outbox::Mail;
use crate::staff_messages::StaffMessage;
use crate::worklist::MOST_COUNTED;
use crate::{Error, StaffDesk};
use domain::ids::NotificationId;
use domain::staff_role::{Right, StaffRole};
use jiff::Timestamp;
use storage::Tx;
use storage::notification::{self as rows, Whose};

/// Notifications that nobody has answered about.
#[derive(Clone, Debug, Default)]
pub struct SentBack {
    /// How many there are, up to [`MOST_COUNTED`].
    pub count: i64,
    /// The longest entered first, each with when it was sent back.
    pub lines: Vec<(Line, Timestamp)>,
}

impl StaffDesk {
    /// What the center asks and nobody has answered yet: of all that came to the own center, that the own place entered,
    /// or, of whoever enters and does not list, that they entered themselves. At most `most` of them.
    pub async fn sent_back(&self, most: i64) -> Result<SentBack, Error> {
        if !self.may(Right::Notify) {
            return Ok(SentBack::default());
        }
        let whose = self.lists().unwrap_or(Whose::Staff(self.staff));
        let limit = most.clamp(0, PAGE);
        let (count, found) = self
            .app
            .db()
            .read(move |tx| {
                let mut found = Vec::new();
                for row in rows::sent_back(tx, whose, limit)? {
                    let at = rows::changed_at(tx, row.id)?;
                    found.push((row, at));
                }
                let count = rows::count_sent_back(tx, whose, MOST_COUNTED)?;
                Ok((count, found))
            })
            .await?;
        if !found.is_empty() {
            // Whose they are is in no case yet.
            self.note_read(self.did("notifications.listed", None))
                .await?;
        }
        let lines = found
            .into_iter()
            .map(|(row, at)| Ok((self.line(row)?, at)))
            .collect::<Result<_, Error>>()?;
        Ok(SentBack { count, lines })
    }

    /// Tells whoever entered a notification that the center asks something, and at a medical institution everybody who
    /// can answer: whoever entered it may be off duty. The mail says neither of whom nor of which disease.
    pub(super) fn tell_sent_back(
        &self,
        tx: &mut Tx<'_>,
        id: NotificationId,
        now: Timestamp,
    ) -> Result<(), storage::Error> {
        let Some(row) = rows::find(tx, id)? else {
            return Ok(());
        };
        let author = storage::staff::find(tx, row.by)?.filter(|one| one.disabled_at.is_none());
        let mut staff = storage::staff::at_place(tx, row.place)?;
        staff.retain(|one| {
            StaffRole::parse(&one.role) == Some(StaffRole::MedicalInstitution) && one.id != row.by
        });
        staff.extend(author);
        let url = format!("{}/notifications/{id}", self.app.console_url());
        let message = StaffMessage {
            kind: "notification_sent_back",
            mail: &|email, language| Mail::notification_sent_back(email, language, &url),
            sms: None,
            expires: None,
        };
        message.promise(&self.app, tx, &staff, now)?;
        Ok(())
    }
}
