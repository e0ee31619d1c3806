//! A try with a password is counted before the password is looked at, so that a hundred at once count as a hundred.

use crate::{App, Error};
use storage::Tx;

impl App {
    /// Whether a password fits, once that was looked at. Where nobody could look, because no core was free or the hash cannot be
    /// read, it was no failure: what was counted for it is taken back.
    ///
    /// # Errors
    /// That of the look; or where it cannot be taken back.
    pub(crate) async fn looked_at(
        &self,
        fits: Result<bool, Error>,
        uncount: impl FnMut(&mut Tx<'_>) -> Result<(), storage::Error> + Send + 'static,
    ) -> Result<bool, Error> {
        if fits.is_err() {
            self.db().write(uncount).await?;
        }
        fits
    }
}
