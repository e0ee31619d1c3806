//! Pages that answer a form and are to be read again: "Did you mean 36.5?". They are kept for some hours, so that the
//! browser's way back, a reload and a slow phone give a page, and nothing is sent twice. A page is sealed with a key that
//! needs the browser's token: nobody else opens it, also not another account in the same browser.

use crate::client::place;
use crate::keys::Token;
use crate::{Error, FrontDesk, PatientDesk, StaffDesk};
use domain::ids::KeptPageId;
use jiff::SignedDuration;
use storage::kept_page::{self as rows, KeptPageRow};

const PAGE: &str = "kept_page";
/// A browser is led on at once to the page that was kept for it, over a slow line, too, and by nodes whose clocks differ.
const LED_ON_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How long a page is kept.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(12);
/// How long a page of the console is kept: for the way back to what was just looked at. It tells of people whom the center
/// may have handed over since.
const KEPT_FOR_STAFF: SignedDuration = SignedDuration::from_hours(1);
/// How many pages of a signed-in browser are kept, and how many on each shelf of strangers.
const MOST: i64 = 12;
/// How many pages of an account are kept, whatever browsers it has.
const MOST_OF_ACCOUNT: i64 = 36;
/// How many pages of one account or of one of the staff are kept within an hour: beyond, they are shown without being kept.
const OF_ONE_AND_HOUR: i32 = 240;
/// How many shelves strangers share, as a power of two, and as many again for pages on which something waits: with [`MOST`]
/// and [`LARGEST_OF_STRANGERS`] that bounds what they can write to the disk.
const SHELVES: u16 = 512;
/// How many pages of strangers from one place are kept within an hour: beyond, they are shown without being kept, so that
/// nobody pushes the pages of others off their shelves.
const OF_STRANGERS_PER_CLIENT_AND_HOUR: i32 = 300;
/// The largest page that is kept, in bytes: a form with a long note.
const LARGEST: usize = 512 * 1024;
/// The same for a browser in which nobody is signed in.
const LARGEST_OF_STRANGERS: usize = 64 * 1024;

/// In whose hands a page is.
pub enum Holder<'a> {
    /// A signed-in browser.
    Family(&'a PatientDesk),
    /// Any browser that holds a token.
    Stranger(&'a Token),
    /// A browser in which a staff member is signed in, by the token of that session. Who has another role since reads
    /// nothing of what was shown to the one before.
    Staff(&'a StaffDesk, &'a Token),
}

impl Holder<'_> {
    fn token(&self) -> &Token {
        match self {
            Holder::Family(desk) => &desk.token,
            Holder::Stranger(token) | Holder::Staff(_, token) => token,
        }
    }

    /// `waits`: whether something that a stranger typed waits on the page. Such pages have shelves of their own.
    fn shelf(&self, waits: bool) -> Vec<u8> {
        let hash = self.token().hash();
        match (self, hash.as_slice()) {
            (Holder::Stranger(_), [first, second, ..]) => {
                let above = if waits { SHELVES } else { 0 };
                let shelf = above + u16::from_le_bytes([*first, *second]) % SHELVES;
                shelf.to_le_bytes().to_vec()
            }
            (Holder::Staff(desk, _), _) => [&hash, desk.role.word().as_bytes()].concat(),
            _ => hash,
        }
    }
}

impl FrontDesk {
    /// Keeps a page for its holder; `None` where it is too large for that, or where too many strangers came from there.
    /// `waits`: whether something that was typed waits on it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn keep_page(
        &self,
        holder: Holder<'_>,
        page: &str,
        waits: bool,
    ) -> Result<Option<KeptPageId>, Error> {
        let (largest, account, kept_for) = match &holder {
            Holder::Family(desk) => (LARGEST, Some(desk.account), KEPT_FOR),
            Holder::Stranger(_) => (LARGEST_OF_STRANGERS, None, KEPT_FOR),
            Holder::Staff(..) => (LARGEST, None, KEPT_FOR_STAFF),
        };
        if page.len() > largest {
            return Ok(None);
        }
        let app = &self.app;
        let row = KeptPageRow {
            id: KeptPageId::from_uuid(app.new_uuid()),
            shelf: holder.shelf(waits),
            account,
            sealed: app.keys().of_session(holder.token()).seal_text(PAGE, page),
            expires_at: app.clock.now() + kept_for,
        };
        let (id, now) = (row.id, app.clock.now());
        // Writing is what all wait for: nobody writes pages without end.
        let (whose, most) = match &holder {
            Holder::Family(desk) => (desk.account.to_string(), OF_ONE_AND_HOUR),
            Holder::Staff(desk, _) => (desk.id().to_string(), OF_ONE_AND_HOUR),
            Holder::Stranger(_) => (place(self.client), OF_STRANGERS_PER_CLIENT_AND_HOUR),
        };
        let counted = !matches!(holder, Holder::Stranger(_)) || self.client.is_some();
        let client = counted.then(|| app.keys().blind(PAGE, &whose));
        let kept = app
            .db()
            .write(move |tx| {
                if let Some(client) = &client
                    && !storage::limits::count_hourly(tx, PAGE, client, most, now)?
                {
                    return Ok(false);
                }
                rows::keep(tx, &row, (MOST, MOST_OF_ACCOUNT))?;
                Ok(true)
            })
            .await?;
        Ok(kept.then_some(id))
    }

    /// Whether the id of a page says that it was kept just now, for a browser that is being led on to it.
    pub fn leads_on(&self, id: KeptPageId) -> bool {
        let kept_at = i64::try_from(id.uuid().as_u128() >> 80).unwrap_or(0);
        let now = self.app.clock.now().as_millisecond();
        SignedDuration::from_millis(now - kept_at).abs() <= LED_ON_WITHIN
    }

    /// A page that was kept, for whoever held it then; `None` for everybody else, and where it was kept long enough.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn kept_page(
        &self,
        holder: Holder<'_>,
        id: KeptPageId,
    ) -> Result<Option<String>, Error> {
        let app = &self.app;
        let (shelves, now) = ([holder.shelf(false), holder.shelf(true)], app.clock.now());
        let found = app
            .db()
            .read(move |tx| {
                let [first, second] = &shelves;
                match rows::find(tx, id, first, now)? {
                    None if second != first => rows::find(tx, id, second, now),
                    found => Ok(found),
                }
            })
            .await?;
        let Some(sealed) = found else {
            return Ok(None);
        };
        // On a shelf that is shared stand the pages of others, which this token does not open.
        let opened = app
            .keys()
            .of_session(holder.token())
            .open_text(PAGE, &sealed);
        Ok(opened.ok().map(|page| page.into_inner()))
    }
}
