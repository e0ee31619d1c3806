//! Whether a database was filled with samples. Everybody knows their passwords, so nobody must come to use one for real: whoever
//! serves and whoever looks asks here.

use super::{STAFF, clinics, prefecture};
use crate::code::email_blind;
use crate::keys::Keys;
use crate::{Error, SystemDesk};
use domain::email_address::EmailAddress;
use storage::{Db, Tx, health_center, settings, staff};

/// The setting by which a database of samples is known.
const MARK: &str = "samples";

/// What a database holds of the samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Samples {
    /// Nothing.
    None,
    /// It was made for them.
    ForThem,
    /// An earlier release put them where somebody has added a center meanwhile; these of the sample staff may still sign in.
    BesideOthers(Vec<&'static str>),
}

/// Says of a database that it is one of samples.
pub(super) fn mark(tx: &mut Tx<'_>) -> Result<(), storage::Error> {
    settings::set_once(tx, MARK, b"1").map(|_| ())
}

/// What a database holds of the samples. Releases before this one left no mark, but the sample staff.
///
/// # Errors
/// Where it cannot be read.
pub async fn samples(db: &Db, keys: &Keys) -> Result<Samples, Error> {
    let mut addresses = Vec::new();
    for address in all_staff() {
        let parsed = EmailAddress::parse(address)
            .map_err(|_| Error::broken("the address of a sample is wrong"))?;
        addresses.push((address, email_blind(keys, &parsed)));
    }
    Ok(db.read(move |tx| of_staff(tx, &addresses)).await?)
}

fn of_staff(
    tx: &mut Tx<'_>,
    addresses: &[(&'static str, Vec<u8>)],
) -> Result<Samples, storage::Error> {
    if settings::get(tx, MARK)?.is_some() {
        return Ok(Samples::ForThem);
    }
    let mut is_there = false;
    let mut come_in = Vec::new();
    for (address, blind) in addresses {
        let stands = staff::by_email_anyhow(tx, blind)?;
        is_there |= stands.is_some();
        if stands.is_some_and(|stands| stands.disabled_at.is_none()) {
            come_in.push(*address);
        }
    }
    let centers = health_center::all(tx)?;
    Ok(match is_there {
        true if centers.iter().all(|one| prefecture::is_sample(&one.name)) => Samples::ForThem,
        true if !come_in.is_empty() => Samples::BesideOthers(come_in),
        _ => Samples::None,
    })
}

fn all_staff() -> impl Iterator<Item = &'static str> {
    let more = prefecture::STAFF.iter().map(|(address, ..)| *address);
    let clinics = clinics::CLINICS.iter().map(|(address, ..)| *address);
    let alone = [
        STAFF,
        prefecture::OFFICER,
        prefecture::ANALYST,
        clinics::FIRM,
    ];
    alone.into_iter().chain(more).chain(clinics)
}

impl SystemDesk {
    /// What this installation holds of the samples.
    ///
    /// # Errors
    /// As [`samples`].
    pub async fn samples(&self) -> Result<Samples, Error> {
        samples(self.app.db(), self.app.keys()).await
    }
}
