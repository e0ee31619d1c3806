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
use storage::notification::{self as rows, NotificationRow, Whose};
use storage::{Asked, Tx};

/// Notifications that nobody has answered about.
#[derive(Clone, Debug, Default)]
pub struct SentBack {
    /// How many there are, up to [`MOST_COUNTED`].
    pub count: i64,
    /// The longest entered first, each with when it was sent back.
    pub lines: Vec<(Line, Timestamp)>,
}

/// The same as it is stored.
#[derive(Default)]
pub(crate) struct FoundSentBack {
    count: i64,
    lines: Vec<(NotificationRow, Timestamp)>,
}

impl FoundSentBack {
    /// Asks for at most `most` of them.
    pub(crate) fn ask(
        tx: &mut Tx<'_>,
        whose: Whose,
        most: i64,
    ) -> Result<AskedSentBack, storage::Error> {
        let most = most.clamp(0, PAGE);
        Ok(AskedSentBack {
            whose,
            most,
            lines: rows::ask_sent_back(tx, whose, most)?,
        })
    }
}

/// What was asked for ahead.
pub(crate) struct AskedSentBack {
    whose: Whose,
    most: i64,
    lines: Asked<NotificationRow>,
}

impl AskedSentBack {
    /// Takes it.
    pub(crate) fn all(self, tx: &mut Tx<'_>) -> Result<FoundSentBack, storage::Error> {
        let mut lines = Vec::new();
        for row in self.lines.all(tx)? {
            let at = rows::changed_at(tx, row.id)?;
            lines.push((row, at));
        }
        // Fewer than were asked for are all of them.
        let shown = i64::try_from(lines.len()).unwrap_or(i64::MAX);
        let count = match shown < self.most {
            true => shown,
            false => rows::count_sent_back(tx, self.whose, MOST_COUNTED)?,
        };
        Ok(FoundSentBack { count, lines })
    }
}

impl StaffDesk {
    /// What the center asks and nobody has answered yet: of all that came to the own center, that the own place entered,
    /// or, of whoever enters and does not list, that they entered themselves. At most `most` of them.
    pub async fn sent_back(&self, most: i64) -> Result<SentBack, Error> {
        let Some(whose) = self.asks_of() else {
            return Ok(SentBack::default());
        };
        let found = self
            .app
            .db()
            .read(move |tx| FoundSentBack::ask(tx, whose, most)?.all(tx))
            .await?;
        self.read_sent_back(found).await
    }

    /// Whose notifications the reader is asked about; none where they enter and check none.
    pub(crate) fn asks_of(&self) -> Option<Whose> {
        self.may(Right::Notify)
            .then(|| self.lists().unwrap_or(Whose::Staff(self.staff)))
    }

    /// What was found, as pages show it; that it was looked at is written down.
    pub(crate) async fn read_sent_back(&self, found: FoundSentBack) -> Result<SentBack, Error> {
        let FoundSentBack { count, lines } = found;
        if !lines.is_empty() {
            // Whose they are is in no case yet.
            self.note_read(self.did("notifications.listed", None))
                .await?;
        }
        let lines = lines
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
        // Whoever works elsewhere by now does not see it any more.
        let author = storage::staff::find(tx, row.by)?
            .filter(|one| one.disabled_at.is_none() && one.place == row.place);
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
            center: None,
        };
        message.promise(&self.app, tx, &staff, now)?;
        Ok(())
    }
}
