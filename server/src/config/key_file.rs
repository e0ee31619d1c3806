//! The file that holds the key of an embedded database: made once, for its owner only, never overwritten.

use super::Problem;
use super::read::parse_key;
use crate::owner;
use app::keys::MasterKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file with a key.
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    pub(super) fn new(path: PathBuf) -> KeyFile {
        KeyFile { path }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key, or `None` where there is no such file.
    ///
    /// # Errors
    /// Where the file cannot be read or holds no key.
    pub fn read(&self) -> Result<Option<MasterKey>, Problem> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => {
                let whose = owner::somebody_elses(&self.path);
                let whose = whose.map_or(String::new(), |whose| format!("; {whose}"));
                return Err(self.problem(&format!("which cannot be read: {e}{whose}")));
            }
        };
        match parse_key(text.trim()) {
            Some(key) => Ok(Some(key)),
            None => {
                Err(self
                    .problem("which holds no key: 32 bytes in base64 or as 64 hexadecimal digits"))
            }
        }
    }

    /// Whether others than its owner can read the file.
    pub fn is_open_to_others(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
    }

    pub(super) fn make(&self) -> Result<MasterKey, Problem> {
        let key = MasterKey::generate();
        match self.write(&key) {
            Ok(()) => Ok(key),
            // Another process was faster: its key holds.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => self
                .read()?
                .ok_or_else(|| self.problem("which another process took away")),
            Err(e) => Err(self.problem(&format!("which cannot be made: {e}"))),
        }
    }

    /// Written aside and then linked, because a reader must never find half a key, nor a key be overwritten; forced
    /// to the disk with its directory, because everything that is sealed is lost with it.
    fn write(&self, key: &MasterKey) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        make_private_dir(folder)?;
        let aside = self
            .path
            .with_extension(format!("key.{}", std::process::id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&aside)?;
        let written = writeln!(file, "{}", STANDARD.encode(key.bytes()))
            .and_then(|()| file.set_permissions(Permissions::from_mode(0o600)))
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::hard_link(&aside, &self.path));
        std::fs::remove_file(&aside)?;
        written?;
        File::open(folder)?.sync_all()
    }

    fn problem(&self, says: &str) -> Problem {
        Problem::with(
            "master_key",
            format!("is kept in {}, {says}", self.path.display()),
        )
    }
}

/// Makes a directory, and those above it, that only its owner can look into.
pub(super) fn make_private_dir(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}
