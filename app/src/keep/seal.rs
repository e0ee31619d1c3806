//! Who can open a backup: the holders of `age` keys, or everybody.

use super::Error;
use age::x25519;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::str::FromStr;

/// For whom a backup is.
#[derive(Clone)]
pub enum Recipients {
    /// Whoever holds the identity of one of these.
    Holders(Vec<x25519::Recipient>),
    /// Whoever gets hold of the file.
    Everybody,
}

impl Recipients {
    /// Reads recipients, one a line or with spaces between them; lines that begin with `#` do not count.
    ///
    /// # Errors
    /// With a sentence, where there is none or one cannot be read.
    pub fn parse(text: &str) -> Result<Recipients, Error> {
        let words = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(|line| line.split(|c: char| c == ',' || c.is_whitespace()))
            .filter(|word| !word.is_empty());
        let mut holders = Vec::new();
        for word in words {
            if word.starts_with("AGE-SECRET-KEY-") {
                return Err(Error::Refused(
                    "that is a secret key (AGE-SECRET-KEY-…), which opens backups; give the public one that stands above \
                     it in the file of `age-keygen`, age1…"
                        .to_owned(),
                ));
            }
            holders.push(x25519::Recipient::from_str(word).map_err(|_| {
                Error::Refused(
                    "a recipient must be a public key of age such as age1…, as `age-keygen` prints it, in full"
                        .to_owned(),
                )
            })?);
        }
        if holders.is_empty() {
            return Err(Error::Refused(
                "no recipient is named; one begins with age1".to_owned(),
            ));
        }
        Ok(Recipients::Holders(holders))
    }
}

/// With what a backup is opened.
#[derive(Default)]
pub struct Unlock {
    identities: Vec<x25519::Identity>,
}

impl Unlock {
    /// Reads a file of `age-keygen`.
    ///
    /// # Errors
    /// With a sentence, where it holds no identity.
    pub fn read(path: &Path) -> Result<Unlock, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::Refused(format!(
                "the identity {} cannot be read: {error}",
                path.display()
            ))
        })?;
        let lines = text.lines().map(str::trim);
        let identities: Vec<_> = lines
            .filter_map(|line| x25519::Identity::from_str(line).ok())
            .collect();
        if identities.is_empty() {
            return Err(Error::Refused(format!(
                "{} holds no identity; it should have a line that begins with AGE-SECRET-KEY-, as `age-keygen` writes it",
                path.display()
            )));
        }
        Ok(Unlock { identities })
    }
}

/// A backup, decrypted while it is read.
pub(super) type Opened = Box<dyn Read>;

/// Writes through the encryption, if there is to be one.
pub(super) fn write<W: Write, T>(
    recipients: &Recipients,
    mut out: W,
    write: impl FnOnce(&mut dyn Write) -> Result<T, Error>,
) -> Result<(W, T), Error> {
    let tables = match recipients {
        Recipients::Everybody => write(&mut out)?,
        Recipients::Holders(holders) => {
            let holders = holders.iter().map(|holder| holder as &dyn age::Recipient);
            let sealing = age::Encryptor::with_recipients(holders)
                .map_err(|error| Error::Refused(error.to_string()))?;
            let mut sealed = sealing.wrap_output(&mut out).map_err(Error::Write)?;
            let tables = write(&mut sealed)?;
            sealed.finish().map_err(Error::Write)?;
            tables
        }
    };
    out.flush().map_err(Error::Write)?;
    Ok((out, tables))
}

/// Opens a backup, encrypted or not.
pub(super) fn open(path: &Path, unlock: &Unlock) -> Result<Opened, Error> {
    let unreadable =
        |error: io::Error| Error::Refused(format!("{} cannot be read: {error}", path.display()));
    let mut file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(Error::Refused(format!(
            "{} is a folder; name one backup in it",
            path.display()
        )));
    }
    let mut begins = Vec::new();
    (&mut file)
        .take(24)
        .read_to_end(&mut begins)
        .map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let file = BufReader::new(file);
    if begins.starts_with(b"hersys backup ") {
        return Ok(Box::new(file));
    }
    if begins.is_empty() || !b"age-encryption.org/v1\n".starts_with(&begins[..begins.len().min(22)])
    {
        return Err(Error::NotABackup);
    }
    let sealed = age::Decryptor::new(file)
        .map_err(|_| Error::Damaged("the beginning cannot be read".to_owned()))?;
    if unlock.identities.is_empty() {
        return Err(Error::Refused(
            "this backup is encrypted; give the file with the secret key: --identity FILE"
                .to_owned(),
        ));
    }
    let identities = unlock
        .identities
        .iter()
        .map(|identity| identity as &dyn age::Identity);
    match sealed.decrypt(identities) {
        Ok(opened) => Ok(Box::new(opened)),
        Err(age::DecryptError::NoMatchingKeys) => Err(Error::Refused(
            "this identity does not open this backup: it was made for another one (or its beginning is damaged). Try \
             the other identities that you keep"
                .to_owned(),
        )),
        Err(_) => Err(Error::Damaged("the beginning was altered".to_owned())),
    }
}
