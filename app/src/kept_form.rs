//! Forms that were sent when there was no session to take them: sealed into the page that asks for the password, so that
//! nothing typed is lost and nobody who sits there meanwhile reads it.

use crate::case_registration::CaseView;
use crate::keys::Keys;
use crate::questionnaire::Stored;
use crate::staff::StaffLobby;
use crate::{App, Error, FrontDesk, PatientDesk, StaffDesk};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::StaffId;
use domain::status_report::{RawReport, understood};
use domain::urgency::{Level, assess};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// A form that was sent too late: where to, and its fields as they were sent.
#[derive(Clone)]
pub struct KeptForm {
    /// The address.
    pub path: String,
    /// The fields, as a browser encodes them.
    pub body: String,
    /// Since when it waits; none before it does.
    pub since: Option<Timestamp>,
}

const KEPT_AS: &str = "kept_form";
/// How long a form waits. Whoever comes back the next day feels otherwise, and what a nurse knew is old.
const WAITS: SignedDuration = SignedDuration::from_hours(12);

impl KeptForm {
    /// Seals the form; `whose` must be told to open it again, and has no line break.
    pub(crate) fn seal(&self, keys: &Keys, whose: &str) -> String {
        let plain = format!("{whose}\n{}\n{}", self.path, self.body);
        URL_SAFE_NO_PAD.encode(keys.seal_text(KEPT_AS, &plain))
    }

    /// Opens a form that waited; tells whose it is, too.
    pub(crate) fn open(keys: &Keys, sealed: &str) -> Option<(String, KeptForm)> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let plain = keys.open_text(KEPT_AS, &bytes).ok()?;
        let (whose, rest) = plain.expose().split_once('\n')?;
        let (path, body) = rest.split_once('\n')?;
        let form = KeptForm {
            path: path.to_owned(),
            body: body.to_owned(),
            since: None,
        };
        Some((whose.to_owned(), form))
    }

    /// The form as it has waited since a moment; nothing where that is too long.
    fn waiting(self, since: Timestamp, now: Timestamp) -> Option<KeptForm> {
        let since = Some(since).filter(|since| now.duration_since(*since) <= WAITS);
        since.map(|since| KeptForm {
            since: Some(since),
            ..self
        })
    }
}

impl PatientDesk {
    /// A word for the account that tells nobody which one it is. Forms carry it, so that what one account has typed is
    /// neither taken for nor shown to another that signs in in the same browser.
    pub fn whose(&self) -> String {
        let id = self.account.to_string();
        URL_SAFE_NO_PAD.encode(self.app.keys().blind("whose", &id))
    }
}

impl StaffDesk {
    /// A word for the staff member that tells nobody which one it is. Forms carry it, so that what one has typed is
    /// neither taken for nor shown to another who signs in in the same browser.
    pub fn whose(&self) -> String {
        let id = self.staff.to_string();
        URL_SAFE_NO_PAD.encode(self.app.keys().blind("whose_staff", &id))
    }

    /// Opens a form that waited; only for whoever typed it.
    pub fn kept_form(&self, sealed: &str) -> Option<KeptForm> {
        let (whose, form) = open_of_staff(&self.app, sealed)?;
        (whose == self.whose()).then_some(form)
    }

    /// Whom in reach a form that waited is about, as far as its address tells. That they were looked at is noted.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn whom(&self, form: &KeptForm) -> Result<Option<CaseView>, Error> {
        let mut parts = form.path.trim_start_matches('/').split(['/', '?']);
        let case = match (parts.next(), parts.next()) {
            (Some("cases"), Some(id)) => id.parse().ok(),
            (Some("alerts"), Some(id)) => match id.parse() {
                Ok(alert) => self.alert_in_reach(alert).await?.map(|alert| alert.case),
                Err(_) => None,
            },
            _ => None,
        };
        match case {
            Some(case) => self.case(case).await,
            None => Ok(None),
        }
    }
}

impl StaffLobby {
    /// The id of the staff member as whom somebody is about to come in.
    pub fn id(&self) -> StaffId {
        self.desk.id()
    }

    /// The same word as at the desk.
    pub fn whose(&self) -> String {
        self.desk.whose()
    }

    /// Whether this is whoever typed a form that waits.
    pub fn typed(&self, sealed: &str) -> bool {
        self.desk.kept_form(sealed).is_some()
    }
}

/// Opens a form of staff; tells whose it is, too. Nothing where it has waited for more than twelve hours.
fn open_of_staff(app: &App, sealed: &str) -> Option<(String, KeptForm)> {
    let (whose, form) = KeptForm::open(app.keys(), sealed)?;
    let (since, whose) = whose.strip_prefix("staff ")?.split_once(' ')?;
    let since = Timestamp::from_second(since.parse().ok()?).ok()?;
    let form = form.waiting(since, app.clock.now())?;
    Some((whose.to_owned(), form))
}

impl FrontDesk {
    /// Seals a form of staff that no session takes, so that it can wait on the page that asks for the password: whoever
    /// sits there meanwhile cannot read it. `whose`: the word of whoever typed it; nothing where it is no such word.
    pub fn keep_form_of_staff(&self, whose: &str, form: &KeptForm) -> Option<String> {
        let fits =
            !whose.is_empty() && whose.len() <= 64 && whose.bytes().all(|b| b.is_ascii_graphic());
        let app = &self.app;
        let since = app.clock.now().as_second();
        fits.then(|| form.seal(app.keys(), &format!("staff {since} {whose}")))
    }

    /// Whether this is a form of staff that still waits, whosever it is.
    pub fn keeps_form_of_staff(&self, sealed: &str) -> bool {
        open_of_staff(&self.app, sealed).is_some()
    }

    /// Seals a family's form that came when the session had ended.
    pub fn keep_form(&self, form: &KeptForm) -> String {
        let app = &self.app;
        let since = app.clock.now().as_second();
        form.seal(app.keys(), &format!("family {since}"))
    }

    /// Opens it again; nothing where it has waited for more than twelve hours.
    pub fn kept_form(&self, sealed: &str) -> Option<KeptForm> {
        let app = &self.app;
        let (whose, form) = KeptForm::open(app.keys(), sealed)?;
        let since = whose.strip_prefix("family ")?.parse().ok()?;
        let since = Timestamp::from_second(since).ok()?;
        form.waiting(since, app.clock.now())
    }

    /// The questionnaires that hold today where no center has another one, for answers of which nobody knows whose they are.
    ///
    /// # Errors
    /// Where one cannot be read.
    pub fn questionnaires_of_anybody(&self) -> Result<Vec<Arc<Stored>>, Error> {
        self.app.questionnaires_of_today()
    }

    /// How urgent answers are of which nobody knows whose they are: by the questionnaire that takes them the most
    /// seriously, of those that hold today and the one that the form showed.
    ///
    /// # Errors
    /// Where a questionnaire cannot be read.
    pub fn level_of_anybody(&self, raw: &RawReport) -> Result<Level, Error> {
        let mut level = Level::Calm;
        let shelf = &self.app.inner.questionnaires;
        let shown = raw.shown.and_then(|id| shelf.by_id(id).ok());
        for stored in self.app.questionnaires_of_today()?.into_iter().chain(shown) {
            let questionnaire = &stored.questionnaire;
            let this = assess(questionnaire, &understood(questionnaire, raw)).level;
            if this.number() > level.number() {
                level = this;
            }
        }
        Ok(level)
    }
}
