//! What goes wrong around a server besides itself: its disk, its database, its clock.

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// What goes wrong beside the kills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// The disk is full for a while.
    Disk,
    /// The mail server and the SMS gateway vanish in several ways.
    Gateways,
    /// PostgreSQL is cut off and started again.
    Database,
    /// The clock jumps by up to two days, in both directions.
    Clock,
}

impl Fault {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Disk => "disk",
            Fault::Gateways => "gateways",
            Fault::Database => "database",
            Fault::Clock => "clock",
        }
    }
}

/// Takes all the room that a file system has left. The room is free again when it is dropped.
pub struct Full {
    filler: PathBuf,
}

impl Full {
    /// Fills the file system on which a folder lies; it must be one of the proof's own.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn fill(folder: &Path) -> Result<Full> {
        let filler = folder.join("filler");
        let file = File::create(&filler)?;
        let full = Full { filler };
        let mut at = 0;
        // Whoever writes meanwhile takes some of what was counted: then it is counted anew.
        for _ in 0..1_000 {
            let left = rustix::fs::fstatvfs(&file)?;
            let room = left.f_bavail * left.f_frsize;
            if room == 0 {
                return Ok(full);
            }
            let piece = room.clamp(4_096, 64 << 20);
            let flags = rustix::fs::FallocateFlags::empty();
            match rustix::fs::fallocate(&file, flags, at, piece) {
                Ok(()) => at += piece,
                Err(rustix::io::Errno::NOSPC | rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error).context("the disk cannot be filled"),
            }
        }
        Ok(full)
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.filler);
    }
}

/// A clock that jumps: libfaketime in front of a server reads the offset from a file.
pub struct Clock {
    file: PathBuf,
    library: PathBuf,
}

impl Clock {
    /// A clock that shows the right time at first; `None` where libfaketime is not installed.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn new(folder: &Path) -> Result<Option<Clock>> {
        let library = fs::read_dir("/usr/lib")?
            .filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketimeMT.so.1")))
            .find(|path| path.is_file());
        let Some(library) = library else {
            return Ok(None);
        };
        let clock = Clock {
            file: folder.join("clock"),
            library,
        };
        clock.jump(0)?;
        Ok(Some(clock))
    }

    /// What a server needs to know of it.
    pub fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            // Only the time of day jumps; a clock that measures durations never does.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }

    /// Shows the right time and so many seconds more or less from now on.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn jump(&self, seconds: i64) -> Result<()> {
        // Written aside first: a server reads it at every look at the clock, and half a file is no time.
        let aside = self.file.with_extension("new");
        fs::write(&aside, format!("{seconds:+}\n"))?;
        fs::rename(&aside, &self.file)?;
        Ok(())
    }
}
