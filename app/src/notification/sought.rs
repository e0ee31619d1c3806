//! Searching for somebody of whom a physician has told and who is no case yet: whoever phones asks what happens now.

use super::Line;
use crate::case_registration::Sought;
use crate::{Error, StaffDesk};
use domain::notification::core_item;
use domain::staff_role::Right;
use storage::notification as rows;

/// How many notifications are looked through: more than wait at a center on the worst days. Names are sealed with the other
/// answers, so each is opened.
const LOOKED_THROUGH: i64 = 2_000;
/// How many are shown.
const SHOWN: usize = 20;

impl StaffDesk {
    /// Notifications that wait or were sent back, and whose person is searched for: at the center those that go to it, at a
    /// medical institution its own. Whoever has no list of notifications finds none.
    pub async fn notifications_sought(&self, search: &str) -> Result<Vec<Line>, Error> {
        let (true, Some(whose)) = (self.may(Right::Notify), self.lists()) else {
            return Ok(Vec::new());
        };
        let sought = Sought::of(search, self.app.today());
        let found = self
            .app
            .db()
            .read(move |tx| rows::no_case_yet(tx, whose, LOOKED_THROUGH))
            .await?;
        let mut lines = Vec::new();
        for row in found {
            let answers = self.app.read_answers(&row.answers_sealed)?;
            let text = |id: &str| answers.get(id).map_or("", String::as_str);
            let names = [core_item::NAME, core_item::NAME_KANA, core_item::NAME_LATIN].map(text);
            let phones = [core_item::PHONE, "guardian_phone"].map(text);
            let born = text(core_item::BIRTHDATE).parse().ok();
            if sought.is(&names, born, &phones) {
                lines.push(self.line(row)?);
            }
            if lines.len() == SHOWN {
                break;
            }
        }
        if !lines.is_empty() {
            // Whose they are is in no case yet.
            self.note_read(self.did("notifications.listed", None))
                .await?;
        }
        Ok(lines)
    }
}
